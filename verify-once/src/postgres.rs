//! Claims in PostgreSQL.

mod pool;

use core::{fmt, str::FromStr as _, time::Duration};

use tokio::runtime::Handle;
use tokio_postgres::{Config, NoTls, Row, config::SslMode};

use crate::{
    Claimed, Claims, ConfigError, Key, Pending, Settled, StoreError, Terms, Token,
    row::{Millis, millis},
};
use pool::{Pool, Statements};

/// Claims in PostgreSQL (from 12), for any number of instances.
///
/// The table `verify_once` is made if it is not there. Each call is one statement, on the clock of the server, over
/// one of 8 connections, which is closed if the call is dropped or fails. A claim does not wait for the disk; a
/// completion does.
///
/// **If the effect of the handler is in this database too, you need no guard**: see the crate page.
pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Takes an address such as `postgres://user:password@host:5432/database`. Nothing is connected
    /// before the first call.
    ///
    /// The connections belong to the runtime of tokio in which this is called. They have no TLS: an address that
    /// asks for it is refused. Take a Unix socket, a private network, or a proxy that speaks TLS.
    ///
    /// # Errors
    ///
    /// [`ConfigError::AddressInvalid`], [`ConfigError::TlsMissing`], and
    /// [`ConfigError::RuntimeMissing`] outside of a runtime.
    pub fn new(address: &str) -> Result<Self, ConfigError> {
        let runtime = Handle::try_current().map_err(|_| ConfigError::RuntimeMissing)?;
        let example = "postgres://user:password@host:5432/database";
        // Its error may hold parts of the address.
        let config = Config::from_str(address);
        let mut config = config.map_err(|_| ConfigError::AddressInvalid { example })?;
        if config.get_hosts().is_empty() {
            return Err(ConfigError::AddressInvalid { example });
        }
        if !matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer) {
            return Err(ConfigError::TlsMissing { store: "PostgreSQL" });
        }
        config.application_name("verify-once").connect_timeout(Pool::CONNECT_DEADLINE);
        Ok(Self { pool: Pool::new(config, NoTls, runtime) })
    }

    async fn settle(
        &self,
        statement: fn(&Statements) -> &tokio_postgres::Statement,
        key: &Key,
        token: &Token,
        status: Option<u16>,
    ) -> Result<Settled, StoreError> {
        let usage = self.pool.connection().await?;
        let session = usage.session()?;
        let (key, token) = (key.as_bytes().as_slice(), token.as_bytes().as_slice());
        let statement = statement(&session.statements);
        let changed = match status.map(i32::from) {
            Some(status) => session.client.execute(statement, &[&key, &token, &status]).await,
            None => session.client.execute(statement, &[&key, &token]).await,
        };
        let changed = usage.end(changed.map_err(|error| self.pool.meaning(&error)))?;
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
            let session = usage.session()?;
            let (key, token) = (key.as_bytes().as_slice(), token.as_bytes().as_slice());
            let (lease, known_for) = (millis(terms.lease), millis(terms.known_for()));
            let rows = session
                .client
                .query(&session.statements.claim, &[&key, &token, &lease, &known_for])
                .await
                .and_then(|rows| read(rows.first()));
            let claimed = usage.end(rows.map_err(|error| self.pool.meaning(&error)))?;
            self.pool.sweep_now_and_then();
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
            let session = usage.session()?;
            let key = key.as_bytes().as_slice();
            let row = session.client.query_opt(&session.statements.forget, &[&key]).await;
            let known = row.and_then(|row| row.map_or(Ok(false), |row| row.try_get(0)));
            usage.end(known.map_err(|error| self.pool.meaning(&error)))
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
        f.debug_struct("Postgres").field("at", &self.pool.place()).finish_non_exhaustive()
    }
}
