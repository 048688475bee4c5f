//! What does a receiver do wrong that refuses every delivery?
//!
//! No recording is needed. This module sends one test delivery many times. Each time it signs the delivery as a
//! receiver with one usual mistake expects it: the body parsed and written again, the secret trimmed or decoded, the
//! body alone signed, base64 in place of hex, and the other mistakes that [`explain`](crate::explain) and the [attack
//! matrix](crate::attack) know. Last come deliveries for two mistakes at once. The delivery that the receiver accepts
//! tells its mistake.
//!
//! You need the secret: nobody else can sign such deliveries. All of them have the same content. So a receiver that
//! accepts some of them handles the same test delivery several times, and nothing else.
//!
//! ```
//! use verify_toolkit::{Sender, attack::{Answer, Outcome, Target}, diagnose::{self, Conclusion}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A receiver that looks at nothing.
//! let target = Target::new(Sender::MLFLOW, "shared");
//! let answer = Outcome::Answered(Answer::new(204, Vec::new(), Vec::new()));
//! let diagnosis = diagnose::diagnose(&target, async |_| answer.clone()).await;
//! assert_eq!(diagnosis.conclusion, Conclusion::Open);
//! println!("{diagnosis}");
//! # }
//! ```

mod diagnosis;
mod probes;

pub use self::diagnosis::{Conclusion, Diagnosis, Finding};
use self::probes::Probe;
use crate::attack::{Attempt, Outcome, Target};

/// So often a receiver may leave a request without an answer before it is left alone.
const SILENT: usize = 3;
/// Of what a receiver accepts, so much says what is wrong with it.
const FOUND: usize = 4;

/// Finds out what the receiver does wrong. `send` makes a request, as for
/// [`Target::attack_with`](Target::attack_with).
pub async fn diagnose(target: &Target, send: impl AsyncFn(Attempt) -> Outcome) -> Diagnosis {
    let mut course = Course { send, sent: 0, silent: 0 };
    let target = &target.at_this_moment();
    // Without a signature, with another secret, and as it should be.
    let unsigned = course.send(probes::unsigned(target)).await;
    if accepts(&unsigned) {
        return course.end(Conclusion::Open, Vec::new(), unsigned);
    }
    let forged = course.send(probes::forged(target)).await;
    if accepts(&forged) {
        return course.end(Conclusion::Unchecked, Vec::new(), forged);
    }
    let genuine = course.send(target.genuine()).await;
    // The sample again, as no library writes it: whoever parses it and writes it again has other bytes then.
    let telling = target.clone().with_body(probes::telling(target.body()));
    if accepts(&genuine) {
        if accepts(&course.send(telling.genuine()).await) {
            return course.end(Conclusion::Sound, Vec::new(), genuine);
        }
        let [of_body, ..] = probes::groups(&telling);
        let found = course.try_all(&of_body).await;
        let conclusion =
            if found.is_empty() { Conclusion::SoundOnSample } else { Conclusion::Mistaken };
        return course.end(conclusion, found, genuine);
    }
    if let Some(conclusion) = Conclusion::of_trouble(&genuine, &forged) {
        return course.end(conclusion, Vec::new(), genuine);
    }
    // The sample as it is comes last, for a handler that takes nothing else.
    for target in [&telling, target] {
        for group in probes::groups(target) {
            let found = course.try_all(&group).await;
            if !found.is_empty() {
                return course.end(Conclusion::Mistaken, found, genuine);
            }
        }
    }
    course.end(Conclusion::Unexplained, Vec::new(), genuine)
}

/// Returns the most deliveries that are sent.
#[must_use]
pub fn most(target: &Target) -> usize {
    let target = &target.at_this_moment();
    let telling = target.clone().with_body(probes::telling(target.body()));
    let groups = [&telling, target].into_iter().flat_map(probes::groups);
    // And those at the beginning.
    groups.map(|group| group.len()).sum::<usize>().saturating_add(4)
}

/// What was sent so far.
struct Course<S> {
    send: S,
    sent: usize,
    silent: usize,
}

impl<S: AsyncFn(Attempt) -> Outcome> Course<S> {
    async fn send(&mut self, attempt: Attempt) -> Outcome {
        if self.silent >= SILENT {
            return Outcome::Skipped;
        }
        self.sent += 1;
        let outcome = (self.send)(attempt).await;
        if outcome == Outcome::Silent {
            self.silent += 1;
        }
        outcome
    }

    /// Sends a group, and returns what the receiver accepts of it.
    async fn try_all(&mut self, probes: &[Probe]) -> Vec<Finding> {
        let mut found: Vec<Finding> = Vec::new();
        for probe in probes {
            if accepts(&self.send(probe.attempt.clone()).await) {
                let finding = probe.finding();
                if !found.contains(&finding) {
                    found.push(finding);
                }
                if found.len() >= FOUND {
                    break;
                }
            }
        }
        found
    }

    fn end(&self, conclusion: Conclusion, findings: Vec<Finding>, answer: Outcome) -> Diagnosis {
        Diagnosis { conclusion, findings, answer, sent: self.sent }
    }
}

fn accepts(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered(answer) if (200..=299).contains(&answer.status))
}
