//! Proves that `verify-core` links no std: this crate brings its own panic handler, so as soon as
//! anything beneath it links std, which has one too, the build fails with E0152. It does so on
//! every host; no target without std is needed.
//!
//! From the root of the repository:
//!
//! ```text
//! cargo build --manifest-path proofs/no-std/Cargo.toml
//! cargo build --manifest-path proofs/no-std/Cargo.toml --features alloc,sign
//! ```
//!
//! must succeed, and the check of the check
//!
//! ```text
//! cargo build --manifest-path proofs/no-std/Cargo.toml --features negative-control
//! ```
//!
//! must fail with E0152. Nothing here is run.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

use core::panic::PanicInfo;

use verify_core::{ConfigError, Receipt, Rejection, Secret, Sender, UnixTime, Verifier};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Configures a receiver.
pub fn verifier(secret: &[u8]) -> Result<Verifier, ConfigError> {
    Verifier::builder(Sender::MLFLOW).secret(Secret::new(secret)?).build()
}

/// Verifies a delivery chunk by chunk.
pub fn receive(
    verifier: &Verifier,
    now: UnixTime,
    headers: &[(&str, &[u8])],
    chunks: &[&[u8]],
) -> Result<Receipt, Rejection> {
    let mut pending = verifier.begin(now, headers)?;
    for chunk in chunks {
        pending.feed(chunk)?;
    }
    pending.finish()
}

/// Verifies a delivery whose body is kept on the way.
#[cfg(feature = "alloc")]
pub fn collect(
    verifier: &Verifier,
    now: UnixTime,
    headers: &[(&str, &[u8])],
    body: alloc::vec::Vec<u8>,
) -> Result<alloc::vec::Vec<u8>, Rejection> {
    let mut collector = verifier.begin(now, headers)?.collect();
    collector.feed(body)?;
    let verified = collector.finish().map_err(|unverified| unverified.rejection())?;
    Ok(verified.into_parts().1)
}

/// Reads what a delivery says.
#[cfg(feature = "events")]
pub fn read(body: &[u8]) -> Result<verify_core::mlflow::Event, verify_core::EventError> {
    verify_core::mlflow::Event::parse(body)
}

/// Does what the example does, which is a crate of its own.
#[cfg(feature = "minimal")]
pub fn receive_minimally(
    verifier: &Verifier,
    now: UnixTime,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<minimal::Told, minimal::Refusal> {
    minimal::receive(verifier, now, headers, body)
}

/// Signs a delivery.
#[cfg(feature = "sign")]
pub fn send(
    signer: &verify_core::Signer,
    now: UnixTime,
    body: &[u8],
) -> Result<verify_core::SignedHeaders, Rejection> {
    signer.sign(now, "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba", body)
}
