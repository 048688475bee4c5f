use std::{collections::BTreeMap, io::Write};

use base64ct::{Base64, Encoding as _};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use serde_json::Value;
use verify_toolkit::{explain::Cause, samples};

use crate::case::{BODY, Case, SECRET, databricks, mlflow, plus};

/// A document with everything in it that libraries write differently.
const COMPACT: &str = r#"{"b":"<é> \"a/b\" 😀","a":[1.50,{},[],true],"c":{"z":null,"y":"\n"}}"#;
const SPACED: &str =
    r#"{"b": "<é> \"a/b\" 😀", "a": [1.50, {}, [], true], "c": {"z": null, "y": "\n"}}"#;
const SORTED: &str = r#"{"a":[1.50,{},[],true],"b":"<é> \"a/b\" 😀","c":{"y":"\n","z":null}}"#;
const ESCAPED: &str =
    r#"{"b":"<\u00e9> \"a/b\" \ud83d\ude00","a":[1.50,{},[],true],"c":{"z":null,"y":"\n"}}"#;
const PYTHON: &str = r#"{"b": "<\u00e9> \"a/b\" \ud83d\ude00", "a": [1.50, {}, [], true], "c": {"z": null, "y": "\n"}}"#;
const GO: &str =
    r#"{"b":"\u003cé\u003e \"a/b\" 😀","a":[1.50,{},[],true],"c":{"z":null,"y":"\n"}}"#;
const PHP: &str =
    r#"{"b":"<\u00e9> \"a\/b\" \ud83d\ude00","a":[1.50,{},[],true],"c":{"z":null,"y":"\n"}}"#;
const INDENTED: &str = "{\n  \"b\": \"<é> \\\"a/b\\\" 😀\",\n  \"a\": [\n    1.50,\n    {},\n    [],\n    true\n  ],\n  \
                        \"c\": {\n    \"z\": null,\n    \"y\": \"\\n\"\n  }\n}";

/// A body as it was signed, and as it arrives.
fn changed(cause: Cause, signed: impl Into<Vec<u8>>, arrives: impl Into<Vec<u8>>) -> Case {
    let mut request = databricks(signed);
    request.body = arrives.into();
    Case::new(cause, request)
}

pub(crate) fn cases() -> Vec<Case> {
    use Cause::*;

    let four = INDENTED.replace("  ", "    ");
    let tabs = INDENTED.replace("  ", "\t");
    let html = "{&quot;a&quot;: &quot;&lt;&amp;&#39;&quot;}";
    let event = |body: &str, is_base64: bool| {
        format!(
            r#"{{"resource": "/", "body": {}, "isBase64Encoded": {is_base64}}}"#,
            serde_json::to_string(body).unwrap()
        )
    };
    let encoded = Base64::encode_string(BODY.as_bytes());
    let wrapped: String = encoded
        .as_bytes()
        .chunks(20)
        .flat_map(|line| [core::str::from_utf8(line).unwrap(), "\n"])
        .collect();
    let form = "payload=%7B%22a%22%3A+%22b%22%7D";
    let utf16: Vec<u8> = BODY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let gzip = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(BODY.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zlib = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(BODY.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let deflate = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(BODY.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let in_order = samples::find("databricks", "MODEL_VERSION_CREATED").unwrap().body;
    let fields: serde_json::Map<String, Value> = serde_json::from_str(in_order).unwrap();
    let backwards: Vec<_> =
        fields.iter().rev().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let out_of_order = format!("{{{}}}", backwards.join(","));
    let mut cases = vec![
        changed(BodyJsonCompact, COMPACT, SPACED),
        changed(BodyJsonCompact, COMPACT, INDENTED),
        changed(BodyJsonCompact, COMPACT, format!(" {COMPACT} ").replace(':', " : ")),
        changed(BodyJsonSpaced, SPACED, COMPACT),
        changed(BodyJsonIndented, INDENTED, COMPACT),
        changed(BodyJsonIndented, four, SPACED),
        changed(BodyJsonIndented, tabs, COMPACT),
        changed(BodyJsonSorted, SORTED, COMPACT),
        changed(BodyJsonEscaped, ESCAPED, COMPACT),
        changed(BodyJsonUnescaped, COMPACT, ESCAPED),
        changed(BodyJsonHtmlEscaped, GO, COMPACT),
        changed(BodyJsonSlashEscaped, PHP, COMPACT),
        changed(BodyJsonSlashEscaped, COMPACT.replace('/', r"\/"), COMPACT),
        changed(BodyJsonSlashUnescaped, COMPACT, COMPACT.replace('/', r"\/")),
        changed(BodyJsonSlashUnescaped, ESCAPED, PHP),
        changed(BodyJsonUnescaped, COMPACT, PHP),
        changed(BodyJsonEscaped, ESCAPED, GO),
        changed(BodyJsonSpaced, PYTHON, COMPACT).and(BodyJsonEscaped),
        changed(BodyJsonCompact, SORTED, SPACED).and(BodyJsonSorted),
        changed(BodyJsonCompact, format!("{COMPACT}\n"), SPACED).and(BodyNewlineLost),
        changed(BodyJsonEscapedOtherwise, r#"{"a":"\u00e9"}"#, r#"{"a":"\u00E9"}"#),
        changed(BodyJsonNumbers, r#"{"a":100.0,"b":1e-06}"#, r#"{"a":100,"b":0.000001}"#),
        changed(BodyJsonRounded, r#"{"a":1234567890123456789}"#, r#"{"a":1234567890123456800}"#),
        changed(BodyJsonIntegerKeys, r#"{"b":1,"2":2,"1":3}"#, r#"{"1":3,"2":2,"b":1}"#),
        changed(BodyJsonReordered, in_order, out_of_order),
        changed(BodyEnvelope, BODY, format!(r#"{{"message":{{"data":"{encoded}"}}}}"#)),
        changed(BodyLogEscaped, BODY, BODY.replace('"', r"\x22")),
        changed(BodyEchoOption, BODY, format!("-n {BODY}")),
        changed(BodyLineEndsLost, INDENTED, INDENTED.replace('\n', "")),
        changed(BodyLineEndsAdded, BODY, BODY.replace('_', "_\n")),
        changed(BodyNewlineAdded, BODY, format!("{BODY}\n")),
        changed(BodyNewlineAdded, BODY, format!("{BODY}\r\n")),
        changed(BodyNewlineLost, format!("{BODY}\n"), BODY),
        changed(BodyNewlineLost, format!("{BODY}\r\n"), BODY),
        changed(BodySpaceAdded, BODY, format!(" {BODY}  ")),
        changed(BodyCrLf, "{\n\"a\": 1\n}", "{\r\n\"a\": 1\r\n}"),
        changed(BodyLf, "{\r\n\"a\": 1\r\n}", "{\n\"a\": 1\n}"),
        changed(BodyByteOrderMark, BODY, format!("\u{feff}{BODY}")),
        changed(BodyByteOrderMarkLost, format!("\u{feff}{BODY}"), BODY),
        changed(BodyCompressed, BODY, gzip.clone()),
        changed(BodyCompressed, BODY, zlib),
        changed(BodyBase64, BODY, encoded.clone()),
        changed(BodyBase64, BODY, wrapped),
        changed(BodyGatewayEvent, BODY, event(BODY, false)),
        changed(BodyGatewayEvent, BODY, event(&encoded, true)),
        changed(BodyJsonString, BODY, serde_json::to_string(BODY).unwrap()),
        changed(BodyEscapesUndone, r#"{"a":"x\ny"}"#, "{\"a\":\"x\ny\"}"),
        changed(BodyInside, r#"{"a": 1}"#, "data: {\"a\": 1}"),
        changed(BodyPrinted, r#"{"a":null}"#, "{'a': None}"),
        changed(BodyTypography, r#"{"a": "b"}"#, "{\u{201c}a\u{201d}: \u{201c}b\u{201d}}"),
        changed(BodyMojibake, "{\"a\": \"é€\"}", "{\"a\": \"Ã©â‚¬\"}"),
        changed(BodyCharset, b"{\"a\": \"\xe9\"}", "{\"a\": \"é\"}"),
        changed(BodyNotUtf8, "{\"a\": \"é\"}", b"{\"a\": \"\xe9\"}"),
        changed(BodyUtf16, BODY, utf16),
        changed(BodyNotUtf8, "{\"a\": \"模型\"}", b"{\"a\": \"\xc4\xa3\xd0\xcd\"}"),
        changed(BodyNormalForm, "{\"a\": \"\u{e9}\"}", "{\"a\": \"e\u{301}\"}"),
        changed(BodyJsonRetyped, r#"{"a": "3"}"#, r#"{"a": 3}"#),
        changed(BodyJsonNullsAdded, r#"{"a": "b"}"#, r#"{"a": "b", "c": null}"#),
        changed(BodyForm, r#"{"a": "b"}"#, form),
        changed(BodyForm, r#"{"a": "b"}"#, "%7B%22a%22%3A%20%22b%22%7D"),
        changed(BodyFormLost, form, r#"{"a": "b"}"#),
        changed(BodyDoubled, BODY, format!("{BODY}{BODY}")),
        changed(BodyNulPadded, BODY, format!("{BODY}\0\0\0")),
        changed(BodyChunked, BODY, format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len())),
        changed(BodyPythonBytes, "{\"a\": \"it's\\n\"}", r#"b'{"a": "it\'s\\n"}'"#),
        changed(BodyHtmlEntities, r#"{"a": "<&'"}"#, html),
    ];
    let mut packed = changed(BodyCompressed, BODY, deflate);
    packed.request = plus(packed.request, "Content-Encoding", "deflate");
    cases.push(packed);

    let mut long = changed(BodyTooLong, BODY, format!("{BODY}and more"));
    long.request = plus(long.request, "Content-Length", BODY.len().to_string());
    cases.push(long);

    let mut short = changed(BodyCutOff, BODY, &BODY[..20]).observed();
    short.request = plus(short.request, "Content-Length", BODY.len().to_string());
    cases.push(short);

    let mut empty = changed(BodyEmpty, BODY, "").observed();
    empty.request = plus(empty.request, "Content-Length", BODY.len().to_string());
    cases.push(empty);

    cases.push(changed(BodyEmpty, BODY, "").observed());
    for end in [BODY.len() - 1, 20, 1] {
        cases.push(changed(BodyBreaksOff, BODY, &BODY[..end]).observed());
    }
    for other in ["REGISTERED_MODEL_CREATED", "{'event': None}", "{}}", "<html></html>"] {
        cases.push(changed(BodyNotJson, BODY, other).observed());
    }
    let sample = samples::find("mlflow", "registered_model.created").unwrap().body;
    let fields: BTreeMap<String, Value> = serde_json::from_str(sample).unwrap();
    let mut sorted = Case::new(BodyJsonSpaced, mlflow(sample)).and(BodySorted);
    sorted.request.body = serde_json::to_vec(&fields).unwrap();
    cases.push(sorted.clone());
    sorted.causes = vec![BodySorted];
    cases.push(sorted.secret("another").observed());

    let mut unpacked = changed(BodyDecompressed, gzip, BODY).observed();
    unpacked.request = plus(unpacked.request, "Content-Encoding", "gzip");
    cases.push(unpacked);

    cases.push(changed(BodyReplaced, b"{\"a\": \"\xe9\"}", "{\"a\": \"\u{fffd}\"}").observed());

    let mut large = Case::new(BodyOverLimit, mlflow(BODY));
    large.body_limit = Some(10);
    cases.push(large);

    // Secret and body at once.
    let mut both = changed(SecretTrailingNewline, BODY, format!("{BODY}\n")).and(BodyNewlineAdded);
    both.secrets = vec![format!("{SECRET}\n").into()];
    cases.push(both);
    cases
}
