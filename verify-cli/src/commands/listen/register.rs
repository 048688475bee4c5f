//! A webhook that is there as long as `verify listen` runs.

use core::time::Duration;
use std::{sync::Arc, thread};

use serde_json::json;
use tokio::{runtime::Runtime, time::timeout};
use verify_listen::{Listen, SenderKeys};
use verify_manage::{Error as ManageError, ExposedSecret, Registry, Webhook, databricks};

use super::options::{Options, RegisterOptions};
use crate::{
    Error, Output,
    commands::webhooks::{Api, keys, view, wanted::Wanted},
    output::{BAD, DIM, GOOD, Styled},
    secret::from_env,
    signals::stop_signal,
    target::runtime,
    text::Shown,
};

/// How long a service may take to delete it, until one is told how to.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands at the end of its description, by which the next start knows what a crash left behind.
fn mark(name: &str) -> String {
    format!("[verify-listen:{name}]")
}

/// The public URL that the sender is to deliver to: that of a tunnel has no path.
fn at(url: &str, path: &str) -> String {
    let authority = url.find("://").map_or(0, |place| place + 3);
    match url.get(authority..).unwrap_or_default().split_once(['/', '?', '#']) {
        None => format!("{url}{path}"),
        Some((_, "")) => format!("{}{path}", url.trim_end_matches('/')),
        Some(_) => url.to_owned(),
    }
}

/// Waits for what a service is asked, unless one is told to stop.
async fn unless_stopped<T>(asked: impl Future<Output = T>) -> Result<Option<T>, Error> {
    let stop = stop_signal()?;
    Ok(tokio::select! { answer = asked => Some(answer), () = stop => None })
}

pub(super) struct Registered {
    runtime: Runtime,
    registry: Arc<Registry>,
    webhook: Webhook,
    /// What deletes it.
    command: String,
}

impl Registered {
    /// Makes it, if it is asked for, with the secret that deliveries are verified with. What an earlier run left
    /// behind is deleted before.
    pub(super) fn make(options: &Options, listen: &Listen) -> Result<Option<Self>, Error> {
        let asked = &options.register;
        let Some((api, name)) = asked.register.zip(asked.name.as_ref()) else { return Ok(None) };
        let sender = api.sender();
        let url = at(asked.url.as_deref().unwrap_or_default(), &Listen::path(&sender));
        let secret = listen.keys().iter().find(|keys| keys.sender() == sender);
        let secret = secret.and_then(SenderKeys::first).map(ExposedSecret::new).transpose()?;
        let runtime = runtime()?;
        let registry = Arc::new(asked.profile.registry(api)?);
        let wanted = asked.wanted(api, name, url.clone(), options.keys.token_of(sender))?;
        let made = runtime.block_on(unless_stopped(async {
            asked.tidy(api, name, &url, &registry).await?;
            let made = wanted.create(&registry, || Ok(secret)).await;
            if made.as_ref().is_err_and(may_be_there) {
                asked.tidy(api, name, &url, &registry).await?;
            }
            made
        }))?;
        let Some(webhook) = made.transpose()? else {
            return Err(Error::RegisterStopped { sender: sender.name(), name: name.clone() });
        };
        let command = asked.delete(api, &webhook.id);
        Ok(Some(Self { runtime, registry, webhook, command }))
    }

    /// Says what was made, and how it is deleted if this cannot.
    pub(super) fn greet(&self, output: &mut Output) -> Result<(), Error> {
        let Self { registry, webhook, command, .. } = self;
        if output.is_json() {
            output.json(&json!({
                "registered": view::to_json(webhook), "delete": command, "calls": registry.done(),
            }))?;
            return output.flush();
        }
        let events = match webhook.events.as_slice() {
            [event] => event.clone(),
            events => format!("{} events", events.len()),
        };
        let (id, host, to) = (&webhook.id, registry.host(), &webhook.destination);
        let text = format!("webhook {id} of {host} sends {events} to {to}");
        anstream::eprintln!("{}", Shown(text.as_bytes()));
        for call in registry.done() {
            anstream::eprintln!("{}", Styled(DIM, format_args!("= {}", Shown(call.as_bytes()))));
        }
        anstream::eprintln!(
            "it is deleted when this ends (Ctrl-C); after a crash:\n  {}",
            Shown(command.as_bytes())
        );
        if matches!(**registry, Registry::Mlflow(_)) {
            anstream::eprintln!(
                "MLflow remembers for up to 60 s which webhooks there were: until then events may be\n\
                 missing, or signed with the secret of a webhook that was deleted"
            );
        }
        Ok(())
    }

    /// Lets the service deliver a test, on a thread of its own: it is to be received meanwhile.
    pub(super) fn test(&self, origin: &str) {
        let (registry, id, origin) =
            (Arc::clone(&self.registry), self.webhook.id.clone(), origin.to_owned());
        thread::spawn(move || {
            let Ok(runtime) = runtime() else { return };
            let why = match runtime.block_on(registry.test(&id, None)) {
                Ok(tested) if tested.is_accepted() => {
                    let text = "the sender's test delivery came through";
                    return anstream::eprintln!("{}", Styled(GOOD, text));
                }
                Ok(tested) => view::tested(&tested),
                Err(error) => format!("{}\n", Shown(error.to_string().as_bytes())),
            };
            let text = "the sender's test delivery was not accepted";
            anstream::eprint!(
                "{}: {why}is the tunnel up, and does its URL lead to {origin}?\n",
                Styled(BAD, text)
            );
        });
    }

    /// Deletes it, or says how to.
    pub(super) fn remove(self, output: &mut Output) -> Result<(), Error> {
        let Self { runtime, registry, webhook: Webhook { id, .. }, command } = self;
        let deleted = async { timeout(PATIENCE, registry.delete(&id)).await };
        let deleted = runtime.block_on(unless_stopped(deleted))?;
        let why = match deleted {
            Some(Ok(Ok(()))) => None,
            // Somebody else was faster.
            Some(Ok(Err(error))) if is_gone(&error) => None,
            Some(Ok(Err(error))) => Some(error.to_string()),
            Some(Err(_)) => Some(format!("{} did not answer in time", registry.host())),
            None => Some("this was told to stop before it was deleted".to_owned()),
        };
        match why {
            Some(why) => Err(Error::StillRegistered { id, why, command }),
            None if output.is_json() => output.json(&json!({ "deleted": id })),
            None => {
                anstream::eprintln!("webhook {} is deleted", Shown(id.as_bytes()));
                Ok(())
            }
        }
    }
}

/// Whether a webhook may have been made all the same.
fn may_be_there(error: &Error) -> bool {
    matches!(error, Error::Manage(ManageError::CreateLost { .. } | ManageError::Differs { .. }))
}

fn is_gone(error: &ManageError) -> bool {
    match error {
        ManageError::NotFound { .. } => true,
        ManageError::Refused { refusal, .. } => refusal.status == 404 && !refusal.is_page,
        _ => false,
    }
}

impl RegisterOptions {
    fn wanted(
        &self,
        api: Api,
        name: &str,
        url: String,
        token: Option<&str>,
    ) -> Result<Wanted, Error> {
        let authorization = match token {
            Some(variable) => Some(keys::bearer(&from_env(variable)?)),
            None => None,
        };
        let events = match self.event.as_slice() {
            [] => api
                .events()
                .filter(|event| self.model.is_none() || !is_of_no_model(event))
                .collect(),
            named => named.to_vec(),
        };
        let description =
            format!("{name}: made by `verify listen`, which deletes it {}", mark(name));
        Ok(Wanted {
            name: api.has_names().then(|| name.to_owned()),
            url,
            events,
            description: Some(description),
            model: self.model.clone(),
            authorization,
            ..Wanted::default()
        })
    }

    /// Deletes what an earlier run left behind: it has the name and the URL, and a secret that nobody has any
    /// more. With another URL it may be somebody else's.
    async fn tidy(
        &self,
        api: Api,
        name: &str,
        url: &str,
        registry: &Registry,
    ) -> Result<(), ManageError> {
        let webhooks = match registry {
            Registry::Databricks(client) => {
                let model = self.model.clone();
                client.list(&databricks::Filter { model, ..databricks::Filter::default() }).await?
            }
            registry => registry.list().await?,
        };
        let mark = mark(name);
        for left in webhooks.iter().filter(|webhook| webhook.description.ends_with(&mark)) {
            let id = Shown(left.id.as_bytes());
            if left.destination.url() == Some(url) {
                registry.delete(&left.id).await?;
                anstream::eprintln!("webhook {id}, which an earlier run left behind, is deleted");
            } else {
                anstream::eprintln!(
                    "webhook {id} has this name and another URL: unless another `verify listen` runs, \
                     it was left behind. To delete it:\n  {}",
                    Shown(self.delete(api, &left.id).as_bytes())
                );
            }
        }
        Ok(())
    }

    /// The command that deletes a webhook.
    fn delete(&self, api: Api, id: &str) -> String {
        let (sender, profile) = (api.sender().name(), self.profile.option());
        format!("verify webhooks delete {sender} {id} --yes{profile}")
    }
}

/// There is no model yet when it is created.
fn is_of_no_model(event: &str) -> bool {
    event == "REGISTERED_MODEL_CREATED"
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn a_url_without_a_path_gets_that_of_the_sender() {
        for (url, expected) in [
            ("https://a.example", "https://a.example/webhooks/mlflow"),
            ("https://a.example/", "https://a.example/webhooks/mlflow"),
            ("https://a.example/hook", "https://a.example/hook"),
            ("https://a.example/hook/", "https://a.example/hook/"),
            ("https://a.example?x=/", "https://a.example?x=/"),
        ] {
            assert_eq!(at(url, "/webhooks/mlflow"), expected);
        }
    }
}
