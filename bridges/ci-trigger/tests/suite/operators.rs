//! What operators ask, and how it ends.

use core::time::Duration;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use crate::{
    service::Trouble,
    trigger::{PATIENCE, Trigger, World, alias},
};

/// A GET of what operators ask: status and body.
fn ask(trigger: &Trigger, path: &str) -> (String, String) {
    get(TcpStream::connect(trigger.admin.strip_prefix("http://").unwrap()).unwrap(), path)
}

/// A GET over a connection: status and body, both empty if nothing was answered.
pub(crate) fn get(mut socket: TcpStream, path: &str) -> (String, String) {
    write!(socket, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.get(9..12).unwrap_or_default().to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_figures() {
    let world = World::new(&["github.deploy"]);
    world.only("fraud");
    world.github.trouble([Trouble::Answer(404, String::new(), "")]);
    let trigger = world.start();
    for version in 1..=2 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    assert_eq!(trigger.move_alias("another", 1).await.unwrap(), 204);
    assert_eq!(
        trigger.deliver_signed_with("another", "mlflow", alias("fraud", 1)).await.unwrap(),
        401
    );
    // The first only because `RUST_LOG` asks for it.
    let mut logged = String::new();
    while !logged.contains("signature_mismatch") || !logged.contains(" arrived ") {
        logged += &trigger.stderr.recv_timeout(PATIENCE).unwrap();
        logged.push('\n');
    }
    world.github.wait_for(1);
    assert_eq!(ask(&trigger, "/healthz"), ("200".to_owned(), "ok\n".to_owned()));
    // On the port for deliveries, which a load balancer reaches, that and no more.
    let public = |path| get(trigger.connect().unwrap(), path).0;
    assert_eq!(["/healthz", "/readyz", "/metrics"].map(public), ["200", "404", "404"]);
    assert_eq!(ask(&trigger, "/readyz"), ("200".to_owned(), "ready\n".to_owned()));
    let (status, figures) = ask(&trigger, "/metrics");
    assert_eq!(status, "200");
    for figure in [
        "bridge_postings{destination=\"github.deploy\",state=\"dead\"} 1",
        "bridge_postings{destination=\"teams.models\",state=\"pending\"} 0",
        "bridge_oldest_pending_seconds{destination=\"teams.models\"} 0",
        "outbox_kept_total{sender=\"mlflow\",result=\"new\"} 2",
        "bridge_nothing_total{sender=\"mlflow\",reason=\"unrouted\"} 1",
        "verify_verified_total{sender=\"mlflow\",secret=\"current\"} 3",
        "verify_refused_total{sender=\"mlflow\",code=\"signature_mismatch\"} 1",
        concat!(
            "bridge_build_info{program=\"ci-trigger\",version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1"
        ),
        "outbox_arrival_seconds_bucket{destination=\"github.deploy\",le=\"+Inf\"} 1",
    ] {
        assert!(figures.contains(figure), "{figure}\n{figures}");
    }
    for line in figures.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(figures.contains(&format!("# HELP {name} ")), "{name}\n{figures}");
    }
    // What arrived and what was given up is a line each, with a time and without a byte of the body.
    let arrived = logged.lines().find(|line| line.contains(" arrived ")).unwrap();
    for part in [
        " INFO outbox: arrived",
        "sender=\"mlflow\"",
        "event=\"model_version_alias.created\"",
        "destination=\"github.deploy\"",
        "key=\"",
    ] {
        assert!(arrived.contains(part), "{part}: {arrived}");
    }
    assert!(arrived.starts_with("20") && !arrived.contains("fraud"), "{arrived}");
}

/// A workflow of Teams answers 202 before it begins, and nobody hears whether it failed.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_accepted_is_not_called_arrived() {
    let world = World::new(&["teams.models"]);
    let trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    world.teams.wait_for(1);
    let line = loop {
        let line = trigger.stderr.recv_timeout(PATIENCE).unwrap();
        if line.contains(" INFO outbox: ") {
            break line;
        }
    };
    assert!(line.contains(" INFO outbox: accepted, not confirmed "), "{line}");
    let figures = ask(&trigger, "/metrics").1;
    let figure = "outbox_posted_total{destination=\"teams.models\",outcome=\"accepted\"} 1";
    assert!(figures.contains(figure), "{figures}");
}

/// Before it starts anything, too.
#[test]
fn an_address_in_use_ends_it_before_it_opens_its_store() {
    for setting in ["listen", "admin"] {
        let world = World::new(&["github.deploy"]);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        world.change(|settings| {
            let (free, used) =
                (format!("{setting} = \"127.0.0.1:0\""), format!("{setting} = \"{address}\""));
            settings.replace(&free, &used)
        });
        let (code, _, said) = world.run(&["serve"]);
        assert_eq!(code, Some(2));
        assert!(said.contains(&format!("cannot listen on {address}: ")), "{said}");
        assert!(!world.store().exists(), "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_heeded_as_soon_as_it_says_that_it_listens() {
    let world = World::new(&["github.deploy"]);
    for _ in 0..50 {
        let mut trigger = world.start();
        trigger.signal("TERM");
        assert!(trigger.process.wait().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_being_started_and_keeps_the_rest() {
    let world = World::new(&["github.deploy"]);
    world.github.trouble([Trouble::Late(Duration::from_secs(5))]);
    let mut trigger = world.start();
    for version in 1..=2 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    // Taken, and not answered yet.
    world.github.wait_for(1);
    let _slow = trigger.begin();
    trigger.signal("TERM");
    assert!(trigger.process.wait().unwrap().success());
    assert_eq!(world.github.taken().len(), 1, "another was begun while a client was waited for");
    let _again = world.start();
    let taken = world.github.wait_for(2);
    let versions: Vec<_> = taken.iter().map(|json| &json["client_payload"]["version"]).collect();
    assert_eq!(versions, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_waits_for_nobody() {
    let world = World::new(&["github.deploy"]);
    world.github.trouble([Trouble::Late(Duration::from_secs(60))]);
    let mut trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    world.github.wait_for(1);
    let _slow = trigger.begin();
    trigger.signal("TERM");
    while trigger.connect().is_ok() {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(trigger.process.try_wait().unwrap().is_none(), "it waits for the client");
    trigger.signal("TERM");
    assert!(trigger.process.wait().unwrap().success());
    // Nor was GitHub waited for until it took too long.
    let said: Vec<_> = trigger.stderr.iter().collect();
    assert!(!said.iter().any(|line| line.contains("not posted")), "{said:?}");
}

/// Tells it to read its settings again, and returns what it says up to a line that has this.
fn reload(trigger: &Trigger, until: &str) -> Vec<String> {
    trigger.signal("HUP");
    let mut said = Vec::new();
    loop {
        said.push(trigger.stderr.recv_timeout(PATIENCE).unwrap());
        if said.last().unwrap().contains(until) {
            return said;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_secrets_are_read_again_on_sighup() {
    let world = World::new(&["github.deploy"]);
    let secret = world.store().with_file_name("secret");
    fs::write(&secret, "secret of mlflow").unwrap();
    let file = format!("mlflow.secret_file = \"{}\"", secret.display());
    world.change(|text| text.replace("mlflow.secret_env = \"MLFLOW_WEBHOOK_SECRET\"", &file));
    let trigger = world.start();
    let with = async |secret: &str, version| {
        trigger.deliver_signed_with(secret, "mlflow", alias("fraud", version)).await.unwrap()
    };
    let wandb = || get(trigger.connect().unwrap(), "/webhooks/wandb").0;
    assert_eq!(with("secret of mlflow", 1).await, 204);
    assert_ne!(wandb(), "404");
    world.github.wait_for(1);

    fs::write(&secret, "another").unwrap();
    let of_wandb = "senders.wandb.secret_env = \"WANDB_WEBHOOK_SECRET\"\n";
    world.change(|text| text.replace("model-moved", "moved-again").replace(of_wandb, ""));
    reload(&trigger, "settings read again: 2 senders, 3 pipelines");
    assert_eq!(with("secret of mlflow", 2).await, 401);
    assert_eq!(with("another", 3).await, 204);
    assert_eq!(wandb(), "404");
    assert_eq!(world.github.wait_for(2)[1]["event_type"], "moved-again");

    // Refused as a whole.
    fs::write(&secret, "a third").unwrap();
    world.change(|text| {
        let text = text.replace("acme/models", "acme").replace("127.0.0.1:0", "127.0.0.1:1");
        text.replace("github.deploy\"", "github.nothing\"")
    });
    let said = reload(&trigger, "no pipeline is called").join("\n");
    for mistake in [
        "settings.toml:2: `listen` is the same: each needs its own",
        "settings.toml:8: not a repository such as `acme/models`",
    ] {
        assert!(said.contains(mistake), "{mistake}: {said}");
    }
    assert_eq!(
        said.matches("settings not reloaded, everything stays as it was: ").count(),
        3,
        "{said}"
    );
    assert_eq!(with("a third", 4).await, 401);
    assert_eq!(with("another", 5).await, 204);
    world.github.wait_for(3);
}

/// Nor does it lose or change the order of what it is starting.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_while_settings_are_read_again_is_started_in_order() {
    let world = World::new(&["github.deploy"]);
    let trigger = world.start();
    for version in 0..8 {
        trigger.signal("HUP");
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
        trigger.signal("HUP");
    }
    let taken = world.github.wait_for(8);
    let versions: Vec<_> =
        taken.iter().map(|json| json["client_payload"]["version"].clone()).collect();
    assert_eq!(versions, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(world.github.taken().len(), 8);
}
