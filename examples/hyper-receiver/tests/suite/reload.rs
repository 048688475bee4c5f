//! Secrets and certificates that change while deliveries arrive.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{fs, sync::Arc};

use tokio::task::JoinSet;

use crate::{
    client::{Client, Version, connect_tls, deliver, mlflow},
    receiver::{Receiver, TENANTS},
};

const PATH: &str = "/webhooks/acme/mlflow";

fn tenants(mlflow: &str) -> String {
    format!("[acme]\nmlflow = {{ {mlflow} }}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_delivery_is_lost_while_secrets_are_exchanged() {
    let receiver = Receiver::start();
    let stop = Arc::new(AtomicBool::new(false));
    let delivered = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    // One secret stays throughout, in changing places.
    for version in Version::ALL.repeat(2) {
        let mut client = Client::connect(&receiver, version).await;
        let (stop, delivered) = (stop.clone(), delivered.clone());
        running.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let answer = client.deliver(PATH, &mlflow("acme-mlflow")).await;
                assert_eq!(answer.status, 204);
                let other = client.deliver("/webhooks/globex/mlflow", &mlflow("acme-mlflow")).await;
                assert_eq!(other.status, 401);
                delivered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for round in 0..40 {
        let (secret, previous) = match round % 2 {
            0 => (format!("new-{round}"), "acme-mlflow".to_owned()),
            _ => ("acme-mlflow".to_owned(), format!("old-{round}")),
        };
        receiver
            .files
            .write_tenants(&tenants(&format!("secret = \"{secret}\", previous = \"{previous}\"")));
        assert_eq!(receiver.reload(), "reloaded: tenants: 1");
        // The new ones are in place when it says so.
        for secret in [secret, previous] {
            assert_eq!(
                deliver(&receiver, Version::Http2, PATH, &mlflow(&secret)).await.status,
                204
            );
        }
        let before = format!("new-{}", round - 1);
        assert_eq!(deliver(&receiver, Version::Http1, PATH, &mlflow(&before)).await.status, 401);
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(result) = running.join_next().await {
        result.unwrap();
    }
    println!("delivered during 40 reloads: {delivered:?}");
    assert!(delivered.load(Ordering::Relaxed) > 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_leaves_everything_as_it_was() {
    let receiver = Receiver::start();
    let path = receiver.files.path("tenants.toml");
    let no_toml = "line 2: not TOML, or a name stands there twice: write `secret = \"value\"` under \
                   `[tenant.sender]`";
    for (broken, problem) in [
        ("", "no tenant"),
        ("[acme]\nmlflow = { secret = top-secret }", no_toml),
        ("[acme]\nmlflow = { secret = \"top-secret", no_toml),
        ("acme = \"top-secret\"", "`acme`: not a table"),
        ("[acme]\nmlflow = \"top-secret\"", "`acme.mlflow`: not a table"),
        ("[acme]\nmlflow = {}", "`acme.mlflow.secret`: missing"),
        ("[acme]\nmlflow.secret = 12345678", "`acme.mlflow.secret`: not a string, or an empty one"),
        ("[acme]\nmlflow.secret = \"\"", "`acme.mlflow.secret`: not a string, or an empty one"),
        (
            "[acme]\nmlflow = { secret = \"a\", previuos = \"top-secret\" }",
            "`acme.mlflow.previuos`: neither `secret` nor `previous`",
        ),
        (
            "[acme]\nmlflow = { secret = \"top-secret\", previous = \"top-secret\" }",
            "`acme.mlflow`: a secret that occurs twice",
        ),
        (
            "[acme]\nmlflow.secret = \"top-secret\"\n[globex]\nwandb.secret = \"top-secret\"",
            "`globex.wandb`: a secret that occurs twice",
        ),
        (
            "[acme]\ngitlab.secret = \"a\"",
            "`acme.gitlab`: no such sender; there are databricks, mlflow, standard-webhooks, wandb",
        ),
        ("[Acme]\nmlflow.secret = \"a\"", "`Acme`: a tenant's name has 1 to 64 of `a-z0-9-`"),
    ] {
        receiver.files.write_tenants(broken);
        let expected = format!(
            "not reloaded, all stays as it was: TENANTS_FILE: `{}`: {problem}",
            path.display()
        );
        assert_eq!(receiver.reload(), expected);
        assert!(!expected.contains("top-secret") && !expected.contains("12345678"));
        let answer = deliver(&receiver, Version::Http1, PATH, &mlflow("acme-mlflow")).await;
        assert_eq!(answer.status, 204, "{broken}");
    }
    fs::remove_file(&path).unwrap();
    assert!(receiver.reload().ends_with("No such file or directory (os error 2)"));
    receiver.files.write_tenants(TENANTS);
    assert_eq!(receiver.reload(), "reloaded: tenants: 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_comes_and_goes() {
    let receiver = Receiver::start();
    let answer = async |secret| {
        deliver(&receiver, Version::Http2, "/webhooks/initech/mlflow", &mlflow(secret)).await.status
    };
    assert_eq!(answer("initech-mlflow").await, 401);
    receiver
        .files
        .write_tenants(&format!("{TENANTS}\n[initech]\nmlflow.secret = \"initech-mlflow\""));
    assert_eq!(receiver.reload(), "reloaded: tenants: 3");
    assert_eq!(answer("initech-mlflow").await, 204);
    receiver.files.write_tenants(TENANTS);
    receiver.reload();
    assert_eq!(answer("initech-mlflow").await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_for_new_connections() {
    let receiver = Receiver::start();
    let mut before = Client::connect(&receiver, Version::Http2).await;
    receiver.files.write_certificate();
    assert!(connect_tls(&receiver, None).await.is_err(), "it still shows the old one");
    receiver.reload();
    deliver(&receiver, Version::Http2, PATH, &mlflow("acme-mlflow")).await;
    assert_eq!(before.deliver(PATH, &mlflow("acme-mlflow")).await.status, 204);

    // A key of another certificate, along with a new tenant: neither is taken.
    let key = fs::read(receiver.files.path("key.pem")).unwrap();
    receiver.files.write_certificate();
    let certificate = receiver.files.certificate();
    fs::write(receiver.files.path("key.pem"), key).unwrap();
    receiver.files.write_tenants(&tenants("secret = \"another\""));
    let said = receiver.reload();
    assert!(said.starts_with("not reloaded, all stays as it was: TLS_KEY_FILE: "), "{said}");
    assert!(said.contains("it is the key of another certificate"), "{said}");
    assert_eq!(before.deliver(PATH, &mlflow("acme-mlflow")).await.status, 204);
    fs::write(receiver.files.path("certificate.pem"), &certificate[..certificate.len() / 2])
        .unwrap();
    let said = receiver.reload();
    assert!(
        said.starts_with("not reloaded, all stays as it was: TLS_CERTIFICATE_FILE: "),
        "{said}"
    );
    assert!(said.contains("it was cut off: a line `-----END ..-----` is missing"), "{said}");
    // In our own words, whatever is wrong.
    for (content, what) in [
        ("", "it has no certificate or key in PEM"),
        ("text", "it has no certificate or key in PEM"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "it is not PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "the first certificate is malformed",
        ),
    ] {
        fs::write(receiver.files.path("certificate.pem"), content).unwrap();
        let said = receiver.reload();
        assert!(said.contains(what), "{content}: {said}");
    }
}
