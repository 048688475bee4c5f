#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
#[cfg(all(feature = "axum", feature = "events"))]
mod event;
#[cfg(feature = "axum")]
mod extract;
mod future;
#[cfg(feature = "once")]
mod handle_once;
mod layer;
mod request;
mod response;
mod service;

pub use body::{RequestBody, ResponseBody};
#[cfg(all(feature = "axum", feature = "events"))]
pub use event::{Event, EventRejection};
#[cfg(feature = "axum")]
pub use extract::{Delivery, DeliveryRejection};
pub use future::ResponseFuture;
#[cfg(feature = "once")]
pub use handle_once::{Attempt, HandleOnce, HandleOnceFuture, HandleOnceLayer};
pub use layer::VerifyLayer;
pub use response::try_again;
pub use service::Verify;
pub use verify_adapter::{
    Answer, Budget, Clock, Fixed, LOG_TARGET, Refusal, Reported, ResolveError, Resolver,
    VerifierHandle,
};
#[cfg(feature = "events")]
pub use verify_core::{AnyEvent, EventError, Payload, UnixMillis};
pub use verify_core::{
    ConfigError, Encoding, Headers, Pending, Receipt, Rejection, RejectionKind, RetryAfter, Secret,
    SecretEncoding, Sender, SignedPart, UnixTime, Verified, Verifier, VerifierBuilder, databricks,
    mlflow, standard_webhooks, wandb,
};
#[cfg(feature = "sign")]
pub use verify_core::{SignedHeaders, Signer};
#[cfg(feature = "once")]
pub use verify_once as once;

/// The repository's page, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod repository {}
