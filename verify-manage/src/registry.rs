use verify_core::Sender;

use crate::{Error, Tested, Webhook, databricks, mlflow};

/// Either service, for what both can do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Registry {
    /// A Databricks workspace.
    Databricks(databricks::Client),
    /// An MLflow server.
    Mlflow(mlflow::Client),
}

impl Registry {
    /// Where it is.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Databricks(client) => client.host(),
            Self::Mlflow(client) => client.host(),
        }
    }

    /// The calls so far that may have changed something, one line each, as you would type them. What is
    /// confidential is not in them.
    #[must_use]
    pub fn done(&self) -> Vec<String> {
        match self {
            Self::Databricks(client) => client.done(),
            Self::Mlflow(client) => client.done(),
        }
    }

    /// Whose deliveries its webhooks send.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        match self {
            Self::Databricks(_) => Sender::DATABRICKS,
            Self::Mlflow(_) => Sender::MLFLOW,
        }
    }

    /// Returns all webhooks.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list(&self) -> Result<Vec<Webhook>, Error> {
        match self {
            Self::Databricks(client) => client.list(&databricks::Filter::default()).await,
            Self::Mlflow(client) => client.list().await,
        }
    }

    /// Finds a webhook by its id, or by its name if the name is unique.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn find(&self, wanted: &str) -> Result<Webhook, Error> {
        one(wanted, self.list().await?)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        match self {
            Self::Databricks(client) => client.delete(id).await,
            Self::Mlflow(client) => client.delete(id).await,
        }
    }

    /// Makes the service deliver a test of this event, or of an event of its choice.
    ///
    /// # Errors
    ///
    /// [`Error`]. A refusal by the receiver is not an error.
    pub async fn test(&self, id: &str, event: Option<&str>) -> Result<Tested, Error> {
        match self {
            Self::Databricks(client) => {
                client.test(id, event.map(databricks::Event::new).transpose()?).await
            }
            Self::Mlflow(client) => {
                client.test(id, event.map(mlflow::Event::new).transpose()?).await
            }
        }
    }
}

/// Takes one of several by its id or its name.
pub(crate) fn one(wanted: &str, webhooks: Vec<Webhook>) -> Result<Webhook, Error> {
    let mut by_name = Vec::new();
    for webhook in webhooks {
        if webhook.id == wanted {
            return Ok(webhook);
        }
        if webhook.name.as_deref() == Some(wanted) {
            by_name.push(webhook);
        }
    }
    match by_name.pop() {
        Some(webhook) if by_name.is_empty() => Ok(webhook),
        None => Err(Error::NotFound { wanted: wanted.to_owned() }),
        Some(webhook) => {
            let ids = by_name.into_iter().chain([webhook]).map(|webhook| webhook.id).collect();
            Err(Error::Ambiguous { name: wanted.to_owned(), ids })
        }
    }
}
