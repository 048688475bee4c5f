//! A server that reads HTTP in a lax way, in front of a sound receiver: for the cases that only a
//! wire can carry.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::receiver::{PATH, Receiver};

/// How a server reads what it should refuse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Laxness {
    /// Of several lengths, the first counts, and of what is no number, its digits.
    Lengths,
    /// A length counts, whatever else there is.
    LengthBeforeChunks,
    /// A chunk whose size cannot be read goes to the end.
    Chunks,
    /// Lines that begin with a space belong to the one before.
    Folding,
    /// Spaces around a name, and what follows a NUL, are taken off.
    Trimming,
    /// The rest of a body is taken for the body.
    Remainder,
}

impl Laxness {
    pub(crate) const ALL: [(Self, &str); 6] = [
        (Self::Lengths, "The server reads the first digits that it finds for a length."),
        (Self::LengthBeforeChunks, "The server lets a length count before chunks."),
        (Self::Chunks, "The server takes what it cannot read for a chunk's end."),
        (Self::Folding, "The server unfolds headers."),
        (Self::Trimming, "The server trims the names of headers, and values at a NUL."),
        (Self::Remainder, "The server takes all that comes for the body."),
    ];
}

/// Serves until the test ends.
pub(crate) async fn serve(receiver: Receiver, laxness: Laxness) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    let receiver = Arc::new(receiver);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let receiver = Arc::clone(&receiver);
            tokio::spawn(async move { answer(socket, &receiver, laxness).await });
        }
    });
    url
}

/// Reads until nothing comes for a while, makes of it what it can, and answers.
async fn answer(mut socket: TcpStream, receiver: &Receiver, laxness: Laxness) -> Option<()> {
    let mut text = Vec::new();
    let patience = core::time::Duration::from_millis(200);
    while let Ok(Ok(1..)) = tokio::time::timeout(patience, socket.read_buf(&mut text)).await {}
    let response = match request(&text, laxness) {
        Some(request) => receiver.receive(request).await.status().as_u16(),
        None => 400,
    };
    let response = format!("HTTP/1.1 {response} x\r\ncontent-length: 0\r\n\r\n");
    socket.write_all(response.as_bytes()).await.ok()
}

fn request(text: &[u8], laxness: Laxness) -> Option<Request<Full<Bytes>>> {
    let is = |other| laxness == other;
    let end = text.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (&text[..end], &text[end + 4..]);
    let mut head = String::from_utf8_lossy(head).into_owned();
    if is(Laxness::Folding) {
        head = head.replace("\r\n ", "");
    }
    let mut request = Request::post(PATH);
    for line in head.split("\r\n").skip(1) {
        let (mut name, mut value) = line.split_once(':')?;
        if is(Laxness::Trimming) {
            (name, value) = (name.trim(), value.split('\0').next()?);
        }
        let value = HeaderValue::from_str(value.trim()).ok()?;
        request = request.header(HeaderName::try_from(name).ok()?, value);
    }
    let headers = request.headers_ref()?;
    let lengths: Vec<_> = headers.get_all("content-length").iter().collect();
    let codings: Vec<_> = headers.get_all("transfer-encoding").iter().collect();
    let length = match lengths[..] {
        [length, ..] if is(Laxness::Lengths) => {
            let digits = length.to_str().ok()?.split(|c: char| !c.is_ascii_digit());
            // What is beyond the type is all there is.
            digits
                .filter(|digits| !digits.is_empty())
                .map(|d| d.parse().unwrap_or(usize::MAX))
                .next()
        }
        [length] => {
            Some(length.to_str().ok().filter(|l| !l.starts_with('+'))?.parse::<usize>().ok()?)
        }
        [] => None,
        _ => return None,
    };
    let body = match (length, &codings[..]) {
        (Some(_), _) if is(Laxness::Remainder) => body.to_vec(),
        (None, [_]) if is(Laxness::Remainder) => body.to_vec(),
        (Some(length), codings) if codings.is_empty() || is(Laxness::LengthBeforeChunks) => {
            body.get(..length.min(body.len()))?.to_vec()
        }
        (None, [coding]) if *coding == "chunked" => chunks(body, laxness)?,
        _ => return None,
    };
    request.headers_mut()?.remove("content-length");
    request.body(body.into()).ok()
}

fn chunks(mut text: &[u8], laxness: Laxness) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = text.windows(2).position(|window| window == b"\r\n")?;
        let digits = core::str::from_utf8(&text[..size]).ok()?;
        let rest = &text[size + 2..];
        let size = match usize::from_str_radix(digits, 16) {
            Ok(0) => return Some(body),
            Ok(size) => size,
            // All that was signed: the text from the start.
            Err(_) if laxness == Laxness::Chunks => return Some(text.to_vec()),
            Err(_) => return None,
        };
        body.extend_from_slice(rest.get(..size)?);
        text = rest.get(size + 2..)?;
    }
}
