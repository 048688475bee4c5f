//! What tools print line by line, and what a `Content-Length` is worth.

use verify_toolkit::{
    Capture, Note,
    explain::{Cause, Certainty, Explainer},
};

use crate::{input, secret, verified, verifies};

const DELIVERY: &str = "45-pasted/indented.txt";

/// The delivery of most cases, as the text of a request without `Content-Length`.
fn plain() -> String {
    let text = String::from_utf8(input(DELIVERY)).unwrap();
    let lines = text.lines().map(str::trim_ascii_start);
    lines.filter(|line| !line.starts_with("Content-Length")).collect::<Vec<_>>().join("\n")
}

fn with_length(length: usize) -> String {
    plain().replacen("\n\n", &format!("\nContent-Length: {length}\n\n"), 1)
}

#[test]
fn a_length_that_does_not_fit_is_noted_and_changes_nothing() {
    let secret = secret(DELIVERY);
    let is_right = |text: &str| verified(text, &secret).unwrap();
    assert_eq!(is_right(&with_length(243)), []);
    for announced in [0, 2, 242, 244, 1000, usize::MAX] {
        let notes = [Note::LengthDiffers { announced, found: 243 }];
        assert_eq!(is_right(&with_length(announced)), notes);
    }
    // An editor's.
    for end in ["\n", "\r\n"] {
        assert_eq!(is_right(&(with_length(243) + end)), [Note::LineEndLeftOut]);
    }
    let more = with_length(243) + "\n\n";
    let capture = Capture::read(more.as_bytes()).unwrap();
    assert_eq!(capture.request.body.len(), 245);
    assert!(!verifies(&capture, &secret));
    let note =
        "`Content-Length` says 243 bytes, and the body here has 245: it is judged as it is here";
    assert_eq!(capture.notes[0].to_string(), note);
}

#[test]
fn what_was_changed_behind_an_old_length_is_proved() {
    for (name, cause) in [
        ("05-azure-pretty/http-with-length.txt", Cause::BodyJsonSpaced),
        ("21-crlf-body/http.txt", Cause::BodyCrLf),
    ] {
        let (capture, secret) = (Capture::read(&input(name)).unwrap(), secret(name));
        assert!(matches!(capture.notes[..], [Note::LengthDiffers { .. }]), "{name}");
        let explanation = Explainer::of(&capture).secret("s", &secret).explain();
        assert_eq!(explanation.causes().collect::<Vec<_>>(), [cause], "{explanation}");
        assert_eq!(explanation.findings()[0].certainty, Certainty::Proved);
    }
}
