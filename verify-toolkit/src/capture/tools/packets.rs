//! Packets as text.

use super::{bare, flow::Flows, lines, number_after};
use crate::capture::http::{find, request_line};

/// A packet, with the line that introduces it.
struct Packet<'t> {
    head: &'t [u8],
    content: &'t [u8],
}

/// Splits a text at the lines that introduce packets. Nothing if there are none.
fn packets(text: &[u8], is_head: fn(&[u8]) -> bool) -> Option<Vec<Packet<'_>>> {
    let mut packets: Vec<Packet<'_>> = Vec::new();
    let mut at = 0;
    let mut start = 0;
    for line in lines(text) {
        let end = at + line.len();
        if is_head(bare(line)) {
            close(&mut packets, text.get(start..at));
            packets.push(Packet { head: bare(line), content: b"" });
            start = end;
        }
        at = end;
    }
    close(&mut packets, text.get(start..));
    (!packets.is_empty()).then_some(packets)
}

fn close<'t>(packets: &mut [Packet<'t>], content: Option<&'t [u8]>) {
    if let (Some(last), Some(content)) = (packets.last_mut(), content) {
        last.content = content;
    }
}

/// `14:13:08.017196 IP 127.0.0.1.36854 > 127.0.0.1.8080: Flags [P.], seq 1:376, .., length 375`. With
/// `-v` the addresses stand in a second line.
pub(super) fn tcpdump(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_head = |line: &[u8]| {
        let line = line.trim_ascii_start();
        let is_verbose = find(line, b" IP (tos ").is_some() || find(line, b" IP6 (").is_some();
        is_verbose
            || find(line, b" > ").is_some_and(|at| at < 200)
                && (find(line, b": Flags [").is_some() || find(line, b": tcp ").is_some())
    };
    let mut flows = Flows::default();
    for Packet { head, content } in packets(text, is_head)? {
        let Some(place) = find(head, b" > ") else { continue };
        let (from, to) = (head.get(..place)?, head.get(place + 3..)?);
        let from = from.rsplit(u8::is_ascii_whitespace).next()?;
        let to = to.split(|byte| *byte == b' ').next()?;
        let flow = [from, b">", to].concat();
        // With `-e` there is the length of the frame before that of the payload.
        let length = head.windows(8).rposition(|word| word == b" length ");
        let length = length.and_then(|at| number_after(head.get(at..)?, b" length "));
        let length = length.or_else(|| number_after(head, b": tcp "));
        let number = number_after(head, b" seq ").and_then(|number| u32::try_from(number).ok());
        let options = if find(head, b" options [").is_some() { 12 } else { 0 };
        let Some(length) = length.filter(|length| *length > 0) else { continue };
        flows.add(&flow, number, payload(content, length, options));
    }
    Some(flows.requests().unwrap_or_default())
}

/// Finds what TCP carried: carriage returns before line feeds are not printed, so its length alone
/// does not say where it begins.
fn payload(content: &[u8], length: usize, options: usize) -> &[u8] {
    // With `-v` the head of the request stands there once more, indented.
    let shown: usize =
        lines(content).take_while(|line| line.starts_with(b"\t")).map(<[u8]>::len).sum();
    let packet = content.get(shown..).unwrap_or_default();
    let packet = packet.strip_suffix(b"\n").unwrap_or(packet);
    if let Some((line, offset)) = request_line(packet).filter(|(line, offset)| line + offset < 200)
    {
        return packet.get(line + offset..).unwrap_or_default();
    }
    let whole = packet.len().checked_sub(length);
    let ip = if packet.starts_with(b"E") { 20 } else { 40 };
    match whole {
        // Without options, and with those that Linux and macOS send.
        Some(head @ (40 | 52 | 60 | 72)) => packet.get(head..),
        _ => packet.get(ip + 20 + options..),
    }
    .unwrap_or_default()
}

/// `T 127.0.0.1:60938 -> 127.0.0.1:18080 [AP] #4`, with the payload in lines, wrapped, or behind it.
pub(super) fn ngrep(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_head = |line: &[u8]| {
        line.starts_with(b"T ") && find(line, b" -> ").is_some() && find(line, b" [").is_some()
    };
    let mut flows = Flows::default();
    for Packet { head, content } in packets(text, is_head)? {
        let flags = find(head, b" [")?;
        let flow = head.get(..flags)?;
        // A time may stand in front of the addresses.
        let place = find(flow, b" -> ")?;
        let from = flow.get(..place)?.rsplit(|byte| *byte == b' ').next()?;
        let flow = [from, flow.get(place..)?].concat();
        let behind = head.get(flags..)?;
        let behind = behind.get(find(behind, b"]")? + 1..)?.trim_ascii();
        let content = content.strip_suffix(b"exit\n").unwrap_or(content);
        let end = content.iter().rposition(|byte| !b"#\n".contains(byte)).map_or(0, |end| end + 1);
        let content = content.get(..end).unwrap_or_default();
        let payload = if !(behind.is_empty() || behind.starts_with(b"#")) {
            with_line_ends(behind)
        } else if lines(content).all(|line| line.starts_with(b"  ") || line == b"\n") {
            let rows = content.split(|byte| *byte == b'\n').filter_map(|row| row.get(2..));
            with_line_ends(rows.collect::<Vec<_>>().concat().trim_ascii_end())
        } else {
            without_dots(content)
        };
        flows.add(&flow, None, &payload);
    }
    Some(flows.requests().unwrap_or_default())
}

/// Puts line ends into a head in which each stands as two dots.
fn with_line_ends(text: &[u8]) -> Vec<u8> {
    if request_line_in(text).is_none() {
        return text.to_vec();
    }
    let end = find(text, b"....").map_or(text.len(), |end| end + 4);
    let (head, body) = text.split_at(end);
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = head;
    while let Some(end) = find(rest, b"..") {
        plain.extend_from_slice(rest.get(..end).unwrap_or_default());
        plain.extend_from_slice(b"\r\n");
        rest = rest.get(end + 2..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    plain.extend_from_slice(body);
    plain
}

/// Whether a head begins here whose line ends are dots.
fn request_line_in(text: &[u8]) -> Option<usize> {
    let end = find(text, b" HTTP/1.")? + b" HTTP/1.1".len();
    text.get(end..)?.starts_with(b"..").then_some(end)
}

/// Takes off the dots that stand for carriage returns at the end of the lines of a head.
fn without_dots(text: &[u8]) -> Vec<u8> {
    let first = lines(text).next().unwrap_or_default();
    let mut is_head = find(first, b" HTTP/").is_some();
    let mut plain = Vec::with_capacity(text.len());
    for line in lines(text) {
        match line.strip_suffix(b".\n").or(line.strip_suffix(b".")).filter(|_| is_head) {
            Some(line) => {
                plain.extend_from_slice(line);
                plain.extend_from_slice(b"\r\n");
                is_head = !line.is_empty();
            }
            None => plain.extend_from_slice(line),
        }
    }
    // The packet may end with the head, whose last line end was taken for ngrep's own.
    if is_head {
        plain.extend_from_slice(b"\r\n");
    }
    plain
}
