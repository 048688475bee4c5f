//! A file is applied: what it says comes to be, a second run changes nothing, and others are left alone.

use std::sync::Mutex;

use serde_json::{Value, json};
use verify_manage::{
    Registry,
    apply::{Action, Choices, File},
};

use crate::{
    mlflow,
    server::{Server, json},
};

/// An MLflow in memory, as far as this needs one.
async fn service(webhooks: Vec<Value>) -> (Registry, Server) {
    let store = Mutex::new(webhooks);
    let server = Server::start(move |asked, before| {
        let mut store = store.lock().unwrap();
        let id = asked.path.rsplit('/').next().unwrap().to_owned();
        let place = store.iter().position(|webhook| webhook["webhook_id"] == id.as_str());
        match (asked.method.as_str(), place) {
            ("GET", _) => json(200, &json!({ "webhooks": *store })),
            ("POST", _) => {
                let mut webhook = asked.json();
                webhook["webhook_id"] = format!("new-{before}").into();
                webhook.as_object_mut().unwrap().remove("secret");
                store.push(webhook.clone());
                json(200, &json!({ "webhook": webhook }))
            }
            ("PATCH", Some(place)) => {
                let changes = asked.json();
                let webhook = store[place].as_object_mut().unwrap();
                webhook.extend(changes.as_object().unwrap().clone());
                webhook.remove("secret");
                json(200, &json!({ "webhook": webhook }))
            }
            ("DELETE", Some(place)) => {
                store.remove(place);
                json(200, &json!({}))
            }
            _ => json(404, &json!({"error_code": "RESOURCE_DOES_NOT_EXIST"})),
        }
    })
    .await;
    (Registry::Mlflow(mlflow(&server)), server)
}

const FILE: &str = "set = \"team\"\n\
    [[mlflow]]\nname = \"one\"\nurl = \"https://r.example.com/one\"\nevents = [\"prompt.created\"]\n\
    [[mlflow]]\nname = \"two\"\nurl = \"https://r.example.com/two\"\nstatus = \"disabled\"\n\
    events = [\"prompt.created\", \"prompt_tag.set\"]\ndescription = \"the second\"\n";

fn existing(id: &str, description: &str) -> Value {
    json!({
        "webhook_id": id, "name": id, "description": description, "status": "ACTIVE",
        "url": format!("https://r.example.com/{id}"),
        "events": [{"entity": "PROMPT", "action": "CREATED"}],
    })
}

/// Plans, and does it.
async fn applied(file: &str, registry: &Registry, choices: Choices) -> Vec<(String, Action)> {
    let file = File::read(file).unwrap();
    let plan = file.plan(registry, choices).await.unwrap();
    for step in &plan.steps {
        step.apply(registry, choices).await.unwrap();
    }
    plan.steps.into_iter().map(|step| (step.name, step.action)).collect()
}

fn changes(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.method != "GET").count()
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let others = vec![existing("foreign", "by hand"), existing("theirs", "x [verify:other/one]")];
    let (registry, server) = service(others).await;
    let steps = applied(FILE, &registry, Choices::default()).await;
    let created = |name: &str| (name.to_owned(), Action::Create);
    assert_eq!(steps, [created("one"), created("two")]);
    assert_eq!(changes(&server), 2);
    let listed = registry.list().await.unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(listed[3].description, "the second [verify:team/two]");

    let steps = applied(FILE, &registry, Choices::default()).await;
    assert!(steps.iter().all(|(_, action)| *action == Action::Keep), "{steps:?}");
    assert_eq!(changes(&server), 2);
    let file = File::read(FILE).unwrap();
    let plan = file.plan(&registry, Choices::default()).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.others, 2);
}

#[tokio::test]
async fn what_differs_is_changed_and_what_is_gone_is_deleted() {
    let (registry, server) = service(vec![existing("foreign", "by hand")]).await;
    applied(FILE, &registry, Choices::default()).await;
    let file = "set = \"team\"\n[[mlflow]]\nname = \"two\"\nurl = \"https://r.example.com/new\"\n\
                events = [\"prompt_tag.set\"]\n";
    let steps = applied(file, &registry, Choices::default()).await;
    let Action::Update(differences) = &steps[0].1 else { panic!("{steps:?}") };
    let fields: Vec<_> = differences.iter().map(|difference| difference.field).collect();
    assert_eq!(fields, ["the description", "the list of events", "the status", "the URL"]);
    assert_eq!(steps[1], ("one".to_owned(), Action::Delete));
    let listed = registry.list().await.unwrap();
    let ids: Vec<_> = listed.iter().map(|webhook| webhook.name.clone().unwrap()).collect();
    assert_eq!(ids, ["foreign", "two"]);
    assert_eq!(listed[1].destination.url(), Some("https://r.example.com/new"));
    let before = changes(&server);
    applied(file, &registry, Choices::default()).await;
    assert_eq!(changes(&server), before);
    // All of them.
    applied("set = \"team\"\nmlflow = []", &registry, Choices::default()).await;
    assert_eq!(registry.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_does_not_speak_of_a_sender_plans_nothing_there() {
    let file = File::read("set = \"team\"").unwrap();
    assert!(file.mlflow.is_none() && file.databricks.is_none());
}

#[tokio::test]
async fn what_it_did_not_make_is_adopted_only_if_told() {
    let (registry, server) = service(vec![existing("one", "by hand")]).await;
    let file = File::read(FILE).unwrap();
    let plan = file.plan(&registry, Choices::default()).await.unwrap();
    assert_eq!(plan.steps[0].action, Action::Create);
    let choices = Choices::default().with_adoption(true);
    let steps = applied(FILE, &registry, choices).await;
    assert!(matches!(&steps[0].1, Action::Update(differences) if differences.len() == 1));
    assert_eq!(registry.list().await.unwrap().len(), 2);
    let before = changes(&server);
    applied(FILE, &registry, choices).await;
    assert_eq!(changes(&server), before);
}

#[tokio::test]
async fn a_secret_is_sent_again_only_if_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "s3cret\n").unwrap();
    let file = format!(
        "set = \"team\"\n[[mlflow]]\nname = \"one\"\nurl = \"https://r.example.com/one\"\n\
         events = [\"prompt.created\"]\nsecret_file = \"{}\"",
        path.display()
    );
    let (registry, server) = service(Vec::new()).await;
    applied(&file, &registry, Choices::default()).await;
    applied(&file, &registry, Choices::default()).await;
    let steps = applied(&file, &registry, Choices::default().with_secrets(true)).await;
    assert_eq!(steps, [("one".to_owned(), Action::Update(Vec::new()))]);
    let sent: Vec<_> = server
        .asked()
        .iter()
        .filter(|asked| asked.method != "GET")
        .map(|asked| asked.json()["secret"].clone())
        .collect();
    assert_eq!(sent, ["s3cret", "s3cret"]);
}
