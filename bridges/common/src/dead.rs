use core::time::Duration;
use std::time::UNIX_EPOCH;

use serde_json::json;
use verify_outbox::{Delivery, Stuck};

use crate::{Dead, Event, Place, Which, hidden::printable, print_lines};

impl Dead {
    /// Runs the command on the store at `store`, and prints what it did, as JSON if asked. `configured` are the
    /// destinations in use.
    ///
    /// # Errors
    ///
    /// A line for people: the store cannot be opened, read or changed, or there is nothing with a number
    /// that was given.
    pub fn run(
        &self,
        store: &Place,
        configured: impl IntoIterator<Item = String>,
        json: bool,
    ) -> Result<(), String> {
        let mut unposted = store.unposted(configured)?;
        let list = unposted.list().map_err(|error| error.to_string())?;
        let (done, ids) = match self {
            Self::List { .. } => {
                for stuck in list {
                    let delivery =
                        unposted.delivery(stuck.id).map_err(|error| error.to_string())?;
                    let about = About::new(&stuck, delivery.as_ref());
                    print_lines([if json { about.json(&stuck) } else { about.line(&stuck) }])?;
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
        let all = ids.len();
        print_lines([match json {
            true => json!({ "changed": count, "of": all, "to": done }).to_string(),
            false => format!("{count} of {all} {done}"),
        }])
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

/// What a posting is about. Nothing, if its delivery has just been posted.
struct About {
    event: String,
    model: String,
}

impl About {
    fn new(stuck: &Stuck, delivery: Option<&Delivery>) -> Self {
        let event = delivery.map(|delivery| Event::read(&stuck.sender, &delivery.body));
        let text = |of: fn(&Event) -> Option<&str>| {
            event.as_ref().and_then(of).map(printable).unwrap_or_default()
        };
        Self { event: text(Event::name), model: text(Event::model) }
    }

    fn line(&self, stuck: &Stuck) -> String {
        let Stuck { id, destination, sender, bytes, failures, .. } = stuck;
        let about = format!("{} {}", self.event, self.model);
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

    fn json(&self, stuck: &Stuck) -> String {
        let of_text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        json!({
            "id": stuck.id,
            "destination": stuck.destination,
            "is_configured": stuck.is_configured,
            "is_dead": stuck.is_dead,
            "sender": stuck.sender,
            "event": of_text(&self.event),
            "model": of_text(&self.model),
            "bytes": stuck.bytes,
            "received_at": stuck.received_at.as_secs(),
            "failures": stuck.failures,
            "reason": stuck.reason,
        })
        .to_string()
    }
}
