#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod backend;
mod builder;
mod claim;
mod claims;
mod config_error;
#[cfg(feature = "conformance")]
pub mod conformance;
mod key;
mod memory;
mod once;
mod open;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod row;
mod rules;
mod settling;
#[cfg(feature = "sqlite")]
mod sqlite;
mod windows;

pub use answer::{Answer, Reason};
pub use builder::Builder;
pub use claims::{Claimed, Claims, ClaimsAtOnce, Pending, Settled, StoreError, Terms};
pub use config_error::ConfigError;
pub use key::{Key, Token};
pub use memory::Memory;
pub use once::{Guarded, Once, Run};
pub use open::open;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use rules::{Ending, Settlement};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;

/// The `tracing` target: the one of the adapters.
const LOG_TARGET: &str = "verify";
