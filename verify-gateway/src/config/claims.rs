use core::fmt;

use bridge_common::{Lines, Mistake, Source};
use toml::Spanned;

use super::file::Once;

/// The address of the store of claims. It may hold a password.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct ClaimsAddress(String);

impl ClaimsAddress {
    /// Of this process alone.
    pub(crate) const fn memory() -> Self {
        Self(String::new())
    }

    pub(super) fn read(once: &Spanned<Once>, lines: &Lines) -> Result<Self, Mistake> {
        let Once { address, address_env, address_file } = once.as_ref();
        let source = Source { env: address_env, file: address_file };
        let (address, place) = match (address, source.read(lines)?) {
            (Some(_), Some(read)) => {
                return Err(
                    lines.at(read.place, "keep one of `address`, `address_env` and `address_file`")
                );
            }
            (None, None) => {
                return Err(
                    lines.at(once, "set one of `address`, `address_env` and `address_file`")
                );
            }
            (None, Some(read)) => (read.value.trim().to_owned(), read.place),
            (Some(address), None) => {
                let text = address.as_ref();
                // Settings are read by many, and the address of a server may hold a password.
                if text != "memory" && !text.starts_with("sqlite:") {
                    let text = "here it is `memory` or `sqlite:PATH`; the address of a server stands in a variable \
                                or a file that `address_env` or `address_file` names";
                    return Err(lines.at(address, text));
                }
                (text.clone(), address)
            }
        };
        if let Some(path) = address.strip_prefix("sqlite:") {
            let folder = std::path::Path::new(path).parent();
            let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) {
                return Err(lines.at(place, "the folder of this file is not there"));
            }
        }
        match address.as_str() {
            "memory" => Ok(Self::memory()),
            known => match verify_once::open(known) {
                Ok(_) => Ok(Self(address)),
                Err(error) => Err(lines.at(place, error.to_string())),
            },
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        if self.0.is_empty() { "memory" } else { &self.0 }
    }
}

impl fmt::Debug for ClaimsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsAddress").finish_non_exhaustive()
    }
}
