//! A delivery has one replay key: however its signature is spelled, its headers are named and ordered,
//! whatever else the receiver is configured with, and whenever it arrives. Another delivery has
//! another key.
#![cfg_attr(fuzzing, no_main)]

use verify_core::{Secret, UnixTime, Verifier};
use verify_fuzz::{
    Genuine, Input, Reached, Request, Setup,
    reference::{is_id, key_block, write},
    target,
    wires::{Facts, Piece, Spelling, WIRES},
};

target!(check);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let wire = &WIRES[input.below(WIRES.len())];
    let secrets: Vec<&[u8]> = (0..1 + input.below(3)).map(|_| input.bytes()).collect();
    let setup = Setup {
        wire,
        secrets,
        credentials: Vec::new(),
        tolerance: None,
        body_limit: None,
        without_signature: false,
    };
    let Ok(verifier) = setup.verifier() else { return Reached::Nothing };

    let [one, two] = [(); 2].map(|()| Delivery::read(&mut input, &setup));
    let key = |delivery: &Delivery<'_>, input: &mut Input<'_>| {
        let request = delivery.request(input, &wire.facts);
        let now = UnixTime::from_secs(request.now);
        let verdict = verifier.verify(now, &request.headers, &request.body);
        verdict.map(|verified| verified.receipt().replay_key())
    };
    let signed_by = |delivery: &Delivery<'_>| {
        let block = key_block(delivery.genuine.key);
        setup.secrets.iter().any(|secret| key_block(secret) == block)
    };
    let acceptable = |delivery: &Delivery<'_>| {
        let limit = wire.facts.largest;
        delivery.has_form(&wire.facts)
            && signed_by(delivery)
            && delivery.genuine.body.len() <= limit
    };

    let first = key(&one, &mut input);
    let again = key(&one, &mut input);
    let other = key(&two, &mut input);
    assert_eq!(first, again, "{one:?}");
    assert_eq!(first.is_ok(), acceptable(&one), "{one:?}");
    assert_eq!(other.is_ok(), acceptable(&two), "{two:?}");

    // A receiver that is configured apart, with the one secret, makes the same key; where the first
    // secret makes the key, if it is that one.
    let is_first = key_block(setup.secrets[0]) == key_block(one.genuine.key);
    if let (Ok(first), true) = (first, is_first || !wire.facts.is_standard) {
        let secret =
            Secret::new(wire.secret(one.genuine.key)).expect("a secret that was taken before");
        let apart = Verifier::builder(wire.sender).secret(secret).build().expect("one secret");
        let request = one.request(&mut input, &wire.facts);
        let now = UnixTime::from_secs(request.now);
        let verified = apart.verify(now, &request.headers, &request.body);
        assert_eq!(verified.map(|verified| verified.receipt().replay_key()), Ok(first));
    }

    match (first, other) {
        (Ok(first), Ok(other)) => {
            assert_eq!(first == other, one.is_same(&two, &wire.facts), "{one:?}, {two:?}");
            Reached::Accepted
        }
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => Reached::Accepted,
        (Err(_), Err(_)) => Reached::Refused,
    }
}

#[derive(Debug)]
struct Delivery<'a> {
    genuine: Genuine<'a>,
    time: u64,
}

impl<'a> Delivery<'a> {
    fn read(input: &mut Input<'a>, setup: &Setup<'a>) -> Self {
        let key = match input.below(setup.secrets.len() + 1) {
            0 => input.bytes(),
            place => setup.secrets[place - 1],
        };
        let time = input.number(4);
        let (id, text) = (input.word(), time.to_string().into_bytes());
        let genuine = Genuine::sign(&setup.wire.facts, key, id, text, input.bytes());
        Self { genuine, time }
    }

    fn has_form(&self, facts: &Facts) -> bool {
        let has_id = facts.layout.iter().any(|piece| matches!(piece, Piece::Id(_)));
        !has_id || is_id(facts, &self.genuine.id)
    }

    fn is_same(&self, other: &Self, facts: &Facts) -> bool {
        let (left, right) = (&self.genuine, &other.genuine);
        if facts.is_standard {
            return left.id == right.id;
        }
        let same = |piece: &Piece| match piece {
            Piece::Id(_) => left.id == right.id,
            Piece::Text(_) => true,
            Piece::Time(_) => left.time == right.time,
        };
        key_block(left.key) == key_block(right.key)
            && left.body == right.body
            && facts.layout.iter().all(same)
    }

    /// One of the many requests that this delivery may arrive as.
    fn request(&self, input: &mut Input<'_>, facts: &Facts) -> Request {
        let spelling = facts.spellings[input.below(facts.spellings.len())];
        let mut signature = write(facts, spelling, &self.genuine.tag);
        if spelling == Spelling::Hex {
            let case = input.number(8);
            for (place, digit) in signature[facts.prefix.len()..].iter_mut().enumerate() {
                if case >> place & 1 == 1 {
                    digit.make_ascii_uppercase();
                }
            }
        }
        let mut headers = vec![(facts.header, signature)];
        for piece in facts.layout {
            match piece {
                Piece::Id(name) => headers.push((name, self.genuine.id.clone())),
                Piece::Text(_) => {}
                Piece::Time(name) => headers.push((name, self.genuine.time.clone())),
            }
        }
        headers.push(("x-other", input.bytes().to_vec()));
        let by = input.below(headers.len());
        headers.rotate_left(by);
        let upper = input.byte() & 1 == 1;
        let named = |name: &str| if upper { name.to_ascii_uppercase() } else { name.to_owned() };
        Request {
            headers: headers.into_iter().map(|(name, value)| (named(name), value)).collect(),
            body: self.genuine.body.to_vec(),
            now: (self.time + 300).saturating_sub(input.number(2) % 601),
        }
    }
}
