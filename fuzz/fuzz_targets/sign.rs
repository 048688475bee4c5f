//! What the signer signs, the verifier accepts, and gives back id, time and body. The headers are
//! those that the reference writes, and an id is refused by both or by neither.
#![cfg_attr(fuzzing, no_main)]

use verify_core::{Secret, Signer, UnixTime, Verifier};
use verify_fuzz::{
    Genuine, Input, Reached,
    reference::{is_id, write},
    target,
    wires::{Piece, WIRES},
};

target!(check);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let wire = &WIRES[input.below(WIRES.len())];
    let facts = &wire.facts;
    let key = input.bytes();
    let secret = || Secret::new(wire.secret(key));
    let Ok(Ok(signer)) = secret().map(|secret| Signer::new(wire.sender, secret)) else {
        return Reached::Nothing;
    };
    let time = input.number(8);
    let late = input.number(2) % 301;
    let id = input.word();
    let Ok(id) = core::str::from_utf8(&id) else { return Reached::Nothing };
    let body = input.rest();

    let signed = signer.sign(UnixTime::from_secs(time), id, body);

    let secret = secret().expect("a secret that was taken before");
    let verifier = Verifier::builder(wire.sender).secret(secret).body_limit(body.len());
    let verifier = verifier.build().expect("one secret");
    let now = UnixTime::from_secs(time.saturating_add(late));

    let text = time.to_string().into_bytes();
    let genuine = Genuine::sign(facts, key, id.into(), text, body);
    let signature = write(facts, facts.spellings[0], &genuine.tag);
    let has_id = facts.layout.iter().any(|piece| matches!(piece, Piece::Id(_)));
    let mut expected = vec![(facts.header, signature)];
    for piece in facts.layout {
        match piece {
            Piece::Id(name) => expected.push((*name, genuine.id.clone())),
            Piece::Text(_) => {}
            Piece::Time(name) => expected.push((*name, genuine.time.clone())),
        }
    }

    let Ok(signed) = signed else {
        assert!(has_id && !is_id(facts, id.as_bytes()), "{id:?}");
        // What the signer would not sign, the verifier would not have taken.
        let refused = verifier.verify(now, &expected, body).expect_err("a malformed id");
        assert_eq!(refused.code(), "malformed_delivery_id");
        return Reached::Refused;
    };
    assert!(!has_id || is_id(facts, id.as_bytes()), "{id:?}");
    let headers: Vec<(&str, &str)> = signed.iter().collect();
    let written = headers.iter().map(|(name, value)| (*name, value.as_bytes().to_vec()));
    let mut written: Vec<_> = written.collect();
    written.sort_unstable();
    expected.sort_unstable();
    assert_eq!(written, expected);

    let verified = verifier.verify(now, &headers, body).expect("a genuine delivery");
    assert_eq!(*verified.body(), body);
    let receipt = verified.receipt();
    assert_eq!(receipt.delivery_id(), has_id.then_some(id));
    if let Some(signed_at) = receipt.signed_at() {
        assert_eq!(signed_at.as_secs(), time);
    }
    Reached::Accepted
}
