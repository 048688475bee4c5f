//! TLS to NATS, by rustls: the certificate of the server and its name are always checked.

use core::error::Error;
use std::path::Path;

use tokio_rustls::rustls::ClientConfig;

use super::NatsError;

/// Makes what connections are encrypted with. Without a file: Mozilla's authorities.
pub(super) fn config(file: Option<&Path>) -> Result<ClientConfig, NatsError> {
    verify_connect::client_config(file).map_err(|error| NatsError::File {
        path: file.map(Path::to_owned).unwrap_or_default(),
        what: error.text(),
    })
}

/// Says why a connection was not encrypted, if that is what an error is about.
pub(super) fn trouble(error: &(dyn Error + 'static)) -> Option<&'static str> {
    const UNTRUSTED: &str = "shows a certificate that is not trusted: name a file with the certificate of its authority";

    verify_connect::trouble(error, UNTRUSTED)
}
