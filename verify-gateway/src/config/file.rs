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
    pub(super) nats: Option<Spanned<Nats>>,
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

/// The servers that are published to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nats {
    pub(super) address: Option<Spanned<String>>,
    pub(super) address_env: Option<Spanned<String>>,
    pub(super) address_file: Option<Spanned<String>>,
    pub(super) credentials_file: Option<Spanned<String>>,
    pub(super) ca_file: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) synced: bool,
    #[serde(default)]
    pub(super) without_tls: bool,
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
    pub(super) mode: Option<Spanned<String>>,
    pub(super) upstream: Option<Spanned<String>>,
    pub(super) upstream_ca_file: Option<Spanned<String>>,
    pub(super) stream: Option<Spanned<String>>,
    pub(super) subject: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) forward_headers: Vec<Spanned<String>>,
    pub(super) resign: Option<Spanned<String>>,
    pub(super) resign_secret_env: Option<Spanned<String>>,
    pub(super) resign_secret_file: Option<Spanned<String>>,
    pub(super) dangerous_report_only: Option<Spanned<bool>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    /// Whoever asks is told whether a delivery is genuine.
    Decide,
    /// It is acknowledged once it is on the disk, and posted until it has arrived.
    Keep,
    /// The upstream answers.
    Proxy,
    /// It is acknowledged once it is on the disk, and published until the stream has it.
    Publish,
}

impl Mode {
    pub(super) const ALL: [Self; 4] = [Self::Decide, Self::Keep, Self::Proxy, Self::Publish];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Keep => "keep",
            Self::Proxy => "proxy",
            Self::Publish => "publish",
        }
    }

    /// Whether deliveries are on the disk before they are acknowledged.
    pub(super) fn keeps(self) -> bool {
        matches!(self, Self::Keep | Self::Publish)
    }
}

impl Route {
    /// `None`: there is no such mode.
    pub(super) fn mode(&self) -> Option<Mode> {
        let Some(mode) = &self.mode else { return Some(Mode::Proxy) };
        Mode::ALL.into_iter().find(|known| known.name() == mode.as_ref())
    }
}
