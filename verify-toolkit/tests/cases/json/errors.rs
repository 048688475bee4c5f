//! Errors of what is damaged or says too little.

use std::collections::BTreeSet;

use serde_json::json;
use verify_toolkit::Capture;

use super::{DELIVERY, code, delivery, plain};
use crate::input;

/// Words of libraries that parse.
const FOREIGN: [&str; 16] = [
    "EOF while",
    "expected value",
    "expected `",
    "expected ident",
    "expected a",
    "missing field",
    "invalid type",
    "invalid value",
    "invalid length",
    "duplicate field",
    "unknown variant",
    "did not match any variant",
    "trailing c",
    "recursion limit",
    "control character",
    "at line ",
];

fn error(text: impl AsRef<[u8]>) -> String {
    Capture::read(text.as_ref()).unwrap_err().to_string()
}

#[test]
fn no_error_has_words_of_a_parser() {
    let capture = Capture::new("mlflow", None, delivery()).to_json();
    let whole = String::from_utf8(input(DELIVERY)).unwrap();
    let mut texts: Vec<Vec<u8>> = [
        "{",
        "}",
        "[",
        "{]",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":}",
        "{,}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\",
        "{\"a\":\"\\u00",
        "{\"log\":",
        "{\"log\":{}}",
        "{\"log\":{\"entries\":1}}",
        "{\"request\":{}}",
        "{\"request\":[1]}",
        "[[1]]",
        "{\"sender\":1,\"path\":2}",
        "{\"sender\":\"mlflow\",\"path\":\"/\"}",
        "{\"headers\":{},\"body\":1}",
        "{\"\\ud800\":1}",
        "{'a': b'\\x'}",
        "<Buffer 7",
        "map[",
        "Array\n(\n",
        "{\"headers\": 1, \"method\": \"POST\"}",
        "nul",
        "{\"url\": 1e999}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    texts.push(b"{\"a\": \"\xff\"}".to_vec());
    texts.push("[".repeat(100_000).into_bytes());
    texts.push(format!("{{\"a\":{}", "{\"a\":".repeat(200)).into_bytes());
    for text in [&capture, &whole] {
        texts.extend((0..text.len()).step_by(7).map(|end| text.as_bytes()[..end].to_vec()));
        texts.extend(
            ["\"", ":", "{", "[", ","].iter().map(|part| text.replacen(part, "", 1).into_bytes()),
        );
        texts.extend(
            ["\"", ":", "{", "[", ","].iter().map(|part| text.replace(part, "!").into_bytes()),
        );
    }
    let mut errors = BTreeSet::new();
    for text in &texts {
        let one = [Capture::read(text), Capture::from_json(text), Capture::read_entry(text, 1)];
        errors.extend(one.into_iter().filter_map(|result| Some(result.err()?.to_string())));
        errors.extend(Capture::from_har(text).err().map(|error| error.to_string()));
    }
    assert!(errors.len() > 100, "{}", errors.len());
    for error in &errors {
        for words in FOREIGN {
            assert!(!error.contains(words), "{words}: {error}");
        }
    }
}

#[test]
fn an_error_says_where_and_what_to_do() {
    for (text, message) in [
        (
            "{\"a\": [1,\n 2",
            "JSON: line 2, column 3: the text ends in the middle of a value: copy all of it",
        ),
        (
            "{\"headers\": {\"a\": \"b\nc\"}}",
            "JSON: line 1, column 21: a line end inside quotes: join this line and the next, if a terminal wrapped them",
        ),
        (
            "{\"a\": ]}",
            "JSON: line 1, column 7: `]` cannot stand here: copy the text as it was written, from its first bracket to its last",
        ),
        ("{\"sender\": \"mlflow\", \"path\": 1}", "JSON: field `method` should hold a text"),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
    assert_eq!(
        error(b"{\"a\":\n\"\xff\"}"),
        "JSON: line 2, column 2: not UTF-8: save the file as UTF-8"
    );
    let deep = format!("{{\"a\":{}", "[".repeat(500));
    assert_eq!(
        error(deep),
        "JSON: line 1, column 133: nested deeper than 128 levels: cut out the one request"
    );
    let mut capture: serde_json::Value =
        serde_json::from_str(&Capture::new("mlflow", None, delivery()).to_json()).unwrap();
    capture["headers"][1] = json!(["a", 1]);
    assert_eq!(error(capture.to_string()), "JSON: field `headers[1]` should hold `[name, value]`");
    capture["headers"] = json!([]);
    capture["body_base64"] = json!("A!");
    assert_eq!(error(capture.to_string()), "JSON: field `body_base64` should hold base64");
    capture.as_object_mut().unwrap().remove("body_base64");
    assert_eq!(error(capture.to_string()), "JSON: field `body_base64` should hold base64");
}

#[test]
fn what_a_tool_lacks_is_said_with_the_place_and_a_remedy() {
    let cut = String::from_utf8(input(DELIVERY)).unwrap().replace("UE9TVCAv", "UE9TVCA!");
    assert_eq!(
        error(cut),
        "ngrok's API: `request.raw` is not the base64 that it is said to be: copy all of it"
    );
    let no_request = json!([{"uri": "/", "request": {"uri": "/", "headers": {}, "raw": "e30="}}]);
    assert_eq!(
        error(no_request.to_string()),
        "ngrok's API: `[0].request.raw` is not a whole HTTP request in base64: copy all of it"
    );
    let aws = json!({"httpMethod": "POST", "headers": plain(), "body": code() + "!", "isBase64Encoded": true});
    let text = "AWS event: `a.body` is not the base64 that it is said to be: copy all of it";
    assert_eq!(error(json!({"a": aws, "b": 1}).to_string()), text);
    let n8n = json!([{"headers": plain(), "webhookUrl": "https://n/w", "body": {"a": 1}}]);
    assert_eq!(
        error(n8n.to_string()),
        "n8n webhook: the raw body, which was signed, is not in it: `[0].body` holds only what a program parsed: \
         switch on the option `Raw Body` of the webhook node, and take `binary.data.data`"
    );
    let several = json!([{"headers": {"a": "b"}, "body": ""}, {"headers": {"a": "b"}, "body": ""}]);
    assert_eq!(
        error(several.to_string()),
        "2 requests, and none has a known signature header: take one by its number, as with `--entry 1`"
    );
}

/// Many values, deep ones, and what looks like values and is none.
#[test]
fn hostile_texts_end_soon() {
    let most = 256 * 1024;
    for text in [
        "[",
        "{",
        "(\"",
        "[1,",
        "{\"a\":",
        "\"",
        "'",
        "b'",
        "<Buffer ",
        "map[",
        "map[a:",
        "Array\n(\n",
        "(\n[a] =>",
        "{'",
        "x-wandb-signature: a\n",
        "X-MLflow-Signature {",
    ] {
        let _ = Capture::read(text.repeat(most / text.len()).as_bytes());
    }
}
