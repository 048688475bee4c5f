#![doc = include_str!("../README.md")]

#[cfg(feature = "nats")]
mod background;
mod bell;
mod builder;
mod clock;
mod cloud_events;
mod dead;
mod delivery;
mod error;
mod figures;
mod http;
#[cfg(feature = "nats")]
mod nats;
mod outbox;
mod policy;
mod post;
#[cfg(feature = "postgres")]
mod postgres;
mod retention;
mod sqlite;
mod store;
#[cfg(test)]
mod verified;
mod worker;
mod workers;

#[cfg(feature = "nats")]
pub use self::nats::{Nats, NatsBuilder, NatsError};
pub use self::{
    builder::Builder,
    cloud_events::CloudEvents,
    dead::Unposted,
    delivery::{Delivery, Kept},
    error::{OpenError, StoreError},
    figures::describe_metrics,
    http::{Answer, Endpoint, EndpointError, Http, HttpError},
    outbox::Outbox,
    policy::Policy,
    post::{Outcome, Post},
    store::{Stuck, Waiting},
    workers::Workers,
};
