//! The parameters of a call, from the query and the body. What documentation shows for `curl` sends JSON
//! under the content type of a form, and with GET, so the header is not asked.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::error::{ApiError, Code};

/// Named values. One that is null is not there.
#[derive(Debug, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// Reads query and body. What is in the query wins.
    ///
    /// # Errors
    ///
    /// The body is not one JSON object, or the query is not encoded as a form.
    pub(super) fn read(query: &str, body: &[u8]) -> Result<Self, ApiError> {
        let mut params = match body.trim_ascii() {
            b"" => Map::new(),
            body => match serde_json::from_slice(body) {
                Ok(Value::Object(object)) => object,
                Ok(_) => return Err(Code::MalformedRequest.error("the body is not a JSON object")),
                Err(_) => return Err(Code::MalformedRequest.error("the body is not JSON")),
            },
        };
        let mut named: Map<String, Value> = Map::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, Value::from(decode(value)?));
            match named.get_mut(&name) {
                None => drop(named.insert(name, value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        params.append(&mut named);
        params.retain(|_, value| !value.is_null());
        Ok(Self(params))
    }

    /// Returns a text, if there is one.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        self.of(name, "one text", Value::as_str)
    }

    /// Returns a text that has to be there, and not be empty.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| ApiError::parameter(format!("missing value for parameter `{name}`")))
    }

    /// Returns a text that is to be kept, if there is one.
    pub(super) fn owned(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.text(name)?.map(str::to_owned))
    }

    /// Returns a list of texts, which a query has as one name several times.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, ApiError> {
        self.of(name, "a list of texts", |value| match value {
            Value::String(text) => Some(vec![text.as_str()]),
            Value::Array(items) => items.iter().map(Value::as_str).collect(),
            _ => None,
        })
    }

    /// Returns true or false.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.of(name, "true or false", |value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_bool(),
        })
    }

    /// Returns a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.of(name, "a whole number", |value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        })
    }

    /// Returns an object, as the parameters in it.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        self.of(name, "an object", |value| {
            let mut object = value.as_object()?.clone();
            object.retain(|_, value| !value.is_null());
            Some(Self(object))
        })
    }

    /// Returns a list of objects.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, ApiError> {
        let objects = self.of(name, "a list of objects", |value| {
            let objects = value.as_array()?.iter().map(|item| item.as_object().cloned().map(Self));
            objects.collect::<Option<Vec<_>>>()
        })?;
        Ok(objects.unwrap_or_default())
    }

    fn of<'p, T>(
        &'p self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&'p Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let read = read(value);
        read.map(Some).ok_or_else(|| ApiError::parameter(format!("`{name}` is not {kind}")))
    }
}

/// Undoes the encoding of a form.
fn decode(text: &str) -> Result<String, ApiError> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded = decoded.map_err(|_| Code::MalformedRequest.error("the query is not UTF-8"));
    Ok(decoded?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn query_and_body_are_one() {
        let query = "model_name=m+x&events=A&events=B&page_token=tok%2F1%2B%3D&max_results=2&e=";
        let params = Params::read(query, br#" {"model_name": "other", "id": "7", "gone": null} "#);
        let params = params.unwrap();
        assert_eq!(params.text("model_name").unwrap(), Some("m x"));
        assert_eq!(params.texts("events").unwrap().unwrap(), ["A", "B"]);
        assert_eq!(params.text("page_token").unwrap(), Some("tok/1+="));
        assert_eq!(params.number("max_results").unwrap(), Some(2));
        assert_eq!(params.required("id").unwrap(), "7");
        assert_eq!(params.text("gone").unwrap(), None);
        assert!(params.required("gone").is_err() && params.required("e").is_err());
        // Several, where one is wanted.
        assert!(params.text("events").is_err());
    }

    #[test]
    fn what_is_wrong_is_said_without_quoting_it() {
        for (query, body, expected) in [
            ("", &b"{"[..], "the body is not JSON"),
            ("", b"id=secret", "the body is not JSON"),
            ("", b"[]", "the body is not a JSON object"),
            ("", b"\"secret\"", "the body is not a JSON object"),
            ("a=%ff", b"", "the query is not UTF-8"),
        ] {
            assert_eq!(Params::read(query, body).unwrap_err().message, expected);
        }
        let wrong = br#"{"text": 1, "texts": [1], "flag": "secret", "number": 0.5, "object": []}"#;
        let wrong = Params::read("", wrong).unwrap();
        let messages = [
            wrong.text("text").unwrap_err(),
            wrong.texts("texts").unwrap_err(),
            wrong.flag("flag").unwrap_err(),
            wrong.number("number").unwrap_err(),
            wrong.object("object").unwrap_err(),
            wrong.objects("flag").unwrap_err(),
        ];
        assert_eq!(
            messages.map(|error| error.message),
            [
                "`text` is not one text",
                "`texts` is not a list of texts",
                "`flag` is not true or false",
                "`number` is not a whole number",
                "`object` is not an object",
                "`flag` is not a list of objects",
            ]
        );
    }
}
