//! Lines that end between words.

use std::{env, io::IsTerminal};

use terminal_size::{Width, terminal_size};
use textwrap::{
    Options, WordSeparator, WordSplitter, WrapAlgorithm,
    core::{Word, display_width},
};

/// Nobody reads longer lines, and shorter ones have no room for a word.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
/// A line with this indent is there to be copied, and stays whole.
const COPIED: usize = 4;

/// How many characters a line has room for: `COLUMNS`, or what a terminal has. Of a pipe or a file, nobody knows.
pub(crate) fn width(stream: &impl IsTerminal) -> Option<usize> {
    let named = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let own = || terminal_size().filter(|_| stream.is_terminal()).map(|(Width(w), _)| w.into());
    named.or_else(own).map(|width: usize| width.clamp(NARROWEST, WIDEST))
}

/// Breaks lines that are too long, each under its own indent.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let lines: Vec<_> = text.split('\n').map(|line| wrapped_line(line, width)).collect();
    lines.join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    let words = line.trim_start_matches(' ');
    let indent = line.strip_suffix(words).unwrap_or_default();
    if indent.len() >= COPIED || display_width(line) <= width {
        return line.to_owned();
    }
    let options = Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .break_words(false)
        .word_separator(WordSeparator::Custom(split))
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(words, options)
}

/// The words of a line. What stands between back-quotes is to be copied, so it is one.
fn split(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let has_pairs = line.matches('`').count().is_multiple_of(2);
    let mut is_quoted = false;
    let words = line.split_inclusive(move |letter| {
        is_quoted ^= letter == '`' && has_pairs;
        letter == ' ' && !is_quoted
    });
    Box::new(words.map(Word::from))
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_end_between_words_under_their_indent() {
        let text = "  The secret ends in a newline: write the file with printf.\nshort";
        assert_eq!(
            wrapped(text, Some(40)),
            "  The secret ends in a newline: write\n  the file with printf.\nshort"
        );
        assert_eq!(wrapped(text, None), text);
    }

    #[test]
    fn what_is_copied_stays_whole() {
        let command = format!("    verify send mlflow --to {}", "x".repeat(40));
        assert_eq!(wrapped(&command, Some(40)), command);
        assert_eq!(
            wrapped("what was signed is shown by `verify explain a.txt` and more", Some(40)),
            "what was signed is shown by\n`verify explain a.txt` and more"
        );
        // One that has no end quotes nothing.
        assert_eq!(
            wrapped("a ` in the text does not keep the rest of it whole", Some(40)),
            "a ` in the text does not keep the rest\nof it whole"
        );
    }

    #[test]
    fn colours_have_no_width() {
        let line = format!("\u{1b}[1m{}\u{1b}[0m b", "a".repeat(38));
        assert_eq!(wrapped(&line, Some(40)), line);
    }
}
