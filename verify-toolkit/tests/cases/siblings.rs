//! Files of other programs, scripts and dumps of the same delivery. What cannot be read is named, with what
//! to give instead.

use core::fmt::Write as _;

use base64ct::{Base64, Encoding as _};
use verify_toolkit::{Capture, Note};

use crate::{
    json::{body, delivery, read_as},
    secret, verified,
};

const DELIVERY: &str = "45-pasted/indented.txt";

/// Each header, made by `one`.
fn headers(one: impl Fn(&str, &str) -> String) -> String {
    let headers = delivery().headers;
    let named = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    named.map(|(name, value)| one(name, str::from_utf8(value).unwrap())).collect()
}

fn lines() -> String {
    headers(|name, value| format!("{name}: {value}\n"))
}

/// The head and the body, with a length that fits.
fn plain() -> (String, String) {
    let text = String::from_utf8(delivery().to_http("h")).unwrap().replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    (format!("{head}\n\n"), body.to_owned())
}

fn curl() -> String {
    format!("curl http://h/hook{}", headers(|name, value| format!(" -H '{name}: {value}'")))
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn assert_read(what: &str, text: &str) {
    assert!(read_as(text).is_ok(), "{what}: {:?}\n{text}", read_as(text));
}

fn error(text: &str) -> String {
    Capture::read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_value_of_a_variable_is_put_in_its_place() {
    let (curl, body) = (curl(), body());
    for text in [
        format!("BODY='{body}'\n{curl} --data-raw \"$BODY\"\n"),
        format!("export BODY={}\n{curl} -d \"${{BODY}}\"\n", in_quotes(&body)),
        format!("$ A='{body}'; B=\"$A\"\n$ {curl} -d \"$B\"\n"),
        format!("BODY=$(cat <<'EOF'\n{body}\nEOF\n)\n{curl} --data-raw \"$BODY\"\n"),
        format!("BODY='{body}'\nprintf '%s' \"$BODY\" | {curl} --data-binary @-\n"),
        format!("BODY='{body}'\n{curl} -d @- <<< \"$BODY\"\n"),
        format!("cat <<'EOF' | {curl} -d @-\n{body}\nEOF\n"),
    ] {
        assert_read("variables", &text);
    }
    let twice = format!("BODY=old\n{curl} -d \"$BODY\"\nBODY='{body}'\n{curl} -d \"$BODY\"\n");
    let bodies =
        [1, 2].map(|entry| Capture::read_entry(twice.as_bytes(), entry).unwrap().request.body);
    assert_eq!(bodies, [b"old".to_vec(), body.clone().into_bytes()]);
    for (value, said) in [
        ("\"$BODY\"", "the value of the shell's variable `BODY` is not in the text: put the value"),
        ("\"${BODY}\"", "the value of the shell's variable `BODY` is not in the text"),
        ("\"$(cat body.json)\"", "a shell would run this command and put its output here"),
        ("\"$(<body.json)\"", "a shell would run this command and put its output here"),
        ("\"`cat body.json`\"", "a shell would run this command and put its output here"),
        ("\"$1\"", "a shell would put something in place of this"),
        ("@body.json", "the command reads a file: put its content here"),
    ] {
        let said_of = error(&format!("OTHER=1\n{curl} -d {value}\n"));
        assert!(said_of.contains(said), "{value}: {said_of}");
    }
    let unknown = error(&format!("BODY=$(jq -c . body.json)\n{curl} -d \"$BODY\"\n"));
    assert!(unknown.contains("variable `BODY` is not in the text"), "{unknown}");
    // A shell would make several words of it.
    let split = error(&format!("BODY='{body}'\n{curl} -d $BODY\n"));
    assert!(split.contains("a shell would put something in place of this"), "{split}");
}

#[test]
fn variables_that_grow_are_bounded() {
    let mut text = "A=aaaaaaaaaaaaaaaa\n".to_owned();
    (0..100).for_each(|_| text.push_str("A=$A$A\n"));
    text.push_str("curl h -d \"$A\"\n");
    assert!(error(&text).contains("variable `A`"));
    for line in ["A='\n", "A=\"$A\n", "A=$(cat <<E\n", "A=`\n"] {
        let _ = Capture::read(format!("{}curl h", line.repeat(200_000)).as_bytes());
    }
}

#[test]
fn each_request_of_a_command_is_read() {
    let (curl, body) = (curl(), body());
    let first = format!("curl http://h/health --next{} -d '{body}'\n", &curl["curl".len()..]);
    assert_read("--next", &first);
    assert_read("-:", &format!("{curl} -d '{body}' -: http://h/other -d a\n"));
    let capture = Capture::read_entry(first.as_bytes(), 1).unwrap();
    assert_eq!(
        (capture.request.method.as_str(), capture.request.path.as_str()),
        ("GET", "/health")
    );
    // What one of them lacks does not matter for the other.
    assert_read(
        "--next, and a file",
        &format!("curl http://h -d @x --next{} -d '{body}'", &curl[4..]),
    );
}

#[test]
fn files_of_curl_options_are_read() {
    let body = in_quotes(&body());
    let url = "http://h/hook";
    let equals = headers(|name, value| format!("header = \"{name}: {value}\"\n"));
    let colons = headers(|name, value| format!("header: \"{name}: {value}\"\n"));
    let short = headers(|name, value| format!("-H \"{name}: {value}\"\n"));
    for text in [
        format!("url = \"{url}\"\nrequest = POST\n{equals}data-binary = {body}\n"),
        format!("# a delivery\n\nurl: {url}\n{colons}data-raw: {body}\nsilent\n"),
        format!("--url {url}\n{short}--data-raw {body}\n-s\n"),
        format!("url = {url}\nnext\nurl = {url}\n{equals}data = {body}\n"),
    ] {
        assert_eq!(read_as(&text).as_deref(), Ok("file of `curl -K`"), "{text}");
    }
    let said = error(&format!("url = {url}\n{equals}data = @body.json\n"));
    assert!(said.contains("the command reads a file: put its content here"), "{said}");
    let said = error("curl -K delivery.cfg http://h");
    assert!(
        said.contains("reads its options from a file: give the content of that file"),
        "{said}"
    );
    let said = error("curl -T body.json http://h");
    assert!(said.contains("the command reads a file"), "{said}");
    // Fields that have other names are not options.
    assert!(Capture::read(b"url: http://h\nmethod: POST\n").is_err());
}

#[test]
fn files_of_hurl_are_read() {
    let (body, head) = (body(), format!("POST http://h/hook\n{}", lines()));
    let (base64, hex) =
        (Base64::encode_string(body.as_bytes()), base16ct::lower::encode_string(body.as_bytes()));
    for text in [
        format!("{head}{body}\n\nHTTP 204\n"),
        format!("# forged\n{head}{body}\nHTTP/1.1 401\n[Asserts]\nduration < 1000\n"),
        format!("{head}`{body}`\nHTTP *\n"),
        format!("{head}base64,{base64};\nHTTP 401\n"),
        format!("{head}hex,{hex};\nHTTP 401\n"),
        format!("{head}[Options]\nretry: 3\n{body}\nHTTP 401\n"),
        format!("GET http://h/health\nHTTP 200\n\n{head}{body}\nHTTP 401\n"),
        format!("{head}{body}\nHTTP 204\n\nGET http://h/health\nHTTP 200\n"),
    ] {
        assert_eq!(read_as(&text).as_deref(), Ok("HTTP file"), "{text}");
    }
    // Hurl sends the line end in front of the fence.
    let text = format!("{head}```json\n{body}\n```\nHTTP 401\n");
    let sent = Capture::read(text.as_bytes()).unwrap().request.body;
    assert_eq!(String::from_utf8(sent).unwrap(), body + "\n");
    let said = error(&format!("{head}file,body.json;\nHTTP 401\n"));
    assert_eq!(
        said,
        "the body is read from a file: put the content of `body.json` in place of this line"
    );
    let said = error(&format!("{head}base64,!!;\nHTTP 401\n"));
    assert_eq!(said, "the body is not the base64 that it is said to be: copy all of it");
}

#[test]
fn files_of_bruno_are_read() {
    let (body, lines) = (body(), headers(|name, value| format!("  {name}: {value}\n")));
    let file = |kind: &str, lines: &str| {
        format!(
            "meta {{\n  name: mlflow\n  type: http\n}}\n\npost {{\n  url: http://h/hook?a=b\n  body: {kind}\n  \
             auth: none\n}}\n\nheaders {{\n{lines}}}\n\nbody:{kind} {{\n  {body}\n}}\n\ntests {{\n  \
             test(\"x\", function() {{\n    expect(res.status).to.equal(204);\n  }});\n}}\n"
        )
    };
    for kind in ["json", "text"] {
        let text = file(kind, &lines);
        assert_eq!(read_as(&text).as_deref(), Ok("Bruno file"), "{text}");
    }
    let switched_off = file("json", &(lines + "  ~X-Old: 1\n"));
    let request = Capture::read(switched_off.as_bytes()).unwrap().request;
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook?a=b"));
    assert!(request.header("x-old").next().is_none(), "{request:?}");
    let none = file("json", "").replace("body: json", "body: none");
    assert_eq!(Capture::read(none.as_bytes()).unwrap().request.body, b"");
}

/// Cassettes of VCR and the like, and what Insomnia and Bruno export.
#[test]
fn yaml_is_read() {
    let body = body();
    let single = format!("'{}'", body.replace('\'', "''"));
    let double = in_quotes(&body);
    // As PyYAML folds what is long.
    let space = body[120..].find(' ').unwrap() + 120;
    let folded = format!("'{}\n      {}'", &body[..space], &body[space + 1..]);
    let joined = format!("\"{}\\\n      {}\"", &double[1..100], &double[100..double.len() - 1]);
    let in_lists = headers(|name, value| format!("      {name}:\n      - '{value}'\n"));
    let further = headers(|name, value| format!("          {name}:\n            - {value}\n"));
    let plain = headers(|name, value| format!("      {name}: {value}\n"));
    let named = headers(|name, value| format!("      - name: {name}\n        value: {value}\n"));
    for text in [
        single.clone(),
        double.clone(),
        folded,
        joined,
        format!("|-\n        {body}"),
        format!(">-\n        {body}"),
    ] {
        let quoted = &text;
        for text in [
            format!(
                "---\nhttp_interactions:\n- request:\n    method: post\n    uri: http://h/hook\n    body:\n      \
                 encoding: UTF-8\n      string: {quoted}\n    headers:\n{in_lists}  response:\n    status:\n      code: \
                 204\n    headers: {{}}\n  recorded_at: Sun, 29 Nov 2026 14:03:20 GMT\nrecorded_with: VCR 6.2.0\n"
            ),
            format!(
                "interactions:\n- request:\n    body: {quoted}\n    headers:\n{in_lists}    method: POST\n    uri: \
                 http://h/hook\n  response:\n    body:\n      string: \"\"\nversion: 1\n"
            ),
            format!("request:\n    method: POST # sent\n    headers:\n{plain}    body: {quoted}\n"),
            format!("request:\n    headers:\n{named}    body: {quoted}\n...\n"),
            format!(
                "type: collection.insomnia.rest/5.0\ncollection:\n  - url: http://h/hook\n    method: POST\n    \
                 body:\n      mimeType: application/json\n      text: {quoted}\n    headers:\n{named}"
            ),
            format!(
                "http:\n    method: POST\n    headers:\n{named}    body:\n      type: json\n      data: {quoted}\n"
            ),
        ] {
            assert_read("YAML", &text);
            assert_read("YAML with CRLF", &text.replace('\n', "\r\n"));
        }
    }
    let go = format!(
        "version: 2\ninteractions:\n    - id: 0\n      request:\n        body: {single}\n        \
                      headers:\n{further}        url: http://h/hook\n        method: POST\n"
    );
    assert_read("go-vcr", &go);
    let code = Base64::encode_string(body.as_bytes());
    assert_read(
        "!!binary",
        &format!("request:\n    headers:\n{plain}    body: !!binary |\n      {code}\n"),
    );

    // Values that are no text were parsed, as in the examples of OpenAPI.
    for text in [
        format!("request:\n    headers:\n{plain}    body:\n      entity: model_version\n"),
        format!(
            "paths:\n  /hook:\n    post:\n      parameters:\n{named}      requestBody:\n        content:\n          \
             application/json:\n            example: {{\"entity\": \"model_version\"}}\n"
        ),
    ] {
        let said = error(&text);
        assert!(said.contains("the raw body, which was signed, is not in it"), "{said}");
    }
}

/// Made by coreutils 9.1, util-linux 2.38.1 and xxd 2022-01-14 of the same delivery, all of it, and of the body
/// alone.
const DUMPS: [&str; 21] = [
    "hexdump-08x",
    "hexdump-C",
    "hexdump-b",
    "hexdump-c",
    "hexdump-e",
    "hexdump",
    "od-An-c",
    "od-An-tu1",
    "od-An-tx4",
    "od-Ax-tx8",
    "od-a",
    "od-b",
    "od-c",
    "od-tx1",
    "od-tx4",
    "od",
    "xxd-b",
    "xxd-e",
    "xxd-e-g2",
    "xxd-e-g8",
    "xxd-i",
];

#[test]
fn dumps_of_all_kinds_are_read() {
    let (head, body) = plain();
    for name in DUMPS {
        let path = format!("{}/tests/cases/dumps/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(format!("{path}.txt")).unwrap();
        assert_read(name, &text);
        let dump = std::fs::read_to_string(format!("{path}-body.txt")).unwrap();
        let form = Note::BodyUndone { form: "a dump" };
        // With a length, and without.
        for head in [
            head.clone(),
            head.replace("content-length", "x-length").replace("Content-Length", "x-length"),
        ] {
            let notes = verified(format!("{head}{dump}"), &secret(DELIVERY)).unwrap();
            assert!(notes.contains(&form), "{name}: {notes:?}");
        }
    }
    // Base64 may be what a receiver got, and stays evidence.
    let code = Base64::encode_string(body.as_bytes());
    let capture = Capture::read(format!("{head}{code}").as_bytes()).unwrap();
    assert_eq!(capture.request.body, code.as_bytes());
}

#[test]
fn mail_is_read() {
    let (head, body) = plain();
    let encoded = |text: &str| {
        let mut lines = String::new();
        for line in text.split_inclusive('\n') {
            let escaped = line.replace('=', "=3D");
            let mut rest = escaped.as_str();
            while rest.len() > 75 {
                // No escape is cut in two.
                let end = rest[..74].rfind('=').filter(|at| *at > 71).unwrap_or(74);
                writeln!(lines, "{}=", &rest[..end]).unwrap();
                rest = &rest[end..];
            }
            lines.push_str(rest);
        }
        lines
    };
    let said = "Content-Transfer-Encoding: quoted-printable\n";
    let secret = secret(DELIVERY);
    for text in [
        format!(
            "From: a@example.com\n{said}\nThis is what came:\n\n{}",
            encoded(&format!("{head}{body}"))
        ),
        encoded(&format!("{head}{body}")),
        format!("{}{said}\n{}", head.trim_end().to_owned() + "\n", encoded(&body)),
    ] {
        assert!(verified(&text, &secret).unwrap().contains(&Note::QuotedPrintable), "{text}");
    }
    let notes = verified(format!("{head}{}", encoded(&body)), &secret).unwrap();
    assert!(notes.contains(&Note::BodyUndone { form: "quoted-printable" }), "{notes:?}");
}

#[test]
fn programs_that_make_a_request_are_read() {
    let (body, double) = (body(), in_quotes(&body()));
    let object = headers(|name, value| format!("  '{name}': '{value}',\n"));
    let url = "http://h/hook";
    for text in [
        format!(
            "const payload = '{body}';\nconst params = {{headers: {{\n{object}}}}};\nhttp.post('{url}', payload, params);\n"
        ),
        format!(
            "headers = {{\n{object}}}\ndata = '{body}'\nr = requests.post('{url}', headers=headers, data=data)\n"
        ),
        format!(
            "payload = b'{body}'\nheaders = {{\n{object}}}\nrequests.post('{url}', data=payload, headers=headers)\n"
        ),
        format!("axios.post('{url}', '{body}', {{ headers: {{\n{object}}} }})\n"),
        format!(
            "req, _ := http.NewRequest(\"POST\", \"{url}\", strings.NewReader(`{body}`))\n{}",
            headers(|name, value| format!("req.Header.Set(\"{name}\", \"{value}\")\n"))
        ),
        format!(
            "HttpRequest.newBuilder(URI.create(\"{url}\"))\n{}    .POST(HttpRequest.BodyPublishers.ofString({double}))\n",
            headers(|name, value| format!("    .header(\"{name}\", \"{value}\")\n"))
        ),
        format!(
            "req = Net::HTTP::Post.new('/hook')\n{}req.body = '{body}'\n",
            headers(|name, value| format!("req['{name}'] = '{value}'\n"))
        ),
        format!(
            "curl_setopt($ch, CURLOPT_HTTPHEADER, [\n{}]);\ncurl_setopt($ch, CURLOPT_POSTFIELDS, '{body}');\n",
            headers(|name, value| format!("    '{name}: {value}',\n"))
        ),
        format!(
            "$headers = @{{\n{}}}\n$body = '{body}'\nInvoke-RestMethod -Method Post -Uri \"{url}\" -Headers $headers -Body $body\n",
            headers(|name, value| format!("  \"{name}\" = \"{value}\"\n"))
        ),
    ] {
        assert_eq!(read_as(&text).as_deref(), Ok("program code"), "{text}");
    }
    for text in [
        format!(
            "payload = {{'entity': 'model_version'}}\nheaders = {{\n{object}}}\nrequests.post('{url}', json=payload, headers=headers)\n"
        ),
        format!(
            "const payload = JSON.stringify({{entity: 'model_version'}});\nhttp.post('{url}', payload, {{headers: {{\n{object}}}}});\n"
        ),
    ] {
        let said = error(&text);
        assert!(said.starts_with("program code: "), "{said}");
        assert!(said.contains("print the bytes that it sends"), "{said}");
    }
}

#[test]
fn logs_of_servers_are_read_or_named() {
    let (head, body) = plain();
    let object: serde_json::Value = serde_json::json!({
        "request": "POST /hook HTTP/1.1",
        "request_body": body,
    });
    let mut variables = object.as_object().unwrap().clone();
    for (name, value) in delivery().headers {
        let name = format!("http_{}", name.to_lowercase().replace('-', "_"));
        variables.insert(name, String::from_utf8(value).unwrap().into());
    }
    let wire = |line: &str| format!("2026-11-29 DEBUG wire:73 - http-outgoing-0 >> \"{line}\"\n");
    let lines: String = head.lines().map(|line| wire(&format!("{line}[\\r][\\n]"))).collect();
    let audit = "--a1b2c3d4";
    for (what, text) in [
        ("nginx, JSON", serde_json::Value::Object(variables).to_string()),
        ("HttpClient", lines + &wire(&body)),
        (
            "ModSecurity",
            format!(
                "{audit}-A--\n[29/Nov/2026:14:03:20 +0000] x 1.2.3.4 5\n{audit}-B--\n{head}{audit}-C--\n{body}\n{audit}-F--\nHTTP/1.1 401 Unauthorized\n\n{audit}-Z--\n"
            ),
        ),
        ("Fiddler", format!("{head}{body}\n\n{}\n\nHTTP/1.1 401 Unauthorized\n\n", "-".repeat(60))),
        (
            "ASP.NET Core",
            format!(
                "info: Microsoft.AspNetCore.HttpLogging.HttpLoggingMiddleware[1]\n      Request:\n      Protocol: HTTP/1.1\n{}info: \
                 Microsoft.AspNetCore.HttpLogging.HttpLoggingMiddleware[3]\n      RequestBody: {body}\n",
                headers(|name, value| format!("      {name}: {value}\n"))
            ),
        ),
        (
            "a table",
            format!(
                "| Header | Value |\n|---|---|\n{}\nBody:\n```json\n{body}\n```\n",
                headers(|name, value| format!("| {name} | `{value}` |\n"))
            ),
        ),
    ] {
        assert_read(what, &text);
    }
    let debug = |line: &str| format!("2026/11/29 14:03:20 [debug] 7#7: *1 {line}\n");
    let nginx = headers(|name, value| debug(&format!("http header: \"{name}: {value}\"")));
    for (text, said) in [
        (
            debug("http request line: \"POST /hook HTTP/1.1\"") + &nginx,
            "what nginx's debug log prints does not have the whole of a request: it does not print the body",
        ),
        (
            "[debug][http] request headers complete (end_stream=false):\n':path', '/hook'\n"
                .to_owned(),
            "what Envoy's debug log prints does not have the whole of a request: it does not print the body",
        ),
        (
            "1.2.3.4 - - [29/Nov/2026:14:03:20 +0000] \"POST /hook HTTP/1.1\" 401 0 \"-\" \"x\"\n"
                .to_owned(),
            "what an access log prints does not have the whole of a request: it has no headers and no body",
        ),
        (
            "<?xml version='1.0'?>\n<charles-session></charles-session>\n".to_owned(),
            "what XML prints does not have the whole of a request: export the session as a HAR file",
        ),
        (
            format!("http POST http://h/hook --raw '{body}'\n"),
            "a command of HTTPie: run it with `--offline`",
        ),
        (
            format!("wget --post-data='{body}' http://h/hook\n"),
            "a command of wget: give a `curl` command",
        ),
    ] {
        assert!(error(&text).starts_with(said), "{}", error(&text));
    }
}
