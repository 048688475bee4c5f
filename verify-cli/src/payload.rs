//! What is delivered: who sends it, and which body.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use verify_toolkit::{Delivery, Sender, samples};

use crate::Error;

/// What is delivered.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Payload {
    /// Who sends it.
    #[arg(value_parser = sender_parser())]
    pub(crate) sender: Sender,

    /// The event whose sample is the body, in any case. `verify senders SENDER` lists them.
    #[arg(conflicts_with = "body")]
    event: Option<String>,

    /// Take the body from this file, byte for byte; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
}

/// Reads a sender by its name.
pub(crate) fn sender_parser() -> impl TypedValueParser<Value = Sender> {
    PossibleValuesParser::new(Sender::ALL.iter().map(Sender::name)).try_map(|name| {
        Sender::ALL.iter().find(|sender| sender.name() == name).copied().ok_or("no such sender")
    })
}

impl Payload {
    /// Makes the delivery, to be signed.
    pub(crate) fn delivery(&self) -> Result<Delivery, Error> {
        let sender = self.sender;
        let body = match (&self.body, &self.event) {
            (Some(path), _) => read(path)?,
            (None, Some(event)) => {
                let named = |sample: &&samples::Sample| sample.event.eq_ignore_ascii_case(event);
                let sample = samples::of(sender.name()).find(named);
                let unknown = || Error::EventUnknown { sender, event: event.clone() };
                sample.ok_or_else(unknown)?.body.as_bytes().to_vec()
            }
            (None, None) => return Err(Error::EventMissing { sender }),
        };
        Ok(Delivery::new(sender, body))
    }
}

/// Reads a file, or standard input where it is called `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let content = if path == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().lock().read_to_end(&mut content).map(|_| content)
    } else {
        fs::read(path)
    };
    content.map_err(|error| Error::File { path: path.to_owned(), error })
}
