//! A receiver on actix-web, in one of the ways to verify. Prints its port.
#![expect(clippy::unwrap_used, reason = "a receiver that cannot start is not measured")]

use std::{env, net::Ipv4Addr, time::Duration};

use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse, HttpServer,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    rt::time::timeout,
    web,
};
use verify_actix::{Delivery, HandleOnce, Secret, Sender, Verifier, Verify, once::Once};
use verify_bench::{
    check::Check,
    delivery::{SECRET, SIGNATURE},
    fresh::Fresh,
    mark::instructions_mark,
};
use webhook_verify::{CustomScheme, Encoding, HashAlg, Provider, actix as other};

/// The largest body, in bytes.
const MOST: usize = 4 << 20;

async fn bare(body: web::Bytes) -> HttpResponse {
    std::hint::black_box(body.len());
    HttpResponse::NoContent().finish()
}

async fn by_hand(check: web::Data<Check>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let signature = request.headers().get(SIGNATURE).map(|value| value.as_bytes());
    if check.fits(signature, &body) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::Unauthorized().finish()
    }
}

async fn verified(Delivery(verified): Delivery) -> HttpResponse {
    std::hint::black_box(verified.body().len());
    HttpResponse::NoContent().finish()
}

/// What was checked, for the handler.
#[derive(Clone)]
struct Checked(web::Bytes);

/// What `Verify` is there for, by actix-web's own means: the header once, nothing of the body before the head is good, a
/// limit, a deadline in all, and the result in the extensions.
async fn equal_duties(
    check: Check,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut values = request.headers().get_all(SIGNATURE);
    let tag = match (values.next(), values.next()) {
        (Some(value), None) => Check::decode(value.as_bytes()),
        _ => None,
    };
    let Some(tag) = tag else {
        return Ok(request.into_response(HttpResponse::Unauthorized().finish()));
    };
    let body = match timeout(Duration::from_secs(10), request.extract::<web::Bytes>()).await {
        Ok(body) => body?,
        Err(_) => return Ok(request.into_response(HttpResponse::ServiceUnavailable().finish())),
    };
    if !check.fits_tag(&tag, &body) {
        return Ok(request.into_response(HttpResponse::Unauthorized().finish()));
    }
    request.extensions_mut().insert(Checked(body.clone()));
    request.set_payload(body.into());
    next.call(request).await
}

async fn checked(body: web::ReqData<Checked>) -> HttpResponse {
    std::hint::black_box(body.0.len());
    HttpResponse::NoContent().finish()
}

async fn other(body: other::VerifiedBody) -> HttpResponse {
    std::hint::black_box(body.as_bytes().len());
    HttpResponse::NoContent().finish()
}

async fn mark() -> HttpResponse {
    instructions_mark();
    HttpResponse::NoContent().finish()
}

fn configure(config: &mut web::ServiceConfig, way: &str, guard: &Verify, once: &Once) {
    let hook = web::resource("/hook").app_data(web::PayloadConfig::new(MOST));
    let hook = match way {
        "bare" => hook.route(web::post().to(bare)),
        "by-hand" => {
            hook.app_data(web::Data::new(Check::new(SECRET))).route(web::post().to(by_hand))
        }
        "equal-duties" => {
            let check = Check::new(SECRET);
            let layer = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                equal_duties(check.clone(), request, next)
            });
            config.service(hook.route(web::post().to(checked)).wrap(layer));
            return;
        }
        "verify" => {
            let hook = hook.route(web::post().to(verified)).wrap(guard.clone());
            config.service(hook);
            return;
        }
        "once" => {
            let hook = hook.route(web::post().to(verified));
            config.service(hook.wrap(HandleOnce::new(once.clone())).wrap(guard.clone()));
            return;
        }
        "webhook-verify" => {
            let scheme = CustomScheme {
                hash: HashAlg::Sha256,
                signature_header: SIGNATURE,
                timestamp_header: None,
                encoding: Encoding::Hex,
                prefix: None,
                signed_string: |_, body| body.to_vec(),
            };
            let secret = webhook_verify::Secret::new(SECRET);
            hook.app_data(other::WebhookConfig::new(Provider::Custom(scheme), secret))
                .route(web::post().to(other))
        }
        _ => panic!("unknown way: {way}"),
    };
    config.service(hook);
}

#[actix_web::main]
async fn main() {
    let way = env::args().nth(1).unwrap();
    let secret = Secret::new(SECRET).unwrap();
    let verifier =
        Verifier::builder(Sender::DATABRICKS.with_body_limit(MOST)).secret(secret).build().unwrap();
    let guard = Verify::new(verifier);
    let once = Once::builder(Fresh::new()).build().unwrap();
    let app = move || {
        let app = App::new().configure(|config| configure(config, &way, &guard, &once));
        app.route("/mark", web::get().to(mark))
    };
    // As on axum: no limit that 5,000 connections at once would reach.
    let server = HttpServer::new(app)
        .workers(1)
        .max_connections(20_000)
        .backlog(4096)
        .keep_alive(Duration::from_secs(60))
        .client_request_timeout(Duration::from_secs(60))
        .bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap();
    println!("{}", server.addrs()[0].port());
    server.run().await.unwrap();
}
