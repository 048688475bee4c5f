use verify_once::{ConfigError, open};

#[tokio::test]
async fn each_word_opens_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("once.db").display());
    let addresses = [
        ("memory", "Memory"),
        #[cfg(feature = "sqlite")]
        (sqlite.as_str(), "Sqlite"),
        #[cfg(feature = "redis")]
        ("redis://:hunter2@127.0.0.1:1", "Redis"),
        #[cfg(feature = "redis")]
        ("rediss://:hunter2@127.0.0.1:1", "Redis"),
        #[cfg(feature = "postgres")]
        ("postgres://user:hunter2@127.0.0.1:1/database", "Postgres"),
        #[cfg(feature = "postgres")]
        ("postgresql://user:hunter2@127.0.0.1:1/database", "Postgres"),
    ];
    for (address, kind) in addresses {
        let store = open(address).unwrap();
        let shown = format!("{store:?}");
        assert!(shown.starts_with(kind), "{shown}");
        // Those that are not there say so, without the password.
        if let Err(error) = store.check().await {
            let shown = format!("{shown} {error} {error:?}");
            assert!(shown.contains("cannot be reached"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

#[tokio::test]
async fn any_other_word_is_refused_and_not_shown() {
    let unknown =
        ["", "Memory", "memory:", "sqlite", "sqlite:", "mysql://root:hunter2@host", "hunter2"];
    for address in unknown {
        let error = open(address).unwrap_err();
        assert_eq!(error, ConfigError::SchemeUnknown, "{address}");
        assert_eq!(
            error.to_string(),
            "names no store that is built in: it is `memory`, `sqlite:PATH`, `postgres://...` or `redis://...`"
        );
    }
    let broken: &[&str] = &[
        #[cfg(feature = "redis")]
        "redis://:hunter2@host:port",
        #[cfg(feature = "postgres")]
        "postgres://user:hunter2@host:port",
    ];
    for address in broken {
        let error = open(address).unwrap_err();
        assert!(matches!(error, ConfigError::AddressInvalid { .. }), "{address}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
