use super::{Kind, OWN, Reader, VENDOR, Values, check, readers, render};

fn kinds(template: &str) -> Vec<&'static str> {
    check(template.as_bytes()).iter().map(|finding| finding.kind.name()).collect()
}

fn said(template: &str) -> String {
    let said: Vec<_> = check(template.as_bytes()).iter().map(ToString::to_string).collect();
    said.join("\n")
}

#[test]
fn our_own_template_is_read_in_whole() {
    assert_eq!(said(OWN), "");
    assert_eq!(readers(OWN).count(), 9);
    assert!(readers(OWN).all(|(_, reader)| reader == Reader::Payload));
}

#[test]
fn what_the_vendors_templates_lack_is_said() {
    let [github, teams, slack] = VENDOR.map(|(_, template)| said(template));
    assert_eq!(
        github,
        "note, `event_type`: the field has the name of a variable and holds something else, which is \
         read as its value; if that is not what you want, add `\"event_type\": \"${event_type}\"` to \
         `client_payload` [constant]"
    );
    assert_eq!(
        teams,
        "note: nothing says which artifact or project it is about, so that a bridge does nothing: add \
         `\"artifact_version_string\": \"${artifact_version_string}\"` [no-subject]"
    );
    assert_eq!(slack, "");
    let read = |template| readers(template).map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(
        VENDOR.map(|(_, template)| read(template)),
        [
            vec![
                "project_name",
                "entity_name",
                "event_author",
                "artifact_collection_name",
                "artifact_version",
                "artifact_version_string"
            ],
            vec!["event_type", "event_author"],
            vec!["event_type", "event_author", "artifact_version_string"],
        ]
    );
}

#[test]
fn every_kind_of_mistake_is_found_where_it_is() {
    let with = |field: &str| {
        let end = OWN.rfind('}').unwrap();
        format!("{},\n{field}\n}}", OWN[..end].trim_end())
    };
    let mut found: Vec<&str> = Vec::new();
    for (field, expected) in [
        (
            r#""a": {"b": ["${alais}"]}"#,
            "wrong, `a.b.0`: there is no variable `${alais}`, and it may arrive as it is: was `${alias}` meant? [unknown-variable]",
        ),
        (
            r#""a": "${artifact_metadata.eval.f1}""#,
            "wrong, `a`: `${artifact_metadata.eval.f1}` is not filled in: only keys at the top level of the metadata are there, as in `${artifact_metadata.KEY}` [metadata-nested]",
        ),
        (
            r#""a": "Bearer ${ACCESS_TOKEN}""#,
            "wrong, `a`: `${ACCESS_TOKEN}` sends the token in the body, where it is logged and kept: it is sent in `Authorization` anyway [secret]",
        ),
        (
            r#""a": "${API_KEY}""#,
            "wrong, `a`: `${API_KEY}` has the form of a secret's name: its value would be sent in the body, where it is logged and kept; sign with it instead, as the webhook's secret [secret]",
        ),
        (
            r#""a": "$API_KEY""#,
            "wrong, `a`: `$API_KEY` has the form of a secret's name: its value would be sent in the body, where it is logged and kept; sign with it instead, as the webhook's secret [secret]",
        ),
        (
            r#""a": "$alias""#,
            "wrong, `a`: `$alias` is no variable: write `${alias}` [other-syntax]",
        ),
        (
            r#""a": "{{ alias }}""#,
            "wrong, `a`: `{{alias}}` is no variable: write `${alias}` [other-syntax]",
        ),
        (
            r#""a": {"b": 1, "b": 2}"#,
            "wrong, `a.b`: the field occurs twice: nobody knows which of them is meant [field-twice]",
        ),
        (
            r#""a": ${artifact_metadata.f1}"#,
            "wrong: `${artifact_metadata.f1}` stands outside of quotes: what is sent is JSON only if its value is; write `\"${artifact_metadata.f1}\"` [unquoted]",
        ),
    ] {
        let template = with(field);
        assert_eq!(said(&template), expected, "{field}");
        found.extend(kinds(&template));
    }
    for (template, expected) in [
        (
            r#"{"model": "${artifact_collection_name}", "project_name": "${project_name}", "event_type": "${event_type}"}"#,
            vec!["not-read"],
        ),
        (
            r#"{"alias": "v: ${alias}", "project_name": "${project_name}", "event_type": "${event_type}"}"#,
            vec!["constant", "not-read"],
        ),
        (r#"{"project_name": "${project_name}"}"#, vec!["no-event"]),
        (r#"{"event_type": "DEPLOY", "project_name": "${project_name}"}"#, vec!["constant"]),
        (r#"{}"#, vec!["no-subject", "no-event"]),
        (r#"["${alias}"]"#, vec!["not-object"]),
        (r#"{"a": 1,}"#, vec!["not-json"]),
        ("", vec!["not-json"]),
        ("\u{feff}{}", vec!["not-json"]),
        ("event: ${event} ${alias}", vec!["not-json", "unknown-variable"]),
    ] {
        assert_eq!(kinds(template), expected, "{template}");
        found.extend(expected);
    }
    let missing = Kind::ALL.iter().find(|kind| !found.contains(&kind.name()));
    assert_eq!(missing, None);
}

#[test]
fn where_json_ends_is_said_without_words_of_a_parser() {
    assert_eq!(said("{\n  \"a\": 1,\n}"), "wrong: not JSON: line 3, column 1 [not-json]");
    assert_eq!(said(" \n"), "wrong: not JSON: it is empty [not-json]");
    let mark = said("\u{feff}{}");
    assert_eq!(
        mark,
        "wrong: not JSON: it begins with a byte order mark, which some editors put there [not-json]"
    );
    let bytes = check(b"{\"a\": \"\xff\"}");
    assert_eq!(bytes[0].to_string(), "wrong: not JSON: it is not UTF-8 [not-json]");
    // As deep as somebody likes.
    assert_eq!(kinds(&"[".repeat(100_000)), ["not-json"]);
    assert_eq!(kinds(&format!("{}{}", "[".repeat(200), "]".repeat(200))), ["not-json"]);
}

#[test]
fn what_is_rendered_is_json_whatever_the_values_are() {
    let mut values = Values::of_event("ADD_ARTIFACT_ALIAS").unwrap();
    values.set("alias", "say \"hi\"\n\\ \u{1f600}");
    let rendered = render(OWN, &values);
    let json: serde_json::Value = serde_json::from_str(&rendered).unwrap();
    assert_eq!(json["alias"], "say \"hi\"\n\\ \u{1f600}");
    assert_eq!(json["event_type"], "ADD_ARTIFACT_ALIAS");
    // What is not a variable keeps its bytes.
    let template = "{\"a\" : \"\\\"${alias}\\\\\", \"b\":\t1.50, \"c\": ${artifact_metadata.n}}";
    values.set("alias", "x");
    values.set("artifact_metadata.n", "[1, \"two\"]");
    assert_eq!(
        render(template, &values),
        "{\"a\" : \"\\\"x\\\\\", \"b\":\t1.50, \"c\": [1, \"two\"]}"
    );
}

#[test]
fn a_value_is_one_of_the_event_or_says_what_it_stands_for() {
    let values = Values::of_event("LINK_ARTIFACT").unwrap();
    let render = |template: &str| render(template, &values);
    // Documented: blank for all events but those about an alias or a tag.
    assert_eq!(render("<${alias}${tag}>"), "<>");
    assert_eq!(render("${event_type} ${event_author}"), "LINK_ARTIFACT ada");
    assert_eq!(render("${artifact_metadata.f1}"), "sample-f1");
    assert_eq!(render("${ACCESS_TOKEN} ${API_KEY}"), "the-access-token the-secret-API_KEY");
    for unknown in ["${alais}", "${artifact_metadata.a.b}", "${ alias }", "$alias"] {
        assert_eq!(render(unknown), unknown);
    }
    let tagged = Values::of_event("ADD_ARTIFACT_TAG").unwrap();
    assert_ne!(super::render("${tag}", &tagged), "");
    assert!(Values::of_event("link_artifact").is_none());
}

proptest::proptest! {
    #[test]
    fn whatever_is_typed_is_looked_at(text in r#"([${}"\\.:,\[\] a-c_A-C]|alias|\$\{|artifact_metadata|\u{e9}|\n){0,40}"#) {
        let values = Values::of_event("LINK_ARTIFACT").unwrap();
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let is_called_json = !check(text.as_bytes())
            .iter()
            .any(|finding| matches!(finding.kind, Kind::NotJson | Kind::Unquoted));
        assert_eq!(is_json, is_called_json);
        assert!(readers(&text).count() <= 9);
        if is_json {
            assert!(serde_json::from_str::<serde_json::Value>(&render(&text, &values)).is_ok());
        }
    }

    #[test]
    fn any_value_arrives_as_it_is(value in ".{0,40}") {
        let mut values = Values::of_event("LINK_ARTIFACT").unwrap();
        values.set("alias", value.as_str());
        let rendered: serde_json::Value = serde_json::from_str(&render(OWN, &values)).unwrap();
        assert_eq!(&rendered["alias"], value.as_str());
    }
}
