//! Text that was read in another charset than it was written in.

/// What Windows-1252 has in place of the control characters 0x80 to 0x9F of Latin-1.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// Writes a text in Latin-1 or Windows-1252. None if it cannot be, or is ASCII.
pub(super) fn to_latin(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let byte = |letter: char| {
        let windows = || (0x80_u8..).zip(WINDOWS_1252).find(|(_, other)| *other == letter);
        u8::try_from(u32::from(letter)).ok().or_else(|| windows().map(|(byte, _)| byte))
    };
    text.chars().map(byte).collect()
}

/// Reads Latin-1.
pub(super) fn from_latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Reads Windows-1252.
pub(super) fn from_windows(bytes: &[u8]) -> String {
    let letter = |byte: &u8| {
        let place = byte.checked_sub(0x80).map(usize::from);
        place.and_then(|place| WINDOWS_1252.get(place)).copied().unwrap_or(char::from(*byte))
    };
    bytes.iter().map(letter).collect()
}

/// Reads UTF-16 of either byte order, with a mark or recognised by the NULs of ASCII.
pub(super) fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (bytes, is_little) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        [first, 0, ..] if *first != 0 => (bytes, true),
        [0, second, ..] if *second != 0 => (bytes, false),
        _ => return None,
    };
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let from = if is_little { u16::from_le_bytes } else { u16::from_be_bytes };
    let units: Vec<u16> = units.iter().copied().map(from).collect();
    String::from_utf16(&units).ok().filter(|text| !text.is_empty())
}
