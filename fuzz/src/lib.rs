//! What the fuzz targets share.
//!
//! A target is one file in `fuzz_targets` (and a line in `Cargo.toml`): a property as a function
//! over bytes, and [`target!`]. With cargo-fuzz on nightly that is a libFuzzer target. On stable it
//! is a program that replays the files it is given, and a test that replays the corpus in git.

mod input;
pub mod json;
pub mod reference;
mod replay;
mod request;
mod setup;
pub mod shapes;
pub mod wires;

pub use input::Input;
pub use replay::{replay_corpus, replay_files};
pub use request::{Genuine, Request};
pub use setup::{Credential, Setup};

/// How far an input got. The corpus of a target has to get to both ends: a property that is never
/// tried on an accepted delivery says nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reached {
    /// What the property is about: an accepted delivery, an event that was read.
    Accepted,
    /// A refusal.
    Refused,
    /// Nothing: no verifier can be configured so.
    Nothing,
}

/// Makes a fuzz target of `fn check(data: &[u8]) -> Reached`.
#[macro_export]
macro_rules! target {
    ($check:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            let _ = $check(data);
        });

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::replay_files($check)
        }

        #[cfg(all(test, not(fuzzing)))]
        #[test]
        fn the_corpus_is_replayed() {
            $crate::replay_corpus(module_path!(), $check);
        }
    };
}
