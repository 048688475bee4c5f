//! What curl's options say of the request.

use super::{CurlProblem, words::Word};

/// What an option does to the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    /// More options are in a file.
    Config,
    Cookie,
    Data,
    DataBinary,
    DataRaw,
    DataUrlEncoded,
    Get,
    Head,
    Header,
    Json,
    Method,
    /// Another request begins.
    Next,
    Nothing,
    Referer,
    /// The request cannot be told from the command.
    Refused,
    Target,
    Token,
    /// The body is in a file.
    Upload,
    Url,
    User,
    UserAgent,
}

/// Short name, long name, effect. `\0` where there is no short name.
const WITH_VALUE: &[(char, &str, Effect)] = &[
    ('b', "cookie", Effect::Cookie),
    ('d', "data", Effect::Data),
    ('\0', "data-ascii", Effect::Data),
    ('\0', "data-binary", Effect::DataBinary),
    ('\0', "data-raw", Effect::DataRaw),
    ('\0', "data-urlencode", Effect::DataUrlEncoded),
    ('H', "header", Effect::Header),
    ('\0', "json", Effect::Json),
    ('X', "request", Effect::Method),
    ('e', "referer", Effect::Referer),
    ('K', "config", Effect::Config),
    ('F', "form", Effect::Refused),
    ('\0', "form-string", Effect::Refused),
    ('T', "upload-file", Effect::Upload),
    ('\0', "request-target", Effect::Target),
    ('\0', "oauth2-bearer", Effect::Token),
    ('\0', "url", Effect::Url),
    ('u', "user", Effect::User),
    ('A', "user-agent", Effect::UserAgent),
    ('\0', "aws-sigv4", Effect::Nothing),
    ('\0', "cacert", Effect::Nothing),
    ('\0', "capath", Effect::Nothing),
    ('E', "cert", Effect::Nothing),
    ('\0', "cert-type", Effect::Nothing),
    ('\0', "ciphers", Effect::Nothing),
    ('\0', "connect-timeout", Effect::Nothing),
    ('\0', "connect-to", Effect::Nothing),
    ('c', "cookie-jar", Effect::Nothing),
    ('D', "dump-header", Effect::Nothing),
    ('\0', "interface", Effect::Nothing),
    ('\0', "key", Effect::Nothing),
    ('\0', "limit-rate", Effect::Nothing),
    ('\0', "max-redirs", Effect::Nothing),
    ('m', "max-time", Effect::Nothing),
    ('\0', "noproxy", Effect::Nothing),
    ('o', "output", Effect::Nothing),
    ('\0', "pass", Effect::Nothing),
    ('x', "proxy", Effect::Nothing),
    ('U', "proxy-user", Effect::Nothing),
    ('\0', "resolve", Effect::Nothing),
    ('\0', "retry", Effect::Nothing),
    ('\0', "retry-delay", Effect::Nothing),
    ('\0', "retry-max-time", Effect::Nothing),
    ('Y', "speed-limit", Effect::Nothing),
    ('y', "speed-time", Effect::Nothing),
    ('\0', "stderr", Effect::Nothing),
    ('\0', "tls-max", Effect::Nothing),
    ('\0', "trace", Effect::Nothing),
    ('\0', "trace-ascii", Effect::Nothing),
    ('\0', "unix-socket", Effect::Nothing),
    ('w', "write-out", Effect::Nothing),
];

/// The same of options without a value.
const FLAGS: &[(char, &str, Effect)] = &[
    ('G', "get", Effect::Get),
    ('I', "head", Effect::Head),
    (':', "next", Effect::Next),
    ('\0', "basic", Effect::Nothing),
    ('\0', "compressed", Effect::Nothing),
    ('f', "fail", Effect::Nothing),
    ('\0', "fail-with-body", Effect::Nothing),
    ('g', "globoff", Effect::Nothing),
    ('0', "http1.0", Effect::Nothing),
    ('\0', "http1.1", Effect::Nothing),
    ('\0', "http2", Effect::Nothing),
    ('\0', "http2-prior-knowledge", Effect::Nothing),
    ('\0', "http3", Effect::Nothing),
    ('i', "include", Effect::Nothing),
    ('k', "insecure", Effect::Nothing),
    ('4', "ipv4", Effect::Nothing),
    ('6', "ipv6", Effect::Nothing),
    ('L', "location", Effect::Nothing),
    ('\0', "location-trusted", Effect::Nothing),
    ('N', "no-buffer", Effect::Nothing),
    ('\0', "no-progress-meter", Effect::Nothing),
    ('\0', "path-as-is", Effect::Nothing),
    ('\0', "post301", Effect::Nothing),
    ('\0', "post302", Effect::Nothing),
    ('\0', "post303", Effect::Nothing),
    ('#', "progress-bar", Effect::Nothing),
    ('J', "remote-header-name", Effect::Nothing),
    ('O', "remote-name", Effect::Nothing),
    ('\0', "retry-all-errors", Effect::Nothing),
    ('\0', "retry-connrefused", Effect::Nothing),
    ('S', "show-error", Effect::Nothing),
    ('s', "silent", Effect::Nothing),
    ('1', "tlsv1", Effect::Nothing),
    ('\0', "tlsv1.2", Effect::Nothing),
    ('\0', "tlsv1.3", Effect::Nothing),
    ('v', "verbose", Effect::Nothing),
];

/// What an argument says, with its value.
type Argument<'w> = Result<(Effect, &'w [u8]), CurlProblem>;

/// Whether an option with this name exists, with dashes in front or without, and whether it has a value.
pub(super) fn option(name: &[u8]) -> Option<bool> {
    let long = name.strip_prefix(b"--").unwrap_or(name);
    let short = name.strip_prefix(b"-");
    let is_named = |option: &(char, &str, Effect)| {
        option.1.as_bytes() == long || short.is_some_and(|s| s == [option.0 as u8])
    };
    let has = |options: &[(char, &str, Effect)]| options.iter().any(is_named);
    if has(WITH_VALUE) { Some(true) } else { has(FLAGS).then_some(false) }
}

/// Goes through the words behind `curl`.
pub(super) struct Arguments<'w> {
    words: core::slice::Iter<'w, Word>,
    /// The short options of the current word that are still to come.
    cluster: &'w [u8],
    at: usize,
    options_ended: bool,
}

impl<'w> Arguments<'w> {
    pub(super) fn new(words: &'w [Word]) -> Self {
        let words = words.get(1..).unwrap_or_default().iter();
        Self { words, cluster: b"", at: 0, options_ended: false }
    }

    /// Where the word is, and what it says.
    pub(super) fn next(&mut self) -> Option<(usize, Argument<'w>)> {
        while self.cluster.is_empty() {
            let word = self.words.next()?;
            self.at = word.at;
            match word.text.as_slice() {
                b"--" if !self.options_ended => self.options_ended = true,
                [b'-', b'-', name @ ..] if !self.options_ended => {
                    return Some((self.at, self.long(name)));
                }
                [b'-', cluster @ ..] if !cluster.is_empty() && !self.options_ended => {
                    self.cluster = cluster;
                }
                url => return Some((self.at, Ok((Effect::Url, url)))),
            }
        }
        let (name, rest) = self.cluster.split_first()?;
        self.cluster = rest;
        Some((self.at, self.short(*name)))
    }

    fn long(&mut self, name: &[u8]) -> Argument<'w> {
        let named = |option: &&(char, &str, Effect)| option.1.as_bytes() == name;
        if let Some((.., effect)) = FLAGS.iter().find(named) {
            return Ok((*effect, b""));
        }
        let (.., effect) = WITH_VALUE.iter().find(named).ok_or(CurlProblem::UnknownOption)?;
        Ok((*effect, self.words.next().ok_or(CurlProblem::ValueMissing)?.text.as_slice()))
    }

    fn short(&mut self, name: u8) -> Argument<'w> {
        let named =
            |option: &&(char, &str, Effect)| option.0 != '\0' && option.0 == char::from(name);
        if let Some((.., effect)) = FLAGS.iter().find(named) {
            return Ok((*effect, b""));
        }
        let (.., effect) = WITH_VALUE.iter().find(named).ok_or(CurlProblem::UnknownOption)?;
        let value = match core::mem::take(&mut self.cluster) {
            b"" => self.words.next().ok_or(CurlProblem::ValueMissing)?.text.as_slice(),
            value => value,
        };
        Ok((*effect, value))
    }
}
