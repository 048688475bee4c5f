//! What is sent, put together field by field, with what of it is confidential.

use serde_json::{Map, Value};
use verify_core::ExposedSecret;

use crate::{Confidential, Invalid, check};

#[derive(Debug, Default)]
pub(crate) struct Body {
    fields: Map<String, Value>,
    hidden: Vec<Confidential>,
}

impl Body {
    /// Sets a field, if there is something to be said.
    pub(crate) fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    /// Sets a field that nobody else may see.
    pub(crate) fn confide(&mut self, name: &str, value: Option<Confidential>) {
        self.set(name, value.as_ref().map(Confidential::dangerous_expose));
        self.hidden.extend(value);
    }

    /// Sets the secret, byte for byte.
    pub(crate) fn secret(&mut self, secret: Option<&ExposedSecret>) -> Result<(), Invalid> {
        self.confide("secret", secret.map(check::secret).transpose()?);
        Ok(())
    }

    /// Puts another one into a field of this one.
    pub(crate) fn nest(&mut self, name: &str, Self { fields, hidden }: Self) {
        self.set(name, Some(fields));
        self.hidden.extend(hidden);
    }

    /// Returns it, unless it says nothing.
    pub(crate) fn changes(self) -> Result<Self, Invalid> {
        if self.fields.is_empty() { Err(Invalid::NothingToChange) } else { Ok(self) }
    }

    pub(crate) fn into_parts(self) -> (Value, Vec<Confidential>) {
        (self.fields.into(), self.hidden)
    }
}
