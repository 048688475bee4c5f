use core::{
    fmt,
    pin::{Pin, pin},
    task::{Context, Waker},
    time::Duration,
};
use std::sync::Arc;

use tokio::{task::JoinSet, time::sleep};

use super::Suite;
use crate::{Claimed, Key, Settled, StoreError, Terms, Token};

type Try = fn(&Suite) -> Law<'_>;
type Law<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Each law with what tries it.
pub(super) const LAWS: [(&str, Try); 15] = [
    ("a store that can be used says so", |suite| Box::pin(check(suite))),
    ("of many claims one is acquired", |suite| Box::pin(one_wins(suite))),
    ("keys are apart", |suite| Box::pin(keys_are_apart(suite))),
    ("the same token is the same claim", |suite| Box::pin(same_token(suite))),
    ("attempts grow", |suite| Box::pin(attempts_grow(suite))),
    ("a token that does not hold the key settles nothing", |suite| Box::pin(stale_token(suite))),
    ("what is done stays done", |suite| Box::pin(done_stays(suite))),
    ("a status is kept as it is", |suite| Box::pin(statuses(suite))),
    ("a key is known for its lease at least", |suite| Box::pin(known_for_lease(suite))),
    ("a claim holds for its own lease", |suite| Box::pin(own_lease(suite))),
    ("a claim is over after its lease", |suite| Box::pin(lease_ends(suite))),
    ("a key is known after its lease", |suite| Box::pin(known_after_lease(suite))),
    ("a key is free after its window", |suite| Box::pin(window_ends(suite))),
    ("a lease and a window may be endless", |suite| Box::pin(endless(suite))),
    ("a call that is dropped can be released by its token", |suite| Box::pin(dropped(suite))),
];

const FIRST: Claimed = Claimed::Acquired { attempt: 1 };

fn key() -> Result<Key, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| "no random bytes")?;
    Ok(Key::new(bytes))
}

fn token() -> Result<Token, String> {
    Ok(Token::fresh().ok_or("no random bytes")?)
}

/// Compares what a call returned.
fn expect<T: fmt::Debug + PartialEq>(
    what: &str,
    returned: Result<T, StoreError>,
    expected: T,
) -> Result<(), String> {
    match returned {
        Ok(value) if value == expected => Ok(()),
        other => Err(format!("{what}: expected {expected:?}, got {other:?}")),
    }
}

fn expect_in_progress(
    what: &str,
    returned: Result<Claimed, StoreError>,
    most: Duration,
) -> Result<(), String> {
    match returned {
        Ok(Claimed::InProgress { left }) if left <= most => Ok(()),
        other => Err(format!("{what}: expected at most {most:?} of a lease left, got {other:?}")),
    }
}

async fn check(suite: &Suite) -> Result<(), String> {
    expect("check of one instance", suite.one().check().await, ())?;
    expect("check of the other instance", suite.other().check().await, ())
}

async fn one_wins(suite: &Suite) -> Result<(), String> {
    let key = key()?;
    let mut claims = JoinSet::new();
    for number in 0..32 {
        let (store, token) = (Arc::clone(&suite.instances[number % 2]), token()?);
        let terms = suite.long();
        claims.spawn(async move { store.claim(&key, &token, terms).await });
    }
    let mut winners = 0;
    while let Some(claimed) = claims.join_next().await {
        match claimed.map_err(|error| error.to_string())? {
            Ok(FIRST) => winners += 1,
            other => expect_in_progress("a claim beside another", other, suite.long().lease)?,
        }
    }
    match winners {
        1 => Ok(()),
        _ => Err(format!("{winners} of 32 claims were acquired")),
    }
}

async fn keys_are_apart(suite: &Suite) -> Result<(), String> {
    let mut bytes = *key()?.as_bytes();
    for place in [0, 15, 31] {
        bytes[place] ^= 1;
        let claimed = suite.one().claim(&Key::new(bytes), &token()?, suite.long()).await;
        expect("another key", claimed, FIRST)?;
    }
    Ok(())
}

async fn same_token(suite: &Suite) -> Result<(), String> {
    let (key, token) = (key()?, token()?);
    for store in [suite.one(), suite.other(), suite.one()] {
        expect("claim", store.claim(&key, &token, suite.long()).await, FIRST)?;
    }
    expect("completion", suite.other().complete(&key, &token, 200).await, Settled::Yes)?;
    let again = suite.one().claim(&key, &token, suite.long()).await;
    expect("its token, once it is done", again, Claimed::Done { status: 200 })
}

async fn attempts_grow(suite: &Suite) -> Result<(), String> {
    let key = key()?;
    for attempt in 1..5 {
        let token = token()?;
        let claimed = suite.one().claim(&key, &token, suite.long()).await;
        expect("claim of a key that was given back", claimed, Claimed::Acquired { attempt })?;
        expect("release", suite.other().release(&key, &token).await, Settled::Yes)?;
        expect("second release", suite.one().release(&key, &token).await, Settled::Lost)?;
    }
    expect("to forget a key", suite.one().forget(&key).await, true)?;
    expect("to forget it again", suite.other().forget(&key).await, false)?;
    let claimed = suite.other().claim(&key, &token()?, suite.long()).await;
    expect("claim of a key that was forgotten", claimed, FIRST)
}

async fn stale_token(suite: &Suite) -> Result<(), String> {
    let (key, holder, stale) = (key()?, token()?, token()?);
    expect("completion of no claim", suite.one().complete(&key, &stale, 200).await, Settled::Lost)?;
    expect("release of no claim", suite.one().release(&key, &stale).await, Settled::Lost)?;
    expect("claim", suite.one().claim(&key, &stale, suite.long()).await, FIRST)?;
    expect("release", suite.one().release(&key, &stale).await, Settled::Yes)?;
    let claimed = suite.other().claim(&key, &holder, suite.long()).await;
    expect("claim of another", claimed, Claimed::Acquired { attempt: 2 })?;
    let completed = suite.one().complete(&key, &stale, 200).await;
    expect("completion by the stale token", completed, Settled::Lost)?;
    expect("release by the stale token", suite.one().release(&key, &stale).await, Settled::Lost)?;
    let beside = suite.one().claim(&key, &token()?, suite.long()).await;
    expect_in_progress("claim beside the holder", beside, suite.long().lease)?;
    expect(
        "completion by the holder",
        suite.other().complete(&key, &holder, 201).await,
        Settled::Yes,
    )
}

async fn done_stays(suite: &Suite) -> Result<(), String> {
    let (key, token, other) = (key()?, token()?, token()?);
    expect("claim", suite.one().claim(&key, &token, suite.long()).await, FIRST)?;
    expect("completion", suite.one().complete(&key, &token, 201).await, Settled::Yes)?;
    expect("release of what is done", suite.other().release(&key, &token).await, Settled::Lost)?;
    let again = suite.other().complete(&key, &token, 404).await;
    expect("second completion by its token", again, Settled::Yes)?;
    let completed = suite.one().complete(&key, &other, 404).await;
    expect("completion by another token", completed, Settled::Lost)?;
    let claimed = suite.one().claim(&key, &other, suite.long()).await;
    expect("claim of what is done", claimed, Claimed::Done { status: 201 })
}

async fn statuses(suite: &Suite) -> Result<(), String> {
    for status in [100, 200, 204, 301, 404, 599, 999] {
        let (key, token) = (key()?, token()?);
        expect("claim", suite.one().claim(&key, &token, suite.long()).await, FIRST)?;
        expect("completion", suite.one().complete(&key, &token, status).await, Settled::Yes)?;
        let claimed = suite.other().claim(&key, &token, suite.long()).await;
        expect("claim of what is done", claimed, Claimed::Done { status })?;
    }
    Ok(())
}

async fn known_for_lease(suite: &Suite) -> Result<(), String> {
    let key = key()?;
    let terms = Terms::new(suite.long().lease, Duration::from_millis(1));
    expect("claim", suite.one().claim(&key, &token()?, terms).await, FIRST)?;
    suite.pass(suite.lease).await;
    let claimed = suite.other().claim(&key, &token()?, terms).await;
    expect_in_progress("claim within the lease, after the window", claimed, terms.lease)
}

async fn own_lease(suite: &Suite) -> Result<(), String> {
    let key = key()?;
    expect("claim", suite.one().claim(&key, &token()?, suite.long()).await, FIRST)?;
    let claimed = suite.other().claim(&key, &token()?, suite.short()).await;
    expect_in_progress("claim with a shorter lease", claimed, suite.long().lease)
}

async fn lease_ends(suite: &Suite) -> Result<(), String> {
    let (key, first, second) = (key()?, token()?, token()?);
    let terms = Terms::new(suite.lease, suite.long().window);
    expect("claim", suite.one().claim(&key, &first, terms).await, FIRST)?;
    suite.pass(suite.lease * 11 / 10).await;
    let claimed = suite.other().claim(&key, &second, suite.long()).await;
    expect("claim after the lease", claimed, Claimed::Acquired { attempt: 2 })?;
    let late = suite.one().complete(&key, &first, 200).await;
    expect("completion by the first, too late", late, Settled::Lost)?;
    expect(
        "completion by the second",
        suite.other().complete(&key, &second, 202).await,
        Settled::Yes,
    )
}

async fn known_after_lease(suite: &Suite) -> Result<(), String> {
    let keys = [key()?, key()?, key()?];
    let holder = token()?;
    for key in &keys {
        expect("claim", suite.one().claim(key, &holder, suite.short()).await, FIRST)?;
    }
    let [done, failed, held] = &keys;
    expect("completion", suite.one().complete(done, &holder, 200).await, Settled::Yes)?;
    expect("release", suite.one().release(failed, &holder).await, Settled::Yes)?;
    suite.pass(suite.lease * 11 / 10).await;
    let late = suite.one().complete(held, &holder, 201).await;
    expect("completion after the lease, before another claim", late, Settled::Yes)?;
    for (key, claimed) in [
        (done, Claimed::Done { status: 200 }),
        (failed, Claimed::Acquired { attempt: 2 }),
        (held, Claimed::Done { status: 201 }),
    ] {
        let again = suite.other().claim(key, &token()?, suite.short()).await;
        expect("claim within the window, after the lease", again, claimed)?;
    }
    Ok(())
}

async fn window_ends(suite: &Suite) -> Result<(), String> {
    let keys = [key()?, key()?, key()?, key()?];
    let holder = token()?;
    for key in &keys {
        expect("claim", suite.one().claim(key, &holder, suite.short()).await, FIRST)?;
    }
    let [done, failed, held, forgotten] = &keys;
    expect("completion", suite.one().complete(done, &holder, 200).await, Settled::Yes)?;
    expect("release", suite.one().release(failed, &holder).await, Settled::Yes)?;
    suite.pass(suite.window * 11 / 10).await;
    let late = suite.one().complete(held, &holder, 200).await;
    expect("completion after the window", late, Settled::Lost)?;
    let forgotten = suite.other().forget(forgotten).await;
    expect("to forget a key after its window", forgotten, false)?;
    for key in &keys {
        let claimed = suite.other().claim(key, &token()?, suite.long()).await;
        expect("claim after the window", claimed, FIRST)?;
    }
    Ok(())
}

async fn endless(suite: &Suite) -> Result<(), String> {
    let (key, token) = (key()?, token()?);
    let terms = Terms::new(Duration::MAX, Duration::MAX);
    expect("claim", suite.one().claim(&key, &token, terms).await, FIRST)?;
    let beside = suite.other().claim(&key, &self::token()?, terms).await;
    expect_in_progress("claim beside it", beside, terms.lease)?;
    expect("completion", suite.one().complete(&key, &token, 200).await, Settled::Yes)?;
    let claimed = suite.other().claim(&key, &self::token()?, terms).await;
    expect("claim of what is done", claimed, Claimed::Done { status: 200 })?;
    // It would stay for ever.
    expect("to forget it", suite.one().forget(&key).await, true)
}

async fn dropped(suite: &Suite) -> Result<(), String> {
    for polls in 0..4 {
        let (key, token, next) = (key()?, token()?, token()?);
        {
            let mut claim = pin!(suite.one().claim(&key, &token, suite.long()));
            for _ in 0..polls {
                if claim.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        expect("its token again", suite.one().claim(&key, &token, suite.long()).await, FIRST)?;
        expect("release", suite.one().release(&key, &token).await, Settled::Yes)?;
        // The call that was dropped may still be on its way, and be carried out after the release.
        let mut claimed = suite.other().claim(&key, &next, suite.long()).await;
        for _ in 0..100 {
            if !matches!(claimed, Ok(Claimed::InProgress { .. })) {
                break;
            }
            sleep(Duration::from_millis(20)).await;
            let _ = suite.one().release(&key, &token).await;
            claimed = suite.other().claim(&key, &next, suite.long()).await;
        }
        match claimed {
            Ok(Claimed::Acquired { attempt: 2.. }) => {}
            other => return Err(format!("claim after the release: got {other:?}")),
        }
    }
    Ok(())
}
