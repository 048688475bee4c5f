//! Settles claims, now or in the background.

use core::time::Duration;
use std::sync::Arc;

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use crate::{
    LOG_TARGET, Once, Settled, Settlement, StoreError,
    claim::{Claim, Claimable},
};

/// Settles a claim that is held. A failure is tried again in the background.
pub(crate) async fn settle_now(once: &Once, claim: Claim) {
    match settle(once, &claim.what).await {
        Ok(settled) => {
            tell(once, &claim.what, settled);
            claim.disarm();
        }
        Err(error) => {
            let sender = claim.what.sender;
            tracing::warn!(target: LOG_TARGET, sender, code = error.code(), "claim not settled, tried again in the background: {error}");
            once.count(sender, "unsettled");
        }
    }
}

/// Settles a claim without anybody waiting for it.
pub(crate) fn settle_later(runtime: &Handle, once: Once, claim: Claimable) {
    let Ok(permit) = Arc::clone(once.background()).try_acquire_owned() else {
        // The lease ends it.
        return once.count(claim.sender, "left_to_lease");
    };
    runtime.spawn(async move {
        persist(&once, &claim).await;
        drop(permit);
    });
}

/// Tries until it is certain. A claim whose answer was lost may be carried out later than the first
/// release: a server that was stopped reads what clients had sent it when it goes on. So "not yours" is
/// believed the second time, a while after the first.
async fn persist(once: &Once, claim: &Claimable) {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);
    const DOUBT: Duration = Duration::from_secs(1);

    let begun = Instant::now();
    let most = once.lease().saturating_mul(2);
    let mut wait = FIRST;
    let mut doubts = u32::from(!claim.is_acquired);
    while begun.elapsed() < most {
        match settle(once, claim).await {
            Ok(Settled::Lost) if doubts > 0 => {
                doubts -= 1;
                sleep(DOUBT).await;
            }
            Ok(settled) => return tell(once, claim, settled),
            Err(_) => sleep(wait).await,
        }
        wait = (wait * 2).min(LONGEST);
    }
}

async fn settle(once: &Once, claim: &Claimable) -> Result<Settled, StoreError> {
    let Claimable { key, token, .. } = claim;
    once.limited(match claim.intended {
        Settlement::Complete(status) => once.store().complete(key, token, status),
        Settlement::Release => once.store().release(key, token),
    })
    .await
}

fn tell(once: &Once, claim: &Claimable, settled: Settled) {
    let sender = claim.sender;
    let outcome = match (settled, claim.intended) {
        (Settled::Yes, Settlement::Complete(_)) => "completed",
        (Settled::Yes, Settlement::Release) => "released",
        // Nothing was claimed, and nothing is lost.
        (Settled::Lost, _) if !claim.is_acquired => return,
        (Settled::Lost, _) => {
            tracing::warn!(target: LOG_TARGET, sender, "claim was lost: its lease was over, and another run may have handled the delivery too");
            "lost"
        }
    };
    once.count(sender, outcome);
}
