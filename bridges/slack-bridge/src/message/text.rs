//! Text that others wrote, made inert for Slack.
//!
//! Slack takes `&`, `<` and `>` for the beginning of links and mentions, in every kind of text, and
//! shows their entities as what they stand for. All else is shown as it is in `plain_text`, which is
//! the only kind that others' text is put into.

use core::fmt::{self, Write as _};

use bridge_common::is_hidden;

/// Escapes a text, and cuts it off so that no more than `most` characters are sent. Line breaks are kept
/// if it may have several lines.
pub(super) fn escaped(text: &str, most: usize, lines: Lines) -> String {
    let mut sent = Bounded { text: String::new(), left: most.saturating_sub(ELLIPSIS_LENGTH) };
    // Whoever reads it has seen enough.
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let written = match char {
            '&' => sent.write_str("&amp;"),
            '<' => sent.write_str("&lt;"),
            '>' => sent.write_str("&gt;"),
            '\n' if lines == Lines::Several => sent.write_char('\n'),
            '\r' if lines == Lines::Several && chars.peek() == Some(&'\n') => Ok(()),
            '\n' | '\r' | '\t' => sent.write_char(' '),
            char if is_hidden(char) => {
                let escape: String = char.escape_unicode().collect();
                sent.write_str(&escape)
            }
            char => sent.write_char(char),
        };
        if written.is_err() {
            sent.text.push_str(ELLIPSIS);
            break;
        }
    }
    sent.text
}

/// How many lines a text may have.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Lines {
    One,
    Several,
}

const ELLIPSIS: &str = "\u{2026}";
const ELLIPSIS_LENGTH: usize = 1;

/// Takes whole pieces, up to a number of characters. Counts as JavaScript does, two for one beyond the
/// basic plane, which is never fewer than Slack counts.
struct Bounded {
    text: String,
    left: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let length = piece.encode_utf16().count();
        self.left = self.left.checked_sub(length).ok_or(fmt::Error)?;
        self.text.push_str(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, escaped};

    #[test]
    fn nothing_is_left_that_slack_would_act_upon() {
        let one = |text| escaped(text, 1000, Lines::One);
        assert_eq!(one("<!channel> & <@U1|x>"), "&lt;!channel&gt; &amp; &lt;@U1|x&gt;");
        assert_eq!(one("&lt;!here&gt;"), "&amp;lt;!here&amp;gt;");
        assert_eq!(one("a\r\nb\tc"), "a  b c");
        assert_eq!(one("\u{202e}txt.exe\0\u{1b}[2J\u{85}"), r"\u{202e}txt.exe\u{0}\u{1b}[2J\u{85}");
        assert_eq!(one("zero\u{200b}width \u{e0041}"), r"zero\u{200b}width \u{e0041}");
        assert_eq!(one("a\u{3164}b\u{e0100}"), r"a\u{3164}b\u{e0100}");
        assert_eq!(one("naïve 你好 👋"), "naïve 你好 👋");
        assert_eq!(escaped("a\r\nb\rc\nd", 1000, Lines::Several), "a\nb c\nd");
    }

    #[test]
    fn the_limit_holds_for_what_is_sent_and_cuts_no_entity() {
        for (text, most, expected) in [
            ("abc", 4, "abc"),
            ("abc", 3, "ab\u{2026}"),
            ("<<<", 9, "&lt;&lt;\u{2026}"),
            ("<<<", 8, "&lt;\u{2026}"),
            ("a\u{1f44b}", 3, "a\u{2026}"),
            ("a\u{1f44b}", 4, "a\u{1f44b}"),
            ("", 4, ""),
        ] {
            assert_eq!(escaped(text, most, Lines::One), expected, "{text}");
        }
        let long = escaped(&"<\u{202e}\u{1f44b}".repeat(700_000), 3000, Lines::Several);
        assert!((2990..=3000).contains(&long.encode_utf16().count()));
    }
}
