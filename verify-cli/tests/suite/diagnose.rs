use serde_json::Value;

use super::support::{file, receiver, verify};

#[test]
fn a_sound_receiver_is_called_so_and_an_open_one_too() {
    let receiver = receiver();
    for sender in ["databricks", "mlflow", "standard-webhooks", "wandb"] {
        let shown = verify(&format!("diagnose {sender} --to {receiver}/{sender}")).run().ended(0);
        // What is sent, before it is.
        assert!(
            shown.starts_with("Sends one test delivery (") && shown.contains(" times to "),
            "{shown}"
        );
        assert!(shown.contains("\nsound after 4 deliveries\n"), "{shown}");
        assert!(shown.contains(&format!(
            "\nnext: `verify attack {sender} --to http://{receiver}/{sender}` "
        )));
    }
    let shown =
        verify(&format!("diagnose wandb --to {receiver}/open --framework flask")).run().ended(1);
    assert!(shown.contains("\nverifies-nothing after 1 deliveries\n"), "{shown}");
    assert!(shown.contains("\n    body = request.get_data()"), "{shown}");
}

#[test]
fn the_receivers_mistake_is_named() {
    let receiver = receiver();
    // The sender's secret, of which the receiver has the bytes that its base64 stands for.
    let line = format!("diagnose mlflow --to {receiver}/mlflow --json");
    for (sender, cause) in [
        ("whsec_c2hhcmVk \u{e9}", "secret-spaced"),
        ("whsec_c2hhcmVk \u{e9} \n", "secret-newline-lost"),
    ] {
        let said = verify(&format!("{line} --secret-env S")).env("S", sender).run().ended(1);
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["conclusion"], "mistake-found", "{said}");
        assert_eq!(said["findings"][0]["causes"][0], cause, "{said}");
    }
    let shown = verify(&format!("diagnose wandb --to {receiver}/token")).run().ended(1);
    assert!(shown.contains("\nunexplained after ") && shown.contains("a bearer token"), "{shown}");
    verify(&format!("diagnose wandb --to {receiver}/token --token-env TOKEN")).run().ended(0);
}

#[test]
fn a_receiver_that_is_not_there_is_no_receiver_with_a_mistake() {
    let receiver = receiver();
    for (path, code, name) in [
        ("nowhere", 1, "no-receiver-at-path"),
        ("status/405", 1, "wrong-method"),
        ("status/302", 1, "redirects"),
        ("status/500", 2, "fails"),
    ] {
        let shown = verify(&format!("diagnose mlflow --to {receiver}/{path}")).run().ended(code);
        assert!(shown.contains(&format!("\n{name} after 3 deliveries\n")), "{shown}");
    }
    let said = verify("diagnose mlflow --to localhost:1").run();
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("nothing listens at this host and port"), "{}", said.stderr);
}

#[test]
fn what_a_recorder_writes_is_explained_with_the_code_of_its_framework() {
    for framework in
        ["actix-web", "aws-lambda", "axum", "django", "express", "fastapi", "flask", "nextjs"]
    {
        let ran = verify(&format!("recorder {framework}")).run();
        assert_eq!(ran.code, 0);
        assert!(ran.stderr.contains("\nnext: put this before"), "{}", ran.stderr);
        assert!(framework == "aws-lambda" || ran.stdout.contains(framework), "{}", ran.stdout);
    }
    let recorded = r#"{"origin": "flask", "method": "POST", "path": "/", "headers": [["X-Wandb-Signature", "00"]], "body_base64": "e30="}"#;
    let recorded = file("recorded.json", recorded);
    let shown = verify("explain").arg(&recorded).run().ended(1);
    assert!(shown.starts_with("refused: "), "{shown}");
    let event = r#"{"version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {"x-wandb-signature": "00"}, "requestContext": {"http": {"method": "POST", "path": "/"}}, "body": "{}", "isBase64Encoded": false}"#;
    for (content, title) in
        [(std::fs::read_to_string(&recorded).unwrap(), "Flask"), (event.to_owned(), "AWS Lambda")]
    {
        let shown = verify("explain -").input(content).run().ended(1);
        assert!(shown.contains(&format!("\nIn {title}, ")), "{shown}");
    }
    let shown = verify("explain --framework express").arg(&recorded).run().ended(1);
    assert!(shown.contains("\nIn Express, "), "{shown}");
}
