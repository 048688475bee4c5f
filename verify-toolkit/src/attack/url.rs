use super::{Report, Target};
use crate::{Endpoint, endpoint::UrlError};

impl Target {
    /// Runs every case over a socket against the receiver behind `http://host:port/path` (feature
    /// `tls`: or `https://`). The path takes the place of the target's.
    ///
    /// # Errors
    ///
    /// The URL is not one of this form, or nobody listens there.
    pub async fn attack_url(&self, url: &str) -> Result<Report, UrlError> {
        let endpoint = Endpoint::new(url)?;
        endpoint.check(self.patience).await.map_err(UrlError::Unreachable)?;
        let target = self.clone().with_path(endpoint.path());
        let attempt = async |attempt| endpoint.attempt(&attempt, target.patience).await;
        Ok(target.attack_with(attempt).await)
    }
}
