//! What tools print of a request, one row for each: how its lines are read, and which export of the
//! tool has the bytes as they were.

mod blocks;
mod dump;
mod flow;
mod hex;
mod literal;
mod logs;
mod packets;
pub(super) mod pcap;
mod printed;

/// A tool that prints requests.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// Reads what was sent, each connection for itself. Nothing if the text is not the tool's;
    /// no connection if it does not have the whole of a request.
    read: fn(&[u8]) -> Option<Vec<Vec<u8>>>,
    /// How to get the bytes as they were, if what the tool prints may differ from them.
    pub(super) remedy: &'static str,
    /// Whether it writes JSON anew.
    pub(super) is_pretty: bool,
    /// Whether it begins with the request line.
    prints_plainly: bool,
}

impl Tool {
    pub(super) fn is_curl(&self) -> bool {
        self.name == CURL
    }
}

const CURL: &str = "`curl -v`";

static TOOLS: [Tool; 24] = [
    Tool {
        name: "a hex dump",
        read: hex::read,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool { name: "a dump", read: dump::read, remedy: "", is_pretty: false, prints_plainly: false },
    Tool {
        name: "`curl --trace-ascii`",
        read: blocks::curl,
        remedy: "it prints `.` for line ends in the body and for what is not ASCII; `curl --trace FILE` has all \
                 bytes",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "Wireshark's `Follow TCP Stream`",
        read: blocks::follow,
        remedy: FOLLOW,
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "Wireshark's C arrays",
        read: blocks::arrays,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "Wireshark's YAML",
        read: blocks::yaml,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "`socat -v`",
        read: blocks::socat,
        remedy: "it prints `.` for what is not ASCII; `socat -x -v` has all bytes",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "`tcpdump -A`",
        read: packets::tcpdump,
        remedy: "it leaves out carriage returns, and prints `.` for what is not ASCII; `tcpdump -X`, or the \
                 file that `tcpdump -w FILE` writes, has all bytes",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "`ngrep`",
        read: packets::ngrep,
        remedy: "it prints `.` for line ends and for what is not ASCII; `ngrep -x`, or the file that `ngrep -O \
                 FILE` writes, has all bytes",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "a log with the bytes in quotes",
        read: literal::read,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "`mitmdump`",
        read: printed::mitmdump,
        remedy: "it indents JSON; `mitmdump --set hardump=FILE` records a HAR file, and the command `:export.file \
                 raw_request @focus FILE` of mitmproxy the raw request",
        is_pretty: true,
        prints_plainly: false,
    },
    Tool {
        name: "`wget -d`",
        read: printed::wget,
        remedy: "it does not print the body of a file; put the body behind the head, or give the text of the \
                 request as the receiver logged it",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "requests-toolbelt's `dump`",
        read: printed::toolbelt,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "Node's `NODE_DEBUG=http`",
        read: printed::node,
        remedy: "it does not print the body; log the raw body in the receiver, as `express.raw({type: '*/*'})` \
                 gives it, and put it behind a request line and the headers",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "HTTPie",
        read: printed::httpie,
        remedy: "it sorts and indents JSON; `--pretty=none` prints the body as it was sent",
        is_pretty: true,
        prints_plainly: true,
    },
    Tool {
        name: "Burp's XML",
        read: blocks::burp,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "a request in base64",
        read: blocks::base64,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "ModSecurity's audit log",
        read: logs::modsecurity,
        remedy: "",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "the debug log of Apache's HttpClient",
        read: logs::apache_client,
        remedy: "it prints `[0x..]` for what is not ASCII",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "nginx's debug log",
        read: logs::nginx,
        remedy: "it does not print the body; log `$request_body` with `escape=none`, and put the body behind a \
                 request line and the headers, or record with `tcpdump -w FILE` behind nginx",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "Envoy's debug log",
        read: logs::envoy,
        remedy: "it does not print the body; Envoy's tap filter, or `tcpdump -w FILE` behind Envoy, records \
                 the whole request",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "an access log",
        read: logs::access,
        remedy: "it has no headers and no body; record the request with `tcpdump -w FILE` behind what ends \
                 TLS, or let `verify listen` receive the delivery",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool {
        name: "XML",
        read: logs::xml,
        remedy: "export the session as a HAR file, or copy the request as `cURL (bash)` or as text",
        is_pretty: false,
        prints_plainly: false,
    },
    Tool { name: CURL, read: printed::curl, remedy: "", is_pretty: false, prints_plainly: false },
];

const FOLLOW: &str = "it prints `.` for what is not ASCII; `Show data as: Raw` in Wireshark, or \
                      `follow,tcp,raw` in `tshark -z`, has all bytes";

/// Finds the tool that printed a text, and what it says was sent.
///
/// What begins with a request line may only be what a tool made of the body.
pub(super) fn read(text: &[u8], is_plain: bool) -> Option<(&'static Tool, Vec<Vec<u8>>)> {
    let mut tools = TOOLS.iter().filter(|tool| !is_plain || tool.prints_plainly);
    tools.find_map(|tool| Some((tool, (tool.read)(text)?)))
}

/// The bytes that a dump shows, in whichever form, if a text is nothing else.
pub(super) fn dumped(text: &[u8]) -> Option<Vec<u8>> {
    hex::bytes(text).or_else(|| dump::bytes(text))
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
    let start = super::http::find(line, word)? + word.len();
    let digits = line.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    core::str::from_utf8(line.get(start..start + digits)?).ok()?.parse().ok()
}
