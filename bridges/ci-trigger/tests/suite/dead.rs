//! What a service will never take waits for a person.

use crate::{
    service::Trouble,
    trigger::{PATIENCE, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_github_refuses_is_listed_with_its_reason_and_tried_again_when_told_to() {
    let world = World::new(&["github.deploy"]);
    let refuse = |status, body| Trouble::Answer(status, String::new(), body);
    world.github.trouble([
        refuse(401, r#"{"message":"Bad credentials"}"#),
        refuse(404, r#"{"message":"Not Found"}"#),
        refuse(422, r#"{"message":"Invalid request."}"#),
    ]);
    let trigger = world.start();
    for version in 1..=4 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    // The fourth came behind those.
    assert_eq!(world.github.wait_for(1)[0]["client_payload"]["version"], "4");
    let (code, listed, stderr) = world.run(&["dead", "list"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let numbers: Vec<_> = listed.lines().map(|line| line.split("  ").next().unwrap()).collect();
    for (line, reason) in listed.lines().zip([
        r#"HTTP 401: {"message":"Bad credentials"}"#,
        r#"HTTP 404: {"message":"Not Found"}"#,
        r#"HTTP 422: {"message":"Invalid request."}"#,
    ]) {
        assert!(
            line.contains("  github.deploy  mlflow model_version_alias.created fraud, ")
                && line.ends_with(reason),
            "{line}"
        );
    }
    assert_eq!(numbers.len(), 3, "{listed}");

    let retried = world.run(&["dead", "retry", numbers[0], numbers[1]]);
    assert_eq!(retried, (Some(0), "2 of 2 will be tried again\n".to_owned(), String::new()));
    assert_eq!(world.run(&["dead", "drop", "--all"]).1, "1 of 1 dropped\n");
    let versions: Vec<_> = world.github.wait_for(3)[1..]
        .iter()
        .map(|json| json["client_payload"]["version"].clone())
        .collect();
    assert_eq!(versions, ["1", "2"]);
    assert_eq!(world.run(&["dead", "list"]).1, "");
    assert_eq!(world.run(&["dead", "drop", "12345"]).0, Some(2));
    // The log has it as well.
    while !trigger.stderr.recv_timeout(PATIENCE).unwrap().contains("HTTP 401") {}
}

/// Whatever a service repeats, in whatever form: what is no word for an error is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_echoed_is_in_no_list_and_no_log() {
    const TOKEN: &str = "gh-token";
    let world = World::new(&["github.deploy"]);
    let echoes = [
        r#"{"message":"Bad credentials","token":"gh-token"}"#,
        r#"{"message":"Bad credentials","token":"GH-TOKEN"}"#,
        r#"{"message":"Bad credentials","token":"Bearer Z2gtdG9rZW4="}"#,
        r#"{"message":"Bad credentials","token":"QmVhcmVyIGdoLXRva2Vu"}"#,
        r#"{"message":"Bad credentials","token":"67682d746f6b656e"}"#,
        r#"{"message":"Bad credentials","token":"gh%2Dtoken nekot-hg"}"#,
    ];
    world.github.trouble(echoes.map(|body| Trouble::Answer(401, String::new(), body)));
    let trigger = world.start();
    for version in 1..=echoes.len() + 1 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    world.github.wait_for(1);
    let (_, listed, _) = world.run(&["dead", "list"]);
    let mut logged = String::new();
    while logged.matches("given up").count() < echoes.len() {
        logged += &trigger.stderr.recv_timeout(PATIENCE).unwrap();
    }
    for said in [&listed, &logged] {
        assert_eq!(said.matches("Bad credentials").count(), echoes.len(), "{said}");
        let lower = said.to_lowercase();
        let forms = [TOKEN, "z2gtdg9rzw4", "qmvhcmvyigdolxrva2vu", "67682d746f", "nekot", "gh%2d"];
        assert!(forms.iter().all(|form| !lower.contains(form)), "{said}");
    }
}
