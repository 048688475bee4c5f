//! Inputs that people really had, each with its right answer: see `README.md` beside this file.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod causes;
mod json;
mod lines;
mod loggers;
mod others;
mod siblings;

use std::{fs, path::PathBuf};

use verify_toolkit::{Capture, CaptureError, Note, Secret, UnixTime, Verifier};

/// The content of a case's file.
pub(crate) fn input(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

/// The secret of a case: its own, or that of most.
pub(crate) fn secret(name: &str) -> Vec<u8> {
    let own = folder().join(name).with_file_name("secret.txt");
    fs::read(own).unwrap_or_else(|_| fs::read(folder().join("secret.txt")).unwrap())
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/captures"))
}

/// Whether a delivery verifies at the time that was signed.
pub(crate) fn verifies(capture: &Capture, secret: &[u8]) -> bool {
    let sender = capture.known_sender().unwrap();
    let builder = Verifier::builder(sender).secret(Secret::new(secret).unwrap());
    let signed = sender.timestamp_header().and_then(|name| capture.request.header(name).next());
    let signed = signed.map_or(0, |time| str::from_utf8(time).unwrap().parse().unwrap());
    let (now, request) = (UnixTime::from_secs(signed), &capture.request);
    builder.build().unwrap().verify(now, &request.headers, &request.body[..]).is_ok()
}

/// Reads a text, which has to verify under a secret. Returns the notes.
pub(crate) fn verified(text: impl AsRef<[u8]>, secret: &[u8]) -> Result<Vec<Note>, CaptureError> {
    let capture = Capture::read(text.as_ref())?;
    let request = &capture.request;
    let body = String::from_utf8_lossy(&request.body);
    assert!(verifies(&capture, secret), "{request:?}\n{body}\n{:?}", capture.notes);
    Ok(capture.notes)
}

/// The tests here, in which each capture has to be named.
const TESTS: [&str; 4] = [
    include_str!("causes.rs"),
    include_str!("json.rs"),
    include_str!("json/errors.rs"),
    include_str!("lines.rs"),
];

/// Bodies for the bridges, whose own tests name them.
const OF_THE_BRIDGES: &str = "28-wandb-vendor-templates/";

#[test]
fn every_capture_is_named_by_a_test() {
    let mut names = Vec::new();
    for case in fs::read_dir(folder()).unwrap().map(Result::unwrap) {
        if case.file_type().unwrap().is_dir() {
            let files = fs::read_dir(case.path()).unwrap().map(Result::unwrap);
            let folder = case.file_name().into_string().unwrap();
            names.extend(
                files.map(|file| format!("{folder}/{}", file.file_name().to_str().unwrap())),
            );
        }
    }
    assert!(names.len() > 40, "{names:?}");
    names.retain(|name| {
        let is_named = |test: &&str| test.contains(&format!("{name}\""));
        let is_of_cases = !name.ends_with("/secret.txt") && !name.starts_with(OF_THE_BRIDGES);
        is_of_cases && !TESTS.iter().any(is_named)
    });
    assert!(names.is_empty(), "no test names {names:?}");
}
