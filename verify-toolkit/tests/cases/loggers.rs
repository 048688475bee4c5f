//! The same delivery in the logs of libraries and servers, in codes and dumps, and in what more tools write as JSON.

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use verify_toolkit::{Capture, Note};

use crate::{
    json::{body, delivery, list, object, read_as},
    secret, verified, verifies,
};

const DELIVERY: &str = "45-pasted/indented.txt";
const URL: &str = "http://h/webhooks/mlflow";

fn lines(line: impl Fn(&str, &str) -> String) -> String {
    let headers = delivery().headers;
    headers.iter().map(|(name, value)| line(name, str::from_utf8(value).unwrap())).collect()
}

/// The request as it goes over the wire.
fn raw() -> String {
    String::from_utf8(delivery().to_http("h")).unwrap()
}

/// Puts something in front of each line.
fn prefixed(front: &str, text: &str) -> String {
    text.lines().map(|line| format!("{front}{line}\n")).collect()
}

fn assert_read(what: &str, text: &str) {
    assert!(read_as(text).is_ok(), "{what}: {:?}\n{text}", read_as(text));
}

fn error(text: &str) -> String {
    Capture::read(text.as_bytes()).unwrap_err().to_string()
}

fn feign() -> String {
    let request = format!(
        "---> POST {URL} HTTP/1.1\n{}\n{}\n---> END HTTP (243-byte body)\n<--- HTTP/1.1 401 Unauthorized (12ms)\n\
         content-length: 12\n\nunauthorised\n<--- END HTTP (12-byte body)\n",
        lines(|name, value| format!("{name}: {value}\n")),
        body()
    );
    prefixed("[Hook#deliver] ", &request)
}

fn ok_http() -> String {
    format!(
        "--> POST {URL} http/1.1\n{}\n{}\n--> END POST (243-byte body)\n<-- 401 {URL} (12ms, 12-byte body)\n",
        lines(|name, value| format!("{name}: {value}\n")),
        body()
    )
}

/// What Apache logs of a request that comes from a port, the body in two pieces.
fn dumpio(request: &str, port: u16) -> String {
    let line = |what: &str| {
        format!(
            "[Sun Nov 29 14:03:20.214620 2026] [dumpio:trace7] [pid 12:tid 139] mod_dumpio.c(103): [client \
             127.0.0.1:{port}] mod_dumpio:  {what}\n"
        )
    };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let (front, back) = body.split_at(body.len() / 2);
    let head = head.split("\r\n").chain([""]).map(|text| format!("{text}\r\n"));
    let pieces = head.chain([front.to_owned(), back.to_owned()]).filter(|text| !text.is_empty());
    let logged = pieces.map(|text| {
        let shown = text.replace('\\', "\\\\").replace('\r', "\\r").replace('\n', "\\n");
        line(&format!("dumpio_in (data-HEAP): {} bytes", text.len()))
            + &line(&format!("dumpio_in (data-HEAP): {shown}"))
    });
    line("dumpio_in [getline-blocking] 0 readbytes")
        + &logged.collect::<String>()
        + &line("dumpio_out (data-HEAP): HTTP/1.1 401 Unauthorized\\r\\n")
}

#[test]
fn logs_of_libraries_are_read() {
    let (feign, ok_http, body) = (feign(), ok_http(), body());
    let rest_assured = lines(|name, value| format!("\t\t\t\t{name}={value}\n"));
    let cxf = lines(|name, value| format!("{}={value}, ", name.to_lowercase()));
    let faraday = "I, [2026-11-29T14:03:20.214620 #1]  INFO -- : request: ";
    for (what, text) in [
        ("Feign", feign.clone()),
        (
            "Feign, by SLF4J",
            prefixed("2026-11-29 14:03:20.214 DEBUG 1 --- [main] x.Hook   : ", &feign),
        ),
        ("OkHttp", ok_http.clone()),
        ("OkHttp on Android", prefixed("11-29 14:03:20.214  1234  1250 D OkHttp  : ", &ok_http)),
        (
            "Jersey",
            format!(
                "INFO: 1 * Server has received a request on thread http-1\n1 > POST {URL}\n{}{body}\n\nINFO: 1 * Server \
                 responded with a response on thread http-1\n1 < 401\n",
                lines(|name, value| format!("1 > {name}: {value}\n"))
            ),
        ),
        (
            "Ktor",
            format!(
                "INFO REQUEST: {URL}\nMETHOD: HttpMethod(value=POST)\nCOMMON HEADERS\n{}CONTENT HEADERS\n-> Content-Length: \
                 243\nBODY Content-Type: application/json\nBODY START\n{body}\nBODY END\nRESPONSE: 401 Unauthorized\n",
                lines(|name, value| format!("-> {name}: {value}\n"))
            ),
        ),
        (
            "REST Assured",
            format!(
                "Request method:\tPOST\nRequest URI:\t{URL}\nProxy:\t\t\t<none>\nHeaders:\t\t{}Cookies:\t\t<none>\n\
                 Multiparts:\t\t<none>\nBody:\n{body}\n",
                rest_assured.trim_start()
            ),
        ),
        (
            "CXF",
            format!(
                "INFO: REQ_IN\n    Address: {URL}\n    HttpMethod: POST\n    ExchangeId: 1\n    Headers: {{{cxf}}}\n    \
                 Payload: {body}\n"
            ),
        ),
        (
            "Faraday",
            format!(
                "{faraday}POST {URL}\n{faraday}{}{faraday}{body}\n",
                lines(|name, value| format!("{name}: \"{value}\"\n"))
            ),
        ),
        ("mod_dumpio", dumpio(&raw(), 5000)),
    ] {
        assert_read(what, &text);
        assert_read(what, &text.replace('\n', "\r\n"));
    }
    let get = "--> GET http://h/health http/1.1\nAccept: */*\n--> END GET\n";
    let health = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
    for (what, text, found) in [
        ("Feign", format!("{feign}{feign}"), 2),
        ("OkHttp", format!("{get}{ok_http}"), 2),
        ("mod_dumpio", dumpio(&raw(), 5000) + &dumpio(&raw(), 5001), 2),
        ("mod_dumpio, one connection", dumpio(health, 5000) + &dumpio(&raw(), 5000), 2),
    ] {
        let last = Capture::read_entry(text.as_bytes(), found).unwrap();
        assert!(verifies(&last, &secret(DELIVERY)), "{what}: {last:?}");
        assert!(Capture::read_entry(text.as_bytes(), found + 1).is_err(), "{what}");
    }
    let headers = format!("--> POST {URL} http/1.1\nContent-Length: 243\n--> END POST\n");
    assert_eq!(
        error(&headers),
        "what Feign or OkHttp prints does not have the whole of a request: only `Logger.Level.FULL` of Feign and \
         `Level.BODY` of OkHttp print the body"
    );
}

#[test]
fn tools_that_print_no_body_are_named() {
    let named =
        |front: &str| lines(|name, value| format!("{front}{}: {value}\n", name.to_lowercase()));
    for (tool, text) in [
        (
            "`nghttp -v`",
            format!(
                "[  0.001] Connected\n[  0.002] send HEADERS frame <length=200, flags=0x24, stream_id=13>\n          ; \
                 END_HEADERS | PRIORITY\n          :method: POST\n          :path: /hook\n{}[  0.003] send DATA frame \
                 <length=243, flags=0x01, stream_id=13>\n",
                named("          ")
            ),
        ),
        ("`nghttpd -v`", named("[id=1] [  1.200] recv (stream_id=13) ")),
        (
            "varnishlog",
            format!(
                "*   << Request  >> 2\n-   ReqMethod      POST\n-   ReqURL         /hook\n{}-   RespStatus     401\n",
                lines(|name, value| format!("-   ReqHeader      {name}: {value}\n"))
            ),
        ),
        (
            "HAProxy's debug mode",
            format!(
                "00000000:fe.clireq[0009:ffff]: POST /hook HTTP/1.1\n{}",
                named("00000000:fe.clihdr[0009:ffff]: ")
            ),
        ),
        (
            "Tomcat's `RequestDumperFilter`",
            lines(|name, value| {
                format!(
                    "INFO [http-1] o.a.c.filters.RequestDumperFilter.doLog http-1     header={name}={value}\n"
                )
            }),
        ),
    ] {
        let said = format!(
            "what {tool} prints does not have the whole of a request: it does not print the body"
        );
        assert!(error(&text).starts_with(&said), "{tool}: {}", error(&text));
    }
}

/// A delivery in another code, whole and its body alone.
fn coded(what: &str, code: impl Fn(&[u8]) -> String) {
    let (raw, body) = (raw(), body());
    assert_read(what, &code(raw.as_bytes()));
    let head = raw.replace("\r\n", "\n");
    let head = head.strip_suffix(&body).unwrap();
    let text = format!("{head}{}\n", code(body.as_bytes()));
    let notes = verified(text, &secret(DELIVERY)).unwrap();
    assert!(notes.iter().any(|note| matches!(note, Note::BodyUndone { .. })), "{what}: {notes:?}");
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let letter = |bits: &[u8]| {
        let value = (0..5).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or(0));
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(value)])
    };
    let code: Vec<char> = bits.chunks(5).map(letter).collect();
    code.chunks(76).map(|line| line.iter().collect::<String>() + "\n").collect()
}

fn uuencoded(bytes: &[u8]) -> String {
    let letter = |value: u32| {
        char::from(
            b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"
                [value as usize & 63],
        )
    };
    let line = |line: &[u8]| {
        let groups = line.chunks(3).flat_map(|group| {
            let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
            let all = byte(0) << 16 | byte(1) << 8 | byte(2);
            [18, 12, 6, 0].map(|shift| letter(all >> shift))
        });
        let length = letter(u32::try_from(line.len()).unwrap());
        format!("{length}{}\n", groups.collect::<String>())
    };
    format!("begin 644 delivery\n{}`\nend", bytes.chunks(45).map(line).collect::<String>())
}

/// As Netty's `LoggingHandler` and the wiretap of Reactor Netty draw it.
fn netty(bytes: &[u8]) -> String {
    let rows = bytes.chunks(16).zip(0..).map(|(row, number)| {
        let hex = row.iter().map(|byte| format!(" {byte:02x}")).collect::<String>();
        let shown = |byte: &u8| {
            if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }
        };
        let text = row.iter().map(shown).collect::<String>();
        format!("|{:08x}|{hex:48} |{text:16}|\n", number * 16)
    });
    let rule = format!("+--------+{}+{}+\n", "-".repeat(49), "-".repeat(16));
    format!(
        "         +{}+\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n{rule}{}{rule}",
        "-".repeat(49),
        rows.collect::<String>()
    )
}

#[test]
fn codes_and_dumps_are_undone() {
    coded("base32", base32);
    coded("uuencode", uuencoded);
    coded("Netty", netty);
    let hex = |bytes: &[u8], between: &str| {
        bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(between)
    };
    coded("`BitConverter` of .NET", |bytes| hex(bytes, "-"));
    coded("colons", |bytes| hex(bytes, ":"));
    coded("gdb", |bytes| {
        let rows = bytes.chunks(8).zip(0..).map(|(row, number)| {
            let row = row.iter().map(|byte| format!("\t0x{byte:02x}")).collect::<String>();
            format!("0x7fff{:04x} <buffer+{}>:{row}\n", number * 8, number * 8)
        });
        rows.collect()
    });
    let read = format!("READ: 559B\n{}WRITE: 2B\n{}", netty(raw().as_bytes()), netty(b"{}"));
    assert_read("Netty, both directions", &read);
    let escaped: String = raw().bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    assert_read("strace -xx", &format!("recvfrom(5, \"{escaped}\", 8192, 0, NULL, NULL) = 559\n"));
}

#[test]
fn more_of_what_tools_write_as_json_is_read() {
    let (body, text) = (body(), |value: &str| json!(value));
    let code = Base64::encode_string(body.as_bytes());
    let lower = || {
        let headers = delivery().headers.into_iter();
        let lower = headers
            .map(|(name, value)| (name.to_lowercase(), json!(String::from_utf8(value).unwrap())));
        Value::Object(lower.collect())
    };
    let attributes = |name: &str| object(|value| json!({name: value, "DataType": "String"}));
    let named =
        |flag: bool| list(|name, value| json!({"name": name, "value": value, "enabled": flag}));
    let parsed: Value = serde_json::from_str(&body).unwrap();
    let hex = body.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    let request_lines = list(|name, value| json!(format!("{name}: {value}\r\n")));
    for (what, value) in [
        (
            "OpenWhisk",
            json!({"__ow_method": "post", "__ow_headers": lower(), "__ow_body": code, "__ow_isBase64Encoded": true}),
        ),
        (
            "OpenWhisk, text",
            json!({"__ow_method": "post", "__ow_headers": lower(), "__ow_body": body}),
        ),
        (
            "SQS",
            json!({"Messages": [{"Body": body, "MessageAttributes": attributes("StringValue")}]}),
        ),
        (
            "SQS in Lambda",
            json!({"Records": [{"body": body, "messageAttributes": attributes("stringValue"), "eventSource": "aws:sqs"}]}),
        ),
        (
            "SNS in Lambda",
            json!({"Records": [{"Sns": {"Message": body, "MessageAttributes": attributes("Value")}}]}),
        ),
        (
            "Bruno",
            json!({"items": [{"request": {"url": URL, "method": "POST", "headers": named(true), "body": {"mode": "json", "json": body}}}]}),
        ),
        (
            "Yaak",
            json!({"resources": {"httpRequests": [{"method": "POST", "url": URL, "headers": named(true), "bodyType": "application/json", "body": {"text": body}}]}}),
        ),
        ("Make", json!({"__IMTHEADERS__": named(true), "__IMTMETHOD__": "POST", "value": body})),
        (
            "Elastic",
            json!({"_source": {"http": {"request": {"method": "POST", "headers": lower(), "body": {"content": body, "bytes": 243}}}}}),
        ),
        (
            "DevTools",
            json!({"params": {"request": {"url": URL, "method": "POST", "headers": object(text), "postData": body, "hasPostData": true}}}),
        ),
        (
            "tshark -T ek",
            json!({"layers": {"http": {"http_http_request_line": request_lines, "http_http_file_data": hex}}}),
        ),
        (
            "Suricata",
            json!({"http": {"url": "/hook", "http_method": "POST", "request_headers": named(true), "http_request_body": code}}),
        ),
        (
            "Smocker",
            json!([{"request": {"path": "/hook", "method": "POST", "body": parsed, "body_string": body, "headers": object(text)}}]),
        ),
        ("Zapier", json!({"querystring": {}, "headers": lower(), "raw_body": body})),
        (
            "Sentry",
            json!({"request": {"url": URL, "method": "POST", "headers": list(|n, v| json!([n, v])), "data": body}}),
        ),
    ] {
        assert_read(what, &value.to_string());
    }
    let entries: String = raw()
        .split("\r\n")
        .map(|line| json!({"MESSAGE": line, "_PID": "1"}).to_string() + "\n")
        .collect();
    assert_read("journald", &entries);
    // What has only what was parsed says so.
    for (value, said) in [
        (
            json!({"items": [{"request": {"url": URL, "method": "POST", "headers": named(true), "body": {"mode": "json", "json": parsed}}}]}),
            "holds only what a program parsed",
        ),
        (
            json!({"__ow_method": "post", "__ow_headers": lower(), "entity": "model_version"}),
            "set `raw-http` for the action",
        ),
        (
            json!({"__IMTHEADERS__": named(true), "entity": "model_version"}),
            "switch on `JSON pass-through`",
        ),
        (
            json!({"attributes": list(|name, value| json!({"key": format!("http.request.header.{}", name.to_lowercase()), "value": {"arrayValue": {"values": [{"stringValue": value}]}}}))}),
            "the body was not recorded",
        ),
    ] {
        assert!(error(&value.to_string()).contains(said), "{}", error(&value.to_string()));
    }
}

/// Where the body is whole and has the announced length, what stands behind it is of whoever printed it.
#[test]
fn what_stands_behind_a_body_is_left_out() {
    let (raw, secret) = (raw(), secret(DELIVERY));
    for (what, text) in [
        (
            "openssl s_server",
            format!("ACCEPT\nCIPHER is TLS_AES_256_GCM_SHA384\n{raw}\nDONE\nshutting down SSL\n"),
        ),
        (
            "sysdig",
            format!(
                "------ Read 559B from  1->2 (python)\n\n{raw}\n\n------ Write 60B to  1->2 (python)\n\nHTTP/1.1 401 Unauthorized\r\n\r\n"
            ),
        ),
        (
            "tcpflow",
            format!(
                "127.000.000.001.54321-127.000.000.001.08080: {raw}\n\n127.000.000.001.08080-127.000.000.001.54321: HTTP/1.1 401 Unauthorized\r\n\r\n"
            ),
        ),
    ] {
        let notes = verified(&text, &secret).unwrap();
        assert!(
            notes.iter().any(|note| matches!(note, Note::TextLeftOut { .. })),
            "{what}: {notes:?}"
        );
    }
    let notes = verified(format!("{raw}\nDONE\n"), &secret).unwrap();
    assert_eq!(
        notes[0].to_string(),
        "what stands behind the body was left out, because `Content-Length` ends before it: `DONE`"
    );
    for (what, text) in [
        (
            "Squid",
            format!(
                "kid1| 11,2| client_side.cc(1278) parseHttpRequest: HTTP Client REQUEST:\n---------\n{raw}\n----------\n"
            ),
        ),
        (
            "Guzzle",
            format!(
                ">>>>>>>>\n{raw}\n<<<<<<<<\nHTTP/1.1 401 Unauthorized\r\n\r\n\n--------\nNULL\n"
            ),
        ),
        (
            "100-continue",
            raw.replacen(
                "\r\n\r\n",
                "\r\nExpect: 100-continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
                1,
            ),
        ),
    ] {
        let notes = verified(&text, &secret).unwrap();
        assert!(
            notes.iter().all(|note| !matches!(note, Note::LengthDiffers { .. })),
            "{what}: {notes:?}"
        );
    }
    // What goes on in the same line, or is no document, stays evidence.
    for (length, body) in [(243, body() + "}"), (242, body()), (2, "xy\nzw".to_owned())] {
        let text = format!(
            "POST / HTTP/1.1\nX-MLflow-Signature: v1,a\nContent-Length: {length}\n\n{body}"
        );
        let capture = Capture::read(text.as_bytes()).unwrap();
        assert_eq!(capture.request.body, body.as_bytes(), "{:?}", capture.notes);
    }
}
