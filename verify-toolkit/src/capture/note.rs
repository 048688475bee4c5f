use core::fmt;

/// What to know of a capture besides the request: something in the input that was left out, or that
/// does not fit. The message may quote the input.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// `Content-Length` says another length than that of the body. The body is all that was there.
    LengthDiffers {
        /// What the header says, in bytes.
        announced: usize,
        /// The length of the body, in bytes.
        found: usize,
    },
    /// The line end at the end of the input is not part of the body, because `Content-Length` ends
    /// before it.
    LineEndLeftOut,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
        }
    }
}
