use core::{error::Error, fmt};
use std::path::{Path, PathBuf};

use toml::Spanned;

/// One or several mistakes in the settings, each on a line of its own: where it is, and what to do.
#[derive(Debug, Eq, PartialEq)]
pub struct Mistake {
    file: PathBuf,
    line: Option<usize>,
    text: String,
    others: Vec<Mistake>,
}

impl Mistake {
    pub(crate) fn new(file: &Path, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, text: text.into(), others: Vec::new() }
    }

    /// Returns all results, or all mistakes.
    ///
    /// # Errors
    ///
    /// One of them has a mistake.
    pub fn every<T, C: FromIterator<T>>(
        results: impl IntoIterator<Item = Result<T, Self>>,
    ) -> Result<C, Self> {
        let first = Ok(Vec::new());
        let all = results.into_iter().fold(first, |all, result| {
            let (mut all, value) = Self::both(all, result)?;
            all.push(value);
            Ok(all)
        });
        Ok(all?.into_iter().collect())
    }

    /// Returns both results, or all mistakes.
    ///
    /// # Errors
    ///
    /// One of them has a mistake.
    pub fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(mut one), Err(mut other)) => {
                one.others.append(&mut other.others);
                one.others.push(other);
                Err(one)
            }
            (Err(mistake), Ok(_)) | (Ok(_), Err(mistake)) => Err(mistake),
        }
    }
}

impl Mistake {
    /// Returns a line for each mistake, in the order of the file.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut all: Vec<_> = core::iter::once(self).chain(&self.others).collect();
        all.sort_by_key(|mistake| mistake.line);
        let say = |Self { file, line, text, .. }: &Self| {
            let line = line.map(|line| format!("{line}:")).unwrap_or_default();
            format!("{}:{line} {text}", file.display())
        };
        all.into_iter().map(say).collect()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
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
        Mistake { file: self.file.clone(), line, text: text.into(), others: Vec::new() }
    }

    /// Says that a running program does not take the change of this setting.
    #[must_use]
    pub fn stays(&self, at: Option<usize>, setting: &str) -> Mistake {
        self.mistake(at, format!("`{setting}` stays as it was until a restart"))
    }

    /// Makes a mistake in a value.
    #[must_use]
    pub fn at<T>(&self, value: &Spanned<T>, text: impl Into<String>) -> Mistake {
        self.mistake(Some(value.span().start), text)
    }
}
