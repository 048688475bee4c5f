//! Words of a command line that means the same to every shell, or nothing.
//!
//! Shells disagree about quotes. In single quotes fish takes a backslash for an escape, csh takes `!`
//! for its history and a line end for the end of the command, PowerShell takes \u{2019} for the end of
//! the quotes; cmd.exe knows no single quotes at all. So only letters that none of them takes for
//! anything stand in quotes, and all else is written in base64, which consists of such letters.

use base64ct::{Base64, Encoding as _};

/// What may stand in single quotes, besides ASCII's letters and digits.
const PLAIN: &[u8] = b" ()*+,-./:;=?@[]_{}~";

/// Quotes a word. What is not plain is decoded by the shell: in double quotes `$(..)` is understood by
/// POSIX shells, zsh, fish and PowerShell, refused by csh and old versions of fish, and text to cmd.exe.
pub(super) fn word(bytes: &[u8]) -> String {
    if is_plain(bytes, b"") {
        format!("'{}'", String::from_utf8_lossy(bytes))
    } else {
        format!("\"$({})\"", decoded(bytes))
    }
}

/// Quotes the last word of a command, if it may hold double quotes.
pub(super) fn last_word(bytes: &[u8]) -> Option<String> {
    is_plain(bytes, b"\"").then(|| format!("'{}'", String::from_utf8_lossy(bytes)))
}

/// A command that prints these bytes.
pub(super) fn decoded(bytes: &[u8]) -> String {
    format!("echo '{}' | base64 -d", Base64::encode_string(bytes))
}

/// Whether every shell takes it for itself in single quotes, with `more` letters than [`PLAIN`].
///
/// On Windows it is the program that splits its command line at spaces, and not all shells there quote
/// it for the program. So no word of it may look like an option.
fn is_plain(bytes: &[u8], more: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || PLAIN.contains(b) || more.contains(b);
    let words = bytes.split(|byte| *byte == b' ').skip(1);
    let is_option = |word: &[u8]| word.iter().find(|b| **b != b'"') == Some(&b'-');
    bytes.iter().all(is_plain) && !words.into_iter().any(is_option)
}
