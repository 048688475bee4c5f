//! Which deliveries are kept, and which go first.

use std::collections::VecDeque;

use redb::{Database, ReadableTable as _};

use super::{FACTS, Facts, Keep, REQUESTS, StoreError, parse};

/// The deliveries in the store, oldest first, verified ones and refused ones apart.
#[derive(Debug)]
pub(crate) struct Kept {
    keep: Keep,
    next: u64,
    verified: Shelf,
    refused: Shelf,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Numbers, and bytes of facts and requests.
    deliveries: VecDeque<(u64, u64)>,
    bytes: u64,
}

impl Kept {
    /// Makes the tables where they are not there yet, as in memory, and takes stock.
    pub(crate) fn open(database: &Database, keep: Keep) -> Result<Self, StoreError> {
        let transaction = database.begin_write()?;
        let mut kept =
            Self { keep, next: 1, verified: Shelf::default(), refused: Shelf::default() };
        {
            let mut facts = transaction.open_table(FACTS)?;
            let mut requests = transaction.open_table(REQUESTS)?;
            let mut gone = Vec::new();
            for row in facts.iter()? {
                let (id, facts) = row?;
                let request = requests.get(id.value())?;
                let request = request.map_or(0, |request| request.value().len());
                let bytes = facts.value().len() + request;
                gone.extend(kept.add(&parse(facts.value())?, id.value(), bytes as u64));
            }
            // What was cleared left its last number.
            if let Some((last, _)) = requests.last()? {
                kept.next = kept.next.max(last.value().saturating_add(1));
            }
            // More was to be kept before.
            for id in gone {
                facts.remove(id)?;
                requests.remove(id)?;
            }
        }
        transaction.commit()?;
        Ok(kept)
    }

    /// Returns the number of the next delivery.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Adds a delivery, and returns the numbers of those that have to go for it. The newest stays,
    /// however large it is.
    #[must_use]
    pub(crate) fn add(&mut self, facts: &Facts, id: u64, bytes: u64) -> Vec<u64> {
        self.next = id.saturating_add(1);
        let shelf = if facts.is_verified() { &mut self.verified } else { &mut self.refused };
        shelf.deliveries.push_back((id, bytes));
        shelf.bytes = shelf.bytes.saturating_add(bytes);
        shelf.make_room(self.keep)
    }

    /// Moves a refused delivery to the verified ones, and returns the numbers of those that have to go for it; it
    /// may be among them.
    #[must_use]
    pub(crate) fn verified(&mut self, id: u64) -> Vec<u64> {
        let Ok(place) = self.refused.deliveries.binary_search_by_key(&id, |(id, _)| *id) else {
            return Vec::new();
        };
        if let Some((_, bytes)) = self.refused.deliveries.remove(place) {
            self.refused.bytes = self.refused.bytes.saturating_sub(bytes);
            let place = self.verified.deliveries.partition_point(|(other, _)| *other < id);
            self.verified.deliveries.insert(place, (id, bytes));
            self.verified.bytes = self.verified.bytes.saturating_add(bytes);
        }
        self.verified.make_room(self.keep)
    }

    /// Forgets all deliveries, and returns the last number that was given.
    pub(crate) fn clear(&mut self) -> u64 {
        (self.verified, self.refused) = Default::default();
        self.next.saturating_sub(1)
    }

    /// Counts what a delivery has become by what is known of it now, and returns the numbers of those
    /// that have to go for it; it may be among them.
    #[must_use]
    pub(crate) fn grow(&mut self, facts: &Facts, id: u64, bytes: u64) -> Vec<u64> {
        let shelf = if facts.is_verified() { &mut self.verified } else { &mut self.refused };
        if let Ok(place) = shelf.deliveries.binary_search_by_key(&id, |(id, _)| *id)
            && let Some((_, own)) = shelf.deliveries.get_mut(place)
        {
            *own = own.saturating_add(bytes);
            shelf.bytes = shelf.bytes.saturating_add(bytes);
        }
        shelf.make_room(self.keep)
    }
}

impl Shelf {
    /// Takes off the oldest ones until the rest may stay, and returns their numbers.
    #[must_use]
    fn make_room(&mut self, keep: Keep) -> Vec<u64> {
        let mut gone = Vec::new();
        while self.deliveries.len() > 1
            && (self.deliveries.len() as u64 > keep.deliveries.get() || self.bytes > keep.bytes)
        {
            if let Some((id, bytes)) = self.deliveries.pop_front() {
                self.bytes = self.bytes.saturating_sub(bytes);
                gone.push(id);
            }
        }
        gone
    }
}
