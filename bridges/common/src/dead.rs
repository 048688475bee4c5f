use core::time::Duration;
use std::{path::Path, time::UNIX_EPOCH};

use verify_outbox::{Delivery, Stuck, Unposted};

use crate::{Dead, Event, Which, is_hidden, print_lines};

impl Dead {
    /// Does it in the store at `store`, and prints what was done. `configured` are the destinations that
    /// are posted to.
    ///
    /// # Errors
    ///
    /// A line for people: the store cannot be opened, read or changed, or there is nothing with a number
    /// that was given.
    pub fn run(
        &self,
        store: &Path,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<(), String> {
        let unposted = Unposted::open(store, configured);
        let mut unposted = unposted.map_err(|error| error.to_string())?;
        let list = unposted.list().map_err(|error| error.to_string())?;
        let (done, ids) = match self {
            Self::List { .. } => {
                for stuck in list {
                    let delivery =
                        unposted.delivery(stuck.id).map_err(|error| error.to_string())?;
                    print_lines([line(&stuck, delivery.as_ref())])?;
                }
                return Ok(());
            }
            Self::Retry { which, .. } => {
                let can_be = |stuck: &Stuck| stuck.is_dead && stuck.is_configured;
                let ids = which.choose(&list, can_be)?;
                (unposted.retry(&ids).map(|count| (count, "will be tried again")), ids)
            }
            Self::Drop { which, .. } => {
                let ids = which.choose(&list, |_| true)?;
                (unposted.discard(&ids).map(|count| (count, "dropped")), ids)
            }
        };
        let (count, done) = done.map_err(|error| error.to_string())?;
        print_lines([format!("{count} of {} {done}", ids.len())])
    }
}

impl Which {
    /// The numbers that were meant, if there are all of them.
    fn choose(&self, list: &[Stuck], can_be: impl Fn(&Stuck) -> bool) -> Result<Vec<i64>, String> {
        let there: Vec<_> =
            list.iter().filter(|stuck| can_be(stuck)).map(|stuck| stuck.id).collect();
        if self.all {
            return Ok(there);
        }
        match self.numbers.iter().find(|number| !there.contains(number)) {
            Some(number) => {
                Err(format!("{number} is not one that this can be done with: see `dead list`"))
            }
            None => Ok(self.numbers.clone()),
        }
    }
}

/// Describes a posting on one line. `None`: its delivery has just been posted.
fn line(stuck: &Stuck, delivery: Option<&Delivery>) -> String {
    let Stuck { id, destination, sender, bytes, failures, .. } = stuck;
    let event = delivery.map(|delivery| Event::read(sender, &delivery.body));
    let about = event.as_ref().map(|event| {
        let name = event.name().unwrap_or_default();
        format!("{} {}", printable(name), printable(event.model().unwrap_or_default()))
    });
    let about = about.unwrap_or_default();
    let received = UNIX_EPOCH.checked_add(Duration::from_secs(stuck.received_at.as_secs()));
    let received = received.map(httpdate::fmt_http_date).unwrap_or_default();
    let why = match (stuck.is_dead, &stuck.reason) {
        (false, _) => "the destination is not configured any more",
        (true, Some(reason)) => reason,
        (true, None) => "dead",
    };
    format!(
        "{id}  {destination}  {sender} {}, {bytes} bytes, {received}  failures: {failures}  {why}",
        about.trim()
    )
}

/// What somebody typed, for a terminal.
fn printable(text: &str) -> String {
    const MOST: usize = 80;
    text.chars().take(MOST).map(|char| if is_hidden(char) { '?' } else { char }).collect()
}
