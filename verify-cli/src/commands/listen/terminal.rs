//! Shows what happens in the terminal, a line each.

use core::{fmt, ops::ControlFlow};

use anstyle::Style;
use serde_json::json;
use verify_listen::{Facts, News, Outcome, Summary, Verdict};

use crate::{
    Error, Output,
    output::{BAD, DIM, GOOD, Styled},
    text::Shown,
};

/// Prints what happens.
pub(super) fn show(
    is_forwarding: bool,
    is_json: bool,
) -> impl FnMut(News) -> Result<ControlFlow<()>, Error> + Send + 'static {
    let mut output = None;
    move |news| {
        // Made on the thread that prints.
        let output = output.get_or_insert_with(|| Output::new(is_json));
        print(news, is_forwarding, output)?;
        output.flush()?;
        Ok(if output.is_closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn print(news: News, is_forwarding: bool, output: &mut Output) -> Result<(), Error> {
    match news {
        News::Delivery(delivery) => show_delivery(&delivery, is_forwarding, output)?,
        News::Trouble(error) => anstream::eprintln!("verify: {}", Shown(error.as_bytes())),
        News::Missed(missed) => {
            anstream::eprintln!("verify: {missed} lines were too many for this terminal");
        }
        _ => {}
    }
    Ok(())
}

fn show_delivery(
    delivery: &Summary,
    is_forwarding: bool,
    output: &mut Output,
) -> Result<(), Error> {
    let facts = &delivery.facts;
    // One that is handed on is shown once it is known what became of it.
    if facts.is_verified() && is_forwarding && facts.handled.is_empty() {
        return Ok(());
    }
    if output.is_json() { output.json(&json!(delivery)) } else { output.line(Line(facts)) }
}

/// A delivery on one line.
struct Line<'f>(&'f Facts);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(facts) = self;
        let (style, verdict): (Style, _) = match facts.verdict {
            Verdict::Verified { .. } => (GOOD, "verified"),
            _ => (BAD, "refused "),
        };
        let last = facts.handled.last();
        let time = Time(last.map_or(facts.received_at, |handled| handled.at));
        write!(f, "{}  {}", Styled(DIM, time), Styled(style, verdict))?;
        write!(f, "  {:10}  {}", facts.sender, Shown(facts.subject.as_bytes()))?;
        if let Verdict::Refused { status, .. } = facts.verdict {
            write!(f, "  {}", Styled(DIM, status))?;
        }
        let Some(handled) = last else { return Ok(()) };
        let what = if handled.is_replay { "replayed" } else { "forwarded" };
        match &handled.outcome {
            Outcome::Answered { status, .. } => {
                write!(f, "  {what}: {status} in {} ms", handled.millis)
            }
            Outcome::Failed(why) => {
                write!(
                    f,
                    "  {}",
                    Styled(BAD, format_args!("not {what}: {}", Shown(why.as_bytes())))
                )
            }
            _ => Ok(()),
        }
    }
}

/// The time of day, UTC, of Unix milliseconds.
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000 % 86_400;
        write!(f, "{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
