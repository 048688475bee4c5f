mod body;
mod credential;
mod delivery_id;
mod framing;
mod secret;
mod signature;
mod size;
mod spelling;
mod time;

use bytes::Bytes;

use super::{Attempt, Target};

/// One attempt, and what a sound receiver does about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// What it is called, the same in every release: `signature/missing`.
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
/// Besides, it never redirects, and shows neither its secret nor a signature nor what was sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// 2xx: the delivery is genuine.
    Accepted,
    /// Anything but a 4xx for the way it is signed or sent: the delivery is genuine, but a handler
    /// may not understand its body (422, 503).
    Authentic,
    /// 401 or 403, the same bytes as for every other such case.
    Refused,
    /// 413.
    TooLarge,
    /// 503, or another status on which senders try again: the trouble may be ours.
    TryAgain,
    /// Not accepted. The server in front of the receiver may see to it, so any 4xx, 501, 503, or a
    /// closed connection will do.
    Unaccepted,
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

/// Those in which all refusals must be the same start with the plainest of them.
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
    size::ROWS,
];

pub(super) fn all(target: &Target) -> Vec<Case> {
    let case = |row: &Row| {
        let Row { name, tries, expected, attempt } = *row;
        let attempt = attempt(target)?;
        // Else it would be refused for its size, of a receiver with a small limit.
        let fits = attempt.data().map(Bytes::len).sum::<usize>() <= target.body_limit;
        let may_be_large = matches!(expected, Expected::TooLarge | Expected::Unaccepted);
        (fits || may_be_large).then_some(Case { name, tries, expected, attempt })
    };
    GROUPS.iter().copied().flatten().filter_map(case).collect()
}
