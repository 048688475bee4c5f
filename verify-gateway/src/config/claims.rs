use core::fmt;

use bridge_common::{Lines, Mistake, Source};
use toml::Spanned;
use verify_connect::SplitAddress;

use super::{
    address::{Address, Named},
    file::Once,
};

/// The address of the store of claims. It may hold a password.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct ClaimsAddress {
    /// Empty: the memory of this process.
    text: String,
    /// The certificates of the authorities that it names, to notice others.
    authorities: Option<Vec<u8>>,
}

impl ClaimsAddress {
    /// Of this process alone.
    pub(crate) const fn memory() -> Self {
        Self { text: String::new(), authorities: None }
    }

    pub(super) fn read(once: &Spanned<Once>, lines: &Lines) -> Result<Self, Mistake> {
        let Once { address, address_env, address_file } = once.as_ref();
        let source = Source { env: address_env, file: address_file };
        let may_stand_here = |text: &str| match text == "memory" || text.starts_with("sqlite:") {
            true => Ok(()),
            false => Err(
                "here it is `memory` or `sqlite:PATH`; the address of a server stands in a variable or a file that \
                 `address_env` or `address_file` names",
            ),
        };
        let named = Address { here: address, source }.read(once, lines, may_stand_here)?;
        let Named { text: address, place } = named;
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
                Ok(_) => {
                    let authorities = SplitAddress::authorities_now(known);
                    Ok(Self { text: address, authorities })
                }
                Err(error) => Err(lines.at(place, error.to_string())),
            },
        }
    }

    /// Whether others may use it too.
    pub(crate) fn is_server(&self) -> bool {
        !self.text.is_empty() && !self.text.starts_with("sqlite:")
    }

    pub(crate) fn as_str(&self) -> &str {
        if self.text.is_empty() { "memory" } else { &self.text }
    }
}

impl fmt::Debug for ClaimsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsAddress").finish_non_exhaustive()
    }
}
