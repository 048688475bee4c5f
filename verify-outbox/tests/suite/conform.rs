//! Each store, held to the laws.

use core::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{panic::catch_unwind, sync::Arc, time::UNIX_EPOCH};

use verify_outbox::{Builder, Unposted};

use crate::{
    common::{NOW, Store},
    laws::{LAWS, Place},
};

struct File {
    store: Store,
    /// Milliseconds since the beginning.
    clock: Arc<AtomicU64>,
}

impl Place for File {
    fn builder(&self) -> Builder {
        let clock = Arc::clone(&self.clock);
        self.store.builder().clock(move || {
            let passed = Duration::from_millis(clock.load(Ordering::Relaxed));
            UNIX_EPOCH + Duration::from_secs(NOW) + passed
        })
    }

    fn unposted(&self, configured: &[&str]) -> Unposted {
        let configured = configured.iter().map(|&name| name.to_owned());
        Unposted::open(&self.store.path(), configured).unwrap()
    }

    fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }
}

/// Each law on a store of its own, at the same time. All that do not hold are named.
fn hold(open: impl Fn(&'static str) -> Box<dyn Place> + Sync) {
    let broken: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = LAWS
            .iter()
            .map(|(name, law)| {
                let open = &open;
                let run = move || catch_unwind(AssertUnwindSafe(|| law(&*open(name)))).is_err();
                (name, scope.spawn(run))
            })
            .collect();
        let broken =
            running.into_iter().filter_map(|(name, run)| run.join().unwrap().then_some(name));
        broken.collect()
    });
    assert!(broken.is_empty(), "broken: {broken:?}");
}

#[test]
fn a_file_holds_the_laws() {
    hold(|_| Box::new(File { store: Store::new(), clock: Arc::default() }));
}

#[cfg(all(feature = "postgres", target_os = "linux"))]
mod postgres {
    use std::sync::Arc;

    use verify_outbox::Outbox;

    use super::{Builder, Duration, Place, Unposted, hold};
    use crate::server::Postgres;

    struct Database {
        server: Arc<Postgres>,
        name: &'static str,
        address: String,
    }

    impl Place for Database {
        fn builder(&self) -> Builder {
            Outbox::postgres(&self.address).unwrap()
        }

        fn unposted(&self, configured: &[&str]) -> Unposted {
            let configured = configured.iter().map(|&name| name.to_owned());
            Unposted::postgres(&self.address, configured).unwrap()
        }

        /// Everything becomes that much older: the clock is the server's.
        fn pass(&self, time: Duration) {
            let by = time.as_millis();
            let sql = format!(
                "UPDATE verify_outbox_known SET known_until = known_until - {by}, kept_at = kept_at - {by};
                 UPDATE verify_outbox_posting SET since = since - {by};
                 UPDATE verify_outbox_gate SET open_at = open_at - {by}, paced_until = paced_until - {by}"
            );
            self.server.sql(self.name, &sql);
        }
    }

    #[test]
    fn postgres_holds_the_laws() {
        let Some(server) = Postgres::start("postgres_holds_the_laws") else { return };
        let server = Arc::new(server);
        hold(|name| {
            let address = server.database(name);
            Box::new(Database { server: Arc::clone(&server), name, address })
        });
    }
}
