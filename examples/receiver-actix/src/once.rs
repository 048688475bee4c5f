//! The store that `ONCE_STORE` names. With it, each delivery is handled once, also by several
//! receivers.

use core::sync::atomic::{AtomicBool, Ordering};
use std::{env, sync::Arc};

use bytes::Bytes;
use verify_core::{AnyEvent, UnixTime, Verified};
use verify_once::{Once, StoreError};

/// What handles each delivery once. Clones share it.
#[derive(Clone)]
pub(crate) struct Guard {
    /// `None`: no store is named, so a repetition is handled again.
    once: Option<Once>,
    /// Whether the store could be used when it was last asked.
    was_ready: Arc<AtomicBool>,
}

impl Guard {
    /// How often a store that does not answer in time is asked at the start: 5 s in all.
    const FIRST_LOOKS: usize = 10;

    /// Reads `ONCE_STORE`. A store that is not running yet is no mistake. A store that cannot be used as it is,
    /// is a mistake.
    pub(crate) async fn from_env() -> Result<Self, String> {
        let address = match env::var("ONCE_STORE") {
            Ok(address) => address,
            Err(env::VarError::NotPresent) => return Ok(Self::of(None, true)),
            // The error itself would print the value.
            Err(env::VarError::NotUnicode(_)) => return Err("ONCE_STORE is not UTF-8".to_owned()),
        };
        let once = verify_once::open(&address)
            .and_then(|store| Once::builder_shared(store).build())
            .map_err(|error| format!("ONCE_STORE: {error}"))?;
        let mut checked = once.check().await;
        for _ in 1..Self::FIRST_LOOKS {
            if checked != Err(StoreError::TimedOut) {
                break;
            }
            checked = once.check().await;
        }
        match &checked {
            Ok(()) => eprintln!("each delivery is handled once"),
            Err(error @ StoreError::Unsuitable(_)) => return Err(format!("ONCE_STORE: {error}")),
            Err(error) => eprintln!(
                "not ready, and deliveries are answered 503 until the store can be used: {error}"
            ),
        }
        Ok(Self::of(Some(once), checked.is_ok()))
    }

    fn of(once: Option<Once>, is_ready: bool) -> Self {
        Self { once, was_ready: Arc::new(AtomicBool::new(is_ready)) }
    }

    pub(crate) fn once(&self) -> Option<Once> {
        self.once.clone()
    }

    /// Returns whether a delivery is about something so long ago that the store would have forgotten it: an
    /// attacker who recorded it could have it handled again. It is for Databricks, whose time is only in the
    /// body.
    pub(crate) fn is_outdated(&self, verified: &Verified<Bytes>) -> bool {
        let window = self.once.as_ref().and_then(|once| once.window(verified.receipt()));
        let (Some(window), Ok(AnyEvent::Databricks(event)), Ok(now)) =
            (window, AnyEvent::read(verified), UnixTime::now())
        else {
            return false;
        };
        // A time in the future comes from another clock.
        let age = now.as_secs().saturating_sub(event.event_timestamp.to_unix_time().as_secs());
        age > window.as_secs()
    }

    /// Returns whether deliveries can be handled now.
    pub(crate) async fn is_ready(&self) -> bool {
        let Some(once) = &self.once else { return true };
        let found = once.ready().await;
        let was_ready = self.was_ready.swap(found.is_ok(), Ordering::Relaxed);
        match &found {
            Ok(()) if !was_ready => eprintln!("ready: the store can be used"),
            Err(error) if was_ready => eprintln!("not ready: {error}"),
            _ => {}
        }
        found.is_ok()
    }
}
