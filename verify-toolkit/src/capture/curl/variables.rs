//! The values that a script gives to names in front of a command.

use core::cell::Cell;
use std::collections::HashMap;

use super::CurlProblem;

/// Values by name. `None` is a value that a shell would have to find out.
pub(super) struct Variables {
    values: HashMap<Vec<u8>, Option<Vec<u8>>>,
    /// How many bytes may still be put in place of names.
    left: Cell<usize>,
    /// Whether each name stands for nothing: to find out where a command ends.
    is_blank: bool,
}

/// Most names of a text.
const MOST: usize = 1000;

/// Most bytes that are put in place of names: a few lines can make very many.
const MOST_BYTES: usize = 32 * 1024 * 1024;

impl Variables {
    pub(super) fn new() -> Self {
        Self { values: HashMap::new(), left: Cell::new(MOST_BYTES), is_blank: false }
    }

    /// Each name stands for nothing.
    pub(super) fn blank() -> Self {
        Self { is_blank: true, ..Self::new() }
    }

    /// What stands for a name.
    pub(super) fn value(&self, name: &[u8]) -> Result<&[u8], CurlProblem> {
        if self.is_blank {
            return Ok(b"");
        }
        let value = self.values.get(name).and_then(Option::as_deref);
        let value = value.and_then(|value| {
            self.left.set(self.left.get().checked_sub(value.len())?);
            Some(value)
        });
        let name = || String::from_utf8_lossy(name).into_owned();
        value.ok_or_else(|| CurlProblem::VariableOpen { name: name() })
    }

    /// Remembers a value.
    pub(super) fn set(&mut self, name: &[u8], value: Option<Vec<u8>>) {
        self.values.insert(name.to_vec(), value);
    }

    pub(super) fn is_full(&self) -> bool {
        self.values.len() >= MOST
    }
}

/// How long a name is that a text begins with.
pub(super) fn name_length(text: &[u8]) -> usize {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.iter().take_while(|byte| is_letter(byte)).count();
    if text.first().is_some_and(u8::is_ascii_digit) { 0 } else { length }
}
