#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address_error;
#[cfg(feature = "postgres")]
pub mod postgres;
mod split_address;
mod tls;

pub use address_error::AddressError;
pub use split_address::SplitAddress;
pub use tls::{UNTRUSTED, authorities, provide, trouble};
