//! Text that was read in another charset than it was written in.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, KOI8_R, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, mem,
};

/// What is read and written in place of UTF-8.
#[derive(Clone, Copy)]
pub(super) enum Charset {
    /// A byte for each letter up to U+00FF, as most languages' `latin1` has it.
    Latin1,
    /// As browsers read it.
    Named(&'static Encoding),
}

use Charset::{Latin1, Named};

/// The usual ones first.
pub(super) const CHARSETS: [Charset; 13] = [
    Latin1,
    Named(WINDOWS_1252),
    Named(GBK),
    Named(GB18030),
    Named(SHIFT_JIS),
    Named(EUC_KR),
    Named(BIG5),
    Named(EUC_JP),
    Named(WINDOWS_1251),
    Named(WINDOWS_1250),
    Named(ISO_8859_2),
    Named(KOI8_R),
    Named(encoding_rs::ISO_8859_15),
];
/// How many of them are of Western Europe.
pub(super) const WESTERN: usize = 2;

impl Charset {
    pub(super) fn name(self) -> &'static str {
        match self {
            Latin1 => "Latin-1",
            Named(encoding) => encoding.name(),
        }
    }

    /// Writes a text. None if it cannot be, or is ASCII.
    pub(super) fn write(self, text: &str) -> Option<Vec<u8>> {
        if text.is_ascii() {
            return None;
        }
        match self {
            Latin1 => mem::is_str_latin1(text).then(|| mem::encode_latin1_lossy(text).into()),
            Named(encoding) => match encoding.encode(text) {
                (bytes, _, false) => Some(bytes.into()),
                _ => None,
            },
        }
    }

    /// Reads what is no UTF-8. None if it cannot be.
    pub(super) fn read(self, bytes: &[u8]) -> Option<String> {
        match self {
            Latin1 => Some(mem::decode_latin1(bytes).into()),
            Named(encoding) => {
                let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
                Some(text.into())
            }
        }
    }
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
