//! Deliveries as Databricks signs them, each with a body of its own.

use std::{
    ops::Range,
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use verify_core::{Secret, Sender, Signer, UnixTime};

pub const SECRET: &str = "a secret for measuring";
pub const SIGNATURE: &str = "x-databricks-signature";

/// What is wrong with a delivery.
#[derive(Clone, Copy, PartialEq)]
pub enum Flaw {
    None,
    /// There is no signature.
    Unsigned,
    /// The signature is that of another body.
    WrongTag,
}

/// Milliseconds: a gateway hands on nothing that is older than it remembers.
static NOW: LazyLock<u128> =
    LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis());

/// A body of `size` bytes, different for each number.
pub fn body(size: usize, number: usize) -> String {
    let now = *NOW;
    let start = format!(
        r#"{{"event":"MODEL_VERSION_CREATED","webhook_id":"{number:032x}","event_timestamp":{now},"model_name":"fraud","version":"{number}","text":""#
    );
    let text = "x".repeat(size.saturating_sub(start.len() + 2));
    format!("{start}{text}\"}}")
}

/// Deliveries as bytes of HTTP/1.1, ready to be written to a socket.
///
/// # Panics
///
/// If the signer refuses its own sender.
pub fn requests(path: &str, size: usize, count: usize, flaw: Flaw) -> Vec<Vec<u8>> {
    numbered(path, size, 0..count, flaw)
}

/// The same of these numbers, each of which is a delivery of its own.
///
/// # Panics
///
/// If the signer refuses its own sender.
pub fn numbered(path: &str, size: usize, numbers: Range<usize>, flaw: Flaw) -> Vec<Vec<u8>> {
    let signer = Signer::new(Sender::DATABRICKS, Secret::new(SECRET).expect("not empty"))
        .expect("a sender that is known");
    let request = |number: usize| {
        let body = body(size, number);
        let signed = match flaw {
            Flaw::WrongTag => signer.sign(UnixTime::from_secs(0), "", b"another body"),
            Flaw::None | Flaw::Unsigned => signer.sign(UnixTime::from_secs(0), "", body.as_bytes()),
        };
        let signed = signed.expect("no id to refuse");
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: load\r\naccept: */*\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in signed.iter().filter(|_| flaw != Flaw::Unsigned) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_str(), "\r\n", body.as_str()].concat().into_bytes()
    };
    numbers.map(request).collect()
}
