//! Where the secrets of all senders are read from.

use std::env;

use verify_listen::{Keys, SenderKeys};
use verify_toolkit::Sender;

use super::options::KeyOptions;
use crate::{
    Error,
    secret::{self, SecretBytes},
};

/// Reads what the options name, and for senders that they do not name, the usual variables. A sender with a fresh
/// secret has that in place of the variables: no other webhook of it is listened for.
///
/// # Errors
///
/// A variable or file that is named is not there or empty, a token comes without a secret, or
/// two senders have the same secret.
pub(super) fn read(
    options: &KeyOptions,
    fresh: Option<&(Sender, SecretBytes)>,
) -> Result<Keys, Error> {
    let mut all = Vec::new();
    for sender in Sender::ALL {
        let own = |named: &'_ [(Sender, String)]| {
            let of = |(of, value): &(Sender, String)| {
                (of.name() == sender.name()).then(|| value.clone())
            };
            named.iter().filter_map(of).collect::<Vec<_>>()
        };
        let fresh = fresh.filter(|(of, _)| of == sender).map(|(_, secret)| secret);
        let usual = |name: String| {
            if fresh.is_some() {
                return Vec::new();
            }
            let names = [format!("{name}_PREVIOUS"), name];
            names.into_iter().rev().filter(|name| env::var_os(name).is_some()).collect::<Vec<_>>()
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
            secrets.extend(fresh.cloned());
        }
        if secrets.is_empty() {
            if !tokens.is_empty() {
                return Err(Error::SecretMissing { variable });
            }
            continue;
        }
        all.push(SenderKeys::new(*sender, secrets, tokens));
    }
    Ok(Keys::new(all)?)
}
