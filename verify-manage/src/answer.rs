//! What services answer, read with tolerance. No text of a parser gets out of here.

use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Map, Value};

use crate::{Error, Refusal, confidential::redacted, wire::Answer};

/// More of a message is cut off.
const MOST: usize = 500;

/// Reads the object that an answer is. An empty body counts as an empty object.
pub(crate) fn object(
    answer: &Answer,
    host: &str,
    hidden: &[&str],
) -> Result<Map<String, Value>, Error> {
    let body = answer.body.trim_ascii();
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::Unreadable { host: host.to_owned(), missing: "an object" }),
        Err(_) => Err(not_the_service(answer, host, hidden)),
    }
}

/// The error for an answer of somebody else.
pub(crate) fn not_the_service(answer: &Answer, host: &str, hidden: &[&str]) -> Error {
    let says = match answer.header(LOCATION) {
        Some(location) if (300..400).contains(&answer.status) => {
            let place = location.split(['?', '#']).next().unwrap_or_default();
            format!("a redirect to `{}`", crate::without_password(place))
        }
        _ if is_html(answer) => match element(&lossy(answer), "title") {
            Some(title) => format!("a page called `{title}`"),
            None => "a page of HTML".to_owned(),
        },
        _ => "which is no JSON".to_owned(),
    };
    Error::NotTheService {
        host: host.to_owned(),
        status: answer.status,
        says: short(&redacted(&says, hidden.iter().copied())),
    }
}

/// Reads what a service said no with: its own JSON, that of older interfaces, a page, or a text.
pub(crate) fn refusal(answer: &Answer, hidden: &[&str]) -> Refusal {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let is_page = body.is_none() && is_html(answer);
    let (code, message) = match body {
        Some(Value::Object(body)) => {
            let message = ["message", "error_description", "detail", "error"]
                .iter()
                .find_map(|name| text_of(&body, name));
            (text_of(&body, "error_code"), message.unwrap_or_default())
        }
        Some(_) => (None, String::new()),
        None if is_page => {
            let page = lossy(answer);
            let said = ["pre", "title", "h1"].iter().find_map(|name| element(&page, name));
            // The text of `basic-auth` is served as a page.
            (None, said.unwrap_or_else(|| if page.contains('<') { String::new() } else { page }))
        }
        None => (None, lossy(answer)),
    };
    let clean = |text: &str| short(&redacted(text, hidden.iter().copied()));
    Refusal {
        status: answer.status,
        code: code.map(|code| clean(&code)),
        message: clean(&message),
        is_page,
    }
}

/// A field as text: a text, or a number.
pub(crate) fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, also one that is a text or was written with a point.
pub(crate) fn number_of(object: &Map<String, Value>, name: &str) -> Option<u64> {
    match object.get(name)? {
        Value::Number(number) => number.as_u64().or_else(|| {
            let float = number.as_f64().filter(|float| (0.0..9e15).contains(float))?;
            format!("{float:.0}").parse().ok()
        }),
        Value::String(text) => text.split('.').next()?.parse().ok(),
        _ => None,
    }
}

fn is_html(answer: &Answer) -> bool {
    answer.header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"))
        || answer.body.trim_ascii_start().starts_with(b"<")
}

fn lossy(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body.get(..64 * 1024).unwrap_or(&answer.body)).into_owned()
}

/// The text of the first element of a page that has this name.
fn element(page: &str, name: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find(&format!("<{name}"))?;
    let start = start.checked_add(lower.get(start..)?.find('>')?)?.checked_add(1)?;
    let end = start.checked_add(lower.get(start..)?.find("</")?)?;
    let text = page.get(start..end)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// One line, cut off where it is long.
pub(crate) fn short(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ..", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
    use serde_json::json;

    use super::{number_of, object, refusal, short, text_of};
    use crate::wire::Answer;

    fn answer(status: u16, kind: &'static str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        Answer { status, headers, body: body.to_owned().into() }
    }

    #[test]
    fn refusals_of_all_kinds_are_read() {
        fn read(status: u16, kind: &'static str, body: &str) -> (Option<String>, String, bool) {
            let refusal = refusal(&answer(status, kind, body), &["hunter2"]);
            (refusal.code, refusal.message, refusal.is_page)
        }
        let some = |code: &str, message: &str| (Some(code.to_owned()), message.to_owned(), false);
        let json = "application/json";
        let of = |value: serde_json::Value| value.to_string();
        assert_eq!(
            read(400, json, &of(json!({"error_code": "INVALID_STATE", "message": "no"}))),
            some("INVALID_STATE", "no")
        );
        assert_eq!(
            read(403, json, &of(json!({"error_code": 403, "message": "bad hunter2"}))),
            some("403", "bad [redacted]")
        );
        let none = |message: &str, is_page| (None, message.to_owned(), is_page);
        assert_eq!(read(400, json, &of(json!({"error": "old"}))), none("old", false));
        assert_eq!(read(400, json, &of(json!({"detail": "scim"}))), none("scim", false));
        assert_eq!(read(400, json, "[]"), none("", false));
        assert_eq!(read(500, json, ""), none("", false));
        let page = "<!doctype html><title>500 Internal Server Error</title><h1>x</h1>";
        assert_eq!(read(500, "text/html", page), none("500 Internal Server Error", true));
        assert_eq!(read(400, "text/html", "<pre class=a>said\nso</pre>"), none("said so", true));
        assert_eq!(read(403, "text/html", "Permission denied"), none("Permission denied", true));
        assert_eq!(read(502, "text/plain", "bad gateway"), none("bad gateway", false));
        assert_eq!(read(500, "text/html", "<p>"), none("", true));
    }

    #[test]
    fn no_text_of_the_parser_gets_out() {
        for body in ["{", "{\"a\": }", "[1]", "nul", "\u{fffd}"] {
            let error = object(&answer(200, "text/plain", body), "https://x", &[]).unwrap_err();
            let text = error.to_string();
            assert!(!text.contains("line 1") && !text.contains("expected"), "{text}");
        }
        assert!(object(&answer(200, "text/plain", " \n"), "https://x", &[]).unwrap().is_empty());
    }

    #[test]
    fn numbers_and_texts_may_be_one_another() {
        let object =
            json!({"a": 12, "b": "12", "c": 12.0, "d": "12.0", "e": null, "f": -1, "g": [1]});
        let object = object.as_object().unwrap();
        for name in ["a", "b", "c", "d"] {
            assert_eq!(number_of(object, name), Some(12), "{name}");
        }
        for name in ["e", "f", "g", "h"] {
            assert_eq!(number_of(object, name), None, "{name}");
        }
        assert_eq!(text_of(object, "a").as_deref(), Some("12"));
        assert_eq!(text_of(object, "e"), None);
        assert_eq!(short(&"a ".repeat(600)).len(), 503);
    }
}
