//! A server that takes connections and never answers.

#![cfg(feature = "postgres")]

use core::time::Duration;

use tokio::{net::TcpListener, runtime::Handle, time::Instant};
use tokio_postgres::Client;
use verify_connect::postgres::{Address, Pool, Setup, Trouble};

struct Nothing;

impl Setup for Nothing {
    type Error = Trouble;
    type Prepared = ();

    const PATIENCE: Duration = Duration::from_secs(1);

    async fn prepare(&self, _: &Client) -> Result<(), Trouble> {
        Ok(())
    }

    fn meaning(&self, trouble: Trouble) -> Trouble {
        trouble
    }
}

/// And no more connections than there are places are begun meanwhile.
#[tokio::test]
async fn connecting_ends_within_5_s() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("postgres://ada@{}/models", server.local_addr().unwrap());
    let pool = Pool::new(Address::new(&address, "test").unwrap(), Nothing, 1, Handle::current());
    let begun = Instant::now();
    for _ in 0..20 {
        let given_up = tokio::time::timeout(Duration::from_millis(10), pool.connection()).await;
        assert!(given_up.is_err(), "there is nobody to connect to");
    }
    let _held = server.accept().await.unwrap();
    let another = tokio::time::timeout(Duration::from_secs(1), server.accept()).await;
    assert!(another.is_err(), "each call that was given up left one behind");
    assert_eq!(pool.connection().await.unwrap_err(), Trouble::TimedOut);
    let took = begun.elapsed();
    assert!((9..60).contains(&took.as_secs()), "{took:?}");
}
