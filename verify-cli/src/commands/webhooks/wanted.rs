//! A webhook that is to be made, in the words of both services and of one of them alone.

use verify_manage::{
    Confidential, Destination, Error as ManageError, ExposedSecret, Invalid, Registry, Webhook,
    databricks, mlflow,
};

use crate::Error;

#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// MLflow's alone.
    pub(crate) name: Option<String>,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) status: Option<String>,
    /// Databricks' alone, and so are those that follow.
    pub(crate) model: Option<String>,
    pub(crate) job: Option<databricks::JobTarget>,
    pub(crate) authorization: Option<Confidential>,
}

impl Wanted {
    /// Makes it. The secret is asked for once all else is known to be good.
    pub(crate) async fn create(
        self,
        registry: &Registry,
        secret: impl FnOnce() -> Result<Option<ExposedSecret>, Error>,
    ) -> Result<Webhook, Error> {
        Ok(match registry {
            Registry::Databricks(client) => client.create(&self.for_databricks(secret)?).await?,
            Registry::Mlflow(client) => client.create(&self.for_mlflow(secret)?).await?,
            _ => return Err(other()),
        })
    }

    fn for_mlflow(
        self,
        secret: impl FnOnce() -> Result<Option<ExposedSecret>, Error>,
    ) -> Result<mlflow::NewWebhook, Error> {
        lacks(&[
            (self.model.is_some(), "MLflow's webhooks are for all models: leave `--model` out"),
            (self.job.is_some(), "MLflow cannot run jobs of Databricks: leave `--job` out"),
            (
                self.authorization.is_some(),
                "MLflow sends no `Authorization` of one's own: check the signature",
            ),
        ])?;
        let events = events(&self.events, mlflow::Event::new)?;
        let status = self.status.as_deref().map(mlflow::Status::new).map(read).transpose()?;
        let name = self.name.unwrap_or_default();
        let mut webhook = mlflow::NewWebhook::new(name, self.url, events, secret()?);
        webhook.description = self.description;
        webhook.status = status.unwrap_or_default();
        Ok(webhook)
    }

    fn for_databricks(
        self,
        secret: impl FnOnce() -> Result<Option<ExposedSecret>, Error>,
    ) -> Result<databricks::NewWebhook, Error> {
        lacks(&[(self.name.is_some(), NAMELESS)])?;
        let events = events(&self.events, databricks::Event::new)?;
        let status = self.status.as_deref().map(databricks::Status::new).map(read).transpose()?;
        let target = match self.job {
            Some(job) => databricks::Target::Job(job),
            None => {
                let mut http = databricks::HttpTarget::new(self.url, secret()?);
                http.authorization = self.authorization;
                databricks::Target::Http(http)
            }
        };
        let mut webhook = databricks::NewWebhook::new(events, target);
        webhook.model = self.model;
        webhook.description = self.description;
        webhook.status = status.unwrap_or_default();
        Ok(webhook)
    }
}

pub(super) const NAMELESS: &str = "webhooks of Databricks have no name: use `--description`";

/// Refuses what a service does not have.
pub(super) fn lacks(all: &[(bool, &'static str)]) -> Result<(), Error> {
    match all.iter().find(|(is_asked, _)| *is_asked) {
        Some((_, what)) => Err(ManageError::Unsupported { what }.into()),
        None => Ok(()),
    }
}

/// The receiver of a webhook of Databricks, with all of it that has to be said again.
pub(super) fn receiver(
    webhook: &Webhook,
    secret: Option<ExposedSecret>,
    authorization: Option<Confidential>,
) -> Result<databricks::HttpTarget, Error> {
    let Destination::Http { url, verifies_tls } = &webhook.destination else {
        let what = "the webhook runs a job, and has neither a URL nor a secret: make another one for a \
                    receiver";
        return Err(ManageError::Unsupported { what }.into());
    };
    let mut http = databricks::HttpTarget::new(url, secret);
    http.authorization = authorization;
    http.verifies_tls = *verifies_tls;
    Ok(http)
}

/// Reads the names of events.
pub(super) fn events<E>(
    names: &[String],
    event: impl Fn(&str) -> Result<E, Invalid>,
) -> Result<Vec<E>, Error> {
    names.iter().map(|name| read(event(name))).collect()
}

pub(super) fn read<T>(read: Result<T, Invalid>) -> Result<T, Error> {
    read.map_err(|invalid| ManageError::from(invalid).into())
}

/// The error for a service that this command does not know.
pub(super) fn other() -> Error {
    ManageError::Unsupported { what: "this command does not know the service" }.into()
}
