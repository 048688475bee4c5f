//! What receivers get wrong, as a matrix of cases that runs against any receiver.
//!
//! Each [`Case`] is a request, what it tries, and the answer that a sound receiver gives. They are
//! made for one receiver, with its own secret: a [`Target`]. The same cases run
//!
//! - in process against any `tower` HTTP service: [`Target::attack`] (feature `tower`), or in one line
//!   of a test: [`assert_hardened`];
//! - in process against an actix-web application: [`actix`] (feature `actix`);
//! - over a socket against a URL, whatever is behind it: [`Target::attack_url`] (feature `socket`);
//! - over whatever else: [`Target::attack_with`].
//!
//! What holds connections open takes time, and is asked only if it is wanted: whether a receiver ends such
//! connections, and answers others meanwhile, by [`Target::attack_connections`] (feature `socket`).
//!
//! Cases that a channel cannot carry, such as a malformed head in process, are skipped there.
//!
//! What the matrix does not see: replays, because a receiver without a store cannot tell them, and
//! differences in time, which are measured elsewhere.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(any(feature = "actix", feature = "tower"))]
mod assertion;
mod attempt;
mod cases;
#[cfg(feature = "socket")]
mod connection;
mod draft;
mod harm;
mod outcome;
mod report;
mod run;
mod target;
#[cfg(feature = "tower")]
mod tower;
#[cfg(any(feature = "actix", feature = "tower"))]
mod unwinding;
#[cfg(feature = "socket")]
mod url;

use verify_core::{SecretEncoding, Sender};

pub use attempt::{Attempt, Framing, Step};
#[cfg(feature = "explain")]
pub(crate) use cases::respaced;
pub use cases::{Case, Expected};
#[cfg(feature = "explain")]
pub(crate) use draft::spell_in;
pub use harm::{Harm, Severity};
pub use outcome::{Answer, Outcome};
pub use report::{CaseReport, Report};
pub use target::Target;
#[cfg(feature = "tower")]
pub use tower::{AttackBody, assert_hardened};

#[cfg(feature = "socket")]
pub use crate::endpoint::UrlError;

/// A secret of which every part counts: a text that looks like a prefix, base64, a letter beyond
/// ASCII, and a space at the end. It exposes a receiver that strips, decodes or trims secrets.
pub const AWKWARD_SECRET: &str = "whsec_bm90IGEgcmVhbCBzZWNyZXQ= \u{e9} ";

/// Returns the secret for attacks on a receiver of this sender: [`AWKWARD_SECRET`], or as much of it
/// as the sender's secrets allow.
#[must_use]
pub fn awkward_secret(sender: &Sender) -> &'static str {
    match sender.secret_encoding() {
        SecretEncoding::Base64 => AWKWARD_SECRET.split(' ').next().unwrap_or(AWKWARD_SECRET),
        _ => AWKWARD_SECRET,
    }
}
