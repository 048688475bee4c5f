//! The senders' secrets.

use std::{collections::HashMap, sync::Arc};

use bridge_common::{Lines, Mistake, UsedSecrets};
use toml::Spanned;
use verify_core::{ConfigError, Secret, Sender, Verifier};

use super::{file::File, route::Keys};

/// What was read of all tables of secrets.
#[derive(Debug, Default)]
pub(super) struct AllKeys {
    senders: HashMap<&'static str, Arc<Verifier>>,
    tenants: Vec<(String, HashMap<&'static str, Arc<Verifier>>)>,
}

impl AllKeys {
    /// Reads them. Two that are the same are a mistake: a delivery to one could be made to pass for a delivery to the
    /// other.
    pub(super) fn read(
        file: &File,
        body_limit: Option<usize>,
        used: &mut UsedSecrets,
        lines: &Lines,
    ) -> Result<Self, Mistake> {
        let limited = |(name, verifier): (&'static str, Verifier)| {
            let builder = verifier.to_builder();
            let builder = match body_limit {
                Some(limit) => builder.body_limit(limit),
                None => builder,
            };
            builder.build().map(|verifier| (name, verifier))
        };
        let has_senders = file.senders.names().next().is_some();
        let senders = match has_senders || file.tenants.is_empty() {
            true => file
                .senders
                .check(lines)
                .and_then(|()| file.senders.verifiers_of(None, used, lines)),
            false => Ok(Vec::new()),
        };
        let tenants = file.tenants.iter().map(|(name, senders)| {
            let wrong = |text: &str| Err(lines.at(name, text));
            if !is_name(name.as_ref()) {
                return wrong("a tenant's name has 1 to 64 of `a-z0-9-`");
            }
            if let Some(place) = senders.bearer() {
                let text = "a tenant has no token: who needs one could be told from who does not";
                return Err(lines.at(place, text));
            }
            if senders.names().next().is_none() {
                return wrong("there is no sender for this tenant");
            }
            senders.check(lines)?;
            let verifiers = senders.verifiers_of(Some(name.as_ref()), used, lines)?;
            let padded = verifiers.into_iter().map(|found| {
                let (sender, verifier) = limited(found)?;
                Ok((sender, Arc::new(of_two_secrets(verifier)?)))
            });
            let padded: Result<_, ConfigError> = padded.collect();
            let padded = padded.map_err(|error| lines.at(name, error.to_string()))?;
            Ok((name.as_ref().clone(), padded))
        });
        let tenants = Mistake::every(tenants);
        let (senders, tenants) = Mistake::both(senders, tenants)?;
        let senders = senders.into_iter().map(|found| {
            let (sender, verifier) = limited(found)?;
            Ok((sender, Arc::new(verifier)))
        });
        let senders: Result<_, ConfigError> = senders.collect();
        let senders = senders.map_err(|error| lines.mistake(None, error.to_string()))?;
        Ok(Self { senders, tenants })
    }

    /// Returns what verifies the deliveries of a sender. What a route names and nobody has was told before.
    pub(super) fn of(
        &self,
        sender: &Sender,
        has_tenant: bool,
        at: &Spanned<String>,
        lines: &Lines,
    ) -> Result<Keys, Mistake> {
        let name = sender.name();
        if !has_tenant {
            let verifier = self.senders.get(name);
            let verifier =
                verifier.ok_or_else(|| lines.at(at, format!("there is no `[senders.{name}]`")))?;
            return Ok(Keys::One(Arc::clone(verifier)));
        }
        let of_sender = self
            .tenants
            .iter()
            .filter_map(|(tenant, senders)| Some((tenant.clone(), Arc::clone(senders.get(name)?))));
        let by_name: HashMap<_, _> = of_sender.collect();
        let Some(one) = by_name.values().next() else {
            return Err(
                lines.at(at, format!("no tenant has this sender: write `[tenants.NAME.{name}]`"))
            );
        };
        let nobody = nobody(*sender, one.body_limit()).map_err(|error| lines.at(at, error))?;
        Ok(Keys::Tenants { by_name, nobody: Arc::new(nobody) })
    }

    /// Returns the tenants that have a sender.
    pub(super) fn tenants_of<'k>(&'k self, sender: &'k str) -> impl Iterator<Item = &'k str> {
        let has = move |(_, senders): &&(String, HashMap<_, _>)| senders.contains_key(sender);
        self.tenants.iter().filter(has).map(|(tenant, _)| tenant.as_str())
    }
}

/// Adds a random one where there is no previous one, so that the time of an answer does not tell who has one, or any.
fn of_two_secrets(verifier: Verifier) -> Result<Verifier, ConfigError> {
    let random = random(verifier.sender())?;
    match verifier.to_builder().secret_named("previous", random).build() {
        Err(ConfigError::LabelRepeated) => Ok(verifier),
        padded => padded,
    }
}

fn nobody(sender: Sender, body_limit: usize) -> Result<Verifier, String> {
    let verifier = || {
        Verifier::builder(sender)
            .secret_named("current", random(&sender)?)
            .secret_named("previous", random(&sender)?)
            .body_limit(body_limit)
            .build()
    };
    verifier().map_err(|error| error.to_string())
}

/// A secret that nobody knows. Where the system has no random bytes, none is made.
pub(crate) fn random(sender: &Sender) -> Result<Secret, ConfigError> {
    Secret::new(random_text(sender))
}

/// The same as it is written. Empty, and so no secret, where the system has no random bytes.
pub(crate) fn random_text(sender: &Sender) -> String {
    let mut random = [0; 32];
    match getrandom::fill(&mut random) {
        Ok(()) => sender.secret_encoding().write(&random),
        Err(_) => String::new(),
    }
}

/// What stands in a path as it is, without percent signs.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain)
}
