#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "tls")]
mod certificate;
mod connection;
mod crowd;
mod host;
mod keep_place;
mod server;
#[cfg(feature = "tls")]
mod tls;

#[cfg(feature = "tls")]
pub use certificate::{CertificateError, read_certificate};
pub use connection::finish;
pub use crowd::{Crowd, Guest, Held, Place};
pub use host::is_host_sound;
pub use keep_place::{KeepPlace, KeepPlaceLayer, ResponseFuture};
pub use server::Server;
