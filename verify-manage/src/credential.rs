//! Who asks.

use core::{fmt, time::Duration};

use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    Confidential, Error, ServerUrl,
    answer::{object, refusal, text_of},
    wire::{Answer, Ask, Failure, Wire},
};

/// How one proves who one is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A name and a password, with each request.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: Confidential,
    },
    /// A token, with each request.
    Bearer(Confidential),
    /// A client of OAuth, which is given a token for an hour.
    ClientCredentials {
        /// The id of the client: in Databricks, of a service principal.
        id: String,
        /// Its secret.
        secret: Confidential,
    },
    /// No credentials, for an MLflow server without users.
    Nobody,
}

impl Credential {
    /// The name that `User-Agent` has for it, as Databricks' SDK writes it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Basic { .. } => "basic",
            Self::Bearer(_) => "pat",
            Self::ClientCredentials { .. } => "oauth-m2m",
            Self::Nobody => "none",
        }
    }
}

/// A credential, and the token that it was exchanged for.
pub(crate) struct Identity {
    credential: Credential,
    granted: Mutex<Option<(Confidential, Instant)>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credential.fmt(f)
    }
}

impl Identity {
    pub(crate) const fn new(credential: Credential) -> Self {
        Self { credential, granted: Mutex::const_new(None) }
    }

    /// The header for it, and what of it must not be shown.
    pub(crate) async fn header(
        &self,
        server: &ServerUrl,
        wire: &Wire,
    ) -> Result<Option<(HeaderValue, Vec<Confidential>)>, Error> {
        let (value, hidden) = match &self.credential {
            Credential::Nobody => return Ok(None),
            Credential::Bearer(token) => {
                (format!("Bearer {}", token.dangerous_expose()), vec![token.clone()])
            }
            Credential::Basic { username, password } => {
                let pair = format!("{username}:{}", password.dangerous_expose());
                let encoded = Base64::encode_string(pair.as_bytes());
                let value = format!("Basic {encoded}");
                (value, vec![password.clone(), Confidential::new(encoded)])
            }
            Credential::ClientCredentials { id, secret } => {
                let token = self.granted(id, secret, server, wire).await?;
                let value = format!("Bearer {}", token.dangerous_expose());
                (value, vec![token, secret.clone()])
            }
        };
        // Whoever made the credential has looked at its characters.
        let Ok(mut value) = HeaderValue::from_str(&value) else { return Ok(None) };
        value.set_sensitive(true);
        Ok(Some((value, hidden)))
    }

    /// Drops a token that is no longer accepted. Whether there was one.
    pub(crate) async fn forget(&self) -> bool {
        self.granted.lock().await.take().is_some()
    }

    async fn granted(
        &self,
        id: &str,
        secret: &Confidential,
        server: &ServerUrl,
        wire: &Wire,
    ) -> Result<Confidential, Error> {
        let mut granted = self.granted.lock().await;
        if let Some((token, until)) = granted.as_ref()
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let (token, lifetime) = grant(id, secret, server, wire).await?;
        // A minute early: it must not run out on the way.
        let lifetime = lifetime.saturating_sub(Duration::from_secs(60));
        let until = Instant::now().checked_add(lifetime).unwrap_or_else(Instant::now);
        *granted = Some((token.clone(), until));
        Ok(token)
    }
}

/// Exchanges the credentials of a client for a token.
async fn grant(
    id: &str,
    secret: &Confidential,
    server: &ServerUrl,
    wire: &Wire,
) -> Result<(Confidential, Duration), Error> {
    // RFC 6749, 2.3.1: each part is form-encoded before both are joined.
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pair = format!("{}:{}", encoded(id), encoded(secret.dangerous_expose()));
    let basic = format!("Basic {}", Base64::encode_string(pair.as_bytes()));
    let mut basic = HeaderValue::from_str(&basic).unwrap_or(HeaderValue::from_static("Basic"));
    basic.set_sensitive(true);
    let ask = Ask {
        method: Method::POST,
        path: "/oidc/v1/token".to_owned(),
        headers: vec![
            (AUTHORIZATION, basic),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ],
        body: Bytes::from_static(b"grant_type=client_credentials&scope=all-apis"),
    };
    let host = server.to_string();
    let answer =
        wire.ask(server, &ask).await.map_err(|failure| unanswered(&host, failure, wire))?;
    let hidden = [secret.dangerous_expose()];
    if answer.status != 200 {
        let refusal = refusal(&answer, &hidden);
        return Err(match answer.status {
            // 400 is what OAuth answers to a client that it does not know.
            400 | 401 | 403 => Error::Denied { host, refusal },
            _ => Error::Refused { host, refusal },
        });
    }
    let body = object(&answer, &host, &hidden)?;
    let missing = || Error::Unreadable { host: host.clone(), missing: "`access_token`" };
    let token = text_of(&body, "access_token").ok_or_else(missing)?;
    let token = Confidential::new(token);
    if !token.fits_a_header() {
        return Err(missing());
    }
    let lifetime = body.get("expires_in").and_then(serde_json::Value::as_u64).unwrap_or(300);
    Ok((token, Duration::from_secs(lifetime)))
}

/// The error for an answer that did not come.
pub(crate) fn unanswered(host: &str, failure: Failure, wire: &Wire) -> Error {
    Error::Unanswered {
        host: host.to_owned(),
        stage: failure.stage,
        trouble: failure.trouble,
        limit: wire.limits.answer.div_ceil(1024 * 1024),
    }
}

/// Whether an answer is one of a token that is no longer accepted.
pub(crate) const fn is_denied(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403)
}
