//! Two ports: deliveries come to one, which a tunnel may open to the world, and the page is on the
//! other, which stays on this machine.

use core::{net::SocketAddr, ops::ControlFlow};
use std::{sync::Arc, thread};

use axum::Router;
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::{
        Semaphore,
        broadcast::{Receiver, error::RecvError},
        oneshot, watch,
    },
};

use crate::{
    Keys, ListenError, News, Settings,
    api::{self, Desk},
    error::Kind,
    guard::Guard,
    journal::Journal,
    receive, secrets,
    serve::{CONNECTIONS, serve},
    signals::StopSignals,
    store::Store,
};

/// Both ports and the store, open.
#[derive(Debug)]
pub struct Listen {
    runtime: Runtime,
    store: Store,
    keys: Keys,
    is_try_out: bool,
    signals: StopSignals,
    news: Receiver<News>,
    deliveries: Port,
    page: Port,
}

/// A port, and what is served there.
#[derive(Debug)]
struct Port {
    listener: TcpListener,
    app: Router,
    origin: String,
}

impl Settings {
    /// Opens the store and both ports. It does not serve yet: clients wait.
    ///
    /// # Errors
    ///
    /// A setting would expose the page to other machines, two senders share a secret, or a port or the store
    /// cannot be opened.
    pub fn start(self) -> Result<Listen, ListenError> {
        if !self.page.ip().to_canonical().is_loopback() && !self.dangerous_open_page {
            return Err(Kind::PageOpen(self.page).into());
        }
        if let Some(forward) = &self.forward {
            for (option, address) in [("--bind", self.bind), ("--page", self.page)] {
                if forward.is_to(address) {
                    let url = forward.url().to_owned();
                    return Err(Kind::ForwardToItself { url, option }.into());
                }
            }
        }
        let is_try_out = self.keys.iter().next().is_none();
        if is_try_out && !self.bind.ip().to_canonical().is_loopback() {
            return Err(Kind::TryOutOpen(self.bind).into());
        }
        Listen::open(self, is_try_out)
    }
}

impl Listen {
    fn open(settings: Settings, is_try_out: bool) -> Result<Self, ListenError> {
        let Settings { forward, keys, keep, .. } = settings;
        // Whoever else has the store open has its secrets too.
        let store = Store::open(&settings.store, keep).map_err(Kind::Store)?;
        let keys =
            if is_try_out { secrets::kept(&settings.store, settings.new_secrets)? } else { keys };
        let runtime = Runtime::new().map_err(Kind::Runtime)?;
        let (deliveries, page, signals) = runtime.block_on(async {
            let deliveries = bind("--bind", settings.bind).await?;
            let page = bind("--page", settings.page).await?;
            // Before it is said that it listens: an early one would end it.
            let signals = StopSignals::new().map_err(Kind::Runtime)?;
            Ok::<_, ListenError>((deliveries, page, signals))
        })?;
        let journal = Journal::new(store.clone());
        let news = journal.watch();
        let receiving = receive::router(&journal, forward.clone(), keys.verifiers()?);
        let desk = Desk {
            may_sign: !settings.dangerous_open_page,
            journal,
            forward,
            keys: keys.clone(),
            keep,
            origin: origin(&deliveries)?,
            explaining: Arc::new(Semaphore::new(1)),
        };
        let rules = Guard { is_open: settings.dangerous_open_page };
        Ok(Self {
            runtime,
            store,
            keys,
            is_try_out,
            signals,
            news,
            deliveries: Port::new(deliveries, receiving)?,
            page: Port::new(page, api::router(desk, rules))?,
        })
    }

    /// Returns the secrets: from the settings, or the generated secrets, which are kept beside the store.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns whether no secret was set, so that each sender has a generated secret.
    #[must_use]
    pub const fn is_try_out(&self) -> bool {
        self.is_try_out
    }

    /// Returns the address that senders deliver to, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.deliveries.origin
    }

    /// Returns the URL of the page.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page.origin
    }

    /// Returns the path that deliveries of a sender come to.
    #[must_use]
    pub fn path(sender: &crate::Sender) -> String {
        receive::path(sender)
    }

    /// Serves until the process gets Ctrl-C or SIGTERM, or until `show` says so. Then it finishes what is in
    /// flight. A second signal ends it at once.
    ///
    /// `show` runs on a thread of its own, because a terminal or a pipe may block. If it is more than 1,024 news
    /// behind, [`News::Missed`] counts the rest.
    ///
    /// # Errors
    ///
    /// The error of `show`, or no thread can be started for it.
    pub fn run<E: From<ListenError> + Send + 'static>(
        self,
        show: impl FnMut(News) -> Result<ControlFlow<()>, E> + Send + 'static,
    ) -> Result<(), E> {
        let Self { runtime, store, mut signals, news, deliveries, page, .. } = self;
        let ended = runtime.block_on(async {
            let (stop, mut stopping) = watch::channel(());
            let receiving = tokio::spawn(deliveries.serve(async move {
                let _ = stopping.changed().await;
            }));
            // Until the end, so that it shows what is still in flight then.
            tokio::spawn(page.serve(core::future::pending()));
            let shown = hand_on(news, show);
            let shown = shown.map_err(|error| ListenError::from(Kind::Runtime(error)))?;
            tokio::select! {
                Ok(shown) = shown => return shown,
                () = signals.recv() => {}
            }
            drop(stop);
            eprintln!("verify: stopping; what is in flight is finished");
            tokio::select! {
                _ = receiving => {}
                () = signals.recv() => {}
            }
            Ok(())
        });
        // What waits for a handler or a page is not waited for.
        runtime.shutdown_background();
        store.close();
        ended
    }
}

impl Port {
    fn new(listener: TcpListener, app: Router) -> Result<Self, ListenError> {
        Ok(Self { origin: origin(&listener)?, listener, app })
    }

    async fn serve(self, stop: impl Future<Output = ()>) {
        serve(self.listener, self.app, CONNECTIONS, stop).await;
    }
}

fn origin(listener: &TcpListener) -> Result<String, ListenError> {
    let address = listener.local_addr().map_err(Kind::Runtime)?;
    Ok(format!("http://{address}"))
}

async fn bind(option: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.map_err(|error| Kind::Bind { option, address, error })?)
}

/// Calls `show` with what happens until nobody tells any more.
fn hand_on<E: Send + 'static>(
    mut news: Receiver<News>,
    mut show: impl FnMut(News) -> Result<ControlFlow<()>, E> + Send + 'static,
) -> std::io::Result<oneshot::Receiver<Result<(), E>>> {
    let (end, ended) = oneshot::channel();
    let mut hand_on = move || {
        loop {
            let news = match news.blocking_recv() {
                Ok(news) => news,
                Err(RecvError::Lagged(missed)) => News::Missed(missed),
                Err(RecvError::Closed) => return Ok(()),
            };
            if show(news)?.is_break() {
                return Ok(());
            }
        }
    };
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        // Whoever has stopped does not need to know.
        let _ = end.send(hand_on());
    })?;
    Ok(ended)
}
