//! Settings: what is refused and in which words, what is accepted, and what is never shown.

use core::{fmt, time::Duration};

use verify_core::{
    ConfigError, Encoding, Secret, Sender, SignedPart, UnixTime, Verifier, VerifierBuilder,
};

use crate::common::{base64, hex, hmac};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

fn secret() -> Secret {
    // Base64 as well, so that every sender could have it.
    Secret::new("c2VjcmV0").unwrap()
}

fn wandb() -> VerifierBuilder {
    Verifier::builder(Sender::WANDB)
}

fn mlflow() -> VerifierBuilder {
    Verifier::builder(Sender::MLFLOW)
}

/// The label of the secret that gave this signature over an empty body.
fn label(verifier: &Verifier, key: &[u8]) -> Option<String> {
    let headers = [("x-wandb-signature", hex(&hmac(key, b"")))];
    let verified = verifier.verify(NOW, &headers, b"").ok()?;
    verified.receipt().secret_label().map(str::to_owned)
}

fn fits(secret: Secret, key: &[u8]) -> bool {
    label(&wandb().secret(secret).build().unwrap(), key).is_some()
}

#[test]
fn every_error_has_its_sentence() {
    let five = |add: fn(VerifierBuilder, usize) -> VerifierBuilder| (0..5).fold(wandb(), add);
    let authorization = "`authorization` is not a value that a request could carry";
    let bearer = "`bearer` is not a token: visible ASCII characters, without the word `Bearer`";
    let label = "`label` is not 1 to 32 visible ASCII characters";
    let repeated = "`label` is used for two secrets";
    let missing = "`secret` is missing, and `without_signature` was not called";
    let long = "`tolerance` is longer than a day";
    let unused = "`tolerance` checks nothing: no timestamp is signed";
    let named = |label: &str| wandb().secret_named(label, secret());
    let day = Duration::from_secs(86_400);

    let rows = [
        (
            wandb().authorization("").secret(secret()),
            ConfigError::AuthorizationInvalid,
            authorization,
        ),
        (wandb().authorization(" "), ConfigError::AuthorizationInvalid, authorization),
        (wandb().authorization(" Basic x"), ConfigError::AuthorizationInvalid, authorization),
        (wandb().authorization("Basic x "), ConfigError::AuthorizationInvalid, authorization),
        (wandb().authorization("Basic x\n"), ConfigError::AuthorizationInvalid, authorization),
        (wandb().authorization("Basic\tx"), ConfigError::AuthorizationInvalid, authorization),
        (wandb().authorization("Basic \u{e9}"), ConfigError::AuthorizationInvalid, authorization),
        (wandb().bearer("").secret(secret()), ConfigError::BearerInvalid, bearer),
        (wandb().bearer("Bearer x"), ConfigError::BearerInvalid, bearer),
        (wandb().bearer("x "), ConfigError::BearerInvalid, bearer),
        (wandb().bearer("x\n"), ConfigError::BearerInvalid, bearer),
        (wandb().bearer("\u{e9}"), ConfigError::BearerInvalid, bearer),
        (named(""), ConfigError::LabelInvalid, label),
        (named(&"l".repeat(33)), ConfigError::LabelInvalid, label),
        (named("a b"), ConfigError::LabelInvalid, label),
        (named("a\n"), ConfigError::LabelInvalid, label),
        (named("\u{e9}"), ConfigError::LabelInvalid, label),
        (named("a").secret_named("a", secret()), ConfigError::LabelRepeated, repeated),
        (named("a").forget_secret("b"), ConfigError::LabelUnknown, "no secret has this `label`"),
        (
            wandb().without_signature(),
            ConfigError::NothingToCheck,
            "`without_signature` leaves nothing to check: no credential is set",
        ),
        (wandb(), ConfigError::SecretMissing, missing),
        (wandb().bearer("x"), ConfigError::SecretMissing, missing),
        (mlflow().tolerance(day), ConfigError::SecretMissing, missing),
        (
            wandb().secret(secret()).bearer("x").without_signature(),
            ConfigError::SecretUnused,
            "`secret` is set, and `without_signature` would never check it",
        ),
        (
            mlflow().secret(secret()).tolerance(day + Duration::from_nanos(1)),
            ConfigError::ToleranceTooLong,
            long,
        ),
        (mlflow().secret(secret()).tolerance(Duration::MAX), ConfigError::ToleranceTooLong, long),
        (wandb().secret(secret()).tolerance(day), ConfigError::ToleranceUnused, unused),
        (
            mlflow().bearer("x").without_signature().tolerance(day),
            ConfigError::ToleranceUnused,
            unused,
        ),
        (
            five(|builder, _| builder.bearer("x")).secret(secret()),
            ConfigError::TooManyCredentials,
            "more than 4 credentials",
        ),
        (
            five(|builder, number| match number % 2 {
                0 => builder.bearer("x"),
                _ => builder.authorization("x"),
            })
            .without_signature(),
            ConfigError::TooManyCredentials,
            "more than 4 credentials",
        ),
        (
            five(|builder, _| builder.secret(secret())),
            ConfigError::TooManySecrets,
            "more than 4 secrets",
        ),
        (
            five(|builder, number| builder.secret_named(&format!("n{number}"), secret())),
            ConfigError::TooManySecrets,
            "more than 4 secrets",
        ),
    ];
    for (builder, expected, text) in rows {
        let error = builder.build().unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(error, expected);
    }

    for empty in [Secret::new(""), Secret::new([]), Secret::new(Vec::new())] {
        let error = empty.unwrap_err();
        assert_eq!(error, ConfigError::SecretEmpty);
        assert_eq!(error.to_string(), "`secret` is empty");
    }
}

#[test]
fn the_first_problem_is_the_one_told() {
    let builder = wandb().bearer("").secret_named("", secret()).secret(secret());
    assert_eq!(builder.build().unwrap_err(), ConfigError::BearerInvalid);
    let builder = wandb().secret_named("", secret()).bearer("").secret(secret());
    assert_eq!(builder.build().unwrap_err(), ConfigError::LabelInvalid);
}

/// Every combination of settings either builds or not, and what is built refuses an empty head.
#[test]
fn no_verifier_checks_nothing() {
    let mut built = 0;
    for sender in Sender::ALL {
        for choice in 0..32_u8 {
            let chosen = |bit: u8| choice >> bit & 1 == 1;
            let mut builder = Verifier::builder(*sender);
            if chosen(0) {
                builder = builder.secret(secret());
            }
            if chosen(1) {
                builder = builder.bearer("token");
            }
            if chosen(2) {
                builder = builder.authorization("Basic x");
            }
            if chosen(3) {
                builder = builder.without_signature();
            }
            if chosen(4) {
                builder = builder.tolerance(Duration::ZERO);
            }
            let Ok(verifier) = builder.build() else { continue };
            built += 1;
            let nothing: [(&str, &str); 0] = [];
            let rejection = verifier.verify(NOW, &nothing, b"").unwrap_err();
            assert_eq!(rejection.code(), "header_missing", "{sender:?} {choice:05b}");
            let credential = chosen(1) || chosen(2);
            assert!(chosen(0) != (chosen(3) && credential), "{sender:?} {choice:05b}");
        }
    }
    // A secret with 4 choices of credentials or 3 choices of credentials alone, and where a time is
    // signed the tolerance beside a secret.
    let with_time = Sender::ALL.iter().filter(|sender| sender.timestamp_header().is_some());
    assert_eq!(built, Sender::ALL.len() * (4 + 3) + 4 * with_time.count());
}

#[test]
fn a_running_verifier_is_rebuilt_with_other_secrets() {
    let key = |key: &str| Secret::new(key).unwrap();
    let old = wandb().secret_named("old", key("old")).bearer("t").body_limit(7).build().unwrap();
    let both = old.to_builder().secret_named("new", key("new")).build().unwrap();
    let new = both.to_builder().forget_secret("old").build().unwrap();
    assert_eq!(new.body_limit(), 7);
    for (verifier, fits_old, fits_new) in
        [(&old, true, false), (&both, true, true), (&new, false, true)]
    {
        let is_accepted = |key: &[u8]| {
            let headers = [
                ("x-wandb-signature", hex(&hmac(key, b""))),
                ("authorization", "Bearer t".to_owned()),
            ];
            assert!(verifier.verify(NOW, &headers[..1], b"").is_err(), "the credential stays");
            verifier.verify(NOW, &headers, b"").is_ok()
        };
        assert_eq!((is_accepted(b"old"), is_accepted(b"new")), (fits_old, fits_new));
    }

    // The middle one of three leaves no gap: four fit again.
    let three =
        ["1", "2", "3"].iter().fold(wandb(), |all, label| all.secret_named(label, key(label)));
    let four = three.forget_secret("2").secret(key("4")).secret(key("5")).build().unwrap();
    assert!(matches!(four.to_builder().secret(key("6")).build(), Err(ConfigError::TooManySecrets)));
    assert_eq!(label(&four, b"3").as_deref(), Some("3"));
    assert_eq!(label(&four, b"2"), None);

    // The last secret does not go without another: no verifier checks nothing.
    let none = four.to_builder().forget_secret("1").forget_secret("3").forget_secret("2");
    assert!(matches!(none.forget_secret("4").build(), Err(ConfigError::SecretMissing)));

    // A tolerance stays, also the one that was not set.
    let tight = mlflow().secret(secret()).tolerance(Duration::from_secs(1)).build().unwrap();
    assert!(format!("{:?}", tight.to_builder().build().unwrap()).contains("tolerance: 1"));
    let unsigned = wandb().bearer("t").without_signature().build().unwrap();
    assert!(unsigned.to_builder().build().is_ok());
}

#[test]
fn labels() {
    let long = "l".repeat(32);
    let verifier = wandb()
        .secret(Secret::new("first").unwrap())
        .secret_named(&long, Secret::new("second").unwrap())
        .secret(Secret::new("third").unwrap())
        .secret(Secret::new("fourth").unwrap())
        .build()
        .unwrap();
    for (key, expected) in [
        ("first", Some("1")),
        ("second", Some(long.as_str())),
        ("third", Some("2")),
        ("fourth", Some("3")),
        ("fifth", None),
        ("firstsecond", None),
    ] {
        assert_eq!(label(&verifier, key.as_bytes()).as_deref(), expected, "{key}");
    }
    // Numbers that are taken are left out.
    let verifier = wandb().secret_named("1", secret()).secret(Secret::new("other").unwrap());
    assert_eq!(label(&verifier.build().unwrap(), b"other").as_deref(), Some("2"));
    for name in ["!", "~", "2026-11", "a.b/c"] {
        let verifier = wandb().secret_named(name, secret()).build().unwrap();
        assert_eq!(label(&verifier, b"c2VjcmV0").as_deref(), Some(name));
    }
}

#[test]
fn body_limits() {
    let limit = |builder: VerifierBuilder| builder.secret(secret()).build().unwrap().body_limit();
    assert_eq!(limit(wandb()), 1024 * 1024);
    assert_eq!(limit(Verifier::builder(Sender::DATABRICKS)), 1024 * 1024);
    assert_eq!(limit(mlflow()), 4 * 1024 * 1024);
    assert_eq!(limit(wandb().body_limit(0)), 0);
    assert_eq!(limit(Verifier::builder(Sender::WANDB.with_body_limit(7))), 7);
}

#[test]
fn tolerances() {
    let accepts = |tolerance: Option<Duration>, skew: u64| {
        let builder = mlflow().secret(secret());
        let verifier = match tolerance {
            Some(tolerance) => builder.tolerance(tolerance),
            None => builder,
        };
        let signature = format!("v1,{}", base64(&hmac(b"c2VjcmV0", b"id.100000.")));
        let headers = [
            ("x-mlflow-signature", signature.as_str()),
            ("x-mlflow-delivery-id", "id"),
            ("x-mlflow-timestamp", "100000"),
        ];
        let verifier = verifier.build().unwrap();
        let [late, early] = [100_000 + skew, 100_000 - skew]
            .map(|now| verifier.verify(UnixTime::from_secs(now), &headers, b"").is_ok());
        assert_eq!(late, early);
        late
    };
    for (tolerance, seconds) in [
        (None, 300),
        (Some(Duration::ZERO), 0),
        (Some(Duration::from_millis(999)), 0),
        (Some(Duration::from_secs(1)), 1),
        (Some(Duration::from_secs(86_400)), 86_400),
    ] {
        assert!(accepts(tolerance, seconds), "{tolerance:?}");
        assert!(!accepts(tolerance, seconds + 1), "{tolerance:?}");
    }
}

#[test]
fn senders_of_ones_own() {
    use SignedPart::{DeliveryId, Text, Timestamp};

    const GOOD: Sender = Sender::new("own", "x-own");
    const NAME: &str = "`name` is empty";
    const PREFIX: &str = "`prefix` is not at most 32 visible ASCII characters";
    const ENCODINGS: &str = "`encodings` is empty";
    const TWO: &str = "`signed_parts` names two delivery ids or two timestamps";
    const SEPARATOR: &str = "`signed_parts` has no separating text behind an id or a timestamp";
    const HEADER: &str = "header name is not a lower-case token";
    const TWICE: &str = "header is used twice";
    const CREDENTIALS: &str = "header is for credentials";

    let parts = |parts| GOOD.with_signed_parts(parts);
    let bad = [
        (Sender::new("", "x-own"), NAME, None),
        (GOOD.with_prefix("123456789012345678901234567890123"), PREFIX, None),
        (GOOD.with_prefix("v1, "), PREFIX, None),
        (GOOD.with_prefix("v1\n"), PREFIX, None),
        (GOOD.with_prefix("\u{e9}"), PREFIX, None),
        (GOOD.with_encodings(&[]), ENCODINGS, None),
        (parts(&[DeliveryId("a"), Text("."), DeliveryId("b"), Text(".")]), TWO, None),
        (parts(&[Timestamp("a"), Text("."), Timestamp("b"), Text(".")]), TWO, None),
        (parts(&[DeliveryId("a")]), SEPARATOR, None),
        (parts(&[Timestamp("a")]), SEPARATOR, None),
        (parts(&[Text("v0"), DeliveryId("a")]), SEPARATOR, None),
        (parts(&[DeliveryId("a"), Text("")]), SEPARATOR, None),
        (parts(&[Timestamp("a"), Text("")]), SEPARATOR, None),
        (parts(&[Timestamp("a"), Text("0")]), SEPARATOR, None),
        (parts(&[DeliveryId("a"), Timestamp("b"), Text(".")]), SEPARATOR, None),
        (parts(&[Timestamp("a"), DeliveryId("b"), Text(".")]), SEPARATOR, None),
        (Sender::new("own", ""), HEADER, Some("")),
        (Sender::new("own", "X-Own"), HEADER, Some("X-Own")),
        (Sender::new("own", "x own"), HEADER, Some("x own")),
        (Sender::new("own", "x-own:"), HEADER, Some("x-own:")),
        (Sender::new("own", "x-\u{f6}wn"), HEADER, Some("x-\u{f6}wn")),
        (parts(&[DeliveryId("A"), Text(".")]), HEADER, Some("A")),
        (parts(&[Timestamp(""), Text(".")]), HEADER, Some("")),
        (Sender::new("own", "authorization"), CREDENTIALS, Some("authorization")),
        (parts(&[DeliveryId("authorization"), Text(".")]), CREDENTIALS, Some("authorization")),
        (parts(&[DeliveryId("x-own"), Text(".")]), TWICE, Some("x-own")),
        (parts(&[Timestamp("x-own"), Text(".")]), TWICE, Some("x-own")),
        (parts(&[DeliveryId("a"), Text("."), Timestamp("a"), Text(".")]), TWICE, Some("a")),
    ];
    for (sender, problem, header) in bad {
        let expected = ConfigError::SenderInvalid { sender: sender.name(), problem, header };
        let error = Verifier::builder(sender).secret(secret()).build().unwrap_err();
        let header = header.map_or_else(String::new, |header| format!(": `{header}`"));
        assert_eq!(error.to_string(), format!("sender `{}`: {problem}{header}", sender.name()));
        assert_eq!(error, expected);
        #[cfg(feature = "sign")]
        assert_eq!(verify_core::Signer::new(sender, secret()).unwrap_err(), expected);
    }

    let good = [
        GOOD,
        GOOD.with_prefix("12345678901234567890123456789012"),
        GOOD.with_encodings(&[Encoding::Base64Unpadded, Encoding::Hex]),
        parts(&[Text(""), Text("v0:")]),
        parts(&[Timestamp("a"), Text(":0")]),
        parts(&[DeliveryId("a"), Text("0")]),
        parts(&[Timestamp("a"), Text("."), DeliveryId("!#$%&'*+-.^_`|~09az"), Text(".")]),
        Sender::DATABRICKS,
        Sender::MLFLOW,
        Sender::WANDB,
    ];
    for sender in good {
        assert!(Verifier::builder(sender).secret(secret()).build().is_ok(), "{sender:?}");
    }
}

#[test]
fn the_senders_are_told_apart() {
    let names: Vec<_> = Sender::ALL.iter().map(Sender::name).collect();
    assert_eq!(names, ["databricks", "mlflow", "standard-webhooks", "wandb"]);
    let with_time: Vec<_> = Sender::ALL.iter().map(Sender::timestamp_header).collect();
    assert_eq!(with_time, [None, Some("x-mlflow-timestamp"), Some("webhook-timestamp"), None]);
    let with_id: Vec<_> = Sender::ALL.iter().map(Sender::delivery_id_header).collect();
    assert_eq!(with_id, [None, Some("x-mlflow-delivery-id"), Some("webhook-id"), None]);
}

#[test]
fn a_secret_is_taken_verbatim() {
    let secrets: [&[u8]; 9] = [
        b" ",
        b"secret ",
        b" secret",
        b"secret\n",
        b"v1,whsec_c2VjcmV0",
        b"whsec_c2VjcmV0",
        "sch\u{f6}n".as_bytes(),
        b"\xff\xfe",
        &[b'k'; 200],
    ];
    // HMAC pads its key with NUL bytes: nothing but those is the empty key, which everybody knows.
    for empty in [&b""[..], b"\0", &[0; 64], &[0; 65]] {
        assert_eq!(Secret::new(empty).unwrap_err(), ConfigError::SecretEmpty);
    }
    for secret in secrets {
        assert!(fits(Secret::new(secret).unwrap(), secret));
        assert!(!fits(Secret::new(secret).unwrap(), b"secret"));
    }
}

#[cfg(all(feature = "alloc", feature = "sign"))]
#[test]
fn a_secret_that_is_written_is_the_key_that_was_meant() {
    use verify_core::{ExposedSecret, SecretEncoding};

    for (encoding, text, key) in [
        (SecretEncoding::Base64, "whsec_c2VjcmV0", "secret"),
        (SecretEncoding::Verbatim, "736563726574", "736563726574"),
    ] {
        assert_eq!(encoding.write(b"secret"), text);
        let exposed = ExposedSecret::new(text).unwrap();
        assert_eq!(exposed.dangerous_expose(), text.as_bytes());
        assert_eq!(format!("{exposed:?}"), "ExposedSecret(..)");
        let sender = Sender::WANDB.with_secret_encoding(encoding);
        let verifier = Verifier::builder(sender).secret_named("it", exposed.secret().clone());
        assert_eq!(label(&verifier.build().unwrap(), key.as_bytes()).as_deref(), Some("it"));
    }
    assert_eq!(ExposedSecret::new("").unwrap_err(), ConfigError::SecretEmpty);
}

#[cfg(feature = "std")]
mod std_only {
    use std::{env, fs, io::ErrorKind, path::Path, process::Command};

    use verify_core::{ConfigError, ExposedSecret, Secret};

    use super::fits;

    const VARIABLE: &str = "VERIFY_CORE_TEST_SECRET";
    const EXPECTED: &str = "VERIFY_CORE_TEST_EXPECTED";

    #[test]
    fn from_env_tells_what_is_wrong() {
        let error = Secret::from_env("VERIFY_CORE_TEST_UNSET").unwrap_err();
        assert_eq!(error.to_string(), "environment variable is not set: `VERIFY_CORE_TEST_UNSET`");
        let variable = "VERIFY_CORE_TEST_UNSET".into();
        assert_eq!(error, ConfigError::EnvironmentUnset { variable });
    }

    /// Variables can be set for a child only: `set_var` is unsafe.
    #[test]
    fn from_env_is_verbatim() {
        for value in ["secret", " secret ", "secret\n", "secret\r\n", "whsec_x", "sch\u{f6}n", ""] {
            let child = Command::new(env::current_exe().unwrap())
                .args(["--exact", "config::std_only::from_env_in_a_child", "--ignored"])
                .env(VARIABLE, value)
                .env(EXPECTED, format!("<{value}>"))
                .output()
                .unwrap();
            let output = String::from_utf8_lossy(&child.stdout);
            assert!(child.status.success(), "{value:?}: {output}");
            assert!(output.contains("1 passed"), "{value:?}: {output}");
        }
    }

    #[test]
    #[ignore = "is run by `from_env_is_verbatim`, with variables set"]
    fn from_env_in_a_child() {
        let Ok(expected) = env::var(EXPECTED) else { return };
        let expected = expected.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap();
        match Secret::from_env(VARIABLE) {
            Ok(secret) => {
                assert!(!expected.is_empty() && fits(secret, expected.as_bytes()));
                let exposed = ExposedSecret::from_env(VARIABLE).unwrap();
                assert_eq!(exposed.dangerous_expose(), expected.as_bytes());
            }
            Err(error) => {
                let text =
                    "environment variable holds no secret: `VERIFY_CORE_TEST_SECRET` is empty";
                assert_eq!(error.to_string(), text);
                assert_eq!(error, ConfigError::EnvironmentEmpty { variable: VARIABLE.into() });
                assert_eq!(ExposedSecret::from_env(VARIABLE).unwrap_err(), error);
                assert_eq!(expected, "");
            }
        }
    }

    #[test]
    fn from_file_drops_one_newline() {
        let name = format!("secret-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let rows: [(&[u8], &[u8]); 16] = [
            (b"secret", b"secret"),
            (b"secret\n", b"secret"),
            (b"secret\r\n", b"secret"),
            (b"secret\n\n", b"secret\n"),
            (b"secret\r\n\r\n", b"secret\r\n"),
            (b"secret\r\r\n", b"secret\r"),
            (b"secret\r", b"secret\r"),
            (b"secret\n\r", b"secret\n\r"),
            (b" secret \n", b" secret "),
            (b"\nsecret", b"\nsecret"),
            (b"\r", b"\r"),
            (b"\n\n", b"\n"),
            (b"\xef\xbb\xbfsecret", b"\xef\xbb\xbfsecret"),
            (b"sec\0ret\n", b"sec\0ret"),
            (b"\xff\xfe\n", b"\xff\xfe"),
            (b"whsec_c2VjcmV0\n", b"whsec_c2VjcmV0"),
        ];
        for (content, secret) in rows {
            fs::write(&path, content).unwrap();
            let read = Secret::from_file(&path).unwrap();
            assert!(fits(read, secret), "{}", content.escape_ascii());
            // The one who registers a webhook reads the same bytes.
            let exposed = ExposedSecret::from_file(&path).unwrap();
            assert_eq!(exposed.dangerous_expose(), secret);
            assert!(fits(exposed.secret().clone(), secret), "{}", content.escape_ascii());
        }
        for content in ["", "\n", "\r\n", "\0\n", "\0\0"] {
            fs::write(&path, content).unwrap();
            let error = Secret::from_file(&path).unwrap_err();
            let text = format!("file holds no secret: `{}` is empty", path.display());
            assert_eq!(error.to_string(), text, "{content:?}");
            assert_eq!(error, ConfigError::FileEmpty { path: path.clone() });
            assert_eq!(ExposedSecret::from_file(&path).unwrap_err(), error);
        }
        fs::write(&path, [b'x'; 64 * 1024]).unwrap();
        assert!(Secret::from_file(&path).is_ok());
        fs::write(&path, [b'x'; 64 * 1024 + 1]).unwrap();
        let error = Secret::from_file(&path).unwrap_err();
        let kind = ErrorKind::FileTooLarge;
        assert_eq!(error, ConfigError::FileUnreadable { path: path.clone(), kind });
        #[cfg(target_os = "linux")]
        assert!(Secret::from_file("/dev/zero").is_err(), "a file without an end");
        fs::remove_file(&path).unwrap();
        let error = Secret::from_file(&path).unwrap_err();
        let text = format!("file could not be read: `{}`: entity not found", path.display());
        assert_eq!(error.to_string(), text);
        assert_eq!(error, ConfigError::FileUnreadable { path, kind: ErrorKind::NotFound });
    }

    #[test]
    fn the_clock_is_rounded_down() {
        use core::time::Duration;
        use std::time::UNIX_EPOCH;
        use verify_core::UnixTime;

        let time = UNIX_EPOCH + Duration::from_millis(1999);
        assert_eq!(UnixTime::try_from(time).unwrap(), UnixTime::from_secs(1));
        assert!(UnixTime::try_from(UNIX_EPOCH - Duration::from_secs(1)).is_err());
    }
}

/// Text without white space, so that lists over several lines are found too.
fn shown(value: &dyn fmt::Debug) -> String {
    format!("{value:?}{value:#?}").split_whitespace().collect()
}

#[test]
fn debug_output_keeps_secrets() {
    const KEY: &[u8] = b"unspeakable-key";
    const TOKEN: &[u8] = b"unspeakable-token";
    const VALUE: &[u8] = b"Basic dW5zcGVha2FibGU6cHc=";
    const BODY: &[u8] = b"unspeakable-body";

    let key = || Secret::new(KEY).unwrap();
    let builder = || mlflow().secret(key()).bearer(TOKEN).authorization(VALUE);
    let verifier = builder().build().unwrap();
    let tag = hmac(KEY, &[b"id.1795290782.", BODY].concat());
    let signature = format!("v1,{}", base64(&tag));
    let authorization = [b"Bearer ", TOKEN].concat();
    let headers: [(&str, &[u8]); 4] = [
        ("authorization", &authorization),
        ("x-mlflow-signature", signature.as_bytes()),
        ("x-mlflow-delivery-id", b"id"),
        ("x-mlflow-timestamp", b"1795290782"),
    ];
    let mut pending = verifier.begin(NOW, &headers).unwrap();
    pending.feed(BODY).unwrap();
    let verified = verifier.verify(NOW, &headers, BODY).unwrap();
    let wrong = verifier.verify(NOW, &headers, b"unspeakable body").unwrap_err();

    let texts = vec![
        shown(&key()),
        shown(&builder()),
        shown(&builder().bearer("unspeakable token")),
        shown(&builder().bearer("unspeakable token").build()),
        shown(&pending),
        shown(&verifier),
        shown(&verified),
        shown(verified.receipt()),
        shown(&wrong),
    ];
    #[cfg(feature = "alloc")]
    let texts = {
        let mut collector = verifier.begin(NOW, &headers).unwrap().collect();
        collector.feed(BODY.to_vec()).unwrap();
        let kept = shown(&collector);
        collector.feed(b"more".to_vec()).unwrap();
        [texts, vec![kept, shown(&collector.finish().unwrap_err())]].concat()
    };
    #[cfg(feature = "sign")]
    let texts = {
        let signer = verify_core::Signer::new(Sender::MLFLOW, key()).unwrap();
        [texts, vec![shown(&signer)]].concat()
    };

    let digest = |text: &[u8]| -> Vec<u8> { <sha2::Sha256 as sha2::Digest>::digest(text).to_vec() };
    let hidden = [
        KEY.to_vec(),
        TOKEN.to_vec(),
        VALUE.to_vec(),
        BODY.to_vec(),
        tag.to_vec(),
        digest(TOKEN),
        digest(VALUE),
    ];
    let list = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte},")).collect() };
    for text in texts {
        assert!(!text.is_empty());
        assert!(!text.contains("unspeakable"), "{text}");
        for bytes in &hidden {
            for spelling in [
                String::from_utf8_lossy(bytes).into_owned(),
                hex(bytes),
                hex(bytes).to_uppercase(),
                base64(bytes),
                list(&bytes[..8]),
            ] {
                assert!(!text.contains(spelling.trim_end_matches('=')), "{spelling} in {text}");
            }
        }
    }
    assert_eq!(format!("{:?}", key()), "Secret(..)");
    // Labels, and what kind of credential there is, may be seen.
    for part in ["label:\"1\"", "Credential(Bearer,..)", "Credential(Verbatim,..)"] {
        assert!(shown(&verifier).contains(part), "{}", shown(&verifier));
    }
}

#[cfg(feature = "alloc")]
#[test]
fn one_key_is_recognised_however_it_is_written() {
    use verify_core::{
        ExposedSecret,
        SecretEncoding::{self, Base64, Verbatim},
    };

    let is_same = |one: (&str, SecretEncoding), other: (&str, SecretEncoding)| {
        let [left, right] = [one.0, other.0].map(|text| ExposedSecret::new(text).unwrap());
        left.is_same_key(one.1, &right, other.1)
    };
    for (one, other, expected) in [
        (("whsec_c2VjcmV0", Base64), ("c2VjcmV0", Base64), true),
        (("c2VjcmV0", Base64), ("secret", Verbatim), true),
        (("secret", Verbatim), ("secret", Verbatim), true),
        (("whsec_c2VjcmV0", Verbatim), ("c2VjcmV0", Verbatim), false),
        // No base64, and so no key at all.
        (("not base64!", Base64), ("not base64!", Base64), false),
    ] {
        assert_eq!(is_same(one, other), expected, "{one:?} {other:?}");
        assert_eq!(is_same(other, one), expected, "{one:?} {other:?}");
    }
}

#[cfg(feature = "http")]
#[test]
fn headers_are_counted_alike_name_by_name_and_all_at_once() {
    use verify_core::{
        Headers,
        Occurrence::{Never, Once, Repeated},
    };

    let list = [("a", "1"), ("b", "2"), ("b", "3"), ("c", "4")];
    let mut map = http::HeaderMap::new();
    for (name, value) in list {
        map.append(name, http::HeaderValue::from_static(value));
    }
    let expected = [Once(b"1"), Repeated, Never, Never];
    assert_eq!(list.occurrences(["a", "b", "d", ""]), expected);
    assert_eq!(Headers::occurrences(&map, ["a", "b", "d", ""]), expected);
}
