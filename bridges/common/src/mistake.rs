use core::{error::Error, fmt};
use std::path::{Path, PathBuf};

use toml::Spanned;

/// What is wrong with the settings: where, and what to do.
#[derive(Debug, Eq, PartialEq)]
pub struct Mistake {
    file: PathBuf,
    line: Option<usize>,
    text: String,
}

impl Mistake {
    pub(crate) fn new(file: &Path, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.text)
    }
}

impl Error for Mistake {}

impl From<Mistake> for String {
    fn from(mistake: Mistake) -> Self {
        mistake.to_string()
    }
}

/// Where the lines of the file begin.
#[derive(Debug)]
pub struct Lines {
    file: PathBuf,
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(file: &Path, text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(end, _)| end + 1);
        Self { file: file.to_owned(), starts: core::iter::once(0).chain(starts).collect() }
    }

    /// Makes a mistake at a byte of the file, or in the file as a whole.
    #[must_use]
    pub fn mistake(&self, at: Option<usize>, text: impl Into<String>) -> Mistake {
        let line = at.map(|at| self.starts.partition_point(|start| *start <= at));
        Mistake { file: self.file.clone(), line, text: text.into() }
    }

    /// Makes a mistake in a value.
    #[must_use]
    pub fn at<T>(&self, value: &Spanned<T>, text: impl Into<String>) -> Mistake {
        self.mistake(Some(value.span().start), text)
    }
}
