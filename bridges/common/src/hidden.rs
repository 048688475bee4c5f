//! Text of others that would not show what it is.

use core::fmt::Write as _;

/// Returns whether a character does something other than show: controls, characters that Unicode lets
/// programs ignore (`Default_Ignorable_Code_Point`: fillers, joiners, what reverses the direction of
/// text), separators of lines, annotations, and the empty Braille pattern.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the same JSON for a terminal: what [`is_hidden`] in its strings is escaped.
#[must_use]
pub fn printable_json(json: &str) -> String {
    let mut printable = String::with_capacity(json.len());
    for char in json.chars() {
        // A line break stands between values: JSON has those in its strings escaped.
        if is_hidden(char) && char != '\n' {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(printable, "\\u{unit:04x}");
            }
        } else {
            printable.push(char);
        }
    }
    printable
}

/// Returns what somebody typed, for a terminal or a log.
pub(crate) fn printable(text: &str) -> String {
    const MOST: usize = 80;
    text.chars().take(MOST).map(|char| if is_hidden(char) { '?' } else { char }).collect()
}
