#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrival;
mod body;
mod connections;
#[cfg(feature = "events")]
mod event;
mod extract;
mod headers;
mod limits;
mod resolver;
mod response;
mod service;
mod settings;
mod transform;

pub use connections::{Connections, ConnectionsMiddleware};
#[cfg(feature = "events")]
pub use event::{Event, EventRejection};
pub use extract::{Delivery, DeliveryRejection};
pub use resolver::{Fixed, Resolver};
pub use response::try_again;
pub use service::VerifyMiddleware;
pub use transform::Verify;
pub use verify_adapter::{
    Answer, Budget, Clock, LOG_TARGET, Refusal, Reported, ResolveError, VerifierHandle,
};
pub use verify_core::{
    ConfigError, Encoding, Headers, Pending, Receipt, Rejection, RejectionKind, RetryAfter, Secret,
    Sender, SignedPart, UnixTime, Verified, Verifier, VerifierBuilder, databricks, mlflow, wandb,
};
#[cfg(feature = "events")]
pub use verify_core::{EventError, OwnedPayload, Payload};
#[cfg(feature = "sign")]
pub use verify_core::{SignedHeaders, Signer};
