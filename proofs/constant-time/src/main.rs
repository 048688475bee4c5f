#![doc = include_str!("../README.md")]

mod cases;
mod leaks;
mod memcheck;
mod wire;

use std::{env, hint::black_box, process::ExitCode};

use verify_core::Sender;
use wire::Wire;

fn main() -> ExitCode {
    if !memcheck::is_running() {
        eprintln!("not under valgrind, so nothing would be found: use .ci/constant-time");
        return ExitCode::from(2);
    }
    let passed = match env::args().nth(1).as_deref() {
        Some("clean") => clean(),
        Some("leaks") => leaks(),
        _ => {
            eprintln!("usage: verify-core-constant-time clean|leaks");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Asks verify-core. There must be no finding.
fn clean() -> bool {
    let mut findings = 0;
    let mut cell = |count| {
        findings += count;
        if count == 0 { "clean".into() } else { format!("{count} FOUND") }
    };

    let wires = Wire::all();
    let table = Table::new("signatures", wires.iter().map(Wire::name));
    for (name, case) in cases::SIGNATURES {
        table.row(name, wires.iter().map(|wire| cell(case(wire).run())));
    }
    let table = Table::new("credentials, no signature", Sender::ALL.iter().map(Sender::name));
    for (name, case) in cases::CREDENTIALS {
        table.row(name, Sender::ALL.iter().map(|sender| cell(case(sender).run())));
    }
    println!("{findings} findings");
    findings == 0
}

/// Asks what is known to leak. There must be findings each time: for what is right, wrong in the
/// first byte, and wrong in the last.
fn leaks() -> bool {
    let mut missed = 0;
    let mut cell = |counts: [usize; 3]| {
        missed += counts.iter().filter(|count| **count == 0).count();
        counts.map(|count| count.to_string()).join(" ")
    };

    let wires = Wire::all();
    let table = Table::new("leaky signatures", wires.iter().map(Wire::name));
    for (name, leak) in leaks::SIGNATURES {
        let count = |wire: &Wire| {
            let right = wire.deliver("the new secret");
            let [first, last] = [wire.flip(&right, 0), wire.flip(&right, 31)];
            [right, first, last].map(|delivery| {
                let secrets = ["the old secret", "the new secret"];
                let signature = leaks::Signature::new(wire, secrets, &delivery);
                memcheck::count(|| black_box(leak(&signature))).findings
            })
        };
        table.row(name, wires.iter().map(|wire| cell(count(wire))));
    }
    let table = Table::new("leaky credentials", ["right, first, last"]);
    for (name, leak) in leaks::TOKENS {
        let counts = ["dapi0123456789", "xapi0123456789", "dapi012345678x"].map(|presented| {
            let token = leaks::Token::new("dapi0123456789", presented);
            memcheck::count(|| black_box(leak(&token))).findings
        });
        table.row(name, [cell(counts)]);
    }
    println!("{missed} leaks missed");
    missed == 0
}

/// Prints a table, row by row.
struct Table {
    widths: Vec<usize>,
}

impl Table {
    fn new(title: &str, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        let table = Self { widths: columns.iter().map(String::len).collect() };
        println!();
        table.row(title, columns);
        table
    }

    fn row(&self, name: &str, cells: impl IntoIterator<Item = String>) {
        print!("{name:42}");
        for (cell, width) in cells.into_iter().zip(&self.widths) {
            print!("  {cell:>width$}");
        }
        println!();
    }
}
