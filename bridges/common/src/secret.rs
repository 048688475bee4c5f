use core::fmt;
use std::{env, fs};

use toml::Spanned;

use crate::{Lines, Mistake};

/// Where a secret is: in a variable of the environment, or in a file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'f> {
    /// The name of the variable.
    pub env: &'f Option<Spanned<String>>,
    /// The path of the file.
    pub file: &'f Option<Spanned<String>>,
}

/// A secret, and what in the settings named it.
pub struct NamedSecret<'f> {
    /// The secret.
    pub value: String,
    /// The name of its variable, or the path of its file.
    pub place: &'f Spanned<String>,
}

impl<'f> Source<'f> {
    /// Returns what names it.
    #[must_use]
    pub fn place(&self) -> Option<&'f Spanned<String>> {
        self.env.as_ref().or(self.file.as_ref())
    }

    /// Reads the secret, if it is named. Exactly one newline at the end of a file is dropped, because
    /// editors add one. Everything else counts.
    ///
    /// # Errors
    ///
    /// Both are named, or the named one does not exist or is not UTF-8.
    pub fn read(&self, lines: &Lines) -> Result<Option<NamedSecret<'f>>, Mistake> {
        let (value, place) = match (self.env, self.file) {
            (None, None) => return Ok(None),
            (Some(_), Some(file)) => {
                return Err(lines.at(file, "a variable and a file for the same secret: keep one"));
            }
            // Neither is repeated: somebody may have typed the secret itself.
            (Some(name), None) if !is_variable(name.as_ref()) => {
                let text = "not a name of a variable: capital letters, digits and `_`";
                return Err(lines.at(name, text));
            }
            (None, Some(path)) => {
                let text = fs::read_to_string(path.as_ref());
                let text = text
                    .map_err(|error| lines.at(path, format!("the file cannot be read: {error}")))?;
                (without_newline(text), path)
            }
            (Some(name), None) => {
                let value = env::var(name.as_ref()).map_err(|error| {
                    // The error itself could print the value.
                    let what = match error {
                        env::VarError::NotPresent => "is not set in the environment",
                        env::VarError::NotUnicode(_) => "is not UTF-8",
                    };
                    lines.at(name, format!("`{}` {what}", name.as_ref()))
                })?;
                (value, name)
            }
        };
        Ok(Some(NamedSecret { value, place }))
    }
}

fn without_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        text.truncate(text.strip_suffix('\r').unwrap_or(&text).len());
    }
    text
}

fn is_variable(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(is_plain)
}

impl fmt::Debug for NamedSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedSecret").field("place", self.place).finish_non_exhaustive()
    }
}
