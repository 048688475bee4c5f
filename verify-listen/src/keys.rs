//! The secrets of all senders that are listened for.

use std::{env, sync::Arc};

use verify_axum::{ConfigError, Verifier};
use verify_toolkit::{Capture, Sender, explain::Explainer};

use super::{ListenError, options::KeyOptions};
use crate::{
    Error,
    secret::{self, SecretBytes},
};

/// Secrets and tokens. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Keys(Arc<Vec<SenderKeys>>);

#[derive(Debug)]
pub(super) struct SenderKeys {
    pub(super) sender: Sender,
    secrets: Vec<SecretBytes>,
    tokens: Vec<SecretBytes>,
}

impl Keys {
    /// Reads what the options name, and for senders that they do not name, the usual variables.
    ///
    /// # Errors
    ///
    /// A variable or file that is named is not there or empty, a token comes without a secret, or
    /// two senders have the same secret.
    pub(super) fn read(options: &KeyOptions) -> Result<Self, Error> {
        let mut all = Vec::new();
        for sender in Sender::ALL {
            let own = |named: &'_ [(Sender, String)]| {
                let of = |(of, value): &(Sender, String)| {
                    (of.name() == sender.name()).then(|| value.clone())
                };
                named.iter().filter_map(of).collect::<Vec<_>>()
            };
            let usual = |name: String| {
                let names = [format!("{name}_PREVIOUS"), name];
                names.into_iter().rev().filter(|name| env::var_os(name).is_some()).collect()
            };
            let variable = secret::variable(*sender);
            let mut variables = own(&options.secret_env);
            let files = own(&options.secret_file);
            if variables.is_empty() && files.is_empty() {
                variables = usual(variable.clone());
            }
            let mut tokens = own(&options.token_env);
            if tokens.is_empty() {
                tokens = usual(secret::token_variable(*sender));
            }
            let from_env = |name: &String| secret::from_env(name);
            let mut secrets: Vec<_> = variables.iter().map(from_env).collect::<Result<_, _>>()?;
            for file in &files {
                secrets.push(secret::from_file(file.as_ref())?);
            }
            let tokens: Vec<_> = tokens.iter().map(from_env).collect::<Result<_, _>>()?;
            if secrets.is_empty() {
                if !tokens.is_empty() {
                    return Err(Error::SecretMissing { variable });
                }
                continue;
            }
            all.push(SenderKeys { sender: *sender, secrets, tokens });
        }
        for (place, one) in all.iter().enumerate() {
            for other in all.iter().skip(place + 1) {
                if one.secrets.iter().any(|secret| other.has(secret)) {
                    let names = [one.sender.name(), other.sender.name()];
                    return Err(ListenError::SecretShared(names).into());
                }
            }
        }
        Ok(Self(Arc::new(all)))
    }

    /// Makes a secret for each sender.
    pub(super) fn generate() -> Result<Self, Error> {
        let make = |sender: &Sender| {
            let mut random = [0; 24];
            getrandom::fill(&mut random).map_err(|error| ListenError::Random(error.to_string()))?;
            let secrets = vec![SecretBytes::new(sender.secret_encoding().write(&random))?];
            Ok::<_, Error>(SenderKeys { sender: *sender, secrets, tokens: Vec::new() })
        };
        Ok(Self(Arc::new(Sender::ALL.iter().map(make).collect::<Result<_, _>>()?)))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SenderKeys> {
        self.0.iter()
    }

    /// Makes a verifier for each sender that has a secret.
    pub(super) fn verifiers(&self) -> Result<Vec<Verifier>, Error> {
        self.iter().map(SenderKeys::verifier).collect()
    }

    /// Says whether a delivery verifies with the secrets that there are now, and if not, why.
    pub(super) fn explain(&self, capture: &Capture) -> String {
        let mut explainer = Explainer::of(capture);
        let own = self.iter().find(|keys| keys.sender.name() == capture.sender);
        if let Some(keys) = own {
            for (secret, number) in keys.secrets.iter().zip(1..) {
                explainer = explainer.secret(format!("{number}"), secret);
            }
            for token in &keys.tokens {
                explainer = explainer.bearer(token);
            }
        }
        explainer.explain().to_string()
    }
}

impl SenderKeys {
    fn verifier(&self) -> Result<Verifier, Error> {
        let mut builder = Verifier::builder(self.sender);
        for secret in &self.secrets {
            builder = builder.secret(secret.to_secret()?);
        }
        for token in &self.tokens {
            let token = core::str::from_utf8(token.as_ref());
            builder = builder.bearer(token.map_err(|_| ConfigError::BearerInvalid)?);
        }
        Ok(builder.build()?)
    }

    fn has(&self, secret: &SecretBytes) -> bool {
        self.secrets.iter().any(|own| own.as_ref() == secret.as_ref())
    }

    /// The first secret, for whoever is to sign with it.
    /// Whether a token is asked for.
    pub(super) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    pub(super) fn first(&self) -> Option<&SecretBytes> {
        self.secrets.first()
    }
}
