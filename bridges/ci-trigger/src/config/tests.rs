use super::*;

const GOOD: &str = include_str!("../../example.toml");

fn parse(text: &str) -> Result<Config, String> {
    Ok(Config::new(Read::text(Path::new("x.toml"), text)?)?)
}

#[test]
fn the_example_is_good() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.oddities(), Vec::<String>::new());
    assert!(config.place().is_ok());
    let names: Vec<_> = config.pipelines().into_keys().collect();
    assert_eq!(names, ["databricks.retrain", "github.deploy", "teams.models"]);
}

#[test]
fn a_start_is_given_up_after_a_day_if_nothing_else_is_said() {
    let without = GOOD.replacen("give_up_after_days = 1\n", "", 1);
    assert_ne!(without, GOOD);
    assert_eq!(parse(&without).unwrap().file.store, parse(GOOD).unwrap().file.store);
}

#[test]
fn each_mistake_is_named_with_its_line() {
    for (from, to, expected) in [
        (
            "[senders.mlflow]",
            "[senders.gitlab]",
            "no sender is called `gitlab`; there are databricks, mlflow, standard-webhooks, wandb",
        ),
        (
            "[senders.mlflow]\n",
            "[senders.mlflow]\nbearer_env = \"X\"\n",
            "mlflow sends no bearer token",
        ),
        (
            "[senders.mlflow]\n",
            "[senders.mlflow]\nlink = \"https://mlflow.example\"\n",
            "ci-trigger shows no links",
        ),
        ("\"acme/models\"", "\"acme\"", "not a repository such as `acme/models`"),
        ("\"acme/models\"", "\"acme/../..\"", "not a repository such as `acme/models`"),
        ("\"model-moved\"", "\"\"", "`event_type` has 1 to 100 characters"),
        (
            "https://api.github.com",
            "http://api.github.com",
            "`http` to another machine: it has to be `https`",
        ),
        (
            "https://dbc-example.cloud.databricks.com",
            "dbc",
            "not a URL such as `https://host/path`",
        ),
        (
            "[\"model\", \"version\", \"target\"]",
            "[\"models\"]",
            "no such fact; there are delivery, event, from, model, sender, target, version",
        ),
        (
            "[\"github.deploy\", \"teams.models\"]",
            "[\"deploy\"]",
            "no pipeline is called `deploy`; there is databricks.retrain, github.deploy, teams.models",
        ),
        ("pipelines = [\"databricks.retrain\"]", "pipelines = []", "name a pipeline"),
        (
            "[\"LINK_ARTIFACT\", \"ADD_ARTIFACT_ALIAS\"]",
            "[\"CREATE_ARTIFACT\"]",
            "`CREATE_ARTIFACT` starts nothing; there are LINK_ARTIFACT, ADD_ARTIFACT_ALIAS, UPDATE_ARTIFACT_ALIAS",
        ),
        (
            "card = \"adaptive-card\"",
            "card = \"hero\"",
            "should be `adaptive-card` or `message-card`",
        ),
        (
            "sender = \"wandb\"\nevents = [\"LINK_ARTIFACT\"",
            "events = [\"BUILD_AND_DEPLOY\"",
            "`BUILD_AND_DEPLOY` starts nothing; there are MODEL_VERSION_TRANSITIONED_STAGE, \
             MODEL_VERSION_TRANSITIONED_TO_ARCHIVED, MODEL_VERSION_TRANSITIONED_TO_PRODUCTION, \
             MODEL_VERSION_TRANSITIONED_TO_STAGING, model_version_alias.created, \
             prompt_alias.created, LINK_ARTIFACT, ADD_ARTIFACT_ALIAS, UPDATE_ARTIFACT_ALIAS",
        ),
        ("sender = \"wandb\"", "sender = \"gitlab\"", "there is no `[senders.gitlab]`"),
        (
            "[\"fraud-*\", \"Airline_Delay_SparkML\"]",
            "[]",
            "an empty list lets nothing pass; leave it out to let everything",
        ),
        ("8081", "8080", "`listen` is the same: each needs its own"),
        ("give_up_after_days = 1", "give_up_after_days = 0", "`give_up_after_days` is 1 to 365"),
        ("max_mib = 1024", "max_mib = 0", "`max_mib` is 1 to 1000000"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let said = parse(&text).unwrap_err();
        // Where the change is, and nowhere else; a table is named by its head.
        let line = GOOD[..GOOD.find(from).unwrap()].matches('\n').count() + 1;
        let in_lines = [line, line + 1].map(|line| format!("x.toml:{line}: {expected}"));
        let is_there = said.lines().any(|said| in_lines.iter().any(|expected| expected == said));
        assert!(is_there, "{said}\n{in_lines:?}");
    }
    for (text, expected) in [
        ("", "`listen` is missing"),
        ("lisen = \"x\"", "there is no setting `lisen` here; there is `listen`"),
    ] {
        assert!(parse(text).unwrap_err().contains(expected), "{:?}", parse(text).unwrap_err());
    }
}

#[test]
fn what_is_probably_not_meant_is_pointed_out() {
    let text = GOOD.replace("\"github.deploy\", ", "").replacen(
        "[[routes]]\n",
        "[[routes]]\nsender = \"mlflow\"\n",
        1,
    );
    let oddities = parse(&text).unwrap().oddities();
    assert_eq!(oddities.len(), 2, "{oddities:?}");
    assert!(oddities[0].ends_with("no route leads to this pipeline"), "{oddities:?}");
    assert!(oddities[1].ends_with("no route takes anything of this sender"), "{oddities:?}");
}

#[test]
fn routes_pick_by_sender_event_model_and_target() {
    let routes = parse(GOOD).unwrap().routes;
    let movement = |event: &str, model: &'static str, target: Option<&'static str>| Movement {
        event: event.into(),
        is_instruction: false,
        model: model.into(),
        version: None,
        target: target.map(Into::into),
        from: None,
    };
    let stage = "MODEL_VERSION_TRANSITIONED_STAGE";
    let both = ["github.deploy", "teams.models"];
    for (sender, movement, expected) in [
        ("databricks", movement(stage, "fraud-1", Some("Production")), &both[..]),
        ("databricks", movement(stage, "fraud-1", Some("Staging")), &[]),
        ("databricks", movement(stage, "fraud-1", None), &[]),
        ("databricks", movement(stage, "other", Some("Production")), &[]),
        // The one that may come beside the general one.
        (
            "databricks",
            movement("MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", "fraud-1", Some("Production")),
            &[],
        ),
        ("mlflow", movement("model_version_alias.created", "fraud-1", Some("champion")), &both),
        (
            "wandb",
            movement("LINK_ARTIFACT", "fraud-1", Some("production")),
            &["databricks.retrain", "github.deploy", "teams.models"],
        ),
        ("wandb", movement("ADD_ARTIFACT_ALIAS", "any", None), &["databricks.retrain"]),
    ] {
        assert_eq!(routes.pipelines(sender, &movement), expected, "{movement:?}");
    }
}

/// What the vendor's template for GitHub has in the place of an event says what to do, and may be spelled
/// as an event is.
#[test]
fn a_word_of_a_template_is_for_a_route_that_names_it() {
    let link = "\"LINK_ARTIFACT\", \"ADD_ARTIFACT_ALIAS\"";
    let text = GOOD.replacen(link, "\"BUILD_AND_DEPLOY\"", 1);
    assert_ne!(text, GOOD);
    let config = parse(&text).unwrap();
    let line = text[..text.find("BUILD_AND_DEPLOY").unwrap()].matches('\n').count() + 1;
    let said = "no event of Weights & Biases: it is taken for an `event_type` of your template";
    assert_eq!(config.oddities(), [format!("x.toml:{line}: {said}")]);
    let movement = |event: &'static str| Movement {
        event: event.into(),
        is_instruction: true,
        model: "fraud-1".into(),
        version: None,
        target: Some("production".into()),
        from: None,
    };
    let pipelines = |config: &Config, event| config.routes.pipelines("wandb", &movement(event));
    assert_eq!(pipelines(&config, "BUILD_AND_DEPLOY"), ["databricks.retrain"]);
    assert_eq!(pipelines(&config, "LINK_ARTIFACT"), <[&str; 0]>::default());
    let config = parse(GOOD).unwrap();
    assert_eq!(pipelines(&config, "LINK_ARTIFACT"), ["databricks.retrain"]);
}

#[test]
fn what_is_no_setting_is_told_with_all_else() {
    let wrong = GOOD.replacen("listen = ", "lisen = 1\nlisten = ", 1).replacen(
        "give_up_after_days = 1\n",
        "give_up_after_days = 0\n",
        1,
    );
    let error = parse(&wrong).unwrap_err();
    assert!(error.contains("there is no setting `lisen` here"), "{error}");
    assert!(error.lines().count() == 2 && error.contains("give_up_after_days"), "{error}");
}
