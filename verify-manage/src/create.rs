//! A create whose answer was lost: it is looked for, and not made again.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Error, Stage, Webhook, webhook::Expected};

/// When a create was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost(u64);

impl Lost {
    pub(crate) fn now() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(now.as_millis().try_into().unwrap_or(u64::MAX))
    }

    /// Whether a webhook may have been made since, by a clock that is not this machine's.
    fn is_before(&self, webhook: &Webhook) -> bool {
        /// As far as two clocks are apart that somebody looks after.
        const APART: u64 = 60_000;
        webhook.created_at.is_none_or(|made| made.saturating_add(APART) >= self.0)
    }
}

/// Looks for what was to be made. What failed for another reason than a lost answer is that error.
pub(crate) async fn reconcile(
    error: Error,
    lost: Lost,
    expected: &Expected,
    host: String,
    list: impl Future<Output = Result<Vec<Webhook>, Error>>,
) -> Result<Webhook, Error> {
    let is_lost = matches!(
        &error,
        Error::Unanswered { stage: Stage::Waiting | Stage::Reading, .. }
    ) || matches!(&error, Error::Refused { refusal, .. } if matches!(refusal.status, 502 | 504));
    if !is_lost {
        return Err(error);
    }
    // Who cannot list learns that the answer was lost, which is the news.
    let Ok(webhooks) = list.await else { return Err(error) };
    let is_it =
        |webhook: &Webhook| expected.differences(webhook).is_empty() && lost.is_before(webhook);
    let mut found: Vec<_> = webhooks.into_iter().filter(is_it).collect();
    match found.pop() {
        Some(webhook) if found.is_empty() => Ok(webhook),
        last => {
            let candidates = found.into_iter().chain(last).map(|webhook| webhook.id).collect();
            Err(Error::CreateLost { host, candidates })
        }
    }
}
