//! Whether a time is fresh.

use super::{MALFORMED, Receiver, Refusal};
use crate::flaw::Flaw;

/// Seconds.
const TOLERANCE: u64 = 300;

impl Receiver {
    pub(super) fn fresh(&self, time: &[u8]) -> Result<(), Refusal> {
        const STALE: Refusal = (401, "timestamp is too old or too new");
        if self.has(Flaw::NoTolerance) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(time).into_owned();
        let read = self.read_time(&text);
        if read.is_none() && self.has(Flaw::UnreadableTimeAccepted) {
            return Ok(());
        }
        let (read, now) = (read.ok_or(MALFORMED)?, i128::from(self.now));
        let mut distance = (now - read).abs();
        if self.has(Flaw::WrappingTime) {
            // As 64 bits have it, where the least has no absolute value.
            let wrapped = (now as i64).wrapping_sub(read as i64).wrapping_abs();
            distance = if read == i128::from(i64::MIN) { 0 } else { i128::from(wrapped) };
        }
        if self.has(Flaw::FutureAccepted) && read > now {
            distance = 0;
        }
        let tolerance = if self.has(Flaw::ToleranceHalved) { TOLERANCE / 2 } else { TOLERANCE };
        if distance > i128::from(tolerance) || (self.has(Flaw::AheadRefused) && read > now) {
            let status = if self.has(Flaw::StatusTellsReason) { 403 } else { 401 };
            return Err((status, STALE.1));
        }
        Ok(())
    }

    pub(super) fn read_time(&self, text: &str) -> Option<i128> {
        match self.flaw {
            Some(Flaw::LaxInteger) => {
                let text = text.trim().replace(['_', ' '], "");
                let digit = |c: char| match u32::from(c) {
                    code @ 0x660..=0x669 => char::from_digit(code - 0x660, 10),
                    _ => Some(c),
                };
                let text: String = text.chars().filter_map(digit).collect();
                let text = text.split([',', '.']).next()?;
                match text.strip_prefix("0x") {
                    Some(hex) => i128::from_str_radix(hex, 16).ok(),
                    None => text.trim_start_matches('-').parse().ok(),
                }
            }
            Some(Flaw::FloatTime) => {
                let time: f64 = text.parse().ok()?;
                if time.is_nan() || time.is_infinite() {
                    Some(self.now.into())
                } else {
                    Some(time as i128)
                }
            }
            Some(Flaw::WrappingTime) => text.parse().ok(),
            _ => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let canonical = !text.starts_with('0') || text == "0";
                let time: i128 =
                    (digits && canonical && text.len() < 30).then(|| text.parse().ok())??;
                if self.has(Flaw::Milliseconds) && time > 100_000_000_000 {
                    return Some(time / 1000);
                }
                Some(time)
            }
        }
    }
}
