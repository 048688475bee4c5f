//! Every way in which a document may have been written before.

use std::rc::Rc;

use super::{
    super::{Cause, candidates::fingerprint},
    Document, numbers, order,
    spaces::{SPACES, Space},
    types,
    write::{Letters, Order, Style, Written},
};
use crate::samples;
use verify_core::Sender;

/// Styles of white space that are tried with what is guessed one at a time, and with large documents.
const USUAL: usize = 5;
/// From here on a document is large, in bytes: only what is usual is tried.
const LARGE: usize = 256 * 1024;
/// Most numbers of a document whose numbers are written again.
const NUMBERS: usize = 4096;
/// Most orders of the fields.
const ORDERS: usize = 6;

const LETTERS: [Letters; 9] = [
    Letters::AsTheyStand,
    Letters::SlashUnescaped,
    Letters::SlashEscaped,
    Letters::Escaped,
    Letters::Unescaped,
    Letters::HtmlEscaped,
    Letters::PhpEscaped,
    Letters::Gson,
    Letters::DotNet,
];

/// One way to write a document.
#[derive(Clone, Debug)]
pub(in super::super) struct Way {
    style: Style,
    /// Why values are written in another way, if they are.
    revalued: Option<Cause>,
    ordered: Cause,
    /// Whether the white space is that which stands there.
    is_space_kept: bool,
    /// It is one of many guesses, and tried with no other correction.
    pub(in super::super) is_guess: bool,
}

impl Way {
    /// Writes a document so, if that takes no more bytes than there is room for, and names what is
    /// different.
    pub(in super::super) fn write(
        &self,
        document: &Document<'_>,
        room: usize,
    ) -> Option<(Vec<Cause>, String)> {
        let written = self.style.write(document, room)?;
        let spaced = (!self.is_space_kept).then_some(self.style.space.cause);
        let ordered = written.is_reordered.then_some(self.ordered);
        let causes = [spaced, ordered, self.revalued, self.lettered(&written)];
        Some((causes.into_iter().flatten().collect(), written.text))
    }

    /// The name says who escapes: whoever signed, or something on the way.
    fn lettered(&self, written: &Written) -> Option<Cause> {
        let is_html = matches!(self.style.letters, Letters::HtmlEscaped);
        written.is_lettered.then_some(match (written.escapes, written.slashes) {
            (_, 1..) => Cause::BodyJsonSlashEscaped,
            (1.., _) if is_html => Cause::BodyJsonHtmlEscaped,
            (1.., _) => Cause::BodyJsonEscaped,
            (..=-1, _) => Cause::BodyJsonUnescaped,
            (0, ..=-1) => Cause::BodyJsonSlashUnescaped,
            (0, 0) => Cause::BodyJsonEscapedOtherwise,
        })
    }

    pub(in super::super) fn has_lines(&self) -> bool {
        self.style.space.lines.is_some()
    }
}

/// Every way to write a document, the nearest first; and guesses.
pub(in super::super) fn ways(
    document: &Document<'_>,
    sender: Option<&Sender>,
) -> (Vec<Way>, Vec<Way>) {
    let style = |space, letters, order| Style { space, letters, order, values: Rc::default() };
    let as_it_stands = |space| style(space, Letters::AsTheyStand, Order::AsTheyStand);
    let kept = SPACES.iter().find(|space| as_it_stands(space).is_of(document));
    let way = |style: Style, ordered| Way {
        is_space_kept: kept == Some(style.space),
        // What is rare is not tried together with anything else.
        is_guess: kept != Some(style.space)
            && !SPACES.iter().take(USUAL).any(|usual| usual == style.space),
        style,
        revalued: None,
        ordered,
    };

    let compact = |letters| style(&SPACES[0], letters, Order::AsTheyStand);
    let mut letters: Vec<(Letters, u64)> = Vec::new();
    let room = document.text.len().saturating_mul(6);
    let may_differ = |letters: &Letters| {
        *letters == Letters::AsTheyStand
            || document.text.bytes().any(|byte| letters.may_change(byte))
    };
    for other in LETTERS.into_iter().filter(may_differ) {
        let Some(written) = compact(other).write(document, room) else {
            continue;
        };
        let print = fingerprint(written.text.as_bytes());
        if letters.iter().all(|(_, known)| *known != print) {
            letters.push((other, print));
        }
    }
    let is_large = document.text.len() > LARGE;
    let numbers = (0..document.nodes.len()).filter(|place| document.is_number(*place)).count();
    let numbers = if numbers > NUMBERS { Vec::new() } else { numbers::in_one_way(document) };

    let is_sorted = document.field_names().is_some_and(|names| names.is_sorted());
    let lost = if is_sorted { Cause::BodySorted } else { Cause::BodyJsonReordered };
    let mut orders = vec![(Order::AsTheyStand, lost)];
    let sorted = order::sorted(document).map(Order::Given);
    orders.extend(sorted.map(|sorted| (sorted, Cause::BodyJsonSorted)));
    let own = sender.into_iter().flat_map(|sender| samples::of(sender.name()));
    for sample in own.filter_map(|sample| Document::read(sample.body.as_bytes())) {
        if let Some(given) = order::as_in(document, &sample) {
            orders.push((Order::Given(given), lost));
        }
    }
    orders.truncate(ORDERS);

    let mut ways = Vec::new();
    for space in &SPACES[..if is_large { USUAL } else { SPACES.len() }] {
        for (letters, _) in &letters {
            for (order, cause) in &orders {
                ways.push(way(style(space, *letters, order.clone()), *cause));
            }
        }
        let numbered = numbers.iter().map(|numbers| Way {
            revalued: Some(Cause::BodyJsonNumbers),
            ..way(Style { values: Rc::clone(numbers), ..as_it_stands(space) }, lost)
        });
        ways.extend(numbered);
    }
    let usual: Vec<_> = kept
        .into_iter()
        .chain(SPACES.iter().take(USUAL).filter(|space| kept != Some(space)))
        .collect();
    let guesses = if is_large {
        Vec::new()
    } else {
        guesses(document, &usual, &|space| way(as_it_stands(space), lost))
    };
    (ways, guesses)
}

/// What can only be guessed, one at a time and with white space alone.
fn guesses(
    document: &Document<'_>,
    spaces: &[&'static Space],
    way: &dyn Fn(&'static Space) -> Way,
) -> Vec<Way> {
    let mut found = Vec::new();
    let values = [
        (Cause::BodyJsonNumbers, numbers::in_many_ways(document)),
        (Cause::BodyJsonRounded, numbers::unrounded(document)),
        (Cause::BodyJsonRetyped, types::other(document)),
    ];
    let orders = order::lost(document)
        .into_iter()
        .map(|(has_integers, order)| (has_integers.then_some(Cause::BodyJsonIntegerKeys), order));
    let nulls = order::without_nulls(document).into_iter();
    let nulls = nulls.map(|order| (Some(Cause::BodyJsonNullsAdded), order));
    let orders: Vec<_> = nulls.chain(orders).collect();
    for space in spaces {
        for (cause, values) in &values {
            for values in values {
                let mut guess = way(space);
                (guess.style.values, guess.revalued) = (Rc::clone(values), Some(*cause));
                found.push(guess);
            }
        }
        for (cause, order) in &orders {
            let mut guess = way(space);
            guess.style.order = Order::Given(Rc::clone(order));
            guess.ordered = cause.unwrap_or(guess.ordered);
            found.push(guess);
        }
    }
    let guess = |way| Way { is_guess: true, ..way };
    found.into_iter().map(guess).collect()
}

/// Where the line ends of a document may have stood whose lines were joined, each with a line end more
/// than the one before has.
pub(in super::super) fn line_ends(document: &Document<'_>, most: usize) -> Vec<String> {
    if document.text.len() > most || document.text.contains('\n') {
        return Vec::new();
    }
    const ENDS: [&str; 2] = ["\n", "\r\n"];
    // Between tokens: before a closing bracket, behind an opening one and behind a comma.
    let text = document.text;
    let mut gaps: Vec<core::ops::Range<usize>> = Vec::new();
    let (mut at, mut is_in_text) = (0, false);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if is_in_text => at += 1,
            b'"' => is_in_text = !is_in_text,
            _ if is_in_text => {}
            b'{' | b'[' | b',' => gaps.push(space_from(bytes, at + 1)),
            b'}' | b']' => gaps.push(space_before(bytes, at)),
            _ => {}
        }
        at += 1;
    }
    gaps.push(space_before(bytes, bytes.len()));
    gaps.dedup();
    // Of each gap: no line end, or one in each of its places.
    let mut texts = vec![String::new()];
    let mut found = Vec::new();
    for end in ENDS {
        let mut from = 0;
        texts.truncate(1);
        texts[0].clear();
        for gap in &gaps {
            let mut longer = Vec::new();
            for start in &texts {
                let before = text.get(from..gap.start).unwrap_or_default();
                let inside = text.get(gap.clone()).unwrap_or_default();
                longer.push(format!("{start}{before}{inside}"));
                for split in 0..=inside.len() {
                    let (left, right) = inside.split_at(split);
                    longer.push(format!("{start}{before}{left}{end}{right}"));
                }
            }
            from = gap.end;
            texts = longer;
            if texts.len() > most {
                return Vec::new();
            }
        }
        found.append(&mut texts);
        texts.push(String::new());
    }
    found
}

fn space_from(bytes: &[u8], start: usize) -> core::ops::Range<usize> {
    let rest = bytes.get(start..).unwrap_or_default();
    start..start + rest.iter().take_while(|byte| **byte == b' ' || **byte == b'\t').count()
}

fn space_before(bytes: &[u8], end: usize) -> core::ops::Range<usize> {
    let rest = bytes.get(..end).unwrap_or_default();
    end - rest.iter().rev().take_while(|byte| **byte == b' ' || **byte == b'\t').count()..end
}
