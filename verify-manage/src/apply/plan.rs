use verify_core::Sender;

use super::file::{File, Wanted, marked};
use crate::{
    Destination, Difference, Error, Registry, Webhook, databricks, mlflow, webhook::Expected,
};

/// What the user chose.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Choices {
    /// Takes over a webhook without a mark that goes to the same URL.
    pub adopts: bool,
    /// Send the secrets of webhooks that are there already.
    pub sends_secrets: bool,
}

impl Choices {
    /// Takes over webhooks without a mark that go to the same URL.
    #[must_use]
    pub const fn with_adoption(mut self, adopts: bool) -> Self {
        self.adopts = adopts;
        self
    }

    /// Sends the secrets of webhooks that are there already.
    #[must_use]
    pub const fn with_secrets(mut self, sends_secrets: bool) -> Self {
        self.sends_secrets = sends_secrets;
        self
    }
}

/// The steps from the existing webhooks to the wanted webhooks.
#[derive(Debug)]
#[non_exhaustive]
pub struct Plan<'f> {
    /// Whose webhooks these are.
    pub sender: Sender,
    /// In the order in which they are done: deletions come last.
    pub steps: Vec<Step<'f>>,
    /// How many webhooks are left alone.
    pub others: usize,
}

/// A step.
#[derive(Debug)]
#[non_exhaustive]
pub struct Step<'f> {
    /// What the file calls the webhook.
    pub name: String,
    /// The webhook, if there is one already.
    pub id: Option<String>,
    /// What happens to it.
    pub action: Action,
    wanted: Option<AnyWanted<'f>>,
}

/// What happens to a webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// It is made.
    Create,
    /// It is deleted.
    Delete,
    /// It stays as it is.
    Keep,
    /// These fields change. An empty list: its secret is sent again.
    Update(Vec<Difference>),
}

#[derive(Clone, Copy, Debug)]
enum AnyWanted<'f> {
    Databricks(&'f databricks::NewWebhook),
    Mlflow(&'f mlflow::NewWebhook),
}

impl AnyWanted<'_> {
    fn expected(&self) -> Expected {
        match self {
            Self::Databricks(wanted) => wanted.expected(),
            Self::Mlflow(wanted) => wanted.expected(),
        }
    }

    /// Whether a webhook can become this one by an update.
    fn may_become(&self, webhook: &Webhook) -> bool {
        match self {
            // The API has no way to change the model, and whether a job can become a receiver is not known.
            Self::Databricks(wanted) => {
                wanted.model == webhook.model
                    && matches!(&webhook.destination, Destination::Http { .. })
            }
            Self::Mlflow(_) => true,
        }
    }

    fn has_secret(&self) -> bool {
        match self {
            Self::Databricks(wanted) => match &wanted.target {
                databricks::Target::Http(http) => http.secret.is_some(),
                databricks::Target::Job(_) => true,
            },
            Self::Mlflow(wanted) => wanted.secret.is_some(),
        }
    }
}

fn all<'f, W>(
    wanted: &'f [Wanted<W>],
    any: impl Fn(&'f W) -> AnyWanted<'f>,
) -> Vec<(&'f str, AnyWanted<'f>)> {
    wanted.iter().map(|wanted| (wanted.name.as_str(), any(&wanted.webhook))).collect()
}

impl Plan<'_> {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action == Action::Keep)
    }
}

impl File {
    /// Compares the webhooks of a service with the wanted webhooks. Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn plan<'f>(
        &'f self,
        registry: &Registry,
        choices: Choices,
    ) -> Result<Plan<'f>, Error> {
        let wanted = match registry {
            Registry::Databricks(_) => {
                all(self.databricks.as_deref().unwrap_or_default(), AnyWanted::Databricks)
            }
            Registry::Mlflow(_) => {
                all(self.mlflow.as_deref().unwrap_or_default(), AnyWanted::Mlflow)
            }
        };
        Ok(self.steps(registry.sender(), wanted, registry.list().await?, choices))
    }

    fn steps<'f>(
        &self,
        sender: Sender,
        wanted: Vec<(&'f str, AnyWanted<'f>)>,
        webhooks: Vec<Webhook>,
        choices: Choices,
    ) -> Plan<'f> {
        let is_marked = |webhook: &Webhook| marked(&webhook.description, &self.set).is_some();
        let (mut own, mut others): (Vec<_>, Vec<_>) = webhooks.into_iter().partition(is_marked);
        let mut steps = Vec::new();
        for (name, wanted) in wanted {
            let expected = wanted.expected();
            let is_it = |webhook: &Webhook| {
                marked(&webhook.description, &self.set) == Some(name) && wanted.may_become(webhook)
            };
            let found = own.iter().position(is_it).map(|place| own.remove(place));
            let adopted = || {
                let is_same = |webhook: &Webhook| {
                    !webhook.description.contains("[verify:")
                        && webhook.destination.url() == expected.url.as_deref()
                        && wanted.may_become(webhook)
                };
                let place = others.iter().position(is_same).filter(|_| choices.adopts)?;
                Some(others.remove(place))
            };
            let (id, action) = match found.or_else(adopted) {
                None => (None, Action::Create),
                Some(webhook) => {
                    let differences = expected.differences(&webhook);
                    let sends = choices.sends_secrets && wanted.has_secret();
                    let action = match differences.is_empty() && !sends {
                        true => Action::Keep,
                        false => Action::Update(differences),
                    };
                    (Some(webhook.id), action)
                }
            };
            steps.push(Step { name: name.to_owned(), id, action, wanted: Some(wanted) });
        }
        steps.extend(own.into_iter().map(|webhook| Step {
            name: marked(&webhook.description, &self.set).unwrap_or_default().to_owned(),
            id: Some(webhook.id),
            action: Action::Delete,
            wanted: None,
        }));
        Plan { sender, steps, others: others.len() }
    }
}

impl Step<'_> {
    /// Does the step. Returns the id of the webhook.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn apply(
        &self,
        registry: &Registry,
        choices: Choices,
    ) -> Result<Option<String>, Error> {
        let id = self.id.as_deref().unwrap_or_default();
        match (&self.action, self.wanted, registry) {
            (Action::Keep, ..) => {}
            (Action::Delete, ..) => registry.delete(id).await?,
            (Action::Create, Some(AnyWanted::Databricks(wanted)), Registry::Databricks(client)) => {
                return client.create(wanted).await.map(|webhook| Some(webhook.id));
            }
            (Action::Create, Some(AnyWanted::Mlflow(wanted)), Registry::Mlflow(client)) => {
                return client.create(wanted).await.map(|webhook| Some(webhook.id));
            }
            (
                Action::Update(_),
                Some(AnyWanted::Databricks(wanted)),
                Registry::Databricks(client),
            ) => {
                // The destination as a whole: that is how it is replaced, with the secret.
                let changes = databricks::Changes {
                    events: Some(wanted.events.clone()),
                    description: wanted.description.clone(),
                    status: Some(wanted.status),
                    target: Some(wanted.target.clone()),
                };
                client.update(id, &changes).await?;
            }
            (Action::Update(_), Some(AnyWanted::Mlflow(wanted)), Registry::Mlflow(client)) => {
                let secret = wanted.secret.clone().filter(|_| choices.sends_secrets);
                let changes = mlflow::Changes {
                    name: Some(wanted.name.clone()),
                    url: Some(wanted.url.clone()),
                    events: Some(wanted.events.clone()),
                    description: wanted.description.clone(),
                    status: Some(wanted.status),
                    secret: secret.map(mlflow::SecretChange::Set),
                };
                client.update(id, &changes).await?;
            }
            // A plan of one service is applied to that one.
            _ => return Err(Error::Unsupported { what: "this plan is for the other service" }),
        }
        Ok(self.id.clone())
    }
}
