use verify_toolkit::{CaptureError, ParseError};

use crate::read;

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
fn http_2_is_read_as_the_same_request() {
    let text = |version: &str| format!("POST /hook HTTP/{version}\nA: HTTP/2\n\n{{}}");
    for version in ["2", "2.0", "3", "2\r"] {
        assert_eq!(read(text(version)).unwrap(), read(text("1.1")).unwrap(), "{version}");
    }
    assert!(matches!(read(text("4")), Err(CaptureError::Http { line: 1, .. })));
}

#[test]
fn what_curl_prints_of_a_request_is_read() {
    let printed = |head: &str, rest: &str| {
        let text = format!(
            "*   Trying 127.0.0.1:8080...\n* using HTTP/1.x\n> POST /hook HTTP/{head}\n>\n{rest}"
        );
        read(text)
    };
    let request =
        printed("2\n> A: b\n> Content-Length: 2", "{}\n* upload completely sent off\n").unwrap();
    assert_eq!((&*request.method, &*request.path, &*request.body), ("POST", "/hook", &b"{}"[..]));
    assert_eq!(request.header("a").next(), Some(&b"b"[..]));
    let spaced = "{ \"event_type\": \"RUN_STATE\" }";
    assert_eq!(printed("1.1\n> Host: h", spaced).unwrap().body, spaced.as_bytes());
    for rest in [
        "",
        "* upload completely sent off: 2 bytes\n< HTTP/1.1 204 No Content\n",
        "} [2 bytes data]\n",
    ] {
        let bodiless = printed("1.1\n> Host: h", rest).unwrap();
        assert_eq!(bodiless.body, b"", "{rest}");
        let error = printed("1.1\n> Content-Length: 2", rest).unwrap_err();
        assert!(matches!(error, CaptureError::CurlVerbose), "{rest}: {error}");
        assert!(
            error.to_string().starts_with("`curl -v` prints no body: put it behind"),
            "{error}"
        );
    }
}

#[test]
fn a_folded_header_is_refused_with_advice() {
    for text in ["POST / HTTP/1.1\r\nA: b,\r\n c\r\n\r\n", "POST / HTTP/1.1\nA: b,\n\tc: d\n\n"] {
        let message = "HTTP request, line 3: a header that is folded: join this line to the one before, with \
                       a space between them";
        assert_eq!(read(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn damage_in_a_request_has_a_line() {
    for (text, at, message) in [
        ("POST / HTTP/1.1\nA: b\n", 3, "HTTP request, line 3: head does not end in an empty line"),
        (
            "POST / HTTP/1.1\r\nA: b\r\n\u{7}: x\r\n\r\n",
            3,
            "HTTP request, line 3: head is not one of an HTTP/1 request: the name of a header is not made of letters, \
             digits and `-` with a `:` behind it",
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz",
            4,
            "HTTP request, line 4: body is not made of complete chunks; if it was put together already, take \
             the line `Transfer-Encoding` out of the head",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(matches!(error, CaptureError::Http { line, .. } if line == at));
    }
    let error = read("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n").unwrap_err();
    assert!(matches!(error, CaptureError::Http { error: ParseError::TransferEncoding, .. }));
}

/// As many headers as a head may have, and most of what a file may.
#[test]
fn damage_behind_many_long_lines_has_a_line() {
    let long = format!("A: {}\r\n", "b".repeat(100_000));
    let text = format!("POST / HTTP/1.1\r\n{}\u{7}: x\r\n\r\n", long.repeat(255));
    let error = read(text).unwrap_err();
    assert!(matches!(error, CaptureError::Http { line: 257, .. }), "{error}");
}
