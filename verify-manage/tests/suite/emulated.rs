//! Every call of the Databricks client against the emulated workspace, with a receiver that verifies.

use verify_manage::{
    Confidential, Destination, Environment, Error, ExposedSecret, Registry, Status,
    apply::{Action, Choices, File},
    databricks::{self as db, Changes, Event, Filter, HttpTarget, NewWebhook, Target},
    doctor::Examination,
};
use verify_toolkit::{Sender, UnixTime, Verifier, emulator};

use crate::{
    AUTHORIZATION,
    server::{Reply, Server},
};

async fn workspace() -> (emulator::Workspace, Registry, db::Client) {
    let workspace = emulator::Databricks::new().start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = || {
        let variables = [
            ("DATABRICKS_HOST", workspace.url().to_owned()),
            ("DATABRICKS_TOKEN", workspace.token().as_str().to_owned()),
        ];
        let environment: Environment = variables.into_iter().collect();
        db::Client::new(db::Settings::find(&environment, None).unwrap()).unwrap()
    };
    let (registry, client) = (Registry::Databricks(client()), client());
    (workspace, registry, client)
}

/// A receiver that takes what is signed with one of these, and has this `Authorization`.
async fn receiver(secrets: &[&str]) -> Server {
    let mut builder = Verifier::builder(Sender::DATABRICKS);
    for secret in secrets {
        builder = builder.secret(ExposedSecret::new(*secret).unwrap().secret().clone());
    }
    let verifier = builder.build().unwrap();
    Server::start(move |asked, _| {
        let headers: Vec<_> = asked
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect();
        let now = UnixTime::now().unwrap();
        let is_good = verifier.verify(now, &headers, asked.body.as_bytes()).is_ok();
        Reply::Answer(if is_good { 204 } else { 401 }, "text/plain", String::new())
    })
    .await
}

fn target(url: &str, secret: &str) -> Target {
    let mut target = HttpTarget::new(url, Some(ExposedSecret::new(secret).unwrap()));
    target.authorization = Some(Confidential::new(AUTHORIZATION));
    Target::Http(target)
}

#[tokio::test]
async fn the_whole_life_of_a_webhook() {
    let (_workspace, registry, client) = workspace().await;
    let receiver = receiver(&["one", "two"]).await;
    let event = Event::new("MODEL_VERSION_CREATED").unwrap();
    let mut wanted = NewWebhook::new([event], target(&receiver.url(), "one"));
    wanted.description = Some("for a test".to_owned());
    let made = client.create(&wanted).await.unwrap();
    assert_eq!(made.events, ["MODEL_VERSION_CREATED"]);
    assert_eq!(made.status, Some(Status::Active));
    assert_eq!(
        client.list(&Filter::default()).await.unwrap(),
        [registry.find(&made.id).await.unwrap()]
    );
    assert!(registry.test(&made.id, None).await.unwrap().is_accepted());

    // The secret is exchanged, and `Authorization` is still sent.
    let changes = Changes { target: Some(target(&receiver.url(), "two")), ..Changes::default() };
    client.update(&made.id, &changes).await.unwrap();
    assert!(client.test(&made.id, Some(event)).await.unwrap().is_accepted());
    let last = receiver.asked().pop().unwrap();
    assert_eq!(last.header("authorization"), Some(AUTHORIZATION));

    let changes = Changes {
        status: Some(db::Status::TestMode),
        description: Some(String::new()),
        ..Changes::default()
    };
    client.update(&made.id, &changes).await.unwrap();
    let now = registry.find(&made.id).await.unwrap();
    assert_eq!((now.status, now.description.as_str()), (Some(Status::TestMode), ""));

    client.delete(&made.id).await.unwrap();
    assert!(matches!(registry.find(&made.id).await, Err(Error::NotFound { .. })));
    let error = client.delete(&made.id).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. } | Error::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_sound_webhook_has_nothing_but_remarks_about_this_machine() {
    let (_workspace, registry, client) = workspace().await;
    let receiver = receiver(&["one"]).await;
    let secret = ExposedSecret::new("one").unwrap();
    let event = Event::new("COMMENT_CREATED").unwrap();
    let made = client.create(&NewWebhook::new([event], target(&receiver.url(), "one"))).await;
    let id = made.unwrap().id;
    let report = Examination::new(&registry, &id).secret(&secret).run().await;
    let names: Vec<_> = report.findings.iter().map(|finding| finding.fault.name()).collect();
    assert_eq!(names, ["url-not-https", "url-private"], "{report:#?}");
    // The sender signs with another secret.
    let changes = Changes { target: Some(target(&receiver.url(), "other")), ..Changes::default() };
    client.update(&id, &changes).await.unwrap();
    let report = Examination::new(&registry, &id).secret(&secret).run().await;
    let names: Vec<_> = report.findings.iter().map(|finding| finding.fault.name()).collect();
    assert!(names.contains(&"sender-signs-otherwise"), "{report:#?}");
}

#[tokio::test]
async fn a_file_is_applied_twice_and_changes_something_once() {
    let (_workspace, registry, _client) = workspace().await;
    let file = File::read(
        "set = \"a\"\n[[databricks]]\nname = \"n\"\nurl = \"https://r.example.com/\"\n\
         events = [\"COMMENT_CREATED\", \"MODEL_VERSION_TAG_SET\"]\n",
    )
    .unwrap();
    for expected in [Action::Create, Action::Keep] {
        let plan = file.plan(&registry, Choices::default()).await.unwrap();
        assert_eq!(plan.steps[0].action, expected);
        plan.steps[0].apply(&registry, Choices::default()).await.unwrap();
    }
    let webhook = registry.list().await.unwrap().pop().unwrap();
    assert!(matches!(webhook.destination, Destination::Http { verifies_tls: true, .. }));
}

#[tokio::test]
async fn a_wrong_token_is_said_so() {
    let (workspace, ..) = workspace().await;
    let variables = [
        ("DATABRICKS_HOST", workspace.url().to_owned()),
        ("DATABRICKS_TOKEN", "dapi-expired-token".to_owned()),
    ];
    let settings = db::Settings::find(&variables.into_iter().collect(), None).unwrap();
    let error = db::Client::new(settings).unwrap().list(&Filter::default()).await.unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
    assert!(!error.to_string().contains("dapi-expired"), "{error}");
}
