//! `verify listen`: receives, verifies, shows and hands on.
//!
//! Two ports: deliveries come to one, which a tunnel may open to the world, and the page is on the
//! other, which stays on this machine.

mod api;
mod error;
mod forward;
mod greeting;
mod guard;
mod journal;
mod live;
mod options;
mod page;
mod receive;
mod record;
mod secrets;
mod serve;
mod signals;
mod store;
mod subject;
mod terminal;

use core::net::SocketAddr;
use std::sync::Arc;

use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::{Semaphore, watch},
};

use self::{
    api::Desk,
    guard::Guard,
    journal::Journal,
    secrets::Keys,
    serve::{CONNECTIONS, serve},
    signals::StopSignals,
    store::Store,
};
pub(crate) use self::{error::ListenError, options::Options};
use crate::{Error, Output, Verdict};

impl Options {
    pub(crate) fn run(self, output: &Output) -> Result<Verdict, Error> {
        if !self.page.ip().to_canonical().is_loopback() && !self.dangerous_open_page {
            return Err(ListenError::PageOpen(self.page).into());
        }
        if let Some(forward) = &self.forward_to {
            for (option, address) in [("--bind", self.bind), ("--page", self.page)] {
                if forward.is_to(address) {
                    let url = forward.url().to_owned();
                    return Err(ListenError::ForwardToItself { url, option }.into());
                }
            }
        }
        let mut keys = Keys::read(&self.keys)?;
        let is_try_out = keys.iter().next().is_none();
        if is_try_out {
            if !self.bind.ip().to_canonical().is_loopback() {
                return Err(ListenError::TryOutOpen(self.bind).into());
            }
            keys = Keys::generate()?;
        }
        let path = self.store.path()?;
        let store = Store::open(&path, self.store.keep()).map_err(ListenError::Store)?;
        let runtime = Runtime::new().map_err(ListenError::Runtime)?;
        let ended = runtime.block_on(self.listen(keys, is_try_out, &store, output.is_json()));
        // What waits for a handler or a page is not waited for.
        runtime.shutdown_background();
        store.close();
        ended.map(|()| Verdict::Verified)
    }

    async fn listen(
        self,
        keys: Keys,
        is_try_out: bool,
        store: &Store,
        is_json: bool,
    ) -> Result<(), Error> {
        let deliveries = bind("--bind", self.bind).await?;
        let page = bind("--page", self.page).await?;
        let address = |listener: &TcpListener| listener.local_addr().map_err(ListenError::Runtime);
        let origin = format!("http://{}", address(&deliveries)?);
        let page_url = format!("http://{}", address(&page)?);

        let journal = Journal::new(store.clone());
        let news = journal.watch();
        let receiving = receive::router(&journal, self.forward_to.clone(), keys.verifiers()?);
        let desk = Desk {
            paths: keys.iter().map(|keys| receive::path(&keys.sender)).collect(),
            journal,
            forward: self.forward_to.clone(),
            keys: keys.clone(),
            keep: self.store.keep(),
            origin: origin.clone(),
            explaining: Arc::new(Semaphore::new(1)),
        };
        let rules = Guard { is_open: self.dangerous_open_page };
        // Before it says that it listens: an early one would end it.
        let mut signals = StopSignals::new().map_err(ListenError::Runtime)?;
        greeting::print(&self, &keys, is_try_out, &origin, &page_url);

        let (stop, stopping) = watch::channel(());
        let receiving = tokio::spawn(serve(deliveries, receiving, CONNECTIONS, async move {
            let mut stopping = stopping;
            let _ = stopping.changed().await;
        }));
        // Until the end, so that it shows what is still in flight then.
        tokio::spawn(serve(page, api::router(desk, rules), CONNECTIONS, core::future::pending()));

        let shown = terminal::show(news, self.forward_to.is_some(), is_json);
        let shown = shown.map_err(ListenError::Runtime)?;
        tokio::select! {
            Ok(shown) = shown => return shown,
            () = signals.recv() => {}
        }
        drop(stop);
        anstream::eprintln!("verify: stopping; what is in flight is finished");
        tokio::select! {
            _ = receiving => {}
            () = signals.recv() => {}
        }
        Ok(())
    }
}

async fn bind(option: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| ListenError::Bind { option, address, error })
}
