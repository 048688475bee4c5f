use core::time::Duration;
use std::time::SystemTime;

use http::{HeaderMap, header::RETRY_AFTER};

use super::{retry_after, words};
use crate::{HttpError, Outcome};

/// What a service answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: nothing if it is not complete.
    pub body: Vec<u8>,
    /// Whether the whole body came in time, and is not larger than 64 KiB.
    pub is_complete: bool,
}

impl Answer {
    /// Returns how long the service wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        retry_after::parse(value, SystemTime::now())
    }

    /// Returns the status with the beginning of the body, for a person: at most 200 visible ASCII
    /// characters. It shows only words that services use for errors, and `***` in the place of any
    /// other word, because a service may repeat a secret, in any form.
    #[must_use]
    pub fn reason(&self) -> String {
        match shown(&words::known(String::from_utf8_lossy(&self.body).trim())).as_str() {
            "" => format!("HTTP {}", self.status),
            said => format!("HTTP {}: {said}", self.status),
        }
    }

    /// Returns what most services mean by the status. 202: accepted, and the service does not say what
    /// happens then (RFC 9110, section 15.3.3). Any other 2xx: arrived. 408, 425, 429 and 5xx: later.
    /// Anything else will fail next time too, also a redirect, which is not followed.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.status {
            202 => Outcome::Accepted,
            200..=299 => Outcome::Done,
            408 | 425 | 429 | 500..=599 => {
                Outcome::Later { after: self.retry_after(), reason: self.reason() }
            }
            _ => Outcome::Dead { reason: self.reason() },
        }
    }
}

/// Without an answer it is tried again, although it may have arrived.
impl From<HttpError> for Outcome {
    fn from(error: HttpError) -> Self {
        Self::Later { after: None, reason: shown(&error.to_string()) }
    }
}

/// What others said, for terminals and logs.
fn shown(text: &str) -> String {
    let visible = |char: char| if matches!(char, ' '..='~') { char } else { '?' };
    text.trim().chars().take(200).map(visible).collect()
}
