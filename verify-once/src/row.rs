//! What a store that does not compute by itself knows of a key, and what becomes of it.

use crate::{Claimed, Settled, Terms, Token};

/// On the clock of the store.
pub(crate) type Millis = i64;

/// How far a clock may be set back without a repetition being taken for another delivery, and how far it may be ahead
/// for a while without a row being deleted.
pub(crate) const CLOCK_STEP: Millis = 60 * 60 * 1000;

/// How much later than now a claim may have been made and still hold: by how much a clock is stepped to be right, or
/// the clocks of two servers differ after a failover. A claim of a later time was made before the clock was set back.
/// It does not hold, because its lease would seem to end that much later. The scripts of Redis and PostgreSQL have the
/// same 5 s.
const STEP: Millis = 5_000;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    pub(crate) token: Token,
    pub(crate) attempt: u32,
    pub(crate) state: State,
    pub(crate) claimed_at: Millis,
    pub(crate) known_until: Millis,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Done(u16),
    Failed,
    Held { until: Millis },
}

impl Row {
    /// Whether the key is still known. What was claimed much later than now was claimed while the clock was
    /// wrong.
    pub(crate) const fn is_known(&self, now: Millis) -> bool {
        self.known_until > now && self.claimed_at <= now.saturating_add(CLOCK_STEP)
    }

    /// Claims a key. Returns the row to be written, if any.
    pub(crate) fn claim(
        known: Option<&Self>,
        token: Token,
        terms: Terms,
        now: Millis,
    ) -> (Claimed, Option<Self>) {
        let known = known.filter(|row| row.is_known(now));
        let lease = millis(terms.lease);
        match known {
            Some(Self { state: State::Done(status), .. }) => {
                return (Claimed::Done { status: *status }, None);
            }
            Some(Self { state: State::Held { .. }, attempt, token: holder, .. })
                if *holder == token =>
            {
                return (Claimed::Acquired { attempt: *attempt }, None);
            }
            // Whatever the lease of who asks now: the holder's was named with its claim.
            Some(Self { state: State::Held { until }, claimed_at, .. }) => {
                let left = until.saturating_sub(now);
                if left > 0 && *claimed_at <= now.saturating_add(STEP) {
                    let left = core::time::Duration::from_millis(left.unsigned_abs());
                    return (Claimed::InProgress { left }, None);
                }
            }
            Some(Self { state: State::Failed, .. }) | None => {}
        }
        let attempt = known.map_or(0, |row| row.attempt).saturating_add(1);
        let row = Self {
            token,
            attempt,
            state: State::Held { until: now.saturating_add(lease) },
            claimed_at: now,
            known_until: now.saturating_add(millis(terms.known_for())),
        };
        (Claimed::Acquired { attempt }, Some(row))
    }

    /// Settles a claim: with a status it is done. Returns the row to be written, if any.
    pub(crate) fn settle(
        known: Option<&Self>,
        token: Token,
        status: Option<u16>,
        now: Millis,
    ) -> (Settled, Option<Self>) {
        let Some(row) = known.filter(|row| row.is_known(now) && row.token == token) else {
            return (Settled::Lost, None);
        };
        match (row.state, status) {
            (State::Held { .. }, status) => {
                let state = status.map_or(State::Failed, State::Done);
                (Settled::Yes, Some(Self { state, ..*row }))
            }
            (State::Done(_), Some(_)) => (Settled::Yes, None),
            (State::Done(_) | State::Failed, _) => (Settled::Lost, None),
        }
    }
}

pub(crate) fn millis(time: core::time::Duration) -> Millis {
    // Longer than any lifetime is for ever: 142,000 years. Sums of such times and of the time now are exact in Lua, and
    // times of PostgreSQL.
    const MOST: Millis = 1 << 52;
    Millis::try_from(time.as_millis()).unwrap_or(MOST).min(MOST)
}
