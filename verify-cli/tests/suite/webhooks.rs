//! `verify webhooks` against the emulated workspace, and against what is no registry.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::Value;
use verify_toolkit::emulator;

use super::support::{Run, SECRET, file, on_a_runtime, receiver, verify};

/// A workspace that lives as long as the test program: its address and token.
fn workspace() -> (String, String) {
    on_a_runtime(async || {
        let workspace =
            emulator::Databricks::new().start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let found = (workspace.url().to_owned(), workspace.token().as_str().to_owned());
        // It ends when it is dropped.
        core::mem::forget(workspace);
        found
    })
}

fn webhooks(line: &str, (host, token): &(String, String)) -> Run {
    verify(&format!("webhooks {line}")).env("DATABRICKS_HOST", host).env("DATABRICKS_TOKEN", token)
}

/// As a command about a webhook is told to people.
fn command(verb: &str, id: &str) -> String {
    format!("`verify webhooks {verb} databricks {id}`")
}

/// The last that people read is what to do next, on as many lines as it needs.
fn ends_with_next(shown: &str, next: &str) {
    let told = shown.rsplit_once("\n\nnext: ").map(|(_, told)| told.split_whitespace());
    let told = told.map(|words| words.collect::<Vec<_>>().join(" "));
    assert_eq!(told.as_deref(), Some(next), "{shown}");
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn the_whole_life_of_a_webhook() {
    let workspace = workspace();
    let url = format!("http://{}/databricks", receiver());
    let run = |line: &str| webhooks(line, &workspace).run();
    let none = run("list databricks").ended(0);
    assert!(
        none.ends_with(
            " has no such webhooks\n\nnext: `verify webhooks create --help` shows how to make one\n"
        ),
        "{none}"
    );
    let create = format!("create databricks --url {url} --event comment_created --json");
    let made = json(&run(&create).ended(0));
    let id = made["made"]["id"].as_str().unwrap().to_owned();
    let call = made["calls"][0].as_str().unwrap();
    assert!(call.starts_with("POST http://127.0.0.1:"), "{call}");
    assert!(call.contains(r#""secret":"[redacted]""#), "{call}");

    let (test, doctor) = (command("test", &id), command("doctor", &id));
    let a_test = format!("{test} makes the sender deliver a test");
    let table = run("list databricks").ended(0);
    assert!(table.starts_with("ID") && table.contains("COMMENT_CREATED"), "{table}");
    ends_with_next(&table, &format!("{doctor} finds out why the first delivers nothing"));
    let shown = run(&format!("show databricks {id}")).ended(0);
    assert!(shown.contains(&format!("delivers to  {url}\n")), "{shown}");
    ends_with_next(&shown, &a_test);
    let tested = run(&format!("test databricks {id}")).ended(0);
    assert!(tested.starts_with("the receiver answered 204\n= POST "), "{tested}");
    ends_with_next(&tested, &format!("if real events do not arrive, {doctor} finds out why"));

    let update = format!("update databricks {id} --status test-mode --description changed");
    let changed = run(&update).ended(0);
    assert!(changed.contains("TEST_MODE") && changed.contains("changed"), "{changed}");
    ends_with_next(&changed, &a_test);

    assert!(run(&format!("delete databricks {id}")).failed().contains("say `--yes`"));
    let deleted = run(&format!("delete databricks {id} --yes")).ended(0);
    assert!(deleted.starts_with(&format!("deleted webhook {id}")), "{deleted}");
    ends_with_next(
        &deleted,
        "take its secret away from the receiver, unless another webhook signs with it",
    );
    let missing = run(&format!("show databricks {id}")).failed();
    assert_eq!(missing, format!("error: there is no webhook `{id}`\n"));
    let made = run(create.trim_end_matches(" --json")).ended(0);
    let id = made.lines().find_map(|line| line.strip_prefix("id ")).unwrap().trim();
    ends_with_next(&made, &format!("{} makes the sender deliver a test", command("test", id)));
}

#[test]
fn a_secret_is_exchanged_and_authorization_asked_for() {
    let workspace = workspace();
    let url = format!("http://{}/databricks", receiver());
    let run = |line: &str| webhooks(line, &workspace).env("OTHER", "another one").run();
    // The sender has another secret than the receiver.
    let create = format!("create databricks --url {url} --event comment_created --json");
    let made = json(&run(&format!("{create} --secret-env OTHER")).ended(0));
    let id = made["made"]["id"].as_str().unwrap();
    let refused = run(&format!("test databricks {id}"));
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    ends_with_next(&refused.stdout, &format!("{} finds out why", command("doctor", id)));

    let rotate = format!("rotate databricks {id} --yes");
    let asked = run(&rotate).failed();
    assert!(asked.contains("`Authorization` value back: give the value again"), "{asked}");
    let rotated = run(&format!("{rotate} --no-authorization"));
    assert_eq!(rotated.code, 0, "{}", rotated.stderr);
    assert!(rotated.stderr.contains("The receiver needs both secrets first"), "{}", rotated.stderr);
    assert!(rotated.stdout.contains("the secret was exchanged\n= "), "{}", rotated.stdout);
    ends_with_next(
        &rotated.stdout,
        "take the old secret away from the receiver after some minutes: deliveries that are on their way may be \
         signed with it",
    );

    // A new one that is made is not the receiver's, and is in a file alone.
    let path = file("new-secret", "");
    std::fs::remove_file(&path).unwrap();
    let made = run(&format!("{rotate} --no-authorization --make {path}"));
    assert_eq!(made.code, 1, "{}", made.stderr);
    let secret = std::fs::read_to_string(&path).unwrap();
    assert!(!made.stdout.contains(&secret) && !made.stderr.contains(&secret));
    let doctor = command("doctor", id);
    ends_with_next(
        &made.stdout,
        &format!("leave both secrets at the receiver; {doctor} finds out why it refuses"),
    );
}

#[test]
fn a_secret_that_an_option_names_is_sent() {
    let workspace = workspace();
    let url = format!("http://{}/databricks", receiver());
    let run = |line: &str| {
        let run = webhooks(line, &workspace).env("OTHER", "another one").env("GOOD", SECRET);
        run.run()
    };
    let create = format!("create databricks --url {url} --event comment_created --json");
    let made = json(&run(&format!("{create} --secret-env OTHER")).ended(0));
    let id = made["made"]["id"].as_str().unwrap();
    // Nothing of the destination but its secret.
    for (options, code) in
        [("--status active", 1), ("--secret-env GOOD", 0), ("--dangerous-unsigned", 1)]
    {
        run(&format!("update databricks {id} {options}")).ended(0);
        assert_eq!(run(&format!("test databricks {id}")).code, code, "{options}");
    }
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let workspace = workspace();
    let url = format!("http://{}/databricks", receiver());
    let run = |line: &str| webhooks(line, &workspace).run();
    let create = format!("create databricks --url {url} --event comment_created --json");
    let made = json(&run(&format!("{create} --dangerous-unsigned")).ended(0));
    let id = made["made"]["id"].as_str().unwrap();
    let sick = run(&format!("doctor databricks {id} --event MODEL_VERSION_CREATED"));
    assert_eq!(sick.code, 1, "{}{}", sick.stdout, sick.stderr);
    for text in ["event-missing: ", "sender-signs-otherwise: ", "`verify webhooks rotate` sets it"]
    {
        assert!(sick.stdout.contains(text), "{text} is not in {}", sick.stdout);
    }
    ends_with_next(&sick.stdout, "mend the first fault, and run this again");
    let line = json(&run(&format!("doctor databricks {id} --quiet --json")).ended(0));
    let names: Vec<_> =
        line["findings"].as_array().unwrap().iter().map(|found| &found["name"]).collect();
    assert_eq!(names, ["url-not-https", "url-private"]);
}

#[test]
fn a_file_is_applied() {
    let workspace = workspace();
    let content = "set = \"a\"\n[[databricks]]\nname = \"n\"\nurl = \"https://r.example.com/\"\n\
                   events = [\"COMMENT_CREATED\"]\nsecret_env = \"DATABRICKS_WEBHOOK_SECRET\"\n";
    let path = file("webhooks.toml", content);
    let run = |line: &str| webhooks(line, &workspace).run();
    let planned = run(&format!("apply {path} --plan")).ended(1);
    assert!(planned.contains("+ create n"), "{planned}");
    ends_with_next(&planned, "the same command without `--plan` does it");
    let applied = run(&format!("apply {path}")).ended(0);
    assert!(applied.contains("[redacted]") && !applied.contains(SECRET), "{applied}");
    ends_with_next(
        &applied,
        "`verify webhooks list SENDER` shows the ids; `verify webhooks test SENDER ID` makes the sender deliver a test",
    );
    let kept = run(&format!("apply {path} --plan")).ended(0);
    assert!(kept.contains("= keep n"), "{kept}");
    ends_with_next(
        &kept,
        "nothing has to change; a new secret in the file is sent only with `--secrets`",
    );
    let path = file("no-webhooks.toml", "set = \"a\"\ndatabricks = []\n");
    assert!(run(&format!("apply {path} --plan")).ended(1).contains("- delete n"));
    let deleted = run(&format!("apply {path} --yes")).ended(0);
    assert!(deleted.contains("is as the file says"), "{deleted}");
    let wrong = file("wrong.toml", "set = \"a\"\nx = 1\n");
    let said = run(&format!("apply {wrong}")).failed();
    assert!(said.ends_with("the file: `x` is not known here\n"), "{said}");
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let token = "dapi-0123456789".to_owned();
    let said = |host: &str, token: &str| {
        let said = webhooks("list databricks", &(host.to_owned(), token.to_owned())).run().failed();
        assert!(!said.contains("dapi-"), "{said}");
        said
    };
    let (host, _) = workspace();
    let expired = said(&host, &token);
    assert!(expired.contains("does not accept the token or password, which may"), "{expired}");
    // A pasted address of a browser.
    let (host, good) = workspace();
    let pasted = (format!("{host}/?o=123#mlflow/models"), good);
    assert!(webhooks("list databricks", &pasted).run().ended(0).contains("no such webhooks"));
    let console = said("https://accounts.cloud.databricks.com", &token);
    assert!(console.contains("is the account console"), "{console}");
    assert!(said("", &token).contains("set DATABRICKS_HOST to its URL"));
    assert!(said(&host, "").contains("no credentials: set"));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let page =
                "HTTP/1.1 303 See Other\r\nlocation: /login.html\r\ncontent-length: 0\r\n\r\n";
            // An answer before the request is read would be lost in a reset.
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(page.as_bytes());
        }
    });
    let elsewhere = said(&host, &token);
    assert!(elsewhere.contains("a redirect to `/login.html`): is the host right?"), "{elsewhere}");
}

#[test]
fn mlflow_is_told_what_it_would_not_say() {
    let run = |line: &str| {
        let run = verify(&format!("webhooks {line}"));
        run.env("MLFLOW_TRACKING_URI", "http://127.0.0.1:9").run().failed()
    };
    let create = "create mlflow a --url https://r.example.com --event";
    assert!(run(&format!("{create} prompt.moved")).contains("no event `prompt.moved`"));
    let paused = run(&format!("{create} prompt.created --status paused"));
    assert!(paused.contains("no status `paused`"), "{paused}");
    let job = run("create mlflow a --event prompt.created --job 1 --job-token-env TOKEN");
    assert!(job.contains("cannot run jobs"), "{job}");
    let local = verify("webhooks list mlflow").env("MLFLOW_TRACKING_URI", "sqlite:///x.db").run();
    assert!(local.failed().contains("webhooks belong to a running MLflow server"));
}
