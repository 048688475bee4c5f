//! Why a delivery did not verify: what people had, and its siblings.

use base64ct::{Base64, Encoding as _};
use verify_toolkit::{
    Capture, Delivery, Sender, UnixTime, WireRequest,
    explain::{
        Cause::{self, *},
        Certainty::{self, *},
        Explainer, Explanation, Side,
    },
};

use crate::{input, secret};

const NOW: UnixTime = UnixTime::from_secs(1_795_961_000);
const SECRET: &str = "a secret of no delivery";

fn explain(name: &str) -> Explanation {
    let capture = Capture::read(&input(name)).unwrap();
    // As the command reads a file.
    let secret = secret(name);
    let secret = secret.strip_suffix(b"\n").unwrap_or(&secret);
    Explainer::of(&capture).secret("current", secret).explain()
}

fn assert_explained(explanation: &Explanation, causes: &[Cause], certainty: Certainty, side: Side) {
    assert_eq!(explanation.causes().collect::<Vec<_>>(), causes, "{explanation}");
    let finding = explanation.findings().last().unwrap();
    assert_eq!((finding.certainty, finding.side), (certainty, side), "{explanation}");
    assert!(!explanation.is_cut_short(), "{explanation}");
}

#[test]
fn what_people_had_has_its_right_answer() {
    use Side::{Receiver, Sender, Unknown};

    for (name, causes, certainty, side) in [
        ("05-azure-pretty/http-with-length.txt", &[BodyJsonSpaced][..], Proved, Receiver),
        ("13-nginx-log/http.txt", &[BodyLogEscaped], Proved, Unknown),
        ("14-js-float/http.txt", &[BodyJsonSpaced, BodyJsonNumbers], Proved, Unknown),
        ("15-js-integer-keys/http.txt", &[BodyJsonSpaced, BodyJsonIntegerKeys], Proved, Unknown),
        ("16-dotnet/http-ascii.txt", &[BodyJsonSpaced, BodyJsonUnescaped], Proved, Unknown),
        ("17-wandb-secret-verbatim/http.txt", &[SignatureIsSecret], Proved, Unknown),
        ("19-echo-n/http.txt", &[SignedEchoOption], Proved, Unknown),
        ("19-echo-n/http-echo.txt", &[BodyNewlineLost], Proved, Sender),
        ("20-curl-d-file/http.txt", &[BodyLineEndsLost], Proved, Sender),
        ("21-crlf-body/http.txt", &[BodyCrLf], Proved, Receiver),
        ("40-openssl-output/stdin.txt", &[SignatureWithWords], Proved, Unknown),
        ("40-openssl-output/r.txt", &[SignatureWithWords], Proved, Unknown),
        ("51-secret-v1-whsec/http.txt", &[SecretPrefixed], Proved, Unknown),
        ("52-secret-wrapped/http.txt", &[SecretWrapped], Proved, Unknown),
        ("60-envelopes/payload-string.txt", &[BodyEnvelope], Proved, Unknown),
        ("60-envelopes/pubsub.txt", &[BodyEnvelope], Proved, Unknown),
        ("65-signature-with-words/sha256-space.txt", &[SignatureWithWords], Proved, Unknown),
        ("67-signed-indented/http.txt", &[BodyJsonIndented], Proved, Sender),
    ] {
        let explanation = explain(name);
        println!("{name}\n{explanation}\n");
        assert_explained(&explanation, causes, certainty, side);
    }
    let told = |name, part| {
        let text = explain(name).to_string();
        assert!(text.contains(part), "{text}");
    };
    told("60-envelopes/pubsub.txt", "(field `message.data`)");
    told("17-wandb-secret-verbatim/http.txt", "it went over the wire, so take a new one");
    told("20-curl-d-file/http.txt", "`curl --data-binary @file`");
    told("67-signed-indented/http.txt", "the signing side signs other bytes than it sends");
    told("16-dotnet/http-ascii.txt", "so the escapes were added later");
}

/// A delivery that was signed over one body and came with another.
fn came(sender: Sender, signed: &[u8], came: &[u8]) -> WireRequest {
    let delivery = Delivery::new(sender, signed);
    let mut request = delivery.sign(SECRET, NOW).unwrap();
    request.body = came.to_vec();
    request
}

fn explained(request: &WireRequest) -> Explanation {
    let explainer = Explainer::new(request, NOW).secret("current", SECRET);
    assert_eq!(explainer.undecided(), [], "{request:?}");
    explainer.explain()
}

#[test]
fn a_changed_body_is_proved_whatever_changed_it() {
    let event = r#"{"event":"MODEL_VERSION_CREATED","model_name":"a/b"}"#;
    let base64 = Base64::encode_string(event.as_bytes());
    let text = serde_json::to_string(event).unwrap();
    let nginx = event.replace('"', r"\x22");
    let apache = event.replace('"', "\\\"");
    let envelope = |before: &str, inner: &str, behind: &str| format!("{before}{inner}{behind}");
    let sns = envelope(
        r#"{"Type":"Notification","MessageId":"m","Message":"#,
        &text,
        r#","Signature":"x"}"#,
    );
    let sns_text = serde_json::to_string(&sns).unwrap();
    let pretty = "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n";
    let table: &[(&[Cause], &str, &str)] = &[
        // Envelopes: as text, in base64, and parsed, in any field, in each other.
        (&[BodyEnvelope], event, &sns),
        (&[BodyEnvelope], event, &envelope(r#"{"Records":[{"body":"#, &sns_text, "}]}")),
        (
            &[BodyEnvelope],
            event,
            &envelope(r#"[{"id":"1","data":"#, &text, r#","eventType":"t"}]"#),
        ),
        (
            &[BodyEnvelope],
            event,
            &envelope(r#"{"source":"s","detail":"#, event, r#","version":"0"}"#),
        ),
        (
            &[BodyEnvelope],
            event,
            &envelope(r#"{"specversion":"1.0","data_base64":""#, &base64, r#""}"#),
        ),
        (&[BodyEnvelope], event, &envelope(r#"{"log":"#, &text, r#","stream":"stdout"}"#)),
        (&[BodyEnvelope], event, &envelope(r#"{"a":{"b":{"c":{"message":"#, &text, "}}}}")),
        (
            &[BodyEnvelope, BodyJsonSpaced],
            r#"{"a": 1, "b": [2, 3]}"#,
            r#"{"detail":{"a":1,"b":[2,3]}}"#,
        ),
        (&[BodyGatewayEvent], event, &envelope(r#"{"isBase64Encoded":false,"body":"#, &text, "}")),
        // Numbers.
        (&[BodyJsonNumbers], r#"{"a":100.0,"b":2,"c":3.0}"#, r#"{"a":100,"b":2,"c":3}"#),
        (&[BodyJsonNumbers], r#"{"a":1e-06}"#, r#"{"a":0.000001}"#),
        (&[BodyJsonNumbers], r#"{"a":0.000001}"#, r#"{"a":1e-6}"#),
        (&[BodyJsonNumbers], r#"{"a":1e-07,"b":-2.5e-10}"#, r#"{"a":1e-7,"b":-2.5e-10}"#),
        (&[BodyJsonNumbers], r#"{"a":1E-06}"#, r#"{"a":1e-06}"#),
        (&[BodyJsonNumbers], r#"{"a":1.0E-6}"#, r#"{"a":1e-06}"#),
        (&[BodyJsonNumbers], r#"{"a":1.5e+16}"#, r#"{"a":15000000000000000}"#),
        (&[BodyJsonNumbers], r#"{"a":1.50}"#, r#"{"a":1.5}"#),
        (&[BodyJsonNumbers], r#"{"a":1.5}"#, r#"{"a":1.50}"#),
        (&[BodyJsonNumbers], r#"{"a":100}"#, r#"{"a":100.0}"#),
        (&[BodyJsonSpaced, BodyJsonNumbers], r#"{"a": 1.0, "b": 2}"#, r#"{"a":1,"b":2}"#),
        (&[BodyJsonRounded], r#"{"id":1234567890123456789}"#, r#"{"id":1234567890123456800}"#),
        (&[BodyJsonRounded], r#"{"id":9007199254740993}"#, r#"{"id":9007199254740992}"#),
        // Order.
        (&[BodyJsonIntegerKeys], r#"{"b":1,"10":2,"9":3}"#, r#"{"9":3,"10":2,"b":1}"#),
        (&[BodyJsonIntegerKeys], r#"{"x":{"team":1,"0":2}}"#, r#"{"x":{"0":2,"team":1}}"#),
        (&[BodySorted], r#"{"z":1,"b":2,"a":3}"#, r#"{"a":3,"b":2,"z":1}"#),
        (&[BodyJsonSorted], r#"{"a":3,"b":2,"z":1}"#, r#"{"z":1,"b":2,"a":3}"#),
        // Escapes.
        (&[BodyJsonUnescaped], r#"{"t":"+00:00"}"#, r#"{"t":"\u002B00:00"}"#),
        (&[BodyJsonUnescaped], r#"{"t":"<é>"}"#, r#"{"t":"\u003c\u00e9\u003e"}"#),
        (&[BodyJsonUnescaped], r#"{"t":"a='b'"}"#, r#"{"t":"a\u003d\u0027b\u0027"}"#),
        (&[BodyJsonEscaped], r#"{"t":"\u002B1 \u00E9"}"#, r#"{"t":"+1 é"}"#),
        (&[BodyJsonEscaped], r#"{"t":"a\u003d\u0027"}"#, r#"{"t":"a='"}"#),
        (&[BodyJsonEscapedOtherwise], r#"{"t":"\u00e9"}"#, r#"{"t":"\u00E9"}"#),
        (&[BodyJsonEscapedOtherwise], r#"{"t":"\u00E9"}"#, r#"{"t":"\u00e9"}"#),
        (&[BodyJsonSlashUnescaped], r#"{"t":"a/b"}"#, r#"{"t":"a\/b"}"#),
        (&[BodyJsonHtmlEscaped], r#"{"t":"\u003cé\u003e"}"#, r#"{"t":"<é>"}"#),
        // Logs.
        (&[BodyLogEscaped], event, &nginx),
        (&[BodyLogEscaped], "{\"a\":\"é\\n\"}", r"{\x22a\x22:\x22\xC3\xA9\x5Cn\x22}"),
        (&[BodyLogEscaped], event, &apache),
        (&[BodyNewlineAdded, BodyLogEscaped], event, &(nginx.clone() + "\n")),
        // White space.
        (&[BodyJsonIndented], "{\n\t\"a\": [\n\t\t1\n\t]\n}", r#"{"a":[1]}"#),
        (&[BodyJsonIndented], "{\n   \"a\": [\n      1\n   ]\n}", r#"{"a":[1]}"#),
        (&[BodyJsonIndented], "{\r\n  \"a\": [\r\n    1\r\n  ]\r\n}", r#"{"a": [1]}"#),
        (&[BodyJsonIndented], "{\n  \"a\" : [ 1, 2 ],\n  \"b\" : { }\n}", r#"{"a":[1,2],"b":{}}"#),
        (&[BodyJsonSpaced], r#"{"a": 1,"b": 2}"#, r#"{"a":1,"b":2}"#),
        (&[BodyJsonSpaced], r#"{"a":1, "b":2}"#, r#"{"a":1,"b":2}"#),
        (&[BodyJsonCompact], r#"{"a":1,"b":2}"#, "{ \"a\" : 1 ,\n\"b\":2 }\n"),
        (&[BodyLineEndsLost], pretty, r#"{  "a": 1,  "b": "x"}"#),
        (&[BodyLineEndsLost], "{\r\n  \"a\": 1\r\n}\r\n", r#"{  "a": 1}"#),
        (&[BodyLineEndsLost], "{ \n    \"a\": \"b\"\n} \n", r#"{     "a": "b"} "#),
        (&[BodyNewlineLost], "{\"a\": 1}\n", r#"{"a": 1}"#),
        (
            &[BodyLineEndsAdded],
            r#"{"a": "one text that was wrapped"}"#,
            "{\"a\": \"one text that\n was wrapped\"}",
        ),
        (&[BodySpaceAdded], r#"{"a": 1}"#, "\n{\"a\": 1}  "),
        (&[BodyCrLf], "{\n \"a\": 1\n}\n", "{\r\n \"a\": 1\r\n}\r\n"),
        (&[BodyNewlineAdded, BodyByteOrderMark], r#"{"a": 1}"#, "\u{feff}{\"a\": 1}\n"),
        // Shells.
        (&[SignedEchoOption], "-n {\"a\": 1}\n", r#"{"a": 1}"#),
        (&[BodyEchoOption], r#"{"a": 1}"#, r#"-n {"a": 1}"#),
        // Letters that became two, then four.
        (&[BodyMojibake], "{\"a\": \"é€\"}", "{\"a\": \"Ã©â‚¬\"}"),
        (&[BodyMojibake], "{\"a\": \"é\"}", "{\"a\": \"ÃƒÂ©\"}"),
        (&[BodyMojibake], "{\"a\": \"模型\"}", "{\"a\": \"妯″瀷\"}"),
        // One letter in two ways.
        (&[BodyNormalForm], "{\"a\": \"caf\u{e9}\"}", "{\"a\": \"cafe\u{301}\"}"),
        (&[BodyNormalForm], "{\"a\": \"cafe\u{301}\"}", "{\"a\": \"caf\u{e9}\"}"),
        // Other types.
        (
            &[BodyJsonRetyped],
            r#"{"version": "3", "stage": "None"}"#,
            r#"{"version": 3, "stage": "None"}"#,
        ),
        (
            &[BodyJsonSpaced, BodyJsonRetyped],
            r#"{"version": "3", "stage": "None", "of": 1}"#,
            r#"{"version":3,"stage":"None","of":1}"#,
        ),
        (&[BodyJsonRetyped], r#"{"a": 1, "b": "2"}"#, r#"{"a": "1", "b": "2"}"#),
        (&[BodyJsonRetyped], r#"{"a": "", "b": "x"}"#, r#"{"a": null, "b": "x"}"#),
        (&[BodyJsonRetyped], r#"{"a": null, "b": ""}"#, r#"{"a": "", "b": ""}"#),
        (&[BodyJsonSpaced, BodyJsonRetyped], r#"{"a": true}"#, r#"{"a":"true"}"#),
        (
            &[BodyJsonRetyped],
            &many(|number| format!("\"{number}\"")),
            &many(|number| number.to_string()),
        ),
        (
            &[BodyJsonNullsAdded],
            r#"{"a": 1, "c": {"d": 2}}"#,
            r#"{"a": 1, "b": null, "c": {"d": 2, "e": null}}"#,
        ),
        (&[BodyJsonNullsAdded], r#"{"a": null, "c": 1}"#, r#"{"a": null, "b": null, "c": 1}"#),
        (&[BodyJsonSpaced, BodyJsonNullsAdded], r#"{"a": 1}"#, r#"{"b":null,"a":1}"#),
        (&[BodyHtmlEntities], r#"{"a": "b"}"#, "{&#x22;a&#x22;: &quot;b&quot;}"),
        (&[BodyHtmlEntities], r#"{"a": "b"}"#, "&#123;&#34;a&#34;: &#34;b&#34;&#x7D;"),
        (&[BodyHtmlEntities], r#"{"a": "&b;"}"#, "{&quot;a&quot;: &quot;&amp;b;&quot;}"),
        (&[BodyTypography], r#"{"a": "b"}"#, "{\u{201c}a\u{201d}: \u{201e}b\u{201c}}"),
        (&[BodyTypography], r#"{"a": "b"}"#, "{\"a\":\u{a0}\"b\"}"),
        // What programs print of a value, and what echo undoes.
        (
            &[BodyPrinted, BodyJsonSpaced],
            r#"{"a": 1.5, "b": null, "c": ["d'"], "e": true}"#,
            r#"{'a': 1.5, 'b': None, 'c': ["d'"], 'e': True}"#,
        ),
        (&[BodyPrinted], r#"{"a":"b","c":null}"#, r#"{"a"=>"b", "c"=>nil}"#),
        (&[BodyPrinted], r#"{"a":"b","c":[1]}"#, "{ a: 'b', c: [ 1 ] }"),
        (&[BodyEscapesUndone], r#"{"a":"x\ny\t\"z"}"#, "{\"a\":\"x\ny\t\\\"z\"}"),
        // Something around it.
        (
            &[BodyInside],
            event,
            &format!(
                "--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{event}\r\n--x--\r\n"
            ),
        ),
        (&[BodyInside], event, &format!("data: {event}\n\n")),
        (&[BodyInside], event, &format!("callback({event});")),
        (&[BodyInside], event, &format!(")]}}',\n{event}")),
        (
            &[BodyHtmlEntities, BodyInside],
            event,
            &format!("<m>{}</m>", event.replace('"', "&quot;")),
        ),
        (
            &[BodyForm],
            event,
            "payload=%7B%22event%22%3A%22MODEL_VERSION_CREATED%22%2C%22model_name%22%3A%22a%2Fb%22%7D&x=y",
        ),
    ];
    let mut wrong = Vec::new();
    for (causes, signed, arrived) in table {
        let explanation =
            explained(&came(Sender::DATABRICKS, signed.as_bytes(), arrived.as_bytes()));
        let found: Vec<_> = explanation.causes().collect();
        if found != *causes || explanation.findings()[0].certainty != Proved {
            wrong.push(format!("{signed}\n{arrived}\n{causes:?} {explanation}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// More values than are guessed each for itself.
fn many(write: impl Fn(u32) -> String) -> String {
    let values: Vec<_> = (1..100).map(write).collect();
    format!("[{}]", values.join(", "))
}

#[test]
fn a_body_that_is_not_utf_8_is_read_in_the_usual_charsets() {
    for (signed, arrived) in [
        ("{\"a\": \"é\"}", &b"{\"a\": \"\xe9\"}"[..]),
        ("{\"a\": \"€\"}", b"{\"a\": \"\x80\"}"),
        ("{\"a\": \"模型\"}", b"{\"a\": \"\xc4\xa3\xd0\xcd\"}"),
        ("{\"a\": \"モデル\"}", b"{\"a\": \"\x83\x82\x83f\x83\x8b\"}"),
        ("{\"a\": \"모델\"}", b"{\"a\": \"\xb8\xf0\xb5\xa8\"}"),
        ("{\"a\": \"модель\"}", b"{\"a\": \"\xec\xee\xe4\xe5\xeb\xfc\"}"),
    ] {
        let explanation = explained(&came(Sender::WANDB, signed.as_bytes(), arrived));
        assert_explained(&explanation, &[BodyNotUtf8], Proved, Side::Unknown);
    }
}

/// MLflow's own order is known, so what something put into another is proved.
#[test]
fn a_known_order_is_proved() {
    let sample = verify_toolkit::samples::find("mlflow", "model_version.created").unwrap().body;
    let value: serde_json::Value = serde_json::from_str(sample).unwrap();
    let fields: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_value(value).unwrap();
    let sorted = serde_json::to_string(&fields).unwrap();
    let explanation = explained(&came(Sender::MLFLOW, sample.as_bytes(), sorted.as_bytes()));
    assert_explained(&explanation, &[BodyJsonSpaced, BodySorted], Proved, Side::Unknown);
    // As PostgreSQL's `jsonb` has it: short names first.
    let mut names: Vec<_> = fields.into_iter().collect();
    names.sort_by_key(|(name, _)| (name.len(), name.clone()));
    let fields: Vec<_> = names.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let short = format!("{{{}}}", fields.join(","));
    let explanation = explained(&came(Sender::MLFLOW, sample.as_bytes(), short.as_bytes()));
    assert_explained(&explanation, &[BodyJsonSpaced, BodyJsonReordered], Proved, Side::Unknown);
}

#[test]
fn one_signature_is_no_list_whatever_stands_around_it() {
    let request = Delivery::databricks("{}").sign(SECRET, NOW).unwrap();
    let header = "x-databricks-signature";
    let hex = String::from_utf8(request.header(header).next().unwrap().to_vec()).unwrap();
    let tag = base16ct::lower::decode_vec(&hex).unwrap();
    let base64 = Base64::encode_string(&tag);
    let with = |value: String| {
        let mut request = request.clone();
        request.headers.iter_mut().filter(|(name, _)| name == header).for_each(|(_, own)| {
            *own = value.clone().into_bytes();
        });
        explained(&request).causes().collect::<Vec<_>>()
    };
    for words in [
        format!("(stdin)= {hex}"),
        format!("SHA256(stdin)= {hex}"),
        format!("HMAC-SHA2-256(stdin)= {hex}"),
        format!("HMAC-SHA256(body.json)= {hex}"),
        format!("{hex} *stdin"),
        format!("{hex}  -"),
        format!("{hex}  body.json"),
        format!("sha256 {hex}"),
        format!("HMAC-SHA256 {hex}"),
        format!("Signature {hex};"),
        format!("t=1795961000,v1={hex}"),
        format!("keyId=\"k\",algorithm=\"hmac-sha256\",signature=\"{hex}\""),
        format!("sha256-{hex}"),
    ] {
        assert_eq!(with(words.clone()), [SignatureWithWords], "{words}");
    }
    assert_eq!(with(format!("sha256 {base64}")), [SignatureWithWords, SignatureBase64]);
    for between in [":", "-", " "] {
        let pairs: Vec<_> =
            hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
        assert_eq!(with(pairs.join(between)), [SignatureFolded], "{between}");
        assert_eq!(with(pairs.join(between).to_uppercase()), [SignatureFolded], "{between}");
    }
    assert_eq!(with(format!("sha256={hex}")), [SignaturePrefixAdded]);
    assert_eq!(with(format!("sha256:{hex}")), [SignaturePrefixAdded]);
    for list in [
        format!("{hex},{}", "0".repeat(64)),
        format!("{} {hex}", "0".repeat(64)),
        format!("v1={hex} v1={hex}"),
    ] {
        assert_eq!(with(list.clone()), [SignatureList], "{list}");
    }
}

#[test]
fn a_secret_that_was_copied_with_something_is_told_so() {
    let long = "k".repeat(80);
    let wrapped = |columns: usize, end: &str| {
        let lines: Vec<_> = long.as_bytes().chunks(columns).collect();
        String::from_utf8(lines.join(end.as_bytes())).unwrap()
    };
    for (cause, has, signs) in [
        (SecretWrapped, wrapped(76, "\n").as_str(), long.as_str()),
        (SecretWrapped, &wrapped(64, "\r\n"), &long),
        (SecretWrapped, &wrapped(64, "\n    "), &long),
        (SecretWrapped, &(wrapped(64, "\n") + "\n"), &long),
        (SecretWrapLost, &long, &wrapped(76, "\n")),
        (SecretWrapLost, &long, &(wrapped(64, "\n") + "\n")),
        (SecretSpaceInside, "abcd efgh ijkl", "abcdefghijkl"),
        (SecretSpaceInside, "abcd\tefgh", "abcdefgh"),
        (SecretPrefixed, "v1,whsec_YWJjZGVmZ2g", "whsec_YWJjZGVmZ2g"),
        (SecretPrefixed, "sha256=abcdefgh", "abcdefgh"),
        (SecretPrefixed, "Bearer abcdefgh", "abcdefgh"),
        (SecretPrefixed, "Secret: abcdefgh", "abcdefgh"),
        (SecretEchoOption, "-n abcdefgh\n", "abcdefgh"),
        (SecretList, "abcdefgh,ijklmnop", "ijklmnop"),
        (SecretTrailingNewline, "abcdefgh\n", "abcdefgh"),
        (SecretInvisible, "abcd\u{200b}efgh", "abcdefgh"),
        (SecretInvisible, "\u{1b}[32mabcdefgh\u{1b}[0m", "abcdefgh"),
        (SecretEndMark, "abcdefgh%", "abcdefgh"),
        (SecretEndMark, "abcdefgh;", "abcdefgh"),
        (SecretEndMark, "abcdefgh,", "abcdefgh"),
        (SecretEscaped, r"abcdefgh\n", "abcdefgh"),
        (SecretQuoted, "\u{2018}abcdefgh\u{2019}", "abcdefgh"),
        (SecretQuoted, "$'abcdefgh'", "abcdefgh"),
    ] {
        let request = Delivery::mlflow("{}").sign(signs, NOW).unwrap();
        let explanation = Explainer::new(&request, NOW).secret("current", has).explain();
        assert_eq!(explanation.causes().collect::<Vec<_>>(), [cause], "{has:?}: {explanation}");
    }
}

#[test]
fn a_secret_in_place_of_the_signature_is_told_whatever_is_around_it() {
    let with = |name: &str, value: &str| {
        let mut request = Delivery::wandb("{}").sign(SECRET, NOW).unwrap();
        request.headers.retain(|(name, _)| name != "x-wandb-signature");
        request.headers.push((name.into(), value.into()));
        let explainer = Explainer::new(&request, NOW).sender(Sender::WANDB);
        let explanation = explainer.secret("current", SECRET).bearer("a-token-of-mine").explain();
        explanation.causes().next().unwrap()
    };
    let own = "x-wandb-signature";
    for value in
        [SECRET.to_owned(), format!(" {SECRET} "), Base64::encode_string(SECRET.as_bytes())]
    {
        assert_eq!(with(own, &value), SignatureIsSecret, "{value}");
    }
    assert_eq!(with("x-webhook-token", SECRET), SignatureIsSecret);
    assert_eq!(with(own, "a-token-of-mine"), SignatureIsToken);
}

/// The length of the body says who changed it.
#[test]
fn the_side_that_is_wrong_is_told() {
    let (signed, arrived) = ("{\"a\": 1, \"b\": \"/\"}\n", "{\"a\":1,\"b\":\"\\/\"}");
    for (length, side, part) in [
        (Some(arrived.len()), Side::Sender, "the receiver did not change it"),
        (Some(signed.len()), Side::Receiver, "was changed after it was sent"),
        (Some(7), Side::Unknown, "before any parser"),
        (None, Side::Unknown, "before any parser"),
    ] {
        let mut request = came(Sender::DATABRICKS, signed.as_bytes(), arrived.as_bytes());
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        request.headers.extend(length.map(|n| ("Content-Length".into(), n.to_string().into())));
        let explanation = explained(&request);
        let text = explanation.to_string();
        assert_eq!(explanation.findings()[0].side, side, "{text}");
        assert!(text.contains(part), "{text}");
        // Nobody is told to look at home for what was sent like this.
        assert_eq!(text.contains("before any parser"), side != Side::Sender, "{text}");
    }
}

/// What no correction undoes is seen in the bytes.
#[test]
fn what_got_lost_is_observed() {
    let wrong = |came: &str| {
        let mut request = Delivery::wandb("{\"x\":1}").sign("another", NOW).unwrap();
        request.body = came.into();
        explained(&request).causes().collect::<Vec<_>>()
    };
    assert_eq!(wrong(r#"{"tags":{"9":"a","10":"b","team":"c"}}"#), [BodyJsonIntegerKeys]);
    assert_eq!(wrong(r#"{"id":1234567890123456800}"#), [BodyJsonRounded]);
    assert_eq!(wrong(r#"{     "action": "whatever"} "#), [BodyLineEndsLost]);
    assert_eq!(wrong(r"{\x22a\x22:1}"), [BodyLogEscaped]);
    assert_eq!(wrong(r#"{"a":100,"b":"2"}"#), []);
}
