//! Where a service is: what people set, or paste from a browser, made to what is called.

use core::{fmt, net::IpAddr};

use http::Uri;

use crate::{HostProblem, SettingsError};

/// The root of a service: `https://host:port`, and a path prefix if there is one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl {
    pub(crate) is_tls: bool,
    /// The host, and the port where it is not the usual one.
    pub(crate) authority: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Empty, or begins with `/` and does not end in one.
    prefix: String,
}

impl ServerUrl {
    /// Reads the URL of a Databricks workspace. A missing `https://` is added. What a browser shows
    /// after the host, such as `/?o=123#mlflow/models`, is left out.
    ///
    /// # Errors
    ///
    /// It is not a URL, or it is the account console, or it would send a token unencrypted.
    pub fn databricks(text: &str) -> Result<Self, SettingsError> {
        let wrong = |problem| SettingsError::Host { text: shown(text), problem };
        let text = text.trim();
        let url = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let mut url = Self::read(&url).ok_or_else(|| wrong(HostProblem::Malformed))?;
        url.prefix.clear();
        if url.host.starts_with("accounts.") {
            return Err(wrong(HostProblem::AccountConsole));
        }
        if !url.is_tls && !is_loopback(&url.host) {
            return Err(wrong(HostProblem::TokenInClear));
        }
        Ok(url)
    }

    /// Reads the URL of an MLflow server. A path before `/api` stays. What a browser shows, such as
    /// `#/models/fraud`, is left out.
    ///
    /// # Errors
    ///
    /// It is not an `http` or `https` URL, or has a password in it.
    pub fn mlflow(text: &str) -> Result<Self, SettingsError> {
        let wrong = |problem| SettingsError::Host { text: shown(text), problem };
        let text = text.trim();
        let scheme = text.split(':').next().unwrap_or_default();
        if matches!(scheme, "databricks" | "databricks-uc" | "uc") {
            return Err(wrong(HostProblem::Databricks));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong(HostProblem::SchemeMissing));
        };
        if !matches!(scheme, "http" | "https") {
            return Err(wrong(HostProblem::NoServer));
        }
        if rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@')) {
            return Err(wrong(HostProblem::Password));
        }
        let mut url = Self::read(text).ok_or_else(|| wrong(HostProblem::Malformed))?;
        for own in ["/api/", "/ajax-api/"] {
            if let Some(place) = url.prefix.find(own) {
                url.prefix.truncate(place);
            }
        }
        Ok(url)
    }

    /// Reads any `http` or `https` URL without a password.
    pub(crate) fn read(text: &str) -> Option<Self> {
        // A fragment is the browser's own, and may hold what no URL may.
        let uri: Uri = text.split('#').next()?.parse().ok()?;
        let is_tls = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().to_ascii_lowercase();
        if authority.as_str().contains('@') || host.is_empty() {
            return None;
        }
        let usual = if is_tls { 443 } else { 80 };
        // A port that is no number, or too large, is none at all to `http`.
        let says_port = authority.as_str().len() > authority.host().len();
        let port = match authority.port_u16() {
            Some(port) => port,
            None if says_port => return None,
            None => usual,
        };
        let authority = if port == usual { host.clone() } else { format!("{host}:{port}") };
        let prefix = uri.path().trim_end_matches('/').to_owned();
        Some(Self { is_tls, authority, host, port, prefix })
    }

    /// What stands in the first line of a request for a path of the service.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The host without the brackets of IPv6, as resolvers and certificates have it.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn shown(text: &str) -> String {
    crate::without_password(text.trim())
}

#[cfg(test)]
mod tests {
    use super::ServerUrl;
    use crate::{HostProblem, SettingsError};

    #[test]
    fn what_a_browser_shows_works() {
        let databricks = |text| ServerUrl::databricks(text).unwrap().to_string();
        for text in [
            "adb-1.2.azuredatabricks.net",
            "https://adb-1.2.azuredatabricks.net",
            "https://adb-1.2.azuredatabricks.net/",
            "https://adb-1.2.azuredatabricks.net/?o=123",
            " https://ADB-1.2.azuredatabricks.net:443/?o=123#mlflow/models/a b",
            "https://adb-1.2.azuredatabricks.net/ml/models?o=1",
        ] {
            assert_eq!(databricks(text), "https://adb-1.2.azuredatabricks.net", "{text}");
        }
        assert_eq!(databricks("http://127.0.0.1:8090"), "http://127.0.0.1:8090");
        assert_eq!(databricks("http://[::1]:8090"), "http://[::1]:8090");

        let mlflow = |text| ServerUrl::mlflow(text).unwrap().to_string();
        for text in [
            "http://mlflow:5000",
            "http://mlflow:5000/",
            "http://mlflow:5000/#/models/fraud",
            "http://mlflow:5000/?workspace=a#/models",
            "http://mlflow:5000/api/2.0/mlflow/webhooks",
            "http://mlflow:5000/ajax-api/2.0/mlflow/webhooks",
        ] {
            assert_eq!(mlflow(text), "http://mlflow:5000", "{text}");
        }
        assert_eq!(mlflow("https://x.com/tools/mlflow/#/models"), "https://x.com/tools/mlflow");
    }

    #[test]
    fn another_url_is_refused_with_the_right_one_named() {
        let problem = |read: Result<ServerUrl, SettingsError>| match read {
            Err(SettingsError::Host { problem, text }) => {
                assert!(!text.contains("pass"), "{text}");
                problem
            }
            other => panic!("{other:?}"),
        };
        for (text, expected) in [
            ("https://accounts.cloud.databricks.com", HostProblem::AccountConsole),
            ("http://adb-1.2.azuredatabricks.net", HostProblem::TokenInClear),
            ("https://user:pass@adb-1.2.azuredatabricks.net", HostProblem::Malformed),
            ("https://", HostProblem::Malformed),
            ("a b", HostProblem::Malformed),
            ("ftp://adb-1.2.azuredatabricks.net", HostProblem::Malformed),
            ("https://adb-1.2.azuredatabricks.net:99999", HostProblem::Malformed),
        ] {
            assert_eq!(problem(ServerUrl::databricks(text)), expected, "{text}");
        }
        for (text, expected) in [
            ("databricks", HostProblem::Databricks),
            ("databricks://prod", HostProblem::Databricks),
            ("databricks-uc", HostProblem::Databricks),
            ("sqlite:///mlflow.db", HostProblem::NoServer),
            ("postgresql://u:pass@host/db", HostProblem::NoServer),
            ("./mlruns", HostProblem::SchemeMissing),
            ("127.0.0.1:5000", HostProblem::SchemeMissing),
            ("http://user:pass@mlflow:5000", HostProblem::Password),
            ("http://mlflow:99999", HostProblem::Malformed),
        ] {
            assert_eq!(problem(ServerUrl::mlflow(text)), expected, "{text}");
        }
    }
}
