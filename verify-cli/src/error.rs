//! What can go wrong before there is a verdict. Each error says what to do next.

use core::{error::Error as _, fmt};
use std::{io, path::PathBuf};

use verify_listen::ListenError;
use verify_toolkit::{
    CaptureError, ConfigError, Sender, SignError, TlsError, UrlError, attack::Outcome,
    emulator::StartError, samples,
};

use crate::{
    nearest::nearest,
    set::SetError,
    text::{Shown, lines},
    wrap::{width, wrapped},
};

/// Why a command could not do what it was asked to do: exit code 2.
#[derive(Debug)]
pub(crate) enum Error {
    /// Databricks has to be told the `Authorization` value again.
    AuthorizationMissing,
    /// No receiver takes a body of this size.
    BodyTooLarge { path: PathBuf },
    /// A file is no recorded delivery.
    Capture { path: PathBuf, error: CaptureError },
    /// The attack matrix has no such case.
    CaseUnknown { name: String, groups: Vec<String> },
    /// A case cannot be made of a plain secret.
    CaseNeedsAwkwardSecret { name: String, secret: &'static str },
    /// A file has no certificates.
    Certificates { path: PathBuf },
    /// The clock of this machine stands before 1970.
    Clock,
    /// A secret or a token is no good.
    Config(ConfigError),
    /// An emulated workspace could not begin.
    Emulator(StartError),
    /// A sender has no such event.
    EventUnknown { sender: &'static str, event: String },
    /// A file could not be read or written.
    File { path: PathBuf, error: io::Error },
    /// A receiver does not take what it should.
    GenuineRefused { outcome: Outcome },
    /// `verify listen` could not begin.
    Listen(ListenError),
    /// A management API, or what says where it is.
    Manage(verify_manage::Error),
    /// The output could not be written.
    Output(io::Error),
    /// The terminal could not be asked.
    Prompt(io::Error),
    /// The system has no random numbers.
    Random,
    /// It was told to stop while a service was asked for a webhook.
    RegisterStopped { sender: &'static str, name: String },
    /// What runs the network could not be started.
    Runtime(io::Error),
    /// There is nothing where a secret should be.
    SecretEmpty { place: String },
    /// There is no secret, and nobody to ask for one.
    SecretMissing { variable: String },
    /// Nothing says who sent a delivery.
    SenderUnknown { path: PathBuf },
    /// A field could not be set.
    Set(SetError),
    /// A delivery could not be signed.
    Sign(SignError),
    /// The webhook of a `verify listen` could not be deleted at its end.
    StillRegistered { id: String, why: String, command: String },
    /// Only one sender has templates.
    TemplateSender { sender: &'static str },
    /// A template is larger than anybody types.
    TemplateTooLarge { path: PathBuf },
    /// A template is no text.
    TemplateUtf8 { path: PathBuf },
    /// A variable holds no token that a client could send.
    Token { variable: String },
    /// A receiver could not be reached.
    Url { url: String, error: UrlError },
    /// A file does not say which webhooks are wanted.
    WebhooksFile { path: PathBuf, error: verify_manage::apply::FileError },
    /// Something has to be agreed to, and there is nobody to ask.
    YesMissing,
}

impl Error {
    /// Says what to do next.
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::EventUnknown { sender, event } => {
                let events: Vec<_> = samples::of(sender).map(|sample| sample.event).collect();
                let of_another = samples::ALL.iter().find(|other| {
                    other.event.eq_ignore_ascii_case(event) && other.sender.name() != *sender
                });
                let meant = match (nearest(event, events.iter().copied()), of_another) {
                    (Some(near), _) => format!("did you mean `{near}`? These are the events; "),
                    (None, Some(other)) => {
                        format!("it is an event of {}. These are those of {sender}; ", other.sender.name())
                    }
                    (None, None) => "these are the events; ".to_owned(),
                };
                format!("{meant}`--body FILE` takes a body of your own:\n  {}", events.join("\n  "))
            }
            Self::SecretMissing { variable } => format!(
                "set {variable}, or say where it is: `--secret-env NAME`, `--secret-file FILE`, or \
                 `--secret-prompt` to be asked"
            ),
            Self::Config(ConfigError::EnvironmentUnset { variable }) => format!(
                "set it in this shell: `read -rs {variable} && export {variable}` keeps it out of \
                 the history"
            ),
            Self::SecretEmpty { .. } | Self::Config(ConfigError::SecretEmpty) => {
                "an empty secret is one that everybody knows; give the one that the sender has"
                    .to_owned()
            }
            Self::Emulator(error) => match error {
                StartError::Bind(_) => {
                    "another program may have it: choose an address with `--listen`, such as \
                     127.0.0.1:0 for any port that is free"
                }
                StartError::NotLoopback => {
                    "use `ssh -L` to reach it from elsewhere, or add `--dangerous-open`"
                }
                StartError::Certificates => {
                    "the file of `--ca` should have blocks that begin with `-----BEGIN CERTIFICATE-----`"
                }
                _ => return None,
            }
            .to_owned(),
            Self::GenuineRefused { .. } => {
                "nothing else was tried: `verify diagnose`, with the same sender, URL and secret, finds out why. Are \
                 path, secret and token those of the receiver? And does its handler take the sample? `--body FILE` \
                 gives another"
                    .to_owned()
            }
            Self::Listen(error) => error.hint()?.to_owned(),
            Self::AuthorizationMissing => {
                "give it: `--authorization-env NAME` or `--authorization-file FILE`; or say \
                 `--no-authorization` if the receiver wants none"
                    .to_owned()
            }
            Self::RegisterStopped { sender, name } => format!(
                "`verify webhooks list {sender}` shows it if it was made; the next `verify listen \
                 --register {sender} {name}` with the same URL deletes it"
            ),
            Self::StillRegistered { command, .. } => format!("delete it later:\n    {command}"),
            Self::YesMissing => "say `--yes` where nobody can be asked".to_owned(),
            Self::SenderUnknown { .. } => {
                "say who should have sent it: `--sender mlflow`, for instance".to_owned()
            }
            Self::Url { error: UrlError::Unreachable(error), .. } => match error.kind() {
                io::ErrorKind::ConnectionRefused => {
                    "nothing listens at this host and port: start the receiver, or look at its port"
                        .to_owned()
                }
                _ if TlsError::of(error) == Some(TlsError::NotTls) => {
                    "write `http://` if the receiver is to be reached without TLS".to_owned()
                }
                _ if TlsError::of(error) == Some(TlsError::UnknownAuthority) => {
                    "if the certificate is from an authority of your own, trust it with `--ca FILE`"
                        .to_owned()
                }
                io::ErrorKind::TimedOut => "`--timeout SECONDS` waits longer".to_owned(),
                _ => return None,
            },
            Self::CaseUnknown { groups, .. } => {
                format!("names begin with one of these:\n  {}", groups.join("\n  "))
            }
            Self::CaseNeedsAwkwardSecret { secret, .. } => {
                format!("give the receiver another for this: {secret}")
            }
            Self::Sign(SignError::NotSent(_)) => {
                let signing = Sender::ALL.iter().filter(|sender| sender.timestamp_header().is_some());
                let names: Vec<_> = signing.map(Sender::title).collect();
                format!(
                    "of the senders here, only {} sign an id and a time; `--forge body` and \
                     `--forge signature` work with all",
                    names.join(" and ")
                )
            }
            Self::Sign(SignError::DeliveryId(_)) => {
                "give `--delivery-id` 1 to 64 visible ASCII characters, without a space or a `.`"
                    .to_owned()
            }
            Self::Certificates { .. } => {
                "it should have blocks that begin with `-----BEGIN CERTIFICATE-----`".to_owned()
            }
            _ => return None,
        })
    }

    /// Prints the error, its cause, and what to do next.
    pub(crate) fn print(&self) {
        let mut text = format!("error: {}", Shown(self.to_string().as_bytes()));
        if let Some(source) = self.source() {
            text += &format!(": {}", Shown(source.to_string().as_bytes()));
        }
        if let Some(hint) = self.hint() {
            text += &format!("\n\nhint: {}", lines(hint.as_bytes()));
        }
        anstream::eprintln!("{}", wrapped(&text, width(&io::stderr())));
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthorizationMissing => f.write_str(
                "Databricks replaces the whole destination with the secret, and nobody can read its \
                 `Authorization` value back: give the value again",
            ),
            Self::BodyTooLarge { path } => {
                write!(f, "`{}` is larger than 64 MiB, the most for a body", path.display())
            }
            Self::Capture { path, error } => write!(f, "`{}`: {error}", path.display()),
            Self::CaseUnknown { name, .. } => write!(f, "no case begins with `{name}`"),
            Self::CaseNeedsAwkwardSecret { name, .. } => {
                write!(f, "this secret is too simple for any case that begins with `{name}`")
            }
            Self::Certificates { path } => {
                write!(f, "`{}` holds no certificate of an authority in PEM", path.display())
            }
            Self::Clock => f.write_str("this machine's clock is set before 1970"),
            Self::Config(error) => error.fmt(f),
            Self::Emulator(error) => error.fmt(f),
            Self::EventUnknown { sender, event } => {
                write!(f, "{sender} has no event `{event}`")
            }
            Self::File { path, .. } => write!(f, "`{}`", path.display()),
            Self::GenuineRefused { outcome } => {
                write!(f, "the receiver does not accept a genuine delivery: {outcome}")
            }
            Self::Listen(error) => error.fmt(f),
            Self::Manage(error) => error.fmt(f),
            Self::Output(_) => f.write_str("cannot write the output"),
            Self::Prompt(_) => f.write_str("cannot ask on the terminal"),
            Self::Random => f.write_str("this system has no random numbers to make a secret of"),
            Self::RegisterStopped { .. } => f.write_str(
                "this was told to stop before the service said whether it made the webhook",
            ),
            Self::Runtime(_) => f.write_str("cannot use the network"),
            Self::SecretEmpty { place } => write!(f, "the secret is empty: {place} holds nothing"),
            Self::SecretMissing { variable } => {
                write!(f, "no secret: {variable} is not set, and there is no terminal to ask on")
            }
            Self::SenderUnknown { path } => {
                write!(f, "`{}` has no signature header of a known sender", path.display())
            }
            Self::Set(error) => error.fmt(f),
            Self::Sign(error @ SignError::DeliveryId(_)) => write!(f, "`--delivery-id`: {error}"),
            Self::Sign(error) => error.fmt(f),
            Self::StillRegistered { id, why, .. } => {
                write!(f, "webhook {id} could not be deleted, and still delivers: {why}")
            }
            Self::TemplateSender { sender } => {
                let has = Sender::WANDB.name();
                write!(f, "{sender} sends no templates; `--template` is for {has}")
            }
            Self::TemplateTooLarge { path } => {
                write!(f, "`{}` is larger than 1 MiB, the most for a template", path.display())
            }
            Self::TemplateUtf8 { path } => write!(f, "`{}` is not UTF-8", path.display()),
            Self::Token { variable } => {
                write!(f, "{variable} holds no token: 1 to 1024 visible ASCII characters")
            }
            Self::Url { url, error: UrlError::Unreachable(_) } => {
                write!(f, "no answer from `{url}`")
            }
            Self::Url { url, error } => write!(f, "`{url}`: {error}"),
            Self::WebhooksFile { path, error } => write!(f, "`{}`: {error}", path.display()),
            Self::YesMissing => f.write_str("this needs a yes, and there is no terminal to ask on"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Emulator(error) => error.source(),
            Self::Listen(error) => error.source(),
            Self::File { error, .. }
            | Self::Output(error)
            | Self::Prompt(error)
            | Self::Runtime(error)
            | Self::Url { error: UrlError::Unreachable(error), .. } => Some(error),
            _ => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Emulator(error)
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        match error.config() {
            Some(error) => Self::Config(error.clone()),
            None => Self::Listen(error),
        }
    }
}

impl From<verify_manage::Error> for Error {
    fn from(error: verify_manage::Error) -> Self {
        Self::Manage(error)
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}
