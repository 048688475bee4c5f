//! The matrix against receivers that are broken on purpose: each has to be caught, and a sound one
//! let pass. Which case catches which is written into `MUTANTS.md`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod flaw;
mod held_server;
mod lax_server;
mod receiver;

use core::{convert::Infallible, fmt::Write as _, time::Duration};
use std::{env, fs, sync::Arc};

use http::Request;
use tokio::task::JoinSet;
use tower::service_fn;
use verify_toolkit::{
    Sender, UnixTime,
    attack::{AttackBody, Outcome, Report, Target, awkward_secret},
};

use crate::{flaw::Flaw, held_server::Lack, lax_server::Laxness, receiver::Receiver};

/// Small, because a hundred receivers take a body of this size several times.
const BODY_LIMIT: usize = 310 * 1024;
const NOW: u64 = 1_795_290_782;
/// Much longer than the server of the tests lets anything be held.
const ENDURANCE: Duration = Duration::from_secs(15);
const TOKEN: &str = "a-token-of-this-test";

/// A receiver of each sender, with a token where that sender can send one.
fn targets() -> Vec<(Receiver, Target)> {
    let target = |sender: &Sender| {
        let (sender, secret) = (*sender, awkward_secret(sender));
        let bearer = sender.sends_bearer().then_some(TOKEN);
        let mut target = Target::new(sender, secret)
            .with_path(receiver::PATH)
            .with_now(UnixTime::from_secs(NOW))
            .with_body_limit(BODY_LIMIT);
        if let Some(token) = bearer {
            target = target.with_bearer(token);
        }
        let (secret, bearer) = (secret.into(), bearer.map(str::to_owned));
        let receiver = Receiver { sender, secret, bearer, now: NOW, limit: BODY_LIMIT, flaw: None };
        (receiver, target)
    };
    Sender::ALL.iter().map(target).collect()
}

/// For what is no matter of the sender.
fn first_target() -> (Receiver, Target) {
    targets().swap_remove(0)
}

async fn attack(receiver: Receiver, target: &Target) -> Report {
    let receiver = Arc::new(receiver);
    let service = service_fn(move |request: Request<AttackBody>| {
        let receiver = Arc::clone(&receiver);
        async move { Ok::<_, Infallible>(receiver.receive(request).await) }
    });
    target.attack(service).await
}

#[tokio::test(start_paused = true)]
async fn a_sound_receiver_passes() {
    for (receiver, target) in targets() {
        let report = attack(receiver, &target).await;
        assert!(report.is_hardened(), "{report}");
    }
}

#[tokio::test]
async fn a_sound_server_ends_what_is_held() {
    let (receiver, target) = first_target();
    let url = held_server::serve(receiver, None).await;
    let report = target.attack_connections(&url, ENDURANCE).await.unwrap();
    assert!(report.is_hardened() && report.tried() == report.cases.len(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn every_mutant_is_caught_and_the_table_says_by_which_cases() {
    let mut caught: Vec<(&str, Vec<&str>)> = Vec::new();
    for flaw in Flaw::ALL {
        let mut by = Vec::new();
        for (receiver, target) in targets() {
            let report = attack(Receiver { flaw: Some(*flaw), ..receiver }, &target).await;
            by.extend(report.failures().map(|report| report.case.name));
        }
        caught.push((flaw.describe(), by));
    }
    let mut of_the_wire = Vec::new();
    for (receiver, target) in targets() {
        let cases = attack(receiver, &target).await.cases.into_iter();
        let skipped = cases.filter(|report| report.outcome == Outcome::Skipped);
        of_the_wire.push(skipped.map(|report| report.case.name).collect::<Vec<_>>());
    }
    // In real time from here: the cases that only a wire can carry.
    tokio::time::resume();
    let attacks = Laxness::ALL.iter().flat_map(|(laxness, description)| {
        targets().into_iter().zip(of_the_wire.clone()).map(|((receiver, target), only)| async {
            let url = lax_server::serve(receiver, *laxness).await;
            (*description, target.only(only).attack_url(&url).await.unwrap())
        })
    });
    for (description, report) in attacks.collect::<JoinSet<_>>().join_all().await {
        let failures = report.failures().map(|report| report.case.name);
        match caught.iter_mut().find(|(other, _)| *other == description) {
            Some((_, by)) => by.extend(failures),
            None => caught.push((description, failures.collect())),
        }
    }
    let (receiver, target) = first_target();
    let attacks = Lack::ALL.map(|(lack, description)| {
        let (receiver, target) = (receiver.clone(), target.clone());
        async move {
            let url = held_server::serve(receiver, Some(lack)).await;
            (description, target.attack_connections(&url, ENDURANCE).await.unwrap())
        }
    });
    let mut held = Vec::new();
    for (description, report) in attacks.into_iter().collect::<JoinSet<_>>().join_all().await {
        caught.push((description, report.failures().map(|report| report.case.name).collect()));
        held = report.cases.iter().map(|report| report.case.name).collect();
    }
    // They end in any order.
    let place = |described: &str| Lack::ALL.iter().position(|(_, other)| *other == described);
    caught.sort_by_key(|(description, _)| place(description));
    for (_, by) in &mut caught {
        by.sort_unstable();
        by.dedup();
    }
    let missed: Vec<_> = caught.iter().filter(|(_, by)| by.is_empty()).map(|(f, _)| f).collect();
    assert!(missed.is_empty(), "no case catches: {missed:#?}");
    let mut idle: Vec<_> =
        targets().iter().flat_map(|(_, target)| target.cases()).map(|case| case.name).collect();
    idle.extend(held);
    idle.retain(|name| caught.iter().all(|(_, by)| !by.contains(name)));
    assert!(idle.is_empty(), "catches nothing: {idle:#?}");

    let table = table(&caught);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/MUTANTS.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), table, "run it again with UPDATE=1");
}

fn table(caught: &[(&str, Vec<&str>)]) -> String {
    let mut table = String::from(
        "# Mutants\n\nReceivers that are broken on purpose, and the cases of the matrix that catch \
         each. Made by\n`UPDATE=1 cargo test -p verify-toolkit --test mutants`, and checked by the \
         same test without `UPDATE`.\n\n| the receiver | is caught by |\n|---|---|\n",
    );
    for (description, by) in caught {
        let cases: Vec<_> = by.iter().map(|name| format!("`{name}`")).collect();
        let shown = if cases.len() > 6 {
            format!("{} and {} others", cases[..6].join(", "), cases.len() - 6)
        } else {
            cases.join(", ")
        };
        writeln!(table, "| {} | {shown} |", description).unwrap();
    }
    table
}
