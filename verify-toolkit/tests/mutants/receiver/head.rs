//! The head: what has to be there, and how often.

use std::panic::resume_unwind;

use http::HeaderMap;

use super::{MALFORMED, MISSING, REPEATED, Receiver, Refusal};
use crate::flaw::Flaw;

pub(super) struct Head {
    /// One, unless the sender may send a list of them.
    pub(super) given: Vec<Vec<u8>>,
    pub(super) delivery_id: Vec<u8>,
    pub(super) time: Vec<u8>,
    pub(super) is_excused: bool,
}

pub(super) fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect()
}

impl Receiver {
    /// One value, unless several are no trouble.
    pub(super) fn one<'h>(
        &self,
        values: &[&'h [u8]],
        first: Flaw,
        last: Flaw,
    ) -> Result<&'h [u8], Refusal> {
        match values {
            [] => Err(MISSING),
            [one] => Ok(one),
            [one, ..] if self.has(first) => Ok(one),
            [.., one] if self.has(last) => Ok(one),
            _ => Err(REPEATED),
        }
    }

    pub(super) fn head(&self, headers: &HeaderMap, query: &str) -> Result<Head, Refusal> {
        let credential = self.credential(headers, query);
        let mut head = Head { given: vec![], delivery_id: vec![], time: vec![], is_excused: false };
        let signed = self.signature(headers, query).map(|given| head.given = given);
        if self.has(Flaw::TokenOrSignature) && self.bearer.is_some() {
            match (credential.is_ok(), signed.is_ok()) {
                (true, _) => head.is_excused = true,
                (false, true) => {}
                (false, false) => return signed.map(|()| head),
            }
        } else {
            credential?;
            match signed {
                Err(MISSING) if self.has(Flaw::MissingHeaderAccepted) => head.is_excused = true,
                Err(MALFORMED)
                    if self.has(Flaw::EmptySignatureAccepted)
                        && values(headers, self.sender.signature_header()) == [b""] =>
                {
                    head.is_excused = true;
                }
                signed => signed?,
            }
        }
        if let Some(name) = self.sender.delivery_id_header() {
            let ids = values(headers, name);
            let id = match self.one(&ids, Flaw::FirstIdWins, Flaw::LastIdWins) {
                Err(MISSING) if self.has(Flaw::MissingIdAccepted) => b"",
                id => id?,
            };
            let is_text = core::str::from_utf8(id).is_ok();
            if self.has(Flaw::PanicOnId) && !is_text {
                resume_unwind(Box::new("not text"));
            }
            let may_be_empty = self.has(Flaw::MissingIdAccepted);
            let may_separate = self.has(Flaw::SeparatorInId);
            if !is_text || (id.is_empty() && !may_be_empty) || (id.contains(&b'.') && !may_separate)
            {
                return Err(MALFORMED);
            }
            head.delivery_id = id.to_vec();
            if self.has(Flaw::IdLowerCase) {
                head.delivery_id.make_ascii_lowercase();
            }
        }
        if let Some(name) = self.sender.timestamp_header() {
            let times = values(headers, name);
            if self.has(Flaw::MissingTimeAccepted) && times.is_empty() {
                // And signed without one, which only a sender could: so it is excused.
                head.is_excused = true;
                return Ok(head);
            }
            let time = self.one(&times, Flaw::TimesMixedUp, Flaw::TimesMixedUp)?;
            self.fresh(time)?;
            let signed = if self.has(Flaw::TimesMixedUp) { times.last().copied() } else { None };
            head.time = signed.unwrap_or(time).to_vec();
        }
        Ok(head)
    }
}
