use crate::{
    Credential, Input, Setup, reference,
    wires::{Facts, Piece},
};

/// What arrives.
#[derive(Clone, Debug)]
pub struct Request {
    /// Names and values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// The receiver's clock, in Unix seconds.
    pub now: u64,
}

/// A delivery as its sender signs it. Id and time are what the fuzzer makes of them, so that a check of
/// their form stands alone between them and a receipt.
#[derive(Clone, Debug)]
pub struct Genuine<'a> {
    /// What it is signed with.
    pub key: &'a [u8],
    /// The value of the id's header.
    pub id: Vec<u8>,
    /// The value of the time's header.
    pub time: Vec<u8>,
    /// The body.
    pub body: &'a [u8],
    /// The signature.
    pub tag: [u8; 32],
}

/// Times that have been read wrongly somewhere.
const ODD_TIMES: [&str; 12] = [
    "",
    "-1",
    "+1",
    "00",
    "01795290782",
    "1795290782.0",
    "1795290782000",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "18446744075504842398",
    "1795290782,1795290782",
];

impl<'a> Genuine<'a> {
    /// Reads a delivery that is signed with one of the secrets, or with another one.
    pub fn read(input: &mut Input<'a>, setup: &Setup<'a>) -> Self {
        let choice = usize::from(input.byte() >> 4);
        let key = match setup.secrets.get(choice) {
            Some(key) => key,
            None if choice == 15 => input.bytes(),
            None => setup.secrets.first().copied().unwrap_or_default(),
        };
        let id = input.word();
        let time = match input.byte() >> 5 {
            0..=3 => input.number(4).to_string().into_bytes(),
            4 => input.number(8).to_string().into_bytes(),
            5 => input.bytes().to_vec(),
            _ => ODD_TIMES[input.below(ODD_TIMES.len())].into(),
        };
        let body = input.bytes();
        Self::sign(&setup.wire.facts, key, id, time, body)
    }

    /// Signs a delivery.
    pub fn sign(facts: &Facts, key: &'a [u8], id: Vec<u8>, time: Vec<u8>, body: &'a [u8]) -> Self {
        let tag = reference::tag(facts, key, &id, &time, body);
        Self { key, id, time, body, tag }
    }

    /// The request that the sender makes of it, as `setup` expects it.
    pub fn request(&self, input: &mut Input<'a>, setup: &Setup<'a>) -> Request {
        let facts = &setup.wire.facts;
        let mut headers = Vec::new();
        if !setup.secrets.is_empty() {
            let value = reference::write(facts, facts.spellings[0], &self.tag);
            headers.push((facts.header.to_owned(), value));
        }
        for piece in facts.layout {
            match piece {
                Piece::Id(name) => headers.push(((*name).to_owned(), self.id.clone())),
                Piece::Text(_) => {}
                Piece::Time(name) => headers.push(((*name).to_owned(), self.time.clone())),
            }
        }
        if !setup.credentials.is_empty() {
            let credential = &setup.credentials[input.below(setup.credentials.len())];
            let value = match credential {
                Credential::Bearer(token) => {
                    let scheme: &[u8] =
                        [&b"Bearer "[..], b"bearer ", b"BEARER   ", b"Basic "][input.below(4)];
                    [scheme, token].concat()
                }
                Credential::Verbatim(value) => value.clone(),
            };
            headers.push(("Authorization".to_owned(), value));
        }
        let sent = core::str::from_utf8(&self.time).ok().and_then(|time| time.parse().ok());
        let sent: u64 = sent.unwrap_or_default();
        let tolerance = setup.tolerance.unwrap_or(300);
        let now = match input.below(8) {
            0 => sent,
            1 => sent.saturating_add(tolerance),
            2 => sent.saturating_sub(tolerance),
            3 => sent.saturating_add(tolerance + 1),
            4 => sent.saturating_sub(tolerance + 1),
            5 => sent.saturating_add(input.number(1)),
            6 => sent.saturating_sub(input.number(1)),
            _ => input.number(8),
        };
        Request { headers, body: self.body.to_vec(), now }
    }
}

impl Request {
    /// Does what somebody on the way might, as often as the input says.
    pub fn tamper(&mut self, input: &mut Input<'_>, facts: &Facts, tag: &[u8; 32]) {
        for _ in 0..input.below(4) {
            self.tamper_once(input, facts, tag);
        }
    }

    fn tamper_once(&mut self, input: &mut Input<'_>, facts: &Facts, tag: &[u8; 32]) {
        let action = input.below(17);
        match action {
            0 => change(&mut self.body, input),
            1 => self.body.extend(input.bytes()),
            2 => self.body.truncate(input.place(self.body.len() + 1)),
            3 => self.now = self.now.wrapping_add(input.byte() as i8 as u64),
            4 => {
                let names = [facts.header, "authorization", "x-id", "X-Signature"];
                let name = names[input.below(4)].to_owned();
                self.headers.push((name, input.bytes().to_vec()));
            }
            _ if self.headers.is_empty() => {}
            5 => {
                let by = input.below(self.headers.len());
                self.headers.rotate_left(by);
            }
            _ => self.tamper_with_a_header(action, input, facts, tag),
        }
    }

    fn tamper_with_a_header(
        &mut self,
        action: usize,
        input: &mut Input<'_>,
        facts: &Facts,
        tag: &[u8; 32],
    ) {
        let which = input.below(self.headers.len());
        let (name, value) = &mut self.headers[which];
        match action {
            6 => change(value, input),
            7 => value.insert(input.place(value.len() + 1), input.byte()),
            8 => {
                if !value.is_empty() {
                    value.remove(input.place(value.len()));
                }
            }
            9 => value.truncate(input.place(value.len() + 1)),
            10 => *value = input.bytes().to_vec(),
            11 => *value = [value.as_slice(), input.bytes(), value].concat(),
            12 => *value = [input.bytes(), value].concat(),
            13 => *name = recase(name, input.number(4)),
            14 => {
                let again = (recase(name, input.number(1)), value.clone());
                self.headers.push(again);
            }
            15 => {
                self.headers.remove(which);
            }
            _ => {
                let spellings = crate::reference::ALL_SPELLINGS;
                let spelling = spellings[input.below(spellings.len())];
                let text = crate::reference::write(facts, spelling, tag);
                let case = input.number(8);
                let header = facts.header;
                for (_, value) in self.headers.iter_mut().filter(|(name, _)| name == header) {
                    value.clone_from(&text);
                    if case & 1 == 1 {
                        // Behind the prefix, so that hex stays what it is.
                        let digits = value.iter_mut().skip(facts.prefix.len()).enumerate();
                        for (place, digit) in digits {
                            if case >> (place % 64) & 1 == 1 {
                                digit.make_ascii_uppercase();
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Changes one byte, by one bit or to anything.
fn change(bytes: &mut [u8], input: &mut Input<'_>) {
    if bytes.is_empty() {
        return;
    }
    let place = input.place(bytes.len());
    let by = input.byte();
    bytes[place] ^= if by < 8 { 1 << by } else { by };
}

/// Turns the letters of a header's name to upper case where the mask says so.
fn recase(name: &str, mask: u64) -> String {
    let letter = |(place, letter): (usize, char)| match mask >> (place % 32) & 1 {
        0 => letter,
        _ => letter.to_ascii_uppercase(),
    };
    name.chars().enumerate().map(letter).collect()
}
