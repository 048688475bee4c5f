//! The table, and what each connection does with it.

use core::{fmt, time::Duration};

use tokio_postgres::{Client, Error, Statement};
use verify_connect::postgres::{Setup, Trouble};

use crate::StoreError;

/// The table of claims on a server.
pub(super) struct Table {
    place: String,
}

pub(super) struct Statements {
    pub(super) claim: Statement,
    pub(super) complete: Statement,
    pub(super) forget: Statement,
    pub(super) release: Statement,
    pub(super) sweep: Statement,
}

const COMPLETE: &str = "
    UPDATE verify_once SET status = coalesce(status, $3::integer), held_since = NULL, held_until = NULL
    WHERE key = $1 AND token = $2 AND known_until > clock_timestamp()
        AND (held_until IS NOT NULL OR status IS NOT NULL)";
const RELEASE: &str = "
    UPDATE verify_once SET held_since = NULL, held_until = NULL
    WHERE key = $1 AND token = $2 AND known_until > clock_timestamp()
        AND held_until IS NOT NULL AND status IS NULL";
const FORGET: &str =
    "DELETE FROM verify_once WHERE key = $1 RETURNING known_until > clock_timestamp()";
/// An hour late: if the clock was ahead for a while, the rows are known again when it is right.
const SWEEP: &str = "
    DELETE FROM verify_once WHERE key IN (SELECT key FROM verify_once
        WHERE known_until < clock_timestamp() - interval '1 hour'
        ORDER BY known_until LIMIT 256 FOR UPDATE SKIP LOCKED)";
/// Of what is written into the server: another version refuses it.
const VERSION: &str = "verify-once 1";
/// What stands in the way of a statement is waited for no longer than a call may take, and a statement
/// that a stopped server comes to later is not begun. A completion waits for the disk, whatever the server is set to.
const SETTINGS: &str = "
    SET lock_timeout = '450ms';
    SET statement_timeout = '2s';
    SELECT set_config('synchronous_commit', CASE WHEN setting IN ('off', 'local') THEN 'on' ELSE setting END, false)
        FROM pg_settings WHERE name = 'synchronous_commit'";

impl Setup for Table {
    type Error = StoreError;
    type Prepared = Statements;

    const PATIENCE: Duration = Duration::from_secs(2);

    async fn prepare(&self, client: &Client) -> Result<Statements, StoreError> {
        let meaning = |error: Error| self.meaning(Trouble::of(&error));
        client.batch_execute(SETTINGS).await.map_err(meaning)?;
        self.look(client).await?;
        Ok(Statements {
            claim: client.prepare(include_str!("claim.sql")).await.map_err(meaning)?,
            complete: client.prepare(COMPLETE).await.map_err(meaning)?,
            forget: client.prepare(FORGET).await.map_err(meaning)?,
            release: client.prepare(RELEASE).await.map_err(meaning)?,
            sweep: client.prepare(SWEEP).await.map_err(meaning)?,
        })
    }

    fn meaning(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Full => StoreError::Full,
            Trouble::TimedOut => StoreError::TimedOut,
            Trouble::Forbidden => self.unsuitable(
                "refuses the user: to make the table `verify_once` it has to own a schema, or the table has to be made for it",
            ),
            Trouble::DatabaseMissing | Trouble::LoginRefused | Trouble::Tls(_) => {
                self.unsuitable(trouble)
            }
            trouble => StoreError::Unavailable(self.says(trouble)),
        }
    }
}

impl Table {
    pub(super) const fn new(place: String) -> Self {
        Self { place }
    }

    /// Where the server is, without the password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Makes the table if it is not there, and refuses one of another version.
    async fn look(&self, client: &Client) -> Result<(), StoreError> {
        let meaning = |error: Error| self.meaning(Trouble::of(&error));
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
                    "has a table `verify_once` that is {found}, and this program knows version 1"
                )))
            }
        }
    }

    fn unsuitable(&self, what: impl fmt::Display) -> StoreError {
        StoreError::Unsuitable(self.says(what))
    }

    fn says(&self, what: impl fmt::Display) -> String {
        format!("store of claims `{}` {what}", self.place)
    }
}
