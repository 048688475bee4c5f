//! Text to tags of 32 bytes, for the two lengths that there are.
//!
//! A third (hex) and a quarter (base64) of the time that `base16ct` and `base64ct` take: nothing
//! depends on a character before it, so the compiler works on sixteen at a time. What the sender wrote
//! is public, so constant time is not what this is about.

use crate::mac::Tag;

/// In place of the value of a character that has none: larger than any value.
const NONE: u8 = 0xff;

/// Decodes hex digits in either case. Returns whether they are.
pub(super) fn hex(text: &[u8; 64], tag: &mut Tag) -> bool {
    let values = text.map(hex_value);
    let (pairs, _) = values.as_chunks::<2>();
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = high << 4 | low & 15;
    }
    all_below(16, &values)
}

fn hex_value(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    // The bit that makes a letter a small one makes no other character a letter.
    let letter = (digit | 0x20).wrapping_sub(b'a');
    if number < 10 {
        number
    } else if letter <= 5 {
        letter.wrapping_add(10)
    } else {
        NONE
    }
}

/// Decodes standard base64 without its padding. Returns whether it is. Of the 258 bits that 43
/// characters have, the last two must be zero: else a tag would have several spellings.
pub(super) fn base64(text: &[u8; 43], tag: &mut Tag) -> bool {
    // `A` stands for zero.
    let mut whole = [b'A'; 48];
    whole.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    let values = whole.map(base64_value);
    let (eights, _) = values.as_chunks::<8>();
    // 48 bits each, the last of which hold nothing but the end of the tag.
    let [a, b, c, d, e, f] = core::array::from_fn(|n| eights.get(n).map_or(0, pack));
    let words = [a << 16 | b >> 32, b << 32 | c >> 16, c << 48 | d, e << 16 | f >> 32];
    for (bytes, word) in tag.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    all_below(64, &values) && f & 0xffff_ffff == 0
}

fn base64_value(character: u8) -> u8 {
    let among = |first: u8, count: u8, value: u8| {
        let place = character.wrapping_sub(first);
        if place < count { place.wrapping_add(value) } else { 0 }
    };
    let value = among(b'A', 26, 0) | among(b'a', 26, 26) | among(b'0', 10, 52);
    let value = value | among(b'+', 1, 62) | among(b'/', 1, 63);
    if value == 0 && character != b'A' { NONE } else { value }
}

/// Puts eight values of 6 bits together: twice two, twice four, twice eight.
fn pack(values: &[u8; 8]) -> u64 {
    let word = u64::from_be_bytes(*values);
    let word = (word & 0x3f00_3f00_3f00_3f00) >> 2 | word & 0x003f_003f_003f_003f;
    let word = (word & 0x0fff_0000_0fff_0000) >> 4 | word & 0x0000_0fff_0000_0fff;
    (word & 0x00ff_ffff_0000_0000) >> 8 | word & 0x0000_0000_00ff_ffff
}

fn all_below(limit: u8, values: &[u8]) -> bool {
    // The limits are powers of two.
    values.iter().fold(0, |all, value| all | value) < limit
}

#[cfg(test)]
mod tests {
    use base64ct::Encoding;

    use super::*;

    #[test]
    fn every_character_in_every_place_is_read_as_by_the_crates_for_it() {
        for byte in 0..=u8::MAX {
            for place in 0..64 {
                let mut text = *b"0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
                text[place] = byte;
                let (mut tag, mut expected) = (Tag::default(), Tag::default());
                let is_hex = base16ct::mixed::decode(text, &mut expected).is_ok();
                assert_eq!(hex(&text, &mut tag), is_hex, "{byte} in place {place}");
                if is_hex {
                    assert_eq!(tag, expected, "{byte} in place {place}");
                }
            }
            for place in 0..43 {
                let mut text = *b"4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U";
                text[place] = byte;
                let (mut tag, mut expected) = (Tag::default(), Tag::default());
                let is_base64 = base64ct::Base64Unpadded::decode(text, &mut expected).is_ok();
                assert_eq!(base64(&text, &mut tag), is_base64, "{byte} in place {place}");
                if is_base64 {
                    assert_eq!(tag, expected, "{byte} in place {place}");
                }
            }
        }
    }
}
