use super::{Attempt, Outcome, Report, Target};

impl Target {
    /// Runs every case over a channel of your own: `send` makes the request, and says what came
    /// back. It should give up after the [patience](Self::with_patience) that the target has, and
    /// return [`Outcome::Skipped`] for what the channel cannot carry.
    pub async fn attack_with<F>(&self, send: impl Fn(Attempt) -> F) -> Report
    where
        F: Future<Output = Outcome>,
    {
        let mut outcomes = Vec::new();
        for case in self.cases() {
            let outcome = send(case.attempt.clone()).await;
            outcomes.push((case, outcome));
        }
        Report::new(self, outcomes)
    }
}
