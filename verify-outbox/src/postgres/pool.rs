//! A few connections, each used by one call at a time.

use core::{error::Error as _, time::Duration};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, NoTls, Statement,
    error::{Error, SqlState},
};

use super::{Address, schema, sql::Sql};
use crate::StoreError;

/// The connections to a server. Clones share them.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    address: Address,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

/// A connection and what was prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    statements: Vec<Statement>,
    /// Ends with the connection.
    connection: JoinHandle<()>,
}

/// A connection while a call uses it. Dropped before its [`end`](Self::end) it is closed: a call may be under way
/// on it, for which the next one would wait.
pub(super) struct Usage {
    session: Option<Session>,
    pool: Pool,
    place: Option<OwnedSemaphorePermit>,
}

/// What the client says itself, without asking the server. Tests hold it to that.
const NO_PASSWORD: &str = "password missing";
const NOT_WRITABLE: &str = "database does not allow writes";

/// A statement that a stopped server comes to later is not begun, and what stands in its way is not waited for
/// longer than a call may take. A commit is one only once it is on the disk: of a server that is told otherwise, too.
const SETTINGS: &str = "
    SET lock_timeout = '3s';
    SET statement_timeout = '4s';
    SET client_min_messages = 'warning';
    SET idle_in_transaction_session_timeout = '10s';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', CASE WHEN setting IN ('off', 'local', 'remote_write') THEN 'on' ELSE setting END, false)
        FROM pg_settings WHERE name = 'synchronous_commit'";

impl Pool {
    pub(super) fn new(address: Address, connections: usize) -> Self {
        Self(Arc::new(Shared {
            address,
            places: Arc::new(Semaphore::new(connections)),
            idle: Mutex::default(),
        }))
    }

    /// Waits for a connection, and makes one if none is idle.
    pub(super) async fn connection(&self) -> Result<Usage, StoreError> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        let idle = loop {
            match self.idle().pop() {
                Some(session) if session.client.is_closed() => {}
                found => break found,
            }
        };
        let session = match idle {
            Some(session) => session,
            None => self.connect().await?,
        };
        Ok(Usage { session: Some(session), pool: self.clone(), place: Some(place) })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        // Nothing panics while it is held.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes or migrates the tables on a connection, for which it may take [`schema::PATIENCE`].
    pub(super) async fn migrate(client: Client) -> Result<(), StoreError> {
        let migrated = timeout(schema::PATIENCE, schema::migrate(&client)).await;
        known(migrated.map_err(|_| StoreError::TimedOut)?.map_err(|error| meaning(&error))?)
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        let (client, connection) = self.open().await?;
        let session = async {
            let found = match schema::version(&client).await? {
                // The database was made anew meanwhile, which takes no time.
                0 => schema::migrate(&client).await?,
                found => found,
            };
            if let Err(error) = known(found) {
                return Ok(Err(error));
            }
            let mut statements = Vec::new();
            for sql in Sql::ALL {
                statements.push(client.prepare(&sql.text()).await?);
            }
            Ok(Ok(statements))
        };
        let statements = session.await.map_err(|error| meaning(&error))??;
        Ok(Session { client, statements, connection })
    }

    /// Connects to a database that can have the tables.
    pub(super) async fn open(&self) -> Result<(Client, JoinHandle<()>), StoreError> {
        let connected = self.0.address.connect().await;
        let (client, connection) = connected.map_err(|error| meaning(&error))?;
        let encoding = async {
            client.batch_execute(SETTINGS).await?;
            let encoding = client.query_one("SHOW server_encoding", &[]).await?;
            encoding.try_get::<_, String>(0)
        };
        match encoding.await.map_err(|error| meaning(&error))?.as_str() {
            "UTF8" => Ok((client, connection)),
            _ => Err(StoreError::Unsuitable(
                "the database has another encoding than UTF8: make one with `CREATE DATABASE ... ENCODING 'UTF8'`",
            )),
        }
    }
}

impl Session {
    /// Returns one of the statements.
    pub(super) fn statement(&self, sql: Sql) -> Result<&Statement, StoreError> {
        // All are there, in their order.
        self.statements.get(sql as usize).ok_or(StoreError::Closed)
    }
}

impl Usage {
    pub(super) fn session(&mut self) -> Result<&mut Session, StoreError> {
        self.session.as_mut().ok_or(StoreError::Closed)
    }

    /// Keeps the connection for the next call, unless this one failed.
    pub(super) fn end<T>(mut self, said: Result<T, Error>) -> Result<T, StoreError> {
        let said = said.map_err(|error| meaning(&error));
        if let (Ok(_) | Err(StoreError::Full), Some(session)) = (&said, self.session.take()) {
            self.pool.idle().push(session);
        }
        said
    }
}

/// The call failed, or nobody waits for it any more. The server may still be at it, as at a commit that waits for a
/// standby: it is told to stop, and the place is taken until it has. Otherwise each call would leave one connection
/// more behind, until no program has one left.
impl Drop for Usage {
    fn drop(&mut self) {
        /// A server that is stopped does not hear it.
        const PATIENCE: Duration = Duration::from_secs(15);
        let (Some(Session { client, connection, .. }), place) =
            (self.session.take(), self.place.take())
        else {
            return;
        };
        // The others are to the same server, which may be gone.
        self.pool.idle().clear();
        let stop = client.cancel_token();
        drop(client);
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let stopped = async {
                // Where it cannot be told, its end is waited for.
                let _ = stop.cancel_query(NoTls).await;
                let _ = connection.await;
            };
            let _ = timeout(PATIENCE, stopped).await;
            drop(place);
        });
    }
}

fn known(found: i32) -> Result<(), StoreError> {
    match found {
        schema::KNOWN => Ok(()),
        found => Err(StoreError::Schema { found, known: schema::KNOWN }),
    }
}

/// In words of our own: the library's may hold what the server said.
pub(super) fn meaning(error: &Error) -> StoreError {
    let Some(state) = error.code() else {
        let source = error.source().map(ToString::to_string);
        let what = match source.as_deref() {
            Some(NO_PASSWORD) => "asks for a password, and the address has none",
            Some(NOT_WRITABLE) => "is a standby, and its primary is needed",
            _ => "cannot be reached",
        };
        return StoreError::Unavailable(what.to_owned());
    };
    let refused = "refuses the user or the password of the address";
    match state {
        &SqlState::DISK_FULL => StoreError::Full,
        &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => StoreError::TimedOut,
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            StoreError::Unavailable(refused.to_owned())
        }
        &SqlState::INVALID_CATALOG_NAME => {
            StoreError::Unsuitable("there is no such database: make it with `CREATE DATABASE`")
        }
        &SqlState::INSUFFICIENT_PRIVILEGE => StoreError::Unsuitable(
            "the user may not make or use its tables: make the user the owner of the schema",
        ),
        &SqlState::READ_ONLY_SQL_TRANSACTION => {
            StoreError::Unavailable("is a standby, and its primary is needed".to_owned())
        }
        &SqlState::TOO_MANY_CONNECTIONS => {
            StoreError::Unavailable("has no connection left".to_owned())
        }
        &SqlState::CANNOT_CONNECT_NOW | &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN => {
            StoreError::Unavailable("is starting or stopping".to_owned())
        }
        state => StoreError::Unavailable(format!("answers with the error {}", state.code())),
    }
}
