#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod connections;
#[cfg(feature = "events")]
mod event;
mod extract;
#[cfg(feature = "once")]
mod handle_once;
mod layer;
mod limits;
mod request;
mod response;
mod service;

pub use connections::{Connections, ConnectionsMiddleware};
#[cfg(feature = "events")]
pub use event::{Event, EventRejection};
pub use extract::{Delivery, DeliveryRejection};
#[cfg(feature = "once")]
pub use handle_once::{Attempt, HandleOnce, HandleOnceMiddleware};
pub use layer::Verify;
pub use response::try_again;
pub use service::VerifyMiddleware;
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
