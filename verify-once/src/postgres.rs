//! Claims in PostgreSQL.

mod table;

use core::{
    fmt,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use tokio::runtime::Handle;
use tokio_postgres::{Row, Statement};
use verify_connect::postgres::{Address, Pool};

use crate::{
    Claimed, Claims, ConfigError, Key, Pending, Settled, StoreError, Terms, Token,
    row::{Millis, millis},
};
use table::{Statements, Table};

/// Claims in PostgreSQL (from 12), for any number of instances.
///
/// The table `verify_once` is created if it does not exist. Each call is one statement, on the clock of the server,
/// over one of 8 connections. A connection is closed if its call is dropped or fails. A claim does not wait for the
/// disk, so a crash of the server may forget the last claims; a completion does wait.
///
/// **If the handler writes its effect into this database too, you need no guard**: see the crate
/// page.
pub struct Postgres {
    pool: Pool<Table>,
    runtime: Handle,
    claims: AtomicU32,
}

impl Postgres {
    const CONNECTIONS: usize = 8;
    /// After how many claims what is over is forgotten: fewer than are forgotten at a time.
    const SWEEP_EVERY: u32 = 64;

    /// Takes an address such as `postgres://user:password@host:5432/database?sslmode=verify-full`. Nothing is
    /// connected before the first call. The connections belong to the runtime of tokio in which this is called.
    ///
    /// In the password, `@` is written `%40`, `#` is `%23` and `?` is `%3F`. Of several hosts, `a:5432,b:5432`, the one
    /// that can be written to is used.
    ///
    /// | `sslmode` | connections |
    /// |---|---|
    /// | `verify-full`, and `verify-ca` and `require` too | TLS; the certificate and its name are checked, by Mozilla's authorities or those of the PEM file `sslrootcert=PATH` |
    /// | `disable` | no TLS: only for a network without strangers |
    /// | none | no TLS to a Unix socket or this machine; refused for any other host |
    /// | `prefer`, `allow` | refused: an attacker in the network would decide |
    ///
    /// # Errors
    ///
    /// [`ConfigError::AddressInvalid`], [`ConfigError::AuthoritiesInvalid`], [`ConfigError::TlsUnsafe`],
    /// [`ConfigError::TlsUnsaid`], and [`ConfigError::RuntimeMissing`] outside of a runtime.
    pub fn new(address: &str) -> Result<Self, ConfigError> {
        let runtime = Handle::try_current().map_err(|_| ConfigError::RuntimeMissing)?;
        let example = "postgres://user:password@host:5432/database?sslmode=verify-full";
        let address = Address::new(address, "verify-once");
        let address = address.map_err(|error| ConfigError::of_address(error, example))?;
        let table = Table::new(address.hosts());
        let pool = Pool::new(address, table, Self::CONNECTIONS, runtime.clone());
        Ok(Self { pool, runtime, claims: AtomicU32::new(0) })
    }

    /// Forgets what is not known any more, while nobody waits for it.
    fn sweep_now_and_then(&self) {
        if !self.claims.fetch_add(1, Relaxed).is_multiple_of(Self::SWEEP_EVERY) {
            return;
        }
        let pool = self.pool.clone();
        self.runtime.spawn(async move {
            let usage = pool.connection().await?;
            let (client, statements) = usage.session()?;
            let swept = client.execute(&statements.sweep, &[]).await;
            usage.end(swept)
        });
    }

    async fn settle(
        &self,
        statement: fn(&Statements) -> &Statement,
        key: &Key,
        token: &Token,
        status: Option<u16>,
    ) -> Result<Settled, StoreError> {
        let usage = self.pool.connection().await?;
        let (client, statements) = usage.session()?;
        let (key, token) = (key.as_bytes().as_slice(), token.as_bytes().as_slice());
        let statement = statement(statements);
        let changed = match status.map(i32::from) {
            Some(status) => client.execute(statement, &[&key, &token, &status]).await,
            None => client.execute(statement, &[&key, &token]).await,
        };
        let changed = usage.end(changed)?;
        Ok(if changed > 0 { Settled::Yes } else { Settled::Lost })
    }
}

/// Reads the row of `claim.sql`.
fn read(row: Option<&Row>) -> Result<Claimed, tokio_postgres::Error> {
    // Another claim was committed after the statement began, and it sees the conflict and not the row.
    let moment = Claimed::InProgress { left: Duration::from_secs(1) };
    let Some(row) = row else { return Ok(moment) };
    let attempt: Option<i32> = row.try_get("attempt")?;
    let status: Option<i32> = row.try_get("status")?;
    let rest: Option<Millis> = row.try_get("rest")?;
    Ok(match (attempt, status, rest) {
        (Some(attempt), ..) => Claimed::Acquired { attempt: attempt.unsigned_abs() },
        (None, Some(status), _) => {
            Claimed::Done { status: u16::try_from(status).unwrap_or(u16::MAX) }
        }
        (None, None, Some(rest)) => {
            Claimed::InProgress { left: Duration::from_millis(rest.max(1).unsigned_abs()) }
        }
        (None, None, None) => moment,
    })
}

impl Claims for Postgres {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move {
            let usage = self.pool.connection().await?;
            let (client, statements) = usage.session()?;
            let (key, token) = (key.as_bytes().as_slice(), token.as_bytes().as_slice());
            let (lease, known_for) = (millis(terms.lease), millis(terms.known_for()));
            let rows = client.query(&statements.claim, &[&key, &token, &lease, &known_for]).await;
            let claimed = usage.end(rows.and_then(|rows| read(rows.first())))?;
            self.sweep_now_and_then();
            Ok(claimed)
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(self.settle(|statements| &statements.complete, key, token, Some(status)))
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(self.settle(|statements| &statements.release, key, token, None))
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move {
            let usage = self.pool.connection().await?;
            let (client, statements) = usage.session()?;
            let key = key.as_bytes().as_slice();
            let row = client.query_opt(&statements.forget, &[&key]).await;
            usage.end(row.and_then(|row| row.map_or(Ok(false), |row| row.try_get(0))))
        })
    }

    /// Makes a claim on a key that no delivery has, and takes it away again.
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let (key, token) = (Key::new([0; 32]), Token::new([0; 16]));
            let moment = Duration::from_secs(1);
            self.claim(&key, &token, Terms::new(moment, moment)).await?;
            self.forget(&key).await.map(drop)
        })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("at", &self.pool.setup().place()).finish_non_exhaustive()
    }
}
