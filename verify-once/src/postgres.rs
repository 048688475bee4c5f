//! Claims in PostgreSQL.

mod pool;
mod stream;

use core::{fmt, net::IpAddr, str::FromStr as _, time::Duration};

use tokio::runtime::Handle;
use tokio_postgres::{
    Config, Row,
    config::{Host, SslMode, TargetSessionAttrs},
};

use crate::{
    Claimed, Claims, ConfigError, Key, Pending, Settled, StoreError, Terms, Token,
    row::{Millis, millis},
    tls::{self, Address},
};
use pool::{Pool, Statements};
use stream::Tls;

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
    /// Takes an address such as `postgres://user:password@host:5432/database?sslmode=verify-full`. Nothing is
    /// connected before the first call. The connections belong to the runtime of tokio in which this is called.
    ///
    /// In the password, `@` is written `%40`, `#` is `%23` and `?` is `%3F`. Of several hosts, `a:5432,b:5432`, the first
    /// that can be written to is used.
    ///
    /// | `sslmode` | connections |
    /// |---|---|
    /// | `verify-full`, and `verify-ca` and `require` too | TLS; the certificate and its name are checked, by Mozilla's authorities or those of the PEM file `sslrootcert=PATH` |
    /// | `disable` | no TLS: for a network that nobody else is in |
    /// | none | no TLS to a Unix socket or this machine; refused for any other host |
    /// | `prefer`, `allow` | refused: whoever is on the way would decide |
    ///
    /// # Errors
    ///
    /// [`ConfigError::AddressInvalid`], [`ConfigError::AuthoritiesInvalid`], [`ConfigError::TlsUnsafe`],
    /// [`ConfigError::TlsUnsaid`], and [`ConfigError::RuntimeMissing`] outside of a runtime.
    pub fn new(address: &str) -> Result<Self, ConfigError> {
        let runtime = Handle::try_current().map_err(|_| ConfigError::RuntimeMissing)?;
        let example = "postgres://user:password@host:5432/database?sslmode=verify-full";
        let invalid = || ConfigError::AddressInvalid { example };
        let Address { url, mode, authorities, .. } = Address::read(address);
        // Its error may hold parts of the address.
        let mut config = Config::from_str(&url).map_err(|_| invalid())?;
        // Of a password with a bare `@` the client takes the rest for the host, which is looked up and shown.
        let is_clear = url.contains("://") && url.matches('@').count() <= 1;
        if config.get_hosts().is_empty() || !is_clear {
            return Err(invalid());
        }
        // Said in a way that was not understood above.
        if config.get_ssl_mode() != SslMode::Prefer {
            return Err(invalid());
        }
        let is_encrypted = match mode.as_deref() {
            Some("require" | "verify-ca" | "verify-full") => true,
            Some("disable") => false,
            Some(_) => return Err(ConfigError::TlsUnsafe),
            None if is_here(&config) => false,
            None => return Err(ConfigError::TlsUnsaid),
        };
        let tls = match (is_encrypted, authorities) {
            (true, file) => Some(Tls(tls::connector(file.as_deref(), b"postgresql")?)),
            (false, None) => None,
            // Who names authorities wants them to be asked.
            (false, Some(_)) => return Err(ConfigError::TlsUnsaid),
        };
        config
            .application_name("verify-once")
            // Of each address of a host; the deadline is that of all.
            .connect_timeout(Pool::CONNECT_DEADLINE / 4)
            .ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        if config.get_hosts().len() > 1 {
            // Of one host the trouble is told: that it is a standby.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { pool: Pool::new(config, tls, runtime) })
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

/// Whether all of it is on this machine.
fn is_here(config: &Config) -> bool {
    let is_loopback = |host: &str| {
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    };
    config.get_hostaddrs().iter().all(IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(host) => is_loopback(host),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
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
