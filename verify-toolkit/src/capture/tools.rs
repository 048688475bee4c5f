//! What tools print of a request, one row for each: how its lines are read, and which export of the
//! tool has the bytes as they were.

mod blocks;
mod dump;
mod flow;
mod hex;
mod literal;
mod loggers;
mod logs;
mod packets;
pub(super) mod pcap;
mod printed;

use self::Reader::{Bodiless, Text};
use super::http::find;

/// A tool that prints requests.
pub(super) struct Tool {
    pub(super) name: &'static str,
    read: Reader,
    /// How to get the bytes as they were, if what the tool prints may differ from them.
    pub(super) remedy: &'static str,
    /// Whether it writes JSON anew.
    pub(super) is_pretty: bool,
    /// Whether it begins with the request line.
    prints_plainly: bool,
}

/// How a tool is known, and what it prints is read.
enum Reader {
    /// A line has these in their order, and there is no body.
    Bodiless(&'static [&'static str]),
    /// Reads what was sent, each connection for itself. Nothing if the text is not the tool's;
    /// no connection if it does not have the whole of a request.
    Text(fn(&[u8]) -> Option<Vec<Vec<u8>>>),
}

impl Tool {
    pub(super) fn is_curl(&self) -> bool {
        self.name == CURL
    }

    fn read(&self, text: &[u8]) -> Option<Vec<Vec<u8>>> {
        match self.read {
            Bodiless(marks) => {
                let has_all = |line: &[u8]| {
                    let mut rest = Some(line);
                    marks.iter().all(|mark| {
                        let place =
                            rest.and_then(|rest| Some(find(rest, mark.as_bytes())? + mark.len()));
                        rest = place.and_then(|end| rest?.get(end..));
                        rest.is_some()
                    })
                };
                lines(text).take(MOST_LINES).any(has_all).then(Vec::new)
            }
            Text(read) => read(text),
        }
    }
}

/// Most lines in which one is looked for that says whose they are.
const MOST_LINES: usize = 1000;

const CURL: &str = "`curl -v`";

/// What most have in common.
const TOOL: Tool =
    Tool { name: "", read: Bodiless(&[]), remedy: "", is_pretty: false, prints_plainly: false };

const NO_BODY: &str = "it does not print the body; record the request with `tcpdump -w FILE` behind what ends TLS, or let \
                       `verify listen` receive the delivery";

static TOOLS: [Tool; 33] = [
    Tool { name: "a hex dump", read: Text(hex::read), ..TOOL },
    Tool { name: "a dump", read: Text(dump::read), ..TOOL },
    Tool {
        name: "`curl --trace-ascii`",
        read: Text(blocks::curl),
        remedy: "it prints `.` for line ends in the body and for what is not ASCII; `curl --trace FILE` has all \
                 bytes",
        ..TOOL
    },
    Tool {
        name: "Wireshark's `Follow TCP Stream`",
        read: Text(blocks::follow),
        remedy: FOLLOW,
        ..TOOL
    },
    Tool { name: "Wireshark's C arrays", read: Text(blocks::arrays), ..TOOL },
    Tool { name: "Wireshark's YAML", read: Text(blocks::yaml), ..TOOL },
    Tool {
        name: "`socat -v`",
        read: Text(blocks::socat),
        remedy: "it prints `.` for what is not ASCII; `socat -x -v` has all bytes",
        ..TOOL
    },
    Tool {
        name: "`tcpdump -A`",
        read: Text(packets::tcpdump),
        remedy: "it leaves out carriage returns, and prints `.` for what is not ASCII; `tcpdump -X`, or the \
                 file that `tcpdump -w FILE` writes, has all bytes",
        ..TOOL
    },
    Tool {
        name: "`ngrep`",
        read: Text(packets::ngrep),
        remedy: "it prints `.` for line ends and for what is not ASCII; `ngrep -x`, or the file that `ngrep -O \
                 FILE` writes, has all bytes",
        ..TOOL
    },
    Tool {
        name: "Feign or OkHttp",
        read: Text(loggers::arrows),
        remedy: "only `Logger.Level.FULL` of Feign and `Level.BODY` of OkHttp print the body",
        ..TOOL
    },
    Tool { name: "Jersey's log", read: Text(loggers::jersey), ..TOOL },
    Tool { name: "Ktor's log", read: Text(loggers::ktor), ..TOOL },
    Tool { name: "Apache's mod_dumpio", read: Text(loggers::dumpio), ..TOOL },
    Tool { name: "a log with the bytes in quotes", read: Text(literal::read), ..TOOL },
    Tool {
        name: "`mitmdump`",
        read: Text(printed::mitmdump),
        remedy: "it indents JSON; `mitmdump --set hardump=FILE` records a HAR file, and the command `:export.file \
                 raw_request @focus FILE` of mitmproxy the raw request",
        is_pretty: true,
        ..TOOL
    },
    Tool {
        name: "`wget -d`",
        read: Text(printed::wget),
        remedy: "it does not print the body of a file; put the body behind the head, or give the text of the \
                 request as the receiver logged it",
        ..TOOL
    },
    Tool { name: "requests-toolbelt's `dump`", read: Text(printed::toolbelt), ..TOOL },
    Tool {
        name: "Node's `NODE_DEBUG=http`",
        read: Text(printed::node),
        remedy: "it does not print the body; log the raw body in the receiver, as `express.raw({type: '*/*'})` \
                 gives it, and put it behind a request line and the headers",
        ..TOOL
    },
    Tool {
        name: "HTTPie",
        read: Text(printed::httpie),
        remedy: "it sorts and indents JSON; `--pretty=none` prints the body as it was sent",
        is_pretty: true,
        prints_plainly: true,
    },
    Tool { name: "Burp's XML", read: Text(blocks::burp), ..TOOL },
    Tool { name: "a request in base64 or another code", read: Text(blocks::coded), ..TOOL },
    Tool { name: "ModSecurity's audit log", read: Text(logs::modsecurity), ..TOOL },
    Tool {
        name: "the debug log of Apache's HttpClient",
        read: Text(logs::apache_client),
        remedy: "it prints `[0x..]` for what is not ASCII",
        ..TOOL
    },
    Tool {
        name: "nginx's debug log",
        read: Bodiless(&[" [debug] ", " http header: \""]),
        remedy: "it does not print the body; log `$request_body` with `escape=none`, and put the body behind a \
                 request line and the headers, or record with `tcpdump -w FILE` behind nginx",
        ..TOOL
    },
    Tool {
        name: "Envoy's debug log",
        read: Bodiless(&["request headers complete (end_stream="]),
        remedy: "it does not print the body; Envoy's tap filter, or `tcpdump -w FILE` behind Envoy, records \
                 the whole request",
        ..TOOL
    },
    Tool {
        name: "`nghttp -v`",
        read: Bodiless(&["send HEADERS frame <length="]),
        remedy: "it does not print the body that it sends: give the file of `nghttp -d FILE` behind a request line and \
                 the headers",
        ..TOOL
    },
    Tool { name: "`nghttpd -v`", read: Bodiless(&["recv (stream_id="]), remedy: NO_BODY, ..TOOL },
    Tool { name: "varnishlog", read: Bodiless(&["ReqHeader "]), remedy: NO_BODY, ..TOOL },
    Tool { name: "HAProxy's debug mode", read: Bodiless(&[".clihdr["]), remedy: NO_BODY, ..TOOL },
    Tool {
        name: "Tomcat's `RequestDumperFilter`",
        read: Bodiless(&["RequestDumperFilter", "header="]),
        remedy: NO_BODY,
        ..TOOL
    },
    Tool {
        name: "an access log",
        read: Text(logs::access),
        remedy: "it has no headers and no body; record the request with `tcpdump -w FILE` behind what ends \
                 TLS, or let `verify listen` receive the delivery",
        ..TOOL
    },
    Tool {
        name: "XML",
        read: Text(logs::xml),
        remedy: "export the session as a HAR file, or copy the request as `cURL (bash)` or as text",
        ..TOOL
    },
    Tool { name: CURL, read: Text(printed::curl), ..TOOL },
];

const FOLLOW: &str = "it prints `.` for what is not ASCII; `Show data as: Raw` in Wireshark, or \
                      `follow,tcp,raw` in `tshark -z`, has all bytes";

/// Finds the tool that printed a text, and what it says was sent.
///
/// What begins with a request line may only be what a tool made of the body.
pub(super) fn read(text: &[u8], is_plain: bool) -> Option<(&'static Tool, Vec<Vec<u8>>)> {
    let mut tools = TOOLS.iter().filter(|tool| !is_plain || tool.prints_plainly);
    tools.find_map(|tool| Some((tool, tool.read(text)?)))
}

/// The bytes that a dump shows, in whichever form, if a text is nothing else. In the words of some dumps the bytes
/// stand in the reverse order.
pub(super) fn dumped(text: &[u8], is_reversed: bool) -> Option<Vec<u8>> {
    hex::bytes(text, is_reversed).or_else(|| dump::bytes(text))
}

/// The lines of a text, with their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// A line without its end.
fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The number that stands behind a word.
fn number_after(line: &[u8], word: &[u8]) -> Option<usize> {
    let start = find(line, word)? + word.len();
    let digits = line.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    core::str::from_utf8(line.get(start..start + digits)?).ok()?.parse().ok()
}
