//! A recorded delivery, and by what it is judged.

use core::time::Duration;
use std::path::PathBuf;

use clap::Args;
use verify_toolkit::{
    Capture, Note, Sender, UnixTime, Verifier,
    explain::{Explainer, Family},
};

use crate::{
    Error,
    clock::{now, unix_time},
    payload::{read, sender_parser},
    secret::{PreviousSecrets, SecretBytes, SecretOptions, TokenOptions},
    target::{number, seconds},
    text::Shown,
};

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Case {
    /// The recorded delivery: the text of an HTTP request, what `tcpdump` and other tools print of one, a
    /// HAR file, a `curl` command, JSON or a log that has headers and body; `-` is standard input.
    capture: PathBuf,

    /// Take this request of several, counted from 1. Without it: the one with a signature header.
    #[arg(long, value_name = "NUMBER", value_parser = number::<usize>)]
    entry: Option<usize>,

    /// Who should have sent it. Without it: the one whose signature header it has.
    #[arg(long, value_name = "SENDER", value_parser = sender_parser())]
    sender: Option<Sender>,

    /// Judge it by this clock, in Unix seconds, or `now`. Without it: by the time of the recording; if
    /// that is not known, by the time that was signed.
    #[arg(long, value_name = "SECONDS", value_parser = clock)]
    now: Option<Clock>,

    /// How far a signed time may be from the clock, in seconds. Without it: 300.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    tolerance: Option<Duration>,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    previous: PreviousSecrets,

    #[command(flatten)]
    token: TokenOptions,
}

/// What a secret is called that stands in the capture.
const CAPTURE: &str = "capture";

#[derive(Clone, Copy, Debug)]
enum Clock {
    At(UnixTime),
    Now,
}

fn clock(text: &str) -> Result<Clock, String> {
    if text == "now" { Ok(Clock::Now) } else { unix_time(text).map(Clock::At) }
}

/// What was read: the delivery, and all by which it is judged.
pub(crate) struct Evidence {
    pub(crate) capture: Capture,
    pub(crate) sender: Sender,
    /// By which it is judged, unless nobody knows.
    pub(crate) now: Option<UnixTime>,
    pub(crate) tolerance: Option<Duration>,
    pub(crate) secret: SecretBytes,
    /// What the secret is called: `capture` if it stands there, where anybody can have written it.
    pub(crate) label: &'static str,
    pub(crate) previous: Vec<(String, SecretBytes)>,
    pub(crate) token: Option<SecretBytes>,
    /// Whether the body is another one than stands in the input.
    is_restored: bool,
}

impl Case {
    /// Reads everything.
    pub(crate) fn read(self) -> Result<Evidence, Error> {
        let Self { capture: path, entry, sender, now: clock, tolerance, secret, previous, token } =
            self;
        // One more, so that a larger one is refused and not cut off.
        let most = u64::try_from(Capture::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let text = read(&path, most)?;
        let capture = match entry {
            Some(number) => Capture::read_entry(&text, number),
            None => Capture::read(&text),
        };
        let capture = capture.map_err(|error| Error::Capture { path: path.clone(), error })?;
        let sender =
            sender.or_else(|| capture.known_sender()).ok_or(Error::SenderUnknown { path })?;
        let now = match clock {
            Some(Clock::Now) => Some(now()?),
            Some(Clock::At(time)) => Some(time),
            None => capture.received_at,
        };
        let (label, secret) = match &capture.secret {
            // Last of all, or whoever forges a delivery would bring the secret that it verifies with.
            Some(own) if !secret.is_given(sender) => (CAPTURE, SecretBytes::new(own.as_str())?),
            _ => ("current", secret.read(sender)?),
        };
        let previous = (1..).map(|number| format!("previous-{number}")).zip(previous.read()?);
        let token = token.read(sender)?;
        Ok(Evidence {
            previous: previous.collect(),
            capture,
            sender,
            now,
            tolerance,
            secret,
            label,
            token,
            is_restored: false,
        }
        .restored())
    }
}

impl Evidence {
    /// Makes the verifier that a receiver with these settings would have.
    pub(crate) fn verifier(&self) -> Result<Verifier, Error> {
        let builder =
            Verifier::builder(self.sender).secret_named(self.label, self.secret.to_secret()?);
        let mut builder = self.previous.iter().try_fold(builder, |builder, (label, secret)| {
            Ok::<_, Error>(builder.secret_named(label, secret.to_secret()?))
        })?;
        if let Some(token) = &self.token {
            builder = builder.bearer(token);
        }
        if let Some(tolerance) = self.tolerance {
            builder = builder.tolerance(tolerance);
        }
        Ok(builder.build()?)
    }

    /// What to know of the capture, and of a delivery that is verified.
    pub(crate) fn notes(&self, is_verified: bool) -> Vec<String> {
        let own = "verified with the secret that stands in the capture, which shows nothing about \
                   who sent it; give the sender's, as with `--secret-file FILE`";
        let ageless = "its age was not judged, for when it was received is not known; give that \
                       time with `--now SECONDS`, or `--now now`";
        let is_ageless = self.now.is_none() && self.sender.timestamp_header().is_some();
        let restored = "the body was put back as the signature shows that it was sent";
        let notes =
            [(self.is_restored, restored), (self.label == CAPTURE, own), (is_ageless, ageless)];
        let notes = notes.into_iter().filter(|(applies, _)| *applies && is_verified);
        let read = self.capture.notes.iter().map(shown);
        read.chain(notes.map(|(_, note)| note.to_owned())).collect()
    }

    /// Asks why it does not verify.
    pub(crate) fn explainer(&self) -> Explainer<'_> {
        let mut explainer = Explainer::new(&self.capture.request, self.now)
            .sender(self.sender)
            .secret(self.label, &self.secret);
        for (label, secret) in &self.previous {
            explainer = explainer.previous_secret(label, secret);
        }
        if let Some(token) = &self.token {
            explainer = explainer.bearer(token);
        }
        if let Some(tolerance) = self.tolerance {
            explainer = explainer.tolerance(tolerance);
        }
        explainer
    }

    /// Puts the body back that a tool wrote anew when it printed it, if the signature shows what it was.
    fn restored(mut self) -> Self {
        if !self.doubts().is_empty() {
            let explanation = self.explainer().explain();
            let is_only_body = explanation.causes().all(|cause| cause.family() == Family::Body);
            let body = explanation.signed_body().filter(|_| is_only_body).map(<[u8]>::to_vec);
            if let Some(body) = body {
                self.capture.request.body = body;
                self.capture.notes.retain(|note| !matches!(note, Note::LengthDiffers { .. }));
                self.is_restored = true;
            }
        }
        self
    }

    /// Those of the notes that say that a tool changed what it printed.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let is_doubt = |note: &&Note| matches!(note, Note::Reformatted { .. });
        self.capture.notes.iter().filter(is_doubt).map(shown).collect()
    }

    /// The clock to judge by. Where none is known, it is the time that was signed.
    pub(crate) fn clock(&self) -> Result<UnixTime, Error> {
        let signed = || {
            let value = self.capture.request.header(self.sender.timestamp_header()?).next()?;
            core::str::from_utf8(value).ok()?.parse().ok().map(UnixTime::from_secs)
        };
        self.now.or_else(signed).map_or_else(now, Ok)
    }
}

fn shown(note: &Note) -> String {
    Shown(note.to_string().as_bytes()).to_string()
}
