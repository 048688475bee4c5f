//! The servers that the settings name: whether they are there, and fit.

use core::time::Duration;
use std::thread;

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::{
    config::{Config, Destination},
    once,
};

/// How long they may take, which are asked at the same time.
const DEADLINE: Duration = Duration::from_secs(15);

/// What a person should know of a server, or what is wrong with it.
type Looked = Result<Vec<String>, String>;
type Look = dyn FnOnce() -> Looked + Send;

/// Looks at each. Returns what a person should know, or all that is wrong.
pub(crate) async fn look(config: Config) -> Looked {
    let Config { fixed, store, .. } = config;
    let claims = async {
        match &fixed.once {
            Some(address) if address.is_server() => {
                let (_, checked) = once::look(address, &fixed.limits).await?;
                checked.map_err(once::wrong)
            }
            _ => Ok(()),
        }
    };
    let known_for = store.as_ref().map(|(store, _)| store.known_for()).unwrap_or_default();
    let (paths, mut looks) = (fixed.kept.keys().cloned().collect::<Vec<_>>(), Vec::new());
    if let Some((_, place)) = store.filter(|(_, place)| place.is_server()) {
        let look = move || place.unposted(paths).map(|_| Vec::new());
        looks.push(begin("`[store]`".to_owned(), Box::new(look)));
    }
    for (path, destination) in &fixed.kept {
        if let Destination::Publish { servers, stream, subject } = destination.clone() {
            let look = move || {
                let nats = servers.builder("");
                let told = nats.and_then(|nats| nats.look(known_for, &stream, &subject));
                told.map_err(|error| error.to_string())
            };
            looks.push(begin(format!("`{path}`"), Box::new(look)));
        }
    }
    let (mut told, mut wrong) = (Vec::new(), claims.await.err().into_iter().collect::<Vec<_>>());
    for look in looks {
        match look.await {
            Ok(more) => told.extend(more),
            Err(error) => wrong.push(error),
        }
    }
    told.dedup();
    if wrong.is_empty() { Ok(told) } else { Err(wrong.join("\n")) }
}

/// Begins to look at a server, on a thread that nobody waits for longer than the deadline.
fn begin(name: String, look: Box<Look>) -> impl Future<Output = Looked> {
    let (done, looked) = oneshot::channel();
    let deadline = Instant::now() + DEADLINE;
    thread::spawn(move || done.send(look()));
    async move {
        let looked = timeout_at(deadline, looked).await.ok().and_then(Result::ok);
        let slow = || Err(format!("no answer within {} s", DEADLINE.as_secs()));
        looked.unwrap_or_else(slow).map_err(|error| format!("{name}: {error}"))
    }
}
