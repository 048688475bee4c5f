//! Redis and Valkey, on servers that the tests start.

use core::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{io, sync::Arc};

use proptest::test_runner::{Config, TestRunner};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};
use verify_once::{
    Claimed, Claims, ConfigError, Ending, Key, Once, Reason, Redis, Settled, StoreError, Terms,
    Token, conformance::Suite,
};

use crate::{
    conform::{LEASE, WINDOW},
    mlflow::deliver,
    model::{Subject, cases, check},
    proxy::Proxy,
    servers::{RedisServer, Server as _, each_redis},
    support::{enter_answer, enter_run, mlflow_after},
};

const TERMS: Terms = Terms::new(Duration::from_secs(30), Duration::from_secs(600));
const FIRST: Result<Claimed, StoreError> = Ok(Claimed::Acquired { attempt: 1 });
const DONE: Result<Claimed, StoreError> = Ok(Claimed::Done { status: 204 });

async fn claim(store: &Redis, number: u8) -> Result<Claimed, StoreError> {
    store.claim(&Key::new([number; 32]), &Token::new([number; 16]), TERMS).await
}

async fn complete(store: &Redis, number: u8) -> Result<Settled, StoreError> {
    store.complete(&Key::new([number; 32]), &Token::new([number; 16]), 204).await
}

fn unsuitable(server: &RedisServer, what: &str) -> Result<(), StoreError> {
    let place = server.address().replace("redis://", "");
    Err(StoreError::Unsuitable(format!("store of claims `{place}` {what}")))
}

#[tokio::test]
async fn redis_conforms_in_two_processes() {
    for server in each_redis("the laws") {
        let suite = Suite::new(server.store()).with_other(server.store()).with_terms(LEASE, WINDOW);
        suite.run().await.unwrap_or_else(|broken| panic!("{}: {broken}", server.name));
    }
}

#[test]
fn redis_does_as_the_reference() {
    for server in each_redis("the model") {
        let runtime = Runtime::new().unwrap();
        let base = AtomicU64::new(0);
        let mut runner =
            TestRunner::new(Config { failure_persistence: None, cases: 64, ..Config::default() });
        let subject = {
            let _guard = runtime.enter();
            Subject {
                instances: [server.open(), server.open()],
                pass: server.pass(),
                lag: Duration::from_millis(20),
            }
        };
        let checked = runner.run(&cases(), |actions| {
            runtime.block_on(check(&subject, base.fetch_add(1, Relaxed), &actions))
        });
        checked.unwrap_or_else(|error| panic!("{}: {error}", server.name));
    }
}

#[tokio::test]
async fn a_server_that_evicts_is_refused() {
    for server in each_redis("eviction") {
        let server = server.another(&["--maxmemory-policy", "allkeys-lru"]);
        let expected = unsuitable(
            &server,
            "may forget claims early: its `maxmemory-policy` is `allkeys-lru`, and has to be `noeviction`",
        );
        assert_eq!(server.store().check().await, expected);
        assert_eq!(claim(&server.store(), 1).await.map(drop), expected);
        // Mended while it runs.
        let store = server.store();
        assert_eq!(store.check().await, expected);
        server.command::<()>(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
        assert_eq!(store.check().await, Ok(()));
        server.command::<()>(&["CONFIG", "SET", "maxmemory-policy", "volatile-ttl"]);
        assert!(store.check().await.is_err());
    }
}

/// A key may be in another server of the cluster.
#[tokio::test]
async fn a_cluster_is_refused() {
    for server in each_redis("a cluster") {
        let server = server.another(&["--cluster-enabled", "yes"]);
        let expected = unsuitable(
            &server,
            "is part of a Redis Cluster, which this store cannot use: name a server that is not",
        );
        assert_eq!(server.store().check().await, expected);
        assert_eq!(claim(&server.store(), 1).await.map(drop), expected);
    }
}

#[tokio::test]
async fn scripts_that_were_flushed_are_loaded_again() {
    for server in each_redis("SCRIPT FLUSH") {
        let store = server.store();
        assert_eq!(claim(&store, 1).await, FIRST);
        server.command::<()>(&["SCRIPT", "FLUSH"]);
        assert_eq!(complete(&store, 1).await, Ok(Settled::Yes));
        assert_eq!(claim(&store, 1).await, DONE);
    }
}

#[tokio::test]
async fn a_server_without_memory_refuses_claims_and_still_settles() {
    for server in each_redis("memory full") {
        let store = server.store();
        assert_eq!(claim(&store, 1).await, FIRST);
        assert_eq!(claim(&store, 2).await, FIRST);
        assert_eq!(claim(&store, 3).await, FIRST);
        assert_eq!(complete(&store, 1).await, Ok(Settled::Yes));
        server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
        assert_eq!(claim(&store, 4).await, Err(StoreError::Full));
        assert_eq!(claim(&store, 1).await, DONE);
        assert_eq!(complete(&store, 2).await, Ok(Settled::Yes), "{}", server.name);
        let release = store.release(&Key::new([3; 32]), &Token::new([3; 16])).await;
        assert_eq!(release, Ok(Settled::Yes));
        // Another instance, which connects only now.
        assert_eq!(claim(&server.store(), 2).await, DONE);
        server.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
        assert_eq!(claim(&store, 4).await, FIRST);
        assert_eq!(claim(&store, 3).await, Ok(Claimed::Acquired { attempt: 2 }));
    }
}

#[tokio::test]
async fn claims_of_another_version_are_refused_in_one_sentence() {
    for server in each_redis("another version") {
        server.store().check().await.unwrap();
        server.command::<()>(&["SET", "once:version", "2"]);
        let what = "holds claims of another version of this program: `once:version` is 2, and this version knows 1";
        assert_eq!(server.store().check().await, unsuitable(&server, what));
    }
}

#[tokio::test]
async fn a_password_is_never_shown() {
    for server in each_redis("a wrong password") {
        let server = server.another(&["--requirepass", "the-right-one"]);
        let place = server.address().replace("redis://", "");
        let with = |password: &str| Redis::new(&format!("redis://:{password}@{place}")).unwrap();
        assert_eq!(with("the-right-one").check().await, Ok(()));
        let wrong = with("hunter2-hunter2");
        let refused = "refuses the user or the password of the address";
        assert_eq!(wrong.check().await, unsuitable(&server, refused));
        assert!(!format!("{wrong:?}").contains("hunter2"));
        let without = "asks for a password: put it into the address";
        assert_eq!(server.store().check().await, unsuitable(&server, without));
    }
    for address in
        ["redis//:hunter2@host", "postgres://:hunter2@host", "redis://:hunter2@host:port"]
    {
        let error = Redis::new(address).unwrap_err();
        assert!(matches!(error, ConfigError::AddressInvalid { .. }));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn outside_of_a_runtime_there_is_no_store() {
    assert_eq!(Redis::new("redis://127.0.0.1").unwrap_err(), ConfigError::RuntimeMissing);
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    for mut server in each_redis("a server that comes later") {
        let store = server.store();
        server.kill();
        let place = server.address().replace("redis://", "");
        let text = format!("store of claims `{place}` cannot be reached");
        assert_eq!(claim(&store, 1).await, Err(StoreError::Unavailable(text)));
        let mut server = tokio::task::spawn_blocking(move || {
            server.start_again();
            server
        })
        .await
        .unwrap();
        assert_eq!(claim(&store, 1).await, FIRST);
        // A connection that broke is told of once at most.
        server.kill();
        let _server = tokio::task::spawn_blocking(move || {
            server.start_again();
            server
        })
        .await
        .unwrap();
        let _ = store.check().await;
        assert_eq!(store.check().await, Ok(()));
    }
}

/// Otherwise the system would send what a partition held up, long after nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_when_a_call_was_given_up_is_not_sent_later() {
    for server in each_redis("a reset") {
        let listening = TcpSocket::new_v4().unwrap();
        // Then most of the calls wait to be sent.
        listening.set_recv_buffer_size(2048).unwrap();
        listening.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = listening.listen(1).unwrap();
        let (way, port) = (listener.local_addr().unwrap(), server.port());
        let (cut, mut is_cut) = watch::channel(false);
        let carried: JoinHandle<io::Result<()>> = tokio::spawn(async move {
            let (mut from_client, mut to_client) = listener.accept().await?.0.into_split();
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
            let mut buffer = [0; 1024];
            loop {
                is_cut.wait_for(|is_cut| !is_cut).await.map_err(io::Error::other)?;
                match from_client.read(&mut buffer).await? {
                    0 => return Ok(()),
                    length => to_server.write_all(&buffer[..length]).await?,
                }
            }
        });
        let store = Arc::new(Redis::new(&format!("redis://{way}")).unwrap());
        assert_eq!(store.check().await, Ok(()));
        cut.send(true).unwrap();
        let mut calls = JoinSet::new();
        for number in 0..1000_u32 {
            let store = Arc::clone(&store);
            calls.spawn(async move {
                let call = claim(&store, number as u8);
                timeout(Duration::from_millis(200), call).await.is_err()
            });
        }
        assert!(calls.join_all().await.contains(&true));
        sleep(Duration::from_millis(100)).await;
        cut.send(false).unwrap();
        let ended = carried.await.unwrap().map_err(|error| error.kind());
        assert_eq!(ended, Err(io::ErrorKind::ConnectionReset), "{}", server.name);
    }
}

/// A failover to a replica forgets at most what it was not sent yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_loses_no_delivery() {
    let failure = "failover to a replica";
    for mut primary in each_redis(failure) {
        let replica = primary.another(&[]);
        let port = primary.port().to_string();
        replica.command::<()>(&["REPLICAOF", "127.0.0.1", &port]);
        let begun = Instant::now();
        while !replica.command::<String>(&["INFO", "replication"]).contains("master_link_status:up")
        {
            assert!(begun.elapsed() < Duration::from_secs(60));
            sleep(Duration::from_millis(50)).await;
        }
        let way = Proxy::to(primary.port()).await;
        let instances =
            [(); 2].map(|()| Once::builder_shared(primary.open_at(way.port)).build().unwrap());
        let known = mlflow_after("known", 0);
        while instances[0].check().await.is_err() {}
        enter_run(&instances[0], &known).await.end(Ending::Answered(204)).await;
        let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
        let name = primary.name;
        let failing = async {
            sleep(Duration::from_millis(1500)).await;
            tokio::task::spawn_blocking(move || primary.kill()).await.unwrap();
            way.lead_to(replica.port());
            // It is a replica still.
            sleep(Duration::from_millis(500)).await;
            replica.command::<()>(&["REPLICAOF", "NO", "ONE"]);
        };
        let counts = tokio::join!(deliveries, failing).0;
        eprintln!("| {failure} | {name} | {} | {} | {} |", counts.once, counts.again, counts.lost);
        assert_eq!(counts.lost, 0, "{name}");
        assert!(counts.again <= 2, "{name}: {counts:?}");
        assert_eq!(enter_answer(&instances[1], &known).await.reason, Reason::Done);
    }
}

/// Else it would fill, because it does not evict.
#[tokio::test]
async fn no_key_is_left_when_its_window_is_over() {
    for server in each_redis("what is left") {
        let store = server.store();
        for number in 0..100 {
            assert_eq!(claim(&store, number).await, FIRST);
            assert_eq!(complete(&store, number).await, Ok(Settled::Yes));
        }
        (server.pass())(Duration::from_secs(700)).await;
        let left: Vec<String> = server.command(&["KEYS", "once:*"]);
        assert_eq!(left, ["once:version"]);
    }
}

/// Claim and completion beside two pings, in the same run over the same kind of connection: one after the other, as a
/// delivery meets them, and by many at once, where pings travel together and the scripts are what the server works at.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_and_its_completion_are_not_much_slower_than_two_pings() {
    const PAIRS: u32 = 4_000;
    for server in each_redis("speed") {
        // As Redis does it by default. Otherwise the disk is measured, which no PING waits for.
        let server = server.another(&["--appendfsync", "everysec"]);
        let store = Arc::new(server.store());
        store.check().await.unwrap();
        let client = redis::Client::open(server.address()).unwrap();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        for (round, (lanes, least)) in [(1, 45.0), (32, 5.0)].into_iter().enumerate() {
            let pings = in_lanes(lanes, |lane| {
                let mut connection = connection.clone();
                async move {
                    for _ in (lane..2 * PAIRS).step_by(lanes as usize) {
                        redis::cmd("PING").query_async::<()>(&mut connection).await.unwrap();
                    }
                }
            });
            let pings = pings.await;
            let claims = in_lanes(lanes, |lane| {
                let store = Arc::clone(&store);
                async move {
                    for number in (lane..PAIRS).step_by(lanes as usize) {
                        let mut bytes = [round as u8; 32];
                        bytes[..4].copy_from_slice(&number.to_be_bytes());
                        let (key, token) = (Key::new(bytes), Token::new([1; 16]));
                        assert_eq!(store.claim(&key, &token, TERMS).await, FIRST);
                        assert_eq!(store.complete(&key, &token, 204).await, Ok(Settled::Yes));
                    }
                }
            });
            let claims = claims.await;
            let ratio = 100.0 * pings / claims;
            let rate = f64::from(PAIRS) / claims;
            eprintln!(
                "| claim + complete x{lanes}, of PING pairs | {} | {rate:.0} a s | {ratio:.0} % |",
                server.name
            );
            // A build for debugging spends its time in the client, and the machine does other things.
            let least = if cfg!(debug_assertions) { 5.0 } else { least };
            assert!(ratio >= least, "{} x{lanes}: {ratio} %", server.name);
        }
    }
}

/// The seconds until all lanes are through.
async fn in_lanes<F>(lanes: u32, work: impl Fn(u32) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let begun = Instant::now();
    let mut working = JoinSet::new();
    for lane in 0..lanes {
        working.spawn(work(lane));
    }
    while let Some(lane) = working.join_next().await {
        lane.unwrap();
    }
    begun.elapsed().as_secs_f64()
}
