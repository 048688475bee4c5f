//! What stands in the file. `example.toml` explains it.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use bridge_common::{Senders, Store, WebhookUrl};
use serde::Deserialize;
use toml::Spanned;

/// The file as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Spanned<SocketAddr>,
    pub(crate) store: Store<3>,
    #[serde(default)]
    pub(crate) senders: Senders,
    #[serde(default)]
    pub(crate) channels: BTreeMap<Spanned<String>, WebhookUrl>,
    #[serde(default)]
    pub(crate) routes: Vec<Spanned<Route>>,
}

/// What goes where. A list that is not there lets everything pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(super) sender: Option<Spanned<String>>,
    pub(super) events: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) models: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) channels: Spanned<Vec<Spanned<String>>>,
}
