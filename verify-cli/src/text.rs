//! Text that others wrote, made safe for a terminal.

use core::fmt::{self, Write as _};

/// Bytes that others wrote, on one line: whatever could move a cursor, colour a line, reverse its
/// direction or end it is shown as an escape, and so are bytes that are not UTF-8.
pub(crate) struct Shown<'t>(pub(crate) &'t [u8]);

impl Shown<'_> {
    /// Escapes the text of a JSON document in the way of JSON.
    pub(crate) fn json(text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for char in text.chars() {
            if is_harmless(char) {
                escaped.push(char);
            } else {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
        escaped
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for char in chunk.valid().chars() {
                if is_harmless(char) {
                    f.write_char(char)?
                } else {
                    char.escape_default().fmt(f)?
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

/// A text of several lines that others wrote, each indented. What is very long is cut off.
pub(crate) fn indented(text: &[u8]) -> String {
    const MOST: usize = 4096;
    let (start, rest) = text.split_at_checked(MOST).unwrap_or((text, b""));
    let mut lines = String::new();
    for line in start.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let _ = writeln!(lines, "  {}", Shown(line));
    }
    if !rest.is_empty() {
        let _ = writeln!(lines, "  (and {} bytes)", rest.len());
    }
    lines
}

/// A text of our own with others' in it: its line breaks stay.
pub(crate) fn lines(text: &[u8]) -> String {
    let shown: Vec<_> = text.split(|byte| *byte == b'\n').map(|l| Shown(l).to_string()).collect();
    shown.join("\n")
}

/// Quotes a name or a path for a shell, if it has to be.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "_-./:".contains(char);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Whether a terminal shows a character, and does nothing else with it.
fn is_harmless(char: char) -> bool {
    let is_hidden = matches!(char,
        // Zero width, and the direction of writing.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !char.is_control() && !is_hidden
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn a_terminal_is_told_nothing_but_text() {
        let shown = |bytes: &[u8]| Shown(bytes).to_string();
        assert_eq!(
            shown("a \u{e9} \u{4f60} {\"b\": 'c\\'}".as_bytes()),
            "a \u{e9} \u{4f60} {\"b\": 'c\\'}"
        );
        assert_eq!(shown(b"\x1b[31mred\x1b]0;title\x07"), r"\u{1b}[31mred\u{1b}]0;title\u{7}");
        assert_eq!(shown(b"one\r\ntwo\tthree\0\x7f"), r"one\r\ntwo\tthree\u{0}\u{7f}");
        assert_eq!(
            shown("\u{9b}31m\u{202e}txt\u{2066}".as_bytes()),
            r"\u{9b}31m\u{202e}txt\u{2066}"
        );
        assert_eq!(shown(b"\xff\x9b31m"), r"\xff\x9b31m");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a": "\u{1b}[31m\u{9b}\u{7f}\u{202e}\u{e0001}\u{e9}"});
        let shown = Shown::json(&value.to_string());
        assert_eq!(shown, r#"{"a":"\u001b[31m\u009b\u007f\u202e\udb40\udc01é"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
