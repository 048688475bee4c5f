//! Writes `vectors/*.json`, the test vectors for other languages, or with `--check` says whether they
//! are what it would write.
//!
//! It never asks the verifier. Each test states its result by the way it is made: a delivery is signed
//! with the textbook's HMAC, and either left alone or changed in one way that has one answer.
#![expect(clippy::unwrap_used, reason = "a generator that fails has failed")]

#[path = "../../../verify-core/tests/suite/common.rs"]
mod common;
mod deliveries;
mod format;
mod recorded;
mod standard;
mod suites;

use std::{env, fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let check = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(_) => {
            eprintln!("usage: generate-vectors [--check]");
            return ExitCode::from(2);
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let mut changed = false;
    for (name, file) in suites::all() {
        let path = folder.join(format!("{name}.json"));
        let text = file.to_json();
        println!("{name}: {} tests", file.number_of_tests());
        if check {
            let same = fs::read_to_string(&path).is_ok_and(|there| there == text);
            if !same {
                eprintln!("{name}.json is not what the generator writes");
                changed = true;
            }
        } else {
            fs::write(path, text).unwrap();
        }
    }
    if changed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
