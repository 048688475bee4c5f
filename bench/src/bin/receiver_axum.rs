//! A receiver on axum, in one of the ways to verify. Prints its port.
#![expect(clippy::unwrap_used, reason = "a receiver that cannot start is not measured")]

use std::{env, net::Ipv4Addr, time::Duration};

use axum::{
    Extension, Router,
    body::{Bytes, to_bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use http_body_util::Full;
use tokio::{net::TcpSocket, time::timeout};
use verify_axum::{Delivery, HandleOnceLayer, Secret, Sender, Verifier, VerifyLayer, once::Once};
use verify_bench::{
    check::Check,
    delivery::{SECRET, SIGNATURE},
    fresh::Fresh,
    mark::instructions_mark,
};
use webhook_verify::{CustomScheme, Encoding, HashAlg, Provider, tower as other};

/// The largest body, in bytes.
const MOST: usize = 4 << 20;

async fn bare(body: Bytes) -> StatusCode {
    std::hint::black_box(body.len());
    StatusCode::NO_CONTENT
}

async fn by_hand(State(check): State<Check>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get(SIGNATURE).map(|value| value.as_bytes());
    if check.fits(signature, &body) { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

async fn verified(Delivery(verified): Delivery) -> StatusCode {
    std::hint::black_box(verified.body().len());
    StatusCode::NO_CONTENT
}

/// What was checked, for the handler.
#[derive(Clone)]
struct Checked(Bytes);

/// What `VerifyLayer` is there for, by axum's own means: the header once, nothing of the body before the head is good, a
/// limit, a deadline in all, and the result in the extensions.
async fn equal_duties(State(check): State<Check>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let mut values = head.headers.get_all(SIGNATURE).iter();
    let tag = match (values.next(), values.next()) {
        (Some(value), None) => Check::decode(value.as_bytes()),
        _ => None,
    };
    let Some(tag) = tag else { return StatusCode::UNAUTHORIZED.into_response() };
    let body = match timeout(Duration::from_secs(10), to_bytes(body, MOST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    if !check.fits_tag(&tag, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    head.extensions.insert(Checked(body.clone()));
    next.run(Request::from_parts(head, body.into())).await
}

async fn checked(Extension(Checked(body)): Extension<Checked>) -> StatusCode {
    std::hint::black_box(body.len());
    StatusCode::NO_CONTENT
}

async fn mark() -> StatusCode {
    instructions_mark();
    StatusCode::NO_CONTENT
}

fn verifier() -> Verifier {
    let secret = Secret::new(SECRET).unwrap();
    Verifier::builder(Sender::DATABRICKS.with_body_limit(MOST)).secret(secret).build().unwrap()
}

fn app(way: &str) -> Router {
    let hook = match way {
        "bare" => post(bare),
        "by-hand" => {
            return Router::new().route("/hook", post(by_hand)).with_state(Check::new(SECRET));
        }
        "equal-duties" => {
            let layer = middleware::from_fn_with_state(Check::new(SECRET), equal_duties);
            post(checked).layer(layer)
        }
        "verify" => post(verified).layer(VerifyLayer::new(verifier())),
        "once" => {
            let once = Once::builder(Fresh::new()).build().unwrap();
            post(verified).layer((VerifyLayer::new(verifier()), HandleOnceLayer::new(once)))
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
            // Not axum's own body, which its documentation names: that is not `Sync`.
            let layer = other::VerifyLayer::<Full<Bytes>>::new(Provider::Custom(scheme), secret);
            post(bare)
                .layer::<_, other::BoxError>(layer)
                .handle_error(|_: other::BoxError| async { StatusCode::BAD_REQUEST })
        }
        _ => panic!("unknown way: {way}"),
    };
    Router::new().route("/hook", hook)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let way = env::args().nth(1).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(4096).unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    let app = app(&way).route("/mark", get(mark)).layer(DefaultBodyLimit::max(MOST));
    axum::serve(listener, app).await.unwrap();
}
