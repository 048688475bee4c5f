//! What tools write as JSON, and what programs print of headers and body.

mod errors;
mod printed;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use verify_toolkit::{Capture, CaptureError, Note, UnixTime, WireRequest};

use crate::{input, secret, verified, verifies};

/// A delivery of most cases.
const DELIVERY: &str = "02-ngrok-api/one.json";

pub(crate) fn delivery() -> WireRequest {
    Capture::read(&input(DELIVERY)).unwrap().request
}

pub(crate) fn body() -> String {
    String::from_utf8(delivery().body).unwrap()
}

/// Headers as an object, whose values are made by `value`.
pub(crate) fn object(value: impl Fn(&str) -> Value) -> Value {
    let headers = delivery().headers;
    let headers =
        headers.iter().map(|(name, bytes)| (name.clone(), value(str::from_utf8(bytes).unwrap())));
    Value::Object(headers.collect())
}

fn plain() -> Value {
    object(|value| json!(value))
}

fn lists() -> Value {
    object(|value| json!([value]))
}

/// Headers as a list, whose items are made by `item`.
pub(crate) fn list(item: impl Fn(&str, &str) -> Value) -> Value {
    let headers = delivery().headers;
    headers.iter().map(|(name, bytes)| item(name, str::from_utf8(bytes).unwrap())).collect()
}

fn code() -> String {
    Base64::encode_string(body().as_bytes())
}

fn parsed() -> Value {
    serde_json::from_str(&body()).unwrap()
}

/// Reads a text and says as what, if it verifies.
pub(crate) fn read_as(text: &str) -> Result<String, String> {
    let capture = Capture::read(text.as_bytes()).map_err(|error| error.to_string())?;
    let body = String::from_utf8_lossy(&capture.request.body);
    assert!(verifies(&capture, &secret(DELIVERY)), "{:?}\n{body}\n{text}", capture.request);
    Ok(capture.origin)
}

#[test]
fn the_reported_ones_are_read() {
    for (name, origin) in [
        ("02-ngrok-api/one.json", "ngrok's API"),
        ("03-webhook-site/one.json", "webhook.site's API"),
        ("04-aws-events/apigw-v1.json", "AWS event"),
        ("07-python-print/print.txt", "printed headers and body"),
        ("08-node-console-log/log.txt", "printed headers and body"),
        ("11-postman-collection/item.json", "Postman collection"),
        ("12-logic-apps/trigger-outputs-content.json", "Logic Apps trigger"),
    ] {
        let text = input(name);
        assert_eq!(verified(&text, &secret(name)).unwrap(), [], "{name}");
        assert_eq!(Capture::read(&text).unwrap().origin, origin);
    }
    for name in ["02-ngrok-api/one.json", "03-webhook-site/one.json", "04-aws-events/apigw-v1.json"]
    {
        let capture = Capture::read(&input(name)).unwrap();
        assert_eq!(capture.received_at, Some(UnixTime::from_secs(1_795_961_000)), "{name}");
    }
}

#[test]
fn a_parsed_body_is_said_to_be_none() {
    let error = Capture::read(&input("10-smee/event.json")).unwrap_err();
    assert!(matches!(error, CaptureError::Body(_)));
    let text = "headers beside a body: the raw body, which was signed, is not in it: `body` holds only what a \
                program parsed: smee and the like parse it: let `verify listen`, which keeps every byte, receive \
                the delivery instead, or a tunnel such as ngrok";
    assert_eq!(error.to_string(), text);
}

#[test]
fn siblings_of_the_reported_ones_are_read() {
    let (body, code) = (body(), code());
    let aws = |context: Value, path: &str| {
        let mut event = json!({"requestContext": context, "body": code, "isBase64Encoded": true});
        event[path] = json!("/hook");
        event
    };
    let with = |mut event: Value, more: Value| {
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let v2 = with(
        aws(
            json!({"http": {"method": "POST", "path": "/hook"}, "timeEpoch": 1_795_961_000_456_u64}),
            "rawPath",
        ),
        json!({"version": "2.0", "routeKey": "$default", "rawQueryString": "", "headers": plain()}),
    );
    let alb = with(
        aws(json!({"elb": {"targetGroupArn": "arn"}}), "path"),
        json!({"httpMethod": "POST", "multiValueHeaders": lists(), "multiValueQueryStringParameters": {}}),
    );
    let edge = json!({"Records": [{"cf": {"config": {"distributionId": "E"}, "request": {
        "method": "POST", "uri": "/hook",
        "headers": object(|value| json!([{"key": "K", "value": value}])),
        "body": {"action": "read-only", "data": code, "encoding": "base64", "inputTruncated": false},
    }}}]});
    let pairs = list(|name, value| json!({"name": name, "value": value}));
    let ngrok: Value = serde_json::from_slice(&input(DELIVERY)).unwrap();
    let site: Value = serde_json::from_slice(&input("03-webhook-site/one.json")).unwrap();
    let postman: Value = serde_json::from_slice(&input("11-postman-collection/item.json")).unwrap();
    let log_line = json!({"level": "info", "time": 1_795_961_000_123_u64, "msg": "in", "headers": plain(), "body": body});
    for (what, value, origin) in [
        ("ngrok list", json!({"uri": "/api/requests/http", "requests": [ngrok]}), "ngrok's API"),
        (
            "webhook.site list",
            json!({"data": [site], "total": 1, "per_page": 50}),
            "webhook.site's API",
        ),
        ("API Gateway v2", v2.clone(), "AWS event"),
        ("ALB", alb, "AWS event"),
        ("Lambda@Edge", edge, "CloudFront event"),
        ("SQS", json!({"Records": [{"messageId": "1", "body": v2.to_string()}]}), "AWS event"),
        (
            "Postman",
            json!({"info": {"name": "c"}, "item": [{"name": "f", "item": [postman]}]}),
            "Postman collection",
        ),
        (
            "httpbin",
            json!({"args": {}, "data": body, "files": {}, "form": {}, "headers": plain(), "json": parsed(),
            "origin": "203.0.113.9", "url": "https://httpbin.org/post"}),
            "httpbin's answer",
        ),
        (
            "go-httpbin",
            json!({"args": {}, "method": "POST", "headers": lists(), "url": "http://h/anything",
            "data": format!("data:application/octet-stream;base64,{code}"), "json": null}),
            "httpbin's answer",
        ),
        (
            "Pipedream",
            json!({"trigger": {"event": {"method": "POST", "path": "/", "client_ip": "203.0.113.9",
            "url": "https://e.m.pipedream.net/", "headers": plain(), "bodyRaw": body, "body": parsed()}}}),
            "Pipedream event",
        ),
        (
            "Charles",
            json!([{"status": "COMPLETE", "method": "POST", "path": "/hook", "host": "h",
            "request": {"sizes": {"body": 243}, "header": {"firstLine": "POST /hook HTTP/1.1", "headers": pairs},
            "body": {"text": body, "charset": "UTF-8"}}, "response": {"header": {"headers": []}}}]),
            "Charles session",
        ),
        (
            "Insomnia",
            json!({"_type": "export", "__export_format": 4, "resources": [{"_type": "workspace"},
            {"_type": "request", "method": "POST", "url": "http://h/hook", "headers": pairs,
            "body": {"mimeType": "application/json", "text": body}}]}),
            "Insomnia export",
        ),
        (
            "Hoppscotch",
            json!({"v": 2, "requests": [{"endpoint": "http://h/hook", "method": "POST",
            "headers": list(|name, value| json!({"key": name, "value": value, "active": true})),
            "body": {"contentType": "application/json", "body": body}}]}),
            "Hoppscotch collection",
        ),
        (
            "Thunder Client",
            json!({"requests": [{"url": "h/hook", "method": "POST", "headers": pairs,
            "body": {"type": "json", "raw": body}}]}),
            "Thunder Client collection",
        ),
        (
            "n8n",
            json!([{"headers": plain(), "params": {}, "query": {}, "body": {}, "webhookUrl": "https://n/w/1",
            "binary": {"data": {"mimeType": "application/json", "data": code}}}]),
            "n8n webhook",
        ),
        (
            "WireMock",
            json!({"requests": [{"id": "1", "request": {"url": "/hook", "absoluteUrl": "http://h/hook",
            "method": "POST", "headers": plain(), "bodyAsBase64": code, "body": body}}]}),
            "logged request",
        ),
        (
            "MockServer",
            json!([{"httpRequest": {"method": "POST", "path": "/hook",
            "headers": list(|name, value| json!({"name": name, "values": [value]})),
            "body": {"type": "JSON", "json": parsed(), "rawBytes": code}}}]),
            "MockServer log",
        ),
        (
            "mountebank",
            json!({"protocol": "http", "requests": [{"method": "POST", "path": "/hook",
            "headers": plain(), "body": body}]}),
            "logged request",
        ),
        (
            "Azure Functions",
            json!({"method": "POST", "url": "http://h/api/hook", "originalUrl": "http://h/api/hook",
            "headers": plain(), "query": {}, "params": {}, "body": parsed(), "rawBody": body}),
            "logged request",
        ),
        (
            "Express with raw",
            json!({"req": {"method": "POST", "url": "/hook", "headers": plain(),
            "body": {"type": "Buffer", "data": body.as_bytes()}}}),
            "logged request",
        ),
        (
            "rawHeaders",
            json!({"rawHeaders": list(|name, value| json!([name, value])).as_array().unwrap().iter()
            .flat_map(|pair| pair.as_array().unwrap().clone()).collect::<Vec<_>>(), "rawBody": body}),
            "logged request",
        ),
        (
            "headers as text",
            json!({"Request": {"Headers": lists().to_string(), "Body": body}}),
            "logged request",
        ),
        (
            "header lines",
            json!({"headers": list(|name, value| json!(format!("{name}: {value}"))), "raw_body": body}),
            "logged request",
        ),
        (
            "Sentry",
            json!({"event_id": "1", "request": {"url": "http://h/hook", "method": "POST", "data": body,
            "headers": list(|name, value| json!([name, value]))}}),
            "logged request",
        ),
        (
            "GCP log",
            json!([{"insertId": "1", "jsonPayload": {"headers": plain(), "rawBody": body}}]),
            "logged request",
        ),
        (
            "CloudWatch",
            json!({"events": [{"timestamp": 1, "message": "START RequestId: 1"},
            {"timestamp": 1, "message": format!("2026-11-29T14:03:20.456Z\t0f\tINFO\t{v2}\n")}]}),
            "AWS event",
        ),
        (
            "raw HTTP in a log",
            json!({"message": str::from_utf8(&delivery().to_http("h")).unwrap()}),
            "printed headers and body",
        ),
        (
            "body above its headers",
            json!({"request": {"method": "POST", "headers": plain()}, "payload": body}),
            "logged request",
        ),
        ("a log line", log_line, "logged request"),
    ] {
        assert_eq!(read_as(&value.to_string()).as_deref(), Ok(origin), "{what}");
        assert_eq!(read_as(&format!("{value:#}")).as_deref(), Ok(origin), "{what}, indented");
    }
}

#[test]
fn variables_of_cgi_are_headers() {
    let names = |name: &str| format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
    let mut variables: Value = serde_json::Map::new().into();
    for (name, value) in delivery().headers {
        variables[names(&name)] = json!(String::from_utf8(value).unwrap());
    }
    variables["REQUEST_METHOD"] = json!("POST");
    variables["PATH_INFO"] = json!("/hook");
    let inside = json!({"META": variables, "body": body()});
    variables["rack.input"] = json!(body());
    for value in [&variables, &inside] {
        assert!(read_as(&value.to_string()).is_ok(), "{value}");
    }
    assert_eq!(Capture::read(variables.to_string().as_bytes()).unwrap().request.path, "/hook");
}

#[test]
fn the_first_that_is_signed_is_taken_and_the_others_are_told() {
    let signed = json!({"method": "POST", "headers": plain(), "body": body()});
    let other = json!({"method": "GET", "headers": {"host": "h"}, "body": ""});
    let notes = |value: &Value| verified(value.to_string(), &secret(DELIVERY)).unwrap();
    assert_eq!(
        notes(&json!([other, signed, signed])),
        [Note::MoreRequests { entry: 2, found: 3, signed: 2 }]
    );
    assert_eq!(notes(&json!([signed])), []);
    // One whose body was recorded goes before one without.
    let parsed = json!({"headers": plain(), "body": parsed()});
    assert_eq!(
        notes(&json!([parsed, signed])),
        [Note::MoreRequests { entry: 2, found: 2, signed: 2 }]
    );
    let both = json!([other, signed]).to_string();
    let entry = |number| Capture::read_entry(both.as_bytes(), number);
    assert_eq!(entry(1).unwrap().request.method, "GET");
    assert!(verifies(&entry(2).unwrap(), &secret(DELIVERY)));
    assert_eq!(
        entry(3).unwrap_err().to_string(),
        "there is no request 3: there are 2, counted from 1"
    );
    // A line for each.
    let lines = format!("{other}\n{signed}\n{other}\n");
    assert_eq!(
        verified(lines, &secret(DELIVERY)).unwrap(),
        [Note::MoreRequests { entry: 2, found: 3, signed: 1 }]
    );
}
