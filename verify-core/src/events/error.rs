use core::{fmt, str::Utf8Error};

use serde_json::error::Category;

/// Why a body could not be read as an event. It names the event and the field, and holds no byte of
/// the body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventError(Problem);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Problem {
    Field { event: &'static str, field: &'static str, misfit: Option<Misfit> },
    Json { what: &'static str, line: usize, column: usize },
    NoObject,
    Sender,
    Utf8 { valid: usize },
}

/// What is wrong with the value of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Misfit {
    /// Where within the field: the place in a list, and the name there.
    pub(crate) item: Option<(usize, Option<&'static str>)>,
    /// What should stand there.
    pub(crate) expected: &'static str,
}

/// Where a field stands, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The event's name, or nothing.
    pub(crate) event: &'static str,
    /// The field's name, with the names of what it stands in.
    pub(crate) field: &'static str,
}

impl EventError {
    /// Returns the name of the event, as its sender calls it, if it was read.
    #[must_use]
    pub const fn event(&self) -> Option<&'static str> {
        match self.0 {
            Problem::Field { event, .. } if !event.is_empty() => Some(event),
            _ => None,
        }
    }

    /// Returns the field that is missing or has the wrong type, if that is the reason.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self.0 {
            Problem::Field { field, .. } => Some(field),
            Problem::Json { .. } | Problem::NoObject | Problem::Sender | Problem::Utf8 { .. } => {
                None
            }
        }
    }

    pub(crate) const fn no_object() -> Self {
        Self(Problem::NoObject)
    }

    pub(crate) const fn sender() -> Self {
        Self(Problem::Sender)
    }

    pub(crate) const fn missing(Place { event, field }: Place) -> Self {
        Self(Problem::Field { event, field, misfit: None })
    }

    pub(crate) const fn misfit(Place { event, field }: Place, misfit: Misfit) -> Self {
        Self(Problem::Field { event, field, misfit: Some(misfit) })
    }
}

impl Misfit {
    pub(crate) const fn new(expected: &'static str) -> Self {
        Self { item: None, expected }
    }

    /// The same in a part of an item of a list.
    pub(crate) fn in_item(self, index: usize) -> Self {
        let name = self.item.and_then(|(_, name)| name);
        Self { item: Some((index, name)), ..self }
    }

    /// The same in a part of an object.
    pub(crate) const fn in_part(self, name: &'static str) -> Self {
        Self { item: Some((0, Some(name))), ..self }
    }
}

// Not `From`: the parser is no part of what this crate promises.
impl EventError {
    /// Keeps where the parser stopped. What it says may quote the body, and is dropped.
    pub(crate) fn json(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            Category::Data => "body does not have the right shape",
            Category::Eof => "body is JSON that breaks off",
            Category::Io | Category::Syntax => "body is not JSON",
        };
        Self(Problem::Json { what, line: error.line(), column: error.column() })
    }

    pub(crate) const fn utf8(error: Utf8Error) -> Self {
        Self(Problem::Utf8 { valid: error.valid_up_to() })
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (event, field, misfit) = match self.0 {
            Problem::Json { what, line, column } => {
                return write!(f, "{what}: line {line}, column {column}");
            }
            Problem::NoObject => return f.write_str("body is not a JSON object"),
            Problem::Sender => {
                return f.write_str(
                    "events of this sender are not known: read the body into a type of your own",
                );
            }
            Problem::Utf8 { valid } => return write!(f, "body is not UTF-8 after byte {valid}"),
            Problem::Field { event, field, misfit } => (event, field, misfit),
        };
        if !event.is_empty() {
            write!(f, "`{event}`: ")?;
        }
        write!(f, "`{field}")?;
        if let Some((index, name)) = misfit.and_then(|misfit| misfit.item) {
            write!(f, "[{index}]")?;
            if let Some(name) = name {
                write!(f, ".{name}")?;
            }
        }
        match misfit {
            Some(Misfit { expected, .. }) => write!(f, "`: expected {expected}"),
            None => f.write_str("`: missing"),
        }
    }
}

impl core::error::Error for EventError {}
