//! One model for all stores: two instances, answers that are lost, time that passes, against the reference.

use core::{
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};
use std::sync::Arc;

use proptest::{collection::vec, prelude::*};
use tokio::runtime::{Builder, Runtime};
use verify_once::{Claimed, Claims, Key, Memory, Settled, Terms, Token};

use crate::{Passing, reference::Reference};

/// Far from what a slow machine takes for all of a case, so that its time does not matter.
const LEASE: Duration = Duration::from_secs(1000);
/// Of even and of odd keys; the second ends before the lease.
const WINDOWS: [Duration; 2] = [Duration::from_secs(10_000), Duration::from_secs(500)];
/// No sum of these comes near the end of a lease or a window.
const STEP: Duration = Duration::from_secs(300);
/// How far two clocks may differ.
const SLACK: Duration = Duration::from_secs(90);

#[derive(Clone, Debug)]
enum Action {
    Claim { by: Who, is_lost: bool },
    Complete { by: Who, status: u16, is_lost: bool },
    Forget { instance: usize, key: u8 },
    Pass { steps: u32 },
    Release { by: Who, is_lost: bool },
}

#[derive(Clone, Debug)]
struct Who {
    instance: usize,
    key: u8,
    token: u8,
}

/// A store as two instances open it, and its clock.
pub(crate) struct Subject {
    pub(crate) instances: [Arc<dyn Claims>; 2],
    pub(crate) pass: Passing,
    /// How long a call that was dropped may still be on its way.
    pub(crate) lag: Duration,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let who = || {
        (0..2_usize, 0..3_u8, 0..4_u8).prop_map(|(instance, key, token)| Who {
            instance,
            key,
            token,
        })
    };
    let lost = || prop::bool::weighted(0.2);
    let claim = || (who(), lost()).prop_map(|(by, is_lost)| Action::Claim { by, is_lost });
    let complete = (who(), 200..600_u16, lost())
        .prop_map(|(by, status, is_lost)| Action::Complete { by, status, is_lost });
    let release = (who(), lost()).prop_map(|(by, is_lost)| Action::Release { by, is_lost });
    let forget = (0..2_usize, 0..3_u8).prop_map(|(instance, key)| Action::Forget { instance, key });
    let pass = prop_oneof![3 => 1..5_u32, 1 => 30..40_u32].prop_map(|steps| Action::Pass { steps });
    vec(prop_oneof![6 => claim(), 3 => complete, 3 => release, 1 => forget, 3 => pass], 1..40)
}

/// Runs the actions on a fresh store and on the reference. `base` tells the keys of one case from
/// those of another.
pub(crate) async fn check(
    subject: &Subject,
    base: u64,
    actions: &[Step],
) -> Result<(), TestCaseError> {
    let mut reference = Reference::default();
    for (number, Step(action)) in actions.iter().enumerate() {
        step(subject, &mut reference, base, action).await.map_err(|error| {
            TestCaseError::fail(format!("action {number}, {action:?}: {error}"))
        })?;
    }
    Ok(())
}

/// An action, for the files that test a store with a server.
#[derive(Clone, Debug)]
pub(crate) struct Step(Action);

pub(crate) fn cases() -> impl Strategy<Value = Vec<Step>> {
    actions().prop_map(|actions| actions.into_iter().map(Step).collect())
}

async fn step(
    subject: &Subject,
    reference: &mut Reference,
    base: u64,
    action: &Action,
) -> Result<(), String> {
    match action {
        Action::Claim { by, is_lost } => {
            let (store, key, token) = subject.of(base, by);
            let terms = Terms::new(LEASE, WINDOWS[usize::from(by.key % 2)]);
            if *is_lost {
                subject.lose(store.claim(&key, &token, terms)).await;
            }
            let expected = reference.claim(&key, &token, terms);
            let claimed =
                store.claim(&key, &token, terms).await.map_err(|error| error.to_string())?;
            match (claimed, expected) {
                (Claimed::InProgress { left }, Claimed::InProgress { left: expected })
                    if left <= expected && expected - left < SLACK =>
                {
                    Ok(())
                }
                _ => same(&claimed, &expected),
            }
        }
        Action::Complete { by, status, is_lost } => {
            let (store, key, token) = subject.of(base, by);
            if *is_lost {
                subject.lose(store.complete(&key, &token, *status)).await;
            }
            let settled =
                store.complete(&key, &token, *status).await.map_err(|error| error.to_string())?;
            same(&settled, &reference.settle(&key, &token, Some(*status)))
        }
        Action::Release { by, is_lost } => {
            let (store, key, token) = subject.of(base, by);
            if *is_lost {
                subject.lose(store.release(&key, &token)).await;
            }
            let settled = store.release(&key, &token).await.map_err(|error| error.to_string())?;
            let expected = reference.settle(&key, &token, None);
            // One that was lost may have done it already.
            if *is_lost && settled == Settled::Lost { Ok(()) } else { same(&settled, &expected) }
        }
        Action::Forget { instance, key } => {
            let key = key_of(base, *key);
            let forgotten = subject.instances[*instance].forget(&key).await;
            same(&forgotten, &Ok(reference.forget(&key)))
        }
        Action::Pass { steps } => {
            (subject.pass)(STEP * *steps).await;
            reference.pass(STEP * *steps);
            Ok(())
        }
    }
}

fn same<T: core::fmt::Debug + PartialEq>(got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("expected {expected:?}, got {got:?}")) }
}

fn key_of(base: u64, key: u8) -> Key {
    let mut bytes = [key; 32];
    bytes[..8].copy_from_slice(&base.to_be_bytes());
    Key::new(bytes)
}

impl Subject {
    fn of(&self, base: u64, who: &Who) -> (&dyn Claims, Key, Token) {
        (&*self.instances[who.instance], key_of(base, who.key), Token::new([who.token; 16]))
    }

    /// Begins a call and drops it: whether it is carried out, nobody knows.
    async fn lose<T>(&self, call: impl Future<Output = T>) {
        let is_ready = {
            let mut call = pin!(call);
            call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        if !is_ready {
            tokio::time::sleep(self.lag).await;
        }
    }
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn memory_does_as_the_reference(actions in cases()) {
        paused().block_on(async {
            let store: Arc<dyn Claims> = Arc::new(Memory::of_this_process());
            let subject = Subject {
                instances: [Arc::clone(&store), store],
                pass: Box::new(|time| Box::pin(tokio::time::advance(time))),
                lag: Duration::ZERO,
            };
            check(&subject, 0, &actions).await
        })?;
    }
}
