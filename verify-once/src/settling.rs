//! Settles claims, now or in the background.

use core::time::Duration;
use std::sync::Arc;

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use crate::{
    Key, LOG_TARGET, Settled, Settlement, StoreError, Token,
    backend::{Backend, count},
};

/// What a claim is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimable {
    pub(crate) key: Key,
    pub(crate) token: Token,
    pub(crate) sender: &'static str,
    /// What is to be written down: at first that it is given back.
    pub(crate) intended: Settlement,
    /// Whether the store said that it is ours. Otherwise it may still become ours.
    pub(crate) is_acquired: bool,
    /// Whether a call to settle it was made whose answer is not known.
    pub(crate) is_tried: bool,
}

/// Settles a claim that is held. Returns whether it is certain what became of it.
pub(crate) async fn settle_now(backend: &Backend, claim: &Claimable) -> bool {
    is_settled(claim, settle(backend, claim).await)
}

/// The same with a store that answers at once. `None`: it has to be waited for.
pub(crate) fn settle_at_once(backend: &Backend, claim: &Claimable) -> Option<bool> {
    ask_at_once(backend, claim).map(|settled| is_settled(claim, settled))
}

fn is_settled(claim: &Claimable, settled: Result<Settled, StoreError>) -> bool {
    match settled {
        Ok(settled) => {
            tell(claim, settled);
            true
        }
        Err(error) => {
            let sender = claim.sender;
            tracing::warn!(target: LOG_TARGET, sender, code = error.code(), "claim not settled, tried again in the background: {error}");
            count(sender, "unsettled");
            false
        }
    }
}

/// Settles a claim without anybody waiting for it.
pub(crate) fn settle_later(runtime: &Handle, backend: Arc<Backend>, claim: Claimable) {
    let places = match claim.intended {
        Settlement::Complete(_) if claim.is_acquired => &backend.completions,
        _ => &backend.background,
    };
    let Ok(permit) = Arc::clone(places).try_acquire_owned() else {
        return leave(&claim, "too many others wait for the store");
    };
    runtime.spawn(async move {
        persist(&backend, claim).await;
        drop(permit);
    });
}

/// Tries until it is certain. A claim whose answer was lost may be carried out later than the first
/// release: a server that was stopped reads what clients had sent it when it goes on. So "not yours" is
/// believed the second time, a while after the first: longer than PostgreSQL lets a statement run.
async fn persist(backend: &Backend, mut claim: Claimable) {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);
    const DOUBT: Duration = Duration::from_secs(3);

    let begun = Instant::now();
    let most = backend.lease().saturating_mul(2);
    let mut wait = FIRST;
    let mut doubts = u32::from(!claim.is_acquired);
    while begun.elapsed() < most {
        match settle(backend, &claim).await {
            Ok(Settled::Lost) if doubts > 0 => {
                doubts -= 1;
                sleep(DOUBT).await;
            }
            Ok(settled) => return tell(&claim, settled),
            Err(_) => {
                claim.is_tried = true;
                sleep(wait).await;
            }
        }
        wait = (wait * 2).min(LONGEST);
    }
    leave(&claim, "the store failed for twice the lease");
}

/// Gives up. The lease ends the claim, if there is one.
fn leave(claim: &Claimable, why: &'static str) {
    let sender = claim.sender;
    match claim.intended {
        Settlement::Complete(_) => {
            tracing::warn!(target: LOG_TARGET, sender, "delivery was handled and is not recorded as done, so it runs again if it comes again: {why}");
        }
        Settlement::Release => {
            tracing::warn!(target: LOG_TARGET, sender, "claim not given back, so the delivery runs after the lease at the earliest: {why}");
        }
    }
    count(sender, "left_to_lease");
}

fn ask_at_once(backend: &Backend, claim: &Claimable) -> Option<Result<Settled, StoreError>> {
    let Claimable { key, token, .. } = claim;
    backend.store().at_once().map(|store| match claim.intended {
        Settlement::Complete(status) => store.complete(key, token, status),
        Settlement::Release => store.release(key, token),
    })
}

async fn settle(backend: &Backend, claim: &Claimable) -> Result<Settled, StoreError> {
    if let Some(settled) = ask_at_once(backend, claim) {
        return settled;
    }
    let Claimable { key, token, .. } = claim;
    backend
        .limited(match claim.intended {
            Settlement::Complete(status) => backend.store().complete(key, token, status),
            Settlement::Release => backend.store().release(key, token),
        })
        .await
}

fn tell(claim: &Claimable, settled: Settled) {
    let sender = claim.sender;
    let outcome = match (settled, claim.intended) {
        (Settled::Yes, Settlement::Complete(_)) => "completed",
        (Settled::Yes, Settlement::Release) => "released",
        // Nothing was claimed, and nothing is lost.
        (Settled::Lost, _) if !claim.is_acquired => return,
        // An earlier call gave it back. A completion that is made again would be `Yes`.
        (Settled::Lost, Settlement::Release) if claim.is_tried => return,
        (Settled::Lost, _) => {
            tracing::warn!(target: LOG_TARGET, sender, "claim was lost: its lease was over, and another run may have handled the delivery too");
            "lost"
        }
    };
    count(sender, outcome);
}
