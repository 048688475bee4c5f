use core::fmt;

use toml::{Table, Value};
use verify_core::{ConfigError, ExposedSecret};

use crate::{Confidential, Invalid, databricks, mlflow};

/// The webhooks that are wanted.
#[derive(Debug)]
#[non_exhaustive]
pub struct File {
    /// What they are marked with.
    pub set: String,
    /// Those of Databricks, if the file speaks of them at all.
    pub databricks: Option<Vec<Wanted<databricks::NewWebhook>>>,
    /// Those of MLflow, if the file speaks of them at all.
    pub mlflow: Option<Vec<Wanted<mlflow::NewWebhook>>>,
}

/// A webhook that is wanted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Wanted<W> {
    /// What the file calls it.
    pub name: String,
    /// What the webhook should be. Its description ends in the mark.
    pub webhook: W,
}

/// What is wrong with a file. Holds no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FileError {
    /// A field of a webhook is wrong.
    Field {
        /// The webhook, as in `mlflow webhook 2`.
        place: String,
        /// The field.
        field: String,
        /// What it should be.
        problem: &'static str,
    },
    /// A secret is not where the file says.
    Secret {
        /// The webhook.
        place: String,
        /// What is wrong.
        error: ConfigError,
    },
    /// It is not TOML.
    Syntax {
        /// The line, counted from 1.
        line: usize,
    },
    /// Two webhooks of a sender have the same name.
    Twice {
        /// The webhook.
        place: String,
        /// The name.
        name: String,
    },
    /// Something that the sender would not take.
    Unfit {
        /// The webhook.
        place: String,
        /// What.
        invalid: Invalid,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { place, field, problem } => write!(f, "{place}: `{field}` {problem}"),
            Self::Secret { place, error } => write!(f, "{place}: {error}"),
            Self::Syntax { line } => write!(f, "line {line} is not TOML"),
            Self::Twice { place, name } => {
                write!(f, "{place}: another one is called `{name}` already")
            }
            Self::Unfit { place, invalid } => write!(f, "{place}: {invalid}"),
        }
    }
}

impl core::error::Error for FileError {}

impl File {
    /// Reads a file, and the secrets that it names.
    ///
    /// # Errors
    ///
    /// [`FileError`]. A field that is not known is one.
    pub fn read(text: &str) -> Result<Self, FileError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            FileError::Syntax { line: before.matches('\n').count().saturating_add(1) }
        })?;
        let mut fields = Fields { place: "the file".to_owned(), table };
        let set = fields.needed("set")?;
        if !is_name(&set) {
            return Err(fields.wrong("set", NAME));
        }
        let databricks = fields.webhooks("databricks", of_databricks, &set)?;
        let mlflow = fields.webhooks("mlflow", of_mlflow, &set)?;
        fields.end()?;
        Ok(Self { set, databricks, mlflow })
    }
}

const NAME: &str = "has to be 1 to 40 letters, digits, `-`, `_` or `.`";

/// A name stands in a mark, from which it is read again.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=40).contains(&name.len()) && name.bytes().all(is_plain)
}

/// What stands at the end of the description of what a file made.
pub(super) fn mark(set: &str, name: &str) -> String {
    format!("[verify:{set}/{name}]")
}

/// The name in the mark of a description, if it is of this set.
pub(super) fn marked<'d>(description: &'d str, set: &str) -> Option<&'d str> {
    let (_, mark) = description.strip_suffix(']')?.rsplit_once("[verify:")?;
    mark.strip_prefix(set)?.strip_prefix('/')
}

fn of_mlflow(fields: &mut Fields, mark: &str) -> Result<mlflow::NewWebhook, FileError> {
    // What the file calls it is its name there.
    let name = fields.needed("name")?;
    let events = fields.events(mlflow::Event::new)?;
    let mut webhook =
        mlflow::NewWebhook::new(name, fields.needed("url")?, events, fields.secret("secret")?);
    webhook.description = Some(fields.description(mark)?);
    if let Some(status) = fields.text("status")? {
        webhook.status = mlflow::Status::new(&status).map_err(|error| fields.unfit(error))?;
    }
    Ok(webhook)
}

fn of_databricks(fields: &mut Fields, mark: &str) -> Result<databricks::NewWebhook, FileError> {
    fields.needed("name")?;
    let events = fields.events(databricks::Event::new)?;
    let mut http = databricks::HttpTarget::new(fields.needed("url")?, fields.secret("secret")?);
    http.authorization = fields.confidential("authorization")?;
    if let Some(verifies_tls) = fields.yes_or_no("verify_tls")? {
        http.verifies_tls = verifies_tls;
    }
    let mut webhook = databricks::NewWebhook::new(events, databricks::Target::Http(http));
    webhook.description = Some(fields.description(mark)?);
    webhook.model = fields.text("model")?;
    if let Some(status) = fields.text("status")? {
        webhook.status = databricks::Status::new(&status).map_err(|error| fields.unfit(error))?;
    }
    Ok(webhook)
}

/// The fields of a table, each taken once. What is left is not known.
struct Fields {
    place: String,
    table: Table,
}

impl Fields {
    fn wrong(&self, field: &str, problem: &'static str) -> FileError {
        FileError::Field { place: self.place.clone(), field: field.to_owned(), problem }
    }

    fn unfit(&self, invalid: Invalid) -> FileError {
        FileError::Unfit { place: self.place.clone(), invalid }
    }

    fn text(&mut self, field: &str) -> Result<Option<String>, FileError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(field, "has to be a text in quotes")),
        }
    }

    fn needed(&mut self, field: &str) -> Result<String, FileError> {
        self.text(field)?.ok_or_else(|| self.wrong(field, "is missing"))
    }

    fn yes_or_no(&mut self, field: &str) -> Result<Option<bool>, FileError> {
        match self.table.remove(field) {
            None => Ok(None),
            Some(Value::Boolean(yes)) => Ok(Some(yes)),
            Some(_) => Err(self.wrong(field, "has to be `true` or `false`")),
        }
    }

    fn events<E>(
        &mut self,
        read: impl Fn(&str) -> Result<E, Invalid>,
    ) -> Result<Vec<E>, FileError> {
        let Some(Value::Array(events)) = self.table.remove("events") else {
            return Err(self.wrong("events", "has to be a list of events"));
        };
        let read = |event: &Value| match event {
            Value::String(event) => read(event).map_err(|error| self.unfit(error)),
            _ => Err(self.wrong("events", "has to be a list of events")),
        };
        events.iter().map(read).collect()
    }

    /// The text, and the mark behind it.
    fn description(&mut self, mark: &str) -> Result<String, FileError> {
        let text = self.text("description")?.unwrap_or_default();
        Ok(format!("{} {mark}", text.trim()).trim().to_owned())
    }

    /// A secret of a variable or a file.
    fn secret(&mut self, field: &str) -> Result<Option<ExposedSecret>, FileError> {
        let variable = self.text(&format!("{field}_env"))?;
        let file = self.text(&format!("{field}_file"))?;
        let read = match (variable, file) {
            (None, None) => return Ok(None),
            (Some(variable), None) => ExposedSecret::from_env(&variable),
            (None, Some(file)) => ExposedSecret::from_file(file),
            (Some(_), Some(_)) => {
                return Err(self.wrong(field, "is in a variable or in a file, and not in both"));
            }
        };
        let place = self.place.clone();
        read.map(Some).map_err(|error| FileError::Secret { place, error })
    }

    fn confidential(&mut self, field: &str) -> Result<Option<Confidential>, FileError> {
        let Some(secret) = self.secret(field)? else { return Ok(None) };
        let text = core::str::from_utf8(secret.dangerous_expose());
        let text = text.map_err(|_| self.unfit(Invalid::AuthorizationUnfit))?;
        Ok(Some(Confidential::new(text)))
    }

    /// `None`: the file does not speak of them.
    fn webhooks<W>(
        &mut self,
        sender: &str,
        read: impl Fn(&mut Self, &str) -> Result<W, FileError>,
        set: &str,
    ) -> Result<Option<Vec<Wanted<W>>>, FileError> {
        let tables = match self.table.remove(sender) {
            None => return Ok(None),
            Some(Value::Array(tables)) => tables,
            Some(_) => return Err(self.wrong(sender, "has to be written `[[..]]`")),
        };
        let mut all: Vec<Wanted<W>> = Vec::new();
        for (table, number) in tables.into_iter().zip(1_usize..) {
            let Value::Table(table) = table else {
                return Err(self.wrong(sender, "has to be written `[[..]]`"));
            };
            let mut fields = Self { place: format!("{sender} webhook {number}"), table };
            let name = match fields.table.get("name") {
                Some(Value::String(name)) if is_name(name) => name.clone(),
                Some(_) => return Err(fields.wrong("name", NAME)),
                None => return Err(fields.wrong("name", "is missing")),
            };
            if all.iter().any(|wanted| wanted.name == name) {
                return Err(FileError::Twice { place: fields.place, name });
            }
            let webhook = read(&mut fields, &mark(set, &name))?;
            fields.end()?;
            all.push(Wanted { name, webhook });
        }
        Ok(Some(all))
    }

    fn end(self) -> Result<(), FileError> {
        match self.table.keys().next() {
            Some(field) => Err(self.wrong(field, "is not known here")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{File, mark, marked};

    fn error(text: &str) -> String {
        File::read(text).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let mlflow = "set = \"a\"\n[[mlflow]]\nname = \"n\"\nurl = \"https://a.example\"\n";
        let with = |more: &str| error(&format!("{mlflow}{more}"));
        assert_eq!(error("set = \"a\"\n[["), "line 2 is not TOML");
        assert_eq!(error(""), "the file: `set` is missing");
        assert!(error("set = \"a b\"").starts_with("the file: `set` has to be 1 to 40 letters"));
        assert_eq!(error("set = \"a\"\nx = 1"), "the file: `x` is not known here");
        assert_eq!(error("set = \"a\"\n[mlflow]"), "the file: `mlflow` has to be written `[[..]]`");
        assert_eq!(error("set = \"a\"\n[[mlflow]]"), "mlflow webhook 1: `name` is missing");
        assert_eq!(with(""), "mlflow webhook 1: `events` has to be a list of events");
        assert_eq!(
            with("events = [\"prompt.moved\"]"),
            "mlflow webhook 1: this sender has no event `prompt.moved`: see `verify senders`"
        );
        let good = "events = [\"prompt.created\"]\n";
        assert_eq!(
            with(&format!("{good}status = \"test_mode\"")),
            "mlflow webhook 1: this sender has no status `test_mode`"
        );
        assert_eq!(
            with(&format!("{good}model = \"m\"")),
            "mlflow webhook 1: `model` is not known here"
        );
        assert_eq!(
            with(&format!("{good}secret_env = \"VERIFY_NOT_SET\"")),
            "mlflow webhook 1: environment variable is not set: `VERIFY_NOT_SET`"
        );
        assert_eq!(
            with(&format!("{good}{}", mlflow.trim_start_matches("set = \"a\"\n"))),
            "mlflow webhook 2: another one is called `n` already"
        );
    }

    #[test]
    fn a_mark_is_read_again() {
        let text = format!("moves [things] {}", mark("team-a", "deploy"));
        assert_eq!(marked(&text, "team-a"), Some("deploy"));
        assert_eq!(marked(&text, "team"), None);
        assert_eq!(marked("moves [things]", "team-a"), None);
        assert_eq!(marked(&format!("{text} later"), "team-a"), None);
        let file = File::read(
            "set = \"a\"\n[[mlflow]]\nname = \"n\"\nurl = \"https://a.example\"\n\
             events = [\"prompt.created\"]\ndescription = \"d\"",
        )
        .unwrap();
        assert_eq!(file.mlflow.unwrap()[0].webhook.description.as_deref(), Some("d [verify:a/n]"));
        assert!(file.databricks.is_none());
    }
}
