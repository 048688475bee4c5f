//! The settings, from the environment. An ambiguous setting is a mistake, because a receiver that
//! refuses genuine deliveries loses them.

use std::env;

use verify_core::{ConfigError, Secret, Sender, Verifier, VerifierBuilder};

/// The prefix of each sender's settings, such as `MLFLOW_WEBHOOK`.
fn settings(sender: &Sender) -> String {
    format!("{}_WEBHOOK", sender.name().to_ascii_uppercase().replace('-', "_"))
}

/// Makes a verifier for each sender that has a secret.
pub(crate) fn verifiers() -> Result<Vec<Verifier>, String> {
    let mut verifiers = Vec::new();
    let mut known = Vec::new();
    // If two senders shared a secret, a delivery of one could pass for a delivery of the other.
    let mut secrets: Vec<String> = Vec::new();
    for sender in Sender::ALL {
        let settings = settings(sender);
        let secret = Variable::read(format!("{settings}_SECRET"))?;
        let token = Variable::read(format!("{settings}_TOKEN"))?;
        known.extend([secret.names(), token.names()].concat());

        let Some(current) = &secret.current else {
            match &token.current {
                Some(_) => {
                    return Err(format!("{} is set, but {} is not", token.name, secret.name));
                }
                None => continue,
            }
        };
        let mut builder = secret.add("current", current, Verifier::builder(*sender))?;
        if let Some(previous) = &secret.previous {
            builder = secret.add("previous", previous, builder)?;
        }
        for value in token.current.iter().chain(&token.previous) {
            if !sender.sends_bearer() {
                return Err(format!("{}: {} sends no bearer token", token.name, sender.name()));
            }
            builder = builder.bearer(value);
        }
        for value in secret.current.iter().chain(&secret.previous) {
            if secrets.contains(value) {
                return Err(format!("{}: another sender has the same secret", secret.name));
            }
        }
        secrets.extend(secret.current.iter().chain(&secret.previous).cloned());
        verifiers.push(builder.build().map_err(|error| format!("{settings}_...: {error}"))?);
    }
    let is_ours =
        |name: &String| Sender::ALL.iter().any(|sender| name.starts_with(&settings(sender)));
    match env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .find(|name| is_ours(name) && !known.contains(name))
    {
        Some(name) => Err(format!("{name}: no such setting; there are {}", known.join(", "))),
        None => Ok(verifiers),
    }
}

/// A variable, and the variable with its previous value.
struct Variable {
    name: String,
    current: Option<String>,
    previous: Option<String>,
}

impl Variable {
    fn read(name: String) -> Result<Self, String> {
        let read = |name: &str| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(env::VarError::NotPresent) => Ok(None),
            // The error itself would print the value.
            Err(env::VarError::NotUnicode(_)) => Err(format!("{name} is not UTF-8")),
        };
        let before = format!("{name}_PREVIOUS");
        match (read(&name)?, read(&before)?) {
            (None, Some(_)) => Err(format!("{before} is set, but {name} is not")),
            (Some(current), Some(previous)) if current == previous => {
                Err(format!("{before} is the same as {name}"))
            }
            (current, previous) => Ok(Self { name, current, previous }),
        }
    }

    fn names(&self) -> [String; 2] {
        [self.name.clone(), format!("{}_PREVIOUS", self.name)]
    }

    fn add(
        &self,
        label: &str,
        value: &str,
        builder: VerifierBuilder,
    ) -> Result<VerifierBuilder, String> {
        if value.trim() != value {
            eprintln!("{} ({label}) begins or ends with white space, which counts", self.name);
        }
        let unset = |error: ConfigError| {
            format!("{} ({label}): {error}; unset it to do without", self.name)
        };
        Ok(builder.secret_named(label, Secret::new(value).map_err(unset)?))
    }
}
