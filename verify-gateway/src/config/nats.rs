//! The servers of NATS that are published to.

use core::fmt;
use std::{fs, path::PathBuf};

use bridge_common::{Lines, Mistake, Source};
use toml::Spanned;
use verify_outbox::{Nats, NatsBuilder, NatsError};

use super::{
    address::{Address, Named},
    file,
};

/// How they are connected to. The address may hold a password.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Servers {
    address: String,
    credentials: Option<PathBuf>,
    authorities: Option<PathBuf>,
    /// What those files held, to notice a change.
    held: [Option<Vec<u8>>; 2],
    is_synced: bool,
    is_open: bool,
}

impl Servers {
    pub(super) fn read(nats: &Spanned<file::Nats>, lines: &Lines) -> Result<Self, Mistake> {
        let table = nats.as_ref();
        let source = Source { env: &table.address_env, file: &table.address_file };
        let may_stand_here = |text: &str| match text.contains('@') {
            true => Err(
                "a user, a password or a token does not belong into the settings: put the address into a variable or a \
                 file, and name that by `address_env` or `address_file`",
            ),
            false => Ok(()),
        };
        let named = Address { here: &table.address, source }.read(nats, lines, may_stand_here)?;
        let Named { text: address, place } = named;
        let path = |file: &Option<Spanned<String>>| file.as_ref().map(|file| file.as_ref().into());
        let (credentials, authorities) = (path(&table.credentials_file), path(&table.ca_file));
        let held = [&credentials, &authorities]
            .map(|file: &Option<PathBuf>| fs::read(file.as_ref()?).ok());
        let servers = Self {
            address,
            credentials,
            authorities,
            held,
            is_synced: table.synced,
            is_open: table.without_tls,
        };
        // All but the names, which are those of routes.
        let checked = servers.builder("").and_then(|builder| builder.check("stream", "subject"));
        checked.map(|()| servers).map_err(|error| {
            let of_file = |file: &Option<Spanned<String>>| match (file, &error) {
                (Some(file), NatsError::File { path, what }) if *path == **file.as_ref() => {
                    Some(lines.at(file, *what))
                }
                _ => None,
            };
            let of_files = of_file(&table.credentials_file).or_else(|| of_file(&table.ca_file));
            of_files.unwrap_or_else(|| lines.at(place, error.to_string()))
        })
    }

    /// Begins to make what publishes. `source` is the URI of the events' source.
    pub(crate) fn builder(&self, source: &str) -> Result<NatsBuilder, NatsError> {
        let mut builder = Nats::builder(&self.address, source)?;
        if let Some(file) = &self.credentials {
            builder = builder.credentials_file(file)?;
        }
        if let Some(file) = &self.authorities {
            builder = builder.authorities(file);
        }
        if self.is_synced {
            builder = builder.synced();
        }
        Ok(if self.is_open { builder.without_tls() } else { builder })
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers").finish_non_exhaustive()
    }
}
