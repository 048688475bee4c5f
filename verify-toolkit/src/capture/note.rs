use core::fmt;

/// What you should know about a capture besides the request: something in the input was left out,
/// or does not fit. The message may quote the input.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// An answer stands behind the request.
    AnswerLeftOut,
    /// The body was written in another form, and was decoded to its bytes.
    BodyUndone {
        /// The form, as people call it.
        form: &'static str,
    },
    /// The lines end in carriage returns alone, and were read as lines.
    CarriageReturns,
    /// Colour codes of a terminal were left out.
    Colours,
    /// `Content-Length` differs from the length of the body. The body is everything that was there.
    LengthDiffers {
        /// What the header says, in bytes.
        announced: usize,
        /// The length of the body, in bytes.
        found: usize,
    },
    /// The line end at the end of the input is not part of the body, because `Content-Length` ends
    /// before it.
    LineEndLeftOut,
    /// There are more requests than the one that was read.
    MoreRequests {
        /// Which one was read, from 1: the number for [`read_entry`](super::Capture::read_entry).
        entry: usize,
        /// How many there are.
        found: usize,
        /// How many have a signature header that a sender uses.
        signed: usize,
    },
    /// The lines had something in front, which was taken off.
    PrefixTakenOff {
        /// What stood in front of the first line. Numbers in it may differ from line to line.
        prefix: String,
        /// How many lines had it not, and were left out.
        lines_left_out: usize,
    },
    /// A tool printed the request.
    PrintedBy {
        /// The tool, as people call it.
        tool: &'static str,
        /// What the tool changes, and how to get the bytes as they were. Empty if it changes nothing.
        remedy: &'static str,
    },
    /// The text is quoted-printable, as mail has it, and was read as what it was before.
    QuotedPrintable,
    /// A tool printed the request, and wrote its JSON anew.
    Reformatted {
        /// The tool, as people call it.
        tool: &'static str,
        /// What the tool changes, and how to get the bytes as they were.
        remedy: &'static str,
    },
    /// The text after the body was left out, because `Content-Length` ends before it and the body is complete.
    TextLeftOut {
        /// What it was.
        text: String,
    },
    /// The input is UTF-16, and was read as the UTF-8 that it was before.
    Utf16,
    /// A variable of an `.http` file has no value in the file.
    VariableOpen {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyUndone { form } => {
                write!(f, "the body stands here as {form}, and was read as the bytes that it stands for")
            }
            Self::AnswerLeftOut => f.write_str("the answer behind the request was left out"),
            Self::CarriageReturns => f.write_str(
                "the lines end in a carriage return without a line feed; each was read as a line feed",
            ),
            Self::Colours => f.write_str("colours of the terminal were left out"),
            Self::LengthDiffers { announced, found } => {
                let how = if found < announced { "only " } else { "" };
                write!(
                    f,
                    "`Content-Length` says {announced} bytes, and the body here has {how}{found}: it is \
                     judged as it is here"
                )
            }
            Self::LineEndLeftOut => f.write_str(
                "the line end at the end of the input was left out: `Content-Length` ends before it",
            ),
            Self::MoreRequests { entry, found, signed } => write!(
                f,
                "there are more requests: this is number {entry} of {found}, of which {signed} have a signature \
                 header; take another one with `--entry NUMBER`"
            ),
            Self::PrefixTakenOff { prefix, lines_left_out } => {
                let prefix = prefix.chars().take(80).collect::<String>();
                if prefix.trim().is_empty() {
                    f.write_str("the indentation of the lines was taken off")?;
                } else {
                    write!(f, "what stands in front of the lines was taken off: `{prefix}`")?;
                }
                match lines_left_out {
                    0 => Ok(()),
                    1 => f.write_str("; 1 line without it was left out"),
                    more => write!(f, "; {more} lines without it were left out"),
                }
            }
            Self::PrintedBy { tool, remedy: "" } => write!(f, "recognised: {tool}"),
            Self::PrintedBy { tool, remedy } => {
                write!(f, "recognised: {tool}. If it does not verify: {remedy}")
            }
            Self::QuotedPrintable => f.write_str(
                "the input is quoted-printable, as mail has it, and was read as what it was before",
            ),
            Self::Reformatted { tool, remedy } => {
                write!(f, "{tool} does not print the body as it was sent: {remedy}")
            }
            Self::TextLeftOut { text } => {
                let text = text.lines().next().unwrap_or_default().chars().take(80).collect::<String>();
                write!(
                    f,
                    "what stands behind the body was left out, because `Content-Length` ends before it: `{text}`"
                )
            }
            Self::Utf16 => f.write_str(
                "the input is UTF-16, as `>` of PowerShell writes it, and was read as UTF-8",
            ),
            Self::VariableOpen { name } => write!(
                f,
                "the variable `{{{{{name}}}}}` has no value in this file: put the value in its place"
            ),
        }
    }
}
