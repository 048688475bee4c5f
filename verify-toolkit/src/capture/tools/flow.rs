//! Connections, put together from packets.

use std::collections::HashMap;

use crate::capture::http::begins_request;

/// What was sent over connections, each direction for itself.
#[derive(Default)]
pub(super) struct Flows {
    /// In the order in which they begin.
    flows: Vec<Vec<Piece>>,
    places: HashMap<Vec<u8>, usize>,
}

/// What one packet brought, with TCP's sequence number if that is known.
struct Piece {
    number: Option<u32>,
    bytes: Vec<u8>,
}

impl Flows {
    pub(super) fn add(&mut self, flow: &[u8], number: Option<u32>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let next = self.flows.len();
        let place = *self.places.entry(flow.to_vec()).or_insert(next);
        if place == next {
            self.flows.push(Vec::new());
        }
        if let Some(pieces) = self.flows.get_mut(place) {
            pieces.push(Piece { number, bytes: bytes.to_vec() });
        }
    }

    /// The name of a flow that is not there yet.
    pub(super) fn next(&self) -> Vec<u8> {
        self.flows.len().to_be_bytes().to_vec()
    }

    /// The flows that begin with a request, without what was sent twice.
    pub(super) fn requests(self) -> Option<Vec<Vec<u8>>> {
        let flows = self.flows.into_iter().map(joined);
        let flows: Vec<_> = flows.filter(|bytes| begins_request(bytes)).collect();
        (!flows.is_empty()).then_some(flows)
    }
}

fn joined(mut pieces: Vec<Piece>) -> Vec<u8> {
    let first = pieces.first().and_then(|piece| piece.number).unwrap_or(0);
    let place = |piece: &Piece| piece.number.map(|number| number.wrapping_sub(first));
    if pieces.iter().all(|piece| piece.number.is_some()) {
        // Half of the numbers are before the first one.
        pieces.sort_by_key(|piece| place(piece).unwrap_or(0).wrapping_add(1 << 31));
    }
    let mut bytes = Vec::new();
    let mut next: Option<u32> = None;
    for piece in pieces {
        let known = match (next, place(&piece)) {
            // What is not later than half of the numbers away comes after.
            (Some(next), Some(own)) if next.wrapping_sub(own) < 1 << 31 => {
                usize::try_from(next.wrapping_sub(own)).unwrap_or(usize::MAX)
            }
            _ => 0,
        };
        let Some(new) = piece.bytes.get(known..) else { continue };
        bytes.extend_from_slice(new);
        let length = u32::try_from(piece.bytes.len()).unwrap_or(u32::MAX);
        next = place(&piece).map(|own| own.wrapping_add(length));
    }
    bytes
}

/// What a packet says of its TCP segment.
pub(super) struct Segment<'p> {
    /// Both addresses and ports.
    pub(super) flow: &'p [u8],
    pub(super) number: u32,
    pub(super) payload: &'p [u8],
}

/// Reads an IP packet, behind whichever link header.
pub(super) fn segment(packet: &[u8]) -> Option<Segment<'_>> {
    // None, BSD's null, Ethernet, Linux's cooked ones, Ethernet with a VLAN.
    [0, 4, 14, 16, 20, 18].into_iter().find_map(|start| ip(packet.get(start..)?))
}

fn ip(packet: &[u8]) -> Option<Segment<'_>> {
    const TCP: u8 = 6;
    let word =
        |at: usize| Some(usize::from(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?)));
    let version = packet.first()? >> 4;
    let (addresses, head, length, protocol) = match version {
        4 => (12, usize::from(packet.first()? & 15) * 4, word(2)?, *packet.get(9)?),
        6 => (8, 40, word(4)? + 40, *packet.get(6)?),
        _ => return None,
    };
    // A network card may cut a large packet for the system, which then says no length.
    let length = if length == 0 { packet.len() } else { length.min(packet.len()) };
    if protocol != TCP || head < 20 {
        return None;
    }
    let tcp = packet.get(head..length)?;
    let number = u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?);
    let options = usize::from(tcp.get(12)? >> 4) * 4;
    if options < 20 {
        return None;
    }
    // With IPv4's options there is more than addresses and ports, which does no harm.
    let flow = packet.get(addresses..head + 4)?;
    Some(Segment { flow, number, payload: tcp.get(options..)? })
}
