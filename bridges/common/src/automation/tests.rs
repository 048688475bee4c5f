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

/// `verify template check` knows where bridges look, and cannot link them.
#[test]
fn what_the_toolkit_says_of_a_template_is_what_is_read() {
    use verify_toolkit::template::{OWN, Reader, VENDOR, Values, readers, render};

    let names: Vec<_> = readers(OWN).map(|(name, _)| name).collect();
    let mut values = Values::of_event("LINK_ARTIFACT").unwrap();
    names.iter().for_each(|name| values.set(*name, format!("value of {name}")));
    let mut templates: Vec<_> = VENDOR.map(|(_, template)| template.to_owned()).into();
    templates.push(OWN.to_owned());
    for name in &names {
        let words = name.replace('_', " ");
        for template in [
            r#"{"NAME": "${NAME}"}"#,
            r#"{"NAME": "is ${NAME}"}"#,
            r#"{"NAME": ["${NAME}"], "other": "${NAME}"}"#,
            r#"{"client_payload": {"NAME": "${NAME}"}}"#,
            r#"{"client_payload": {"inner": {"NAME": "${NAME}"}}, "text": "NAME: ${NAME}"}"#,
            r#"{"client_payload": "NAME", "text": "NAME: ${NAME}"}"#,
            r#"{"text": "NAME: ${NAME}"}"#,
            r#"{"text": "*WORDS*: ${NAME} "}"#,
            r#"{"text": "**WORDS:** ${NAME}"}"#,
            r#"{"text": "WORDS: ${NAME}\nAuthor: x"}"#,
            r#"{"text": "WORDS is: ${NAME}"}"#,
            r#"{"text": "WORDS: ${NAME} now"}"#,
            r#"{"text": "Author: ${NAME}"}"#,
            r#"{"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Version string: ${NAME}"}}]}"#,
            r#"{"sections": [{"facts": [{"name": "New version", "value": "${NAME}"}]}]}"#,
            r#"{"attachments": [{"content": {"body": [{"facts": [{"title": "WORDS:", "value": "${NAME}"}]}]}}]}"#,
            r#"{"facts": [{"name": "NAME", "value": "${NAME}"}]}"#,
            r#"{"text": "WORDS: ${NAME}", "blocks": [{"text": "WORDS: other"}]}"#,
            r#"{"text": "WORDS: ${NAME}", "blocks": [{"text": "NAME: ${NAME}"}]}"#,
            r#"{"text": "WORDS: ${NAME}", "sections": [{"facts": [{"name": "NAME", "value": 1}]}]}"#,
            r#"{"sections": [{"name": "NAME", "value": null, "text": "WORDS: ${NAME}"}]}"#,
            r#"{"sections": [{"name": "NAME", "value": ["${NAME}"], "text": "WORDS: ${NAME}"}]}"#,
            r#"{"blocks": [{"name": "Registry event", "value": 1, "text": "WORDS: ${NAME}"}]}"#,
        ] {
            templates.push(template.replace("NAME", name).replace("WORDS", &words));
        }
    }
    let mut seen = 0;
    for template in &templates {
        let rendered = render(template, &values);
        let read = |variables: &Variables| {
            let json = serde_json::to_value(variables).unwrap();
            let is_read = |name: &&&str| json[**name] == format!("value of {name}");
            names.iter().filter(is_read).copied().collect::<Vec<_>>()
        };
        let by = |wanted: &[Reader]| {
            let by = readers(template).filter(|(_, by)| wanted.contains(by));
            by.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let bridge = Automation::parse(rendered.as_bytes()).unwrap();
        assert_eq!(by(&[Reader::Payload, Reader::Bridges]), read(&bridge.variables), "{template}");
        let payload = Variables::parse(rendered.as_bytes()).unwrap();
        assert_eq!(by(&[Reader::Payload]), read(&payload), "{template}");
        seen += read(&bridge.variables).len();
    }
    assert!(seen > 90, "{seen}");
}
