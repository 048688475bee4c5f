//! Codes in which people copy bytes: base32, and what `uuencode` writes. Nothing on the way to a receiver
//! uses them.

/// Decodes base32 of RFC 4648, with or without line ends and padding.
pub(super) fn base32(code: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(code.len());
    let (mut bits, mut count) = (0_u16, 0);
    for letter in code.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u16::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.extend((bits >> count).to_le_bytes().first());
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// Decodes what stands between `begin 644 name` and `end`.
pub(super) fn uuencoded(code: &[u8]) -> Option<Vec<u8>> {
    let mut lines = code.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    lines.find(|line| !line.is_empty()).filter(|line| line.starts_with(b"begin "))?;
    let mut bytes = Vec::with_capacity(code.len());
    for line in lines.take_while(|line| *line != b"end") {
        let (length, own) = line.split_first()?;
        let value = |letter: &u8| letter.checked_sub(b' ').map(|value| value & 0x3f);
        let values = own.iter().map(value).collect::<Option<Vec<_>>>()?;
        let decoded = values.chunks(4).flat_map(|group| {
            let letter = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
            let all = letter(0) << 18 | letter(1) << 12 | letter(2) << 6 | letter(3);
            all.to_be_bytes().into_iter().skip(1)
        });
        bytes.extend(decoded.take(usize::from(value(length)?)));
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{base32, uuencoded};

    #[test]
    fn what_the_standards_have_is_decoded() {
        for (plain, code) in [
            ("f", "MY======"),
            ("fo", "MZXQ===="),
            ("foo", "MZXW6==="),
            ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI======"),
            ("foobar", "MZXW6\nYTBOI"),
        ] {
            assert_eq!(base32(code.as_bytes()).as_deref(), Some(plain.as_bytes()), "{code}");
        }
        assert_eq!(base32(b"{}"), None);
        // Made by `uuencode`.
        let code = b"begin 644 x\n#0V%T\n`\nend\n";
        assert_eq!(uuencoded(code).as_deref(), Some(&b"Cat"[..]));
        assert_eq!(uuencoded(b"{}"), None);
    }
}
