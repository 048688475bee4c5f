//! Where the server is, and who asks: as MLflow's own client finds it.

use std::path::Path;

use crate::{Certificates, Confidential, Credential, Environment, ServerUrl, SettingsError};

/// Where a server is, and who asks.
#[derive(Debug)]
pub struct Settings {
    /// The server.
    pub host: ServerUrl,
    /// Who asks.
    pub credential: Credential,
    /// The workspace, of servers that have several.
    pub workspace: Option<String>,
    /// Whom to believe, and who we are.
    pub certificates: Certificates,
}

impl Settings {
    /// Finds the settings as MLflow's client does: `MLFLOW_REGISTRY_URI`, or else `MLFLOW_TRACKING_URI`;
    /// `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or else `MLFLOW_TRACKING_TOKEN`;
    /// `MLFLOW_WORKSPACE`; `MLFLOW_TRACKING_SERVER_CERT_PATH` and `MLFLOW_TRACKING_CLIENT_CERT_PATH`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`].
    pub fn find(environment: &Environment) -> Result<Self, SettingsError> {
        let host = environment
            .get("MLFLOW_REGISTRY_URI")
            .or_else(|| environment.get("MLFLOW_TRACKING_URI"))
            .ok_or(SettingsError::HostMissing { variable: "MLFLOW_TRACKING_URI" })?;
        let host = ServerUrl::mlflow(host)?;
        let is_insecure = environment.get("MLFLOW_TRACKING_INSECURE_TLS");
        if is_insecure.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1") {
            return Err(SettingsError::InsecureTls);
        }
        let of = |name| environment.get(name);
        let pair = of("MLFLOW_TRACKING_USERNAME").zip(of("MLFLOW_TRACKING_PASSWORD"));
        let credential = match (pair, of("MLFLOW_TRACKING_TOKEN")) {
            (Some((username, password)), _) => Credential::Basic {
                username: username.to_owned(),
                password: Confidential::new(password),
            },
            (None, Some(token)) => {
                let token = Confidential::new(token);
                if !token.fits_a_header() {
                    let setting = "MLFLOW_TRACKING_TOKEN";
                    return Err(SettingsError::CredentialUnfit { setting });
                }
                Credential::Bearer(token)
            }
            (None, None) => Credential::Nobody,
        };
        let mut certificates = Certificates::default();
        if let Some(path) = of("MLFLOW_TRACKING_SERVER_CERT_PATH") {
            certificates = certificates.with_authorities(Path::new(path))?;
        }
        if let Some(path) = of("MLFLOW_TRACKING_CLIENT_CERT_PATH") {
            certificates = certificates.with_own(Path::new(path))?;
        }
        let workspace = of("MLFLOW_WORKSPACE").map(str::to_owned);
        Ok(Self { host, credential, workspace, certificates })
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use crate::{Credential, Environment, SettingsError};

    fn found(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::find(&variables.iter().copied().collect::<Environment>())
    }

    #[test]
    fn settings_are_found_as_mlflow_does() {
        let tracking = ("MLFLOW_TRACKING_URI", "http://tracking:5000");
        let registry = ("MLFLOW_REGISTRY_URI", "http://registry:5000/#/models");
        let token = ("MLFLOW_TRACKING_TOKEN", "a-token");
        let user =
            [("MLFLOW_TRACKING_USERNAME", "admin"), ("MLFLOW_TRACKING_PASSWORD", "p\u{e9}ss")];
        let settings = found(&[tracking]).unwrap();
        assert_eq!(settings.host.to_string(), "http://tracking:5000");
        assert!(matches!(settings.credential, Credential::Nobody));
        let settings = found(&[tracking, registry, token]).unwrap();
        assert_eq!(settings.host.to_string(), "http://registry:5000");
        assert!(matches!(settings.credential, Credential::Bearer(_)));
        let settings = found(&[tracking, token, user[0], user[1]]).unwrap();
        assert!(matches!(settings.credential, Credential::Basic { .. }));
        assert!(!format!("{settings:?}").contains("ss\""));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let tracking = ("MLFLOW_TRACKING_URI", "https://tracking");
        let error = |name, value| found(&[tracking, (name, value)]).unwrap_err();
        assert!(matches!(found(&[]), Err(SettingsError::HostMissing { .. })));
        assert_eq!(error("MLFLOW_TRACKING_INSECURE_TLS", "true"), SettingsError::InsecureTls);
        assert!(found(&[tracking, ("MLFLOW_TRACKING_INSECURE_TLS", "false")]).is_ok());
        for name in ["MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH"] {
            assert!(matches!(error(name, "/nowhere"), SettingsError::Certificates { .. }));
        }
        assert!(matches!(
            error("MLFLOW_TRACKING_TOKEN", "a\nb"),
            SettingsError::CredentialUnfit { .. }
        ));
    }
}
