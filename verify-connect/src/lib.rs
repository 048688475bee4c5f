#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address_error;
#[cfg(feature = "postgres")]
pub mod postgres;
mod split_address;
mod tls;

pub use address_error::AddressError;
pub use split_address::SplitAddress;
#[cfg(feature = "tls")]
pub use tls::client_config;
pub use tls::{AuthoritiesError, UNTRUSTED, authorities, provide, trouble};
