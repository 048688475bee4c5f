//! `--set FIELD=VALUE`: changes one field of a JSON body and leaves every other byte as it was, as
//! numbers and white space count once it is signed.

use core::{fmt, str::FromStr};
use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// What a field is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    field: String,
    value: String,
    /// Whether the value is JSON, and may change the field's type.
    is_json: bool,
}

impl FromStr for Assignment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (field, value) = text.split_once('=').ok_or("write FIELD=VALUE or FIELD:=JSON")?;
        let (field, is_json) = match field.strip_suffix(':') {
            Some(field) => (field, true),
            None => (field, false),
        };
        if is_json && serde_json::from_str::<&RawValue>(value).is_err() {
            return Err("what follows `:=` is not JSON; for a text write FIELD=VALUE");
        }
        Ok(Self { field: field.to_owned(), value: value.to_owned(), is_json })
    }
}

impl Assignment {
    /// Sets the field in a body, and says whether it was not there before.
    ///
    /// # Errors
    ///
    /// The body is not JSON, has no such place, or has a value of another type there.
    pub(crate) fn apply(&self, body: &[u8]) -> Result<(Vec<u8>, bool), SetError> {
        let not_json = |_| SetError { field: self.field.clone(), problem: Problem::NotJson };
        let text = core::str::from_utf8(body).map_err(|_| self.error(Problem::NotJson))?;
        let mut value: &RawValue = serde_json::from_str(text).map_err(not_json)?;

        let mut names = self.field.split('.').peekable();
        while let Some(name) = names.next() {
            value = if let Ok(mut fields) = fields(value) {
                match fields.remove(name) {
                    Some(field) => field,
                    None if names.peek().is_none() => {
                        let member = format!("{}: {}", quoted(name), self.new_value(None)?);
                        let first = if fields.is_empty() { "" } else { ", " };
                        // In front of the closing brace.
                        let end = offset(text, value) + value.get().len() - 1;
                        let body = splice(text, end, end, &format!("{first}{member}"));
                        return Ok((body, true));
                    }
                    None => {
                        let known = fields.into_keys().collect();
                        return Err(self.error(Problem::Missing { name: name.to_owned(), known }));
                    }
                }
            } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
                let item = name.parse::<usize>().ok().and_then(|place| items.get(place).copied());
                let outside = Problem::Outside { name: name.to_owned(), count: items.len() };
                item.ok_or_else(|| self.error(outside))?
            } else {
                return Err(self.error(Problem::Inside { name: name.to_owned() }));
            };
        }
        let start = offset(text, value);
        let new_value = self.new_value(Some(value))?;
        Ok((splice(text, start, start + value.get().len(), &new_value), false))
    }

    /// What to know of a field that was not there before.
    pub(crate) fn note(&self) -> String {
        let Self { field, is_json, .. } = self;
        let kind = if *is_json {
            String::new()
        } else {
            format!(", as a text; `{field}:=JSON` adds any type")
        };
        format!("note: the body had no `{field}`: it was added{kind}")
    }

    /// The value as JSON, of the type that the field has.
    fn new_value(&self, old: Option<&RawValue>) -> Result<String, SetError> {
        if self.is_json {
            return Ok(self.value.clone());
        }
        let as_text = quoted(&self.value);
        let is = |wanted: fn(&serde_json::Value) -> bool| {
            serde_json::from_str(&self.value).is_ok_and(|value| wanted(&value))
        };
        let (fits, kind) = match old.and_then(|old| old.get().bytes().next()) {
            None | Some(b'"' | b'n') => return Ok(as_text),
            Some(b't' | b'f') => (is(serde_json::Value::is_boolean), "true or false"),
            Some(b'{') => (false, "an object"),
            Some(b'[') => (false, "a list"),
            Some(_) => (is(serde_json::Value::is_number), "a number"),
        };
        if fits { Ok(self.value.clone()) } else { Err(self.error(Problem::Kind(kind))) }
    }

    fn error(&self, problem: Problem) -> SetError {
        SetError { field: self.field.clone(), problem }
    }
}

fn fields(value: &RawValue) -> serde_json::Result<BTreeMap<String, &RawValue>> {
    serde_json::from_str(value.get())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Where a value stands in the text that it is borrowed from.
fn offset(text: &str, value: &RawValue) -> usize {
    value.get().as_ptr().addr() - text.as_ptr().addr()
}

fn splice(text: &str, from: usize, to: usize, new: &str) -> Vec<u8> {
    [&text.as_bytes()[..from], new.as_bytes(), &text.as_bytes()[to..]].concat()
}

/// Why a field cannot be set.
#[derive(Debug)]
pub(crate) struct SetError {
    field: String,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Inside { name: String },
    Kind(&'static str),
    Missing { name: String, known: Vec<String> },
    NotJson,
    Outside { name: String, count: usize },
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, problem } = self;
        write!(f, "cannot set `{field}`: ")?;
        match problem {
            Problem::Inside { name } => write!(f, "there is nothing to look for `{name}` in"),
            Problem::Kind(kind) => {
                write!(f, "it holds {kind}; `{field}:=JSON` changes its type as well")
            }
            Problem::Missing { name, known } => {
                write!(f, "there is no `{name}`; there is `{}`", known.join("`, `"))
            }
            Problem::NotJson => f.write_str("the body is not JSON"),
            Problem::Outside { name, count } => {
                write!(f, "the list has {count} items, counted from 0, and no item `{name}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Assignment;

    const BODY: &str = r#" {"a": "x",  "n":1e-06, "f": 1.50, "no": null, "is": false,
        "data": {"tags": [{"key": "k"}, 2], "empty": {}}, "a\u002eb": 1}
"#;

    fn set(assignment: &str) -> Result<String, String> {
        let assignment: Assignment = assignment.parse()?;
        let (body, _) = assignment.apply(BODY.as_bytes()).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body).unwrap())
    }

    #[test]
    fn only_the_value_changes() {
        for (assignment, old, new) in [
            ("a=y", r#""x""#, r#""y""#),
            ("a=", r#""x""#, r#""""#),
            ("a=b=c", r#""x""#, r#""b=c""#),
            ("a=1", r#""x""#, r#""1""#),
            ("a=say \"hi\"\n", r#""x""#, r#""say \"hi\"\n""#),
            ("a:=[1,  2]", r#""x""#, "[1,  2]"),
            ("n=2.50", "1e-06", "2.50"),
            ("no=text", "null", r#""text""#),
            ("no:=7", "null", "7"),
            ("is=true", "false", "true"),
            ("data.tags.0.key=z", r#""k""#, r#""z""#),
            ("data.tags.1=3", " 2]", " 3]"),
            ("data.tags:=null", r#"[{"key": "k"}, 2]"#, "null"),
            ("data.empty.new=v", "{}", r#"{"new": "v"}"#),
            ("data.new=v", "{}}", r#"{}, "new": "v"}"#),
            ("new:=0", ": 1}", r#": 1, "new": 0}"#),
        ] {
            assert_eq!(set(assignment).unwrap(), BODY.replacen(old, new, 1), "{assignment}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (assignment, expected) in [
            ("a", "write FIELD=VALUE or FIELD:=JSON"),
            ("a:=x", "what follows `:=` is not JSON; for a text write FIELD=VALUE"),
            ("n=x", "cannot set `n`: it holds a number; `n:=JSON` changes its type as well"),
            (
                "is=1",
                "cannot set `is`: it holds true or false; `is:=JSON` changes its type as well",
            ),
            (
                "data=1",
                "cannot set `data`: it holds an object; `data:=JSON` changes its type as well",
            ),
            ("data.x.y=1", "cannot set `data.x.y`: there is no `x`; there is `empty`, `tags`"),
            ("a.b=1", "cannot set `a.b`: there is nothing to look for `b` in"),
            (
                "data.tags.2=1",
                "cannot set `data.tags.2`: the list has 2 items, counted from 0, and no item `2`",
            ),
        ] {
            assert_eq!(set(assignment).unwrap_err(), expected);
        }
        let assignment: Assignment = "a=1".parse().unwrap();
        for body in [&b"{"[..], b"", b"\xff"] {
            let error = assignment.apply(body).unwrap_err().to_string();
            assert_eq!(error, "cannot set `a`: the body is not JSON");
        }
    }
}
