use core::fmt;
use std::{collections::HashMap, sync::Arc};

use http::HeaderName;
use verify_core::{Signer, Verifier};

use super::pattern::Pattern;
use crate::upstream::Upstream;

/// What becomes of a request, by its path.
#[derive(Debug, Default)]
pub(crate) struct Routes(Vec<Arc<Route>>);

/// A path that is guarded.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) path: Pattern,
    pub(crate) keys: Keys,
    pub(crate) goal: Goal,
    /// Only what decides may have it: nothing is forwarded that is not verified.
    pub(crate) is_report_only: bool,
}

/// By what it is verified.
pub(crate) enum Keys {
    /// One for all.
    One(Arc<Verifier>),
    /// One for each tenant, and one with random secrets for whoever is no tenant.
    Tenants { by_name: HashMap<String, Arc<Verifier>>, nobody: Arc<Verifier> },
}

/// What becomes of a delivery that was verified.
#[derive(Debug)]
pub(crate) enum Goal {
    /// Whoever asks is told.
    Decide,
    /// It is kept for where its path is posted to, and signed anew each time that it is.
    Keep { signer: Option<Signer> },
    /// It is handed on, and the answer says what became of it.
    Proxy(Box<Proxy>),
    /// It is kept for where its path is published to.
    Publish,
}

/// How deliveries are handed on.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) upstream: Upstream,
    /// The headers of the sender that go along.
    pub(crate) forwarded: Vec<HeaderName>,
    /// Signs them anew.
    pub(crate) signer: Option<Signer>,
}

/// A route that fits the path of a request.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) route: Arc<Route>,
    pub(crate) verifier: Arc<Verifier>,
    /// As it stands in the path. Whether there is such a tenant is nobody's business.
    pub(crate) tenant: Option<String>,
}

impl Routes {
    pub(crate) const fn new(routes: Vec<Arc<Route>>) -> Self {
        Self(routes)
    }

    /// Finds the route of a path. No two fit the same.
    pub(crate) fn find(&self, path: &str) -> Option<Matched> {
        self.0.iter().find_map(|route| {
            let tenant = route.path.fits(path)?;
            let verifier = match (&route.keys, tenant) {
                (Keys::One(verifier), _) => verifier,
                (Keys::Tenants { nobody, .. }, None) => nobody,
                (Keys::Tenants { by_name, nobody }, Some(tenant)) => {
                    by_name.get(tenant).unwrap_or(nobody)
                }
            };
            Some(Matched {
                route: Arc::clone(route),
                verifier: Arc::clone(verifier),
                tenant: tenant.map(str::to_owned),
            })
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter().map(|route| &**route)
    }
}

impl Goal {
    /// Returns what the settings call it.
    pub(crate) const fn mode(&self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Keep { .. } => "keep",
            Self::Proxy(_) => "proxy",
            Self::Publish => "publish",
        }
    }
}

/// Without the names of tenants, which are nobody's business either.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(_) => f.write_str("One"),
            Self::Tenants { by_name, .. } => write!(f, "Tenants({})", by_name.len()),
        }
    }
}
