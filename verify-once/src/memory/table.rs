//! The keys of a process, each in one place of 80 bytes, and found by 9 bytes more.

use core::{hash::BuildHasher as _, time::Duration};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::{
    Key, Token,
    row::{Millis, Row, State},
};

/// Where a key is kept. Stays the same for as long as the key is known.
pub(super) type Place = u32;
const NOWHERE: Place = Place::MAX;

/// Into how many parts the places are divided. A part that is full is copied to a larger place while all deliveries wait:
/// DESIGN.md has the times.
const PARTS: usize = 32;

/// Keys with what is known of them, on a shelf for each window in the order in which they end.
#[derive(Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    /// The first of the slots that nobody uses.
    free: Chain,
    places: [HashTable<Entry>; PARTS],
    hasher: DefaultHashBuilder,
    shelves: Vec<(Duration, Chain)>,
}

/// A key. What the clock of a process cannot do, such as going back, takes no room.
struct Slot {
    key: Key,
    token: Token,
    known_until: Millis,
    state: Packed,
    attempt: u32,
    before: Place,
    after: Place,
    shelf: u16,
}

/// Where a key is. With its hash, so that a part is copied without a look at its keys, which are all over the memory.
#[derive(Clone, Copy)]
struct Entry {
    hash: Hash,
    place: Place,
}

/// The hash of a key, which nobody outside can foresee.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Hash(u32);

/// Slots in an order, by the ends of it.
#[derive(Clone, Copy)]
struct Chain {
    first: Place,
    last: Place,
    length: usize,
}

/// A [`State`]: the end of a lease, or a number below zero.
#[derive(Clone, Copy)]
struct Packed(Millis);

impl Packed {
    const FAILED: Millis = -1;
    const DONE: Millis = -2;

    const fn of(state: State) -> Self {
        Self(match state {
            State::Held { until } => until,
            State::Failed => Self::FAILED,
            State::Done(status) => Self::DONE - status as Millis,
        })
    }

    fn state(self) -> State {
        match self.0 {
            until @ 0.. => State::Held { until },
            Self::FAILED => State::Failed,
            done => State::Done(u16::try_from(Self::DONE - done).unwrap_or(u16::MAX)),
        }
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self { first: NOWHERE, last: NOWHERE, length: 0 }
    }
}

impl Table {
    pub(super) fn find(&self, key: &Key) -> Option<Place> {
        let hash = Hash::of(key, &self.hasher);
        let is_it =
            |entry: &Entry| entry.hash == hash && self.slots[entry.place as usize].key == *key;
        self.places[hash.part()].find(hash.spread(), is_it).map(|entry| entry.place)
    }

    pub(super) fn row(&self, place: Place) -> Row {
        let Slot { token, attempt, known_until, state, .. } = self.slots[place as usize];
        Row { token, attempt, state: state.state(), claimed_at: 0, known_until }
    }

    /// How many keys there are with a window.
    pub(super) fn length(&self, window: Duration) -> usize {
        self.shelf(window).map_or(0, |shelf| self.shelves[usize::from(shelf)].1.length)
    }

    /// Adds a key that is not there. `false`: no place can be named.
    pub(super) fn insert(&mut self, key: Key, window: Duration, row: Row) -> bool {
        let Some(shelf) = self.shelf_or_new(window) else { return false };
        let Row { token, attempt, state, known_until, .. } = row;
        let (before, after) = (NOWHERE, NOWHERE);
        let state = Packed::of(state);
        let slot = Slot { key, token, known_until, state, attempt, before, after, shelf };
        let place = self.free.first;
        let place = match Place::try_from(self.slots.len()) {
            _ if place != NOWHERE => {
                self.free.take(&mut self.slots, place);
                self.slots[place as usize] = slot;
                place
            }
            Ok(place) if place != NOWHERE => {
                self.slots.push(slot);
                place
            }
            _ => return false,
        };
        self.shelves[usize::from(shelf)].1.append(&mut self.slots, place);
        let hash = Hash::of(&key, &self.hasher);
        let entry = Entry { hash, place };
        self.places[hash.part()].insert_unique(hash.spread(), entry, |entry| entry.hash.spread());
        true
    }

    /// Writes what became of a claim, which changes nothing of its window.
    pub(super) fn write(&mut self, place: Place, row: Row) {
        self.slots[place as usize].state = Packed::of(row.state);
    }

    pub(super) fn remove(&mut self, place: Place) {
        let Slot { key, shelf, .. } = self.slots[place as usize];
        let hash = Hash::of(&key, &self.hasher);
        let is_it = |entry: &Entry| entry.place == place;
        if let Ok(found) = self.places[hash.part()].find_entry(hash.spread(), is_it) {
            found.remove();
        }
        self.shelves[usize::from(shelf)].1.take(&mut self.slots, place);
        self.free.append(&mut self.slots, place);
    }

    /// Returns the key of a window that ends first.
    pub(super) fn first(&self, window: Duration) -> Option<Place> {
        let first = self.shelves[usize::from(self.shelf(window)?)].1.first;
        (first != NOWHERE).then_some(first)
    }

    fn shelf(&self, window: Duration) -> Option<u16> {
        let found = self.shelves.iter().position(|(of, _)| *of == window);
        found.and_then(|found| u16::try_from(found).ok())
    }

    fn shelf_or_new(&mut self, window: Duration) -> Option<u16> {
        self.shelf(window).or_else(|| {
            let shelf = u16::try_from(self.shelves.len()).ok()?;
            self.shelves.push((window, Chain::default()));
            Some(shelf)
        })
    }
}

impl Hash {
    /// Folded first: a key is a digest, so that any of its bits are as good as all of them.
    fn of(key: &Key, hasher: &DefaultHashBuilder) -> Self {
        let (words, _) = key.as_bytes().as_chunks::<8>();
        let folded = words
            .iter()
            .fold(0, |folded: u64, word| folded.rotate_left(21) ^ u64::from_ne_bytes(*word));
        Self((hasher.hash_one(folded) >> 32) as u32)
    }

    /// The part that has the key: its highest bits, of which the lowest of [`spread`](Self::spread) know nothing.
    const fn part(self) -> usize {
        (self.0 >> (u32::BITS - PARTS.ilog2())) as usize
    }

    /// What the table takes: its lowest bits are a bucket, and its highest are compared first.
    fn spread(self) -> u64 {
        // Any odd number with many bits: 2^64 by the golden ratio.
        u64::from(self.0).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl Chain {
    fn append(&mut self, slots: &mut [Slot], place: Place) {
        let slot = &mut slots[place as usize];
        (slot.before, slot.after) = (self.last, NOWHERE);
        match slots.get_mut(self.last as usize) {
            Some(last) => last.after = place,
            None => self.first = place,
        }
        self.last = place;
        self.length += 1;
    }

    fn take(&mut self, slots: &mut [Slot], place: Place) {
        let Slot { before, after, .. } = slots[place as usize];
        match slots.get_mut(before as usize) {
            Some(slot) => slot.after = after,
            None => self.first = after,
        }
        match slots.get_mut(after as usize) {
            Some(slot) => slot.before = before,
            None => self.last = before,
        }
        self.length -= 1;
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Entry, Key, PARTS, Packed, Row, Slot, State, Table, Token};

    #[test]
    fn a_state_is_packed_and_unpacked() {
        let held = [0, 1, i64::MAX].map(|until| State::Held { until });
        let done = [0, 200, u16::MAX].map(State::Done);
        for state in held.into_iter().chain(done).chain([State::Failed]) {
            assert_eq!(Packed::of(state).state(), state);
        }
        assert_eq!((size_of::<Slot>(), size_of::<Entry>()), (80, 8));
    }

    /// Otherwise one part would have to grow for all.
    #[test]
    fn keys_go_to_all_parts_alike() {
        const EACH: usize = 256;
        let state = State::Held { until: 1 };
        let row =
            Row { token: Token::new([0; 16]), attempt: 1, state, claimed_at: 0, known_until: 1 };
        let mut table = Table::default();
        for number in 0..PARTS * EACH {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            assert!(table.insert(Key::new(bytes), Duration::from_secs(1), row));
        }
        // Six times the deviation that chance has.
        for part in &table.places {
            assert!(part.len().abs_diff(EACH) < 6 * 16, "{}", part.len());
        }
    }
}
