//! What stands in the file. The README explains it.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use bridge_common::{Senders, Store};
use serde::Deserialize;
use toml::Spanned;

/// The file as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) listen: SocketAddr,
    pub(super) admin: Spanned<SocketAddr>,
    pub(super) tls: Option<Tls>,
    pub(super) once: Option<Spanned<Once>>,
    pub(super) store: Option<Store<3>>,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) senders: Senders,
    #[serde(default)]
    pub(super) tenants: BTreeMap<Spanned<String>, Senders>,
    #[serde(default)]
    pub(super) routes: Vec<Spanned<Route>>,
}

/// The server's certificate and its key, PEM.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate_file: Spanned<String>,
    pub(super) key_file: Spanned<String>,
}

/// By which store each delivery is handled once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Once {
    pub(super) address: Option<Spanned<String>>,
    pub(super) address_env: Option<Spanned<String>>,
    pub(super) address_file: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) connections: Option<Spanned<u64>>,
    pub(super) upstream_seconds: Option<Spanned<u64>>,
    pub(super) body_kib: Option<Spanned<u64>>,
    pub(super) buffered_mib: Option<Spanned<u64>>,
}

/// What becomes of the deliveries that come to a path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub(super) path: Spanned<String>,
    pub(super) sender: Spanned<String>,
    #[serde(default)]
    pub(super) mode: Mode,
    pub(super) upstream: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) forward_headers: Vec<Spanned<String>>,
    pub(super) resign: Option<Spanned<String>>,
    pub(super) resign_secret_env: Option<Spanned<String>>,
    pub(super) resign_secret_file: Option<Spanned<String>>,
    pub(super) dangerous_report_only: Option<Spanned<bool>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// Whoever asks is told whether a delivery is genuine.
    Decide,
    /// It is acknowledged once it is on the disk, and posted until it has arrived.
    Keep,
    /// The upstream answers.
    #[default]
    Proxy,
}
