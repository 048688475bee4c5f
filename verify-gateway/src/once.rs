//! The store by which each delivery is handled once.

use bridge_common::say;
use verify_once::{Once, StoreError};

use crate::config::{ClaimsAddress, Limits};

/// How often a store that does not answer in time is asked at the start: 5 s in all.
const FIRST_LOOKS: usize = 10;

/// Opens it. A store that is not there yet is no mistake; one that cannot be used as it is, is one.
pub(crate) async fn open(address: &ClaimsAddress, limits: &Limits) -> Result<Once, String> {
    let wrong = |error: String| format!("the store of `[once]`: {error}");
    let once = verify_once::open(address.as_str())
        .and_then(|store| Once::builder_shared(store).deadline(limits.upstream).build())
        .map_err(|error| wrong(error.to_string()))?;
    let mut checked = once.check().await;
    for _ in 1..FIRST_LOOKS {
        if checked != Err(StoreError::TimedOut) {
            break;
        }
        checked = once.check().await;
    }
    match checked {
        Err(error @ StoreError::Unsuitable(_)) => return Err(wrong(error.to_string())),
        Err(error) => say(&format!(
            "not ready, and deliveries are answered 503 until the store of `[once]` can be used: {error}"
        )),
        Ok(()) => {}
    }
    Ok(once)
}
