use core::{fmt, time::Duration};
use std::path::{Path, PathBuf};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use toml::Spanned;
use verify_connect::SplitAddress;
use verify_core::Sender;
use verify_outbox::{Outbox, Unposted, Workers};

use crate::{Event, Lines, Mistake, Source, hidden::printable};

/// The setting `store`: where deliveries are kept. A table, or an address in its place. `GIVE_UP_AFTER_DAYS` is for a
/// file that does not say.
#[derive(Debug, PartialEq)]
pub struct Store<const GIVE_UP_AFTER_DAYS: u64>(Spanned<Table<GIVE_UP_AFTER_DAYS>>);

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Table<const GIVE_UP_AFTER_DAYS: u64> {
    path: Option<Spanned<PathBuf>>,
    address: Option<Spanned<String>>,
    address_env: Option<Spanned<String>>,
    address_file: Option<Spanned<String>>,
    #[serde(default = "default::<1024>")]
    max_mib: Spanned<u64>,
    #[serde(default = "default::<7>")]
    retention_days: Spanned<u64>,
    #[serde(default = "default::<10>")]
    wandb_retention_minutes: Spanned<u64>,
    #[serde(default = "default::<GIVE_UP_AFTER_DAYS>")]
    give_up_after_days: Spanned<u64>,
}

impl<'de, const GIVE_UP_AFTER_DAYS: u64> Deserialize<'de> for Store<GIVE_UP_AFTER_DAYS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Spanned::<Form<GIVE_UP_AFTER_DAYS>>::deserialize(deserializer)?;
        let span = form.span();
        let mut table = form.into_inner().0;
        // As a text it has the place of the text.
        let address = table.address.take();
        table.address = address.map(|address| match address.span().is_empty() {
            true => Spanned::new(span.clone(), address.into_inner()),
            false => address,
        });
        Ok(Self(Spanned::new(span, table)))
    }
}

struct Form<const GIVE_UP_AFTER_DAYS: u64>(Table<GIVE_UP_AFTER_DAYS>);

impl<'de, const GIVE_UP_AFTER_DAYS: u64> Deserialize<'de> for Form<GIVE_UP_AFTER_DAYS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<const GIVE_UP_AFTER_DAYS: u64>;

        impl<'de, const GIVE_UP_AFTER_DAYS: u64> Visitor<'de> for Either<GIVE_UP_AFTER_DAYS> {
            type Value = Form<GIVE_UP_AFTER_DAYS>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or an address")
            }

            fn visit_str<E: Error>(self, address: &str) -> Result<Self::Value, E> {
                Ok(Form(Table {
                    path: None,
                    address: Some(Spanned::new(0..0, address.to_owned())),
                    address_env: None,
                    address_file: None,
                    max_mib: default::<1024>(),
                    retention_days: default::<7>(),
                    wandb_retention_minutes: default::<10>(),
                    give_up_after_days: default::<GIVE_UP_AFTER_DAYS>(),
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(table)).map(Form)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Where a store is: a file, or a server, whose address may hold a password.
#[derive(Eq, PartialEq)]
pub struct Place(Kind);

#[derive(Eq, PartialEq)]
enum Kind {
    File(PathBuf),
    /// The address, and the certificates of the authorities that it names.
    Postgres(String, Option<Vec<u8>>),
}

impl Place {
    /// A file.
    #[must_use]
    pub const fn file(path: PathBuf) -> Self {
        Self(Kind::File(path))
    }

    /// Returns whether it is a server.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        matches!(self.0, Kind::Postgres(..))
    }

    /// Opens the postings that nobody works on. `configured` are the destinations in use.
    ///
    /// # Errors
    ///
    /// A line for people: it cannot be opened.
    pub fn unposted(
        &self,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Unposted, String> {
        let opened = match &self.0 {
            Kind::File(path) => Unposted::open(path, configured),
            Kind::Postgres(address, _) => Unposted::postgres(address, configured),
        };
        opened.map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

fn default<const VALUE: u64>() -> Spanned<u64> {
    Spanned::new(0..0, VALUE)
}

impl<const GIVE_UP_AFTER_DAYS: u64> Store<GIVE_UP_AFTER_DAYS> {
    /// Checks what stands in it.
    ///
    /// # Errors
    ///
    /// No place or several are named, or a value is too small or too large.
    pub fn check(&self, lines: &Lines) -> Result<(), Mistake> {
        let table = self.0.as_ref();
        let numbers = [
            ("retention_days", &table.retention_days, 365),
            ("wandb_retention_minutes", &table.wandb_retention_minutes, 10_000),
            ("give_up_after_days", &table.give_up_after_days, 365),
            ("max_mib", &table.max_mib, 1_000_000),
        ];
        let numbers =
            numbers.map(|(setting, value, most)| match (1..=most).contains(value.as_ref()) {
                true => Ok(()),
                false => Err(lines.at(value, format!("`{setting}` is 1 to {most}"))),
            });
        let texts = [&table.address, &table.address_env, &table.address_file];
        let named = texts.iter().filter(|text| text.is_some()).count();
        let place = match named + usize::from(table.path.is_some()) {
            0 => {
                Err(lines
                    .at(&self.0, "set one of `path`, `address`, `address_env` and `address_file`"))
            }
            1 => match &table.address {
                Some(address) => Self::place_at(address.as_ref())
                    .and_then(|place| without_password(address.as_ref()).map(|()| place))
                    .and_then(|place| self.limit(&place))
                    .map_err(|text| lines.at(address, text)),
                None => Ok(()),
            },
            _ => Err(lines
                .at(&self.0, "keep one of `path`, `address`, `address_env` and `address_file`")),
        };
        Mistake::both(Mistake::every(numbers), place).map(|((), ())| ())
    }

    /// Returns the place of the store. Reads the address if it is a secret.
    ///
    /// # Errors
    ///
    /// The address cannot be read or is malformed, or the folder of the file does not exist: perhaps a volume is not
    /// mounted, or the working directory is wrong.
    pub fn place(&self, lines: &Lines) -> Result<Place, Mistake> {
        let table = self.0.as_ref();
        let source = Source { env: &table.address_env, file: &table.address_file };
        if let Some(address) = source.read(lines)? {
            let place = Self::place_at(address.value.trim());
            let place = place.and_then(|place| self.limit(&place).map(|()| place));
            return place.map_err(|text| lines.at(address.place, format!("in it, {text}")));
        }
        let (place, at) = match (&table.path, &table.address) {
            (Some(path), _) => (Place::file(path.as_ref().clone()), lines.at(path, NO_FOLDER)),
            (None, Some(address)) => {
                let place = Self::place_at(address.as_ref());
                (place.map_err(|text| lines.at(address, text))?, lines.at(address, NO_FOLDER))
            }
            (None, None) => return Err(lines.at(&self.0, "it is nowhere")),
        };
        let Kind::File(path) = &place.0 else { return Ok(place) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_none_or(Path::is_dir) { Ok(place) } else { Err(at) }
    }

    /// Reads an address. What is said of it has nothing of it.
    fn place_at(address: &str) -> Result<Place, String> {
        match address.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Place::file(path.into())),
            Some(("postgres" | "postgresql", _)) => {
                let known = Outbox::postgres(address).map_err(|error| error.to_string());
                let authorities = SplitAddress::authorities_now(address);
                known.map(|_| Place(Kind::Postgres(address.to_owned(), authorities)))
            }
            _ => {
                Err("an address is `sqlite:PATH` or `postgres://user@host:5432/database`"
                    .to_owned())
            }
        }
    }

    /// Refuses a limit that nothing would keep.
    fn limit(&self, place: &Place) -> Result<(), String> {
        let is_set = !self.0.as_ref().max_mib.span().is_empty();
        match &place.0 {
            Kind::Postgres(..) if is_set => {
                Err("PostgreSQL has no limit but its disk: leave `max_mib` out".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Returns the age after which a posting is laid aside.
    #[must_use]
    pub fn give_up_after(&self) -> Duration {
        days(&self.0.as_ref().give_up_after_days)
    }

    /// Returns how long a delivery is known at least.
    #[must_use]
    pub fn retention(&self) -> Duration {
        days(&self.0.as_ref().retention_days)
    }

    /// Returns how long a delivery of any sender is known.
    #[must_use]
    pub fn known_for(&self) -> Duration {
        self.retention().max(self.wandb_retention())
    }

    /// Says which settings changed. An open store keeps the old settings. `places` are the new and the current place.
    #[must_use]
    pub fn stays(&self, open: &Self, places: [&Place; 2], lines: &Lines) -> Vec<Mistake> {
        let (new, old) = (self.0.as_ref(), open.0.as_ref());
        let values = [
            ("max_mib", &new.max_mib, &old.max_mib),
            ("retention_days", &new.retention_days, &old.retention_days),
            ("wandb_retention_minutes", &new.wandb_retention_minutes, &old.wandb_retention_minutes),
        ];
        let start = |span: core::ops::Range<usize>| {
            // Of a value that is left out: where the others are.
            Some(if span.is_empty() { self.0.span().start } else { span.start })
        };
        let place = (places[0] != places[1]).then(|| lines.stays(start(self.0.span()), "store"));
        let values = values.into_iter().filter(|(_, new, old)| new != old);
        let values = values.map(|(name, new, _)| lines.stays(start(new.span()), name));
        place.into_iter().chain(values).collect()
    }

    fn wandb_retention(&self) -> Duration {
        Duration::from_secs(self.0.as_ref().wandb_retention_minutes.as_ref().saturating_mul(60))
    }

    /// Opens the store at a [`place`](Self::place), or at a place for a dry run.
    ///
    /// # Errors
    ///
    /// A line for people, for the reasons of [`Builder::open`](verify_outbox::Builder::open).
    pub fn open_at(&self, place: &Place) -> Result<(Outbox, Workers), String> {
        let builder = match &place.0 {
            Kind::File(path) => Outbox::builder(path)
                .most_bytes(self.0.as_ref().max_mib.as_ref().saturating_mul(1024 * 1024)),
            Kind::Postgres(address, _) => {
                Outbox::postgres(address).map_err(|error| error.to_string())?
            }
        };
        let builder = builder.retention(self.retention());
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

const NO_FOLDER: &str = "the folder of this file is not there";

/// Settings are read by many.
fn without_password(address: &str) -> Result<(), String> {
    // As the client reads it: what stands before the first `@`, whatever it is.
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.split_once('@').map_or("", |(user, _)| user);
    match user.contains(':') || address.contains("password=") {
        true => Err("a password does not belong into the settings: put the address into a variable or a file, and \
                     name that by `address_env` or `address_file`"
            .to_owned()),
        false => Ok(()),
    }
}

fn days(days: &Spanned<u64>) -> Duration {
    Duration::from_secs(days.as_ref().saturating_mul(24 * 60 * 60))
}
