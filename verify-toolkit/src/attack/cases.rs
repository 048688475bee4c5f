mod body;
mod credential;
mod delivery_id;
mod framing;
mod route;
mod secret;
mod signature;
mod size;
mod spelling;
mod time;

#[cfg(feature = "explain")]
pub(crate) use body::respaced;
use bytes::Bytes;

use super::{Attempt, Target};

/// One attempt, and what a sound receiver does about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its name, the same in every release: `signature/missing`.
    pub name: &'static str,
    /// What it tries.
    pub tries: &'static str,
    /// What a sound receiver answers.
    pub expected: Expected,
    /// The request.
    pub attempt: Attempt,
}

/// What a sound receiver answers.
///
/// It also redirects nothing that came to its path, and shows neither its secret nor a signature nor what was sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// 2xx: the delivery is genuine.
    Accepted,
    /// Anything but a refusal (401, 403), a limit (413), a redirect or a crash (500): the delivery is
    /// genuine, but a handler may not understand its body (400, 415, 422, 503).
    Authentic,
    /// An end of the connection, with an answer or without.
    Ended,
    /// 401 or 403, the same bytes as for every other such case.
    Refused,
    /// 413.
    TooLarge,
    /// 503, or another status on which senders try again: the receiver itself may have failed.
    TryAgain,
    /// Not accepted. The server in front of the receiver may refuse it, so any 4xx, 501, 503, or a
    /// closed connection is right.
    Unaccepted,
    /// The same, for a request that need not reach the receiver: routers redirect paths that are not
    /// clean.
    Unreached,
}

impl Target {
    /// Makes every case that applies to this receiver, starting with one that it accepts.
    ///
    /// They are signed now. [`attack_with`](Self::attack_with) instead makes each case when its turn
    /// comes, so that the signed times are fresh.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        self.lazy_cases().collect()
    }

    pub(super) fn lazy_cases(&self) -> impl Iterator<Item = Case> {
        let is_wanted = |name: &str| match &self.only {
            Some(only) => only.iter().any(|start| name.starts_with(start)),
            None => true,
        };
        all(self, is_wanted)
    }
}

/// A row of the matrix: makes a case, unless it does not apply to the target.
struct Row {
    name: &'static str,
    tries: &'static str,
    expected: Expected,
    attempt: fn(&Target) -> Option<Attempt>,
}

const fn row(
    name: &'static str,
    tries: &'static str,
    expected: Expected,
    attempt: fn(&Target) -> Option<Attempt>,
) -> Row {
    Row { name, tries, expected, attempt }
}

const GENUINE: Row =
    row("genuine", "a delivery as the sender sends it", Expected::Accepted, |t| Some(t.genuine()));

/// In the order in which they run.
const GROUPS: &[&[Row]] = &[
    &[GENUINE],
    secret::ROWS,
    signature::ROWS,
    spelling::ROWS,
    credential::ROWS,
    time::ROWS,
    delivery_id::ROWS,
    body::ROWS,
    framing::ROWS,
    route::ROWS,
    size::ROWS,
];

/// Makes the cases whose names are wanted, each when it is asked for.
pub(super) fn all(target: &Target, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = Case> {
    let is_first = |row: &Row| row.name == GENUINE.name;
    let rows = GROUPS.iter().copied().flatten();
    let rows = rows.filter(move |row| is_first(row) || is_wanted(row.name));
    rows.filter_map(move |row| case(row, &target.at_this_moment()))
}

/// A forgery that every receiver must refuse: another secret.
pub(super) fn plainest_forgery(target: &Target) -> Option<Attempt> {
    (secret::ROWS.first()?.attempt)(&target.at_this_moment())
}

fn case(row: &Row, target: &Target) -> Option<Case> {
    let Row { name, tries, expected, attempt } = *row;
    let attempt = attempt(target)?;
    // With an odd secret, body or token, what is done to it may do nothing.
    let is_genuine = || attempt.says_the_same(&target.genuine());
    // Else it would be refused for its size, of a receiver with a small limit.
    let is_large = || attempt.data().map(Bytes::len).sum::<usize>() > target.body_limit;
    let applies = match expected {
        Expected::Refused => !is_genuine() && !is_large(),
        Expected::Accepted if name != GENUINE.name => !is_large(),
        Expected::Authentic => !is_large(),
        _ => true,
    };
    applies.then_some(Case { name, tries, expected, attempt })
}
