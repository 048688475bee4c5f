//! A store in PostgreSQL, which any number of instances share. All times are those of the server.

mod leases;
mod schema;
mod server;
mod sql;
mod tables;

use std::sync::Arc;

use tokio_postgres::{Error, Row, types::ToSql};
pub(crate) use verify_connect::postgres::Address;
use verify_core::UnixTime;

use self::{
    server::Server,
    sql::{RETRY, Sql, discard},
};
use crate::{
    Delivery, OpenError, StoreError, Stuck, Waiting,
    bell::Bell,
    clock::{Clock, Millis},
    policy::{Fate, Gate, Order},
    store::{Arrival, Desk, Due, Held, Pending, Settlement, Store},
};

pub(crate) struct Postgres(Server);

/// Reads an address. What is said of it has nothing of it.
pub(crate) fn address(text: &str) -> Result<Address, OpenError> {
    Address::new(text, "verify-outbox").map_err(|error| OpenError::Address(error.text()))
}

impl Postgres {
    /// Connects, and makes or migrates the tables. With a bell it is rung when another instance keeps something.
    pub(crate) fn open(address: &Address, bell: Option<Arc<Bell>>) -> Result<Self, OpenError> {
        Server::start(address, bell).map(Self)
    }

    /// Returns the clock of the server, as far as it is known here.
    pub(crate) fn clock(&self) -> Clock {
        let shared = Arc::clone(self.0.shared());
        Arc::new(move || shared.now())
    }
}

impl Store for Postgres {
    fn keep(&self, arrival: Arrival) -> Pending<'_, bool> {
        let shared = Arc::clone(self.0.shared());
        let kept = self.0.begin(async move {
            let Arrival { replay_key, known_for, delivery, mut destinations, _room } = arrival;
            destinations.sort_unstable();
            destinations.dedup();
            // Longer than a lifetime is for ever, and the time of the server is added to it.
            let known_for = known_for.min(i64::MAX / 4);
            let received_at = delivery.received_at.as_secs().saturating_mul(1000).cast_signed();
            let Delivery { key, sender, body, .. } = delivery;
            let rows = shared
                .ask(
                    Sql::Keep,
                    &[
                        &replay_key.as_slice(),
                        &known_for,
                        &key.as_slice(),
                        &sender,
                        &received_at,
                        &body,
                        &destinations,
                    ],
                )
                .await?;
            shared.kept();
            one(&rows, |row| row.try_get(0))
        });
        Box::pin(async move { kept.await.map_err(|_| StoreError::Closed)? })
    }

    fn check(&self) -> Pending<'_, ()> {
        let shared = Arc::clone(self.0.shared());
        let checked = self.0.begin(async move { shared.ask(Sql::Check, &[]).await.map(drop) });
        Box::pin(async move { checked.await.map_err(|_| StoreError::Closed)? })
    }

    fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let shared = Arc::clone(self.0.shared());
        let rows = self.0.wait(async move { shared.ask(Sql::Waiting, &[]).await })?;
        all(&rows, |row| {
            let oldest: Option<Millis> = row.try_get("oldest")?;
            Ok(Waiting {
                destination: row.try_get("destination")?,
                pending: row.try_get::<_, i64>("pending")?.unsigned_abs(),
                dead: row.try_get::<_, i64>("dead")?.unsigned_abs(),
                oldest: oldest.map(time),
            })
        })
    }

    fn hold(&self, destination: &str, order: Order) -> Result<Option<Held>, StoreError> {
        let (shared, destination) = (Arc::clone(self.0.shared()), destination.to_owned());
        self.0.wait(async move {
            let holder = shared.holder();
            let epoch = shared.leases.epoch(&destination);
            let rows = shared.ask(Sql::Gate, &[&destination, &holder, &epoch]).await?;
            let (now, is_ours, is_free, held) = one(&rows, |row| {
                Ok((
                    row.try_get("now")?,
                    row.try_get("is_ours")?,
                    row.try_get("is_free")?,
                    held(row)?,
                ))
            })?;
            shared.set_time(now);
            if order == Order::Parallel {
                return Ok(Some(Held { paced_until: None, ..held }));
            }
            if is_ours {
                return Ok(Some(held));
            }
            shared.leases.note(&destination, None);
            let is_free: bool = is_free;
            if !is_free {
                return Ok(None);
            }
            let rows = shared.ask(Sql::Hold, &[&destination, &holder]).await?;
            // Somebody else was quicker.
            let Some(row) = rows.first() else { return Ok(None) };
            let (epoch, held) = read(row, |row| Ok((row.try_get("epoch")?, self::held(row)?)))?;
            shared.leases.note(&destination, Some(epoch));
            Ok(Some(held))
        })
    }

    fn next(&self, destination: &str, order: Order) -> Result<Option<Due>, StoreError> {
        let (shared, destination) = (Arc::clone(self.0.shared()), destination.to_owned());
        self.0.wait(async move {
            let holder = shared.holder();
            let epoch = shared.leases.epoch(&destination);
            let rows = match order {
                Order::Default => shared.ask(Sql::Next, &[&destination, &holder, &epoch]).await?,
                Order::Strict => {
                    shared.ask(Sql::NextInOrder, &[&destination, &holder, &epoch]).await?
                }
                Order::Parallel => shared.ask(Sql::Take, &[&destination, &holder]).await?,
            };
            let due = rows.first().map(|row| read(row, due)).transpose()?;
            if let (Order::Parallel, Some(due)) = (order, &due) {
                shared.leases.note_posting(due.id, Some(due.epoch));
            }
            Ok(due)
        })
    }

    fn settle(&self, settlement: &Settlement) -> Result<bool, StoreError> {
        let (shared, settlement) = (Arc::clone(self.0.shared()), settlement.clone());
        self.0.wait(async move {
            let Settlement { posting, since, destination, order, epoch, fate, gate, paced_until } =
                settlement;
            let (is_done, is_dead, failures, reason) = match fate {
                Fate::Done => (true, false, 0, None),
                Fate::Dead { failures, reason } => (false, true, failures, Some(reason)),
                Fate::Pending { failures, reason } => (false, false, failures, Some(reason)),
            };
            // What PostgreSQL's texts cannot have: it would never be written.
            let reason = reason.map(|reason| reason.replace('\0', " "));
            let (changes, gate) = (gate.is_some(), gate.unwrap_or_default());
            let (holder, failures, of_gate) =
                (shared.holder(), number(failures), number(gate.failures));
            let parameters: [&(dyn ToSql + Sync); 13] = [
                &destination,
                &holder,
                &epoch,
                &posting,
                &is_done,
                &failures,
                &is_dead,
                &reason,
                &changes,
                &gate.open_at,
                &of_gate,
                &paced_until,
                &since,
            ];
            let rows = match (order, parameters.split_last_chunk::<2>()) {
                (Order::Parallel, Some((of_the_posting, _))) => {
                    shared.ask(Sql::SettleParallel, of_the_posting).await?
                }
                _ => shared.ask(Sql::Settle, &parameters).await?,
            };
            shared.leases.note_posting(posting, None);
            one(&rows, |row| row.try_get(0))
        })
    }

    fn leave(&self, destination: &str) {
        let (shared, destination) = (Arc::clone(self.0.shared()), destination.to_owned());
        let epoch = shared.leases.epoch(&destination);
        if epoch == 0 {
            return;
        }
        let left = self.0.wait(async move {
            shared.leases.note(&destination, None);
            shared.ask(Sql::Leave, &[&destination, &shared.holder(), &epoch]).await
        });
        if let Err(error) = left {
            tracing::debug!(target: "outbox", %error, "the lease of a destination ends by itself");
        }
    }
}

impl Desk for Postgres {
    fn list(&self, configured: &[String]) -> Result<Vec<Stuck>, StoreError> {
        let (shared, configured) = (Arc::clone(self.0.shared()), configured.to_vec());
        let rows = self.0.wait(async move { shared.ask(Sql::Stuck, &[&configured]).await })?;
        all(&rows, |row| {
            Ok(Stuck {
                id: row.try_get("id")?,
                destination: row.try_get("destination")?,
                is_configured: row.try_get("is_configured")?,
                is_dead: row.try_get("dead")?,
                reason: row.try_get("reason")?,
                failures: row.try_get::<_, i32>("failures")?.unsigned_abs(),
                sender: row.try_get("sender")?,
                received_at: time(row.try_get("received_at")?),
                bytes: row.try_get::<_, i64>("bytes")?.unsigned_abs(),
            })
        })
    }

    fn delivery(&self, posting: i64) -> Result<Option<Delivery>, StoreError> {
        let shared = Arc::clone(self.0.shared());
        let rows = self.0.wait(async move { shared.ask(Sql::Delivery, &[&posting]).await })?;
        rows.first().map(|row| read(row, delivery)).transpose()
    }

    fn retry(&mut self, postings: &[i64]) -> Result<usize, StoreError> {
        let (shared, postings) = (Arc::clone(self.0.shared()), postings.to_vec());
        self.0.wait(async move {
            let usage = shared.pool.connection().await?;
            let changed = usage.session()?.0.execute(RETRY, &[&postings]).await;
            Ok(usize::try_from(usage.end(changed)?).unwrap_or(usize::MAX))
        })
    }

    fn discard(&mut self, postings: &[i64]) -> Result<usize, StoreError> {
        let (shared, postings) = (Arc::clone(self.0.shared()), postings.to_vec());
        self.0.wait(async move {
            let usage = shared.pool.connection().await?;
            let row = usage.session()?.0.query_one(&discard(), &[&postings]).await;
            let count: i64 = usage.end(row.and_then(|row| row.try_get(0)))?;
            Ok(usize::try_from(count).unwrap_or_default())
        })
    }
}

fn due(row: &Row) -> Result<Due, Error> {
    Ok(Due {
        id: row.try_get("id")?,
        since: row.try_get("since")?,
        failures: row.try_get::<_, i32>("failures")?.unsigned_abs(),
        epoch: row.try_get("epoch")?,
        delivery: delivery(row)?,
    })
}

fn delivery(row: &Row) -> Result<Delivery, Error> {
    let mut key = [0; 32];
    // None is kept with another length.
    row.try_get::<_, &[u8]>("key")?.iter().zip(&mut key).for_each(|(from, to)| *to = *from);
    Ok(Delivery {
        key,
        sender: row.try_get("sender")?,
        received_at: time(row.try_get("received_at")?),
        body: row.try_get("body")?,
    })
}

fn held(row: &Row) -> Result<Held, Error> {
    let failures: i32 = row.try_get("failures")?;
    let gate = Gate { open_at: row.try_get("open_at")?, failures: failures.unsigned_abs() };
    Ok(Held { gate, paced_until: Some(row.try_get("paced_until")?) })
}

fn time(millis: Millis) -> UnixTime {
    UnixTime::from_secs(millis.unsigned_abs() / 1000)
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn read<T>(row: &Row, read: impl FnOnce(&Row) -> Result<T, Error>) -> Result<T, StoreError> {
    read(row)
        .map_err(|_| StoreError::Unsuitable("its tables have other columns than those of a store"))
}

fn all<T>(rows: &[Row], of: impl Fn(&Row) -> Result<T, Error>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| read(row, &of)).collect()
}

fn one<T>(rows: &[Row], of: impl FnOnce(&Row) -> Result<T, Error>) -> Result<T, StoreError> {
    let row = rows.first().ok_or(StoreError::Unsuitable("it answers with no row"))?;
    read(row, of)
}
