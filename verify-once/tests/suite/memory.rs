use core::time::Duration;

use verify_once::{Claimed, Claims, Key, Memory, StoreError, Terms, Token};

fn key(number: u32) -> Key {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Key::new(bytes)
}

const FIRST: Result<Claimed, StoreError> = Ok(Claimed::Acquired { attempt: 1 });

#[tokio::test(start_paused = true)]
async fn full_it_refuses_and_forgets_nothing() {
    let store = Memory::with_most(100);
    let token = Token::new([1; 16]);
    let claim = |number, window| {
        let (store, token) = (&store, &token);
        let terms = Terms::new(Duration::from_secs(30), Duration::from_secs(window));
        async move { store.claim(&key(number), token, terms).await }
    };
    for number in 0..100 {
        assert_eq!(claim(number, 600).await, FIRST);
        assert_eq!(store.complete(&key(number), &token, 204).await, Ok(verify_once::Settled::Yes));
    }
    for number in 100..300 {
        assert_eq!(claim(number, 600).await, Err(StoreError::Full));
    }
    // All that it knew it still knows, and another window has room.
    for number in 0..100 {
        assert_eq!(claim(number, 600).await, Ok(Claimed::Done { status: 204 }));
    }
    assert_eq!(claim(300, 60).await, FIRST);

    tokio::time::advance(Duration::from_secs(599)).await;
    assert_eq!(claim(301, 600).await, Err(StoreError::Full));
    assert_eq!(claim(0, 600).await, Ok(Claimed::Done { status: 204 }));
    tokio::time::advance(Duration::from_secs(1)).await;
    for number in 301..401 {
        assert_eq!(claim(number, 600).await, FIRST, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_comes_again_and_again_takes_one_place() {
    let store = Memory::with_most(2);
    let terms = Terms::new(Duration::from_secs(30), Duration::from_secs(600));
    for attempt in 1..50 {
        let token = Token::new([u8::try_from(attempt).unwrap(); 16]);
        let claimed = store.claim(&key(1), &token, terms).await;
        assert_eq!(claimed, Ok(Claimed::Acquired { attempt }));
        store.release(&key(1), &token).await.unwrap();
        tokio::time::advance(Duration::from_secs(100)).await;
    }
    for _ in 0..50 {
        assert_eq!(store.claim(&key(2), &Token::new([1; 16]), terms).await, FIRST);
        assert_eq!(store.forget(&key(2)).await, Ok(true));
    }
}

/// A key that is claimed again under another window ends with that one, and holds up nobody.
#[tokio::test(start_paused = true)]
async fn a_key_may_change_its_window() {
    let store = Memory::with_most(2);
    let terms = |window| Terms::new(Duration::from_secs(30), Duration::from_secs(window));
    let token = |number| Token::new([number; 16]);
    assert_eq!(store.claim(&key(1), &token(1), terms(60)).await, FIRST);
    store.release(&key(1), &token(1)).await.unwrap();
    let again = store.claim(&key(1), &token(2), terms(6000)).await;
    assert_eq!(again, Ok(Claimed::Acquired { attempt: 2 }));
    for _ in 0..20 {
        assert_eq!(store.claim(&key(2), &token(1), terms(60)).await, FIRST);
        assert_eq!(store.claim(&key(3), &token(1), terms(60)).await, FIRST);
        assert_eq!(store.claim(&key(4), &token(1), terms(60)).await, Err(StoreError::Full));
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    store.complete(&key(1), &token(2), 204).await.unwrap();
    assert_eq!(
        store.claim(&key(1), &token(3), terms(6000)).await,
        Ok(Claimed::Done { status: 204 })
    );
}

/// A million keys: what `Memory` says of itself, and what other tests take meanwhile.
#[tokio::test]
async fn a_million_keys_fit_into_200_mib() {
    fn resident() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
    let Some(before) = resident() else { return };
    let store = Memory::of_this_process();
    let (token, terms) =
        (Token::new([1; 16]), Terms::new(Duration::from_secs(30), Duration::from_secs(600)));
    for number in 0..1_000_000 {
        assert_eq!(store.claim(&key(number), &token, terms).await, FIRST);
    }
    assert_eq!(store.claim(&key(1_000_000), &token, terms).await, Err(StoreError::Full));
    let taken = resident().unwrap_or(before).saturating_sub(before) / 1024;
    eprintln!("| memory of a million keys | Memory | {taken} MiB |");
    assert!(taken <= 200, "{taken} MiB");
}
