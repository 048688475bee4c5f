use super::{Attempt, Outcome, Report, Target, cases};

impl Target {
    /// Runs every case over a channel of your own: `send` makes the request, and returns the
    /// outcome. It should give up after the target's [patience](Self::with_patience), and return
    /// [`Outcome::Skipped`] for a request that the channel cannot carry.
    pub async fn attack_with<F>(&self, send: impl Fn(Attempt) -> F) -> Report
    where
        F: Future<Output = Outcome>,
    {
        // The plainest forgery twice: every refusal has to be like this one, but for what already
        // differs between these two, such as the number that a server gives to each request.
        let mut refusals = Vec::new();
        for _ in 0..2 {
            let Some(forgery) = cases::plainest_forgery(self) else { continue };
            if let Outcome::Answered(answer) = send(forgery).await {
                refusals.push(answer);
            }
        }
        let mut outcomes = Vec::new();
        for case in self.lazy_cases() {
            let outcome = send(case.attempt.clone()).await;
            outcomes.push((case, outcome));
        }
        Report::new(self, refusals, outcomes)
    }
}
