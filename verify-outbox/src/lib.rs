#![doc = include_str!("../README.md")]

mod bell;
mod builder;
mod dead;
mod delivery;
mod error;
mod file;
mod http;
mod outbox;
mod policy;
mod retention;
mod store;
#[cfg(test)]
#[path = "../tests/suite/common/verified.rs"]
mod verified;
mod worker;
mod workers;
mod writer;

pub use self::{
    builder::Builder,
    dead::{Stuck, Unposted},
    delivery::{Delivery, Kept},
    error::{OpenError, StoreError},
    http::{Answer, Endpoint, EndpointError, Http, HttpError},
    outbox::{Outbox, Waiting},
    policy::Policy,
    worker::{Outcome, Post},
    workers::Workers,
};
