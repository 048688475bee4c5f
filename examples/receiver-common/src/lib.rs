//! What the receivers in this folder share, and what has nothing to do with their frameworks: the
//! settings, the deliveries for a first try, and the line that is printed.

mod facts;
mod output;
mod settings;
mod start;
mod stop;
mod try_it;

pub use facts::{describe, line};
pub use output::Output;
pub use start::{log_to_stderr, start};
pub use stop::{heed_signals, stopped};
