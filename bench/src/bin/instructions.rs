//! What a request costs a server in instructions, under callgrind, and whether that is more than it was.

use std::{collections::BTreeMap, env, error::Error, fs, process::Command};

use verify_bench::{
    callgrind::{self, Counts, KINDS},
    delivery::{self, Flaw},
    report::{self, Table},
};

/// A server, the path and the deliveries that it gets, what it answers, and what that is compared with.
type Case = (&'static str, &'static str, &'static str, Flaw, u16, &'static str);

const ACCEPTED: &str = "equal duties";
const REFUSED: &str = "equal duties, no signature";
const CASES: [Case; 10] = [
    ("bare", "bare", "/hook", Flaw::None, 204, ACCEPTED),
    ("by-hand", "by-hand", "/hook", Flaw::None, 204, ACCEPTED),
    (ACCEPTED, "equal-duties", "/hook", Flaw::None, 204, ACCEPTED),
    ("verify", "verify", "/hook", Flaw::None, 204, ACCEPTED),
    ("once", "once", "/hook", Flaw::None, 204, ACCEPTED),
    ("webhook-verify", "webhook-verify", "/hook", Flaw::None, 204, ACCEPTED),
    ("404", "bare", "/nowhere", Flaw::None, 404, REFUSED),
    (REFUSED, "equal-duties", "/hook", Flaw::Unsigned, 401, REFUSED),
    ("verify, no signature", "verify", "/hook", Flaw::Unsigned, 401, REFUSED),
    ("verify, wrong tag", "verify", "/hook", Flaw::WrongTag, 401, ACCEPTED),
];

fn measure(
    framework: &str,
    (_, way, path, flaw, status, _): Case,
) -> Result<Counts, Box<dyn Error>> {
    let program = env::current_exe()?.with_file_name(format!("receiver_{framework}"));
    let requests = delivery::requests(path, 330, callgrind::ALL, flaw);
    callgrind::count(&[&program.to_string_lossy(), way], &requests, status)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut raw = Table::new(&["framework", "case", "kind", "instructions"]);
    let mut text = String::new();
    let mut counted = Vec::new();
    for framework in ["axum", "actix"] {
        let title = format!("{framework}, 330 B");
        let mut columns =
            vec![title.as_str(), "instructions", "without SHA-256", "of equal duties"];
        columns.extend(&KINDS[1..]);
        let mut shown = Table::new(&columns);
        let mut all = Vec::new();
        for case in CASES {
            let counts = measure(framework, case)?;
            for kind in KINDS {
                raw.row([framework, case.0, kind, &format!("{:.1}", counts[kind])]);
            }
            let others: f64 = KINDS[1..].iter().map(|kind| counts[kind]).sum();
            counted.push((format!("{framework}: {}", case.0), others));
            all.push((case, counts, others));
        }
        for ((name, .., reference), counts, others) in &all {
            let reference = all.iter().find(|((name, ..), ..)| name == reference);
            let ratio = reference.map_or(f64::NAN, |(.., reference)| others / reference);
            let mut cells = vec![(*name).to_owned()];
            cells.extend([counts[KINDS[0]] + others, *others].map(|count| format!("{count:.0}")));
            cells.push(format!("{ratio:.3}"));
            cells.extend(KINDS[1..].iter().map(|kind| format!("{:.0}", counts[kind])));
            shown.row(cells);
        }
        text += &format!("{}\n", shown.to_markdown());
    }
    report::publish("instructions", &raw, text.trim_end_matches('\n'))?;
    if report::is_brief() { compare(&counted) } else { Ok(()) }
}

/// Compares the counts of `bench/run --brief` with those in `results/counts.csv`. Growth of more than 2 % is an error.
/// With `UPDATE` set it writes the file anew.
fn compare(counts: &[(String, f64)]) -> Result<(), Box<dyn Error>> {
    const FILE: &str = "counts.csv";
    const RENEW: &str = "UPDATE=1 bench/run --brief --instructions";

    let here = machine()?;
    if env::var_os("UPDATE").is_some() {
        let mut table = Table::new(&["what", "instructions"]);
        table.row(["machine", &here]);
        counts.iter().for_each(|(what, count)| table.row([what, &format!("{count:.0}")]));
        return Ok(report::write(FILE, &table.to_csv())?);
    }
    let read = report::read(FILE)
        .map_err(|error| format!("results/{FILE}: {error}. Count again: {RENEW}"))?;
    let known: BTreeMap<String, String> = (read.into_iter())
        .filter_map(|row| <[String; 2]>::try_from(row).ok())
        .map(|[what, count]| (what, count))
        .collect();
    let there = known.get("machine").map_or("nothing", String::as_str);
    if there != here {
        let told = format!(
            "results/{FILE} was counted with {there}. Here is {here}, so nothing was compared. Count again: {RENEW}"
        );
        if env::var_os("CI").is_some() {
            return Err(told.into());
        }
        println!("SKIPPED: {told}");
        return Ok(());
    }
    let (mut more, mut fewer) = (Vec::new(), 0);
    for (what, count) in counts {
        // A case that is not in the file has to be added to it.
        let before: f64 = known.get(what).map_or(Ok(0.0), |text| text.parse())?;
        if *count > before * 1.02 {
            more.push(format!("{what}: {before:.0} before, {count:.0} now"));
        }
        fewer += usize::from(*count < before * 0.98);
    }
    if !more.is_empty() {
        eprintln!("a request takes over 2 % more instructions than results/{FILE} says:");
        more.iter().for_each(|line| eprintln!("  {line}"));
        return Err(format!("a server got slower. If that is wanted, count again: {RENEW}").into());
    }
    println!("No request takes over 2 % more instructions than results/{FILE} says.");
    if fewer > 0 {
        println!("{fewer} kinds of requests take over 2 % fewer. Write that down: {RENEW}");
    }
    Ok(())
}

/// What the counts depend on besides the code. valgrind shows a program the same processor on every machine with the
/// same vectors, and no wider ones than AVX2.
fn machine() -> Result<String, Box<dyn Error>> {
    let mut parts = Vec::new();
    for (program, argument) in
        [("rustc", "-V"), ("valgrind", "--version"), ("getconf", "GNU_LIBC_VERSION")]
    {
        let told = Command::new(program).arg(argument).output()?.stdout;
        parts.push(String::from_utf8(told)?.trim().to_owned());
    }
    let flags = fs::read_to_string("/proc/cpuinfo")?;
    parts.push(if flags.contains(" avx2 ") { "AVX2" } else { "no AVX2" }.to_owned());
    Ok(parts.join(", "))
}
