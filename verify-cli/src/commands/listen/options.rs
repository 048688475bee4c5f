use core::{net::SocketAddr, num::NonZeroU64};
use std::path::PathBuf;

use clap::{Args, builder::ValueParser};
use verify_listen::{Forward, Keep, ListenError, Settings};
use verify_toolkit::{Sender, UrlError};

use crate::{
    commands::webhooks::{Api, Profile},
    target::{number, url},
};

const EXAMPLES: &str = "\
Examples:
  verify listen
  verify listen --forward-to http://127.0.0.1:8000
  verify listen --secret-env mlflow=NEW_SECRET --secret-env mlflow=OLD_SECRET --keep 100
  verify listen --register mlflow try-out --url https://words.trycloudflare.com

Without any secret, each sender has one that stays the same until `--new-secret`, and you are shown
how to make a first delivery. With secrets, the senders that have one are listened for: from the options, or from
<SENDER>_WEBHOOK_SECRET and <SENDER>_WEBHOOK_SECRET_PREVIOUS, such as MLFLOW_WEBHOOK_SECRET.

`--register` makes a webhook at Databricks or MLflow with a secret for this run, lets the sender
deliver a test, and deletes the webhook at the end. The URL is that of a tunnel which leads to the
port for deliveries, such as the one that `cloudflared tunnel --url http://127.0.0.1:8080` prints.
Where the service is, and who asks: see `verify webhooks --help`.

An MLflow server delivers to this machine only if it was started with these, or to the https URL of
a tunnel:
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES=https,http MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true
It forgets its webhooks at a restart unless MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY stays the same.";

/// Receive deliveries, verify them, and show them here and on a page of this machine.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, mut_arg("profile", |profile| profile.requires("register")))]
pub(crate) struct Options {
    /// Hand verified deliveries on to this handler, and its answers back. Without a path in the
    /// URL, to the path that they came to.
    #[arg(long, value_name = "URL", value_parser = forward)]
    pub(super) forward_to: Option<Forward>,

    /// Where senders deliver to, at `/webhooks/<SENDER>`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(super) bind: SocketAddr,

    /// Where the page is. It shows bodies and tokens to whoever can reach it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081", value_parser = address)]
    pub(super) page: SocketAddr,

    /// Let the page be reached from other machines, if `--page` says so.
    #[arg(long)]
    pub(super) dangerous_open_page: bool,

    #[command(flatten)]
    pub(super) register: RegisterOptions,

    #[command(flatten)]
    pub(super) store: StoreOptions,

    #[command(flatten)]
    pub(super) keys: KeyOptions,
}

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Debug)]
#[command(next_help_heading = "Webhook")]
#[group(skip)]
pub(super) struct RegisterOptions {
    /// Make a webhook at this service, and delete it at the end.
    #[arg(long, value_name = "SENDER", requires = "name", requires = "url")]
    pub(super) register: Option<Api>,

    /// What the webhook is called. Databricks has no names, and gets it in the description.
    #[arg(requires = "register")]
    pub(super) name: Option<String>,

    /// The public URL that leads to `--bind`. Without a path, `/webhooks/<SENDER>` is added.
    #[arg(long, value_name = "URL", requires = "register")]
    pub(super) url: Option<String>,

    /// An event to deliver. Can be repeated. Without it: all of the sender.
    #[arg(long, value_name = "EVENT", requires = "register")]
    pub(super) event: Vec<String>,

    /// Databricks: for this model. Without it: for the whole registry.
    #[arg(long, value_name = "NAME", requires = "register")]
    pub(super) model: Option<String>,

    #[command(flatten)]
    pub(super) profile: Profile,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Store")]
#[group(skip)]
pub(super) struct StoreOptions {
    /// Keep deliveries in this file. Without it: `verify/listen.redb` where this system keeps the
    /// state of programs.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,

    /// Keep as many verified deliveries, and as many refused ones. The oldest go first.
    #[arg(long, value_name = "NUMBER", default_value = "1000", value_parser = number::<NonZeroU64>)]
    keep: NonZeroU64,

    /// Keep as many MiB of each.
    #[arg(long, value_name = "MIB", default_value = "128", value_parser = number::<NonZeroU64>)]
    keep_mib: NonZeroU64,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Secret")]
#[group(skip)]
pub(super) struct KeyOptions {
    /// Read a signing secret from this environment variable, verbatim. Several, up to 4 of a
    /// sender, are all accepted.
    #[arg(long, value_name = "SENDER=NAME", value_parser = of_sender())]
    pub(super) secret_env: Vec<(Sender, String)>,

    /// Read a signing secret from this file. One newline at its end is dropped.
    #[arg(long, value_name = "SENDER=FILE", value_parser = of_sender())]
    pub(super) secret_file: Vec<(Sender, String)>,

    /// Ask for a bearer token as well: the one in this environment variable. Without it:
    /// `<SENDER>_WEBHOOK_TOKEN`, if that is set.
    #[arg(long, value_name = "SENDER=NAME", value_parser = of_sender())]
    pub(super) token_env: Vec<(Sender, String)>,

    /// Make other secrets than those of the last start. They are made where no secret is set, and kept beside the
    /// store.
    #[arg(long, conflicts_with_all = ["secret_env", "secret_file", "token_env"])]
    pub(super) new_secret: bool,
}

impl KeyOptions {
    /// The variable with a token that an option asks for of a sender.
    pub(super) fn token_of(&self, sender: Sender) -> Option<&str> {
        let named = self.token_env.iter().find(|(of, _)| *of == sender);
        named.map(|(_, variable)| variable.as_str())
    }

    /// Whether an option names a secret of a sender.
    pub(super) fn has_secret_of(&self, sender: Sender) -> bool {
        self.secret_env.iter().chain(&self.secret_file).any(|(of, _)| *of == sender)
    }
}

fn forward(text: &str) -> Result<Forward, UrlError> {
    let Ok(url) = url(text);
    Forward::parse(&url)
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8080")
}

/// Reads `SENDER=VALUE`.
fn of_sender() -> ValueParser {
    ValueParser::from(|text: &str| {
        let (name, value) = text.split_once('=').ok_or("not SENDER=VALUE, such as mlflow=NAME")?;
        let sender = Sender::ALL.iter().find(|sender| sender.name() == name);
        Ok::<_, String>((*sender.ok_or("no such sender: see `verify senders`")?, value.to_owned()))
    })
}

impl StoreOptions {
    pub(super) fn keep(&self) -> Keep {
        Keep { deliveries: self.keep, bytes: self.keep_mib.get().saturating_mul(1024 * 1024) }
    }

    /// Returns the file. If none is named, the folder of the usual one is made.
    ///
    /// # Errors
    ///
    /// None is named, and this system does not say where programs keep their state, or nothing can be
    /// kept there.
    pub(super) fn path(&self) -> Result<PathBuf, ListenError> {
        self.store.clone().map_or_else(Settings::usual_store, Ok)
    }
}
