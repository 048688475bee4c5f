#![doc = include_str!("../README.md")]

mod connection;
mod crowd;
mod host;
mod keep_place;
mod server;

pub use connection::{STOP_DEADLINE, finish};
pub use crowd::{Crowd, Guest, Held, Place};
pub use host::is_host_sound;
pub use keep_place::{KeepPlace, KeepPlaceLayer, ResponseFuture};
pub use server::Server;
