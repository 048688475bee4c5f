//! A receiver without an operating system: `.ci/targets` builds it for `thumbv7em-none-eabihf` and
//! `wasm32-unknown-unknown`, shows that nothing is missing from it, and has it judge deliveries that
//! were recorded.
//!
//! Whoever hosts it writes a delivery to [`input`] and calls [`receive`].
#![no_std]

extern crate alloc;

mod arena;

use alloc::vec::Vec;
use core::{panic::PanicInfo, slice};

use verify_core::{Secret, Sender, UnixTime, Verified, Verifier};

/// What became of a delivery.
#[repr(i32)]
pub enum Outcome {
    /// It was verified, and with the feature `events`, its event was read.
    Read = 0,
    /// It was verified, and its event could not be read.
    Unreadable = 1,
    /// It was refused.
    Refused = 2,
    /// The host asked for something that makes no sense.
    Misused = 3,
}

const CAPACITY: usize = 64 * 1024;

static mut INPUT: [u8; CAPACITY] = [0; CAPACITY];

/// Where a delivery is written to: the secret on a line, the headers as `name:value` on lines, an
/// empty line, and the body. At most 64 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *mut u8 {
    (&raw mut INPUT).cast()
}

/// Judges the delivery in [`input`], `length` bytes in all, of the sender of that place in
/// `Sender::ALL`.
#[unsafe(no_mangle)]
pub extern "C" fn receive(sender: u32, now: u64, length: u32) -> Outcome {
    let length = usize::try_from(length).unwrap_or(CAPACITY).min(CAPACITY);
    // SAFETY: within `INPUT`, which the host does not write to while this runs.
    let input = unsafe { slice::from_raw_parts(self::input().cast_const(), length) };
    judge(sender, UnixTime::from_secs(now), input).unwrap_or(Outcome::Misused)
}

fn judge(sender: u32, now: UnixTime, input: &[u8]) -> Option<Outcome> {
    let sender = *Sender::ALL.get(usize::try_from(sender).ok()?)?;
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let mut lines = core::str::from_utf8(input.get(..end)?).ok()?.lines();
    let secret = Secret::new(lines.next()?).ok()?;
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let body = input.get(end.checked_add(2)?..)?;

    let verifier = Verifier::builder(sender).secret(secret).build().ok()?;
    let Ok(pending) = verifier.begin(now, &headers) else { return Some(Outcome::Refused) };
    let mut collector = pending.collect();
    if collector.feed(body.into()).is_err() {
        return Some(Outcome::Refused);
    }
    let Ok(verified) = collector.finish() else { return Some(Outcome::Refused) };
    Some(if is_readable(&verified) { Outcome::Read } else { Outcome::Unreadable })
}

#[cfg(feature = "events")]
fn is_readable(verified: &Verified<Vec<u8>>) -> bool {
    verify_core::AnyEvent::read(verified).is_ok()
}

#[cfg(not(feature = "events"))]
fn is_readable(_: &Verified<Vec<u8>>) -> bool {
    true
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
