use serde::Deserialize;
use toml::Spanned;
use verify_outbox::Endpoint;

use crate::{Lines, Mistake, Source};

/// A table that names where the URL of a destination's webhook is. Such a URL is a secret: anybody who
/// has it can post.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookUrl {
    url_env: Option<Spanned<String>>,
    url_file: Option<Spanned<String>>,
}

impl WebhookUrl {
    /// Reads the URL; `name` is the name of the table.
    ///
    /// # Errors
    ///
    /// None is named, it cannot be read, or the outbox does not post to such a URL.
    pub fn read(&self, name: &Spanned<String>, lines: &Lines) -> Result<Endpoint, Mistake> {
        Source { env: &self.url_env, file: &self.url_file }.endpoint(name, lines)
    }
}

impl Source<'_> {
    /// Reads the URL of a webhook; `name` is the name of its table.
    ///
    /// # Errors
    ///
    /// As [`WebhookUrl::read`].
    pub fn endpoint(self, name: &Spanned<String>, lines: &Lines) -> Result<Endpoint, Mistake> {
        let url = self.read(lines)?.ok_or_else(|| {
            lines.at(name, "set `url_env` or `url_file`: where the URL of the webhook is")
        })?;
        Endpoint::new(url.value.trim())
            .map_err(|error| lines.at(url.place, format!("the URL in it is {error}")))
    }
}
