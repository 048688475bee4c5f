//! What people have instead of a capture: the text of a request, a HAR file, a `curl` command.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use base64ct::{Base64, Encoding as _};
use proptest::prelude::*;
use serde_json::{Value, json};
use verify_toolkit::{
    Capture, CaptureError, CurlError, CurlProblem, HarError, ParseError, UnixTime, WireRequest,
    samples,
};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

fn signed() -> impl Iterator<Item = WireRequest> {
    samples::ALL.iter().map(|sample| {
        sample.delivery().with_path("/hooks/a?b=%20c").sign("it's \"$HOME\"", NOW).unwrap()
    })
}

fn har_request(request: &WireRequest) -> Value {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers =
        request.headers.iter().map(|(name, value)| json!({"name": name, "value": text(value)}));
    let post_data = match core::str::from_utf8(&request.body) {
        Ok(text) => json!({"mimeType": "application/json", "text": text}),
        Err(_) => json!({"text": Base64::encode_string(&request.body), "encoding": "base64"}),
    };
    json!({
        "method": request.method,
        "url": format!("https://example.com{}", request.path),
        "headers": headers.collect::<Vec<_>>(),
        "postData": post_data,
        "bodySize": request.body.len(),
    })
}

fn read(text: impl AsRef<[u8]>) -> Result<WireRequest, CaptureError> {
    Capture::read(text.as_ref()).map(|capture| capture.request)
}

#[test]
fn every_sample_survives_every_format() {
    for request in signed() {
        assert_eq!(read(request.to_curl("http://127.0.0.1:8080")).unwrap(), request);

        let mut raw = read(request.to_http("host")).unwrap();
        raw.headers.retain(|(name, _)| name != "Host" && name != "Content-Length");
        assert_eq!(raw, request);

        let capture = Capture::new("mlflow", NOW, request.clone());
        assert_eq!(Capture::read(capture.to_json().as_bytes()).unwrap(), capture);

        let entry =
            json!({"startedDateTime": "2026-11-21T19:53:02.5Z", "request": har_request(&request)});
        let log = json!({"log": {"version": "1.2", "entries": [entry]}});
        for har in [&log, &entry, &har_request(&request)] {
            assert_eq!(read(har.to_string()).unwrap(), request);
        }
        assert_eq!(Capture::read(log.to_string().as_bytes()).unwrap().received_at, Some(NOW));
    }
}

#[test]
fn what_is_known_is_told() {
    let request = signed().next().unwrap();
    let seen = |text: &[u8]| {
        let capture = Capture::read(text).unwrap();
        (capture.sender, capture.origin, capture.received_at)
    };
    let of = |origin: &str| ("databricks".to_owned(), origin.to_owned(), None);
    assert_eq!(seen(request.to_curl("http://h").as_bytes()), of("curl command"));
    assert_eq!(seen(&request.to_http("h")), of("HTTP request"));
    assert_eq!(seen(har_request(&request).to_string().as_bytes()), of("HAR entry"));
    assert_eq!(seen(b"GET / HTTP/1.1\n\n").0, "");
    let known = |sender: &str| Capture::new(sender, None, request.clone()).known_sender();
    assert_eq!(known("mlflow").map(|sender| sender.name()), Some("mlflow"));
    assert!(known("github").is_none());
}

#[test]
fn the_clock_of_a_har_entry_may_be_of_any_zone() {
    let seen = |started: &str| {
        let har =
            json!({"startedDateTime": started, "request": har_request(&signed().next().unwrap())});
        Capture::read(har.to_string().as_bytes()).unwrap().received_at
    };
    for started in [
        "2026-11-21T19:53:02Z",
        "2026-11-21T21:53:02.000+02:00",
        "2026-11-21T14:23:02.9-05:30",
        "2026-11-21T19:53:02+00:00",
    ] {
        assert_eq!(seen(started), Some(NOW), "{started}");
    }
    for odd in [
        "",
        "now",
        "2026-11-21T19:53:02",
        "2026-11-21T19:53:02+ab:cd",
        "é-00:00",
        "1970-01-01T00:00:00+01:00",
    ] {
        assert_eq!(seen(odd), None, "{odd}");
    }
}

#[test]
fn the_signed_one_of_several_har_entries_is_taken() {
    let request = signed().next().unwrap();
    let mut other = request.clone();
    other.headers.retain(|(name, _)| !name.contains("signature"));
    let log = |requests: &[&WireRequest]| {
        let entries: Vec<_> =
            requests.iter().map(|request| json!({"request": har_request(request)})).collect();
        json!({"log": {"entries": entries}}).to_string()
    };
    assert_eq!(read(log(&[&other, &request, &other])).unwrap(), request);
    assert_eq!(read(log(&[&other])).unwrap(), other);
    for (requests, message) in [
        (
            vec![&request, &request],
            "HAR file: 2 requests, 2 with a known signature header: cut out the one entry",
        ),
        (
            vec![&other, &other],
            "HAR file: 2 requests, 0 with a known signature header: cut out the one entry",
        ),
        (vec![], "HAR file: 0 requests, 0 with a known signature header: cut out the one entry"),
    ] {
        let error = read(log(&requests)).unwrap_err();
        assert!(matches!(error, CaptureError::Har(HarError::NotOne { .. })));
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(Capture::from_har(log(&[&other, &request]).as_bytes()).unwrap().len(), 2);
}

#[test]
fn a_har_entry_says_what_it_lacks() {
    let mut request = har_request(&signed().next().unwrap());
    request["headers"].as_array_mut().unwrap().push(json!({"name": ":method", "value": "POST"}));
    assert!(read(request.to_string()).unwrap().headers.iter().all(|(name, _)| name != ":method"));
    let missing = "HAR file: entry 1: the body was not recorded: record it again with `postData.text`, or \
                   take `copy as cURL (bash)`";
    let mut without = request.clone();
    without["postData"] = json!(null);
    assert_eq!(read(without.to_string()).unwrap_err().to_string(), missing);
    without["bodySize"] = json!(-1);
    assert_eq!(read(without.to_string()).unwrap().body, b"");
    without["postData"] = json!({"mimeType": "x", "params": []});
    assert_eq!(read(without.to_string()).unwrap_err().to_string(), missing);
    without["postData"] = json!({"text": "!", "_encoding": "base64"});
    assert_eq!(
        read(without.to_string()).unwrap_err().to_string(),
        "HAR file: entry 1: `postData.text` is not the base64 that it is said to be"
    );
    let error = read(r#"{"log": {}}"#).unwrap_err().to_string();
    assert!(error.starts_with("HAR file: neither a log, an entry nor a request: "), "{error}");
}

#[test]
fn a_curl_command_is_unquoted_as_bash_does() {
    let body = |word: &str| read(format!("curl h --data-raw {word}")).unwrap().body;
    for (word, text) in [
        ("'a\"$b`c'", "a\"$b`c"),
        (r#""a\"b\\c\$d\`e\n$ f""#, "a\"b\\c$d`e\\n$ f"),
        ("\"a\\\nb\"", "ab"),
        (r"$'a\nb\t\'\x41\102\u00e9\U0001F600\q\\'", "a\nb\t'AB\u{e9}\u{1f600}\\q\\"),
        (r"a\ b\'c", "a b'c"),
        (r#"a'b'"c"$'d'"#, "abcd"),
        ("a\\\nb", "ab"),
        ("''", ""),
        ("5$", "5$"),
    ] {
        assert_eq!(body(word), text.as_bytes(), "{word}");
    }
    assert_eq!(body(r"$'\xff\0'"), b"\xff\0");
    // What follows is another command.
    for end in ["", "\n", " | jq .", "; echo", " > out", " 2>/dev/null", " # note", " && x", "\r\n"]
    {
        assert_eq!(body(&format!("x{end}")), b"x", "{end:?}");
    }
}

#[test]
fn curl_options_say_what_is_sent() {
    let sent = |options: &str| {
        let request = read(format!("curl {options}")).unwrap();
        let headers = request.headers.iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
        let body = String::from_utf8(request.body.clone()).unwrap();
        (request.method, request.path, headers.collect::<Vec<_>>().join(", "), body)
    };
    let form = "content-type: application/x-www-form-urlencoded";
    let json = "content-type: application/json, accept: application/json";
    for (options, method, path, headers, body) in [
        ("http://h", "GET", "/", "", ""),
        ("h/a/b?c=d#e", "GET", "/a/b?c=d", "", ""),
        ("https://h?x", "GET", "/?x", "", ""),
        ("--url http://h/a -sSkL --compressed -o out -m5", "GET", "/a", "", ""),
        ("http://h -d a -d b", "POST", "/", form, "a&b"),
        ("http://h -da --data-ascii b --data-binary c", "POST", "/", form, "a&b&c"),
        ("http://h -XPUT -d a -H 'Content-Type:'", "PUT", "/", "", "a"),
        ("http://h -sXPUT -d a -H 'content-type: x'", "PUT", "/", "content-type: x", "a"),
        ("http://h --json '{' --json '}'", "POST", "/", json, "{}"),
        ("http://h -H 'A:b:c' -H 'E;' -H 'nothing'", "GET", "/", "A: b:c, E: ", ""),
        ("http://h -u a:b", "GET", "/", "authorization: Basic YTpi", ""),
        ("http://a:b%3A@h/x", "GET", "/x", "authorization: Basic YTpiOg==", ""),
        (
            "http://h --oauth2-bearer t -A me -e you -b c=d",
            "GET",
            "/",
            "authorization: Bearer t, user-agent: me, referer: you, cookie: c=d",
            "",
        ),
        ("http://h -G -d a=b -d c", "GET", "/?a=b&c", "", ""),
        (
            "http://h/?x -G --data-urlencode 'a=b c' --data-urlencode '=d/' --data-urlencode é",
            "GET",
            "/?x&a=b%20c&d%2F&%C3%A9",
            "",
            "",
        ),
        ("http://h -I", "HEAD", "/", "", ""),
        ("http://h --request-target '*' -X OPTIONS", "OPTIONS", "*", "", ""),
        ("-H a:b -- http://h", "GET", "/", "a: b", ""),
        ("http://h --data-raw @a", "POST", "/", form, "@a"),
    ] {
        let expected = (method.to_owned(), path.to_owned(), headers.to_owned(), body.to_owned());
        assert_eq!(sent(options), expected, "{options}");
    }
    for command in ["$ curl h", "/usr/bin/curl h", "curl.exe h", "\u{feff}\n curl h", "curl \\\n h"]
    {
        assert_eq!(read(command).unwrap().path, "/", "{command}");
    }
}

#[test]
fn a_curl_command_that_does_not_say_what_it_sends_is_refused() {
    use CurlProblem::*;
    for (options, column, problem) in [
        ("h -d \"$BODY\"", 12, Expansion),
        ("h -d $(cat x)", 11, Expansion),
        ("h -d `cat x`", 11, Expansion),
        ("h -d @body.json", 8, File),
        ("h --data-binary @-", 8, File),
        ("h -H @headers", 8, File),
        ("h -b cookies.txt", 8, File),
        ("h --data-urlencode a@b", 8, File),
        ("h -u user", 8, Prompt),
        ("h -d 'a", 11, QuoteOpen),
        ("h -d \"a", 11, QuoteOpen),
        ("h -d $'a\\'", 11, QuoteOpen),
        ("h --frobnicate x", 8, UnknownOption),
        ("h -sq", 8, UnknownOption),
        ("h -F a=b", 8, Unsupported),
        ("h -K rc", 8, Unsupported),
        ("h -T f", 8, Unsupported),
        ("-s", 8, UrlMissing),
        ("h -d", 8, ValueMissing),
        ("h g", 8, UrlRepeated),
        ("^\"http://h^\"", 6, WindowsQuoting),
        ("h ^\n -d x", 8, WindowsQuoting),
        ("h `\n -d x", 8, WindowsQuoting),
    ] {
        match read(format!("curl {options}")).unwrap_err() {
            CaptureError::Curl(error) => {
                assert_eq!(
                    (&error.problem, error.line, error.column),
                    (&problem, 1, column),
                    "{options}"
                );
            }
            other => panic!("{options}: {other}"),
        }
    }
    let Err(CaptureError::Curl(CurlError { line, column, .. })) = read("curl h \\\n  -d @b") else {
        panic!("is refused");
    };
    assert_eq!((line, column), (2, 3));
    assert_eq!(
        read("curl h -d @b").unwrap_err().to_string(),
        "curl command, line 1, column 8: the command reads a file: put its content here, as `--data-raw '..'`"
    );
    let cut = read("base64 -d <<'END' | curl h --data-binary @-\ne30=\n").unwrap_err();
    assert!(
        cut.to_string().ends_with("no base64 up to a line `END` follows: paste the whole command")
    );
    assert_eq!(
        read("base64 -d <<'END' | curl h --data-binary @-\ne30=\nEND\n").unwrap().body,
        b"{}"
    );
}

#[test]
fn a_request_is_found_behind_what_tcpdump_prints() {
    let text = "19:41:41.2 IP localhost.1 > localhost.2: Flags [P.], length 9\nE..4.@.@....!POST /hook \
                HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\n";
    let request = read(text).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook"));
    assert_eq!(request.body, b"{}");
    assert_eq!(read("PURGE / HTTP/1.0\n\n").unwrap().method, "PURGE");
}

#[test]
fn damage_in_a_request_has_a_line() {
    for (text, at, message) in [
        ("POST / HTTP/1.1\nA: b\n", 3, "HTTP request, line 3: head does not end in an empty line"),
        (
            "POST / HTTP/1.1\r\nA: b\r\n\u{7}: x\r\n\r\n",
            3,
            "HTTP request, line 3: head is not one of an HTTP/1 request: invalid header name",
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz",
            4,
            "HTTP request, line 4: body is not made of complete chunks",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(matches!(error, CaptureError::Http { line, .. } if line == at));
    }
    let error = read("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n").unwrap_err();
    assert!(matches!(error, CaptureError::Http { error: ParseError::TransferEncoding, .. }));
}

#[test]
fn what_is_none_of_the_formats_says_what_to_give() {
    for text in ["", " ", "hello", "{}", "{\"a\": 1}", "curly h"] {
        assert!(matches!(read(text), Err(CaptureError::Unrecognised)), "{text:?}");
    }
    for text in ["Invoke-WebRequest -Uri x", "fetch(\"x\")"] {
        assert!(matches!(read(text), Err(CaptureError::UnsupportedShell)), "{text:?}");
    }
    assert!(matches!(read("{"), Err(CaptureError::Json(_))));
    assert!(matches!(read(vec![b' '; Capture::MAX_BYTES + 1]), Err(CaptureError::TooLarge)));
    assert!(matches!(read(vec![b' '; Capture::MAX_BYTES]), Err(CaptureError::Unrecognised)));
}

#[test]
fn a_backslash_at_the_end_is_no_panic() {
    assert!(read("base64 -d <<'END' | curl http://x \\").is_err());
}

proptest! {
    /// Whatever a request has, a `curl` command and the reader of it agree.
    #[test]
    fn any_request_survives_a_curl_command(
        method in "[!-~]{1,8}",
        path in "/[!-~é]{0,20}",
        headers in prop::collection::vec(("[A-Za-z-]{1,12}", prop::collection::vec(0x20_u8.., 0..20)), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut request = WireRequest { method, path, headers: Vec::new(), body };
        prop_assume!(!request.path.contains('#'));
        for (name, value) in headers {
            let own = ["host", "content-length", "transfer-encoding", "accept"];
            if !own.contains(&name.to_ascii_lowercase().as_str()) {
                request.headers.push((name, value.trim_ascii().to_vec()));
            }
        }
        prop_assert_eq!(read(request.to_curl("http://127.0.0.1:8080")).unwrap(), request);
    }

    #[test]
    fn nothing_makes_a_reader_panic(
        start in prop::sample::select(vec!["", "curl ", "$ curl h -d", "base64 -d <<'END' | curl ", "POST / HTTP/1.1\r\n", "{\"log\":", "{\"request\":"]),
        tail in prop::collection::vec(prop_oneof![
            prop::sample::select(b"'\"$\\`^{}[]:;&|<>#@ \n\r-xuU0e\x00HdX".to_vec()),
            any::<u8>(),
        ], 0..80),
    ) {
        let _ = read([start.as_bytes(), &tail].concat());
    }
}
