//! What is done to the table, in a transaction of whoever calls.

use rusqlite::{Connection, OptionalExtension as _, Row as Record, params};

use crate::{
    Claimed, Key, Settled, Terms, Token,
    row::{CLOCK_STEP, Millis, Row, State},
};

/// Another version refuses a file of this one.
pub(super) const VERSION: i32 = 1;
/// "once" in ASCII, as SQLite's `application_id`.
pub(super) const APPLICATION_ID: i32 = 0x6f6e_6365;

pub(super) const SCHEMA: &str = "
    CREATE TABLE claim (
        key BLOB PRIMARY KEY,
        token BLOB NOT NULL,
        attempt INTEGER NOT NULL,
        -- Held until this time, or not held.
        held_until INTEGER,
        -- Done with this status, or not done.
        status INTEGER,
        claimed_at INTEGER NOT NULL,
        known_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claim_known_until ON claim (known_until);
";

/// What a store is asked to do.
#[derive(Clone, Copy)]
pub(super) enum Task {
    Check,
    Claim { key: Key, token: Token, terms: Terms },
    Forget { key: Key },
    Settle { key: Key, token: Token, status: Option<u16> },
}

/// What it says.
#[derive(Clone, Copy)]
pub(super) enum Said {
    Checked,
    Claimed(Claimed),
    Forgot(bool),
    Settled(Settled),
}

impl Task {
    /// Whether it makes the file grow.
    pub(super) const fn grows(&self) -> bool {
        matches!(self, Self::Check | Self::Claim { .. })
    }

    pub(super) fn perform(&self, connection: &Connection, now: Millis) -> rusqlite::Result<Said> {
        match *self {
            Self::Check => check(connection).map(|()| Said::Checked),
            Self::Claim { key, token, terms } => {
                let known = find(connection, &key)?;
                let (claimed, row) = Row::claim(known.as_ref(), token, terms, now);
                write(connection, &key, row)?;
                Ok(Said::Claimed(claimed))
            }
            Self::Forget { key } => {
                let is_known = find(connection, &key)?.is_some_and(|row| row.is_known(now));
                let mut delete = connection.prepare_cached("DELETE FROM claim WHERE key = ?1")?;
                delete.execute([key.as_bytes()])?;
                Ok(Said::Forgot(is_known))
            }
            Self::Settle { key, token, status } => {
                let known = find(connection, &key)?;
                let (settled, row) = Row::settle(known.as_ref(), token, status, now);
                write(connection, &key, row)?;
                Ok(Said::Settled(settled))
            }
        }
    }
}

impl Said {
    pub(super) const fn checked(self) -> Option<()> {
        if let Self::Checked = self { Some(()) } else { None }
    }

    pub(super) const fn claimed(self) -> Option<Claimed> {
        if let Self::Claimed(claimed) = self { Some(claimed) } else { None }
    }

    pub(super) const fn forgot(self) -> Option<bool> {
        if let Self::Forgot(is_known) = self { Some(is_known) } else { None }
    }

    pub(super) const fn settled(self) -> Option<Settled> {
        if let Self::Settled(settled) = self { Some(settled) } else { None }
    }
}

/// Forgets what is not known any more: more rows than can come in meanwhile, and not all at once, for which
/// whoever comes next would wait. An hour late: if the clock was ahead for a while, the rows are known again when it is
/// right.
pub(super) fn sweep(connection: &Connection, now: Millis) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM claim WHERE key IN (SELECT key FROM claim
                 WHERE known_until < ?1 ORDER BY known_until LIMIT 256)",
        )?
        .execute([now.saturating_sub(CLOCK_STEP)])?;
    Ok(())
}

/// Writes as much as a claim, and takes it away again.
fn check(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "INSERT OR REPLACE INTO claim (key, token, attempt, claimed_at, known_until)
             VALUES (x'', x'', 0, 0, 0);
         DELETE FROM claim WHERE key = x'';",
    )
}

fn find(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Row>> {
    let mut select = connection.prepare_cached(
        "SELECT token, attempt, held_until, status, claimed_at, known_until
         FROM claim WHERE key = ?1",
    )?;
    select.query_row([key.as_bytes()], read).optional()
}

fn read(record: &Record<'_>) -> rusqlite::Result<Row> {
    let held_until: Option<Millis> = record.get("held_until")?;
    let status: Option<u16> = record.get("status")?;
    let state = match (status, held_until) {
        (Some(status), _) => State::Done(status),
        (None, Some(until)) => State::Held { until },
        (None, None) => State::Failed,
    };
    Ok(Row {
        token: Token::new(record.get("token")?),
        attempt: record.get("attempt")?,
        state,
        claimed_at: record.get("claimed_at")?,
        known_until: record.get("known_until")?,
    })
}

fn write(connection: &Connection, key: &Key, row: Option<Row>) -> rusqlite::Result<()> {
    let Some(Row { token, attempt, state, claimed_at, known_until }) = row else { return Ok(()) };
    let (held_until, status) = match state {
        State::Done(status) => (None, Some(status)),
        State::Failed => (None, None),
        State::Held { until } => (Some(until), None),
    };
    let mut replace = connection.prepare_cached(
        "REPLACE INTO claim (key, token, attempt, held_until, status, claimed_at, known_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (key, token) = (key.as_bytes(), token.as_bytes());
    replace.execute(params![key, token, attempt, held_until, status, claimed_at, known_until])?;
    Ok(())
}
