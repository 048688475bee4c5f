//! Hex dumps, of whatever tool: `tcpdump -X`, `-XX` and `-x`, `tshark -x`, Wireshark's streams,
//! `curl --trace`, `socat -x`, `ngrep -x`, `xxd`, `hexdump -C`, `od -tx1z`.

use super::flow::{Flows, segment};

/// Reads the bytes that were sent to a server.
pub(super) fn read(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut group = Group::default();
    let mut lead: &[u8] = b"";
    for line in text.split(|byte| *byte == b'\n') {
        match row(line) {
            Some(row) => {
                if row.offset == Some(0) || row.is_indented != group.is_indented {
                    group.end(lead, &mut flows);
                }
                group.is_indented = row.is_indented;
                group.bytes.extend_from_slice(&row.bytes);
            }
            None => {
                group.end(lead, &mut flows);
                if !line.trim_ascii().is_empty() {
                    lead = line;
                }
            }
        }
    }
    group.end(lead, &mut flows);
    flows.requests()
}

/// Reads the bytes that a dump shows, if a text is nothing else.
pub(super) fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let mut bytes = Vec::new();
    let mut has_offsets = false;
    for line in lines.filter(|line| !line.is_empty()) {
        match row(line) {
            Some(row) => {
                has_offsets |= row.offset.is_some();
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
    // The other half of the last word.
    bytes.pop_if(|last| *last == 0);
    (!bytes.is_empty()).then_some(bytes)
}

/// Rows that belong together.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    is_indented: bool,
}

impl Group {
    fn end(&mut self, lead: &[u8], flows: &mut Flows) {
        let bytes = core::mem::take(&mut self.bytes);
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
        _ => vec![u8::from(is_indented)],
    }
}

/// A row of a dump.
struct Row {
    offset: Option<usize>,
    is_indented: bool,
    bytes: Vec<u8>,
}

/// Most bytes in a row of pairs.
const MOST: usize = 32;

fn row(line: &[u8]) -> Option<Row> {
    let is_indented = line.first().is_some_and(u8::is_ascii_whitespace);
    let mut rest = line.trim_ascii();
    let is_hex = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_hexdigit);
    let word = |text: &[u8]| text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    // One long number, as `xxd -p` and Wireshark's raw streams have it.
    if word(rest) == rest.len() && is_hex(rest) && rest.len() > 8 && rest.len().is_multiple_of(2) {
        let bytes = base16ct::mixed::decode_vec(rest).ok()?;
        return Some(Row { offset: None, is_indented, bytes });
    }
    let (first, after) = rest.split_at(word(rest));
    let number = first.strip_suffix(b":").unwrap_or(first);
    let digits = number.strip_prefix(b"0x").unwrap_or(number);
    let next = after.trim_ascii_start();
    let is_offset = is_hex(digits)
        && (3..=16).contains(&digits.len())
        && (number.len() < first.len()
            || (digits.len() > 4 || word(next) == 2) && digits.len() != 2);
    let offset = if is_offset {
        rest = next;
        usize::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
    } else {
        None
    };
    let mut bytes = Vec::new();
    // The ends of the bytes read, with what follows.
    let mut ends = vec![(0, rest)];
    while bytes.len() < MOST {
        let (pair, after) = rest.split_at(word(rest));
        if !(matches!(pair.len(), 2 | 4) && is_hex(pair)) {
            break;
        }
        let mut word = base16ct::mixed::decode_vec(pair).ok()?;
        // Of `hexdump` and `od -x`, which show numbers of two bytes, the low one first.
        if offset.is_some() && number.len() == first.len() {
            word.reverse();
        }
        bytes.extend(word);
        rest = after.trim_ascii_start();
        ends.push((bytes.len(), rest));
    }
    // What is printed beside the bytes may look like bytes.
    let fits = |(length, beside): &&(usize, &[u8])| {
        *length > 0
            && (beside.is_empty() || is_printed(beside, bytes.get(..*length).unwrap_or_default()))
    };
    let (length, beside) = *ends.iter().rev().find(fits)?;
    // Words alone are no dump.
    if offset.is_none() && beside.is_empty() && length < 2 && !is_indented {
        return None;
    }
    bytes.truncate(length);
    Some(Row { offset, is_indented, bytes })
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
    // PowerShell prints a character of three bytes.
    let length = text.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    length <= bytes.len() + 3 && (same(text) || same(&frame(text)))
}
