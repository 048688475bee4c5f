//! A server as one instance speaks to it: a runtime of its own, since whoever keeps and posts may have none, or
//! several; and what is to be done from time to time.

use core::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use tokio::{
    runtime::{self, Handle},
    sync::{Notify, oneshot},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_postgres::{Row, types::ToSql};
use verify_connect::postgres::{Address, Pool};

use super::{leases::Leases, sql::Sql, tables::Tables};
use crate::{OpenError, StoreError, bell::Bell, clock::Millis};

pub(super) struct Server {
    shared: Arc<Shared>,
    runtime: Handle,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(super) struct Shared {
    pub(super) pool: Pool<Tables>,
    pub(super) leases: Leases,
    /// What nobody else is called.
    holder: [u8; 16],
    /// The time of the server, and when it was told.
    time: Mutex<(Instant, Millis)>,
    kept: AtomicU32,
    /// Says that it is time to forget.
    full: Notify,
}

impl Server {
    /// How long a call may take, the connecting and the waiting for a connection included.
    const DEADLINE: Duration = Duration::from_secs(5);
    /// Connections of an instance, besides the one for what is done from time to time.
    const CONNECTIONS: usize = 8;

    pub(super) fn start(address: &Address, bell: Option<Arc<Bell>>) -> Result<Self, OpenError> {
        let failed = |error: io::Error| OpenError::Database {
            place: address.to_string(),
            error: StoreError::Failed(error.to_string()),
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("outbox-postgres".to_owned());
        // A runtime must not end within another one, as the last handle of the outbox may.
        let thread = thread.spawn(move || drop(runtime.block_on(stopped))).map_err(failed)?;
        let pool = |connections| Pool::new(address.clone(), Tables, connections, handle.clone());
        let shared = Arc::new(Shared {
            pool: pool(Self::CONNECTIONS),
            leases: Leases::default(),
            holder: fastrand::u128(..).to_ne_bytes(),
            time: Mutex::new((Instant::now(), 0)),
            kept: AtomicU32::new(0),
            full: Notify::new(),
        });
        let server =
            Self { shared, runtime: handle.clone(), stop: Some(stop), thread: Some(thread) };
        // Before the limit of calls holds: another one may migrate what is large.
        let (place, within) = (address.clone(), handle.clone());
        let migrated = server.wait_for(async move {
            let client = within_deadline(Tables.open(&place, &within)).await?;
            Tables.migrate(client).await
        });
        let shared = Arc::clone(server.shared());
        let newest =
            migrated.and_then(|()| server.wait(async move { shared.newest(&shared.pool).await }));
        let newest =
            newest.map_err(|error| OpenError::Database { place: address.to_string(), error })?;
        if let Some(bell) = bell {
            let shared = Arc::clone(server.shared());
            let now_and_then = pool(1);
            handle.spawn(listen(Arc::clone(&shared), now_and_then.clone(), bell, newest));
            handle.spawn(renew(Arc::clone(&shared), pool(1)));
            handle.spawn(forget(shared, now_and_then));
        }
        Ok(server)
    }

    pub(super) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Carries a call out, whether somebody still waits for it or not.
    pub(super) fn begin<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (done, said) = oneshot::channel();
        self.runtime.spawn(async move {
            let _ = done.send(within_deadline(call).await);
        });
        said
    }

    /// Carries a call out, and waits for it on a thread that may wait.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.wait_for(within_deadline(call))
    }

    /// The same for a call that has a limit of its own.
    fn wait_for<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Not a channel of tokio's, which panics on a thread of a runtime, where an outbox is opened.
        let (done, said) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = done.send(call.await);
        });
        said.recv().map_err(|_| StoreError::Closed)?
    }
}

/// Waits until its connections are closed.
impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn within_deadline<T>(
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(Server::DEADLINE, call).await.unwrap_or(Err(StoreError::TimedOut))
}

impl Shared {
    pub(super) async fn ask(
        &self,
        sql: Sql,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        ask(&self.pool, sql, parameters).await
    }

    pub(super) const fn holder(&self) -> &[u8] {
        &self.holder
    }

    /// Returns the time of the server, as far as it is known.
    pub(super) fn now(&self) -> Millis {
        let (at, told) = *self.time.lock().unwrap_or_else(PoisonError::into_inner);
        told.saturating_add(crate::clock::millis(at.elapsed()))
    }

    pub(super) fn set_time(&self, now: Millis) {
        *self.time.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), now);
    }

    /// Notes that something was kept.
    pub(super) fn kept(&self) {
        /// Fewer than are forgotten at a time.
        const FORGET_EVERY: u32 = 64;
        if self.kept.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.full.notify_one();
        }
    }

    /// Asks for the time and the newest posting.
    async fn newest(&self, pool: &Pool<Tables>) -> Result<i64, StoreError> {
        let rows = ask(pool, Sql::Newest, &[]).await?;
        let (now, newest) = super::one(&rows, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?;
        self.set_time(now);
        Ok(newest)
    }
}

async fn ask(
    pool: &Pool<Tables>,
    sql: Sql,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let usage = pool.connection().await?;
    let (client, statements) = usage.session()?;
    let rows = client.query(statements.of(sql)?, parameters).await;
    usage.end(rows)
}

/// Rings when something new is there, whoever kept it. Asked often instead of told: telling would make all that keep
/// wait for each other.
async fn listen(shared: Arc<Shared>, pool: Pool<Tables>, bell: Arc<Bell>, mut heard: i64) {
    const EVERY: Duration = Duration::from_millis(200);
    const AFTER_TROUBLE: Duration = Duration::from_secs(1);
    loop {
        match within_deadline(shared.newest(&pool)).await {
            Ok(newest) if newest != heard => {
                heard = newest;
                bell.ring();
            }
            Ok(_) => {}
            Err(_) => sleep(AFTER_TROUBLE).await,
        }
        sleep(EVERY).await;
    }
}

/// Moves on the end of what this instance holds, over a connection of its own: nothing else must hold that up.
async fn renew(shared: Arc<Shared>, pool: Pool<Tables>) {
    // Two may fail.
    const EVERY: Duration = Duration::from_millis(super::sql::LEASE.unsigned_abs() / 4);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (destinations, epochs) = shared.leases.destinations();
        let (postings, of_postings) = shared.leases.postings();
        let renewed = within_deadline(async {
            if !destinations.is_empty() {
                ask(&pool, Sql::Renew, &[&shared.holder(), &destinations, &epochs]).await?;
            }
            if !postings.is_empty() {
                let held = &[&shared.holder() as _, &postings as _, &of_postings as _];
                ask(&pool, Sql::RenewPostings, held).await?;
            }
            Ok(())
        });
        if let Err(error) = renewed.await {
            tracing::warn!(target: "outbox", %error, "cannot renew the leases of this instance");
        }
    }
}

/// Forgets what is not known any more, while nobody waits for it.
async fn forget(shared: Arc<Shared>, pool: Pool<Tables>) {
    const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
    loop {
        let _ = timeout(AT_LEAST_EVERY, shared.full.notified()).await;
        if let Err(error) = within_deadline(ask(&pool, Sql::Forget, &[])).await {
            tracing::debug!(target: "outbox", %error, "cannot delete old keys");
        }
    }
}
