//! Whole servers over loopback: those of axum and actix-web in several ways to verify, and those of
//! other languages where they are installed. Server on the first processor, load on the second.

use std::{env, error::Error, fs, path::PathBuf};

use verify_bench::{
    contest::{Contender, Results, note, race, raw},
    delivery::{self, Flaw, SECRET},
    interleaved::Spread,
    plot,
    process::Server,
    report::{self, Table},
};

const WAYS: [&str; 5] = ["bare", "by-hand", "equal-duties", "verify", "webhook-verify"];
/// Those of which it is shown how they grow.
const GUARDS: [&str; 4] = ["by-hand", "equal-duties", "verify", "once"];
const FRAMEWORKS: [&str; 2] = ["axum", "actix"];
/// Sizes of bodies, and turns: the larger the body, the less the turns differ.
const SIZES: [(usize, u32); 2] = [(330, 15), (64 << 10, 7)];
const BODIES: [usize; 5] = [330, 4 << 10, 64 << 10, 512 << 10, 2 << 20];
/// Connections of the largest bodies: all of them together are less than a process buffers.
const FEW: usize = 8;
const CONNECTIONS: [usize; 4] = [10, 100, 1000, 5000];

/// Slow senders beside the good ones.
const SLOW: usize = 1000;

fn write(spread: Spread) -> String {
    format!("{:.2} ({:.2} to {:.2})", spread.median, spread.low, spread.high)
}

fn start(framework: &str, way: &str) -> Result<Server, Box<dyn Error>> {
    let path = env::current_exe()?.with_file_name(format!("receiver_{framework}"));
    Ok(Server::start(&[path.to_str().unwrap_or_default(), way], &[])?)
}

fn home() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// The servers of other languages, as far as they are installed.
fn others(size: usize) -> Vec<Contender> {
    let path = |name: &str| home().join(name).to_string_lossy().into_owned();
    let python = path(".venv/bin/python");
    let servers = [
        ("uvicorn", python.clone(), [python, path("servers/uvicorn_app.py")]),
        ("express", path("servers/node_modules"), ["node".into(), path("servers/express_app.js")]),
    ];
    let mut all = Vec::new();
    for (name, needed, command) in servers {
        let started = match fs::exists(&needed) {
            Ok(true) => {
                Server::start(&command.each_ref().map(String::as_str), &[("BENCH_SECRET", SECRET)])
            }
            _ => Err(std::io::Error::other("it is not installed: bench/run --others")),
        };
        match started {
            Ok(server) => all.push(Contender::new(name, server, size)),
            Err(error) => eprintln!("LEFT OUT: {name}: {error}"),
        }
    }
    all
}

/// The ways to verify, beside each other.
fn ways() -> Result<(), Box<dyn Error>> {
    let mut raw = raw();
    let mut text = String::from(
        "Medians of the turns, and in brackets quartiles of the ratios, turn by turn. \
         (a) is `bare`, (b) `by-hand`, (c) `equal-duties`.\n",
    );
    for (size, turns) in SIZES {
        for framework in FRAMEWORKS {
            let contenders = WAYS.map(|way| Ok(Contender::new(way, start(framework, way)?, size)));
            let contenders = contenders.into_iter().collect::<Result<Vec<_>, Box<dyn Error>>>()?;
            let all = race(contenders, turns)?;
            note(&mut raw, &format!("{framework} {size}"), &all);
            text += &format!(
                "\n{}",
                show(&format!("{framework}, {size} B"), &all, [&all[0], &all[1], &all[2]])
            );
        }
        let mut contenders = vec![Contender::new("axum, verify", start("axum", "verify")?, size)];
        contenders.extend(others(size));
        let all = race(contenders, 5)?;
        note(&mut raw, &format!("others {size}"), &all);
        let mut shown = Table::new(&[
            &format!("other languages, {size} B"),
            "requests/s",
            "of axum, verify",
            "p99, us",
            "CPU, us/request",
            "peak, MiB",
        ]);
        for results in &all {
            shown.row([
                results.name.clone(),
                format!("{:.0}", results.median(|turn| turn.per_second)),
                write(results.ratio(&all[0], |turn| turn.per_second)),
                format!("{:.0}", results.median(|turn| turn.p99)),
                format!("{:.1}", results.median(|turn| turn.processor)),
                format!("{:.1}", results.memory as f64 / 1024.0),
            ]);
        }
        text += &format!("\n{}", shown.to_markdown());
    }
    Ok(report::publish("servers", &raw, &text)?)
}

fn show(title: &str, all: &[Results], [a, b, c]: [&Results; 3]) -> String {
    let mut shown = Table::new(&[
        title,
        "requests/s",
        "of (a)",
        "of (b)",
        "of (c)",
        "p50, us",
        "p99, us",
        "p99 of (b)",
        "CPU, us/request",
        "CPU of (b)",
        "peak, MiB",
    ]);
    for results in all {
        shown.row([
            results.name.clone(),
            format!("{:.0}", results.median(|turn| turn.per_second)),
            write(results.ratio(a, |turn| turn.per_second)),
            write(results.ratio(b, |turn| turn.per_second)),
            write(results.ratio(c, |turn| turn.per_second)),
            format!("{:.0}", results.median(|turn| turn.p50)),
            format!("{:.0}", results.median(|turn| turn.p99)),
            write(results.ratio(b, |turn| turn.p99)),
            format!("{:.1}", results.median(|turn| turn.processor)),
            write(results.ratio(b, |turn| turn.processor)),
            format!("{:.1}", results.memory as f64 / 1024.0),
        ]);
    }
    shown.to_markdown()
}

/// Forged requests beside a plain 404.
fn forged() -> Result<(), Box<dyn Error>> {
    let mut raw = raw();
    let mut text = String::new();
    for framework in FRAMEWORKS {
        let mut contenders = Vec::new();
        let cases = [
            ("404", "bare", "/nowhere", Flaw::None, 404),
            ("404, connection closed", "bare", "/nowhere", Flaw::None, 404),
            ("no signature", "verify", "/hook", Flaw::Unsigned, 401),
            ("wrong tag", "verify", "/hook", Flaw::WrongTag, 401),
        ];
        for (name, way, path, flaw, status) in cases {
            let mut contender = Contender::new(name, start(framework, way)?, 330);
            contender.requests = delivery::requests(path, 330, contender.requests.len(), flaw);
            if name.ends_with("closed") {
                contender.requests.iter_mut().for_each(close);
            }
            contender.status = status;
            contenders.push(contender);
        }
        let all = race(contenders, 9)?;
        note(&mut raw, framework, &all);
        let mut shown = Table::new(&[
            &format!("{framework}, 330 B"),
            "answers/s",
            "of 404",
            "of 404, connection closed",
            "p99, us",
            "CPU, us/request",
        ]);
        for results in &all {
            shown.row([
                results.name.clone(),
                format!("{:.0}", results.median(|turn| turn.per_second)),
                write(results.ratio(&all[0], |turn| turn.per_second)),
                write(results.ratio(&all[1], |turn| turn.per_second)),
                format!("{:.0}", results.median(|turn| turn.p99)),
                format!("{:.1}", results.median(|turn| turn.processor)),
            ]);
        }
        text += &format!("{}\n", shown.to_markdown());
    }
    Ok(report::publish("forged", &raw, text.trim_end_matches('\n'))?)
}

/// Asks for the connection to be closed.
fn close(request: &mut Vec<u8>) {
    if let Some(end) = request.windows(2).position(|two| two == b"\r\n") {
        request.splice(end..end, *b"\r\nconnection: close");
    }
}

/// By number of connections, and beside slow senders.
fn scale() -> Result<(), Box<dyn Error>> {
    if report::is_brief() {
        return Ok(());
    }
    let mut raw = raw();
    let mut text = String::new();
    let [mut speeds, mut memories]: [Vec<plot::Curve>; 2] = [Vec::new(), Vec::new()];
    let mut shown = Table::new(&["330 B", "connections", "requests/s", "p99, us", "peak, MiB"]);
    let contender = |framework: &str, way: &str| -> Result<Contender, Box<dyn Error>> {
        Ok(Contender::new(&format!("{framework}, {way}"), start(framework, way)?, 330))
    };
    for framework in FRAMEWORKS {
        for way in GUARDS {
            let name = format!("{framework}, {way}");
            speeds.push((name.clone(), Vec::new()));
            memories.push((name, Vec::new()));
        }
    }
    for connections in CONNECTIONS {
        let mut contenders = Vec::new();
        for framework in FRAMEWORKS {
            for way in GUARDS {
                contenders.push(Contender { connections, ..contender(framework, way)? });
            }
        }
        let all = race(contenders, 5)?;
        note(&mut raw, &format!("{connections} connections"), &all);
        for ((results, (_, speed)), (_, memory)) in all.iter().zip(&mut speeds).zip(&mut memories) {
            let (per_second, mib) =
                (results.median(|turn| turn.per_second), results.memory as f64 / 1024.0);
            speed.push((connections as f64, per_second));
            memory.push((connections as f64, mib));
            shown.row([
                results.name.clone(),
                connections.to_string(),
                format!("{per_second:.0}"),
                format!("{:.0}", results.median(|turn| turn.p99)),
                format!("{mib:.1}"),
            ]);
        }
    }
    text += &shown.to_markdown();

    let mut shown = Table::new(&[
        "64 good connections",
        "slow senders",
        "requests/s",
        "of those without",
        "p99, us",
        "peak, MiB",
    ]);
    for framework in FRAMEWORKS {
        let mut contenders = Vec::new();
        for slow in [0, SLOW] {
            contenders.push(Contender { slow, ..contender(framework, "verify")? });
        }
        let all = race(contenders, 7)?;
        note(&mut raw, "0 and 1000 slow", &all);
        for (results, slow) in all.iter().zip([0, SLOW]) {
            shown.row([
                results.name.clone(),
                slow.to_string(),
                format!("{:.0}", results.median(|turn| turn.per_second)),
                write(results.ratio(&all[0], |turn| turn.per_second)),
                format!("{:.0}", results.median(|turn| turn.p99)),
                format!("{:.1}", results.memory as f64 / 1024.0),
            ]);
        }
    }
    text += &format!("\n{}", shown.to_markdown());
    report::publish("scale", &raw, &text)?;
    let speed = plot::curves("Throughput", ["connections", "requests/s"], &speeds)?;
    report::write("scale-throughput.svg", &speed)?;
    let memory = plot::curves("Peak memory", ["connections", "MiB"], &memories)?;
    Ok(report::write("scale-memory.svg", &memory)?)
}

/// By size of the body: curves only.
fn bodies() -> Result<(), Box<dyn Error>> {
    if report::is_brief() {
        return Ok(());
    }
    let mut raw = raw();
    let mut curves: Vec<plot::Curve> = Vec::new();
    for size in BODIES {
        let mut contenders = Vec::new();
        for framework in FRAMEWORKS {
            for way in GUARDS {
                let name = format!("{framework}, {way}");
                let contender = Contender::new(&name, start(framework, way)?, size);
                contenders.push(Contender { connections: FEW, ..contender });
            }
        }
        let all = race(contenders, 3)?;
        note(&mut raw, &format!("{size} B"), &all);
        curves.resize(all.len(), Default::default());
        for (results, (name, points)) in all.iter().zip(&mut curves) {
            name.clone_from(&results.name);
            points.push((size as f64, results.median(|turn| turn.processor)));
        }
    }
    report::write("bodies.csv", &raw.to_csv())?;
    let title = "Processor time of a request on 8 connections, by size of its body";
    Ok(report::write("bodies.svg", &plot::curves(title, ["bytes", "us"], &curves)?)?)
}

type Part = fn() -> Result<(), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let parts: [(&str, Part); 4] =
        [("ways", ways), ("forged", forged), ("scale", scale), ("bodies", bodies)];
    // One part alone, if it is named.
    let named = |name: &str| env::args().any(|argument| argument == name);
    let any = parts.iter().any(|(name, _)| named(name));
    for (name, part) in parts {
        if named(name) || !any {
            part()?;
        }
    }
    Ok(())
}
