//! What is listened for, where, and what is kept.

use core::net::{Ipv4Addr, SocketAddr};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Forward, Keep, Keys, ListenError, error::Kind, store::StoreError};

/// What is listened for, where, and what is kept.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The address that senders deliver to, at `/webhooks/<SENDER>`. By default 127.0.0.1:8080.
    pub bind: SocketAddr,
    /// Where the page is. 127.0.0.1:8081 if nothing else is said.
    pub page: SocketAddr,
    /// Lets other machines reach the address in `page`. The page shows bodies and tokens, and asks for no
    /// password.
    pub dangerous_open_page: bool,
    /// The handler that verified deliveries are handed on to.
    pub forward: Option<Forward>,
    /// The secrets of the senders. If there are none, a secret is generated for each sender, and kept beside
    /// the store.
    pub keys: Keys,
    /// Generates new secrets in place of the kept ones.
    pub new_secrets: bool,
    /// The file that deliveries are kept in.
    pub store: PathBuf,
    /// How much is kept.
    pub keep: Keep,
}

impl Settings {
    /// Makes settings with a store and secrets, and the command's defaults for everything else.
    #[must_use]
    pub fn new(store: impl Into<PathBuf>, keys: Keys) -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (bind, page) = (local(8080), local(8081));
        let (store, keep) = (store.into(), Keep::default());
        Self {
            bind,
            page,
            dangerous_open_page: false,
            forward: None,
            keys,
            new_secrets: false,
            store,
            keep,
        }
    }

    /// Returns the default file, and makes its folder.
    ///
    /// # Errors
    ///
    /// This system does not say where programs keep their state, or the folder cannot be used.
    pub fn usual_store() -> Result<PathBuf, ListenError> {
        let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = set("XDG_STATE_HOME").or_else(|| {
            if cfg!(windows) {
                set("LOCALAPPDATA")
            } else {
                env::home_dir().map(|home| home.join(".local/state"))
            }
        });
        let folder = state.ok_or(Kind::StoreNowhere)?.join("verify");
        make_folder(&folder)?;
        Ok(folder.join("listen.redb"))
    }
}

fn make_folder(folder: &Path) -> Result<(), ListenError> {
    fs::create_dir_all(folder).map_err(|error| {
        Kind::Store(StoreError::File { path: folder.to_owned(), error: Arc::new(error) }).into()
    })
}
