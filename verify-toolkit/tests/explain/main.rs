//! Every cause: a delivery with that fault is explained by its name, and by no other.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod authorization;
mod body;
mod case;
mod head;
mod laws;
mod secret;
mod signature;

use core::fmt::Write as _;
use std::{collections::BTreeSet, env, fs};

use verify_toolkit::{
    Capture, Sender,
    explain::{Cause, Certainty, Conclusion, Explainer, Family, Refusal},
};

use crate::case::{BODY, Case, NOW, SECRET, databricks, mlflow, wandb};

fn cases() -> Vec<Case> {
    [
        secret::cases(),
        body::cases(),
        signature::cases(),
        signature::macs(),
        head::signed_text(),
        head::headers(),
        head::clock(),
        authorization::cases(),
    ]
    .concat()
}

#[test]
fn every_fault_is_explained_by_its_name_and_by_no_other() {
    let mut wrong = String::new();
    for (number, case) in cases().iter().enumerate() {
        let explanation = case.explain();
        let causes: Vec<_> = explanation.causes().collect();
        let names: Vec<_> = case.causes.iter().map(|cause| cause.name()).collect();
        let certainty = explanation.findings().last().map(|finding| finding.certainty);
        if causes != case.causes || certainty != Some(case.certainty) || explanation.is_cut_short()
        {
            writeln!(wrong, "case {number}, {names:?}: {explanation}\n").unwrap();
            continue;
        }
        assert!(explanation.verdict().is_err(), "{names:?}");
        let text = explanation.to_string();
        assert!(names.iter().all(|name| text.contains(name)), "{names:?}: {text}");
        let fits = case
            .causes
            .iter()
            .any(|cause| ![Family::Clock, Family::Authorization].contains(&cause.family()));
        if fits && case.certainty == Certainty::Proved {
            assert_eq!(explanation.conclusion(), Conclusion::Explained, "{names:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_cause_has_a_case() {
    let tried: BTreeSet<_> =
        cases().iter().flat_map(|case| case.causes.clone()).map(Cause::name).collect();
    let untried: Vec<_> =
        Cause::ALL.iter().map(|cause| cause.name()).filter(|name| !tried.contains(name)).collect();
    assert!(untried.is_empty(), "{untried:?}");
    let names: BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
    assert_eq!(names.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(cause.name().chars().all(kebab), "{cause}");
        assert!(cause.text().ends_with('.') && !cause.text().contains("  "), "{cause}");
    }
}

/// Where two causes come to the same bytes, the table of causes says which is told.
#[test]
fn of_causes_that_come_to_the_same_the_order_is_written_down() {
    let mut undecided: Vec<_> =
        cases().iter().flat_map(|case| case.explainer().undecided()).collect();
    undecided.sort_unstable_by_key(|(one, other)| (one.name(), other.name()));
    undecided.dedup();
    assert!(undecided.is_empty(), "{undecided:?}");
}

/// No text has a secret or a token in it, whatever form it is in.
#[test]
fn no_text_has_a_secret_in_it() {
    for case in cases() {
        let explanation = case.explain();
        let texts = [
            explanation.to_string(),
            format!("{explanation:?}"),
            explanation.to_json(),
            format!("{:?}", case.explainer()),
        ];
        let words = ["Kx9", "shared", "Tz4", "Qw7", "the-old-one", "password", "another"];
        for text in texts {
            let found: Vec<_> = words.iter().filter(|word| text.contains(**word)).collect();
            // A sentence has the word.
            let found = found.iter().filter(|word| !matches!(***word, "another" | "password"));
            assert_eq!(found.count(), 0, "{text}");
        }
    }
}

/// `CAUSES.md` is what the code says.
#[test]
fn the_table_of_causes_is_that_of_the_code() {
    let mut table = format!(
        "# Causes\n\nWhy a delivery does not verify: the {} causes that `verify_toolkit::explain` knows. Made by\n\
         `UPDATE=1 cargo test -p verify-toolkit --test explain`, and checked by the same test without `UPDATE`;\n\
         each has a case there that makes the fault.\n",
        Cause::ALL.len()
    );
    let mut family = None;
    for cause in Cause::ALL {
        if family != Some(cause.family()) {
            family = Some(cause.family());
            let mut title = cause.family().to_string();
            title[..1].make_ascii_uppercase();
            write!(table, "\n## {title}\n\n| name | what is wrong, and what to do |\n|---|---|\n")
                .unwrap();
        }
        writeln!(table, "| `{}` | {} |", cause.name(), cause.text()).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/CAUSES.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), table, "run it again with UPDATE=1");
}

#[test]
fn a_delivery_that_verifies_needs_no_explanation() {
    for request in [databricks(BODY), mlflow(BODY), wandb(BODY)] {
        let explanation =
            Explainer::new(&request, NOW).secret("a", "another").secret("b", SECRET).explain();
        assert_eq!(explanation.verdict().unwrap().secret_label(), Some("b"));
        assert_eq!(explanation.conclusion(), Conclusion::Verified);
        assert!(explanation.findings().is_empty());
        assert!(explanation.to_string().starts_with("verified: "));
        assert_eq!(explanation.work(), 0);
    }
    // Without a clock, what was signed counts as fresh.
    assert!(Explainer::new(&mlflow(BODY), None).secret("a", SECRET).explain().verdict().is_ok());
}

#[test]
fn a_capture_brings_what_it_knows() {
    let mut capture = Capture::new("mlflow", NOW, mlflow(BODY));
    assert!(Explainer::of(&capture).secret("a", SECRET).explain().verdict().is_ok());
    capture.secret = Some(format!("{SECRET}\n"));
    let explanation = Explainer::of(&capture).explain();
    assert_eq!(explanation.causes().collect::<Vec<_>>(), [Cause::SecretTrailingNewline]);
    let now = verify_toolkit::UnixTime::from_secs(0);
    let explanation = Explainer::of(&capture).now(now).explain();
    assert!(explanation.causes().any(|cause| cause == Cause::ClockBehind));
}

#[test]
fn what_no_verifier_can_be_built_from_is_said() {
    let request = databricks(BODY);
    let refusal = |explainer: Explainer<'_>| explainer.explain().verdict().unwrap_err().clone();
    assert_eq!(
        refusal(Explainer::new(&request, NOW)).to_string(),
        "`secret` is missing, and `without_signature` was not called"
    );
    assert_eq!(
        refusal(Explainer::new(&request, NOW).secret("a", "")).to_string(),
        "`secret` is empty"
    );
    let bare = case::minus(request.clone(), "x-databricks-signature");
    assert_eq!(refusal(Explainer::new(&bare, NOW).secret("a", SECRET)), Refusal::SenderUnknown);
    // More secrets than a verifier takes at once.
    let mut explainer = Explainer::new(&request, NOW);
    for number in 0..9 {
        explainer = explainer.secret(number.to_string(), "another");
    }
    assert!(explainer.secret("right", SECRET).explain().verdict().is_ok());
    // A token alone.
    let carried = case::plus(request.clone(), "Authorization", "Token t");
    let alone = Explainer::new(&carried, NOW).authorization("Token t").explain();
    assert!(!alone.verdict().unwrap().is_body_signed());
}

#[test]
fn the_limit_of_work_is_kept_and_said() {
    let request = mlflow(vec![b' '; 100_000]);
    let explainer = Explainer::new(&request, NOW).secret("a", "another");
    let all = explainer.clone().explain();
    assert!(all.work() > 10_000_000 && !all.is_cut_short(), "{}", all.work());
    let some = explainer.work_limit(1_000_000).explain();
    assert!(some.work() <= 1_000_000 && some.is_cut_short());
    let said = format!(
        "Not everything was tried: the limit of work was reached after {} bytes.",
        some.work()
    );
    assert!(some.to_string().ends_with(&said), "{some}");
}

/// More values than are looked at, which is not the limit of work.
#[test]
fn what_was_left_out_for_its_number_is_said_otherwise() {
    let mut request = databricks(BODY);
    let query: Vec<_> = (0..1000).map(|n| format!("a{n}={n:064}")).collect();
    request.path = format!("/?{}", query.join("&"));
    let explanation = Explainer::new(&request, NOW).secret("a", "another").explain();
    assert!(explanation.is_cut_short());
    let said = "Not everything was tried: the delivery has more in it than is looked at, such as header or \
                query values, fields, or levels of JSON.";
    assert!(explanation.to_string().ends_with(said), "{explanation}");
}

#[test]
fn scripts_get_json() {
    let request = databricks(BODY);
    let explanation = Explainer::new(&request, NOW).secret("file", "Kx9-shared-Tz4\n").explain();
    let json: serde_json::Value = serde_json::from_str(&explanation.to_json()).unwrap();
    assert_eq!(json["sender"], "databricks");
    assert_eq!(json["verdict"], "signature_mismatch");
    assert_eq!(json["conclusion"], "explained");
    assert_eq!(json["cut_short"], false);
    let finding = &json["findings"][0];
    assert_eq!(finding["certainty"], "proved");
    assert_eq!(finding["detail"], "secret `file`");
    assert_eq!(finding["causes"][0]["name"], "secret-trailing-newline");
    assert_eq!(finding["causes"][0]["family"], "secret");
}

#[test]
fn people_get_sentences() {
    let request = databricks(BODY);
    let explain = |secret| {
        Explainer::new(&request, NOW).sender(Sender::DATABRICKS).secret("file", secret).explain()
    };
    assert_eq!(
        explain("Kx9-shared-Tz4\n").to_string(),
        "refused: signature does not match any configured secret: `x-databricks-signature`\n\
         proved: secret-trailing-newline (secret `file`)\n  \
         The secret ends in a newline: write the file with `printf %s`, not with `echo`, or use \
         `Secret::from_file`, which drops one."
    );
    assert_eq!(
        explain("another").to_string(),
        "refused: signature does not match any configured secret: `x-databricks-signature`\n\
         No known correction makes the signature fit. Either it was made with another secret, or the body was \
         changed on the way in a manner that cannot be undone. If another delivery verifies under the same \
         secret, it is the body; if none does, compare the two secrets where they were entered, or set a \
         new one on both sides."
    );
}

#[test]
fn a_clock_is_so_much_off() {
    let explained = |now: u64| {
        let now = verify_toolkit::UnixTime::from_secs(now);
        Explainer::new(&mlflow(BODY), now).secret("a", SECRET).explain().to_string()
    };
    let now = NOW.as_secs();
    for (now, expected) in [
        (now + 301, "\nproved: delivery-old (301 s behind your clock)\n"),
        (now - 301, "\nproved: clock-behind (301 s ahead of your clock)\n"),
        (now + 5400, "\nobserved: time-zone (1:30 h behind your clock)\n"),
    ] {
        let text = explained(now);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
#[should_panic(expected = "secret-trailing-newline")]
fn the_assertion_panics_with_the_explanation() {
    let request = databricks(BODY);
    verify_toolkit::assert_verified!(Explainer::new(&request, NOW).secret("a", "Kx9-shared-Tz4\n"));
}
