//! What `console.log`, `print`, `fmt.Println` and the like make of headers and body.

use super::{body, delivery, read_as};

/// Headers, each written by `one`, with `between` in between.
fn headers(one: impl Fn(&str, &str) -> String, between: &str) -> String {
    let headers = delivery().headers;
    let headers = headers.iter().map(|(name, value)| one(name, str::from_utf8(value).unwrap()));
    headers.collect::<Vec<_>>().join(between)
}

fn python() -> String {
    format!("{{{}}}", headers(|name, value| format!("'{name}': '{value}'"), ", "))
}

fn node() -> String {
    format!(
        "{{\n  {}\n}}",
        headers(|name, value| format!("'{}': '{value}'", name.to_lowercase()), ",\n  ")
    )
}

fn hex() -> String {
    body().bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn printed_headers_and_body_are_read() {
    let (body, python, node, hex) = (body(), python(), node(), hex());
    let tuples = headers(|name, value| format!("('{name}', '{value}')"), ", ");
    let bytes = headers(|name, value| format!("(b'{}', b'{value}')", name.to_lowercase()), ", ");
    let arguments = headers(|name, value| format!("'{name}': '{value}'"), ", ");
    let go = headers(|name, value| format!("{name}:[{value}]"), " ");
    let go_typed = headers(|name, value| format!("\"{name}\":[]string{{\"{value}\"}}"), ", ");
    let ruby = headers(|name, value| format!("\"{name}\"=>\"{value}\""), ", ");
    let java = headers(|name, value| format!("{}={value}", name.to_lowercase()), ", ");
    let spring = headers(|name, value| format!("{}:\"{value}\"", name.to_lowercase()), ", ");
    let print_r = headers(|name, value| format!("    [{name}] => {value}"), "\n");
    let var_dump = headers(
        |name, value| format!("  [\"{name}\"]=>\n  string({}) \"{value}\"", value.len()),
        "\n",
    );
    let lines = headers(|name, value| format!("{name}: {value}"), "\n");
    let decimal = body.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(" ");
    let half = body.len() / 2;
    let (front, back) = body.split_at(half);
    for (what, text) in [
        ("Python, dict and bytes", format!("{python}\nb'{body}'\n")),
        ("Python, with words", format!("headers: {python} body: b'{body}'\n")),
        (
            "Python, a logger",
            format!("2026-11-29 14:03:20,214 INFO app: headers={python} body=b'{body}'\n"),
        ),
        (
            "Python, a logger with brackets",
            format!("[2026-11-29 14:03:20] [INFO] {python}\n[2026-11-29 14:03:20] [INFO] {body}\n"),
        ),
        ("Python, text", format!("{python}\n{body}\n")),
        ("Python, one dict", format!("{{'headers': {python}, 'body': b'{body}'}}")),
        ("Python, a tuple", format!("({python}, b'{body}')")),
        (
            "Python, pprint",
            format!("{{'body': b'{front}'\n         b'{back}',\n 'headers': {python}}}"),
        ),
        ("starlette", format!("Headers({python})\nb'{body}'")),
        ("starlette, raw", format!("MutableHeaders(raw=[{bytes}])\nb'{body}'")),
        (
            "ASGI",
            format!(
                "{{'type': 'http', 'method': 'POST', 'headers': [{bytes}], 'body': b'{body}'}}"
            ),
        ),
        ("werkzeug", format!("EnvironHeaders([{tuples}])\nb'{body}'")),
        ("aiohttp", format!("<CIMultiDictProxy({arguments})>\n{body}\n")),
        ("Flask, header lines", format!("{lines}\n\nb'{body}'\n")),
        ("Flask, body first", format!("b'{body}'\n{python}\n")),
        ("Node", format!("{node}\n{body}\n")),
        ("Node, on one line", format!("{node} {body}\n")),
        ("Node, with words", format!("headers: {node}\nbody: {body}\n")),
        ("Node, a buffer", format!("{node} <Buffer {hex}>\n")),
        ("Node, an object", format!("{{\n  headers: {node},\n  rawBody: '{body}'\n}}\n")),
        ("Node, long texts", format!("{{ headers: {node}, body: '{front}' +\n    '{back}' }}")),
        ("Node, null prototype", format!("[Object: null prototype] {node}\n{body}")),
        ("Node, fetch", format!("Headers {node}\n{body}")),
        ("Node, template", format!("Headers: {node}\nBody: `{body}`")),
        ("Deno", format!("Headers {{ {arguments} }}\n{body}")),
        ("Go", format!("map[{go}]\n{body}\n")),
        ("Go, a logger", format!("2026/11/29 14:03:20 headers: map[{go}] body: {body}\n")),
        ("Go, bytes", format!("map[{go}] [{decimal}]\n")),
        ("Go, %#v", format!("http.Header{{{go_typed}}}\n{body}")),
        ("Go, %#v of a map", format!("map[string][]string{{{go_typed}}}\n{body}")),
        ("Ruby", format!("{{{ruby}}}\n{body}")),
        ("Java", format!("{{{java}}}\n{body}")),
        ("Spring", format!("[{spring}]\n{body}")),
        ("PHP, print_r", format!("Array\n(\n{print_r}\n)\n{body}\n")),
        ("PHP, var_dump", format!("array(10) {{\n{var_dump}\n}}\nstring(243) \"{body}\"\n")),
        (
            "PHP, both in one",
            format!(
                "Array\n(\n    [headers] => Array\n        (\n{print_r}\n        )\n\n    [body] => {body}\n)\n"
            ),
        ),
        ("JSON, then the body", format!("{}\n{body}\n", super::plain())),
        (
            "a log line",
            format!(
                "2026-11-29T14:03:20Z INFO {}\n",
                serde_json::json!({"headers": super::plain(), "body": body})
            ),
        ),
    ] {
        assert!(read_as(&text).is_ok(), "{what}: {:?}\n{text}", read_as(&text));
        let crlf = text.replace('\n', "\r\n");
        assert!(read_as(&crlf).is_ok(), "{what} with CRLF: {:?}", read_as(&crlf));
    }
}

#[test]
fn what_was_printed_of_a_parsed_body_is_none() {
    let parsed = "{ entity: 'model_version', action: 'created', data: [Object] }";
    let (python, node, hex) = (python(), node(), hex());
    let printed = "printed headers and body: the raw body, which was signed, is not in it: `body` holds only what \
                   a program parsed: record the raw body before anything parses it: `express.raw";
    for text in [
        format!("{node}\n{parsed}\n"),
        format!("{node} {parsed}"),
        format!("{python}\n{{'entity': 'model_version', 'data': None}}\n"),
    ] {
        let error = read_as(&text).unwrap_err();
        assert!(error.starts_with(printed), "{error}\n{text}");
    }
    let cut = read_as(&format!("{node} <Buffer {} ... 193 more bytes>", &hex[..149])).unwrap_err();
    assert!(
        cut.starts_with("printed headers and body: `body` was cut off when it was printed: "),
        "{cut}"
    );
    let missing = read_as(&node).unwrap_err();
    assert!(
        missing.starts_with("printed headers and body: the body was not recorded"),
        "{missing}"
    );
}
