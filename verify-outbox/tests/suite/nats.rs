//! What is posted to a real NATS server, and what becomes of deliveries when something is done to it.

mod proxy;
mod server;

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read as _, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    thread::{self, sleep},
};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, crypto::ring, pki_types::PrivatePkcs8KeyDer,
};
use verify_outbox::{
    Delivery, Kept, Nats, NatsBuilder, NatsError, Outbox, Outcome, Policy, Post, Unposted, Workers,
};

use self::{
    proxy::Proxy,
    server::{Server, WEEK},
};
use crate::common::{Ending, there, verified, wait_until};

const SOURCE: &str = "https://hooks.example.com/mlflow";

fn open(folder: &TempDir) -> (Outbox, Workers) {
    Outbox::builder(folder.path().join("outbox.db")).open().unwrap()
}

fn keep(outbox: &Outbox, body: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(outbox.keep(&verified(body), there())).unwrap(), Kept::New);
}

fn nats(server: &Server) -> NatsBuilder {
    to(&server.url())
}

/// With time enough for a machine that does a lot else.
fn to(address: &str) -> NatsBuilder {
    Nats::builder(address, SOURCE).unwrap().time(Duration::from_secs(30))
}

/// Soon again, so that tests are quick.
fn policy() -> Policy {
    Policy::default().backoff(Duration::from_millis(50), Duration::from_millis(500))
}

fn delivery(body: &str) -> Delivery {
    Delivery::from(&verified(body))
}

fn later(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Later { after: None, reason } => reason,
        other => panic!("not later: {other:?}"),
    }
}

#[test]
fn a_delivery_is_in_the_stream_byte_for_byte_with_its_headers() {
    let test = "a_delivery_is_in_the_stream_byte_for_byte_with_its_headers";
    let Some(server) = Server::start(test) else { return };
    server.stream("CREATE", &json!({}));
    let folder = TempDir::new().unwrap();
    let (outbox, mut workers) = open(&folder);
    let post = nats(&server).event_of(|_| Some("model version\n".to_owned()));
    let post = post.open(&outbox, "models", "models.events").unwrap();
    workers.add("there", policy(), post).unwrap();
    let bodies = [" { \"odd\":\t\"\u{fc}\"\r\n\r\n}", "", "\0\r\nMSG x 1 1\r\n"];
    for body in bodies {
        keep(&outbox, body);
    }
    wait_until(|| outbox.waiting().unwrap().is_empty());
    let messages = server.messages();
    assert_eq!(messages.len(), bodies.len());
    for (message, body) in messages.iter().zip(bodies) {
        assert_eq!(message.body, body.as_bytes());
        let key = delivery(body).key_hex();
        let id = format!("{key}/models.events");
        // What the server adds begins with its name, and is not of the message.
        let own = ["Nats-Expected-Stream", "Nats-Msg-Id"];
        let headers = message.headers.iter();
        let headers =
            headers.filter(|(name, _)| own.contains(&name.as_str()) || !name.starts_with("Nats-"));
        let headers: BTreeSet<_> =
            headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("Nats-Expected-Stream", "models"),
            ("Nats-Msg-Id", id.as_str()),
            ("ce-datacontenttype", "application/json"),
            ("ce-id", key.as_str()),
            ("ce-source", SOURCE),
            ("ce-specversion", "1.0"),
            ("ce-time", "2026-11-21T19:41:41Z"),
            ("ce-type", "mlflow.model%20version%0A"),
            ("content-type", "application/json"),
        ];
        assert_eq!(headers, BTreeSet::from(expected));
        assert_eq!(message.header("Nats-Subject"), "models.events");
    }
}

#[test]
fn a_second_posting_is_recognised_and_each_subject_gets_its_own() {
    let Some(server) = Server::start("a_second_posting_is_recognised") else { return };
    server.stream("CREATE", &json!({}));
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let mut first = nats(&server).open(&outbox, "models", "models.first").unwrap();
    let mut second = nats(&server).open(&outbox, "models", "models.second").unwrap();
    let delivery = delivery("{}");
    assert_eq!(first.post(&delivery), Outcome::Done);
    assert_eq!(first.post(&delivery), Outcome::Repeated);
    assert_eq!(second.post(&delivery), Outcome::Done);
    // By another process, or after a restart.
    let mut anew = nats(&server).open(&outbox, "models", "models.first").unwrap();
    assert_eq!(anew.post(&delivery), Outcome::Repeated);
    let messages = server.messages();
    let subjects: Vec<_> = messages.iter().map(|message| message.header("Nats-Subject")).collect();
    assert_eq!(subjects, ["models.first", "models.second"]);
}

/// What a load of deliveries became.
struct Load {
    accepted: usize,
    /// How often each body is in the stream.
    times: BTreeMap<String, usize>,
}

impl Load {
    /// Keeps deliveries while something is done to the server, and waits until all has arrived.
    fn run(server: &mut Server, port: u16, trouble: impl FnOnce(&mut Server)) -> Self {
        let folder = TempDir::new().unwrap();
        let (outbox, mut workers) = open(&folder);
        let post = Nats::builder(&format!("nats://127.0.0.1:{port}"), SOURCE).unwrap();
        let post = post.time(Duration::from_secs(2)).open(&outbox, "models", "models.events");
        workers.add("there", policy(), post.unwrap()).unwrap();
        let (ends, accepted) = (AtomicBool::new(false), Mutex::new(0));
        thread::scope(|scope| {
            let _ending = Ending(&ends);
            for sender in 0..2 {
                let (outbox, ends, accepted) = (&outbox, &ends, &accepted);
                scope.spawn(move || {
                    for number in 0.. {
                        keep(outbox, &format!("{sender}-{number}"));
                        *accepted.lock().unwrap() += 1;
                        if ends.load(Ordering::Relaxed) {
                            break;
                        }
                        sleep(Duration::from_millis(20));
                    }
                });
            }
            sleep(Duration::from_millis(500));
            trouble(server);
            sleep(Duration::from_millis(500));
            // A busy machine takes longer for a load.
            wait_until(|| *accepted.lock().unwrap() > 100);
        });
        wait_until(|| outbox.waiting().unwrap().is_empty());
        let mut times = BTreeMap::new();
        for message in server.messages() {
            *times.entry(String::from_utf8(message.body).unwrap()).or_default() += 1;
        }
        Self { accepted: accepted.into_inner().unwrap(), times }
    }

    fn judge(&self, what: &str) {
        let Self { accepted, times } = self;
        let twice = times.values().filter(|times| **times > 1).count();
        let (arrived, lost) = (times.len(), accepted - times.len());
        println!(
            "| NATS {what} | {accepted} accepted | {arrived} arrived | {twice} twice | {lost} lost |"
        );
        assert_eq!((twice, lost), (0, 0));
        assert!(*accepted > 100, "there was no load");
    }
}

#[test]
fn a_server_that_is_killed_has_each_once() {
    let Some(mut server) = Server::start("a_server_that_is_killed_has_each_once") else { return };
    server.stream("CREATE", &json!({}));
    let port = server.port();
    let load = Load::run(&mut server, port, |server| {
        for _ in 0..5 {
            server.kill();
            sleep(Duration::from_millis(200));
            server.start_again();
            sleep(Duration::from_millis(700));
        }
    });
    load.judge("killed 5 times, started again");
}

#[test]
fn a_server_that_stalls_has_each_once() {
    for seconds in [1, 6] {
        let Some(mut server) = Server::start("a_server_that_stalls_has_each_once") else { return };
        server.stream("CREATE", &json!({}));
        let port = server.port();
        let load = Load::run(&mut server, port, |server| {
            server.signal(Signal::STOP);
            sleep(Duration::from_secs(seconds));
            server.signal(Signal::CONT);
        });
        load.judge(&format!("stopped for {seconds} s"));
    }
}

/// Nothing gets through, and nobody is told: connections seem to be open.
#[test]
fn a_way_that_is_cut_is_given_up_and_a_new_one_is_found() {
    let test = "a_way_that_is_cut_is_given_up_and_a_new_one_is_found";
    let Some(mut server) = Server::start(test) else { return };
    server.stream("CREATE", &json!({}));
    let proxy = Proxy::to(server.port());
    let load = Load::run(&mut server, proxy.port, |_| {
        proxy.cut();
        sleep(Duration::from_secs(4));
        proxy.mend();
    });
    load.judge("cut off for 4 s");
}

#[test]
fn a_stream_that_is_deleted_gets_nothing_until_it_is_fit_again() {
    let test = "a_stream_that_is_deleted_gets_nothing_until_it_is_fit_again";
    let Some(server) = Server::start(test) else { return };
    server.stream("CREATE", &json!({}));
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let mut post = nats(&server).open(&outbox, "models", "models.events").unwrap();
    assert_eq!(post.post(&delivery("a")), Outcome::Done);

    assert_eq!(server.ask("STREAM.DELETE.models", &json!({}))["success"], true);
    let place = format!("`127.0.0.1:{}`", server.port());
    let outcome = post.post(&delivery("b"));
    assert_eq!(later(&outcome), format!("{place}: no stream listens on `models.events`"));
    let outcome = post.post(&delivery("b"));
    assert!(later(&outcome).starts_with("there is no stream `models`"), "{outcome:?}");

    // Another one takes the subject.
    let other = json!({ "name": "other", "subjects": ["models.>"], "storage": "file" });
    assert!(server.ask("STREAM.CREATE.other", &other).get("error").is_none());
    let outcome = post.post(&delivery("b"));
    assert!(later(&outcome).starts_with("there is no stream `models`"), "{outcome:?}");
    server.ask("STREAM.DELETE.other", &json!({}));

    // Made anew by who does not know of the window.
    server.stream("CREATE", &json!({ "duplicate_window": 120_000_000_000_u64 }));
    let outcome = post.post(&delivery("b"));
    assert!(later(&outcome).contains("for 2m"), "{outcome:?}");
    assert_eq!(server.messages().len(), 0);
    server.stream("UPDATE", &json!({}));
    assert_eq!(post.post(&delivery("b")), Outcome::Done);
    assert_eq!(server.messages().len(), 1);

    // The connection stays, and the subject goes to another stream.
    server.stream("UPDATE", &json!({ "subjects": ["former"] }));
    assert!(server.ask("STREAM.CREATE.other", &other).get("error").is_none());
    let outcome = post.post(&delivery("c"));
    let said = format!("{place}: another stream listens on the subject");
    assert_eq!(later(&outcome), said);
    let outcome = post.post(&delivery("c"));
    assert!(later(&outcome).starts_with("the stream `models` does not listen"), "{outcome:?}");
}

#[test]
fn a_stream_that_is_not_fit_is_refused_with_what_mends_it() {
    let test = "a_stream_that_is_not_fit_is_refused_with_what_mends_it";
    let Some(server) = Server::start(test) else { return };
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let refused = |subject: &str| {
        let error = nats(&server).open(&outbox, "models", subject).unwrap_err();
        assert!(!error.may_pass(), "{error}");
        error.to_string()
    };
    assert_eq!(
        refused("models.events"),
        "there is no stream `models` in the account of this user: make it, \
         `nats stream add models --subjects=models.events --dupe-window=168h --defaults`"
    );
    // What NATS takes if nobody says anything.
    server.stream("CREATE", &json!({ "duplicate_window": 0 }));
    assert_eq!(
        refused("models.events"),
        "the stream `models` recognises a repeated message for 2m, and the outbox may post a delivery again for 168h: \
         `nats stream edit models --dupe-window=168h`, or a shorter retention of the outbox"
    );
    let day = WEEK / 7;
    server.stream("UPDATE", &json!({ "max_age": day, "duplicate_window": day }));
    assert_eq!(
        refused("models.events"),
        "the stream `models` recognises a repeated message for 24h, and the outbox may post a delivery again for \
         168h: `nats stream edit models --dupe-window=168h --max-age=168h`, or a shorter retention of the outbox"
    );
    server.stream("UPDATE", &json!({ "max_age": 0, "duplicate_window": WEEK }));
    assert_eq!(
        refused("other.events"),
        "the stream `models` does not listen on `other.events`: add that to the subjects of the stream, \
         `nats stream edit models --subjects=...` with those that it has already"
    );
    nats(&server).open(&outbox, "models", "models.events").unwrap();

    // The time is that of this outbox, and of the sender that is known for the longest.
    let longer = Outbox::builder(folder.path().join("longer.db"))
        .retention_of_alike("wandb", Duration::from_secs(8 * 24 * 60 * 60));
    let (longer, _workers) = longer.open().unwrap();
    let error = nats(&server).open(&longer, "models", "models.events").unwrap_err();
    assert!(matches!(error, NatsError::WindowTooShort { .. }), "{error}");
}

#[test]
fn what_will_never_be_taken_is_given_up_and_what_has_no_room_is_not() {
    let test = "what_will_never_be_taken_is_given_up_and_what_has_no_room_is_not";
    let users = r#"
        max_payload: 3000
        accounts { A { jetstream: enabled, users: [
            { user: all, password: hunter2 },
            { user: reader, password: hunter2, permissions: { publish: { deny: ["models.>"] } } },
            { user: blind, password: hunter2, permissions: { publish: { allow: ["models.>"] } } },
            { user: deaf, password: hunter2, permissions: { subscribe: { deny: [">"] } } },
        ] } }"#;
    let login = json!({ "user": "all", "pass": "hunter2" });
    let Some(server) = Server::start_with(test, users, login) else { return };
    server.stream("CREATE", &json!({ "max_msg_size": 2000, "max_msgs": 1, "discard": "new" }));
    let folder = TempDir::new().unwrap();
    let (outbox, mut workers) = open(&folder);
    let open = |user: &str| {
        let address = server.url().replace("nats://", &format!("nats://{user}:hunter2@"));
        to(&address).open(&outbox, "models", "models.events")
    };
    let mut post = open("all").unwrap();
    let dead = |reason: &str| Outcome::Dead { reason: reason.to_owned() };
    assert_eq!(
        post.post(&delivery(&"x".repeat(3000))),
        dead(
            "a body of 3000 bytes with its headers is larger than the 3000 of the server: raise its `max_payload`, \
             and that of the stream"
        )
    );
    assert_eq!(
        post.post(&delivery(&"x".repeat(2000))),
        dead(
            "the message is larger than the stream allows: `nats stream edit models --max-msg-size=...`"
        )
    );
    assert_eq!(post.post(&delivery("a")), Outcome::Done);
    assert_eq!(
        later(&post.post(&delivery("b"))),
        "the stream `models` takes nothing more, as it or its disk is full (JetStream's error 10077)"
    );
    server.stream("UPDATE", &json!({ "max_msg_size": 2000, "max_msgs": 2, "discard": "new" }));
    assert_eq!(post.post(&delivery("b")), Outcome::Done);

    // What a person sees who asks what is stuck.
    let place = format!("`127.0.0.1:{}`", server.port());
    let denied = |subject: &str, may: &str| {
        format!(
            "{place}: the user has no permission for `{subject}`: add it to what the user may {may} in the \
             configuration of NATS"
        )
    };
    workers.add("there", policy(), open("reader").unwrap()).unwrap();
    keep(&outbox, "c");
    wait_until(|| outbox.waiting().unwrap().iter().any(|waiting| waiting.dead == 1));
    let unposted = Unposted::open(&folder.path().join("outbox.db"), there()).unwrap();
    let reason = unposted.list().unwrap().remove(0).reason;
    assert_eq!(reason.unwrap(), denied("models.events", "publish to"));

    let error = open("blind").unwrap_err().to_string();
    assert_eq!(error, denied("$JS.API.STREAM.INFO.models", "publish to"));
    let error = open("deaf").unwrap_err().to_string();
    assert_eq!(error, denied("_INBOX.>", "subscribe to"));
}

/// The certificate of a server, in its folder, and where it is.
fn certificate(folder: &Path, name: &str) -> String {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let [certificate, key] =
        ["certificate", "key"].map(|part| folder.join(format!("{name}.{part}")));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}")
}

#[test]
fn users_tokens_and_credentials_are_let_in_and_others_are_told_without_what_they_said() {
    let test = "users_tokens_and_credentials_are_let_in";
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let creds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/nats/user.creds");
    let text = fs::read_to_string(&creds).unwrap();
    let jwt = text.lines().nth(1).unwrap();
    let of_creds = json!({ "jwt": jwt });
    for (config, login) in [
        (
            r#"authorization { user: us, password: "hunter2@/" }"#,
            json!({ "user": "us", "pass": "hunter2@/" }),
        ),
        ("authorization { token: hunter2 }", json!({ "auth_token": "hunter2" })),
        (include_str!("nats/operator.conf"), of_creds),
    ] {
        let Some(server) = Server::start_with(test, config, login.clone()) else { return };
        let at =
            |user: &str| Nats::builder(&server.url().replace("//", &format!("//{user}")), SOURCE);
        let good = [
            at("us:hunter2%40%2F@").unwrap(),
            at("hunter2@").unwrap(),
            at("").unwrap().credentials_file(&creds).unwrap(),
        ];
        let bad =
            [at("us:hunter2@").unwrap(), at("").unwrap().token("hunter2hunter2"), at("").unwrap()];
        let said = format!(
            "`127.0.0.1:{}`: the server refuses the user, the password, the token or the credentials",
            server.port()
        );
        for bad in bad {
            let debug = format!("{bad:?}");
            let error = bad.open(&outbox, "models", "models.events").unwrap_err();
            assert_eq!(error.to_string(), said);
            assert!(!format!("{debug} {error:?}").contains("hunter2"), "{debug} {error:?}");
        }
        let opened = good.map(|good| good.open(&outbox, "models", "models.events").unwrap_err());
        let missing =
            opened.iter().filter(|error| matches!(error, NatsError::StreamMissing { .. }));
        assert_eq!(missing.count(), 1, "{opened:?}");
    }

    let file = folder.path().join("not.creds");
    for text in ["hunter2", "", &text[..text.len() / 2]] {
        fs::write(&file, text).unwrap();
        let error = Nats::builder("nats://127.0.0.1", SOURCE).unwrap().credentials_file(&file);
        let (debug, error) = (format!("{error:?}"), error.unwrap_err().to_string());
        assert!(error.ends_with("the file has no credentials as `nsc generate creds` writes them"));
        assert!(!debug.contains("hunter2"), "{debug}");
    }
}

#[test]
fn tls_is_checked_and_what_would_go_in_the_open_is_refused() {
    let test = "tls_is_checked_and_what_would_go_in_the_open_is_refused";
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let config =
        certificate(folder.path(), "127.0.0.1").replace("tls {", "allow_non_tls: true, tls {");
    let Some(server) = Server::start_with(test, &config, json!({})) else { return };
    server.stream("CREATE", &json!({}));
    let tls = server.url().replace("nats://", "tls://");
    let open = |address: &str, authority: Option<&str>| {
        let mut post = to(address);
        if let Some(authority) = authority {
            post = post.authorities(folder.path().join(authority));
        }
        post.open(&outbox, "models", "models.events")
    };
    let mut post = open(&tls, Some("127.0.0.1.certificate")).unwrap();
    assert_eq!(post.post(&delivery("a")), Outcome::Done);

    let not_trusted = "shows a certificate that is not trusted: name a file with the certificate of its authority";
    certificate(folder.path(), "other");
    let named = tls.replace("127.0.0.1", "localhost");
    for (address, authority, said) in [
        (&tls, None, not_trusted),
        (&tls, Some("other.certificate"), not_trusted),
        (
            &named,
            Some("127.0.0.1.certificate"),
            "shows a certificate of another name than its address has",
        ),
    ] {
        let error = open(address, authority).unwrap_err().to_string();
        assert_eq!(error.split_once("`: the server ").unwrap().1, said);
    }
    for file in ["none", "other.key"] {
        let error = open(&tls, Some(file)).unwrap_err();
        assert!(matches!(error, NatsError::File { .. }), "{error}");
    }
    let error = open("nats://us:hunter2@192.0.2.1", None).unwrap_err();
    assert!(matches!(error, NatsError::Address(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_server_that_is_not_there_at_the_start_gets_all_later() {
    let test = "a_server_that_is_not_there_at_the_start_gets_all_later";
    let Some(mut server) = Server::start(test) else { return };
    server.stream("CREATE", &json!({}));
    server.kill();
    let folder = TempDir::new().unwrap();
    let (outbox, mut workers) = open(&folder);
    let mut post = nats(&server).open(&outbox, "models", "models.events").unwrap();
    let outcome = post.post(&delivery("x"));
    let said =
        format!("`127.0.0.1:{}`: the connection is refused: nothing listens there", server.port());
    assert_eq!(later(&outcome), said);
    workers.add("there", policy(), post).unwrap();
    keep(&outbox, "a");
    server.start_again();
    wait_until(|| outbox.waiting().unwrap().is_empty());
    assert_eq!(server.messages().len(), 1);
}

/// Somebody where a server should be, for so many connections, and what was heard over them.
fn stranger(
    times: usize,
    goes_on: impl Fn(&mut TcpStream) -> Vec<u8> + Send + 'static,
) -> (String, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("us:hunter2@{}", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let connections = listener.incoming().take(times);
        let heard = connections.flat_map(|stream| {
            let mut stream = stream.unwrap();
            stream.write_all(b"INFO {\"max_payload\":1000}\r\n").unwrap();
            goes_on(&mut stream)
        });
        heard.collect()
    });
    (address, heard)
}

#[test]
fn who_is_on_the_way_to_nats_gets_no_password() {
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let open = |address: &str| {
        let post = to(address);
        post.open(&outbox, "models", "models.events").map(drop)
    };
    for address in ["nats://us:hunter2@192.0.2.1", "tls://us:hunter2@127.0.0.1,nats://192.0.2.1"] {
        let error = open(address).unwrap_err();
        assert!(matches!(error, NatsError::Address(_)), "{error}");
    }

    // Who has a certificate that nobody vouches for, or none.
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let (address, heard) = stranger(1, move |stream| {
        let mut server = ServerConnection::new(Arc::clone(&config)).unwrap();
        while server.is_handshaking() {
            if server.complete_io(stream).is_err() {
                return Vec::new();
            }
        }
        b"it went on".to_vec()
    });
    let error = open(&format!("tls://{address}")).unwrap_err().to_string();
    assert!(error.contains("shows a certificate that is not trusted"), "{error}");
    assert_eq!(heard.join().unwrap(), b"");
    let (address, heard) = stranger(1, |stream| {
        let mut begun = [0; 4096];
        let length = stream.read(&mut begun).unwrap();
        stream.write_all(b"+OK\r\n").unwrap();
        begun[..length].to_vec()
    });
    let error = open(&format!("tls://{address}")).unwrap_err().to_string();
    assert!(error.ends_with("does not speak TLS, which its address asks for"), "{error}");
    let heard = heard.join().unwrap();
    assert_eq!(heard[0], 22, "the first byte of a TLS handshake");
    assert!(!heard.windows(7).any(|window| window == b"hunter2"));
}

#[test]
fn what_stands_where_nats_should_be_is_not_quoted() {
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let (address, heard) = stranger(2, |stream| {
        let mut heard = Vec::new();
        while !heard.ends_with(b"PING\r\n") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).unwrap();
            heard.extend_from_slice(&piece[..length]);
        }
        stream.write_all(b"-ERR 'nobody is us with hunter2'\r\n").unwrap();
        heard
    });
    let post = to(&format!("nats://{address}"));
    let builder = format!("{post:?}");
    let mut post = post.open(&outbox, "models", "models.events").unwrap();
    let outcome = post.post(&delivery("a"));
    let said = "the server closes the connection, or does not speak NATS";
    assert!(later(&outcome).ends_with(said), "{outcome:?}");
    assert!(String::from_utf8(heard.join().unwrap()).unwrap().contains("hunter2"), "it was told");
    assert!(!format!("{builder} {post:?} {outcome:?}").contains("hunter2"));
    for address in ["nats://us:hunter2@", "hunter2", "http://us:hunter2@127.0.0.1"] {
        let error = Nats::builder(address, SOURCE).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

/// What is logged in this process, with what the client would say.
fn log() -> &'static Mutex<Vec<u8>> {
    struct Log;

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            LOG.get_or_init(Mutex::default).lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    static LOG: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    let all =
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    // Once in a process.
    let _ = all.with_ansi(false).with_writer(|| Log).try_init();
    LOG.get_or_init(Mutex::default)
}

#[test]
fn nothing_is_logged_in_the_words_of_the_client_or_with_a_password() {
    let test = "nothing_is_logged_in_the_words_of_the_client_or_with_a_password";
    let config = "authorization { user: us, password: hunter2 }";
    let login = json!({ "user": "us", "pass": "hunter2" });
    let Some(mut server) = Server::start_with(test, config, login) else { return };
    let log = log();
    server.stream("CREATE", &json!({}));
    let folder = TempDir::new().unwrap();
    let (outbox, _workers) = open(&folder);
    let address = server.url().replace("//", "//us:hunter2@");
    let post = || to(&address).open(&outbox, "models", "models.events");
    let mut posts = post().unwrap();
    assert_eq!(posts.post(&delivery("a")), Outcome::Done);
    server.kill();
    later(&posts.post(&delivery("b")));
    post().unwrap();
    server.start_again();
    assert_eq!(posts.post(&delivery("b")), Outcome::Done);
    drop(posts);

    let log = String::from_utf8_lossy(&log.lock().unwrap()).into_owned();
    assert!(log.contains("sync_interval: always"), "a disk that is late is told: {log}");
    assert!(log.contains("nothing is posted to NATS until it can be reached"), "{log}");
    assert!(!log.contains("async_nats") && !log.contains("hunter2"), "{log}");
}
