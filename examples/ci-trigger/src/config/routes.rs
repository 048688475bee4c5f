use std::collections::BTreeSet;

use bridge_common::{Lines, Mistake};
use toml::Spanned;
use wildmatch::WildMatch;

use super::file::{self, File};
use crate::movement::{EVENTS, Movement};

/// Which movements of which models start which pipelines.
#[derive(Debug)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    sender: Option<String>,
    events: BTreeSet<&'static str>,
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
                models: patterns(models.as_ref(), lines)?,
                targets: patterns(targets.as_ref(), lines)?,
                pipelines: pipelines.as_ref().iter().map(|name| name.as_ref().clone()).collect(),
                sender,
            })
        };
        file.routes.iter().map(route).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the pipelines that a movement starts, each once.
    pub(crate) fn pipelines(&self, sender: &str, movement: &Movement<'_>) -> Vec<String> {
        let passes = |patterns: &Option<Vec<WildMatch>>, text: Option<&str>| match (patterns, text)
        {
            (None, _) => true,
            (Some(patterns), Some(text)) => patterns.iter().any(|pattern| pattern.matches(text)),
            (Some(_), None) => false,
        };
        let routes = self.0.iter().filter(|route| {
            route.sender.as_deref().is_none_or(|wanted| wanted == sender)
                && route.events.contains(movement.event)
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
            let events = of(Some(sender)).flat_map(|(_, events)| *events);
            route.sender.as_deref().is_none_or(|wanted| wanted == sender)
                && events.into_iter().any(|event| route.events.contains(event))
        })
    }
}

type Texts = Spanned<Vec<Spanned<String>>>;

fn of(
    sender: Option<&str>,
) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    EVENTS.iter().filter(move |(name, _)| sender.is_none_or(|sender| sender == *name))
}

/// The events of a route. Without any: of each sender the one that comes for every movement.
fn named(
    sender: Option<&str>,
    events: Option<&Texts>,
    lines: &Lines,
) -> Result<BTreeSet<&'static str>, Mistake> {
    let Some(events) = events else {
        return Ok(of(sender).filter_map(|(_, events)| events.first().copied()).collect());
    };
    if events.as_ref().is_empty() {
        return Err(lines.at(events, "an empty list lets nothing pass"));
    }
    let known: Vec<&'static str> = of(sender).flat_map(|(_, events)| *events).copied().collect();
    let find = |event: &Spanned<String>| {
        known.iter().find(|known| *known == event.as_ref()).copied().ok_or_else(|| {
            let known = known.join(", ");
            let text = format!("`{}` starts nothing; there are {known}", event.as_ref());
            lines.at(event, text)
        })
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
