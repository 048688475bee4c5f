use super::*;

/// The vendor's template for Slack, filled in. Those for GitHub and Teams are cases of the toolkit.
pub(crate) const SLACK: &str = r#"{
    "text": "New alert from WANDB!",
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Registry event: LINK_ARTIFACT"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "New version: acme/model-registry/fraud:production"}},
        {"type": "divider"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "Author: ada"}}
    ]
}"#;

const GITHUB: &str = include_str!(
    "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/github.json"
);
const TEAMS: &str = include_str!(
    "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/teams.json"
);

fn read(body: &str) -> Automation {
    Automation::parse(body.as_bytes()).unwrap()
}

fn event(automation: &Automation) -> Option<String> {
    automation.variables.event_type.as_ref().map(ToString::to_string)
}

#[test]
fn the_variables_of_every_documented_template_are_read() {
    let github = read(GITHUB);
    assert!(github.has_own_event && Automation::says_what(&github.variables));
    assert_eq!(event(&github).as_deref(), Some("BUILD_AND_DEPLOY"));
    let Variables { artifact_collection_name, entity_name, project_name, event_author, .. } =
        &github.variables;
    let named = [artifact_collection_name, entity_name, project_name, event_author];
    let named = named.map(|name| name.as_deref().unwrap());
    assert_eq!(named, ["fraud", "acme", "model-registry", "ada"]);
    assert_eq!(github.variables.artifact().unwrap().alias, "production");
    assert_eq!(github.variables.artifact_reference().unwrap().id, "QXJ0aWZhY3Q6MQ==");

    let teams = read(TEAMS);
    assert!(!teams.has_own_event && !Automation::says_what(&teams.variables));
    assert_eq!(event(&teams).as_deref(), Some("LINK_ARTIFACT"));
    assert_eq!(teams.variables.event_author.as_deref(), Some("ada"));

    let slack = read(SLACK);
    assert!(!slack.has_own_event && Automation::says_what(&slack.variables));
    assert_eq!(event(&slack).as_deref(), Some("LINK_ARTIFACT"));
    assert_eq!(slack.variables.artifact().unwrap().name, "fraud");
    assert_eq!(slack.variables.event_author.as_deref(), Some("ada"));
}

#[test]
fn what_stands_in_the_payload_is_the_event_if_it_is_there() {
    let body = r#"{"event_type": "BUILD", "client_payload": {"event_type": "LINK_ARTIFACT", "tag": 0.50}}"#;
    let inner = read(body);
    assert_eq!((event(&inner).as_deref(), inner.has_own_event), (Some("LINK_ARTIFACT"), false));
    assert_eq!(inner.variables.tag.as_deref(), Some("0.50"));
    for other in ["null", "\"event_type\"", "[1]"] {
        let body = format!(r#"{{"event_type": "BUILD", "client_payload": {other}}}"#);
        let outer = read(&body);
        assert_eq!((event(&outer).as_deref(), outer.has_own_event), (Some("BUILD"), false));
    }
    let twice = r#"{"client_payload": {"alias": "a", "alias": "b"}}"#;
    assert!(Automation::parse(twice.as_bytes()).is_err());
}

#[test]
fn an_adaptive_card_is_read_as_the_older_one() {
    let card = r#"{"type": "message", "attachments": [{"content": {"type": "AdaptiveCard", "body": [
        {"type": "TextBlock", "text": "**Registry event:** UNLINK_ARTIFACT"},
        {"type": "FactSet", "facts": [{"title": "Alias:", "value": "v3"}, {"title": "Tag", "value": 3}]}
    ]}}]}"#;
    let card = read(card);
    assert_eq!(event(&card).as_deref(), None, "the bold ends behind the colon");
    assert_eq!(card.variables.alias.as_deref(), Some("v3"));
    assert_eq!(card.variables.tag.as_deref(), Some("3"));
}

#[test]
fn what_is_no_label_or_ambiguous_says_nothing() {
    for body in [
        // Somebody's words, in which a variable may stand.
        r#"{"text": "fraud got alias: v3"}"#,
        r#"{"text": "Author: "}"#,
        r#"{"text": "New alert\nAuthor: mallory"}"#,
        // A token may be anywhere else.
        r#"{"token": "Author: x", "blocks": [{"value": "Author: x", "label": "Author"}]}"#,
        r#"{"blocks": [{"text": "Author: ada"}, {"text": "Author: mallory"}]}"#,
        r#"{"text": "Author: ada", "text": "Author: ada"}"#,
        r#"{"sections": 5, "blocks": {"text": [null]}, "attachments": "Author"}"#,
    ] {
        assert_eq!(read(body).variables, Variables::default(), "{body}");
    }
    let same = r#"{"blocks": [{"text": "Author: ada"}, {"text": "*Author*: ada"}]}"#;
    assert_eq!(read(same).variables.event_author.as_deref(), Some("ada"));
}
