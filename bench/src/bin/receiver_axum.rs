//! A receiver on axum, in one of the ways to verify. Prints its port.
#![expect(clippy::unwrap_used, reason = "a receiver that cannot start is not measured")]

use std::{env, net::Ipv4Addr};

use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    extract::State,
    http::HeaderMap,
    http::StatusCode,
    routing::{MethodRouter, post},
    serve::ListenerExt,
};
use http_body_util::Full;
use tokio::net::TcpSocket;
use verify_axum::{Delivery, HandleOnceLayer, Secret, Sender, Verifier, VerifyLayer, once::Once};
use verify_bench::{
    check::Check,
    delivery::{SECRET, SIGNATURE},
    fresh::Fresh,
};
use webhook_verify::{CustomScheme, Encoding, HashAlg, Provider, tower as other};

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

fn app(way: &str) -> Router {
    let hook = match way {
        "bare" => post(bare),
        "by-hand" => {
            return Router::new().route("/hook", post(by_hand)).with_state(Check::new(SECRET));
        }
        "verify" | "once" => {
            let secret = Secret::new(SECRET).unwrap();
            let verifier = Verifier::builder(Sender::DATABRICKS).secret(secret).build().unwrap();
            let once = (way == "once").then(|| Once::builder(Fresh::new()).build().unwrap());
            let hook: MethodRouter = match once {
                Some(once) => post(verified).layer(HandleOnceLayer::new(once)),
                None => post(verified),
            };
            hook.layer(VerifyLayer::new(verifier))
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
    axum::serve(listener, app(&way).layer(DefaultBodyLimit::max(1 << 22))).await.unwrap();
}
