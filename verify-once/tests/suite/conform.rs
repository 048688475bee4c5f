//! All stores under the laws, and the laws under stores that break them.

use core::time::Duration;

use verify_once::{Memory, conformance::Suite};

use crate::reference::{Flaw, Reference, ReferenceStore};

/// Terms that end in real time, with much between the two for a machine that pauses.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
pub(crate) const WINDOW: Duration = Duration::from_secs(3);

/// The suite for a reference whose clock is moved by hand.
fn suite_of(reference: Reference) -> Suite {
    let store = ReferenceStore::new(reference);
    let clock = store.clone();
    Suite::new(store).with_time(move |time| {
        clock.with(|store| store.pass(time));
        async {}
    })
}

#[tokio::test(start_paused = true)]
async fn memory_conforms() {
    Suite::new(Memory::of_this_process()).run().await.unwrap();
}

#[tokio::test]
async fn memory_conforms_on_a_real_clock() {
    Suite::new(Memory::of_this_process()).with_terms(LEASE, WINDOW).run().await.unwrap();
}

#[tokio::test]
async fn the_reference_conforms() {
    suite_of(Reference::default()).run().await.unwrap();
}

#[tokio::test]
async fn every_flaw_is_found_by_its_law() {
    let stale = "a token that does not hold the key settles nothing";
    let after_lease = "a key is known after its lease";
    let flaws = [
        (Flaw::AtOnceIsApart, "of many claims one is acquired"),
        (Flaw::AttemptsBeginAnew, "attempts grow"),
        (Flaw::CheckFails, "a store that can be used says so"),
        (Flaw::CompletionsOverwrite, "what is done stays done"),
        (Flaw::DoneCanBeReleased, "what is done stays done"),
        (Flaw::DoneEndsWithLease, after_lease),
        (Flaw::EndlessTermsFail, "a lease and a window may be endless"),
        (Flaw::EveryClaimWins, "of many claims one is acquired"),
        (Flaw::FailedEndsWithLease, after_lease),
        (Flaw::ForgetsNothing, "attempts grow"),
        (Flaw::KeysAreCut, "keys are apart"),
        (Flaw::LateCompletionsAreLost, after_lease),
        (Flaw::LeasesAreTheAskers, "a claim holds for its own lease"),
        (Flaw::LeasesLast, "a claim is over after its lease"),
        (Flaw::SameTokenIsAnother, "the same token is the same claim"),
        (Flaw::StatusesAreBytes, "a status is kept as it is"),
        (Flaw::TokensAreIgnored, stale),
        (Flaw::WindowsEndEarly, "a key is known for its lease at least"),
        (Flaw::WindowsLast, "a key is free after its window"),
    ];
    for (flaw, law) in flaws {
        let Err(broken) = suite_of(Reference::with_flaw(flaw)).run().await else {
            panic!("{flaw:?} is not found");
        };
        assert_eq!(broken.law, law, "{flaw:?}: {broken}");
    }
}
