//! The file that deliveries are kept in, so that a restart loses none.

mod error;
mod kept;
mod place;
#[cfg(test)]
mod tests;
mod writer;

use core::{fmt, num::NonZeroU64};
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    thread,
};

use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable as _, TableDefinition,
    TableHandle as _, backends::FileBackend,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use verify_toolkit::WireRequest;

pub(crate) use self::error::StoreError;
use self::{
    kept::Kept,
    place::Place,
    writer::{Job, Task},
};
use crate::{
    record::{Facts, Handled, Summary, Verdict},
    subject::Subject,
};

/// [`Facts`] as JSON, by number.
const FACTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("facts");
/// Requests as the text of HTTP, by number.
const REQUESTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("requests");

/// How much is kept: of verified deliveries, and as much of refused ones. So forged deliveries make
/// room for each other and never take a genuine one's.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// How many.
    pub deliveries: NonZeroU64,
    /// Of requests, and of what is known of them when they come.
    pub bytes: u64,
}

/// As many deliveries as are kept if nothing else is said.
const DELIVERIES: NonZeroU64 = NonZeroU64::new(1000).unwrap();

impl Default for Keep {
    /// 1,000 deliveries and 128 MiB, as the command has it.
    fn default() -> Self {
        Self { deliveries: DELIVERIES, bytes: 128 * 1024 * 1024 }
    }
}

/// Deliveries in a file. Clones share it.
///
/// What returns `Ok` is on the disk: deliveries that wait together are written together, by a thread
/// of its own.
#[derive(Clone)]
pub(crate) struct Store {
    place: Arc<Place>,
    jobs: mpsc::Sender<Job>,
}

impl Store {
    /// Bytes of file that are kept in memory.
    const CACHE: usize = 16 * 1024 * 1024;

    /// Opens the file, or makes it. Nobody else on the machine may read it. One that is no store is left
    /// as it is.
    pub(crate) fn open(path: &Path, keep: Keep) -> Result<Self, StoreError> {
        let path = path.to_owned();
        Self::with(move || Self::database(&path), keep)
    }

    fn database(path: &Path) -> Result<Database, StoreError> {
        let trouble =
            |error: io::Error| StoreError::File { path: path.to_owned(), error: Arc::new(error) };
        let busy = |error: DatabaseError| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
            error => error.into(),
        };
        let place = verify_file::resolve(path).map_err(trouble)?;
        let file = verify_file::open(&place).map_err(trouble)?;
        if let Some(file) = file {
            if !is_store(file).map_err(busy)? {
                return Err(StoreError::NotAStore { path: path.to_owned() });
            }
        } else {
            verify_file::make(&place, |new| {
                let new = File::options().read(true).write(true).open(new)?;
                let new = Self::builder().create_with_backend(FileBackend::new(new)?)?;
                make_tables(&new)
            })
            .map_err(|error: redb::Error| match error {
                redb::Error::Io(error) => trouble(error),
                error => error.into(),
            })?;
        }
        // Anew, because redb shares no open file between two databases.
        let file = verify_file::open(&place).map_err(trouble)?;
        let file = file.ok_or_else(|| trouble(io::ErrorKind::NotFound.into()))?;
        verify_file::close_to_others(&file).map_err(trouble)?;
        let database = FileBackend::new(file)
            .and_then(|backend| Self::builder().create_with_backend(backend))
            .map_err(busy)?;
        match has_tables(&database)? {
            true => Ok(database),
            false => Err(StoreError::NotAStore { path: path.to_owned() }),
        }
    }

    /// Keeps deliveries somewhere else than in a file.
    #[cfg(test)]
    fn open_in<B: redb::StorageBackend>(
        backend: impl Fn() -> B + Send + Sync + 'static,
        keep: Keep,
    ) -> Result<Self, StoreError> {
        Self::with(move || Ok(Self::builder().create_with_backend(backend())?), keep)
    }

    fn builder() -> Builder {
        let mut builder = Database::builder();
        builder.set_cache_size(Self::CACHE);
        builder
    }

    fn with(
        open: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
        keep: Keep,
    ) -> Result<Self, StoreError> {
        let place = Arc::new(Place::open(open)?);
        let kept = place.with(|database| Kept::open(database, keep))?;
        // As many as a commit takes; more wait where they are.
        let (jobs, queue) = mpsc::channel(writer::TOGETHER);
        let writing = Arc::clone(&place);
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer::run(&writing, keep, kept, queue))
            .map_err(redb::Error::Io)?;
        Ok(Self { place, jobs })
    }

    /// Keeps a delivery under a number larger than that of any before it.
    pub(crate) async fn append(
        &self,
        facts: Facts,
        request: &WireRequest,
    ) -> Result<Summary, StoreError> {
        let request = http_text(request);
        self.write(Task::Append { facts: facts.into(), request }).await?.ok_or(StoreError::Closed)
    }

    /// Adds what became of a delivery. `None`: it is not kept any more.
    pub(crate) async fn handled(
        &self,
        id: u64,
        handled: Handled,
    ) -> Result<Option<Summary>, StoreError> {
        self.write(Task::Handled { id, handled }).await
    }

    /// Replaces the verdict of a refused delivery that verifies now. `None`: it is not kept any more.
    pub(crate) async fn judged(
        &self,
        id: u64,
        verdict: Verdict,
        subject: Subject,
    ) -> Result<Option<Summary>, StoreError> {
        self.write(Task::Judged { id, verdict: Box::new(verdict), subject }).await
    }

    /// Removes all deliveries. Their numbers are not given again.
    pub(crate) async fn clear(&self) -> Result<(), StoreError> {
        self.write(Task::Clear).await.map(|_| ())
    }

    /// Waits for what is being written, and closes the file, so that it need not be repaired when it
    /// is opened again. Nothing is kept or found any more.
    pub(crate) fn close(&self) {
        self.place.close();
    }

    async fn write(&self, task: Task) -> Result<Option<Summary>, StoreError> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send(Job { task, done }).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Returns what is known of all deliveries, the newest first.
    pub(crate) async fn list(&self) -> Result<Vec<Summary>, StoreError> {
        self.read(|database| {
            let table = database.begin_read()?.open_table(FACTS)?;
            table
                .iter()?
                .rev()
                .map(|row| {
                    let (id, facts) = row?;
                    Ok(Summary { id: id.value(), facts: parse(facts.value())? })
                })
                .collect()
        })
        .await
    }

    /// Returns a delivery, if it is still kept.
    pub(crate) async fn load(&self, id: u64) -> Result<Option<(Summary, WireRequest)>, StoreError> {
        self.read(move |database| {
            let transaction = database.begin_read()?;
            let facts = transaction.open_table(FACTS)?.get(id)?;
            let request = transaction.open_table(REQUESTS)?.get(id)?;
            let (Some(facts), Some(request)) = (facts, request) else { return Ok(None) };
            let request = WireRequest::from_http(request.value());
            let request = request.map_err(|error| StoreError::Damaged(error.to_string()))?;
            Ok(Some((Summary { id, facts: parse(facts.value())? }, request)))
        })
        .await
    }

    /// Returns the numbers of the deliveries in whose request or facts a text occurs, whatever the
    /// case of its ASCII letters.
    pub(crate) async fn search(&self, text: String) -> Result<Vec<u64>, StoreError> {
        self.read(move |database| {
            let transaction = database.begin_read()?;
            let facts = transaction.open_table(FACTS)?;
            let requests = transaction.open_table(REQUESTS)?;
            let mut found = Vec::new();
            for row in facts.iter()?.rev() {
                let (id, facts) = row?;
                let request = requests.get(id.value())?;
                let request = request.as_ref().map_or(&[][..], |request| request.value());
                if contains(facts.value(), text.as_bytes()) || contains(request, text.as_bytes()) {
                    found.push(id.value());
                }
            }
            Ok(found)
        })
        .await
    }

    /// Reads on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = Arc::clone(&self.place);
        spawn_blocking(move || place.with(read)).await.map_err(|_| StoreError::Closed)?
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Makes the tables where they are not there yet.
fn make_tables(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(FACTS)?;
    transaction.open_table(REQUESTS)?;
    Ok(transaction.commit()?)
}

/// Whether it is a file of redb with our tables in it, as far as that can be seen without a change to it.
fn is_store(mut file: File) -> Result<bool, DatabaseError> {
    /// The first bytes of redb's files.
    const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

    let mut start = [0; MAGIC.len()];
    match file.read_exact(&mut start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    if start != MAGIC {
        return Ok(false);
    }
    let database = FileBackend::new(file)
        .and_then(|backend| Store::builder().open_read_only_with_backend(backend));
    match database {
        // It was not closed: what is in it is seen once redb has repaired it.
        Err(DatabaseError::RepairAborted) => Ok(true),
        database => Ok(has_tables(&database?).unwrap_or(false)),
    }
}

fn has_tables(database: &impl ReadableDatabase) -> Result<bool, redb::Error> {
    let reading = database.begin_read()?;
    let names: Vec<_> = reading.list_tables()?.map(|table| table.name().to_owned()).collect();
    Ok([FACTS.name(), REQUESTS.name()].iter().all(|name| names.iter().any(|other| other == name)))
}

/// Writes a request so that [`WireRequest::from_http`] reads the same again, and a `Content-Length`
/// still tells of what did not come. The body is out of its chunks.
fn http_text(request: &WireRequest) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path).into_bytes();
    let is_kept = |name: &str| !name.eq_ignore_ascii_case("transfer-encoding");
    for (name, value) in request.headers.iter().filter(|(name, _)| is_kept(name)) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            text.extend_from_slice(part);
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&request.body);
    text
}

fn parse(json: &[u8]) -> Result<Facts, StoreError> {
    serde_json::from_slice(json)
        .map_err(|_| StoreError::Damaged("what is known of a delivery has another form".to_owned()))
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty()
        || text.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted))
}
