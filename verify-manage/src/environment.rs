use core::fmt;
use std::{collections::BTreeMap, env, path::PathBuf};

/// The environment variables with the address of a service and its credentials. `Debug` shows only the
/// names.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Takes the variables of this process that the vendors' tools also read.
    #[must_use]
    pub fn of_process() -> Self {
        let is_ours = |name: &str| {
            ["DATABRICKS_", "MLFLOW_"].iter().any(|prefix| name.starts_with(prefix))
                || name == "HOME"
        };
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut variables: BTreeMap<_, _> =
            env::vars_os().filter_map(text).filter(|(name, _)| is_ours(name)).collect();
        if let Some(home) =
            env::home_dir().and_then(|home| home.into_os_string().into_string().ok())
        {
            variables.entry("HOME".to_owned()).or_insert(home);
        }
        Self(variables)
    }

    /// Returns a variable. An empty variable counts as not set, as in the vendors' tools.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
