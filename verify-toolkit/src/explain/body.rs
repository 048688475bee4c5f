//! What happens to a body between the sender's HMAC and yours.

mod length;
mod unwrap;

use std::{borrow::Cow, collections::HashMap};

use verify_core::Sender;

pub(super) use self::length::{content_length, is_encoded, side};
use self::unwrap::{STEPS, Sink};
use super::{
    Cause,
    candidates::{Candidate, fingerprint},
    json::{self, Document, Way},
    work::Work,
};
use crate::WireRequest;

/// Most bytes of unwrapped bodies that are kept at a time, above what the body has itself.
const KEPT: usize = 32 * 1024 * 1024;
/// How often a byte could be hashed in the time in which one of a document is written.
const WRITING: usize = 4;
/// Most unwrapped bodies, and how many wrappings there may be around each other.
const BASES: usize = 40;
const LAYERS: usize = 3;
/// Most unwrapped bodies that are written again as JSON.
const DOCUMENTS: usize = 8;
/// Most unwrapped bodies of which it is guessed what got lost, and guesses for each.
const GUESSED: usize = 3;
const GUESSES: usize = 6000;
/// Most bytes of a text whose line ends are guessed.
const JOINED: usize = 4096;
/// How much longer a document may become, in bytes: a deep one grows with each indent.
const ROOM: usize = 1024 * 1024;

/// The body as it came, and what it may have been before it was put into something.
pub(super) struct Bases {
    found: Vec<Candidate<Vec<u8>>>,
    is_cut_short: bool,
    undecided: Vec<(Cause, Cause)>,
}

/// Bodies that may have been signed, the likeliest first. Only what is short is kept; the others are
/// written when their turn comes.
pub(super) struct Bodies<'b> {
    bases: &'b Bases,
    documents: Vec<(usize, Document<'b>)>,
    pub(super) found: Vec<Candidate<Body>>,
    pub(super) is_cut_short: bool,
    pub(super) undecided: Vec<(Cause, Cause)>,
}

/// How to make a body.
pub(super) struct Body {
    make: Make,
    /// It is one of many guesses, and tried with no other correction.
    pub(super) is_guess: bool,
}

enum Make {
    /// A base, with something before and behind it.
    Around(&'static [u8], usize, &'static [u8]),
    Bytes(Vec<u8>),
    /// A document, with something behind it.
    Json(usize, Box<Way>, &'static str),
}

/// What stands before and behind a body.
const AROUND: [(Cause, &[u8], &[u8]); 6] = [
    (Cause::BodyNewlineLost, b"", b"\n"),
    (Cause::BodyNewlineLost, b"", b"\r\n"),
    (Cause::BodyByteOrderMarkLost, b"\xef\xbb\xbf", b""),
    (Cause::SignedEchoOption, b"-n ", b"\n"),
    (Cause::SignedEchoOption, b"-n ", b""),
    (Cause::SignedEchoOption, b"-e ", b"\n"),
];

impl Make {
    /// How much work it is to make so many bytes.
    fn cost(&self, bytes: usize) -> usize {
        bytes.saturating_mul(if matches!(self, Self::Json(..)) { WRITING } else { 1 })
    }
}

impl Bases {
    pub(super) fn of(request: &WireRequest) -> Self {
        let mut bases = Self { found: Vec::new(), is_cut_short: false, undecided: Vec::new() };
        let mut known = HashMap::new();
        bases.add(&mut known, Vec::new(), None, request.body.clone());
        let mut next = 0;
        while let Some(base) = bases.found.get(next) {
            let (causes, detail, own) = (base.causes.clone(), base.detail.clone(), next);
            next += 1;
            if causes.len() >= LAYERS {
                continue;
            }
            for step in STEPS {
                let Some(base) = bases.found.get(own) else { continue };
                let mut found = Vec::new();
                let mut take = |cause, detail, bytes: Vec<u8>| found.push((cause, detail, bytes));
                let mut sink = Sink { take: &mut take, is_cut_short: false };
                step(&mut sink, request, &base.value);
                bases.is_cut_short |= sink.is_cut_short;
                for (cause, more, bytes) in found {
                    let mut causes = causes.clone();
                    if !causes.contains(&cause) {
                        causes.push(cause);
                    }
                    bases.add(&mut known, causes, detail.clone().or(more), bytes);
                }
            }
        }
        bases
    }

    fn add(
        &mut self,
        known: &mut HashMap<u64, usize>,
        causes: Vec<Cause>,
        detail: Option<String>,
        value: Vec<u8>,
    ) {
        let print = fingerprint(&value);
        let kept: usize = self.found.iter().skip(1).map(|base| base.value.len()).sum();
        if let Some(same) = known.get(&print).and_then(|same| self.found.get_mut(*same)) {
            same.settle(&causes, detail, &mut self.undecided);
        } else if self.found.len() >= BASES || kept.saturating_add(value.len()) > KEPT {
            // What is put into something twice is rare; that it was not tried is said of the first.
            self.is_cut_short |= causes.len() < 2;
        } else {
            known.insert(print, self.found.len());
            self.found.push(Candidate { causes, detail, value });
        }
    }
}

impl<'b> Bodies<'b> {
    pub(super) fn of(bases: &'b Bases, sender: Option<&Sender>, work: &mut Work) -> Self {
        let mut is_cut_short = bases.is_cut_short;
        let documents = bases.found.iter().enumerate();
        let documents = documents
            .filter_map(|(base, body)| {
                let document = Document::read(&body.value);
                is_cut_short |= document.is_none() && json::is_too_large(&body.value);
                Some((base, document?))
            })
            .take(DOCUMENTS)
            .collect();
        let mut bodies = Self {
            bases,
            documents,
            found: Vec::new(),
            is_cut_short,
            undecided: bases.undecided.clone(),
        };
        let mut known = HashMap::new();
        for base in 0..bases.found.len() {
            bodies.add(&mut known, base, &[], Make::Around(b"", base, b""), work);
        }
        for base in 0..bases.found.len() {
            for (cause, before, after) in AROUND {
                bodies.add(&mut known, base, &[cause], Make::Around(before, base, after), work);
            }
        }
        if let Some(body) = bases.found.first() {
            bodies.is_cut_short |= body.value.len() > unwrap::IN_FORM;
            for (cause, bytes) in unwrap::instead(&body.value) {
                bodies.add(&mut known, 0, &[cause], Make::Bytes(bytes), work);
            }
        }
        for number in 0..bodies.documents.len() {
            bodies.rewritten(&mut known, number, sender, work);
        }
        bodies.found.sort_by_key(|body| (body.value.is_guess, body.causes.len()));
        bodies
    }

    fn rewritten(
        &mut self,
        known: &mut HashMap<u64, usize>,
        number: usize,
        sender: Option<&Sender>,
        work: &mut Work,
    ) {
        let Some((base, document)) = self.documents.get(number) else { return };
        let base = *base;
        let (ways, guesses) = json::ways(document, sender);
        let joined = json::line_ends(document, JOINED);
        for way in ways {
            for tail in ["", "\n", "\r\n"] {
                // Whoever ends lines so ends the last one so.
                if tail != "\r\n" || way.has_lines() {
                    let way = Box::new(way.clone());
                    self.add(known, base, &[], Make::Json(number, way, tail), work);
                }
            }
        }
        if number < GUESSED {
            for way in guesses.into_iter().take(GUESSES) {
                self.add(known, base, &[], Make::Json(number, Box::new(way), ""), work);
            }
            for text in joined {
                let lost = [Cause::BodyLineEndsLost];
                self.add(known, base, &lost, Make::Bytes(text.into_bytes()), work);
            }
        }
    }

    /// Adds a body that is made of a base, if it is new.
    fn add(
        &mut self,
        known: &mut HashMap<u64, usize>,
        base: usize,
        causes: &[Cause],
        make: Make,
        work: &mut Work,
    ) {
        let length = self.base(base).len();
        if !work.prepare(make.cost(length)) {
            return;
        }
        let Some((named, bytes)) = self.written(&make) else {
            self.is_cut_short = true;
            return;
        };
        let lost = named.contains(&Cause::BodyJsonIndented)
            && self.base(base).iter().eq(bytes.iter().filter(|byte| !b"\r\n".contains(byte)));
        let lost = lost.then_some(vec![Cause::BodyLineEndsLost]);
        let print = fingerprint(&bytes);
        if !work.prepare(make.cost(bytes.len().saturating_sub(length))) {
            return;
        }
        drop(bytes);
        let Some(base) = self.bases.found.get(base) else { return };
        let causes = [&base.causes[..], &lost.unwrap_or(named), causes].concat();
        let detail = base.detail.clone();
        if let Some(same) = known.get(&print).and_then(|same| self.found.get_mut(*same)) {
            same.settle(&causes, detail, &mut self.undecided);
        } else {
            let is_guess = match &make {
                Make::Around(..) => false,
                Make::Bytes(_) => causes.contains(&Cause::BodyLineEndsLost),
                Make::Json(_, way, _) => way.is_guess,
            };
            known.insert(print, self.found.len());
            self.found.push(Candidate { causes, detail, value: Body { make, is_guess } });
        }
    }

    fn base(&self, base: usize) -> &[u8] {
        self.bases.found.get(base).map_or(&[], |base| &base.value)
    }

    /// Makes a body, if the limit of work allows for it.
    pub(super) fn bytes<'s>(&'s self, body: &'s Body, work: &mut Work) -> Option<Cow<'s, [u8]>> {
        let (_, bytes) = self.written(&body.make)?;
        work.spend(body.make.cost(bytes.len())).then_some(bytes)
    }

    fn written<'s>(&'s self, make: &'s Make) -> Option<(Vec<Cause>, Cow<'s, [u8]>)> {
        Some(match make {
            Make::Around(b"", base, b"") => (Vec::new(), self.base(*base).into()),
            Make::Around(before, base, after) => {
                (Vec::new(), [before, self.base(*base), after].concat().into())
            }
            Make::Bytes(bytes) => (Vec::new(), bytes.into()),
            Make::Json(number, way, tail) => {
                let (base, document) = self.documents.get(*number)?;
                let room = self.base(*base).len().saturating_mul(4).saturating_add(ROOM);
                let (mut causes, text) = way.write(document, room)?;
                if causes.is_empty() {
                    // What stands there, but for the white space around it.
                    return Some((causes, self.base(*base).into()));
                }
                if !tail.is_empty() {
                    causes.push(Cause::BodyNewlineLost);
                }
                (causes, (text + tail).into_bytes().into())
            }
        })
    }

    /// Those that need a correction, or those that need none.
    pub(super) fn pick(&self, corrected: bool) -> impl Iterator<Item = &Candidate<Body>> {
        self.found.iter().filter(move |body| body.causes.is_empty() != corrected)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bases, Bodies, WireRequest, Work};

    /// The work of preparing a body, and whether something was left out.
    fn prepared(body: String, limit: u64) -> (u64, bool) {
        let (method, path, headers) = ("POST".into(), "/".into(), Vec::new());
        let request = WireRequest { method, path, headers, body: body.into_bytes() };
        let bases = Bases::of(&request);
        let mut work = Work::up_to(limit);
        let bodies = Bodies::of(&bases, None, &mut work);
        (work.bytes, work.is_cut_short || bodies.is_cut_short)
    }

    #[test]
    fn a_document_that_is_not_read_is_said_to_be_untried() {
        let is_cut_short = |body| prepared(body, u64::MAX).1;
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        // Indented, 100 levels would be more than is written.
        assert!(!is_cut_short(nested(10)));
        assert!(is_cut_short(nested(129)));
        assert!(!is_cut_short("[".repeat(129)));
    }

    /// The other half of the work is for trying what was written.
    #[test]
    fn what_is_written_takes_half_of_the_work_at_most() {
        let (work, is_cut_short) = prepared(format!("[{}0]", "[],".repeat(300)), 100_000);
        assert!(is_cut_short && (40_000..=50_000).contains(&work), "{work}");
    }
}
