//! What is said at the beginning, on standard error.

use anstream::eprintln;
use verify_listen::Listen;
use verify_toolkit::{Sender, samples};

use super::options::{KeyOptions, Options};
use crate::{
    output::{STRONG, Styled},
    secret,
    text::word,
};

/// The options of `verify send` for what `verify listen` knows of a sender. A token has no usual variable
/// there.
fn same_secret(keys: &KeyOptions, sender: Sender, has_tokens: bool) -> String {
    let KeyOptions { secret_env, secret_file, token_env, .. } = keys;
    let own = |option: &str, named: &[(Sender, String)]| {
        let (_, name) = named.iter().find(|(of, _)| of.name() == sender.name())?;
        Some(format!(" {option} {}", word(name)))
    };
    let secret = own("--secret-env", secret_env).or_else(|| own("--secret-file", secret_file));
    let token = own("--token-env", token_env);
    let token = token
        .or_else(|| has_tokens.then(|| format!(" --token-env {}", secret::token_variable(sender))));
    [secret, token].into_iter().flatten().collect()
}

/// Says how a delivery gets here from a sender.
fn print_ways(origin: &str, has_mlflow: bool) {
    eprintln!(
        "\nA sender on another machine needs a tunnel. Give it the tunnel's URL with one of these paths:\n"
    );
    eprintln!("  cloudflared tunnel --url {origin}\n");
    if has_mlflow {
        eprintln!("An MLflow server on this machine delivers here only if it is started with\n");
        eprintln!(
            "  export MLFLOW_WEBHOOK_ALLOWED_SCHEMES=https,http MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true"
        );
        eprintln!(
            "  export MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY=$(openssl rand -base64 32 | tr +/ -_)\n"
        );
        eprintln!(
            "and the last one has to stay the same, or it cannot read its webhooks after a restart.\n"
        );
    }
}

/// Says where everything is, and how to make a first delivery.
pub(super) fn print(options: &Options, listen: &Listen) {
    let origin = listen.origin();
    // Nobody but the service has a secret that was made for its webhook.
    let is_fresh = |sender| {
        options.register.register.is_some_and(|api| api.sender() == sender)
            && !options.keys.has_secret_of(sender)
    };
    let known: Vec<_> = listen.keys().iter().filter(|keys| !is_fresh(keys.sender())).collect();
    if listen.is_try_out() {
        eprintln!("No secret is set, so each sender has one that is made and stays the same until");
        eprintln!("`--new-secret`. A first delivery, from another terminal:\n");
    } else if !known.is_empty() {
        eprintln!("A first delivery, from another terminal with the same secret set:\n");
    }
    for keys in known {
        let (sender, path) = (keys.sender(), Listen::path(&keys.sender()));
        let event = samples::usual(sender.name()).map_or("", |sample| sample.event);
        // One that is made for a try may be seen.
        let secret = keys.first().filter(|_| listen.is_try_out()).map(|secret| {
            let secret = String::from_utf8_lossy(secret);
            format!("{}={secret} ", secret::variable(sender))
        });
        let secret = secret.unwrap_or_default();
        let same = same_secret(&options.keys, sender, keys.has_tokens());
        eprintln!("  {secret}verify send {} {event} --to {origin}{path}{same}\n", sender.name());
    }
    if options.dangerous_open_page {
        eprintln!("warning: the page shows bodies and tokens to every machine that reaches it");
    }
    for keys in listen.keys().iter() {
        let (sender, path) = (keys.sender(), Listen::path(&keys.sender()));
        eprintln!("{} delivers to {origin}{path}", sender.name());
    }
    if options.register.register.is_none() {
        print_ways(origin, listen.keys().iter().any(|keys| keys.sender() == Sender::MLFLOW));
    }
    if let Some(forward) = &options.forward_to {
        eprintln!("what verifies goes on to {}", forward.url());
    }
    eprintln!("the page is {}", Styled(STRONG, listen.page()));
}
