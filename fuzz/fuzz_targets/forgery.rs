//! A forged head is never accepted: whatever is made of a genuine delivery, if it is accepted then it
//! is the same delivery, signed with one of the receiver's secrets, fresh, and with a credential.
//!
//! Says what must not happen, and leaves to `verdict` what must.
#![cfg_attr(fuzzing, no_main)]

use verify_core::UnixTime;
use verify_fuzz::{
    Credential, Genuine, Input, Reached, Request, Setup,
    reference::{key_block, write},
    target,
    wires::Piece,
};

target!(check);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let mut setup = Setup::read(&mut input);
    setup.without_signature = false;
    let Ok(verifier) = setup.verifier() else { return Reached::Nothing };

    let genuine = Genuine::read(&mut input, &setup);
    let mut request = genuine.request(&mut input, &setup);
    request.tamper(&mut input, &setup.wire.facts, &genuine.tag);

    let now = UnixTime::from_secs(request.now);
    let Ok(verified) = verifier.verify(now, &request.headers, &request.body) else {
        return Reached::Refused;
    };

    // Who signed it knew one of the secrets.
    let block = key_block(genuine.key);
    assert!(setup.secrets.iter().any(|secret| key_block(secret) == block), "{request:?}");

    // It is what was signed, and nothing else.
    assert_eq!(request.body, genuine.body);
    assert_eq!(*verified.body(), genuine.body);
    let facts = &setup.wire.facts;
    let signature = only(&request, facts.header);
    let written = |spelling: &_| {
        let genuine = write(facts, *spelling, &genuine.tag);
        let hex = genuine.len() == facts.prefix.len() + 64;
        let mut items = signature.split(|byte| facts.is_standard && *byte == b' ');
        items.any(|item| genuine == item || hex && is_same_hex(&genuine, item, facts.prefix.len()))
    };
    assert!(facts.spellings.iter().any(written), "{}", signature.escape_ascii());
    for piece in facts.layout {
        match piece {
            Piece::Id(name) => assert_eq!(only(&request, name), genuine.id),
            Piece::Text(_) => {}
            Piece::Time(name) => {
                assert_eq!(only(&request, name), genuine.time);
                let text = core::str::from_utf8(&genuine.time).expect("digits");
                let time: u64 = text.parse().expect("digits");
                assert!(time.abs_diff(request.now) <= setup.tolerance.unwrap_or(300));
            }
        }
    }
    assert!(request.body.len() <= setup.body_limit.unwrap_or(facts.largest));

    // And it came with one of the credentials, if there are any.
    if !setup.credentials.is_empty() {
        let value = only(&request, "authorization");
        let held = |credential: &Credential| match credential {
            Credential::Bearer(token) => value.ends_with(token) && value.len() > token.len() + 6,
            Credential::Verbatim(whole) => value == whole,
        };
        assert!(setup.credentials.iter().any(held), "{}", value.escape_ascii());
    }
    Reached::Accepted
}

/// The value of a header that must be there exactly once.
fn only<'r>(request: &'r Request, name: &str) -> &'r [u8] {
    let mut values = request.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let (_, value) = values.next().expect("the header");
    assert!(values.next().is_none(), "{name} occurs twice: {request:?}");
    value
}

fn is_same_hex(genuine: &[u8], signature: &[u8], prefix: usize) -> bool {
    genuine.len() == signature.len()
        && genuine[..prefix] == signature[..prefix]
        && genuine[prefix..].eq_ignore_ascii_case(&signature[prefix..])
}
