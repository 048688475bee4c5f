//! What is done to the tables. Whoever writes does so in a transaction of its own.

use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use verify_core::UnixTime;

use crate::{
    Delivery, Stuck, Waiting,
    clock::Millis,
    policy::{Fate, Gate, Order},
    store::{Arrival, Due, Settlement},
};

/// How far a clock may be set back without a repetition being taken for another delivery, and how far it may be ahead
/// for a while without anything being deleted.
const CLOCK_STEP: Millis = 60 * 60 * 1000;

/// Keeps a delivery for each of the destinations. Returns `false` if it is known already.
pub(crate) fn keep(
    connection: &Connection,
    now: Millis,
    arrival: &Arrival,
) -> rusqlite::Result<bool> {
    let Arrival { replay_key, known_for, delivery, destinations, .. } = arrival;
    // What came much later than now came while the clock was wrong.
    let latest = now.saturating_add(CLOCK_STEP);
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM delivery WHERE replay_key = ?1 AND ((key = ?1 AND body IS NOT NULL)
             OR (known_until >= ?2 AND received_at <= ?3)))",
    )?;
    if select.query_row(params![replay_key, now, latest], |row| row.get(0))? {
        return Ok(false);
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO delivery (replay_key, known_until, key, sender, received_at, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let known_until = now.saturating_add(*known_for);
    let received_at = delivery.received_at.as_secs().saturating_mul(1000).cast_signed();
    let Delivery { key, sender, body, .. } = delivery;
    insert.execute(params![replay_key, known_until, key, sender, received_at, body])?;
    let id = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO posting (delivery, destination, since) VALUES (?1, ?2, ?3)",
    )?;
    for destination in destinations {
        insert.execute(params![id, destination, now])?;
    }
    finish(connection, id)?;
    Ok(true)
}

/// Deletes deliveries that have been everywhere and are not known any more: more of them than can come in
/// meanwhile, and not all of a week, for which whoever comes next would wait, and a full disk has no room. An hour
/// late: if the clock was ahead, they are known again when it is right.
pub(crate) fn forget(connection: &Connection, now: Millis) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery
                 WHERE body IS NULL AND known_until < ?1 ORDER BY known_until LIMIT 256)",
        )?
        .execute([now.saturating_sub(CLOCK_STEP)])?;
    Ok(())
}

/// Returns whether a destination may be posted to, and since when not.
pub(crate) fn gate(connection: &Connection, destination: &str) -> rusqlite::Result<Gate> {
    let mut select =
        connection.prepare_cached("SELECT open_at, failures FROM gate WHERE destination = ?1")?;
    let gate = select
        .query_row([destination], |row| Ok(Gate { open_at: row.get(0)?, failures: row.get(1)? }));
    Ok(gate.optional()?.unwrap_or_default())
}

/// Returns the posting whose turn it is.
pub(crate) fn next(
    connection: &Connection,
    destination: &str,
    order: Order,
) -> rusqlite::Result<Option<Due>> {
    let order = order.by();
    // The index has all that the inner one needs: no body is read to be sorted.
    let mut select = connection.prepare_cached(&format!(
        "SELECT posting.id, since, failures, key, sender, received_at, body
         FROM posting JOIN delivery ON delivery.id = posting.delivery
         WHERE posting.id = (SELECT id FROM posting WHERE destination = ?1 AND NOT dead
             ORDER BY {order} LIMIT 1)",
    ))?;
    let due = select.query_row([destination], |row| {
        Ok(Due {
            id: row.get("id")?,
            since: row.get("since")?,
            failures: row.get("failures")?,
            delivery: delivery(row)?,
            // One process at a time works on the file.
            epoch: 0,
        })
    });
    due.optional()
}

/// Returns what waits, by destination.
pub(crate) fn waiting(connection: &Connection) -> rusqlite::Result<Vec<Waiting>> {
    // Each half reads an index, and no row of the table.
    let mut select = connection.prepare_cached(
        "SELECT destination, SUM(pending) AS pending, SUM(dead) AS dead, MIN(oldest) AS oldest FROM (
             SELECT destination, COUNT(*) AS pending, 0 AS dead, MIN(since) AS oldest
                 FROM posting WHERE NOT dead GROUP BY destination
             UNION ALL SELECT destination, 0, COUNT(*), NULL
                 FROM posting WHERE dead GROUP BY destination)
         GROUP BY destination ORDER BY destination",
    )?;
    let rows = select.query_map([], |row| {
        let oldest: Option<Millis> = row.get("oldest")?;
        Ok(Waiting {
            destination: row.get("destination")?,
            pending: row.get("pending")?,
            dead: row.get("dead")?,
            oldest: oldest.map(|oldest| UnixTime::from_secs(oldest.unsigned_abs() / 1000)),
        })
    });
    rows?.collect()
}

/// Returns the postings that are dead or for none of these destinations, the oldest first.
pub(crate) fn stuck(
    connection: &Connection,
    configured: &[String],
) -> rusqlite::Result<Vec<Stuck>> {
    let mut select = connection.prepare_cached(
        "SELECT posting.id, destination, dead, reason, failures, sender, received_at,
            length(body) AS bytes
         FROM posting JOIN delivery ON delivery.id = posting.delivery ORDER BY posting.id",
    )?;
    let rows = select.query_map([], |row| {
        let destination: String = row.get("destination")?;
        let received_at: Millis = row.get("received_at")?;
        Ok(Stuck {
            id: row.get("id")?,
            is_configured: configured.contains(&destination),
            destination,
            is_dead: row.get("dead")?,
            reason: row.get("reason")?,
            failures: row.get("failures")?,
            sender: row.get("sender")?,
            received_at: UnixTime::from_secs(received_at.unsigned_abs() / 1000),
            bytes: row.get("bytes")?,
        })
    })?;
    let is_stuck = |row: &rusqlite::Result<Stuck>| {
        row.as_ref().map_or(true, |stuck| stuck.is_dead || !stuck.is_configured)
    };
    rows.filter(is_stuck).collect()
}

/// Lets a dead posting be tried again from now on. Returns `false` if there is none.
pub(crate) fn retry(connection: &Connection, now: Millis, posting: i64) -> rusqlite::Result<bool> {
    let mut update = connection.prepare_cached(
        "UPDATE posting SET dead = 0, failures = 0, since = ?1 WHERE id = ?2 AND dead",
    )?;
    Ok(update.execute(params![now, posting])? > 0)
}

/// Returns the delivery that is to be posted.
pub(crate) fn delivery_of(
    connection: &Connection,
    posting: i64,
) -> rusqlite::Result<Option<Delivery>> {
    let mut select = connection.prepare_cached(
        "SELECT key, sender, received_at, body
         FROM posting JOIN delivery ON delivery.id = posting.delivery WHERE posting.id = ?1",
    )?;
    select.query_row([posting], delivery).optional()
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let received_at: Millis = row.get("received_at")?;
    Ok(Delivery {
        key: row.get("key")?,
        sender: row.get("sender")?,
        received_at: UnixTime::from_secs(received_at.unsigned_abs() / 1000),
        body: row.get("body")?,
    })
}

/// Writes what became of a posting. Returns `false` if it is not there any more.
pub(crate) fn settle(connection: &Connection, settlement: &Settlement) -> rusqlite::Result<bool> {
    let Settlement { posting, destination, fate, gate, .. } = settlement;
    if let Some(gate) = gate {
        connection
            .prepare_cached(
                "REPLACE INTO gate (destination, open_at, failures) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![destination, gate.open_at, gate.failures])?;
    }
    let mut update = connection.prepare_cached(
        "UPDATE posting SET failures = :failures, reason = :reason, dead = :dead WHERE id = :id",
    )?;
    let changed = match fate {
        Fate::Done => return discard(connection, *posting),
        Fate::Dead { failures, reason } => update
            .execute(named_params! {":failures": failures, ":reason": reason, ":dead": true, ":id": posting})?,
        Fate::Pending { failures, reason } => update
            .execute(named_params! {":failures": failures, ":reason": reason, ":dead": false, ":id": posting})?,
    };
    Ok(changed > 0)
}

/// Deletes a posting, and the body of its delivery if that was the last one. Returns `false` if
/// there is none.
pub(crate) fn discard(connection: &Connection, posting: i64) -> rusqlite::Result<bool> {
    let mut delete =
        connection.prepare_cached("DELETE FROM posting WHERE id = ?1 RETURNING delivery")?;
    match delete.query_row([posting], |row| row.get(0)).optional()? {
        Some(delivery) => finish(connection, delivery).map(|()| true),
        None => Ok(false),
    }
}

/// Drops the body of a delivery that has nowhere to go any more. Its key stays for a while.
fn finish(connection: &Connection, delivery: i64) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached(
        "UPDATE delivery SET body = NULL
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM posting WHERE delivery = ?1)",
    )?;
    update.execute([delivery])?;
    Ok(())
}
