//! The verdict on any request, under any configuration, is that of the reference: a second verifier
//! with another crate's HMAC and decoders of its own. So is everything that the receipt says.
#![cfg_attr(fuzzing, no_main)]

use verify_core::{Encoding, Receipt, UnixTime};
use verify_fuzz::{
    Genuine, Input, Reached, Setup,
    reference::{self, Accepted, Verdict},
    target,
    wires::Spelling,
};

target!(check);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let setup = Setup::read(&mut input);
    let verifier = setup.verifier();
    assert_eq!(verifier.is_ok(), reference::may_be_built(&setup), "{verifier:?}: {setup:?}");
    let Ok(verifier) = verifier else { return Reached::Nothing };

    let genuine = Genuine::read(&mut input, &setup);
    let mut request = genuine.request(&mut input, &setup);
    request.tamper(&mut input, &setup.wire.facts, &genuine.tag);

    let now = UnixTime::from_secs(request.now);
    let verdict = verifier.verify(now, &request.headers, &request.body);
    let expected = reference::judge(&setup, &request);
    match (verdict, expected) {
        (Ok(verified), Verdict::Accepted(accepted)) => {
            assert_eq!(*verified.body(), request.body);
            compare(verified.receipt(), &accepted, &setup, request.now);
            Reached::Accepted
        }
        (Err(rejection), Verdict::Refused(code, header)) => {
            assert_eq!((rejection.code(), rejection.header()), (code, header), "{request:?}");
            Reached::Refused
        }
        (verdict, expected) => panic!("{verdict:?}, not {expected:?}: {setup:?}, {request:?}"),
    }
}

fn compare(receipt: &Receipt, accepted: &Accepted, setup: &Setup<'_>, now: u64) {
    assert_eq!(receipt.sender(), setup.wire.facts.name);
    assert_eq!(receipt.received_at(), UnixTime::from_secs(now));
    assert_eq!(receipt.is_body_signed(), !setup.without_signature);
    // Of several secrets that are the same key, any may be named.
    let label = receipt.secret_label().map(|label| label.parse::<usize>().expect("a number") - 1);
    assert_eq!(label.is_none(), accepted.secrets.is_empty());
    assert!(label.is_none_or(|label| accepted.secrets.contains(&label)), "{label:?}");
    let spelling = accepted.spelling.map(|spelling| match spelling {
        Spelling::Base64 => Encoding::Base64,
        Spelling::Bare => Encoding::Base64Unpadded,
        Spelling::Hex => Encoding::Hex,
    });
    assert_eq!(receipt.encoding(), spelling);
    assert_eq!(receipt.delivery_id().map(str::as_bytes), accepted.id.as_deref());
    assert_eq!(receipt.signed_at().map(UnixTime::as_secs), accepted.time);
    let skew = accepted.time.map(|time| i128::from(now) - i128::from(time));
    assert_eq!(receipt.skew().map(i128::from), skew);
    assert_eq!(receipt.replay_key(), accepted.replay_key);
}
