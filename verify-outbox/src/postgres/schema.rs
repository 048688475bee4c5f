//! The tables, which are made and migrated by whoever opens the store first.

use tokio_postgres::{Client, Error};

/// What makes each version of the previous one. The number of them is the version. None is ever changed.
const STEPS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The version that is known.
pub(super) const KNOWN: i32 = STEPS.len() as i32;

/// Any two instances that migrate at the same time wait for each other.
const LOCK: &str = "
    BEGIN;
    SET LOCAL lock_timeout = '10s';
    SET LOCAL statement_timeout = '60s';
    SELECT pg_advisory_xact_lock(hashtext('verify_outbox'));
    CREATE TABLE IF NOT EXISTS verify_outbox_version (version integer NOT NULL);
    INSERT INTO verify_outbox_version
        SELECT 0 WHERE NOT EXISTS (SELECT FROM verify_outbox_version)";

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
    let found = version(client).await?;
    if found >= KNOWN {
        return Ok(found);
    }
    client.batch_execute(LOCK).await?;
    // Somebody else may have done so meanwhile.
    let found = version(client).await?;
    for (step, version) in STEPS.iter().zip(1_i32..).filter(|(_, version)| *version > found) {
        client.batch_execute(step).await?;
        let update = format!("UPDATE verify_outbox_version SET version = {version}");
        client.batch_execute(&update).await?;
    }
    client.batch_execute("COMMIT").await?;
    version(client).await
}
