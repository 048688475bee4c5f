//! However a body is cut into chunks, the verdict is the one that the whole body gets, the receipt is
//! the same, and what a collector hands out is what was fed. A chunk over the limit is refused at
//! once, and every one behind it.
#![cfg_attr(fuzzing, no_main)]

use std::sync::Arc;

use verify_core::{Pending, Receipt, Rejection, UnixTime};
use verify_fuzz::{Genuine, Input, Reached, Setup, target};

target!(check);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let setup = Setup::read(&mut input);
    let Ok(verifier) = setup.verifier() else { return Reached::Nothing };
    let verifier = Arc::new(verifier);

    let genuine = Genuine::read(&mut input, &setup);
    let mut request = genuine.request(&mut input, &setup);
    request.tamper(&mut input, &setup.wire.facts, &genuine.tag);

    let now = UnixTime::from_secs(request.now);
    let whole = verifier.verify(now, &request.headers, &request.body);
    let whole = whole.map(|verified| facts_of(verified.receipt()));

    let begun = Pending::begin(Arc::clone(&verifier), now, &request.headers);
    let Ok(mut pending) = begun else {
        assert_eq!(begun.err(), whole.err());
        return Reached::Refused;
    };
    let begun = Pending::begin(Arc::clone(&verifier), now, &request.headers);
    let mut collector = begun.expect("the same head").collect();

    let limit = verifier.body_limit();
    assert_eq!(pending.room(), limit);
    let mut rest = request.body.as_slice();
    let (mut fed, mut kept) = (0, 0);
    while !rest.is_empty() || !input.is_empty() {
        // Once the input is used up, everything that is left.
        let len = if input.is_empty() { rest.len() } else { input.below(80).min(rest.len()) };
        let (chunk, behind) = rest.split_at(len);
        rest = behind;
        fed += chunk.len();
        let expected = if fed > limit { Err(Rejection::BODY_TOO_LARGE) } else { Ok(()) };
        assert_eq!(pending.feed(chunk), expected);
        assert_eq!(collector.feed(chunk.to_vec()), expected);
        if fed <= limit {
            kept = fed;
        }
        let room = limit.saturating_sub(fed);
        assert_eq!((pending.room(), collector.room()), (room, room));
    }
    assert_eq!(collector.buffer().as_slice(), &request.body[..kept]);

    assert_eq!(pending.finish().map(|receipt| facts_of(&receipt)), whole);
    match collector.finish() {
        Ok(verified) => {
            assert_eq!(Ok(facts_of(verified.receipt())), whole);
            assert_eq!(*verified.body(), request.body);
            Reached::Accepted
        }
        Err(unverified) => {
            assert_eq!(Err(unverified.rejection()), whole);
            assert_eq!(unverified.dangerous_into_unverified(), &request.body[..kept]);
            Reached::Refused
        }
    }
}

/// All that a receipt says.
fn facts_of(receipt: &Receipt) -> (String, [u8; 32]) {
    (format!("{receipt:?}"), receipt.replay_key())
}
