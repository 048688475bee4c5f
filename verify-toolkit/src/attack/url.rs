use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{Framing, Outcome, Report, Step, Target};
use crate::{Endpoint, endpoint::UrlError};

/// So often a receiver may leave what never comes without an answer. Then it has no deadline, and is not waited for as
/// long again: Flask's own server took 138 s,
/// of which it was silent for 135; it takes 52.
const SILENT: usize = 2;
/// By so much of the patience it is waited for then.
const BRIEFLY: u32 = 5;

impl Target {
    /// Runs every case over a socket against the receiver behind `http://host:port/path` (feature
    /// `tls`: or `https://`). The path replaces the target's path.
    ///
    /// # Errors
    ///
    /// The URL does not have this form, or nobody listens there.
    pub async fn attack_url(&self, url: &str) -> Result<Report, UrlError> {
        let endpoint = Endpoint::new(url)?;
        endpoint.check(self.patience).await.map_err(UrlError::Unreachable)?;
        let target = self.clone().with_path(endpoint.path());
        Ok(target.attack_endpoint(&endpoint, || ()).await)
    }

    /// Runs every case over a socket, and calls `before` before each. The path is that of the target.
    pub async fn attack_endpoint(&self, endpoint: &Endpoint, before: impl Fn()) -> Report {
        let silent = AtomicUsize::new(0);
        self.attack_with(async |attempt| {
            before();
            let is_whole = |step: &Step| matches!(step, Step::Data(_) | Step::Trailers(_));
            let is_incomplete =
                attempt.framing == Framing::Raw || !attempt.body.iter().all(is_whole);
            let is_known = silent.load(Relaxed) >= SILENT && is_incomplete;
            let patience = if is_known { self.patience / BRIEFLY } else { self.patience };
            let outcome = endpoint.attempt(&attempt, patience).await;
            if outcome == Outcome::Silent {
                silent.fetch_add(1, Relaxed);
            }
            outcome
        })
        .await
    }
}
