//! What is done to a body before it is verified: nothing, in a sound receiver.

use std::io::Read;

use base64ct::{Base64, Encoding as _};
use flate2::read::GzDecoder;
use http::HeaderMap;
use serde_json::Value;

use super::{Receiver, Refusal, head::values};
use crate::flaw::Flaw;

impl Receiver {
    /// The body as it is verified: as it came, unless something is done to it first.
    pub(super) fn converted(&self, headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        const UNREADABLE: Refusal = (400, "body cannot be read");
        let is = |name: &str, part: &str| {
            values(headers, name).iter().any(|v| String::from_utf8_lossy(v).contains(part))
        };
        let json = || serde_json::from_slice::<Value>(&body).map_err(|_| UNREADABLE);
        Ok(match self.flaw {
            Some(Flaw::ParsedFirst) => json().map(|_| body)?,
            Some(Flaw::Reserialised) => spaced(&json()?.to_string()).into(),
            Some(Flaw::SortedKeys) => json().map_or(body.clone(), |value| value.to_string().into()),
            Some(Flaw::Compacted) => {
                if json().is_ok() {
                    compacted(&body)
                } else {
                    body
                }
            }
            Some(Flaw::Escaped) => {
                let text = String::from_utf8_lossy(&body);
                let escaped = |c: char| match c {
                    c if c.is_ascii() => c.to_string(),
                    c => format!("\\u{:04x}", u32::from(c)),
                };
                text.chars().map(escaped).collect::<String>().into()
            }
            Some(Flaw::DecompressedFirst) if is("content-encoding", "gzip") => {
                let mut unpacked = Vec::new();
                let read = GzDecoder::new(&body[..]).read_to_end(&mut unpacked);
                read.map(|_| unpacked).map_err(|_| UNREADABLE)?
            }
            Some(Flaw::DecompressedFirst) if headers.contains_key("content-encoding") => {
                return Err((415, "unknown coding"));
            }
            Some(Flaw::UnwrappedFirst) => {
                let text = String::from_utf8_lossy(&body).into_owned();
                Base64::decode_vec(&text).ok().filter(|b| !b.is_empty()).unwrap_or(body)
            }
            Some(Flaw::CharsetConverted) if is("content-type", "utf-16") => {
                let units = body.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                String::from_utf16_lossy(&units.collect::<Vec<_>>()).into()
            }
            Some(Flaw::LossyText) => String::from_utf8_lossy(&body).into_owned().into(),
            Some(Flaw::TextOnly) => {
                String::from_utf8(body).map_err(|_| (400, "not text"))?.into_bytes()
            }
            Some(Flaw::BomStripped) => body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body).to_vec(),
            Some(Flaw::BodyTrimmed) => body.trim_ascii().to_vec(),
            Some(Flaw::LineEndsConverted) => {
                let mut converted = body.clone();
                let mut previous = 0;
                converted.clear();
                for byte in body {
                    if byte == b'\n' && previous == b'\r' {
                        converted.pop();
                    }
                    converted.push(byte);
                    previous = byte;
                }
                converted
            }
            Some(Flaw::CutAtNul) => body.split(|byte| *byte == 0).next().unwrap().to_vec(),
            Some(Flaw::TypeRequired) if !is("content-type", "application/json") => {
                return Err((415, "not JSON"));
            }
            _ => body,
        })
    }
}

/// JSON as Python writes it, near enough for values without commas and colons in texts.
fn spaced(compact: &str) -> String {
    compact.replace(",\"", ", \"").replace("\":", "\": ")
}

fn compacted(body: &[u8]) -> Vec<u8> {
    let mut is_text = false;
    let mut previous = 0;
    body.iter()
        .copied()
        .filter(|byte| {
            if *byte == b'"' && previous != b'\\' {
                is_text = !is_text;
            }
            previous = *byte;
            is_text || !byte.is_ascii_whitespace()
        })
        .collect()
}
