//! What each connection does with the tables, and what its trouble means.

use core::time::Duration;

use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{Client, Error, Statement};
use verify_connect::postgres::{Address, Setup, Trouble};

use super::{schema, sql::Sql};
use crate::StoreError;

/// The tables of an outbox on a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables;

/// What was prepared on a connection.
pub(super) struct Statements(Vec<Statement>);

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

impl Setup for Tables {
    type Error = StoreError;
    type Prepared = Statements;

    const PATIENCE: Duration = Duration::from_secs(15);

    async fn prepare(&self, client: &Client) -> Result<Statements, StoreError> {
        let meaning = |error: Error| self.meaning(Trouble::of(&error));
        self.set(client).await?;
        let found = match schema::version(client).await.map_err(meaning)? {
            // The database was made anew meanwhile, which takes no time.
            0 => schema::migrate(client).await.map_err(meaning)?,
            found => found,
        };
        known(found)?;
        let mut statements = Vec::new();
        for sql in Sql::ALL {
            statements.push(client.prepare(&sql.text()).await.map_err(meaning)?);
        }
        Ok(Statements(statements))
    }

    fn meaning(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Closed => StoreError::Closed,
            Trouble::DatabaseMissing => {
                StoreError::Unsuitable("there is no such database: make it with `CREATE DATABASE`")
            }
            Trouble::Forbidden => StoreError::Unsuitable(
                "the user may not make or use its tables: make the user the owner of the schema",
            ),
            Trouble::Full => StoreError::Full,
            Trouble::TimedOut => StoreError::TimedOut,
            trouble => StoreError::Unavailable(trouble.to_string()),
        }
    }
}

impl Tables {
    /// Makes or migrates the tables on a connection, for which it may take [`schema::PATIENCE`].
    pub(super) async fn migrate(self, client: Client) -> Result<(), StoreError> {
        let migrated = timeout(schema::PATIENCE, schema::migrate(&client)).await;
        let migrated = migrated.map_err(|_| StoreError::TimedOut)?;
        known(migrated.map_err(|error| self.meaning(Trouble::of(&error)))?)
    }

    /// Connects to a database that can have the tables.
    pub(super) async fn open(
        self,
        address: &Address,
        runtime: &Handle,
    ) -> Result<Client, StoreError> {
        let connected = address.connect(runtime).await;
        let (client, _) = connected.map_err(|error| self.meaning(Trouble::of(&error)))?;
        self.set(&client).await.map(|()| client)
    }

    async fn set(self, client: &Client) -> Result<(), StoreError> {
        let encoding = async {
            client.batch_execute(SETTINGS).await?;
            let encoding = client.query_one("SHOW server_encoding", &[]).await?;
            encoding.try_get::<_, String>(0)
        };
        match encoding.await.map_err(|error| self.meaning(Trouble::of(&error)))?.as_str() {
            "UTF8" => Ok(()),
            _ => Err(StoreError::Unsuitable(
                "the database has another encoding than UTF8: make one with `CREATE DATABASE ... ENCODING 'UTF8'`",
            )),
        }
    }
}

fn known(found: i32) -> Result<(), StoreError> {
    match found {
        schema::KNOWN => Ok(()),
        found => Err(StoreError::Schema { found, known: schema::KNOWN }),
    }
}

impl Statements {
    /// Returns one of the statements.
    pub(super) fn of(&self, sql: Sql) -> Result<&Statement, StoreError> {
        // All are there, in their order.
        self.0.get(sql as usize).ok_or(StoreError::Closed)
    }
}
