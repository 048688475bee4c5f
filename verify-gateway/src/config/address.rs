use bridge_common::{Lines, Mistake, Source};
use toml::Spanned;

/// The settings that name the address of a server: one of them is set.
#[derive(Clone, Copy)]
pub(super) struct Address<'f> {
    pub(super) here: &'f Option<Spanned<String>>,
    pub(super) source: Source<'f>,
}

/// An address that was read. It may hold a password, unless it stands in the settings.
pub(super) struct Named<'f> {
    pub(super) text: String,
    pub(super) place: &'f Spanned<String>,
}

impl<'f> Address<'f> {
    /// Reads it. `may_stand_here` says why one may not stand in the settings, which are read by many.
    pub(super) fn read<T>(
        self,
        table: &Spanned<T>,
        lines: &Lines,
        may_stand_here: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Result<Named<'f>, Mistake> {
        match (self.here, self.source.read(lines)?) {
            (Some(_), Some(read)) => {
                Err(lines.at(read.place, "keep one of `address`, `address_env` and `address_file`"))
            }
            (None, None) => {
                Err(lines.at(table, "set one of `address`, `address_env` and `address_file`"))
            }
            (None, Some(read)) => {
                Ok(Named { text: read.value.trim().to_owned(), place: read.place })
            }
            (Some(address), None) => match may_stand_here(address.as_ref()) {
                Ok(()) => Ok(Named { text: address.as_ref().clone(), place: address }),
                Err(text) => Err(lines.at(address, text)),
            },
        }
    }
}
