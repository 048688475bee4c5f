//! What is delivered: who sends it, and which body.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{
    Arg, Args,
    builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser},
};
use verify_toolkit::{
    Delivery, Forgery, Sender, SignError, UnixTime, WireRequest,
    samples::{self, Sample},
    template::{self, Values},
};

use crate::{Error, secret::SecretBytes, set::Assignment, text::Shown};

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Payload {
    /// Who sends it.
    #[arg(value_parser = sender_parser())]
    pub(crate) sender: Sender,

    /// The event whose sample is the body, in any case. Without it: the one that people wait for most, such as
    /// `model_version.created`. `verify senders SENDER` lists them.
    #[arg(conflicts_with = "body", value_parser = EventParser, hide_possible_values = true)]
    event: Option<String>,

    /// Take the body from this file, byte for byte; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,

    /// Take the body from this template of a Weights & Biases automation, filled in for the event, or for
    /// LINK_ARTIFACT. `verify template check` says what is wrong with one.
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    template: Option<PathBuf>,

    /// Set a field of the JSON body, as in `data.tags.stage=prod`; its type stays, and one that is not
    /// there is added as a text. `FIELD:=JSON` sets any type. Can be repeated.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<Assignment>,

    /// Send this delivery id, where the sender has one. Without it: a random one for each delivery.
    #[arg(long, value_name = "ID")]
    delivery_id: Option<String>,

    /// Do one thing wrong, which a sound receiver refuses.
    #[arg(long, value_name = "WHAT", value_parser = forgery_parser())]
    pub(crate) forge: Option<Forgery>,
}

/// Reads a sender by its name.
pub(crate) fn sender_parser() -> impl TypedValueParser<Value = Sender> {
    PossibleValuesParser::new(Sender::ALL.iter().map(Sender::name)).try_map(|name| {
        Sender::ALL.iter().find(|sender| sender.name() == name).copied().ok_or("no such sender")
    })
}

/// Takes any text, as the sender is not known here; shells complete it from the events there are.
#[derive(Clone)]
struct EventParser;

impl TypedValueParser for EventParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        Some(Box::new(samples::ALL.iter().map(|sample| PossibleValue::new(sample.event))))
    }
}

fn forgery_parser() -> impl TypedValueParser<Value = Forgery> {
    let value = |forgery: &Forgery| PossibleValue::new(forgery.name()).help(forgery.does());
    PossibleValuesParser::new(Forgery::ALL.iter().map(value)).try_map(|name| {
        Forgery::ALL.iter().find(|forgery| forgery.name() == name).copied().ok_or("no such forgery")
    })
}

impl Payload {
    /// Reads the body, with the fields set.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Error> {
        let sender = self.sender.name();
        let body = match (&self.template, &self.body, &self.event, self.sample()) {
            (Some(path), ..) => self.render(path)?,
            (None, Some(path), ..) => read_body(path)?,
            (None, None, _, Some(sample)) => sample.body.as_bytes().to_vec(),
            (None, None, event, None) => {
                let event = event.clone().unwrap_or_default();
                return Err(Error::EventUnknown { sender, event });
            }
        };
        self.set.iter().try_fold(body, |body, set| {
            let (body, is_new) = set.apply(&body).map_err(Error::Set)?;
            if is_new {
                anstream::eprintln!("{}", Shown(set.note().as_bytes()));
            }
            Ok(body)
        })
    }

    /// Fills a template in.
    fn render(&self, path: &Path) -> Result<Vec<u8>, Error> {
        if self.sender != template::SENDER {
            return Err(Error::TemplateSender { sender: self.sender.name() });
        }
        let event = self.event.as_deref().unwrap_or(template::FIRST_EVENT);
        let values = values_of(event)?;
        Ok(template::render(&read_template(path)?, &values).into_bytes())
    }

    /// Signs the body as the sender does, or as it should not be.
    pub(crate) fn sign(
        &self,
        path: &str,
        body: Vec<u8>,
        secret: &SecretBytes,
        now: UnixTime,
    ) -> Result<WireRequest, SignError> {
        let mut delivery = Delivery::new(self.sender, body).with_path(path);
        if let Some(id) = &self.delivery_id {
            delivery = delivery.with_delivery_id(id);
        }
        match self.forge {
            Some(forgery) => delivery.forge(forgery, secret, now),
            None => delivery.sign(secret, now),
        }
    }

    /// Whether the body is a file as it is, which the user has.
    pub(crate) fn is_file(&self) -> bool {
        self.body.is_some() && self.set.is_empty()
    }

    /// The event, unless the body is one of the user's own.
    pub(crate) fn event(&self) -> Option<&'static str> {
        self.sample().map(|sample| sample.event)
    }

    fn sample(&self) -> Option<&'static Sample> {
        let sender = self.sender.name();
        match &self.event {
            Some(event) => samples::of(sender).find(|s| s.event.eq_ignore_ascii_case(event)),
            None if self.body.is_none() && self.template.is_none() => samples::usual(sender),
            None => None,
        }
    }
}

/// The sample values of an event, in any case.
pub(crate) fn values_of(event: &str) -> Result<Values, Error> {
    let values = Values::of_event(&event.to_ascii_uppercase());
    let unknown =
        || Error::EventUnknown { sender: template::SENDER.name(), event: event.to_owned() };
    values.ok_or_else(unknown)
}

/// Reads a template.
///
/// # Errors
///
/// It is larger than a form takes, or not UTF-8.
pub(crate) fn read_template(path: &Path) -> Result<String, Error> {
    let text = read_template_bytes(path)?;
    String::from_utf8(text).map_err(|_| Error::TemplateUtf8 { path: path.to_owned() })
}

/// Reads the bytes of a template.
pub(crate) fn read_template_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    const MOST: u64 = 1024 * 1024;
    let text = read(path, MOST + 1)?;
    if text.len() as u64 > MOST {
        return Err(Error::TemplateTooLarge { path: path.to_owned() });
    }
    Ok(text)
}

/// Reads a body.
///
/// # Errors
///
/// It is larger than any receiver takes, and may have no end.
pub(crate) fn read_body(path: &Path) -> Result<Vec<u8>, Error> {
    const MOST: u64 = 64 * 1024 * 1024;
    let body = read(path, MOST + 1)?;
    if body.len() as u64 > MOST {
        return Err(Error::BodyTooLarge { path: path.to_owned() });
    }
    Ok(body)
}

/// Reads a file, or standard input where it is called `-`. What is beyond `most` bytes is left, for
/// a file may have no end.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut content)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut content))
    };
    read.map_err(|error| Error::File { path: path.to_owned(), error })?;
    Ok(content)
}
