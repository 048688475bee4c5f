use super::super::Cause;

/// White space between tokens.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Space {
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    /// The line end and the indent of one level, if each value has a line of its own.
    pub(super) lines: Option<(&'static str, &'static str)>,
    /// Whether lists stay on their line, as Jackson writes them.
    pub(super) lists_on_a_line: bool,
    pub(super) cause: Cause,
}

const fn flat(comma: &'static str, colon: &'static str, cause: Cause) -> Space {
    Space { comma, colon, lines: None, lists_on_a_line: false, cause }
}

const fn indented(end: &'static str, indent: &'static str) -> Space {
    Space {
        comma: ",",
        colon: ": ",
        lines: Some((end, indent)),
        lists_on_a_line: false,
        cause: Cause::BodyJsonIndented,
    }
}

const fn jackson(end: &'static str) -> Space {
    Space { colon: " : ", lists_on_a_line: true, ..indented(end, "  ") }
}

/// What libraries write, the most usual first.
pub(super) static SPACES: [Space; 18] = [
    flat(",", ":", Cause::BodyJsonCompact),
    flat(", ", ": ", Cause::BodyJsonSpaced),
    indented("\n", "  "),
    indented("\n", "    "),
    indented("\n", "\t"),
    flat(",", ": ", Cause::BodyJsonSpaced),
    flat(", ", ":", Cause::BodyJsonSpaced),
    flat(", ", " : ", Cause::BodyJsonSpaced),
    jackson("\n"),
    indented("\n", " "),
    indented("\n", "   "),
    indented("\n", "        "),
    indented("\n", ""),
    indented("\r\n", "  "),
    indented("\r\n", "    "),
    indented("\r\n", "\t"),
    jackson("\r\n"),
    indented("\r\n", ""),
];
