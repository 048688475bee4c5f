use core::fmt;

/// Why a `curl` command does not say what it sends, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CurlError {
    /// What is wrong.
    pub problem: CurlProblem,
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
}

/// What is wrong with a `curl` command.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CurlProblem {
    /// A command in `$(..)` or backticks, whose output a shell would put in its place.
    CommandOpen,
    /// The options are read from a file, as with `-K`.
    ConfigFile,
    /// Something else that a shell would put something in place of.
    Expansion,
    /// Something is read from a file, such as `-d @body.json`.
    File,
    /// The lines of `<<'END'` are not there, or no base64.
    Input,
    /// The line that ends the text after `<<` is missing.
    LinesOpen,
    /// An option's value or a name is not UTF-8.
    NotUtf8,
    /// curl would ask for the password.
    Prompt,
    /// A quote is not closed.
    QuoteOpen,
    /// More words than any command has.
    TooManyWords,
    /// An option that is not known: whether a value follows it cannot be told.
    UnknownOption,
    /// An option after which the body cannot be told, such as a form upload.
    Unsupported,
    /// There is no URL.
    UrlMissing,
    /// There are two URLs.
    UrlRepeated,
    /// An option lacks its value.
    ValueMissing,
    /// A variable of a shell that the text gives no value.
    VariableOpen {
        /// Its name.
        name: String,
    },
    /// The quoting of Windows' `cmd` or of PowerShell.
    WindowsQuoting,
}

impl CurlError {
    pub(super) fn at(text: &[u8], at: usize, problem: CurlProblem) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self { problem, line, column }
    }
}

impl fmt::Display for CurlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.problem)
    }
}

impl fmt::Display for CurlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CommandOpen => {
                "a shell would run this command and put its output here, and the output is not in the text: \
                 put the output in its place, in single quotes"
            }
            Self::ConfigFile => {
                "the command reads its options from a file: give the content of that file instead"
            }
            Self::Expansion => {
                "a shell would put something in place of this: write out what it stands for, in single \
                 quotes"
            }
            Self::File => "the command reads a file: put its content here, as `--data-raw '..'`",
            Self::Input => "no base64 up to a line `END` follows: paste the whole command",
            Self::LinesOpen => {
                "the line that ends what stands behind `<<` is missing: paste the whole command"
            }
            Self::NotUtf8 => "not UTF-8: take the text of the request or a HAR file instead",
            Self::Prompt => "curl would ask for the password: write `user:password`",
            Self::QuoteOpen => "quote is not closed: paste the whole command",
            Self::TooManyWords => {
                "the command has more than 10000 words: give the one command, or the text of the request"
            }
            Self::UnknownOption => {
                "option is not known: leave it out if it does not change what is sent"
            }
            Self::Unsupported => {
                "what this option sends cannot be told from the command: take the text of the request or a \
                 HAR file instead"
            }
            Self::UrlMissing => "no URL: paste the whole command",
            Self::UrlRepeated => "a second URL: keep one, and quote it",
            Self::ValueMissing => "option has no value: paste the whole command",
            Self::VariableOpen { name } => {
                return write!(
                    f,
                    "the value of the shell's variable `{name:.80}` is not in the text: put the value in its \
                     place, in single quotes"
                );
            }
            Self::WindowsQuoting => {
                "quoted for Windows' cmd or PowerShell: take `copy as cURL (bash)` instead"
            }
        })
    }
}

impl core::error::Error for CurlError {}
