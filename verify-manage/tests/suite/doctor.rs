//! Each fault is made, and found. A sound way of a delivery has none.

use core::{net::SocketAddr, time::Duration};
use std::{collections::BTreeSet, sync::Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use verify_manage::{
    Certificates, Environment, ExposedSecret, Limits, Registry,
    doctor::{Examination, Fault, Report},
    mlflow as ml,
};
use verify_toolkit::{Capture, Delivery, Sender, UnixTime, Verifier};

use crate::{
    SECRET, databricks, mlflow, patience, secret,
    server::{Asked, Reply, Server, json},
};

/// A host that no resolver knows, also where there is none to ask: no label is that long.
const NOWHERE: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// A webhook of MLflow that delivers there.
fn webhook(url: &str) -> Value {
    json!({
        "webhook_id": "w1", "name": "deploy", "url": url, "status": "ACTIVE",
        "events": [{"entity": "PROMPT", "action": "CREATED"}],
    })
}

fn taken() -> Value {
    json!({"result": {"success": true, "response_status": 204, "response_body": ""}})
}

fn answered(status: u16) -> Value {
    json!({"result": {"success": false, "response_status": status, "response_body": "no"}})
}

fn failed(error: &str) -> Value {
    json!({"result": {"success": false, "error_message": error}})
}

/// An MLflow that has this webhook, and says that of a test.
async fn service(webhook: Value, tested: Value) -> (Registry, Server) {
    let server = Server::start(move |asked, _| match asked.method.as_str() {
        "GET" => json(200, &json!({ "webhooks": [webhook] })),
        _ => json(200, &tested),
    })
    .await;
    (Registry::Mlflow(mlflow(&server)), server)
}

/// A service that answers everything so.
async fn broken(reply: Reply) -> (Registry, Server) {
    let server = Server::start(move |_, _| reply.clone()).await;
    let mut patience = patience();
    patience.tries = 1;
    (Registry::Mlflow(mlflow(&server).with_patience(patience)), server)
}

/// A receiver that verifies with the secret, and says 204.
async fn sound() -> Server {
    let secret = ExposedSecret::new(SECRET).unwrap();
    let verifier = Verifier::builder(Sender::MLFLOW).secret(secret.secret().clone());
    let verifier = Mutex::new(verifier.build().unwrap());
    Server::start(move |asked, _| {
        let headers: Vec<_> = asked
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect();
        let verifier = verifier.lock().unwrap();
        let now = UnixTime::now().unwrap();
        let status = verifier.verify(now, &headers, asked.body.as_bytes()).map_or(401, |_| 204);
        Reply::Answer(status, "text/plain", String::new())
    })
    .await
}

/// A receiver that says no to what is not signed, and this to the rest.
async fn saying(reply: Reply) -> Server {
    Server::start(move |asked: &Asked, _| match asked.header("x-mlflow-signature") {
        None => Reply::Answer(401, "text/plain", String::new()),
        Some(_) => reply.clone(),
    })
    .await
}

fn names(report: &Report) -> BTreeSet<&'static str> {
    let text = format!("{report:?}");
    assert!(!text.contains("whsec_") && !text.contains("dapi-"), "{text}");
    report.findings.iter().map(|finding| finding.fault.name()).collect()
}

/// What loopback and http have in all these tests.
const OF_TESTS: [&str; 2] = ["url-not-https", "url-private"];

#[track_caller]
fn assert_found(report: &Report, fault: Fault) {
    assert!(names(report).contains(fault.name()), "{} is not in {report:#?}", fault.name());
    assert!(!fault.advice().is_empty());
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.total = Duration::from_secs(30);
    limits
}

#[tokio::test]
async fn a_sound_way_has_no_faults() {
    let receiver = sound().await;
    let (registry, _server) = service(webhook(&receiver.url()), taken()).await;
    let secret = secret().unwrap();
    let report =
        Examination::new(&registry, "deploy").event("PROMPT.created").secret(&secret).run().await;
    assert_eq!(names(&report), OF_TESTS.into(), "{report:#?}");
    assert!(report.is_healthy());
    let good = [
        "the webhook is active",
        "it is subscribed to prompt.created",
        "the receiver refuses what is not signed",
        "the receiver refuses what is signed with a wrong secret",
        "the receiver takes what is signed with the secret given",
        "the receiver took the sender's own test",
    ];
    for good in good {
        assert!(report.good.iter().any(|text| text == good), "{good} is not in {report:#?}");
    }
}

#[tokio::test]
async fn what_the_service_says_is_a_finding() {
    let page =
        |status, title: &str| Reply::Answer(status, "text/html", format!("<title>{title}</title>"));
    let text = |status, text: &str| Reply::Answer(status, "text/html", text.to_owned());
    for (reply, fault) in [
        (text(401, "You are not authenticated."), Fault::TokenRefused),
        (
            json(403, &json!({"error_code": 403, "message": "Invalid access token."})),
            Fault::TokenRefused,
        ),
        (text(403, "Permission denied"), Fault::PermissionMissing),
        (page(200, "Sign in"), Fault::ServiceElsewhere),
        (
            Reply::With(303, "location: /login.html".to_owned(), String::new()),
            Fault::ServiceElsewhere,
        ),
        (page(404, "404 Not Found"), Fault::ServiceElsewhere),
        (Reply::Flood { bytes: 200 << 20, announces: true }, Fault::ServiceElsewhere),
        (page(500, "500 Internal Server Error"), Fault::EncryptionKey),
        // As 3.17.2 says it.
        (json(500, &json!({"error_code": "INTERNAL_ERROR", "message": ""})), Fault::EncryptionKey),
        (json(400, &json!({"error_code": "BAD_REQUEST", "message": "no"})), Fault::ServiceRefused),
        (Reply::With(429, "retry-after: 9".to_owned(), String::new()), Fault::ServiceBusy),
        (Reply::HangUp, Fault::ServiceBroken),
        (json(200, &json!({})), Fault::WebhookMissing),
        (
            json(
                200,
                &json!({"webhooks": [
                    {"webhook_id": "1", "name": "deploy"}, {"webhook_id": "2", "name": "deploy"},
                ]}),
            ),
            Fault::WebhookAmbiguous,
        ),
    ] {
        let (registry, _server) = broken(reply).await;
        let report = Examination::new(&registry, "deploy").run().await;
        assert_eq!(names(&report), [fault.name()].into(), "{report:#?}");
        assert!(!report.is_healthy());
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_a_finding() {
    let (address, _) = tls().await;
    for (url, fault) in [
        (format!("http://{NOWHERE}"), Fault::ServiceUnknown),
        ("http://127.0.0.1:1".to_owned(), Fault::ServiceUnreachable),
        (format!("https://localhost:{}", address.port()), Fault::ServiceCertificate),
    ] {
        let environment: Environment = [("MLFLOW_TRACKING_URI", url)].into_iter().collect();
        let settings = ml::Settings::find(&environment).unwrap();
        let client = ml::Client::new(settings).unwrap().with_patience(patience());
        let registry = Registry::Mlflow(client);
        let report = Examination::new(&registry, "deploy").run().await;
        assert_eq!(names(&report), [fault.name()].into(), "{report:#?}");
    }
}

#[tokio::test]
async fn what_the_webhook_says_is_a_finding() {
    let good = webhook(&format!("https://{NOWHERE}/"));
    let with = |field: &str, value: Value| {
        let mut webhook = good.clone();
        webhook[field] = value;
        webhook
    };
    for (webhook, fault) in [
        (with("status", json!("DISABLED")), Fault::WebhookDisabled),
        (with("status", json!("PAUSED")), Fault::StatusUnknown),
        (with("events", json!([])), Fault::EventsNone),
        (with("url", json!("https://[::1")), Fault::UrlMalformed),
        (with("url", json!(format!("https://u:hunter2@{NOWHERE}/"))), Fault::UrlPassword),
        (with("url", json!(format!("http://{NOWHERE}/"))), Fault::UrlNotHttps),
        (with("url", json!("https://10.0.0.1/")), Fault::UrlPrivate),
        (with("url", Value::Null), Fault::DestinationUnknown),
    ] {
        let (registry, _server) = service(webhook, taken()).await;
        let report = Examination::new(&registry, "deploy").without_deliveries().run().await;
        assert_found(&report, fault);
        let shown: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        assert!(!shown.join("").contains("hunter2"), "{shown:?}");
    }
    let (registry, server) = service(good.clone(), taken()).await;
    let ask = |event: &str| Examination::new(&registry, "deploy").without_deliveries().event(event);
    assert_found(&ask("prompt_tag.set").run().await, Fault::EventMissing);
    assert_found(&ask("prompt.moved").run().await, Fault::EventUnknown);
    // What was not to be sent was not.
    assert!(server.asked().iter().all(|asked| asked.method == "GET"));

    let twins = Server::start(move |_, _| {
        let mut twin = good.clone();
        twin["webhook_id"] = "w2".into();
        twin["name"] = "other".into();
        json(200, &json!({ "webhooks": [good, twin] }))
    })
    .await;
    let registry = Registry::Mlflow(mlflow(&twins));
    let report = Examination::new(&registry, "w1").without_deliveries().run().await;
    assert_found(&report, Fault::SameUrl);
}

#[tokio::test]
async fn what_databricks_alone_has_is_a_finding() {
    let webhook = |more: Value| {
        let mut webhook = json!({
            "id": "1", "events": ["COMMENT_CREATED"], "status": "ACTIVE",
            "http_url_spec": {"url": format!("https://{NOWHERE}/")},
        });
        webhook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        webhook
    };
    let unchecked = json!({"url": format!("https://{NOWHERE}/"), "enable_ssl_verification": false});
    for (webhook, fault) in [
        (webhook(json!({"status": "TEST_MODE"})), Fault::WebhookTestMode),
        (webhook(json!({"model_name": "other"})), Fault::ModelOther),
        (webhook(json!({"http_url_spec": unchecked})), Fault::CertificateUnchecked),
        (
            json!({"id": "1", "events": ["COMMENT_CREATED"], "job_spec": {"job_id": "5"}}),
            Fault::JobDestination,
        ),
    ] {
        let server = Server::start(move |_, _| json(200, &json!({ "webhooks": [webhook] }))).await;
        let registry = Registry::Databricks(databricks(&server));
        let examination = Examination::new(&registry, "1").model("fraud").without_deliveries();
        assert_found(&examination.run().await, fault);
    }
    // Whether a test of a disabled webhook is sent is not known; whatever the service says is told.
    let server = Server::start(|asked, _| match asked.method.as_str() {
        "GET" => json(200, &json!({"webhooks": [{"id": "1", "status": "DISABLED"}]})),
        _ => json(400, &json!({"error_code": "INVALID_STATE", "message": "disabled"})),
    })
    .await;
    let registry = Registry::Databricks(databricks(&server));
    let report = Examination::new(&registry, "1").run().await;
    assert_found(&report, Fault::WebhookDisabled);
    assert_found(&report, Fault::ServiceRefused);
}

/// Names the findings that no test makes. It reads the tests: what stands there as `Fault::Name` is either expected of
/// a fault that is made, or not there at all.
#[test]
fn each_finding_has_a_test_that_makes_its_fault() {
    let tests = include_str!("doctor.rs");
    let is_made = |fault: &&Fault| {
        let name = format!("Fault::{fault:?}");
        tests.match_indices(&name).any(|(place, _)| {
            let after = tests[place + name.len()..].chars().next();
            after.is_some_and(|char| !char.is_alphanumeric())
        })
    };
    let without: Vec<_> = Fault::ALL.iter().filter(|fault| !is_made(fault)).collect();
    assert!(without.is_empty(), "no test makes these faults: {without:?}");
    // What the issue asks for at least.
    assert!(Fault::ALL.len() >= 25, "{}", Fault::ALL.len());
}

/// A port where TLS is spoken, with a certificate of its own.
async fn tls() -> (SocketAddr, String) {
    crate::tls_server::start("localhost").await
}

/// A port that says this to whoever has said something, and hangs up.
async fn port(says: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut read = [0; 4096];
                let _ = stream.read(&mut read).await;
                let _ = stream.write_all(says).await;
                let _ = stream.shutdown().await;
                // What was sent is read, or what was said would be lost in a reset.
                while matches!(stream.read(&mut read).await, Ok(1..)) {}
            });
        }
    });
    address
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_a_finding() {
    let (with_tls, _) = tls().await;
    let noise = port(b"220 mail.example.com ESMTP\r\n").await;
    let hang_up = Server::start(|_, _| Reply::HangUp).await;
    let silent = Server::start(|_, _| Reply::Silence).await;
    for (url, fault) in [
        (format!("http://{NOWHERE}/"), Fault::ReceiverUnknown),
        ("http://127.0.0.1:1/".to_owned(), Fault::ReceiverRefused),
        (format!("https://localhost:{}/", with_tls.port()), Fault::ReceiverCertificate),
        (format!("https://{noise}/"), Fault::ReceiverNotTls),
        (format!("http://{noise}/"), Fault::ReceiverNotHttp),
        (hang_up.url(), Fault::ReceiverHangsUp),
        (silent.url(), Fault::ReceiverSilent),
    ] {
        let (registry, _server) = service(webhook(&url), taken()).await;
        let mut limits = limits();
        limits.total = Duration::from_secs(3);
        let report = Examination::new(&registry, "deploy").limits(limits).run().await;
        assert_found(&report, fault);
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_the_greeting_is_a_finding() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let (registry, _server) = service(webhook(&url), taken()).await;
    let mut limits = limits();
    limits.connecting = Duration::from_millis(300);
    let report = Examination::new(&registry, "deploy").limits(limits).run().await;
    assert_found(&report, Fault::ReceiverUnreachable);
}

#[tokio::test]
async fn a_certificate_of_an_authority_of_ones_own_is_trusted_if_named() {
    let (address, pem) = tls().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    let url = format!("https://localhost:{}/", address.port());
    let (registry, _server) = service(webhook(&url), taken()).await;
    let certificates = Certificates::default().with_authorities(file.path()).unwrap();
    let mut limits = limits();
    limits.total = Duration::from_secs(2);
    let examination = Examination::new(&registry, "deploy").certificates(certificates);
    let report = examination.limits(limits).run().await;
    assert!(!names(&report).contains(Fault::ReceiverCertificate.name()), "{report:#?}");
}

#[tokio::test]
async fn what_the_receiver_answers_is_a_finding() {
    let status = |status| Reply::Answer(status, "text/plain", String::new());
    let with = |status, header: &str| Reply::With(status, header.to_owned(), String::new());
    let redirect = with(302, "location: https://elsewhere.example.com/x");
    for (reply, faults) in [
        (status(403), &[Fault::AnswerForbidden, Fault::DeliveriesLost][..]),
        (status(404), &[Fault::AnswerNotFound, Fault::DeliveriesLost]),
        (status(405), &[Fault::AnswerMethod, Fault::DeliveriesLost]),
        (status(413), &[Fault::AnswerTooLarge, Fault::DeliveriesLost]),
        (status(415), &[Fault::AnswerMediaType, Fault::DeliveriesLost]),
        (status(409), &[Fault::AnswerClientError, Fault::DeliveriesLost]),
        (status(500), &[Fault::AnswerServerError]),
        (status(429), &[Fault::AnswerBusy]),
        (redirect, &[Fault::AnswerRedirect]),
        (with(503, "retry-after: soon"), &[Fault::RetryAfterUnreadable]),
        (status(200), &[Fault::AcceptsForged]),
        (status(401), &[Fault::GenuineRefused]),
    ] {
        let receiver = saying(reply).await;
        let (registry, _server) = service(webhook(&receiver.url()), taken()).await;
        let secret = secret().unwrap();
        let report = Examination::new(&registry, "deploy").secret(&secret).run().await;
        for fault in faults {
            assert_found(&report, *fault);
        }
        let lost = Fault::DeliveriesLost;
        assert_eq!(names(&report).contains(lost.name()), faults.contains(&lost), "{report:#?}");
    }
    let open = Server::start(|_, _| Reply::Answer(204, "text/plain", String::new())).await;
    let (registry, _server) = service(webhook(&open.url()), taken()).await;
    let report = Examination::new(&registry, "deploy").run().await;
    assert_found(&report, Fault::AcceptsUnsigned);
    // It is sent what the webhook is subscribed to.
    assert_eq!(open.asked()[0].json()["entity"], "prompt");
}

#[tokio::test]
async fn a_slow_receiver_is_a_finding() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(5100)).await;
                let _ = stream.write_all(b"HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n").await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            });
        }
    });
    let (registry, _server) = service(webhook(&url), taken()).await;
    assert_found(&Examination::new(&registry, "deploy").run().await, Fault::AnswerSlow);
}

#[tokio::test]
async fn what_the_sender_says_of_its_test_is_a_finding() {
    let receiver = sound().await;
    for (tested, fault) in [
        // Recorded from 3.17.2.
        (
            failed(
                "Failed to test webhook: MlflowException(\"Invalid webhook URL scheme: 'http'. \
                    Allowed schemes are: https.\")",
            ),
            Fault::SchemeRefused,
        ),
        (
            failed(
                "Failed to test webhook: MlflowException(\"Webhook URL must not resolve to a \
                    non-public IP address. '127.0.0.1' resolves to 127.0.0.1.\")",
            ),
            Fault::PrivateRefused,
        ),
        (
            failed(
                "Failed to test webhook: ConnectionError(MaxRetryError('.. \
                    NewConnectionError(\"..: [Errno 111] Connection refused\"))'))",
            ),
            Fault::SenderCannotConnect,
        ),
        (failed("SSLError(1, 'CERTIFICATE_VERIFY_FAILED')"), Fault::SenderDistrusts),
        (failed("ReadTimeout: Read timed out."), Fault::SenderTimedOut),
        (failed("something new"), Fault::SenderFailed),
        (answered(401), Fault::SenderSignsOtherwise),
        (answered(404), Fault::AnswerNotFound),
        (json!({}), Fault::TestAnswered),
    ] {
        let (registry, _server) = service(webhook(&receiver.url()), tested).await;
        let secret = secret().unwrap();
        let report = Examination::new(&registry, "deploy").secret(&secret).run().await;
        assert_found(&report, fault);
    }
    // Without the secret, nobody knows whose it is.
    let (registry, _server) = service(webhook(&receiver.url()), answered(401)).await;
    assert_found(&Examination::new(&registry, "deploy").run().await, Fault::TestUnauthorized);
}

#[tokio::test]
async fn what_the_receiver_recorded_is_explained() {
    let now = UnixTime::now().unwrap();
    let genuine = Delivery::mlflow("{}").sign(SECRET, now).unwrap();
    let newline = Delivery::mlflow("{}").sign(format!("{SECRET}\n"), now).unwrap();
    let mut unsigned = genuine.clone();
    unsigned.headers.retain(|(name, _)| !name.starts_with("x-mlflow"));
    let receiver = sound().await;
    let (registry, _server) = service(webhook(&receiver.url()), taken()).await;
    let secret = secret().unwrap();
    for (request, fault) in [
        (unsigned, Some(Fault::SecretMissing)),
        (newline, Some(Fault::CaptureRefused)),
        (genuine, None),
    ] {
        let capture = Capture::new("mlflow", now, request);
        let page = capture.to_json();
        let examination =
            Examination::new(&registry, "deploy").secret(&secret).without_deliveries();
        let report = examination.capture(&capture).run().await;
        match fault {
            Some(fault) => assert_found(&report, fault),
            None => assert!(report.good.iter().any(|good| good.contains("recorded delivery"))),
        }
        // The same, from the page of a `verify listen`.
        let listen = Server::start(move |asked, _| match asked.path.as_str() {
            "/api/deliveries" => json(200, &json!({"deliveries": [{"id": 3}, {"id": 12}]})),
            "/api/deliveries/12/capture" => Reply::Answer(200, "application/json", page.clone()),
            _ => Reply::Answer(404, "text/plain", String::new()),
        })
        .await;
        let examination = Examination::new(&registry, "deploy").secret(&secret);
        let report = examination.listen(&listen.url()).unwrap().run().await;
        if let Some(fault) = fault {
            assert_found(&report, fault);
        }
    }
    let newline = Delivery::mlflow("{}").sign(format!("{SECRET}\n"), now).unwrap();
    let capture = Capture::new("mlflow", now, newline);
    let examination = Examination::new(&registry, "deploy").secret(&secret).without_deliveries();
    let report = examination.capture(&capture).run().await;
    assert!(report.findings.iter().any(|finding| finding.detail.contains("newline")), "{report:?}");
}

#[tokio::test]
async fn a_verify_listen_that_got_nothing_is_a_finding() {
    let receiver = sound().await;
    for (reply, fault) in [
        (json(200, &json!({"deliveries": []})), Fault::NotArrived),
        (Reply::Answer(404, "text/plain", String::new()), Fault::ListenUnreachable),
    ] {
        let (registry, _server) = service(webhook(&receiver.url()), taken()).await;
        let listen = Server::start(move |_, _| reply.clone()).await;
        let examination = Examination::new(&registry, "deploy").listen(&listen.url()).unwrap();
        assert_found(&examination.run().await, fault);
    }
}
