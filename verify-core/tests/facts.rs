//! What is said of a sender fits what the code does.

use verify_core::{Certainty, Encoding, Sender, SignedPart};

#[test]
fn the_facts_name_what_the_constants_have() {
    for sender in Sender::ALL {
        let facts = sender.facts();
        assert!(facts.iter().all(|fact| !fact.certainty.is_empty()), "{}", sender.name());
        let text: String = facts.iter().map(|fact| fact.text).collect();
        let headers = [
            Some(sender.signature_header()),
            sender.delivery_id_header(),
            sender.timestamp_header(),
        ];
        for header in headers.into_iter().flatten() {
            assert!(text.to_lowercase().contains(header), "{}: {header}", sender.name());
        }
        assert!(text.contains(sender.prefix()), "{}", sender.name());
        for encoding in sender.encodings() {
            let name = if *encoding == Encoding::Hex { "hex" } else { "base64" };
            assert!(text.contains(name), "{}: {name}", sender.name());
        }
        let separators = sender.signed_parts().iter().filter_map(|part| match part {
            SignedPart::Text(text) => Some(format!("\"{text}\"")),
            _ => None,
        });
        separators.for_each(|text_of_part| assert!(text.contains(&text_of_part), "{text_of_part}"));
    }
}

#[test]
fn a_sender_of_your_own_has_none() {
    assert_eq!(Sender::new("github", "x-hub-signature-256").facts(), []);
    assert_eq!(format!("[{:>10}]", Certainty::Measured), "[  measured]");
}

#[test]
fn a_sender_of_your_own_tells_what_was_said_of_it() {
    let plain = Sender::new("github", "x-hub-signature-256");
    let told = |sender: Sender| (sender.title(), sender.sends_bearer(), sender.has_template());
    assert_eq!(told(plain), ("github", false, false));
    assert_eq!(told(plain.with_title("GitHub")), ("GitHub", false, false));
    assert_eq!(told(plain.with_bearer()), ("github", true, false));
    assert_eq!(told(plain.with_template()), ("github", false, true));
}
