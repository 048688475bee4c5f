use std::fs;

use serde_json::json;
use verify_toolkit::emulator::{Databricks, StartError};

use crate::client::{Receiver, ok, start, webhook};

#[tokio::test]
async fn a_store_keeps_all_of_it_and_deliveries_are_signed_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let mut receiver = Receiver::start().await;
    let workspace = start(Databricks::new().with_store(&path)).await;
    ok(&workspace, "POST", "registered-models/create", json!({"name": "m"})).await;
    let id = webhook(&workspace, &["MODEL_VERSION_CREATED"], receiver.spec()).await;
    let before = ok(&workspace, "GET", "registry-webhooks/list", json!(null)).await;
    workspace.stop().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let workspace = start(Databricks::new().with_store(&path)).await;
    assert_eq!(ok(&workspace, "GET", "registry-webhooks/list", json!(null)).await, before);
    ok(&workspace, "POST", "model-versions/create", json!({"name": "m", "source": "s"})).await;
    assert_eq!(receiver.next().await["webhook_id"], json!(id));
    let error = Databricks::new().with_store(&path).start("127.0.0.1:0".parse().unwrap()).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        format!("store `{}` is used by another emulator", path.display())
    );
    workspace.stop().await;
}

#[tokio::test]
async fn what_is_no_sound_store_is_refused_in_a_sentence_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let workspace = start(Databricks::new().with_store(&path)).await;
    ok(&workspace, "POST", "registered-models/create", json!({"name": "m"})).await;
    workspace.stop().await;
    let sound = fs::read_to_string(&path).unwrap();
    let name = path.display();
    for (content, expected) in [
        (
            String::new(),
            format!(
                "`{name}` is no store of the emulator and was left as it is: name another file"
            ),
        ),
        (
            "{}".to_owned(),
            format!(
                "`{name}` is no store of the emulator and was left as it is: name another file"
            ),
        ),
        (
            "[workspace]\n".to_owned(),
            format!(
                "`{name}` is no store of the emulator and was left as it is: name another file"
            ),
        ),
        (
            sound[..sound.len() - 9].to_owned(),
            format!(
                "store `{name}` is damaged and was left as it is: move it away to begin with an empty one"
            ),
        ),
        (
            sound.replacen("\"models\"", "\"modest\"", 1),
            format!(
                "store `{name}` is damaged and was left as it is: move it away to begin with an empty one"
            ),
        ),
        (
            sound.replacen(":1,", ":2,", 1),
            format!(
                "store `{name}` was written by a newer version (format 2, this one reads up to 1): use that version, or name another file"
            ),
        ),
        (
            r#"{"verify_emulator":3,"registry":"new"}"#.to_owned(),
            format!(
                "store `{name}` was written by a newer version (format 3, this one reads up to 1): use that version, or name another file"
            ),
        ),
    ] {
        fs::write(&path, &content).unwrap();
        let error = Databricks::new().with_store(&path).start("127.0.0.1:0".parse().unwrap()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, StartError::Store(_)));
        assert_eq!(error.to_string(), expected);
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    let error =
        Databricks::new().with_store(folder.path()).start("127.0.0.1:0".parse().unwrap()).await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("is no regular file: name one, or a path where there is none")
    );
}

/// A change that cannot be written down has not happened.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_written_is_refused_and_not_done() {
    use crate::client::refused;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let workspace = start(Databricks::new().with_store(&path)).await;
    ok(&workspace, "POST", "registered-models/create", json!({"name": "m"})).await;
    let before = fs::read(&path).unwrap();
    // Something that is in the way, and cannot be removed as a file is.
    fs::create_dir(folder.path().join("store.json.new")).unwrap();
    let found = refused(&workspace, "POST", "registered-models/create", json!({"name": "n"})).await;
    assert!(found.starts_with("500 IO_ERROR: the store could not be written"), "{found}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let models = ok(&workspace, "GET", "registered-models/list", json!(null)).await;
    assert_eq!(models["registered_models"].as_array().unwrap().len(), 1);
    fs::remove_dir(folder.path().join("store.json.new")).unwrap();
    ok(&workspace, "POST", "registered-models/create", json!({"name": "n"})).await;
}
