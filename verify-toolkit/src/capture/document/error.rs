use core::fmt;

use super::{
    body::Lack,
    literal::{DEEPEST, MOST, Problem},
};

/// Why a text is not JSON, or not that of a capture, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JsonError(Wrong);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Wrong {
    Field { name: String, expected: &'static str },
    Syntax { line: usize, column: usize, problem: Syntax },
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Syntax {
    Cut,
    Deep,
    Many,
    NotUtf8,
    Unexpected(char),
}

impl From<Problem> for Syntax {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Cut => Self::Cut,
            Problem::Deep => Self::Deep,
            Problem::Many => Self::Many,
            Problem::Unexpected(c) => Self::Unexpected(c),
        }
    }
}

impl JsonError {
    /// Something wrong at this place of a text, in bytes.
    pub(super) fn at(text: &str, at: usize, problem: Syntax) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self(Wrong::Syntax { line, column, problem })
    }

    /// A field that is not there, or holds something else.
    pub(in crate::capture) fn field(name: impl Into<String>, expected: &'static str) -> Self {
        Self(Wrong::Field { name: name.into(), expected })
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Wrong::Field { name, expected } => write!(f, "field `{name}` should hold {expected}"),
            Wrong::Syntax { line, column, problem } => {
                write!(f, "line {line}, column {column}: ")?;
                match problem {
                    Syntax::Cut => f.write_str("the text ends in the middle of a value: copy all of it"),
                    Syntax::Deep => write!(f, "nested deeper than {DEEPEST} levels: cut out the one request"),
                    Syntax::Many => write!(f, "more than {MOST} values: cut out the one request"),
                    Syntax::NotUtf8 => f.write_str("not UTF-8: save the file as UTF-8"),
                    Syntax::Unexpected('\n') => f.write_str(
                        "a line end inside quotes: join this line and the next, if a terminal wrapped them",
                    ),
                    Syntax::Unexpected(c) => {
                        write!(f, "`{c}` cannot stand here: copy the text as it was written, from its first bracket to its last")
                    }
                }
            }
        }
    }
}

impl core::error::Error for JsonError {}

/// Why a request has no raw body, and how to record one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BodyError {
    pub(super) entry: Option<usize>,
    pub(super) format: &'static str,
    pub(super) field: String,
    pub(super) lack: Lack,
    pub(super) remedy: &'static str,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entry, format, field, lack, remedy } = self;
        write!(f, "{format}: ")?;
        if let Some(entry) = entry {
            write!(f, "request {entry}: ")?;
        }
        match lack {
            Lack::Base64 => {
                write!(f, "`{field}` is not the base64 that it is said to be: copy all of it")
            }
            Lack::Cut => write!(f, "`{field}` was cut off when it was printed: {remedy}"),
            Lack::Http => {
                write!(f, "`{field}` is not a whole HTTP request in base64: copy all of it")
            }
            Lack::Missing => {
                write!(f, "the body was not recorded, there is no `{field}`: {remedy}")
            }
            Lack::Parsed => write!(
                f,
                "the raw body, which was signed, is not in it: `{field}` holds only what a program parsed: {remedy}"
            ),
        }
    }
}

impl core::error::Error for BodyError {}
