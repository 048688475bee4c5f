//! The keys of a process, each in one place of 80 bytes, and found by 5 bytes more.

use core::{hash::BuildHasher as _, time::Duration};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::{
    Key, Token,
    row::{Millis, Row, State},
};

/// Where a key is kept. Stays the same for as long as the key is known.
pub(super) type Place = u32;
const NOWHERE: Place = Place::MAX;

/// Keys with what is known of them, on a shelf for each window in the order in which they end.
#[derive(Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    /// The first of the slots that nobody uses.
    free: Chain,
    places: HashTable<Place>,
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
        let is_it = |place: &Place| self.slots[*place as usize].key == *key;
        self.places.find(hash(&self.hasher, key), is_it).copied()
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
        let Self { slots, places, hasher, .. } = self;
        let hash_of = |place: &Place| hash(hasher, &slots[*place as usize].key);
        places.insert_unique(hash(hasher, &key), place, hash_of);
        true
    }

    /// Writes what became of a claim, which changes nothing of its window.
    pub(super) fn write(&mut self, place: Place, row: Row) {
        self.slots[place as usize].state = Packed::of(row.state);
    }

    pub(super) fn remove(&mut self, place: Place) {
        let Slot { key, shelf, .. } = self.slots[place as usize];
        if let Ok(found) = self.places.find_entry(hash(&self.hasher, &key), |known| *known == place)
        {
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

/// Folded first: a key is a digest, so that any of its bits are as good as all of them.
fn hash(hasher: &DefaultHashBuilder, key: &Key) -> u64 {
    let (words, _) = key.as_bytes().as_chunks::<8>();
    let folded = words
        .iter()
        .fold(0, |folded: u64, word| folded.rotate_left(21) ^ u64::from_ne_bytes(*word));
    hasher.hash_one(folded)
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
    use super::{Packed, Slot, State};

    #[test]
    fn a_state_is_packed_and_unpacked() {
        let held = [0, 1, i64::MAX].map(|until| State::Held { until });
        let done = [0, 200, u16::MAX].map(State::Done);
        for state in held.into_iter().chain(done).chain([State::Failed]) {
            assert_eq!(Packed::of(state).state(), state);
        }
        assert_eq!(size_of::<Slot>(), 80);
    }
}
