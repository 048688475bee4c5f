mod parse;
mod shell;

use core::fmt::{self, Write as _};

pub use parse::ParseError;
#[cfg(feature = "socket")]
pub(crate) use parse::join_chunks;
#[cfg(feature = "explain")]
pub(crate) use parse::unchunked;
pub(crate) use parse::{Message, is_answer, is_line_end, request_in};

/// A request as it goes over the wire: nothing is decoded, joined or reordered.
#[derive(Clone, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a request has no more parts")]
pub struct WireRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// Names, as they were written, and values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without any framing.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// Too much for an argument of a command, in bytes.
    const LONG: usize = 64 * 1024;

    /// Yields the values of a header. `name` is matched in any case.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = move |header: &&(String, Vec<u8>)| header.0.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| value.as_slice())
    }

    /// The names of the headers.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// Yields the headers whose name was made from `name` on the way.
    #[cfg(feature = "explain")]
    pub(crate) fn renamed(&self, name: &str) -> impl Iterator<Item = (&str, &[u8])> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        headers.filter(move |(other, _)| is_renamed(other, name))
    }

    /// The headers, but for those that say how the body is framed.
    pub(crate) fn unframed(&self) -> impl Iterator<Item = &(String, Vec<u8>)> {
        self.headers.iter().filter(|(name, _)| !is_framing(name))
    }

    /// Writes the request as HTTP/1.1 text. The body is framed by `Content-Length`, whatever the
    /// headers said before; `Host` is `host` unless there is one.
    #[must_use]
    pub fn to_http(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value);
            text.extend_from_slice(b"\r\n");
        };
        if self.header("host").next().is_none() {
            line("Host", host.as_bytes());
        }
        for (name, value) in self.unframed() {
            line(name, value);
        }
        line("Content-Length", self.body.len().to_string().as_bytes());
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(&self.body);
        text
    }

    /// Writes a `curl` command, one line of ASCII, that sends the request to `origin`, such as
    /// `http://127.0.0.1:8080`, and nowhere else.
    ///
    /// No shell runs anything of the request, whatever is in it: text that is not plain is decoded by
    /// `base64 -d`. sh, bash, dash, zsh and fish (from 3.4) send the same bytes, but for line ends at the
    /// end of a header. csh, and PowerShell and cmd.exe where they have no `base64`, refuse the line or
    /// send something else. Headers whose name is no token of HTTP are left out: curl takes `@` at the
    /// start for a file to be read.
    ///
    /// ```
    /// use verify_toolkit::{Delivery, UnixTime};
    ///
    /// let delivery = Delivery::wandb("{}").with_path("/hook");
    /// let request = delivery.sign("shared", UnixTime::from_secs(0))?;
    /// assert_eq!(
    ///     request.to_curl("http://127.0.0.1:8080"),
    ///     "curl -gi -X 'POST' 'http://127.0.0.1:8080/hook' -H 'content-type: application/json' \
    ///      -H 'x-wandb-signature: TAU7+ULD7zG4OIb2XOWljhvCKEJ9ueneaipLm935xp4=' --data-raw '{}'"
    /// );
    /// # Ok::<(), verify_toolkit::SignError>(())
    /// ```
    #[must_use]
    pub fn to_curl(&self, origin: &str) -> String {
        let origin = origin.trim_end_matches('/');
        let mut command = format!("curl -gi -X {} ", shell::word(self.method.as_bytes()));
        let whole = format!("{origin}{}", self.path);
        // A path that does not begin so could name another host.
        let is_path = self.path.starts_with('/') && !self.path.contains("/.");
        match shell::word(whole.as_bytes()) {
            whole if is_path && whole.starts_with('\'') => command += &whole,
            // The host stays readable.
            _ => {
                let (origin, target) = (format!("{origin}/"), self.path.as_bytes());
                let (origin, target) = (shell::word(origin.as_bytes()), shell::word(target));
                let _ = write!(command, "{origin} --request-target {target}");
            }
        }
        // What curl makes itself, and makes right.
        let is_own = |name: &str| name.eq_ignore_ascii_case("host");
        for (name, value) in self.unframed().filter(|(name, _)| is_token(name) && !is_own(name)) {
            // Without a value, `Name:` would take the header out; `Name;` sends it empty.
            let header = match value.as_slice() {
                b"" => format!("{name};").into_bytes(),
                value => [name.as_bytes(), b": ", value].concat(),
            };
            let _ = write!(command, " -H {}", shell::word(&header));
        }
        if self.header("content-type").next().is_none() {
            // Or curl says that it is a form.
            command += " -H 'Content-Type:'";
        }
        match shell::last_word(&self.body).filter(|word| word.len() < Self::LONG) {
            Some(body) => command + " --data-raw " + &body,
            None => format!("{} | {command} --data-binary '@-'", shell::decoded(&self.body)),
        }
    }
}

/// Whether a header's name was made from another: with underscores, `HTTP_` in front, or a prefix of a
/// gateway such as `X-Forwarded-` or `X-Amzn-Remapped-`.
pub(crate) fn is_renamed(name: &str, from: &str) -> bool {
    let core = from.trim_start_matches("x-");
    let other = name.to_ascii_lowercase().replace('_', "-");
    let is_made_from =
        other == core || other.strip_suffix(core).is_some_and(|front| front.ends_with('-'));
    is_made_from && !name.eq_ignore_ascii_case(from)
}

/// Whether a header says how the body is framed, which is the business of whoever sends it.
fn is_framing(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
}

/// Whether it is a token of RFC 9110, section 5.6.2, as every name of a header is.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// For `tower::ServiceExt::oneshot`, for instance. Framing and `Host` are left out.
impl<B: From<Vec<u8>>> TryFrom<WireRequest> for http::Request<B> {
    type Error = http::Error;

    /// # Errors
    ///
    /// A method, path or header is none that this type can hold.
    fn try_from(request: WireRequest) -> Result<Self, http::Error> {
        let mut converted =
            http::Request::builder().method(request.method.as_str()).uri(request.path.as_str());
        for (name, value) in request.unframed() {
            converted = converted.header(name, value.as_slice());
        }
        converted.header("content-length", request.body.len()).body(request.body.into())
    }
}

/// For an application of `actix_web::test::init_service`. Framing and `Host` are left out.
#[cfg(feature = "actix")]
impl TryFrom<WireRequest> for actix_web::test::TestRequest {
    type Error = actix_web::error::HttpError;

    /// # Errors
    ///
    /// A method, path or header is none that this type can hold.
    fn try_from(request: WireRequest) -> Result<Self, Self::Error> {
        use actix_web::http::{
            Method, Uri,
            header::{HeaderName, HeaderValue},
        };

        // The setters of the type panic on what it cannot hold.
        let path: Uri = request.path.parse()?;
        let mut converted = Self::with_uri(&path.to_string())
            .method(Method::from_bytes(request.method.as_bytes())?)
            .append_header(("content-length", request.body.len()));
        for (name, value) in request.unframed() {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            converted = converted.append_header((name, HeaderValue::from_bytes(value)?));
        }
        Ok(converted.set_payload(request.body))
    }
}

/// Shows method, path and the names of the headers. Values and bodies hold secrets.
impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .field("body_len", &self.body.len())
            .finish()
    }
}
