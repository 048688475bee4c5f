//! Files of packets: pcap, and pcapng, as Wireshark writes it.

use super::flow::{Flows, segment};

/// Reads the bytes that were sent to a server, if it is such a file.
pub(in crate::capture) fn read(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut flows = Flows::default();
    let mut add = |packet: &[u8]| {
        if let Some(segment) = segment(packet) {
            flows.add(segment.flow, Some(segment.number), segment.payload);
        }
    };
    match file.get(..4)? {
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => {
            records(file, u32::from_le_bytes, &mut add)
        }
        [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => {
            records(file, u32::from_be_bytes, &mut add)
        }
        [0x0a, 0x0d, 0x0d, 0x0a] => {
            let is_little = file.get(8..12)? == [0x4d, 0x3c, 0x2b, 0x1a];
            blocks(file, if is_little { u32::from_le_bytes } else { u32::from_be_bytes }, &mut add);
        }
        _ => return None,
    }
    Some(flows.requests().unwrap_or_default())
}

type Number = fn([u8; 4]) -> u32;

fn number(bytes: &[u8], at: usize, number: Number) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(number(four.try_into().ok()?)).ok()
}

/// The packets of pcap: a head of 24 bytes, and one of 16 before each packet.
fn records(file: &[u8], order: Number, add: &mut impl FnMut(&[u8])) {
    let mut rest = file.get(24..).unwrap_or_default();
    while let Some(length) = number(rest, 8, order) {
        let Some((packet, next)) = rest.get(16..).and_then(|rest| rest.split_at_checked(length))
        else {
            return;
        };
        add(packet);
        rest = next;
    }
}

/// The packets of pcapng: blocks with type and length in front and the length behind.
fn blocks(file: &[u8], order: Number, add: &mut impl FnMut(&[u8])) {
    const ENHANCED: usize = 6;
    const SIMPLE: usize = 3;
    let mut rest = file;
    while let (Some(kind), Some(length)) = (number(rest, 0, order), number(rest, 4, order)) {
        let Some((block, next)) = rest.split_at_checked(length.max(12)) else { return };
        let packet = match kind {
            ENHANCED => number(block, 20, order).and_then(|length| block.get(28..)?.get(..length)),
            SIMPLE => block.get(12..block.len() - 4),
            _ => None,
        };
        packet.into_iter().for_each(&mut *add);
        rest = next;
    }
}
