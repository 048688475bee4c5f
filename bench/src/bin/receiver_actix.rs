//! A receiver on actix-web, in one of the ways to verify. Prints its port.
#![expect(clippy::unwrap_used, reason = "a receiver that cannot start is not measured")]

use std::{env, net::Ipv4Addr, time::Duration};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use verify_actix::{Delivery, HandleOnce, Secret, Sender, Verifier, Verify, once::Once};
use verify_bench::{
    check::Check,
    delivery::{SECRET, SIGNATURE},
    fresh::Fresh,
};
use webhook_verify::{CustomScheme, Encoding, HashAlg, Provider, actix as other};

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

async fn other(body: other::VerifiedBody) -> HttpResponse {
    std::hint::black_box(body.as_bytes().len());
    HttpResponse::NoContent().finish()
}

fn configure(config: &mut web::ServiceConfig, way: &str, guard: &Verify, once: &Once) {
    let hook = web::resource("/hook");
    let hook = match way {
        "bare" => hook.route(web::post().to(bare)),
        "by-hand" => {
            hook.app_data(web::Data::new(Check::new(SECRET))).route(web::post().to(by_hand))
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
    let verifier = Verifier::builder(Sender::DATABRICKS).secret(secret).build().unwrap();
    let guard = Verify::new(verifier);
    let once = Once::builder(Fresh::new()).build().unwrap();
    let app = move || App::new().configure(|config| configure(config, &way, &guard, &once));
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
