//! Dumps whose rows are not hex: `od -c`, `od -b`, `od`, `hexdump -c`, `xxd -b`, `xxd -i`, gdb's `x/64xb`.

use crate::capture::http::begins_request;

/// Reads a dump of a request.
pub(super) fn read(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    bytes(text).filter(|bytes| begins_request(bytes)).map(|bytes| vec![bytes])
}

/// How the bytes of a row are written, behind its offset, and whether a row may end in spaces that are
/// of it.
type Form = (fn(&str) -> Option<Vec<u8>>, bool);

static FORMS: [Form; 7] = [
    (characters, true),
    (octal, false),
    (octal_words, false),
    (binary, false),
    (array, false),
    (pairs, false),
    (decimal, false),
];

/// Reads the bytes that a text shows, if all its lines are of one form.
pub(super) fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(text).ok()?;
    FORMS.iter().find_map(|(form, has_spaces)| {
        let mut bytes = Vec::new();
        // The number of bytes, which a last line says.
        let mut end = None;
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            // Only `xxd -i` has such lines around.
            if line.starts_with("unsigned ") || line == "};" {
                continue;
            }
            let (offset, row) = parts(line);
            if *has_spaces {
                bytes.resize(bytes.len().next_multiple_of(WIDTH), b' ');
            }
            end = offset.filter(|_| row.is_empty());
            bytes.extend(form(row)?);
        }
        let end = end.and_then(|digits| {
            let near = bytes.len().saturating_sub(WIDTH)..=bytes.len();
            let numbers = [8, 16].map(|radix| usize::from_str_radix(digits, radix).ok());
            numbers.into_iter().flatten().find(|end| near.contains(end))
        });
        bytes.truncate(end.unwrap_or(bytes.len()));
        (!bytes.is_empty()).then_some(bytes)
    })
}

/// Bytes in a row of characters.
const WIDTH: usize = 16;

/// The number of a row's first byte, and the row. The last row of a dump may have nothing else.
fn parts(line: &str) -> (Option<&str>, &str) {
    let (first, rest) = line.split_at(line.find(char::is_whitespace).unwrap_or(line.len()));
    let digits = first.strip_suffix(':').unwrap_or(first);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let is_offset = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // gdb names what stands there: `0x7ffc2a10 <buffer+8>:`.
    let named = rest.trim_start().strip_prefix('<').and_then(|name| name.split_once(">:"));
    let rest = named.map_or(rest, |(_, rest)| rest);
    if is_offset { (Some(digits), rest) } else { (None, line) }
}

/// Each byte as a character, in four columns. What is at the end of a line may be a space.
fn characters(row: &str) -> Option<Vec<u8>> {
    let byte = |cell: &[u8]| match cell.trim_ascii_start() {
        b"" | b"sp" => Some(b' '),
        b"\\0" => Some(0),
        b"\\a" => Some(0x07),
        b"\\b" => Some(0x08),
        b"\\t" | b"ht" => Some(b'\t'),
        b"\\n" | b"nl" => Some(b'\n'),
        b"\\v" => Some(0x0b),
        b"\\f" => Some(0x0c),
        b"\\r" | b"cr" => Some(b'\r'),
        [byte] if cell.len() == 4 => Some(*byte),
        digits if digits.len() == 3 => {
            u8::from_str_radix(core::str::from_utf8(digits).ok()?, 8).ok()
        }
        _ => None,
    };
    row.as_bytes().chunks(4).map(byte).collect()
}

/// Reads words of so many digits.
fn words<const N: usize>(
    row: &str,
    digits: usize,
    read: fn(&str) -> Option<[u8; N]>,
) -> Option<Vec<u8>> {
    let words = row.split_ascii_whitespace();
    let words = words.map(|word| if word.len() == digits { read(word) } else { None });
    words.collect::<Option<Vec<_>>>().map(|words| words.into_iter().flatten().collect())
}

fn octal(row: &str) -> Option<Vec<u8>> {
    words(row, 3, |word| u8::from_str_radix(word, 8).ok().map(|byte| [byte]))
}

fn octal_words(row: &str) -> Option<Vec<u8>> {
    words(row, 6, |word| u16::from_str_radix(word, 8).ok().map(u16::to_le_bytes))
}

fn binary(row: &str) -> Option<Vec<u8>> {
    // The characters stand behind two spaces.
    let row = row.trim_start();
    let row = row.split("  ").next().unwrap_or_default();
    words(row, 8, |word| u8::from_str_radix(word, 2).ok().map(|byte| [byte]))
}

fn array(row: &str) -> Option<Vec<u8>> {
    words(&row.replace(',', " "), 4, |word| {
        u8::from_str_radix(word.strip_prefix("0x")?, 16).ok().map(|byte| [byte])
    })
}

fn pairs(row: &str) -> Option<Vec<u8>> {
    words(row, 2, |word| u8::from_str_radix(word, 16).ok().map(|byte| [byte]))
}

fn decimal(row: &str) -> Option<Vec<u8>> {
    row.split_ascii_whitespace().map(|word| word.parse().ok()).collect()
}
