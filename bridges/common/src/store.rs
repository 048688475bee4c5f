use core::time::Duration;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use verify_core::Sender;
use verify_outbox::{Outbox, Workers};

use crate::{Event, Lines, Mistake, hidden::printable};

/// The table `[store]`: where deliveries are kept. `GIVE_UP_AFTER_DAYS` is for a file that does not say.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Store<const GIVE_UP_AFTER_DAYS: u64> {
    path: Spanned<PathBuf>,
    #[serde(default = "default::<1024>")]
    max_mib: Spanned<u64>,
    #[serde(default = "default::<7>")]
    retention_days: Spanned<u64>,
    #[serde(default = "default::<10>")]
    wandb_retention_minutes: Spanned<u64>,
    #[serde(default = "default::<GIVE_UP_AFTER_DAYS>")]
    give_up_after_days: Spanned<u64>,
}

fn default<const VALUE: u64>() -> Spanned<u64> {
    Spanned::new(0..0, VALUE)
}

impl<const GIVE_UP_AFTER_DAYS: u64> Store<GIVE_UP_AFTER_DAYS> {
    /// Checks what stands in it.
    ///
    /// # Errors
    ///
    /// A value is too small or too large.
    pub fn check(&self, lines: &Lines) -> Result<(), Mistake> {
        for (setting, value, most) in [
            ("retention_days", &self.retention_days, 365),
            ("wandb_retention_minutes", &self.wandb_retention_minutes, 10_000),
            ("give_up_after_days", &self.give_up_after_days, 365),
            ("max_mib", &self.max_mib, 1_000_000),
        ] {
            if !(1..=most).contains(value.as_ref()) {
                return Err(lines.at(value, format!("`{setting}` is 1 to {most}")));
            }
        }
        Ok(())
    }

    /// Checks that its folder is there.
    ///
    /// # Errors
    ///
    /// It is not: a volume that is not mounted, or another working directory than was meant.
    pub fn check_folder(&self, lines: &Lines) -> Result<(), Mistake> {
        let path = self.path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.is_none_or(Path::is_dir) {
            true => Ok(()),
            false => Err(lines.at(&self.path, "the folder of this file is not there")),
        }
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.path.as_ref()
    }

    /// Returns how old a posting may become before it is laid aside.
    #[must_use]
    pub fn give_up_after(&self) -> Duration {
        days(&self.give_up_after_days)
    }

    /// Returns how long a delivery is known at least.
    #[must_use]
    pub fn retention(&self) -> Duration {
        days(&self.retention_days)
    }

    fn wandb_retention(&self) -> Duration {
        Duration::from_secs(self.wandb_retention_minutes.as_ref().saturating_mul(60))
    }

    /// Opens it at `path`, which is [`path`](Self::path), or one for a dry run.
    ///
    /// # Errors
    ///
    /// A line for people, for the reasons of [`Builder::open`](verify_outbox::Builder::open).
    pub fn open_at(&self, path: &Path) -> Result<(Outbox, Workers), String> {
        let builder = Outbox::builder(path)
            .most_bytes(self.max_mib.as_ref().saturating_mul(1024 * 1024))
            .retention(self.retention());
        let templates = Sender::ALL.iter().filter(|sender| sender.has_template());
        let opened = templates
            .fold(builder, |builder, sender| {
                builder.retention_of_alike(sender.name(), self.wandb_retention())
            })
            .event_of(|delivery| {
                let event = Event::read(&delivery.sender, &delivery.body);
                event.name().map(printable)
            })
            .open();
        opened.map_err(|error| format!("the store {error}"))
    }
}

fn days(days: &Spanned<u64>) -> Duration {
    Duration::from_secs(days.as_ref().saturating_mul(24 * 60 * 60))
}
