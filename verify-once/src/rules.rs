//! The rules, without a store, a clock or a socket.

use core::time::Duration;

use verify_core::Receipt;

/// How the run of a handler ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// It answered with this status.
    Answered(u16),
    /// It ended without an answer: an error, a panic, or a sender that hung up.
    Broken,
    /// Its deadline passed.
    Overdue,
}

/// What is written down about a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Settlement {
    /// The delivery was handled, and answered with this status.
    Complete(u16),
    /// The delivery is to come again.
    Release,
}

impl Ending {
    /// Returns what the store records after it.
    ///
    /// | ending | settlement | why |
    /// |---|---|---|
    /// | 5xx, 408, 425, 429 | release | "later": senders that try again do so on these |
    /// | any other status | complete | final for the sender, who does not come again |
    /// | no answer | release | nobody knows how far the handler got |
    #[must_use]
    pub const fn settlement(self) -> Settlement {
        match self {
            Self::Answered(408 | 425 | 429 | 500..) | Self::Broken | Self::Overdue => {
                Settlement::Release
            }
            Self::Answered(status) => Settlement::Complete(status),
        }
    }
}

/// Returns the status with which a repetition of a handled delivery is answered. The answer has no body,
/// so a success is the one that has none.
pub(crate) const fn repeated(status: u16) -> u16 {
    match status {
        200..300 => 204,
        other => other,
    }
}

/// Returns for how many seconds a sender is asked to wait while another run holds the claim: until the
/// lease is over, and then not exactly. A signed time must still be good then, so at most half of what is
/// left of the tolerance.
pub(crate) fn wait_for_lease(left: Duration, receipt: &Receipt) -> u64 {
    let by_lease = left.as_secs().saturating_add(1);
    let tolerable = receipt.tolerance().zip(receipt.skew()).map(|(tolerance, age)| {
        tolerance.as_secs().saturating_add_signed(age.saturating_neg()) / 2
    });
    tolerable.map_or(by_lease, |most| by_lease.min(most.max(1)))
}

#[cfg(test)]
mod tests {
    use super::{Ending, Settlement, repeated};

    #[test]
    fn a_claim_is_given_back_where_the_sender_comes_again() {
        for status in 100..1000 {
            let is_later = status >= 500 || [408, 425, 429].contains(&status);
            let expected =
                if is_later { Settlement::Release } else { Settlement::Complete(status) };
            assert_eq!(Ending::Answered(status).settlement(), expected, "{status}");
        }
        assert_eq!(Ending::Broken.settlement(), Settlement::Release);
        assert_eq!(Ending::Overdue.settlement(), Settlement::Release);
    }

    #[test]
    fn a_repetition_has_the_status_without_a_body() {
        let answers = [200, 204, 299, 300, 302, 400, 404, 410].map(repeated);
        assert_eq!(answers, [204, 204, 204, 300, 302, 400, 404, 410]);
    }
}
