use std::collections::BTreeSet;

use bridge_common::{Lines, Mistake};
use toml::Spanned;
use verify_actix::Sender;
use wildmatch::WildMatch;

use super::file::{self, File};
use crate::movement::Movement;

/// Which movements of which models start which pipelines.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    sender: Option<String>,
    events: BTreeSet<String>,
    /// Whether the file has them.
    are_events_named: bool,
    /// Where the file has those that Weights & Biases has not.
    own_events: Vec<usize>,
    models: Option<Vec<WildMatch>>,
    targets: Option<Vec<WildMatch>>,
    pipelines: BTreeSet<String>,
}

impl Routes {
    pub(super) fn new(file: &File, lines: &Lines) -> Result<Self, Mistake> {
        if file.routes.is_empty() {
            return Err(
                lines.mistake(None, "there is no `[[routes]]`, so nothing would be started")
            );
        }
        let there = file.pipelines();
        let route = |route: &Spanned<file::Route>| {
            let file::Route { sender, events, models, targets, pipelines } = route.as_ref();
            if let Some(sender) = sender {
                file.senders.check_named(sender, lines)?;
            }
            if pipelines.as_ref().is_empty() {
                return Err(lines.at(pipelines, "name a pipeline"));
            }
            let missing = |name: &&Spanned<String>| !there.contains_key(name.as_ref());
            if let Some(name) = pipelines.as_ref().iter().find(missing) {
                let there: Vec<_> = there.keys().map(String::as_str).collect();
                let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
                let text = format!("no pipeline is called `{}`; there is {there}", name.as_ref());
                return Err(lines.at(name, text));
            }
            let sender = sender.as_ref().map(|sender| sender.as_ref().clone());
            Ok(Route {
                events: named(sender.as_deref(), events.as_ref(), lines)?,
                are_events_named: events.is_some(),
                own_events: own_events(sender.as_deref(), events.as_ref()),
                models: patterns(models.as_ref(), lines)?,
                targets: patterns(targets.as_ref(), lines)?,
                pipelines: pipelines.as_ref().iter().map(|name| name.as_ref().clone()).collect(),
                sender,
            })
        };
        Mistake::every(file.routes.iter().map(route)).map(Self)
    }

    /// Returns the pipelines that a movement starts, each once.
    pub(crate) fn pipelines(&self, sender: &str, movement: &Movement) -> Vec<String> {
        let passes = |patterns: &Option<Vec<WildMatch>>, text: Option<&str>| match (patterns, text)
        {
            (None, _) => true,
            (Some(patterns), Some(text)) => patterns.iter().any(|pattern| pattern.matches(text)),
            (Some(_), None) => false,
        };
        let routes = self.0.iter().filter(|route| {
            route.sender.as_deref().is_none_or(|wanted| wanted == sender)
                && route.events.contains(&*movement.event)
                && (route.are_events_named || !movement.is_instruction)
                && passes(&route.models, Some(&movement.model))
                && passes(&route.targets, movement.target.as_deref())
        });
        let pipelines: BTreeSet<_> = routes.flat_map(|route| &route.pipelines).collect();
        pipelines.into_iter().cloned().collect()
    }

    /// Whether a route leads to a pipeline.
    pub(super) fn names(&self, pipeline: &str) -> bool {
        self.0.iter().any(|route| route.pipelines.contains(pipeline))
    }

    /// Whether a route takes movements of a sender.
    pub(super) fn takes(&self, sender: &str) -> bool {
        self.0.iter().any(|route| {
            let mut events = of(Some(sender)).flatten();
            route.sender.as_deref().is_none_or(|wanted| wanted == sender)
                && (!route.own_events.is_empty()
                    || events.any(|event| route.events.contains(*event)))
        })
    }

    /// Names the events that are no mistake only because users of Weights & Biases may choose them.
    pub(super) fn own_events(&self, lines: &Lines) -> Vec<String> {
        let text = "no event of Weights & Biases: it is taken for an `event_type` of your template";
        let starts = self.0.iter().flat_map(|route| &route.own_events);
        starts.map(|start| lines.mistake(Some(*start), text).to_string()).collect()
    }
}

type Texts = Spanned<Vec<Spanned<String>>>;

/// The events that start something, of one sender or of each.
fn of(sender: Option<&str>) -> impl Iterator<Item = &'static [&'static str]> {
    let senders = Sender::ALL.iter();
    let wanted = senders.filter(move |known| sender.is_none_or(|name| name == known.name()));
    wanted.map(Sender::movement_names)
}

/// Whether it is a word that a template may have in the place of an event.
fn is_own(sender: Option<&str>, event: &str) -> bool {
    sender.and_then(Sender::named).is_some_and(|sender| {
        sender.has_template() && !event.is_empty() && !sender.event_names().contains(&event)
    })
}

fn own_events(sender: Option<&str>, events: Option<&Texts>) -> Vec<usize> {
    let events = events.into_iter().flat_map(Spanned::as_ref);
    let own = events.filter(|event| is_own(sender, event.as_ref()));
    own.map(|event| event.span().start).collect()
}

/// The events of a route. Without any: of each sender the one that comes for every movement.
fn named(
    sender: Option<&str>,
    events: Option<&Texts>,
    lines: &Lines,
) -> Result<BTreeSet<String>, Mistake> {
    let Some(events) = events else {
        let first = of(sender).filter_map(|events| events.first());
        return Ok(first.map(|event| (*event).to_owned()).collect());
    };
    if events.as_ref().is_empty() {
        return Err(lines.at(events, "an empty list lets nothing pass"));
    }
    let known: Vec<&'static str> = of(sender).flatten().copied().collect();
    let find = |event: &Spanned<String>| {
        let name = event.as_ref();
        if known.contains(&name.as_str()) || is_own(sender, name) {
            return Ok(name.clone());
        }
        let known = known.join(", ");
        Err(lines.at(event, format!("`{name}` starts nothing; there are {known}")))
    };
    events.as_ref().iter().map(find).collect()
}

fn patterns(texts: Option<&Texts>, lines: &Lines) -> Result<Option<Vec<WildMatch>>, Mistake> {
    let Some(texts) = texts else { return Ok(None) };
    if texts.as_ref().is_empty() {
        let text = "an empty list lets nothing pass; leave it out to let everything";
        return Err(lines.at(texts, text));
    }
    Ok(Some(texts.as_ref().iter().map(|text| WildMatch::new(text.as_ref())).collect()))
}
