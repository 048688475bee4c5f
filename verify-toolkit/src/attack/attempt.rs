use core::fmt;

use bytes::Bytes;

use crate::WireRequest;

/// A request of the matrix, with everything that can be wrong about a request.
#[derive(Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers, without `Content-Length` and `Transfer-Encoding`. If one of them is here, it is
    /// wrong on purpose.
    pub headers: Vec<(String, Vec<u8>)>,
    /// How the body is framed.
    pub framing: Framing,
    /// The body, piece by piece.
    pub body: Vec<Step>,
}

/// How a body is framed on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Framing {
    /// `Transfer-Encoding: chunked`, one chunk for each piece of data.
    Chunked,
    /// `Content-Length`, true or not.
    Length(u64),
    /// The headers have it, and have it wrong.
    Raw,
}

/// A piece of a body.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// The client closes its side of the connection, although the body is not complete.
    BreakOff,
    /// These bytes: one chunk, or one frame.
    Data(Bytes),
    /// Nothing more is sent, and the connection stays open.
    Stall,
    /// The body is complete, and these headers follow.
    Trailers(Vec<(String, Vec<u8>)>),
}

impl Attempt {
    pub(crate) fn new(path: &str, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> Self {
        let attempt = Self {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers,
            framing: Framing::Raw,
            body: Vec::new(),
        };
        attempt.sending(body)
    }

    /// Yields the data of the body.
    pub fn data(&self) -> impl Iterator<Item = &Bytes> {
        self.body.iter().filter_map(|step| match step {
            Step::Data(data) => Some(data),
            _ => None,
        })
    }

    /// Returns whether headers and body are the same, in whatever order and framing.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let headers = |attempt: &Self| {
            let lower = |(name, value): &(String, Vec<u8>)| (name.to_lowercase(), value.clone());
            let mut headers: Vec<_> = attempt.headers.iter().map(lower).collect();
            headers.sort();
            headers
        };
        (&self.method, &self.path, headers(self)) == (&other.method, &other.path, headers(other))
            && self.data().flatten().eq(other.data().flatten())
    }

    /// Adds a parameter to the query.
    pub(crate) fn asking(mut self, parameter: &str) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path = format!("{}{separator}{parameter}", self.path);
        self
    }

    /// Replaces the body and announces its length.
    pub(crate) fn sending(mut self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        self.framing = Framing::Length(u64::try_from(body.len()).unwrap_or(u64::MAX));
        self.body = vec![Step::Data(body.into())];
        self
    }

    /// Cuts the body into chunks of this size.
    pub(crate) fn chunked(mut self, size: usize) -> Self {
        let cut = |step: &Step| match step {
            Step::Data(data) => (0..data.len())
                .step_by(size)
                .map(|from| Step::Data(data.slice(from..data.len().min(from.saturating_add(size)))))
                .collect(),
            other => vec![other.clone()],
        };
        self.framing = Framing::Chunked;
        self.body = self.body.iter().flat_map(cut).collect();
        self
    }

    /// Sends the head only, and announces a body of this length.
    pub(crate) fn announcing(mut self, length: u64) -> Self {
        self.framing = Framing::Length(length);
        self.body = vec![Step::Stall];
        self
    }

    /// Lets the body end in another way.
    pub(crate) fn then(mut self, step: Step) -> Self {
        self.body.push(step);
        self
    }

    /// Leaves a header out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces a header.
    pub(crate) fn with(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a header behind those there are.
    pub(crate) fn and(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header in front of those there are.
    pub(crate) fn behind(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.insert(0, (name.to_owned(), value.into()));
        self
    }
}

/// `Content-Length` is that of the body, and `Host` that of wherever it is sent.
impl From<&WireRequest> for Attempt {
    fn from(request: &WireRequest) -> Self {
        let headers = request.unframed().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        let attempt = Self::new(&request.path, headers.cloned().collect(), request.body.clone());
        Self { method: request.method.clone(), ..attempt }
    }
}

/// Shows no header value and no body.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Attempt")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .field("framing", &self.framing)
            .field("body", &self.body)
            .finish()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BreakOff => f.write_str("BreakOff"),
            Self::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Self::Stall => f.write_str("Stall"),
            Self::Trailers(_) => f.write_str("Trailers(..)"),
        }
    }
}
