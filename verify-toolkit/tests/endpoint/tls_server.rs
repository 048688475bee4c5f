//! A receiver behind TLS, with a certificate that it made itself.

use core::net::SocketAddr;
use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// Starts it on the runtime that this is called on. It answers 204 to whatever ends in `{}`, and
/// returns its address and its certificate in PEM.
pub(crate) async fn start(host: &str) -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            // Who does not trust it hangs up, and who only looks does so later.
            let Ok(mut stream) = acceptor.accept(socket).await else { continue };
            let mut received = Vec::new();
            while !received.ends_with(b"{}")
                && matches!(stream.read_buf(&mut received).await, Ok(1..))
            {}
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (address, made.cert.pem())
}
