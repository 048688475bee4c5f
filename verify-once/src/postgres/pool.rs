//! A few connections, each used by one call at a time.

use core::{
    error::Error as _,
    fmt,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tokio_postgres::{
    Client, Config, NoTls, Statement,
    config::Host,
    error::{Error, SqlState},
};

use super::stream::Tls;
use crate::{StoreError, tls};

/// The connections to a server. Clones share them.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    config: Config,
    /// `None`: not encrypted.
    tls: Option<Tls>,
    runtime: Handle,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
    claims: AtomicU32,
}

/// A connection and what was prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Statements,
}

pub(super) struct Statements {
    pub(super) claim: Statement,
    pub(super) complete: Statement,
    pub(super) forget: Statement,
    pub(super) release: Statement,
    sweep: Statement,
}

/// A connection while a call uses it. Dropped before its [`end`](Self::end) it is closed: a call may be under way
/// on it, for which the next one would wait.
pub(super) struct Usage {
    session: Option<Session>,
    pool: Pool,
    _place: OwnedSemaphorePermit,
}

type Connected = Result<(Session, OwnedSemaphorePermit), StoreError>;

const COMPLETE: &str = "
    UPDATE verify_once SET status = coalesce(status, $3::integer), held_until = NULL
    WHERE key = $1 AND token = $2 AND known_until > clock_timestamp()
        AND (held_until IS NOT NULL OR status IS NOT NULL)";
const RELEASE: &str = "
    UPDATE verify_once SET held_until = NULL
    WHERE key = $1 AND token = $2 AND known_until > clock_timestamp()
        AND held_until IS NOT NULL AND status IS NULL";
const FORGET: &str =
    "DELETE FROM verify_once WHERE key = $1 RETURNING known_until > clock_timestamp()";
/// An hour late, so that a clock that is ahead for a while forgets nothing.
const SWEEP: &str = "
    DELETE FROM verify_once WHERE key IN (SELECT key FROM verify_once
        WHERE known_until < clock_timestamp() - interval '1 hour'
        ORDER BY known_until LIMIT 256 FOR UPDATE SKIP LOCKED)";
/// Of what is written into the server: another version refuses it.
const VERSION: &str = "verify-once 1";
/// What the client says of a server that has none. A test holds it to that.
const NO_TLS: &str = "server does not support TLS";
/// What stands in the way of a statement is waited for no longer than a call may take, and a statement
/// that a stopped server comes to later is not begun. A completion waits for the disk, whatever the server is set to.
const SETTINGS: &str = "
    SET lock_timeout = '450ms';
    SET statement_timeout = '2s';
    SELECT set_config('synchronous_commit', CASE WHEN setting IN ('off', 'local') THEN 'on' ELSE setting END, false)
        FROM pg_settings WHERE name = 'synchronous_commit'";

impl Pool {
    pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
    const CONNECTIONS: usize = 8;
    /// After how many claims what is over is forgotten: fewer than are forgotten at a time.
    const SWEEP_EVERY: u32 = 64;

    pub(super) fn new(config: Config, tls: Option<Tls>, runtime: Handle) -> Self {
        Self(Arc::new(Shared {
            config,
            tls,
            runtime,
            places: Arc::new(Semaphore::new(Self::CONNECTIONS)),
            idle: Mutex::default(),
            claims: AtomicU32::new(0),
        }))
    }

    /// Waits for a connection, and makes one if none is idle.
    pub(super) async fn connection(&self) -> Result<Usage, StoreError> {
        let closed = || self.unavailable("cannot be asked any more");
        let place = Arc::clone(&self.0.places).acquire_owned().await.map_err(|_| closed())?;
        let idle = loop {
            match self.idle().pop() {
                Some(session) if session.client.is_closed() => {}
                found => break found,
            }
        };
        let (session, place) = match idle {
            Some(session) => (session, place),
            None => self.begin(place).await.map_err(|_| closed())??,
        };
        Ok(Usage { session: Some(session), pool: self.clone(), _place: place })
    }

    /// Connects in a task of its own, which goes on if nobody waits any more: the next call has what came of it.
    fn begin(&self, place: OwnedSemaphorePermit) -> oneshot::Receiver<Connected> {
        let (connected, waiting) = oneshot::channel();
        let pool = self.clone();
        self.0.runtime.spawn(async move {
            let made = timeout(Self::CONNECT_DEADLINE, pool.connect()).await;
            let made = made.unwrap_or(Err(StoreError::TimedOut)).map(|session| (session, place));
            if let Err(Ok((session, _place))) = connected.send(made) {
                pool.idle().push(session);
            }
        });
        waiting
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        // Nothing panics while it is held.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Session, StoreError> {
        let meaning = |error: Error| self.meaning(&error);
        let Shared { config, runtime, .. } = &*self.0;
        let client = match self.0.tls.clone() {
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(meaning)?;
                runtime.spawn(connection);
                client
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls).await.map_err(meaning)?;
                runtime.spawn(connection);
                client
            }
        };
        client.batch_execute(SETTINGS).await.map_err(meaning)?;
        self.look(&client).await?;
        let [claim, complete, forget, release, sweep] =
            [include_str!("claim.sql"), COMPLETE, FORGET, RELEASE, SWEEP];
        let statements = Statements {
            claim: client.prepare(claim).await.map_err(meaning)?,
            complete: client.prepare(complete).await.map_err(meaning)?,
            forget: client.prepare(forget).await.map_err(meaning)?,
            release: client.prepare(release).await.map_err(meaning)?,
            sweep: client.prepare(sweep).await.map_err(meaning)?,
        };
        Ok(Session { client, statements })
    }

    /// Makes the table if it is not there, and refuses one of another version.
    async fn look(&self, client: &Client) -> Result<(), StoreError> {
        let meaning = |error: Error| self.meaning(&error);
        let version = async || {
            let row = client
                .query_one("SELECT to_regclass('verify_once') IS NOT NULL, obj_description(to_regclass('verify_once'), 'pg_class')", &[])
                .await?;
            Ok::<(bool, Option<String>), Error>((row.try_get(0)?, row.try_get(1)?))
        };
        let (mut is_there, mut found) = version().await.map_err(meaning)?;
        // Of a table that was made a moment ago the comment may not be seen yet. Behind the lock it is.
        if !is_there || found.is_none() {
            // Of several instances that find none, one makes it.
            let make = concat!(
                "BEGIN; SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock(hashtext('verify_once'));",
                "DO $do$ BEGIN IF to_regclass('verify_once') IS NULL THEN ",
                include_str!("schema.sql"),
                " END IF; END $do$; COMMIT"
            );
            client.batch_execute(make).await.map_err(meaning)?;
            (is_there, found) = version().await.map_err(meaning)?;
        }
        match found.as_deref() {
            Some(VERSION) if is_there => Ok(()),
            found => {
                let found = found
                    .and_then(|text| text.strip_prefix("verify-once "))
                    .filter(|text| {
                        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
                    })
                    .map_or_else(
                        || "of something else".to_owned(),
                        |text| format!("of version {text}"),
                    );
                Err(self.unsuitable(format_args!(
                    "has a table `verify_once` that is {found}, and version 1 is known"
                )))
            }
        }
    }

    /// Forgets what is not known any more, while nobody waits for it.
    pub(super) fn sweep_now_and_then(&self) {
        if !self.0.claims.fetch_add(1, Relaxed).is_multiple_of(Self::SWEEP_EVERY) {
            return;
        }
        let pool = self.clone();
        self.0.runtime.spawn(async move {
            let usage = pool.connection().await?;
            let session = usage.session()?;
            let swept = session.client.execute(&session.statements.sweep, &[]).await;
            usage.end(swept.map_err(|error| pool.meaning(&error)))
        });
    }

    /// Where the server is, without the password.
    pub(super) fn place(&self) -> String {
        let host = self.0.config.get_hosts().first();
        let port = self.0.config.get_ports().first().copied().unwrap_or(5432);
        match host {
            Some(Host::Tcp(host)) => format!("{host}:{port}"),
            #[cfg(unix)]
            Some(Host::Unix(path)) => format!("{}:{port}", path.display()),
            None => "postgres".to_owned(),
        }
    }

    /// In words of our own: the library's may hold what the server said.
    pub(super) fn meaning(&self, error: &Error) -> StoreError {
        let Some(state) = error.code() else {
            let no_tls = error.source().is_some_and(|source| source.to_string() == NO_TLS);
            let no_tls = no_tls.then_some("does not speak TLS, which its address asks for");
            return match tls::trouble(error).or(no_tls) {
                Some(what) => self.unsuitable(what),
                None => self.unavailable("cannot be reached"),
            };
        };
        match state {
            &SqlState::DISK_FULL | &SqlState::OUT_OF_MEMORY => StoreError::Full,
            &SqlState::QUERY_CANCELED | &SqlState::LOCK_NOT_AVAILABLE => StoreError::TimedOut,
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                self.unsuitable("refuses the user or the password of the address")
            }
            &SqlState::INVALID_CATALOG_NAME => self.unsuitable("has no such database"),
            &SqlState::INSUFFICIENT_PRIVILEGE => self.unsuitable(
                "refuses the user: to make the table `verify_once` it has to own a schema, or the table has to be made for it",
            ),
            &SqlState::READ_ONLY_SQL_TRANSACTION => {
                self.unavailable("is a standby: its primary is needed")
            }
            &SqlState::TOO_MANY_CONNECTIONS => self.unavailable("has no connection left"),
            state => self.unavailable(format_args!("answers with the error {}", state.code())),
        }
    }

    pub(super) fn unavailable(&self, what: impl fmt::Display) -> StoreError {
        StoreError::Unavailable(format!("store of claims `{}` {what}", self.place()))
    }

    fn unsuitable(&self, what: impl fmt::Display) -> StoreError {
        StoreError::Unsuitable(format!("store of claims `{}` {what}", self.place()))
    }
}

impl Usage {
    pub(super) fn session(&self) -> Result<&Session, StoreError> {
        self.session.as_ref().ok_or(StoreError::TimedOut)
    }

    /// Keeps the connection for the next call, unless this one failed.
    pub(super) fn end<T>(mut self, said: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Ok(_) | Err(StoreError::Full), Some(session)) = (&said, self.session.take()) {
            self.pool.idle().push(session);
        }
        said
    }
}
