//! Each tenant's secrets, from a file.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
};

use toml::{Table, Value};
use verify_axum::{ConfigError, Secret, Sender, Verifier};

/// A verifier for each tenant and sender, and for each sender a verifier that no delivery matches.
pub(crate) struct Tenants {
    /// By tenant, then by sender.
    verifiers: HashMap<String, HashMap<&'static str, Arc<Verifier>>>,
    /// Random secrets, which nobody knows. A request for an unknown tenant is refused by the same
    /// code, after the same work.
    nobody: HashMap<&'static str, Arc<Verifier>>,
}

impl Tenants {
    /// Reads the file. Error messages name places and settings, and never show a value.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let wrong = |problem: String| format!("TENANTS_FILE: `{}`: {problem}", path.display());
        let text = fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let text = String::from_utf8(text).map_err(|_| wrong("not UTF-8".to_owned()))?;
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            // The message of the error may quote what it found, such as a secret without quotes.
            let end = error.span().map_or(0, |span| span.start);
            let before = text.get(..end).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("line {line}: not TOML, or a name stands there twice: write `secret = \"value\"` under `[tenant.sender]`")
        })?;
        // An empty file was more likely cut off than meant for no tenant.
        if table.is_empty() {
            return Err("no tenant".to_owned());
        }
        let mut verifiers = HashMap::new();
        let mut known = HashSet::new();
        for (tenant, senders) in &table {
            if !is_name(tenant) {
                return Err(format!("`{tenant}`: a tenant's name has 1 to 64 of `a-z0-9-`"));
            }
            let senders = senders.as_table().ok_or_else(|| format!("`{tenant}`: not a table"))?;
            let mut of_tenant = HashMap::new();
            for (name, secrets) in senders {
                let place = format!("{tenant}.{name}");
                let sender = sender(name).ok_or_else(|| {
                    let names: Vec<_> = Sender::ALL.iter().map(Sender::name).collect();
                    format!("`{place}`: no such sender; there are {}", names.join(", "))
                })?;
                let secrets = Secrets::read(&place, secrets)?;
                for secret in [Some(secrets.current), secrets.previous].into_iter().flatten() {
                    // If two tenants shared a secret, a delivery to one could pass for a delivery to
                    // the other.
                    if !known.insert(secret.to_owned()) {
                        return Err(format!("`{place}`: a secret that occurs twice"));
                    }
                }
                let verifier =
                    secrets.verifier(sender).map_err(|error| format!("`{place}`: {error}"))?;
                of_tenant.insert(sender.name(), Arc::new(verifier));
            }
            verifiers.insert(tenant.to_owned(), of_tenant);
        }
        let nobody = |sender: &Sender| {
            let verifier = verifier(*sender, random()?, random()?);
            Ok((sender.name(), Arc::new(verifier.map_err(|error| error.to_string())?)))
        };
        let nobody = Sender::ALL.iter().map(nobody).collect::<Result<_, String>>()?;
        Ok(Self { verifiers, nobody })
    }

    /// Returns the verifier of a tenant, or the verifier that no delivery matches. `None`: there is
    /// no such sender, which may be known.
    pub(crate) fn verifier(&self, tenant: &str, sender: &str) -> Option<Arc<Verifier>> {
        let of_tenant = self.verifiers.get(tenant).and_then(|senders| senders.get(sender));
        of_tenant.or_else(|| self.nobody.get(sender)).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.verifiers.len()
    }
}

/// The secrets of a tenant for one sender.
struct Secrets<'a> {
    current: &'a str,
    previous: Option<&'a str>,
}

impl<'a> Secrets<'a> {
    fn read(place: &str, value: &'a Value) -> Result<Self, String> {
        let table = value.as_table().ok_or_else(|| format!("`{place}`: not a table"))?;
        let text = |name: &str| {
            let text = |value: &'a Value| {
                let text = value.as_str().filter(|text| !text.is_empty());
                text.ok_or_else(|| format!("`{place}.{name}`: not a string, or an empty one"))
            };
            table.get(name).map(text).transpose()
        };
        if let Some(other) = table.keys().find(|name| !["previous", "secret"].contains(&&***name)) {
            return Err(format!("`{place}.{other}`: neither `secret` nor `previous`"));
        }
        let current = text("secret")?.ok_or_else(|| format!("`{place}.secret`: missing"))?;
        Ok(Self { current, previous: text("previous")? })
    }

    /// Always two secrets, so that the time of an answer does not tell who has a previous secret, or
    /// any secret.
    fn verifier(&self, sender: Sender) -> Result<Verifier, String> {
        let previous = match self.previous {
            Some(previous) => Secret::new(previous).map_err(|error| error.to_string())?,
            None => random()?,
        };
        Secret::new(self.current)
            .and_then(|current| verifier(sender, current, previous))
            .map_err(|error| error.to_string())
    }
}

fn verifier(sender: Sender, current: Secret, previous: Secret) -> Result<Verifier, ConfigError> {
    Verifier::builder(sender)
        .secret_named("current", current)
        .secret_named("previous", previous)
        .build()
}

/// Hex digits, which are base64 as well, because some senders decode their secrets.
fn random() -> Result<Secret, String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new(digits).map_err(|error| error.to_string())
}

fn sender(name: &str) -> Option<Sender> {
    Sender::ALL.iter().find(|sender| sender.name() == name).copied()
}

/// A name that is in a path as it is, without percent signs.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}
