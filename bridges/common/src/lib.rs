//! What the bridges in this folder share, and what has nothing to do with their frameworks or with
//! where they post to: settings, commands, and the figures of what waits.

mod automation;
mod command;
mod dead;
mod destinations;
mod event;
mod gauges;
mod hidden;
mod live;
mod log;
mod mistake;
mod print;
mod prometheus;
mod reload;
mod secret;
mod senders;
mod serve;
mod settings;
mod stop;
mod store;
mod telling;
#[cfg(test)]
mod tests;
mod webhook_url;

pub use automation::Automation;
pub use command::{Command, Dead, Settings, Which, exit_code};
pub use destinations::Destinations;
pub use event::Event;
pub use gauges::Gauges;
pub use hidden::{is_hidden, printable_json};
pub use live::Live;
pub use log::{LogFormat, log_to_stderr, say};
pub use mistake::{Lines, Mistake};
pub use print::{counted, print_lines};
pub use prometheus::install_prometheus;
pub use reload::reload_on_hangup;
pub use secret::{NamedSecret, Source};
pub use senders::{Senders, UsedSecrets};
pub use serve::serve;
pub use settings::{Read, addresses_that_stay, check_addresses};
pub use stop::{heed_signals, serve_until_stopped, stopped};
pub use store::{Place, Store};
pub use telling::{WANDB_TEMPLATE, count_nothing, first_advice, log_repeated};
pub use webhook_url::WebhookUrl;
