//! Hex dumps, of whatever tool: `tcpdump -X`, `-XX` and `-x`, `tshark -x`, Wireshark's streams,
//! `curl --trace`, `socat -x`, `ngrep -x`, `xxd`, `hexdump -C`, `od -tx1z`, Netty's loggers; and words of several bytes,
//! the low one first, of `xxd -e`, `od -x`, `od -tx4`.

use super::flow::{Flows, segment};

/// Reads the bytes that were sent to a server.
pub(super) fn read(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    // Where nothing says in which order the bytes of a word stand, it is what makes a request of them.
    [false, true].into_iter().find_map(|is_reversed| requests(text, is_reversed))
}

fn requests(text: &[u8], is_reversed: bool) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut group = Group::default();
    let mut lead: &[u8] = b"";
    for line in text.split(|byte| *byte == b'\n') {
        // Behind the last row may stand the number of all bytes.
        match row(line, is_reversed).filter(|row| row.offset.is_some() || !group.has_offsets) {
            Some(row) => {
                if row.offset == Some(0) || row.is_indented != group.is_indented {
                    group.end(lead, &mut flows);
                }
                group.is_indented = row.is_indented;
                group.bytes.extend_from_slice(&row.bytes);
                group.padding = row.padding;
                group.has_offsets = row.offset.is_some();
            }
            None => {
                group.end(lead, &mut flows);
                if !(line.trim_ascii().is_empty() || is_frame(line)) {
                    lead = line;
                }
            }
        }
    }
    group.end(lead, &mut flows);
    flows.requests()
}

/// Reads the bytes that a dump shows, if a text is nothing else.
pub(super) fn bytes(text: &[u8], is_reversed: bool) -> Option<Vec<u8>> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut bytes = Vec::new();
    let (mut has_offsets, mut padding) = (false, 0);
    for line in lines.filter(|line| !line.is_empty() && !is_frame(line)) {
        match row(line, is_reversed).filter(|row| row.offset.is_some() || !has_offsets) {
            Some(row) => {
                has_offsets |= row.offset.is_some();
                padding = row.padding;
                bytes.extend(row.bytes);
            }
            // The end of one long number, or the number of all bytes.
            None => {
                let is_number = line.iter().all(u8::is_ascii_hexdigit);
                if !(has_offsets && is_number) {
                    bytes.extend(base16ct::mixed::decode_vec(line).ok()?);
                }
            }
        }
    }
    without_padding(&mut bytes, padding.max(1));
    (!bytes.is_empty()).then_some(bytes)
}

/// Takes off the rest of the last word, so many bytes at most.
fn without_padding(bytes: &mut Vec<u8>, most: usize) {
    let zeros = bytes.iter().rev().take(most).take_while(|byte| **byte == 0).count();
    bytes.truncate(bytes.len() - zeros);
}

/// What Netty draws around its rows.
fn is_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_rule = line.starts_with(b"+-") && line.iter().all(|byte| b"+-".contains(byte));
    is_rule || line.starts_with(b"|  0  1  2 ")
}

/// Rows that belong together.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    is_indented: bool,
    has_offsets: bool,
    padding: usize,
}

impl Group {
    fn end(&mut self, lead: &[u8], flows: &mut Flows) {
        let mut bytes = core::mem::take(&mut self.bytes);
        self.has_offsets = false;
        without_padding(&mut bytes, self.padding);
        if bytes.is_empty() {
            return;
        }
        match segment(&bytes) {
            Some(segment) => flows.add(segment.flow, Some(segment.number), segment.payload),
            None => flows.add(&direction(lead, self.is_indented), None, &bytes),
        }
    }
}

/// What tells the two directions apart where no packet does: the line in front, or that Wireshark
/// indents what the server said.
fn direction(lead: &[u8], is_indented: bool) -> Vec<u8> {
    let lead = lead.trim_ascii();
    if let Some(start) = lead.windows(2).position(|bytes| bytes == b"=>" || bytes == b"<=") {
        let is_of_http = lead.ends_with(b")")
            && [&b"Send header"[..], b"Send data"]
                .iter()
                .any(|sent| lead[start + 2..].trim_ascii_start().starts_with(sent));
        return if is_of_http { b"sent".to_vec() } else { lead[start + 2..].to_vec() };
    }
    match lead {
        [b'>' | b'<', b' ', b'2', ..] => lead[..1].to_vec(),
        [b'T', b' ', ..] => lead.split(|byte| *byte == b'[').next().unwrap_or_default().to_vec(),
        // Netty's own words.
        _ => vec![u8::from(is_indented), u8::from(lead.windows(7).any(|word| word == b"WRITE: "))],
    }
}

/// A row of a dump.
struct Row {
    offset: Option<usize>,
    is_indented: bool,
    bytes: Vec<u8>,
    /// How many bytes at its end may fill up a word.
    padding: usize,
}

/// Most bytes in a row of pairs.
const MOST: usize = 32;

fn row(line: &[u8], is_reversed: bool) -> Option<Row> {
    let is_indented = line.first().is_some_and(u8::is_ascii_whitespace);
    let mut rest = line.trim_ascii();
    let is_hex = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_hexdigit);
    let word = |text: &[u8]| text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    // One long number, as `xxd -p` and Wireshark's raw streams have it, or pairs that are joined.
    if word(rest) == rest.len() && rest.len() > 8 {
        let joint = rest.get(2).filter(|byte| b":-".contains(byte));
        let digits: Vec<u8> = rest.iter().filter(|byte| Some(*byte) != joint).copied().collect();
        let is_paired = joint.is_none() || digits.len() * 3 == (rest.len() + 1) * 2;
        if is_paired && is_hex(&digits) && digits.len().is_multiple_of(2) {
            let bytes = base16ct::mixed::decode_vec(&digits).ok()?;
            return Some(Row { offset: None, is_indented, bytes, padding: 0 });
        }
    }
    // Netty has `|00000000| ` in place of an offset and a colon.
    let (is_framed, own) = match rest.strip_prefix(b"|") {
        Some(own) => (true, own),
        None => (false, rest),
    };
    let end =
        own.iter().position(|byte| is_framed && *byte == b'|').map_or(word(own), |end| end + 1);
    let (first, after) = own.split_at(end);
    let number = first.strip_suffix(if is_framed { b"|" } else { b":" }).unwrap_or(first);
    let has_colon = number.len() < first.len();
    let digits = number.strip_prefix(b"0x").unwrap_or(number);
    let next = after.trim_ascii_start();
    let is_offset = is_hex(digits)
        && (3..=16).contains(&digits.len())
        && (has_colon || (digits.len() > 4 || word(next) == 2) && digits.len() != 2)
        // Words of the same length as the offset are the rest of a row.
        && (has_colon || digits.len() != word(next) || digits.len() < 8)
        && (has_colon || !next.is_empty());
    let offset = if is_offset {
        rest = next;
        usize::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
    } else {
        None
    };
    // The words read, and what follows each.
    let mut words: Vec<(&[u8], &[u8])> = Vec::new();
    while words.len() < MOST {
        let (digits, after) = rest.split_at(word(rest));
        // The last one of `xxd -e` may be of any length.
        let is_last = has_colon && after.len() > 1 && digits.len().is_multiple_of(2);
        let is_word = matches!(digits.len(), 2 | 4 | 8 | 16) || (is_last && digits.len() < 16);
        if !(is_word && is_hex(digits)) {
            break;
        }
        rest = after.trim_ascii_start();
        words.push((digits, rest));
    }
    let bytes_of = |count: usize, is_reversed: bool| -> Vec<u8> {
        let decoded = words.iter().take(count).filter_map(|(digits, _)| {
            let mut word = base16ct::mixed::decode_vec(digits).ok()?;
            if is_reversed {
                word.reverse();
            }
            Some(word)
        });
        decoded.flatten().collect()
    };
    // `hexdump` and `od -x` show numbers, the low byte first. What is printed beside them says it.
    let is_number = (offset.is_some() && !has_colon) != is_reversed;
    let reading = (1..=words.len()).rev().find_map(|count| {
        let (_, beside) = words.get(count - 1)?;
        let orders = [is_number, !is_number];
        let orders = orders.get(..if beside.is_empty() { 1 } else { 2 })?.iter();
        let mut readings = orders.map(|order| (*order, bytes_of(count, *order)));
        readings
            .find(|(_, bytes)| beside.is_empty() || is_printed(beside, bytes))
            .map(|(is_number, bytes)| (is_number, bytes, *beside))
    });
    let (is_number, bytes, beside) = reading?;
    // Words alone are no dump.
    if offset.is_none() && beside.is_empty() && bytes.len() < 2 && !is_indented {
        return None;
    }
    let longest = words.iter().map(|(digits, _)| digits.len() / 2).max().unwrap_or(1);
    let padding = if is_number { longest - 1 } else { 0 };
    Some(Row { offset, is_indented, bytes, padding })
}

/// Whether a text is what a dump prints of these bytes. Spaces and dots do not count: dumps use them
/// in place of anything.
fn is_printed(text: &[u8], bytes: &[u8]) -> bool {
    let frame = |text: &[u8]| {
        let text = text
            .strip_prefix(b"|")
            .or(text.strip_prefix(b">"))
            .map_or(text.to_vec(), <[u8]>::to_vec);
        text.strip_suffix(b"|").or(text.strip_suffix(b"<")).map_or(text.clone(), <[u8]>::to_vec)
    };
    let counts = |byte: &u8| byte.is_ascii_graphic() && *byte != b'.';
    let same =
        |text: &[u8]| text.iter().filter(|b| counts(b)).eq(bytes.iter().filter(|b| counts(b)));
    let framed = frame(text);
    // PowerShell prints a character of three bytes.
    let length = framed.trim_ascii_end().iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    length <= bytes.len() + 3 && (same(text) || same(&framed))
}
