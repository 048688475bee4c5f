//! What the receivers on hyper share: who makes room where more connect than there are places, how a
//! connection ends, and the check of `Host`.

mod connection;
mod crowd;
mod host;

pub use connection::{STOP_DEADLINE, finish};
pub use crowd::{Crowd, Guest, Held, Place};
pub use host::is_host_sound;
