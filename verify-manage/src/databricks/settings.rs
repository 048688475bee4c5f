//! Where the workspace is, and who asks: as the vendor's tools find it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use crate::{Confidential, Credential, Environment, ServerUrl, SettingsError};

/// Where a workspace is, and who asks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The workspace.
    pub host: ServerUrl,
    /// Who asks.
    pub credential: Credential,
}

impl Settings {
    /// Finds the settings as `databricks-sdk` does: from `DATABRICKS_HOST` with `DATABRICKS_TOKEN`, with
    /// `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`, or with `DATABRICKS_USERNAME` and
    /// `DATABRICKS_PASSWORD`; what is not there, from the profile `DATABRICKS_CONFIG_PROFILE`, or
    /// `DEFAULT`, of `DATABRICKS_CONFIG_FILE`, or `~/.databrickscfg`.
    ///
    /// A profile that is named here goes before all of these. In `databricks-sdk` the variables
    /// would win, which sends a token to another host than you named.
    ///
    /// # Errors
    ///
    /// [`SettingsError`].
    pub fn find(environment: &Environment, profile: Option<&str>) -> Result<Self, SettingsError> {
        let of_environment = |key: &str| {
            let name = format!("DATABRICKS_{}", key.to_ascii_uppercase());
            environment.get(&name).map(str::to_owned)
        };
        if let Some(profile) = profile {
            let profile = read_profile(environment, Some(profile))?.unwrap_or_default();
            return Self::from_values(|key| profile.get(key).cloned());
        }
        let is_enough = |settings: &Result<Self, _>| {
            !matches!(
                settings,
                Err(SettingsError::HostMissing { .. } | SettingsError::CredentialMissing)
            )
        };
        let alone = Self::from_values(of_environment);
        if is_enough(&alone) {
            return alone;
        }
        let wanted = environment.get("DATABRICKS_CONFIG_PROFILE");
        let Some(profile) = read_profile(environment, wanted)? else { return alone };
        // A token of the file must not go to another host that only the environment names.
        match of_environment("host") {
            Some(host) if profile.get("host").is_none_or(|own| !is_same(own, &host)) => alone,
            _ => Self::from_values(|key| of_environment(key).or_else(|| profile.get(key).cloned())),
        }
    }

    fn from_values(value: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let value = |key: &str| value(key).filter(|value| !value.is_empty());
        let host = value("host");
        let host = host.ok_or(SettingsError::HostMissing { variable: "DATABRICKS_HOST" })?;
        let host = ServerUrl::databricks(&host)?;
        let hidden = |text: String, setting| {
            let text = Confidential::new(text);
            match text.fits_a_header() {
                true => Ok(text),
                false => Err(SettingsError::CredentialUnfit { setting }),
            }
        };
        let credential = if let Some(token) = value("token") {
            Credential::Bearer(hidden(token, "DATABRICKS_TOKEN (or `token`)")?)
        } else if let (Some(id), Some(secret)) = (value("client_id"), value("client_secret")) {
            let secret = hidden(secret, "DATABRICKS_CLIENT_SECRET (or `client_secret`)")?;
            Credential::ClientCredentials { id, secret }
        } else if let (Some(username), Some(password)) = (value("username"), value("password")) {
            Credential::Basic { username, password: Confidential::new(password) }
        } else if let Some(name) = value("auth_type") {
            return Err(SettingsError::AuthenticationUnsupported { name });
        } else {
            return Err(SettingsError::CredentialMissing);
        };
        Ok(Self { host, credential })
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let read = |text| ServerUrl::databricks(text).ok();
    read(one).is_some() && read(one) == read(other)
}

/// Reads a profile. `None`: none was asked for, and there is no file or no `DEFAULT` in it.
fn read_profile(
    environment: &Environment,
    wanted: Option<&str>,
) -> Result<Option<BTreeMap<String, String>>, SettingsError> {
    /// A longer one is no file of settings.
    const MOST: u64 = 1024 * 1024;
    let named = environment.get("DATABRICKS_CONFIG_FILE").map(PathBuf::from);
    let is_named = named.is_some() || wanted.is_some();
    let usual = || environment.home().map(|home| home.join(".databrickscfg"));
    let Some(path) = named.or_else(usual) else { return Ok(None) };
    let unreadable = |line| SettingsError::ProfilesUnreadable { path: path.clone(), line };
    let is_small = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= MOST);
    let text = match fs::read_to_string(&path) {
        Ok(text) if is_small => text,
        _ if is_named => return Err(unreadable(None)),
        _ => return Ok(None),
    };
    let mut profiles = profiles(&text).map_err(|line| unreadable(Some(line)))?;
    match (profiles.remove(wanted.unwrap_or("DEFAULT")), wanted) {
        (None, Some(name)) => Err(SettingsError::ProfileUnknown { name: name.to_owned(), path }),
        (profile, _) => Ok(profile),
    }
}

type Profiles = BTreeMap<String, BTreeMap<String, String>>;

/// Reads `[name]` and `key = value`. The error is the number of a line.
fn profiles(text: &str) -> Result<Profiles, usize> {
    let mut profiles = Profiles::new();
    let mut current = None;
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1_usize..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name.strip_suffix(']').ok_or(number)?.trim().to_owned();
            profiles.entry(name.clone()).or_default();
            current = Some(name);
            continue;
        }
        let (key, value) = line.split_once(['=', ':']).ok_or(number)?;
        let profile = current.as_ref().and_then(|name| profiles.get_mut(name)).ok_or(number)?;
        profile.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok(profiles)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Settings;
    use crate::{Credential, Environment, SettingsError};

    const FILE: &str = "# made by databricks configure\n\
        [DEFAULT]\nhost = https://default.example.com/?o=1\ntoken = dapi-default\n\n\
        [prod]\nHost: prod.example.com\nclient_id = an-id\nclient_secret = s3cret=x\n\
        [cli]\nhost = https://cli.example.com\nauth_type = databricks-cli\n\
        [empty]\n";

    fn found(variables: &[(&str, &str)], profile: Option<&str>) -> Result<String, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".databrickscfg");
        fs::write(&path, FILE).unwrap();
        let home = [("HOME", folder.path().to_str().unwrap())];
        let environment: Environment = home.iter().chain(variables).copied().collect();
        let settings = Settings::find(&environment, profile)?;
        let credential = match settings.credential {
            Credential::Bearer(token) => token.dangerous_expose().to_owned(),
            Credential::ClientCredentials { id, secret } => {
                format!("{id} {}", secret.dangerous_expose())
            }
            Credential::Basic { username, password } => {
                format!("{username}:{}", password.dangerous_expose())
            }
            Credential::Nobody => String::new(),
        };
        Ok(format!("{} {credential}", settings.host))
    }

    #[test]
    fn settings_are_found_as_the_vendors_tools_do() {
        let here = ("DATABRICKS_HOST", "env.example.com");
        let token = ("DATABRICKS_TOKEN", "dapi-env");
        assert_eq!(found(&[], None).unwrap(), "https://default.example.com dapi-default");
        assert_eq!(found(&[here, token], None).unwrap(), "https://env.example.com dapi-env");
        let profile = ("DATABRICKS_CONFIG_PROFILE", "prod");
        assert_eq!(found(&[profile], None).unwrap(), "https://prod.example.com an-id s3cret=x");
        assert_eq!(
            found(&[profile, here, token], None).unwrap(),
            "https://env.example.com dapi-env"
        );
        // One that is named on the command line goes first.
        let named = found(&[here, token], Some("prod"));
        assert_eq!(named.unwrap(), "https://prod.example.com an-id s3cret=x");
        let basic = [here, ("DATABRICKS_USERNAME", "u"), ("DATABRICKS_PASSWORD", "p")];
        assert_eq!(found(&basic, None).unwrap(), "https://env.example.com u:p");
        // A variable that is set to nothing is not set.
        assert!(found(&[("DATABRICKS_HOST", ""), ("DATABRICKS_TOKEN", "")], None).is_ok());
    }

    #[test]
    fn a_token_of_a_file_goes_to_no_other_host() {
        let here = ("DATABRICKS_HOST", "https://elsewhere.example.com");
        assert_eq!(found(&[here], None), Err(SettingsError::CredentialMissing));
        let same = ("DATABRICKS_HOST", "https://default.example.com/");
        assert_eq!(found(&[same], None).unwrap(), "https://default.example.com dapi-default");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(matches!(
            found(&[("DATABRICKS_CONFIG_PROFILE", "nobody")], None),
            Err(SettingsError::ProfileUnknown { name, .. }) if name == "nobody"
        ));
        assert!(matches!(
            found(&[], Some("cli")),
            Err(SettingsError::AuthenticationUnsupported { name }) if name == "databricks-cli"
        ));
        assert!(matches!(found(&[], Some("empty")), Err(SettingsError::HostMissing { .. })));
        assert!(matches!(
            found(&[("DATABRICKS_CONFIG_FILE", "/nowhere/x")], None),
            Err(SettingsError::ProfilesUnreadable { line: None, .. })
        ));
        let nobody = Settings::find(&Environment::default(), None);
        assert!(matches!(nobody, Err(SettingsError::HostMissing { .. })));
        let unfit = [("DATABRICKS_HOST", "h"), ("DATABRICKS_TOKEN", "dapi\nx")];
        let error = found(&unfit, None).unwrap_err();
        assert!(matches!(error, SettingsError::CredentialUnfit { .. }));
        assert!(!error.to_string().contains("dapi\n"));
    }

    #[test]
    fn lines_that_are_not_understood_are_numbered() {
        for (text, line) in [("[a\n", 1), ("x = 1", 1), ("[a]\n\nnothing here\n", 3)] {
            assert_eq!(super::profiles(text), Err(line), "{text:?}");
        }
        let read = super::profiles("\u{feff}[a]\r\nx = 1\r\n; y\r\n").unwrap();
        assert_eq!(read["a"]["x"], "1");
    }
}
