use core::fmt;
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use verify_core::{ExposedSecret, SecretEncoding, Sender, Verifier};

use crate::{Lines, Mistake, Source};

/// The tables `[senders.*]`, by the senders' names.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Senders(BTreeMap<Spanned<String>, Table>);

/// Keys that were read, and whose they are.
#[derive(Default)]
pub struct UsedSecrets(Vec<(String, ExposedSecret, SecretEncoding)>);

impl UsedSecrets {
    /// Returns the owner of this key, if it was read. A key may be written in several ways.
    #[must_use]
    pub fn owner(&self, secret: &ExposedSecret, encoding: SecretEncoding) -> Option<&str> {
        let is_same =
            |(_, used, by): &&(_, ExposedSecret, _)| secret.is_same_key(encoding, used, *by);
        self.0.iter().find(is_same).map(|(owner, ..)| owner.as_str())
    }
}

impl fmt::Debug for UsedSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(owner, ..)| owner)).finish()
    }
}

/// One sender. Of a variable and a file for the same secret one is set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    secret_env: Option<Spanned<String>>,
    secret_file: Option<Spanned<String>>,
    previous_secret_env: Option<Spanned<String>>,
    previous_secret_file: Option<Spanned<String>>,
    bearer_env: Option<Spanned<String>>,
    bearer_file: Option<Spanned<String>>,
    previous_bearer_env: Option<Spanned<String>>,
    previous_bearer_file: Option<Spanned<String>>,
    link: Option<Spanned<String>>,
}

impl Senders {
    /// Checks the tables. No secret is read.
    ///
    /// # Errors
    ///
    /// There is no sender, an unknown sender, or a sender with a bearer token that it does not
    /// send.
    pub fn check(&self, lines: &Lines) -> Result<(), Mistake> {
        if self.0.is_empty() {
            return Err(lines.mistake(None, "there is no `[senders.…]`, so nothing could come in"));
        }
        Mistake::every(self.0.iter().map(|(name, table)| {
            let Some(sender) = Sender::named(name.as_ref()) else {
                let names: Vec<_> = Sender::ALL.iter().map(Sender::name).collect();
                let names = names.join(", ");
                let text = format!("no sender is called `{}`; there are {names}", name.as_ref());
                return Err(lines.at(name, text));
            };
            let place = table.bearers().iter().find_map(Source::place);
            match place {
                Some(place) if !sender.sends_bearer() => {
                    Err(lines.at(place, format!("{} sends no bearer token", name.as_ref())))
                }
                _ => Ok(()),
            }
        }))
    }

    /// Checks that there is a table for the sender that a route names.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn check_named(&self, sender: &Spanned<String>, lines: &Lines) -> Result<(), Mistake> {
        match self.0.contains_key(sender) {
            true => Ok(()),
            false => Err(lines.at(sender, format!("there is no `[senders.{}]`", sender.as_ref()))),
        }
    }

    /// Returns their names.
    pub fn names(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.0.keys()
    }

    /// Returns the beginning of links to a sender's pages, by the sender's name, if it is set. It was
    /// not checked, because not every bridge shows links.
    pub fn links(&self) -> impl Iterator<Item = (&str, &Spanned<String>)> {
        self.0
            .iter()
            .filter_map(|(name, table)| Some((name.as_ref().as_str(), table.link.as_ref()?)))
    }

    /// Reads the secrets, and makes a verifier for each sender, by the sender's name.
    ///
    /// # Errors
    ///
    /// A secret is not named, cannot be read, or occurs twice: if two senders shared a secret, a
    /// delivery of one could pass for a delivery of the other.
    pub fn verifiers(&self, lines: &Lines) -> Result<Vec<(&'static str, Verifier)>, Mistake> {
        self.verifiers_of(None, &mut UsedSecrets::default(), lines)
    }

    /// The same for one of several tenants. No tenant may have a secret from `used`.
    ///
    /// # Errors
    ///
    /// As [`verifiers`](Self::verifiers).
    pub fn verifiers_of(
        &self,
        tenant: Option<&str>,
        used: &mut UsedSecrets,
        lines: &Lines,
    ) -> Result<Vec<(&'static str, Verifier)>, Mistake> {
        let verifier = |(name, table): (&Spanned<String>, &Table)| {
            let sender = *Sender::named(name.as_ref())?;
            let owner = tenant.map(|tenant| format!("{tenant}.")).unwrap_or_default();
            let owner = owner + sender.name();
            let verifier = table.verifier(sender, &owner, name, used, lines);
            Some(verifier.map(|verifier| (sender.name(), verifier)))
        };
        Mistake::every(self.0.iter().filter_map(verifier))
    }

    /// Returns whether it has a table for the sender of this name.
    #[must_use]
    pub fn has(&self, sender: &str) -> bool {
        self.0.keys().any(|name| name.as_ref() == sender)
    }

    /// Returns what names a bearer token, if a sender has one.
    #[must_use]
    pub fn bearer(&self) -> Option<&Spanned<String>> {
        self.0.values().find_map(|table| table.bearers().iter().find_map(Source::place))
    }
}

impl Table {
    /// The secrets that sign deliveries: the current and the previous one.
    fn secrets(&self) -> [(&'static str, Source<'_>); 2] {
        let previous = Source { env: &self.previous_secret_env, file: &self.previous_secret_file };
        [
            ("current", Source { env: &self.secret_env, file: &self.secret_file }),
            ("previous", previous),
        ]
    }

    /// The tokens that have to come as well, now and before.
    fn bearers(&self) -> [Source<'_>; 2] {
        [
            Source { env: &self.bearer_env, file: &self.bearer_file },
            Source { env: &self.previous_bearer_env, file: &self.previous_bearer_file },
        ]
    }

    /// Makes the verifier. `used` are the secrets so far, with their owners.
    fn verifier(
        &self,
        sender: Sender,
        owner: &str,
        name: &Spanned<String>,
        used: &mut UsedSecrets,
        lines: &Lines,
    ) -> Result<Verifier, Mistake> {
        let mut builder = Verifier::builder(sender);
        for (label, source) in self.secrets() {
            let Some(read) = source.read(lines)? else {
                if label == "current" {
                    return Err(lines.at(name, "set `secret_env` or `secret_file`"));
                }
                continue;
            };
            let secret = ExposedSecret::new(read.value.as_str());
            let secret = secret.map_err(|error| lines.at(read.place, error.to_string()))?;
            let encoding = sender.secret_encoding();
            if let Some(other) = used.owner(&secret, encoding) {
                let text = match other == owner {
                    true => "the same as the other secret of this sender".to_owned(),
                    false => format!("`{other}` has the same secret: each sender needs its own"),
                };
                return Err(lines.at(read.place, text));
            }
            builder = builder.secret_named(label, secret.secret().clone());
            used.0.push((owner.to_owned(), secret, encoding));
        }
        for source in self.bearers() {
            if let Some(read) = source.read(lines)? {
                builder = builder.bearer(read.value);
            }
        }
        builder.build().map_err(|error| lines.at(name, error.to_string()))
    }
}
