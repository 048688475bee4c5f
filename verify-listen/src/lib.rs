#![doc = include_str!("../README.md")]
//!
//! # From a program
//!
//! [`Settings::start`] binds both ports and opens the store; [`Listen::run`] serves until the process is told to
//! stop, and passes [`News`] to the function that shows it. The command `verify listen` is an options parser in
//! front of that, and its texts, [`ListenError::hint`] among them, name the options of the command.
//!
//! ```no_run
//! use core::ops::ControlFlow;
//!
//! use verify_listen::{Keep, Keys, ListenError, News, SenderKeys, Sender, Settings};
//!
//! # fn main() -> Result<(), ListenError> {
//! let keys = Keys::new([SenderKeys::new(Sender::MLFLOW, ["the secret of the webhook"], [""; 0])])?;
//! let listen = Settings::new("listen.redb", keys).start()?;
//! println!("deliver to {}/webhooks/mlflow, look at {}", listen.origin(), listen.page());
//! listen.run(|news| {
//!     if let News::Delivery(delivery) = news {
//!         println!("{}", delivery.facts.subject);
//!     }
//!     Ok::<_, ListenError>(ControlFlow::Continue(()))
//! })
//! # }
//! ```
//!
//! # What is where
//!
//! A delivery comes in by `receive`, which verifies it with the layer of `verify-axum`. The `journal` has it kept by
//! `store` (one thread writes) and reports it to the terminal, and to pages by `live`. Then `forward` hands it on.
//! The other port is `page`, the document, and `api`, what it asks for; `guard` says who may ask. Both ports are
//! served by `serve`. The page's HTML, style and scripts are in the folder `page` of this package.

mod api;
mod error;
mod forward;
mod guard;
mod journal;
mod keys;
mod listen;
mod live;
mod page;
mod receive;
mod record;
mod secrets;
mod serve;
mod settings;
mod signals;
mod signature;
mod store;
mod subject;
mod text;

pub use error::ListenError;
pub use forward::Forward;
pub use journal::News;
pub use keys::{Keys, SenderKeys};
pub use listen::Listen;
pub use record::{Facts, Handled, Outcome, Summary, Verdict};
pub use settings::Settings;
pub use store::Keep;
pub use verify_toolkit::Sender;
