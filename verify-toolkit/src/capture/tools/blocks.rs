//! Blocks of text that say their length, or that say where they begin and end.

use base64ct::{Base64, Base64Unpadded, Encoding as _};

use super::{bare, flow::Flows, lines, number_after};
use crate::capture::{codes, http::find};

/// `=> Send header, 308 bytes (0x134)`, and rows such as `0040: text`: a row ends after 64 bytes, or
/// before a CRLF, which the next offset shows.
pub(super) fn curl(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut sent = Vec::new();
    let mut total = 0;
    // Bytes of the current block that rows have shown.
    let mut shown = 0;
    let mut is_sent = false;
    let mut is_known = false;
    for line in lines(text) {
        let line = bare(line);
        let mark = [&b"=> Send header, "[..], b"=> Send data, "]
            .into_iter()
            .find_map(|mark| number_after(line, mark));
        if let Some(length) = mark {
            end_row(&mut sent, is_sent, shown, total);
            (total, shown, is_sent, is_known) = (length, 0, true, true);
        } else if [&b"<= Recv "[..], b"=> Send ", b"== Info: "]
            .iter()
            .any(|mark| find(line, mark).is_some_and(|at| at < 40))
        {
            end_row(&mut sent, is_sent, shown, total);
            is_sent = false;
        } else if let Some((offset, row)) = offset_row(line).filter(|_| is_sent) {
            end_row(&mut sent, shown > 0 || offset > 0, shown, offset);
            sent.extend_from_slice(row);
            shown = offset + row.len();
        }
    }
    end_row(&mut sent, is_sent, shown, total);
    flows.add(b"", None, &sent);
    is_known.then(|| flows.requests().unwrap_or_default())
}

/// Adds the CRLF before which a row ended.
fn end_row(sent: &mut Vec<u8>, is_open: bool, shown: usize, next: usize) {
    if is_open && next == shown + 2 {
        sent.extend_from_slice(b"\r\n");
    }
}

fn offset_row(line: &[u8]) -> Option<(usize, &[u8])> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let offset = usize::from_str_radix(core::str::from_utf8(line.get(..digits)?).ok()?, 16).ok()?;
    Some((offset, line.get(digits..)?.strip_prefix(b": ")?))
}

/// `> 2026/11/29 17:02:17.000706052  length=552 from=0 to=551`, and so many bytes.
pub(super) fn socat(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut is_known = false;
    let mut at = 0;
    // A block that does not end in a line end is followed by the next one in the same line.
    while let Some(start) = find(text.get(at..)?, b" length=").map(|start| at + start) {
        let line = text
            .get(..start)?
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1)
            .max(at);
        let head = text.get(line..start)?;
        let mark = [b"> 2", b"< 2"].into_iter().find_map(|mark| find(head, mark));
        let end = text
            .get(start..)?
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |end| start + end + 1);
        let (Some(mark), Some(length)) = (mark, number_after(text.get(start..end)?, b" length="))
        else {
            at = end;
            continue;
        };
        is_known = true;
        let (bytes, after) = unescaped(text.get(end..)?, length);
        flows.add(head.get(mark..=mark)?, None, &bytes);
        at = end + after;
    }
    is_known.then(|| flows.requests().unwrap_or_default())
}

/// Undoes socat's escapes in so many bytes, and says how long they are as text.
fn unescaped(text: &[u8], length: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let (true, Some((byte, tail))) = (bytes.len() < length, rest.split_first()) {
        let escape = if *byte == b'\\' { tail.first() } else { None };
        let plain = match escape {
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            Some(b'\\') => Some(b'\\'),
            Some(b'"') => Some(b'"'),
            Some(b'b') => Some(0x08),
            Some(b'f') => Some(0x0c),
            _ => None,
        };
        bytes.push(plain.unwrap_or(*byte));
        rest = tail.get(usize::from(plain.is_some())..).unwrap_or_default();
    }
    (bytes, text.len() - rest.len())
}

/// What `tshark -z follow,tcp,ascii,0` prints: a line with a length, indented for the server's, and so
/// many bytes.
pub(super) fn follow(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let start = find(text.get(..4096.min(text.len()))?, b"Follow: tcp,ascii")?;
    let node = start + find(text.get(start..)?, b"\nNode 1: ")? + 1;
    let mut rest = text.get(node..)?;
    rest = rest.get(rest.iter().position(|byte| *byte == b'\n')? + 1..)?;
    let mut flows = Flows::default();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = rest.get(..end)?;
        let length = core::str::from_utf8(line.trim_ascii())
            .ok()
            .and_then(|line| line.parse::<usize>().ok());
        let Some(length) = length else { break };
        let content = rest.get(end + 1..)?;
        let (bytes, after) = content.split_at(length.min(content.len()));
        flows.add(if line.starts_with(b"\t") { b"\t" } else { b"" }, None, bytes);
        rest = after.strip_prefix(b"\n").unwrap_or(after);
    }
    Some(flows.requests().unwrap_or_default())
}

/// `char peer0_0[] = { /* Packet 4 */`, numbers such as `0x50`, and `};`.
pub(super) fn arrays(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut peer: Option<&[u8]> = None;
    let mut is_known = false;
    for line in lines(text) {
        let name = find(line, b"char peer").and_then(|start| line.get(start + 9..));
        if let Some(name) = name.filter(|name| name.contains(&b'[')) {
            peer = name.split(|byte| *byte == b'_').next();
            is_known = true;
            continue;
        }
        let words = line.split(|byte| !byte.is_ascii_alphanumeric());
        let bytes = words.filter_map(|word| {
            u8::from_str_radix(core::str::from_utf8(word.strip_prefix(b"0x")?).ok()?, 16).ok()
        });
        if let Some(peer) = peer {
            flows.add(peer, None, &bytes.collect::<Vec<_>>());
        }
        if line.trim_ascii_end().ends_with(b"};") {
            peer = None;
        }
    }
    is_known.then(|| flows.requests().unwrap_or_default())
}

/// `peer: 0`, then `data: !!binary |` and base64 in the lines below.
pub(super) fn yaml(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    find(text, b"data: !!binary |")?;
    let mut flows = Flows::default();
    let (mut peer, mut data): (&[u8], Option<Vec<u8>>) = (b"", None);
    let mut end = |peer: &[u8], data: &mut Option<Vec<u8>>| {
        let data =
            data.take().and_then(|data| Base64::decode_vec(core::str::from_utf8(&data).ok()?).ok());
        flows.add(peer, None, &data.unwrap_or_default());
    };
    for line in lines(text) {
        let line = line.trim_ascii();
        if let Some(number) = line.strip_prefix(b"peer: ") {
            end(peer, &mut data);
            peer = number;
        } else if line.ends_with(b"data: !!binary |") {
            data = Some(Vec::new());
        } else if line.contains(&b':') {
            end(peer, &mut data);
        } else if let Some(data) = &mut data {
            data.extend_from_slice(line);
        }
    }
    end(peer, &mut data);
    Some(flows.requests().unwrap_or_default())
}

/// `<request base64="true"><![CDATA[..]]></request>`, or the text itself with `false`.
pub(super) fn burp(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mark: &[u8] = b"<request base64=\"";
    let mut flows = Flows::default();
    let mut rest = text;
    let mut is_known = false;
    while let Some(start) = find(rest, mark) {
        is_known = true;
        rest = rest.get(start + mark.len()..)?;
        let is_base64 = rest.starts_with(b"true");
        let own = rest.get(find(rest, b"<![CDATA[")? + b"<![CDATA[".len()..)?;
        let (own, behind) = own.split_at(find(own, b"]]></request>")?);
        let plain = if is_base64 { decoded(own) } else { Some(own.to_vec()) };
        flows.add(&flows.next(), None, &plain.unwrap_or_default());
        rest = behind;
    }
    is_known.then(|| flows.requests().unwrap_or_default())
}

/// A code, what `POST ` and `PUT ` are in it, how it is decoded, and the letters that it has besides letters and
/// digits.
type Code = (&'static [&'static [u8]], fn(&[u8]) -> Option<Vec<u8>>, &'static [u8]);

static CODES: [Code; 3] = [
    (&[b"UE9TVC", b"UFVUI"], decoded, b"+/\r\n"),
    (&[b"KBHVGVB", b"KBKVII"], codes::base32, b"\r\n"),
    (&[b"begin 644 ", b"begin 664 ", b"begin 600 "], codes::uuencoded, b""),
];

/// A text that decodes to a request.
pub(super) fn coded(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    CODES.iter().find_map(|(starts, decode, besides)| {
        let start = starts.iter().filter_map(|start| find(text, start)).min()?;
        let own = text.get(start..)?;
        let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || besides.contains(byte);
        // What has no letters of its own says where it ends.
        let end = if besides.is_empty() { None } else { own.iter().position(|b| !is_code(b)) };
        let end = end.unwrap_or(own.len());
        let line = own.iter().position(|byte| *byte == b'\n').unwrap_or(end).min(end);
        let whole = [end, line].into_iter().find_map(|end| decode(own.get(..end)?));
        let mut flows = Flows::default();
        flows.add(b"", None, &whole?);
        flows.requests()
    })
}

/// Decodes base64 in lines, with or without padding.
fn decoded(code: &[u8]) -> Option<Vec<u8>> {
    let code = code.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=');
    Base64Unpadded::decode_vec(core::str::from_utf8(&code.copied().collect::<Vec<_>>()).ok()?).ok()
}
