//! The store by which each delivery is handled once.

use core::fmt;

use bridge_common::say;
use verify_once::{Once, StoreError};

use crate::config::{ClaimsAddress, Limits};

/// How often a store that does not answer in time is asked at the start: 5 s in all.
const FIRST_LOOKS: usize = 10;

/// Opens it. A store that is not there yet is no mistake; one that cannot be used as it is, is one.
pub(crate) async fn open(address: &ClaimsAddress, limits: &Limits) -> Result<Once, String> {
    let (once, checked) = look(address, limits).await?;
    match checked {
        Err(error @ StoreError::Unsuitable(_)) => return Err(wrong(error)),
        Err(error) => say(&format!(
            "not ready, and deliveries are answered 503 until the store of `[once]` can be used: {error}"
        )),
        Ok(()) => {}
    }
    Ok(once)
}

/// Opens it, and returns what is wrong with it now.
pub(crate) async fn look(
    address: &ClaimsAddress,
    limits: &Limits,
) -> Result<(Once, Result<(), StoreError>), String> {
    let once = verify_once::open(address.as_str())
        .and_then(|store| Once::builder_shared(store).deadline(limits.upstream).build())
        .map_err(wrong)?;
    let mut checked = once.check().await;
    for _ in 1..FIRST_LOOKS {
        if checked != Err(StoreError::TimedOut) {
            break;
        }
        checked = once.check().await;
    }
    Ok((once, checked))
}

pub(crate) fn wrong(error: impl fmt::Display) -> String {
    format!("the store of `[once]`: {error}")
}
