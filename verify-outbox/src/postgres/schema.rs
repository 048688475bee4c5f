//! The tables, which are made and migrated by whoever opens the store first.

use core::time::Duration;

use tokio::time::sleep;
use tokio_postgres::{
    Client,
    error::{Error, SqlState},
};

/// What makes each version of the previous one. The number of them is the version. None is ever changed.
const STEPS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The version that is known.
pub(super) const KNOWN: i32 = STEPS.len() as i32;

/// How long tables may take to be changed, for which other instances wait: they may be large.
pub(super) const PATIENCE: Duration = Duration::from_secs(10 * 60);

const BEGIN: &str = "
    BEGIN;
    SET LOCAL lock_timeout = '10min';
    SET LOCAL statement_timeout = '10min'";

/// One instance at a time.
const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock(hashtext('verify_outbox'))";
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtext('verify_outbox'))";

/// Behind a change that waits for somebody who reads a table, such as a backup, all others wait who keep and post. So it
/// gives up soon, and is tried again.
const CHANGE: &str = "
    SET LOCAL lock_timeout = '1s';
    CREATE TABLE IF NOT EXISTS verify_outbox_version (version integer NOT NULL);
    INSERT INTO verify_outbox_version
        SELECT 0 WHERE NOT EXISTS (SELECT FROM verify_outbox_version)";
const BETWEEN_TRIES: Duration = Duration::from_secs(2);

/// Returns the version of what is there: 0, if nothing is.
pub(super) async fn version(client: &Client) -> Result<i32, Error> {
    let there = "SELECT to_regclass('verify_outbox_version') IS NOT NULL";
    if !client.query_one(there, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    client
        .query_one("SELECT coalesce(max(version), 0) FROM verify_outbox_version", &[])
        .await?
        .try_get(0)
}

/// Takes what is there to the version that is known. Returns the version that it has then, which is a higher one
/// if a newer program has been here: then nothing is changed.
pub(super) async fn migrate(client: &Client) -> Result<i32, Error> {
    loop {
        let found = version(client).await?;
        if found >= KNOWN {
            return Ok(found);
        }
        match change(client).await {
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                client.batch_execute("ROLLBACK").await?;
                tracing::warn!(target: "outbox", "cannot migrate the tables of the store yet: they are in use");
                sleep(BETWEEN_TRIES).await;
            }
            changed => changed?,
        }
    }
}

async fn change(client: &Client) -> Result<(), Error> {
    client.batch_execute(BEGIN).await?;
    if !client.query_one(TRY_LOCK, &[]).await?.try_get::<_, bool>(0)? {
        tracing::warn!(target: "outbox", "waits for another instance that migrates the tables of the store");
        client.batch_execute(LOCK).await?;
    }
    client.batch_execute(CHANGE).await?;
    // Somebody else may have done so meanwhile.
    let found = version(client).await?;
    if (1..KNOWN).contains(&found) {
        tracing::warn!(target: "outbox", found, known = KNOWN, "migrates the tables of the store");
    }
    for (step, version) in STEPS.iter().zip(1_i32..).filter(|(_, version)| *version > found) {
        client.batch_execute(step).await?;
        let update = format!("UPDATE verify_outbox_version SET version = {version}");
        client.batch_execute(&update).await?;
    }
    client.batch_execute("COMMIT").await
}
