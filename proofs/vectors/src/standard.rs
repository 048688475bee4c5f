//! What only Standard Webhooks has: lists of signatures, secrets that are decoded, retries that are signed
//! anew.

use serde::Deserialize;

use crate::{
    common::{base64, hex},
    deliveries::{Delivery, NOW, SECRET, Sender, secret},
    format::{Config, Expected, Group, Taken},
};

const BODY: &[u8] = br#"{"type":"contact.created"}"#;
const OTHER: &str =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

pub(crate) fn groups(sender: Sender) -> Vec<Group> {
    let mut groups = signed_by_packages(sender);
    groups.push(lists(sender));
    groups.push(of_two_secrets(sender));
    groups.extend(keys(sender));
    groups
}

/// Deliveries that the official packages signed: `verify-core/tests/vectors/standard_webhooks.json`.
fn signed_by_packages(sender: Sender) -> Vec<Group> {
    #[derive(Deserialize)]
    struct Signed {
        what: String,
        secret: String,
        id: String,
        timestamp: u64,
        body: String,
        signature: String,
    }
    let signed = include_str!("../../../verify-core/tests/vectors/standard_webhooks.json");
    let signed: Vec<Signed> = serde_json::from_str(signed).unwrap();
    let mut groups: Vec<(String, Group)> = Vec::new();
    for one in signed {
        let delivery = Delivery {
            secret: decode(&one.secret),
            id: one.id.into_bytes(),
            time: one.timestamp.to_string().into_bytes(),
            ..sender.delivery(one.body.clone())
        };
        // The textbook agrees with the packages.
        assert_eq!(delivery.signature(), one.signature);
        if !groups.iter().any(|(other, _)| *other == one.secret) {
            let secrets = vec![secret("1", one.secret.as_bytes())];
            let config = Config { secrets, ..sender.config() };
            let group = Group::new("signed by the official packages for Python and npm", config);
            groups.push((one.secret.clone(), group));
        }
        let (_, group) = groups.iter_mut().find(|(other, _)| *other == one.secret).unwrap();
        let (headers, valid) = (delivery.headers(), delivery.valid());
        group.add(one.what, &["VendorSample"], one.timestamp, headers, one.body, valid);
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Which items of a list count.
fn lists(sender: Sender) -> Group {
    let mut group = Group::new("lists of signatures", sender.config());
    let sent = sender.delivery(BODY);
    let right = sent.signature();
    let wrong = sent.written(&[7; 32], "base64");
    let malformed = sender.refused("malformed_signature");
    let mismatch = sender.refused("signature_mismatch");
    let rows = [
        ("a wrong one, then the right one", format!("{wrong} {right}"), sent.valid()),
        ("the right one, then a wrong one", format!("{right} {wrong}"), sent.valid()),
        ("the last of four", format!("{wrong} {wrong} {wrong} {right}"), sent.valid()),
        ("another version in front", format!("{OTHER} {right}"), sent.valid()),
        ("another version behind", format!("{right} {OTHER}"), sent.valid()),
        ("ten of other versions", format!("{} {right}", [OTHER; 10].join(" ")), sent.valid()),
        ("two spaces between", format!("{wrong}  {right}"), sent.valid()),
        ("four wrong ones", [&*wrong; 4].join(" "), mismatch.clone()),
        ("other versions only", format!("{OTHER} v2,{}", &right[3..]), malformed.clone()),
        ("the right one as another version", format!("v1a,{}", &right[3..]), malformed.clone()),
        ("one that does not decode in front", format!("v1,x {right}"), malformed.clone()),
        ("one that does not decode behind", format!("{right} v1,"), malformed.clone()),
        ("in hex", format!("{wrong} v1,{}", hex(&sent.tag())), malformed.clone()),
        ("spaces alone", "  ".to_owned(), malformed.clone()),
    ];
    for (comment, value, expected) in rows {
        let headers = sent.headers_with(value);
        group.add(format!("list: {comment}"), &["List"], NOW, headers, BODY, expected);
    }
    // A receiver may try more than four; it has to have some bound.
    let five = [vec![&*wrong; 4], vec![&*right]].concat().join(" ");
    let headers = sent.headers_with(five);
    group.add("list: five", &["List", "ListBound"], NOW, headers, BODY, malformed);
    let retry = Delivery { time: (NOW + 300).to_string().into(), ..sent.clone() };
    let taken = Expected::Taken(Taken { replay_key: sent.taken().replay_key, ..retry.taken() });
    group.add("a retry, signed anew", &["Replay"], NOW + 300, retry.headers(), BODY, taken);
    group
}

/// Whichever of the signatures is left in a list, it is the same delivery.
fn of_two_secrets(sender: Sender) -> Group {
    let keys: [&[u8]; 2] = [SECRET, b"the old one"];
    let secrets = vec![sender.secret("new", keys[0]), sender.secret("old", keys[1])];
    let mut group = Group::new("signed under two secrets", Config { secrets, ..sender.config() });
    let [new, old] = keys.map(|key| Delivery { secret: key.to_vec(), ..sender.delivery(BODY) });
    let taken = |label| Expected::Taken(Taken { label: Some(label), ..new.taken_beside(keys[0]) });
    for (comment, value, label) in
        [("the new one only", new.signature(), "new"), ("the old one only", old.signature(), "old")]
    {
        let headers = new.headers_with(value);
        group.add(comment, &["List", "Replay", "Rotation"], NOW, headers, BODY, taken(label));
    }
    group
}

/// Secrets as texts; each is a group, because it is the configuration.
fn keys(sender: Sender) -> Vec<Group> {
    let block: Vec<u8> = (1..=64).collect();
    let long: Vec<u8> = (1..=128).collect();
    let texts = [
        ("a secret of 64 bytes", format!("whsec_{}", base64(&block)), block),
        ("a secret of 128 bytes", format!("whsec_{}", base64(&long)), long),
        ("a secret without `whsec_`", "dGhlIHNlY3JldA==".to_owned(), b"the secret".to_vec()),
        ("a secret without padding", "whsec_dGhlIHNlY3JldA".to_owned(), b"the secret".to_vec()),
        ("a secret of one byte", "whsec_cw==".to_owned(), b"s".to_vec()),
    ];
    let group = |(comment, text, key): (&'static str, String, Vec<u8>)| {
        let config = Config { secrets: vec![secret("1", text.as_bytes())], ..sender.config() };
        let mut group = Group::new(comment, config);
        let sent = Delivery { secret: key, ..sender.delivery(BODY) };
        group.add("decoded", &["KeyForm"], NOW, sent.headers(), BODY, sent.valid());
        let verbatim = Delivery { secret: text.into_bytes(), ..sent };
        let refused = sender.refused("signature_mismatch");
        group.add("used verbatim", &["KeyForm"], NOW, verbatim.headers(), BODY, refused);
        group
    };
    texts.into_iter().map(group).collect()
}

fn decode(secret: &str) -> Vec<u8> {
    use base64ct::Encoding;
    base64ct::Base64::decode_vec(secret.trim_start_matches("whsec_")).unwrap()
}
