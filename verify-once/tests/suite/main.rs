//! The guard as its users meet it, and every store under the same laws.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[cfg(all(feature = "postgres", feature = "redis"))]
mod authority;
mod conform;
#[cfg(feature = "metrics")]
mod counted;
mod failing;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod failures;
mod guard;
mod memory;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod mlflow;
mod model;
mod open;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod port;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod postgres;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod proxy;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod redis;
mod reference;
#[cfg(all(feature = "postgres", feature = "redis"))]
#[expect(dead_code, reason = "the suite of the receivers uses it too")]
mod servers;
#[cfg(all(feature = "postgres", feature = "redis", feature = "sqlite"))]
mod size;
#[cfg(feature = "sqlite")]
mod sqlite;
mod support;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod tls;
mod windows;

/// How time passes for a store.
type Passing =
    Box<dyn Fn(core::time::Duration) -> core::pin::Pin<Box<dyn Future<Output = ()> + Send>>>;
