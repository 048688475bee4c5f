//! Certificates that a server shows, on servers that the tests start.

use core::time::Duration;

use tempfile::TempDir;
use verify_once::{Claims, ConfigError, Once, Postgres, Redis, StoreError};

use crate::{
    authority::{Authority, EXPIRED, PLAIN, SHOWN, UNTRUSTED},
    port::Port,
    servers::{PostgresServer, Server as _, each_redis},
};

/// Holds a store to what it says, however slow the machine is.
async fn hold(store: impl Claims + 'static, at: u16, expected: Option<&str>) {
    let once = Once::builder(store).store_deadline(Duration::from_secs(5)).build().unwrap();
    let expected = expected
        .map(|what| StoreError::Unsuitable(format!("store of claims `127.0.0.1:{at}` {what}")));
    assert_eq!(once.check().await.err(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_asked_over_tls_if_its_certificate_is_trusted() {
    let Some(plain) = each_redis("TLS").into_iter().find(|server| server.name == "Redis") else {
        return;
    };
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
    let trusted = authority.write(folder.path(), "authority.pem");
    let other = Authority::new().write(folder.path(), "other.pem");
    for (name, is_valid, expected) in SHOWN {
        let (certificate, key) = authority.certify(folder.path(), name, is_valid);
        let reserved = Port::reserve();
        let port = reserved.number();
        let port_text = port.to_string();
        let _server = plain.another(&[
            "--tls-port",
            &port_text,
            "--tls-auth-clients",
            "no",
            "--tls-ca-cert-file",
            &trusted,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
        ]);
        let store =
            |query: &str| Redis::new(&format!("rediss://127.0.0.1:{port}/0{query}")).unwrap();
        hold(store(&format!("?sslrootcert={trusted}")), port, expected).await;
        let untrusted = Some(if is_valid { UNTRUSTED } else { EXPIRED });
        hold(store(&format!("?sslrootcert={other}")), port, untrusted).await;
        hold(store(""), port, untrusted).await;
    }
    let port = plain.port();
    let store = Redis::new(&format!("rediss://127.0.0.1:{port}?sslrootcert={trusted}")).unwrap();
    // What a server without TLS makes of a handshake depends on the bytes of it.
    assert!(store.check().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_asked_over_tls_if_its_certificate_is_trusted() {
    let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
    let trusted = authority.write(folder.path(), "authority.pem");
    let other = Authority::new().write(folder.path(), "other.pem");
    for (name, is_valid, expected) in SHOWN {
        let server = PostgresServer::start_with("TLS", |folder| {
            let (certificate, key) = authority.certify(folder, name, is_valid);
            vec![
                "ssl=on".to_owned(),
                format!("ssl_cert_file={certificate}"),
                format!("ssl_key_file={key}"),
            ]
        });
        let Some(server) = server else { return };
        let port = server.port();
        let store = |query: &str| Postgres::new(&format!("{}?{query}", server.address())).unwrap();
        let untrusted = Some(if is_valid { UNTRUSTED } else { EXPIRED });
        for mode in ["require", "verify-ca", "verify-full"] {
            let with = |file: &str| store(&format!("sslmode={mode}&sslrootcert={file}"));
            hold(with(&trusted), port, expected).await;
            hold(with(&other), port, untrusted).await;
        }
        hold(store("sslmode=verify-full"), port, untrusted).await;
        let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                         WHERE ssl AND application_name = 'verify-once'";
        let kept = store(&format!("sslmode=require&sslrootcert={trusted}"));
        let is_used = kept.check().await.is_ok();
        assert_eq!(is_used, expected.is_none());
        assert!((server.number(encrypted) > 0) == is_used);
    }
    let Some(plain) = PostgresServer::start("no TLS") else { return };
    let store = format!("{}?sslmode=require&sslrootcert={trusted}", plain.address());
    hold(Postgres::new(&store).unwrap(), plain.port(), Some(PLAIN)).await;
}

#[tokio::test]
async fn what_is_not_safe_is_not_done_silently() {
    let folder = TempDir::new().unwrap();
    let file = Authority::new().write(folder.path(), "authority.pem");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "no certificate").unwrap();
    let postgres = |query: &str| Postgres::new(&format!("postgres://user:hunter2@{query}")).err();
    let redis = |address: &str| Redis::new(address).err();
    let example = "rediss://user:password@host:6379/0";
    let invalid = Some(ConfigError::AddressInvalid { example });
    let (no_file, empty) =
        ("sslrootcert=/nowhere".to_owned(), format!("sslrootcert={}", empty.display()));
    let table = [
        (postgres("db.test/once"), Some(ConfigError::TlsUnsaid)),
        (postgres("db.test/once?sslmode=prefer"), Some(ConfigError::TlsUnsafe)),
        (postgres("127.0.0.1/once?sslmode=prefer"), Some(ConfigError::TlsUnsafe)),
        (postgres("db.test/once?sslmode=allow"), Some(ConfigError::TlsUnsafe)),
        (postgres("db.test/once?sslmode=REQUIRE"), Some(ConfigError::TlsUnsafe)),
        (postgres("db.test/once?sslmode=disable"), None),
        (postgres("db.test/once?sslmode=verify-full"), None),
        (postgres("localhost/once"), None),
        (postgres("[::1]/once"), None),
        (postgres("127.0.0.1,db.test/once"), Some(ConfigError::TlsUnsaid)),
        (postgres("localhost/once?hostaddr=192.0.2.1"), Some(ConfigError::TlsUnsaid)),
        (postgres(&format!("localhost/once?sslrootcert={file}")), Some(ConfigError::TlsUnsaid)),
        (
            postgres(&format!("localhost/once?sslmode=require&{no_file}")),
            Some(ConfigError::AuthoritiesInvalid),
        ),
        (
            postgres(&format!("localhost/once?sslmode=require&{empty}")),
            Some(ConfigError::AuthoritiesInvalid),
        ),
        (redis("rediss://:hunter2@cache.test/0"), None),
        (redis("redis://:hunter2@cache.test/0?protocol=resp3"), None),
        (redis("rediss://:hunter2@cache.test/0#insecure"), Some(ConfigError::TlsUnsafe)),
        (redis("redis://:hunter2@cache.test/0?sslmode=require"), invalid.clone()),
        (redis("redis://:hunter2@cache.test/0?ssl=true"), invalid.clone()),
        (redis(&format!("redis://:hunter2@cache.test/0?sslrootcert={file}")), invalid),
        (
            redis(&format!("rediss://:hunter2@cache.test/0?{empty}")),
            Some(ConfigError::AuthoritiesInvalid),
        ),
    ];
    for (number, (said, expected)) in table.into_iter().enumerate() {
        assert!(!format!("{said:?}").contains("hunter2"));
        assert_eq!(said, expected, "{number}");
    }
    let texts = [ConfigError::AuthoritiesInvalid, ConfigError::TlsUnsafe, ConfigError::TlsUnsaid];
    assert_eq!(
        texts.map(|error| error.to_string()),
        [
            "`sslrootcert` in the address of the store has to name a file that can be read and holds certificates in PEM",
            "address of the store asks for TLS that an attacker on the network can turn off: write `sslmode=verify-full` \
             (PostgreSQL) or `rediss://` without `#insecure` (Redis), with `sslrootcert=FILE` for an authority of your own",
            "address of the store does not say whether to encrypt: add `?sslmode=verify-full`, or `?sslmode=disable` \
             for a network that nobody else is in",
        ]
    );
}
