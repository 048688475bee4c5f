use std::sync::Arc;

use crate::{Claims, ConfigError, Memory};

/// Opens the store that a setting names:
///
/// | address | store | feature |
/// |---|---|---|
/// | `memory` | [`Memory`] | |
/// | `sqlite:PATH` | a file of SQLite | `sqlite` |
/// | `postgres://user:password@host:5432/database`, `postgresql://...` | PostgreSQL | `postgres` |
/// | `redis://user:password@host:6379/0`, `rediss://...` for TLS | Redis or Valkey | `redis` |
///
/// It connects at the first call, so a store that is not running yet is no error.
///
/// # Errors
///
/// [`ConfigError::SchemeUnknown`] for any other address, and the errors of the store for a bad address. No
/// error shows the address, because it may hold a password.
pub fn open(address: &str) -> Result<Arc<dyn Claims>, ConfigError> {
    if address == "memory" {
        return Ok(Arc::new(Memory::of_this_process()));
    }
    match address.split_once(':') {
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) if !path.is_empty() => Ok(Arc::new(crate::Sqlite::new(path))),
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(crate::Postgres::new(address)?)),
        #[cfg(feature = "redis")]
        Some(("redis" | "rediss", _)) => Ok(Arc::new(crate::Redis::new(address)?)),
        _ => Err(ConfigError::SchemeUnknown),
    }
}
