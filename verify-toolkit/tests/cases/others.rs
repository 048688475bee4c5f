//! The same delivery as other tools, logs and people write it down.

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use verify_toolkit::{Capture, Note};

use crate::{
    json::{body, delivery, list, object, read_as},
    secret, verified,
};

/// The text of the request, with line feeds.
fn plain() -> String {
    String::from_utf8(delivery().to_http("h")).unwrap().replace("\r\n", "\n")
}

/// Each header as a line.
fn lines(line: impl Fn(&str, &str) -> String) -> String {
    let headers = delivery().headers;
    headers.iter().map(|(name, value)| line(name, str::from_utf8(value).unwrap())).collect()
}

fn plain_object() -> Value {
    object(|value| json!(value))
}

fn quoted(text: &str) -> String {
    text.replace('"', "\"\"")
}

fn assert_read(what: &str, text: &str) {
    assert!(read_as(text).is_ok(), "{what}: {:?}\n{text}", read_as(text));
}

#[test]
fn each_line_of_a_request_in_an_entry_of_its_own_is_read() {
    let entries =
        |entry: &dyn Fn(&str) -> Value| -> Vec<Value> { plain().lines().map(entry).collect() };
    let docker = entries(
        &|line| json!({"log": format!("{line}\n"), "stream": "stdout", "time": "2026-11-29"}),
    );
    let text: String = docker.iter().map(|entry| format!("{entry}\n")).collect();
    assert_read("Docker", &text);
    let events = entries(&|line| json!({"timestamp": 1, "message": line, "ingestionTime": 2}));
    assert_read("CloudWatch", &json!({"events": events, "nextForwardToken": "f/1"}).to_string());
    let entries = entries(&|line| json!({"insertId": "1", "textPayload": line}));
    assert_read("Google Cloud", &json!(entries).to_string());
}

#[test]
fn tables_are_read() {
    let (headers, body) = (plain_object().to_string(), body());
    for (what, names, values) in [
        (
            "webhook.site",
            "\"uuid\",\"method\",\"url\",\"headers\",\"content\"",
            ["1", "POST", "https://webhook.site/1", &headers, &body],
        ),
        ("a log", "time,level,app,headers,body", ["1", "INFO", "x", &headers, &body]),
        (
            "CloudWatch Insights",
            "@timestamp,@a,@b,@c,@message",
            ["1", "", "", "", &json!({"headers": plain_object(), "body": body}).to_string()],
        ),
    ] {
        let row = values.map(|value| format!("\"{}\"", quoted(value))).join(",");
        for text in [
            format!("{names}\n{row}\n"),
            format!("{names}\r\n{row}\r\n"),
            format!("{names}\n1,\"a \"\"b\"\"\",,,\n{row}\n"),
        ] {
            assert_read(what, &text);
        }
    }
}

#[test]
fn base64_without_a_word_about_it_is_read() {
    let (request, code) =
        (Base64::encode_string(&delivery().to_http("h")), Base64::encode_string(body().as_bytes()));
    let wrapped =
        request.as_bytes().chunks(76).map(|line| format!("{}\n", str::from_utf8(line).unwrap()));
    let both = Base64::encode_string(
        json!({"headers": plain_object(), "body": body()}).to_string().as_bytes(),
    );
    for (what, text) in [
        ("a request", request.clone() + "\n"),
        ("a request, wrapped", wrapped.collect()),
        ("Burp", format!("<items>\n<item><request base64=\"true\"><![CDATA[{request}]]></request></item>\n</items>")),
        ("Burp, as text", format!("<item>\n<request base64=\"false\"><![CDATA[{}]]></request>\n<status>401</status></item>", plain())),
        ("Svix Play", json!({"data": [{"id": "1", "method": "POST", "headers": plain_object(), "body": code}]}).to_string()),
        (
            "Pub/Sub with attributes",
            json!({"message": {"attributes": plain_object(), "data": code, "messageId": "1"}}).to_string(),
        ),
        ("Pub/Sub", json!({"message": {"data": both, "messageId": "1"}, "subscription": "s"}).to_string()),
        ("Kinesis", json!({"Records": [{"kinesis": {"data": both}, "eventSource": "aws:kinesis"}]}).to_string()),
        (
            "Envoy",
            json!({"http_buffered_trace": {"request": {
                "headers": list(|name, value| json!({"key": name, "value": value})),
                "body": {"truncated": false, "as_bytes": code},
            }}})
            .to_string(),
        ),
        (
            "tshark",
            json!([{"_source": {"layers": {"http": {
                "http.request.line": list(|name, value| json!(format!("{name}: {value}\r\n"))),
                "http.file_data": body().bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
            }}}}])
            .to_string(),
        ),
    ] {
        assert_read(what, &text);
    }
}

#[test]
fn other_collections_are_read() {
    let pairs = list(|name, value| json!({"key": name, "value": value}));
    for (what, value) in [
        (
            "an answer of Postman",
            json!({"name": "x", "originalRequest": {"method": "POST", "header": pairs,
            "body": {"mode": "raw", "raw": body()}, "url": {"raw": "http://h/hook"}}, "code": 401}),
        ),
        (
            "Postman's first format",
            json!({"id": "1", "requests": [{"id": "2", "url": "http://h/hook", "method": "POST",
            "headers": lines(|name, value| format!("{name}: {value}\n")), "rawModeData": body()}]}),
        ),
        (
            "axios",
            json!({"config": {"headers": plain_object(), "method": "post", "data": body()}, "status": 401}),
        ),
        (
            "Hookdeck",
            json!({"id": "1", "data": {"path": "/hook", "headers": plain_object(), "body": body()}}),
        ),
        ("Step Functions", json!({"input": {"headers": plain_object(), "body": body()}})),
        (
            "VPC Lattice",
            json!({"raw_path": "/", "method": "POST", "headers": plain_object(), "body": body()}),
        ),
    ] {
        assert_read(what, &value.to_string());
    }
    let hookdeck = |body: Value| {
        let data = json!({"path": "/hook", "headers": plain_object(), "body": body});
        json!({"id": "1", "source_id": "s", "data": data, "created_at": "2026-11-29T14:03:20.456Z"})
    };
    assert_eq!(read_as(&hookdeck(json!(body())).to_string()).as_deref(), Ok("Hookdeck event"));
    let error = read_as(&hookdeck(json!({"a": 1})).to_string()).unwrap_err();
    assert!(error.contains("Hookdeck keeps what it parsed: let `hookdeck listen`"), "{error}");
    let svix = json!({"data": [{"id": "1", "createdAt": "2026-11-29T14:03:20.456Z", "method": "POST",
        "url": "https://play.svix.com/in/x/", "headers": plain_object(),
        "body": Base64::encode_string(body().as_bytes()), "response": {"statusCode": 204}}]});
    assert_eq!(read_as(&svix.to_string()).as_deref(), Ok("Svix Play"));
}

#[test]
fn headers_are_found_in_lists_and_tables() {
    let body = body();
    let colon = lines(|name, value| format!("{name}: {value}\n"));
    for (what, text) in [
        ("GitHub's page", format!("Headers\n\nRequest method: POST\n{colon}\nPayload\n\n{body}\n")),
        ("Markdown", format!("Headers:\n```\n{colon}```\nBody:\n```json\n{body}\n```\n")),
        (
            "Markdown, indented",
            format!(
                "**Headers**\n\n{}\n**Body**\n\n    {body}\n",
                lines(|n, v| format!("    {n}: {v}\n"))
            ),
        ),
        (
            "a list",
            format!("{}\n{body}\n", lines(|name, value| format!("- **{name}**: {value}\n"))),
        ),
        (
            "a table",
            format!(
                "| Header | Value |\n|---|---|\n{}\n{body}\n",
                lines(|n, v| format!("| {n} | {v} |\n"))
            ),
        ),
        ("tabs", format!("{}\n{body}\n", lines(|name, value| format!("{name}\t{value}\n")))),
        (
            "a browser",
            format!("Request Headers\n{}\nPayload\n{body}\n", lines(|n, v| format!("{n}:\n{v}\n"))),
        ),
        (
            "Java",
            format!("{}Body: {body}\n", lines(|n, v| format!("Header Name: {n}, Value: {v}\n"))),
        ),
        (
            "WireMock",
            format!(
                "127.0.0.1 - POST /hook\n\n{}\n{body}\n",
                lines(|n, v| format!("{n}: [{v}]\n"))
            ),
        ),
        (
            "YAML",
            format!("headers:\n{}body: '{body}'\n", lines(|n, v| format!("  {n}: \"{v}\"\n"))),
        ),
        (
            ".NET",
            format!(
                "Method: POST, Headers:\r\n{{\r\n{}}}\r\n{body}\r\n",
                lines(|n, v| format!("  {n}: {v}\r\n"))
            ),
        ),
        ("body first", format!("Body: {body}\n\nHeaders:\n{colon}")),
    ] {
        assert_read(what, &text);
    }
}

#[test]
fn more_of_what_programs_print_is_read() {
    let body = body();
    let bytes = serde_json::to_string(&body).unwrap();
    let pairs = lines(|name, value| format!("\"{}\": \"{value}\", ", name.to_lowercase()));
    let tuples = lines(|name, value| format!("{{\"{}\", \"{value}\"}}, ", name.to_lowercase()));
    let entries = lines(|name, value| {
        format!("'{0}' => {{ name: '{0}', value: '{value}' }}, ", name.to_lowercase())
    });
    let spring = lines(|name, value| format!("{}:\"{value}\", ", name.to_lowercase()));
    let symfony = lines(|n, v| format!("  \"{n}\" => array:1 [\n    0 => \"{v}\"\n  ]\n"));
    let decimal = body.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    for (what, text) in [
        (
            "Elixir",
            format!("%Plug.Conn{{\n  method: \"POST\",\n  req_headers: [{tuples}],\n}}\n{bytes}\n"),
        ),
        (
            "Rust",
            format!(
                "Request {{ method: POST, headers: {{{pairs}}}, body: Body(UnsyncBoxBody) }}\nb{bytes}\n"
            ),
        ),
        (
            "Rust, HeaderMap",
            format!("headers = HeaderMap {{ inner: {{{pairs}}} }}\nbody = b{bytes}\n"),
        ),
        (
            "Deno",
            format!(
                "Request {{\n  bodyUsed: false,\n  headers: Headers {{ {pairs} }},\n  method: \"POST\"\n}}\n{body}"
            ),
        ),
        (
            "undici",
            format!(
                "HeadersList {{\n  [Symbol(headers map)]: Map(10) {{ {entries} }}\n}}\n{body}\n"
            ),
        ),
        (
            "Node, an array of bytes",
            format!("{{ headers: {{ {pairs} }},\n body: Uint8Array(243) [\n {decimal}\n] }}\n"),
        ),
        ("Ruby, an object", format!("{{{pairs}\"io\" => #<StringIO:0x0001>}}\n{body}\n")),
        (
            "Python, an object",
            format!("{{{pairs}'stream': <_io.BytesIO object at 0x7f>}}\nb'{body}'\n"),
        ),
        (
            "Spring",
            format!(
                "After request [POST /hook, client=127.0.0.1, headers=[{spring}], payload={body}]\n"
            ),
        ),
        ("Symfony", format!("array:10 [\n{symfony}]\n{body}\n")),
        ("strace", {
            let request = String::from_utf8(delivery().to_http("h")).unwrap();
            let (head, rest) = request.split_at(100);
            let call = |part: &str| format!("[pid   12] read(7, {}, 65536) = 1\n", json!(part));
            call(head) + &call(rest)
        }),
    ] {
        assert_read(what, &text);
    }
}

/// A body that was parsed stays one, whatever the next line of the log is.
#[test]
fn the_next_line_of_a_log_is_no_body() {
    let parsed: Value = serde_json::from_str(&body()).unwrap();
    let line = json!({"level": 30, "req": {"headers": plain_object(), "body": parsed}});
    for next in [json!({"level": 30, "msg": "next"}), line.clone()] {
        let error = Capture::read(format!("{line}\n{next}\n").as_bytes()).unwrap_err().to_string();
        assert!(error.contains("the raw body, which was signed, is not in it"), "{error}");
    }
}

#[test]
fn what_a_shell_gives_to_curl_is_read() {
    let secret = secret("45-pasted/indented.txt");
    let body = body();
    let headers = lines(|name, value| format!(" -H '{name}: {value}'"));
    let curl = format!("curl -s http://h/hook{headers}");
    for text in [
        format!("{curl} -d @- <<'EOF'\n{body}\nEOF\n"),
        format!("{curl} -d @- <<EOF\n{body}\nEOF\n"),
        format!("$ {curl} -d @- <<-'END'\n\t{body}\n\tEND\n"),
        format!("{curl} -d @- <<< '{body}'\n"),
        format!("printf '%s' '{body}' | {curl} --data-binary @-\n"),
        format!("echo -n '{body}' | {curl} --data-binary @-\n"),
        format!("echo '{body}' | {curl} -d @-\n"),
        format!("resp=$({curl} -d '{body}')\necho \"$resp\"\n"),
    ] {
        assert_eq!(verified(&text, &secret).unwrap(), [], "{text}");
    }
    // `--data-binary` sends the line end.
    for text in [
        format!("{curl} --data-binary @- <<'EOF'\n{body}\nEOF\n"),
        format!("echo '{body}' | {curl} --data-binary @-\n"),
    ] {
        let sent = Capture::read(text.as_bytes()).unwrap().request.body;
        assert_eq!(String::from_utf8(sent).unwrap(), body.clone() + "\n");
    }
    for open in ["$X", "${X}", "$(x)", "`x`", "\\$"] {
        let text = format!("{curl} -d @- <<EOF\n{{\"a\": \"{open}\"}}\nEOF\n");
        let error = Capture::read(text.as_bytes()).unwrap_err().to_string();
        assert!(
            error.contains("line 2, column 8: a shell would put something in place"),
            "{error}"
        );
    }
    let cut = Capture::read(format!("{curl} -d @- <<EOF\n{body}\n").as_bytes()).unwrap_err();
    assert!(
        cut.to_string().contains("the line that ends what stands behind `<<` is missing"),
        "{cut}"
    );
}

/// Words of a log that look as if there were requests: what is known of the tool goes before a guess.
#[test]
fn what_is_no_request_is_left_to_other_readers() {
    let object = json!({"headers": plain_object(), "body": body()});
    // The first line is taken for a request, and its head is broken.
    let text = format!("INFO GET /health HTTP/1.1\nINFO {object}\n");
    assert_read("a log with a request line", &text);
    let known = "INFO GET /health HTTP/1.1\nHTTP 30336: outgoing\n";
    let error = Capture::read(known.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("NODE_DEBUG=http"), "{error}");
    let capture =
        Capture::read(b"$ curl -v h\n> POST / HTTP/1.1\n> Content-Length: 2\n>\n").unwrap();
    assert_eq!(capture.request.method, "GET");
    assert!(capture.notes.iter().all(|note| !matches!(note, Note::PrefixTakenOff { .. })));
}
