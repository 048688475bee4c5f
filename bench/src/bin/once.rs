//! What handling each delivery once costs a whole server: the layers of verification with claims in memory, beside
//! the same without. Server on the first processor, load on the second.

use std::{env, error::Error};

use verify_bench::{
    contest::{Contender, note, race, raw},
    process::Server,
    report::{self, Table},
};

const SIZE: usize = 330;

fn main() -> Result<(), Box<dyn Error>> {
    let mut raw = raw();
    let mut text = String::from(
        "Medians of the turns, and in brackets quartiles of the ratios, turn by turn.\n",
    );
    for framework in ["axum", "actix"] {
        let start = |way| -> Result<Contender, Box<dyn Error>> {
            let path = env::current_exe()?.with_file_name(format!("receiver_{framework}"));
            let server = Server::start(&[path.to_str().unwrap_or_default(), way], &[])?;
            Ok(Contender::new(way, server, SIZE))
        };
        let all = race(vec![start("verify")?, start("once")?], 15)?;
        note(&mut raw, framework, &all);
        let mut shown = Table::new(&[
            &format!("{framework}, {SIZE} B"),
            "requests/s",
            "of `verify`",
            "p99, us",
            "CPU, us/request",
        ]);
        for results in &all {
            let ratio = results.ratio(&all[0], |turn| turn.per_second);
            shown.row([
                results.name.clone(),
                format!("{:.0}", results.median(|turn| turn.per_second)),
                format!("{:.3} ({:.3} to {:.3})", ratio.median, ratio.low, ratio.high),
                format!("{:.0}", results.median(|turn| turn.p99)),
                format!("{:.1}", results.median(|turn| turn.processor)),
            ]);
        }
        text += &format!("\n{}", shown.to_markdown());
    }
    Ok(report::publish("once", &raw, &text)?)
}
