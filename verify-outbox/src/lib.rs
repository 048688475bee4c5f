#![doc = include_str!("../README.md")]

mod bell;
mod builder;
mod clock;
mod dead;
mod delivery;
mod error;
mod figures;
mod file;
mod http;
mod outbox;
mod policy;
mod post;
mod retention;
mod store;
#[cfg(test)]
mod verified;
mod worker;
mod workers;
mod writer;

pub use self::{
    builder::Builder,
    dead::{Stuck, Unposted},
    delivery::{Delivery, Kept},
    error::{OpenError, StoreError},
    figures::describe_metrics,
    http::{Answer, Endpoint, EndpointError, Http, HttpError},
    outbox::Outbox,
    policy::Policy,
    post::{Outcome, Post},
    store::Waiting,
    workers::Workers,
};
