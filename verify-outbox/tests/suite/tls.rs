//! Certificates that PostgreSQL shows, on a server that the tests start.

use std::path::Path;

use tempfile::TempDir;
use verify_outbox::{Kept, Outbox, Workers};

use crate::{
    authority::{Authority, EXPIRED, PLAIN, SHOWN, UNTRUSTED},
    common::{there, verified},
    server::{Postgres, give_away},
};

/// Opens a store, and returns what is said of the server if it is not opened.
fn open(address: &str) -> Result<(Outbox, Workers), String> {
    let opened = Outbox::postgres(address).unwrap().open();
    opened.map_err(|error| {
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        assert!(!(text.clone() + &debug).contains("hunter2"), "{debug}");
        let (_, said) = text.split_once("`: the server of the store ").unwrap();
        said.to_owned()
    })
}

/// How many connections of an outbox there are of a kind.
fn connections(server: &Postgres, kind: &str) -> usize {
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
         WHERE application_name = 'verify-outbox' AND {kind}"
    );
    server.sql("postgres", &count).parse().unwrap()
}

#[test]
fn postgres_is_asked_over_tls_if_its_certificate_is_trusted() {
    let test = "postgres_is_asked_over_tls_if_its_certificate_is_trusted";
    let Some(mut server) = Postgres::start(test) else { return };
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
    let trusted = authority.write(folder.path(), "authority.pem");
    let other = Authority::new().write(folder.path(), "other.pem");
    let address = server.database("tls").replace("once@", "once:hunter2@");
    let said = |query: &str| open(&format!("{address}?{query}")).err();
    let with = |mode: &str, file: &str| said(&format!("sslmode={mode}&sslrootcert={file}"));
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(with(mode, &trusted).as_deref(), Some(PLAIN), "{mode}, without TLS");
    }

    give_away(folder.path());
    for (setting, file) in [("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key")] {
        let file = folder.path().join(file);
        server.sql("postgres", &format!("ALTER SYSTEM SET {setting} = '{}'", file.display()));
    }
    server.sql("postgres", "ALTER SYSTEM SET ssl = on");
    for (name, is_valid, expected) in SHOWN {
        let (certificate, key) = authority.certify(folder.path(), name, is_valid);
        [certificate, key].iter().for_each(|file| give_away(Path::new(file)));
        server.kill();
        server.start_again();
        let untrusted = Some(if is_valid { UNTRUSTED } else { EXPIRED });
        for mode in ["require", "verify-ca", "verify-full"] {
            assert_eq!(with(mode, &trusted).as_deref(), expected, "{mode}, {name}");
            assert_eq!(with(mode, &other).as_deref(), untrusted, "{mode}, {name}");
        }
        assert_eq!(said("sslmode=verify-full").as_deref(), untrusted, "{name}");
        if expected.is_none() {
            let address = format!("{address}?sslmode=verify-full&sslrootcert={trusted}");
            keep_over_tls(&server, &address);
        }
    }
}

/// All goes over TLS.
fn keep_over_tls(server: &Postgres, address: &str) {
    let (outbox, _workers) = open(address).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let kept = runtime.block_on(outbox.keep(&verified("a"), there()));
    assert_eq!(kept, Ok(Kept::New));
    assert!(connections(server, "ssl") > 0);
    assert_eq!(connections(server, "NOT ssl"), 0);
}

#[test]
fn what_is_not_safe_is_not_done_silently() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "no certificate").unwrap();
    let file = Authority::new().write(folder.path(), "authority.pem");
    let empty = format!("127.0.0.1/x?sslmode=require&sslrootcert={}", empty.display());
    let plain = format!("localhost/x?sslrootcert={file}");
    let cluster = format!("a.test,b.test:2/x?sslmode=verify-full&sslrootcert={file}");
    let (unsaid, unsafely, authorities) = (
        "the address of PostgreSQL does not say whether to encrypt: add `?sslmode=verify-full`, or `?sslmode=disable` \
         for a network that nobody else is in",
        "the address of PostgreSQL asks for TLS that an attacker on the network can turn off: write `sslmode=verify-full`, \
         with `sslrootcert=FILE` for an authority of your own",
        "`sslrootcert` in the address of PostgreSQL has to name a file that can be read and holds certificates in PEM",
    );
    for (address, said) in [
        ("db.test/x", Some(unsaid)),
        ("127.0.0.1,db.test/x", Some(unsaid)),
        ("localhost/x?hostaddr=192.0.2.1", Some(unsaid)),
        (plain.as_str(), Some(unsaid)),
        ("db.test/x?sslmode=prefer", Some(unsafely)),
        ("127.0.0.1/x?sslmode=prefer", Some(unsafely)),
        ("db.test/x?sslmode=allow", Some(unsafely)),
        ("127.0.0.1/x?sslmode=require&sslrootcert=/nowhere", Some(authorities)),
        (empty.as_str(), Some(authorities)),
        ("db.test/x?sslmode=disable", None),
        ("db.test/x?sslmode=verify-full", None),
        (cluster.as_str(), None),
        ("localhost/x", None),
    ] {
        let made = Outbox::postgres(&format!("postgres://ada:hunter2@{address}"));
        let text = made.err().map(|error| error.to_string());
        assert_eq!(text.as_deref(), said, "{address}");
    }
}
