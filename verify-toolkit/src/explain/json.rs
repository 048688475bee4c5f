//! JSON by its tokens: each as it stands in the text, so that it can be written again in the ways that
//! libraries write it.

mod choices;
mod numbers;
mod order;
mod read;
mod spaces;
mod types;
mod ways;
mod write;

use serde::de::IgnoredAny;

pub(super) use self::{
    numbers::is_rounded,
    order::has_integer_keys_first,
    ways::{Way, line_ends, ways},
};

/// Deepest document that is read: as deep as serde_json reads one. Each level takes some stack.
const DEEPEST: usize = 128;
/// Most values and names that a document may have. One takes twelve bytes.
const MOST_NODES: usize = 1_000_000;

/// A document, over the text that it was read from. The nodes stand in the order of the text: behind
/// an object its names and values in turn, behind a list its items.
pub(super) struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

/// A place among the nodes.
type Place = usize;

/// An object, a list, a name, a text in its quotes, a number or a word.
struct Node {
    /// Where it begins and ends in the text.
    start: u32,
    end: u32,
    /// The node behind it, and behind all that is in it.
    next: u32,
}

impl<'t> Document<'t> {
    pub(super) fn read(text: &'t [u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        u32::try_from(text.len()).ok()?;
        // What is valid can be read without looking at the details.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        Some(Self { text, nodes: read::nodes(text)? })
    }

    /// What stands there.
    fn text_of(&self, place: Place) -> &'t str {
        let span = self.nodes.get(place).map(|node| node.start as usize..node.end as usize);
        span.and_then(|span| self.text.get(span)).unwrap_or_default()
    }

    fn is(&self, place: Place, bracket: u8) -> bool {
        self.first_byte(place) == Some(bracket)
    }

    fn first_byte(&self, place: Place) -> Option<u8> {
        self.text.as_bytes().get(self.nodes.get(place)?.start as usize).copied()
    }

    fn is_number(&self, place: Place) -> bool {
        self.first_byte(place).is_some_and(|first| first == b'-' || first.is_ascii_digit())
    }

    /// The items of a list, or the names of an object. A value stands behind its name.
    fn children(&self, place: Place) -> impl Iterator<Item = Place> {
        let end = self.behind(place);
        let is_object = self.is(place, b'{');
        let next = move |child: Place| self.behind(child + usize::from(is_object));
        let first = Some(place + 1).filter(|first| *first < end);
        core::iter::successors(first, move |child| Some(next(*child)).filter(|next| *next < end))
    }

    fn behind(&self, place: Place) -> Place {
        self.nodes.get(place).map_or(self.nodes.len(), |node| node.next as usize)
    }

    /// What stands behind names and in lists, in the order of the text.
    fn values(&self) -> impl Iterator<Item = Place> {
        let mut is_name = vec![false; self.nodes.len()];
        for name in self.objects().flat_map(|object| self.children(object)) {
            is_name[name] = true;
        }
        (0..self.nodes.len()).filter(move |place| !is_name[*place])
    }

    fn objects(&self) -> impl Iterator<Item = Place> {
        (0..self.nodes.len()).filter(|place| self.is(*place, b'{'))
    }

    /// The names of the fields, in the order in which they stand, if it is an object.
    pub(super) fn field_names(&self) -> Option<Vec<&'t str>> {
        self.is(0, b'{').then(|| self.children(0).map(|name| self.text_of(name)).collect())
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = &'t str> {
        (0..self.nodes.len())
            .filter(|place| self.is_number(*place))
            .map(|place| self.text_of(place))
    }

    /// Whether there are indents, and no line ends before them.
    pub(super) fn is_joined(&self) -> bool {
        let [first, second, ..] = self.nodes.as_slice() else { return false };
        let gap = self.text.get(first.start as usize + 1..second.start as usize);
        gap.is_some_and(|gap| {
            gap.len() > 1 && gap.bytes().all(|byte| byte == b' ' || byte == b'\t')
        }) && !self.text.contains('\n')
    }

    /// The texts, objects and lists that stand in it, with the names that lead there, and those
    /// nearest to the top first. Of a text what it says, of the others what stands there. So many at
    /// most, and so many bytes.
    pub(super) fn parts(&self, most: usize, mut room: usize) -> Vec<(String, Vec<u8>)> {
        let mut found: Vec<(String, Vec<u8>)> = Vec::new();
        let mut level = vec![(String::new(), 0)];
        while !level.is_empty() && found.len() < most {
            let mut below = Vec::new();
            for (path, place) in level {
                for child in self.children(place).take(most) {
                    let (path, value) = if self.is(place, b'{') {
                        let name = plain(self.text_of(child)).unwrap_or_default();
                        let short: String = name.chars().take(64).collect();
                        let dot = if path.is_empty() { "" } else { "." };
                        (format!("{path}{dot}{short}"), child + 1)
                    } else {
                        (format!("{path}[]"), child)
                    };
                    let Some(left) = room.checked_sub(self.text_of(value).len()) else { continue };
                    room = left;
                    if self.is(value, b'"') {
                        let text = plain(self.text_of(value)).unwrap_or_default();
                        found.push((path, text.into_bytes()));
                    } else if self.is(value, b'{') || self.is(value, b'[') {
                        found.push((path.clone(), self.text_of(value).into()));
                        below.push((path, value));
                    }
                }
            }
            level = below;
            level.truncate(most);
        }
        found.truncate(most);
        found
    }
}

/// Whether a text is a document that is not read, because it is too deep or has too much in it.
pub(super) fn is_too_large(text: &[u8]) -> bool {
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    core::str::from_utf8(text).is_ok_and(is_json) && Document::read(text).is_none()
}

/// What a text in quotes says. Half a surrogate pair cannot be said.
fn plain(scalar: &str) -> Option<String> {
    scalar.starts_with('"').then(|| serde_json::from_str(scalar).ok()).flatten()
}
