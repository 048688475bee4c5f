//! The one connection, and what is looked at before it is used.

use core::{fmt, time::Duration};
use std::sync::Arc;

use ::redis::{
    AsyncConnectionConfig, Client, ErrorKind, InfoDict, RedisError, aio::MultiplexedConnection, cmd,
};
use tokio::{runtime::Handle, sync::Mutex};

use super::{CODES, Cure, code};
use crate::StoreError;

/// The connection to a server. Clones share it.
#[derive(Clone)]
pub(super) struct Line {
    client: Client,
    runtime: Handle,
    /// `None`: to be connected.
    current: Arc<Mutex<Option<Numbered>>>,
}

#[derive(Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

/// The connection while a call uses it. Dropped before its [`end`](Self::end) it closes the connection: nobody knows
/// what state that is in, and after a partition it may take minutes to find out.
pub(super) struct Usage {
    pub(super) connection: MultiplexedConnection,
    number: u64,
    line: Option<(Arc<Mutex<Option<Numbered>>>, Handle)>,
}

impl Line {
    /// Of what is written into the server: another version refuses it.
    const VERSION: &str = "1";
    const VERSION_KEY: &str = "once:version";
    const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
    /// Whoever asks through `Once` has a shorter one.
    const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

    pub(super) fn new(client: Client, runtime: Handle) -> Self {
        Self { client, runtime, current: Arc::default() }
    }

    /// Returns the connection, and makes it if there is none.
    pub(super) async fn connection(&self) -> Result<Usage, StoreError> {
        // Waits while another call connects.
        let current = self.current.lock().await.clone();
        let Numbered { number, connection } = match current {
            Some(numbered) => numbered,
            None => {
                // In a task of its own, which goes on if nobody waits any more: the next call has what came of it.
                let line = self.clone();
                let connecting = self.runtime.spawn(async move { line.connect().await });
                let ended = |_| self.unavailable("cannot be reached: its runtime has ended");
                connecting.await.map_err(ended)??
            }
        };
        let line = Some((Arc::clone(&self.current), self.runtime.clone()));
        Ok(Usage { connection, number, line })
    }

    async fn connect(&self) -> Result<Numbered, StoreError> {
        let mut current = self.current.lock().await;
        if let Some(numbered) = &*current {
            return Ok(numbered.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Self::CONNECT_DEADLINE))
            .set_response_timeout(Some(Self::ANSWER_DEADLINE));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = connecting.await.map_err(|error| self.meaning(&error))?;
        self.look(&mut connection).await?;
        Ok(current.insert(Numbered { number: fresh_number(), connection }).clone())
    }

    /// Refuses a server that forgets early, that has only some of the keys, or that another version writes to.
    pub(super) async fn look(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<(), StoreError> {
        let meaning = |error: RedisError| self.meaning(&error);
        let info: InfoDict =
            cmd("INFO").arg("memory").query_async(connection).await.map_err(meaning)?;
        let policy: Option<String> = info.get("maxmemory_policy");
        if policy.as_deref() != Some("noeviction") {
            let policy = policy.as_deref().filter(|policy| is_word(policy)).unwrap_or("unknown");
            return Err(self.unsuitable(format_args!(
                "may forget claims early: its `maxmemory-policy` is `{policy}`, and has to be `noeviction`"
            )));
        }
        let info: InfoDict =
            cmd("INFO").arg("cluster").query_async(connection).await.map_err(meaning)?;
        if info.get("cluster_enabled") == Some(1) {
            return Err(self.unsuitable(
                "is part of a Redis Cluster, which this store cannot use: name a server that is not",
            ));
        }
        let version: Option<String> =
            cmd("GET").arg(Self::VERSION_KEY).query_async(connection).await.map_err(meaning)?;
        match version.as_deref() {
            Some(Self::VERSION) => Ok(()),
            // Another instance of another version may come first: the next connection sees that.
            None => {
                let set = (Self::VERSION_KEY, Self::VERSION, "NX");
                cmd("SET").arg(set).query_async(connection).await.map_err(meaning)
            }
            Some(other) => {
                let other = Some(other).filter(|other| is_word(other)).unwrap_or("unknown");
                Err(self.unsuitable(format_args!(
                    "holds claims of another version of this program: `{}` is {other}, and this version knows {}",
                    Self::VERSION_KEY,
                    Self::VERSION
                )))
            }
        }
    }

    /// Where the server is, without the password.
    pub(super) fn place(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// In words of our own: the library's may hold what the server said.
    pub(super) fn meaning(&self, error: &RedisError) -> StoreError {
        if error.is_timeout() {
            return StoreError::TimedOut;
        }
        let known = code(error).and_then(|code| CODES.iter().find(|(known, _)| *known == code));
        match (known, error.kind()) {
            (Some((_, Cure::Room)), _) => StoreError::Full,
            (Some((_, Cure::Wait(what))), _) => self.unavailable(what),
            (Some((_, Cure::Change(what))), _) => self.unsuitable(what),
            (None, ErrorKind::AuthenticationFailed) => {
                self.unsuitable("refuses the user or the password of the address")
            }
            (None, ErrorKind::Io) => {
                match verify_connect::trouble(error, verify_connect::UNTRUSTED) {
                    Some(what) => self.unsuitable(what),
                    None => self.unavailable("cannot be reached"),
                }
            }
            (None, kind) => match code(error).filter(|code| is_word(code)) {
                Some(code) => self.unavailable(format_args!("answers with the error `{code}`")),
                None => self.unavailable(format_args!("cannot be used: {kind:?}")),
            },
        }
    }

    pub(super) fn unavailable(&self, what: impl fmt::Display) -> StoreError {
        StoreError::Unavailable(format!("store of claims `{}` {what}", self.place()))
    }

    fn unsuitable(&self, what: impl fmt::Display) -> StoreError {
        StoreError::Unsuitable(format!("store of claims `{}` {what}", self.place()))
    }
}

impl Usage {
    /// Keeps the connection for the next call, unless this one failed.
    pub(super) fn end<T>(mut self, said: Result<T, StoreError>) -> Result<T, StoreError> {
        // A server that is full is still the right one.
        if matches!(said, Ok(_) | Err(StoreError::Full)) {
            self.line = None;
        }
        said
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        let Some((current, runtime)) = self.line.take() else { return };
        let number = self.number;
        let close = move |current: &mut Option<Numbered>| {
            if current.as_ref().is_some_and(|current| current.number == number) {
                *current = None;
            }
        };
        match Arc::clone(&current).try_lock_owned() {
            Ok(mut current) => close(&mut current),
            Err(_) => drop(runtime.spawn(async move { close(&mut *current.lock().await) })),
        }
    }
}

fn fresh_number() -> u64 {
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Relaxed)
}

/// What a server said may be shown only if it is this plain.
fn is_word(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
