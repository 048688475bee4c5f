use std::collections::BTreeSet;

use bridge_common::{Event, Lines, Mistake};
use toml::Spanned;
use verify_axum::Sender;
use wildmatch::WildMatch;

use super::{
    events,
    file::{self, File},
};

/// Which events of which models go to which channels.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    sender: Option<String>,
    events: Option<Vec<Pattern>>,
    models: Option<Vec<Pattern>>,
    channels: BTreeSet<String>,
}

#[derive(Debug)]
struct Pattern {
    pattern: WildMatch,
    /// Where it stands in the file.
    start: usize,
}

impl Routes {
    pub(super) fn new(file: &File, lines: &Lines) -> Result<Self, Mistake> {
        if file.routes.is_empty() {
            return Err(
                lines.mistake(None, "there is no `[[routes]]`, so nothing would go anywhere")
            );
        }
        let route = |route: &Spanned<file::Route>| {
            let file::Route { sender, events, models, channels } = route.as_ref();
            if let Some(sender) = sender {
                file.senders.check_named(sender, lines)?;
            }
            let name = sender.as_ref().map(Spanned::as_ref);
            for event in events.iter().flat_map(Spanned::as_ref) {
                check_event(name.map(String::as_str), event, lines)?;
            }
            if channels.as_ref().is_empty() {
                return Err(lines.at(channels, "name a channel"));
            }
            for channel in channels.as_ref() {
                if !file.channels.contains_key(channel) {
                    let there: Vec<_> =
                        file.channels.keys().map(|name| name.as_ref().as_str()).collect();
                    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
                    let text =
                        format!("no channel is called `{}`; there is {there}", channel.as_ref());
                    return Err(lines.at(channel, text));
                }
            }
            Ok(Route {
                sender: name.cloned(),
                events: patterns(events.as_ref(), lines)?,
                models: patterns(models.as_ref(), lines)?,
                channels: channels
                    .as_ref()
                    .iter()
                    .map(|channel| channel.as_ref().clone())
                    .collect(),
            })
        };
        Mistake::every(file.routes.iter().map(route)).map(Self)
    }

    /// Returns the channels that an event goes to. One that could not be read passes every list: it
    /// may be what somebody waits for.
    pub(crate) fn channels(&self, sender: &str, event: &Event) -> Vec<String> {
        let passes = |patterns: &Option<Vec<Pattern>>, text: Option<&str>| match (patterns, text) {
            (None, _) => true,
            (Some(patterns), Some(text)) => {
                patterns.iter().any(|pattern| pattern.pattern.matches(text))
            }
            (Some(_), None) => event.is_unreadable(),
        };
        let name = event.name();
        let routes = self.0.iter().filter(|route| {
            route.sender.as_deref().is_none_or(|wanted| wanted == sender)
                && passes(&route.events, name)
                && passes(&route.models, event.model())
        });
        let channels: BTreeSet<_> = routes.flat_map(|route| &route.channels).collect();
        channels.into_iter().cloned().collect()
    }

    /// Whether a route leads to a channel.
    pub(super) fn names(&self, channel: &str) -> bool {
        self.0.iter().any(|route| route.channels.contains(channel))
    }

    /// Whether a route takes events of a sender.
    pub(super) fn takes(&self, sender: &str) -> bool {
        self.0.iter().any(|route| route.sender.as_deref().is_none_or(|wanted| wanted == sender))
    }

    /// Names the events that are no mistake only because their sender's list is open.
    pub(super) fn unknown_events(&self, lines: &Lines) -> Vec<String> {
        let events = self.0.iter().flat_map(|route| route.events.iter().flatten());
        let is_known =
            |event: &&Pattern| Sender::ALL.iter().any(|sender| events::has(sender, &event.pattern));
        let unknown = events.filter(|event| !is_known(event));
        unknown
            .map(|event| {
                let text = format!("`{}` is no event that this version knows", event.pattern);
                lines.mistake(Some(event.start), text).to_string()
            })
            .collect()
    }
}

/// An event that never comes is a route that never works.
fn check_event(
    sender: Option<&str>,
    event: &Spanned<String>,
    lines: &Lines,
) -> Result<(), Mistake> {
    let pattern = WildMatch::new(event.as_ref());
    let wanted =
        || Sender::ALL.iter().filter(|known| sender.is_none_or(|sender| sender == known.name()));
    if wanted().any(|sender| events::has_others(sender) || events::has(sender, &pattern)) {
        return Ok(());
    }
    let events: Vec<_> = wanted().flat_map(Sender::event_names).copied().collect();
    let text = format!("no event is called `{}`; there are {}", event.as_ref(), events.join(", "));
    Err(lines.at(event, text))
}

type Texts = Spanned<Vec<Spanned<String>>>;

fn patterns(texts: Option<&Texts>, lines: &Lines) -> Result<Option<Vec<Pattern>>, Mistake> {
    let Some(texts) = texts else { return Ok(None) };
    if texts.as_ref().is_empty() {
        return Err(
            lines.at(texts, "an empty list lets nothing pass; leave it out to let everything")
        );
    }
    let pattern = |text: &Spanned<String>| Pattern {
        pattern: WildMatch::new(text.as_ref()),
        start: text.span().start,
    };
    Ok(Some(texts.as_ref().iter().map(pattern).collect()))
}
