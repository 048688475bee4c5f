//! A way to a server that can be cut, and lead to another one.

use core::{
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, AtomicU16, Ordering::Relaxed},
};
use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
};

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    target: Arc<AtomicU16>,
    /// Connections that were open while it was cut are dead for ever, and nobody is told.
    cut: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            target: Arc::new(AtomicU16::new(port)),
            cut: Arc::default(),
        };
        let (target, cut) = (Arc::clone(&proxy.target), Arc::clone(&proxy.cut));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, cut) = (Arc::clone(&target), Arc::clone(&cut));
                tokio::spawn(async move {
                    let target = (Ipv4Addr::LOCALHOST, target.load(Relaxed));
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::spawn(carry(from_client, to_server, Arc::clone(&cut)));
                    carry(from_server, to_client, cut).await;
                });
            }
        });
        proxy
    }

    pub(crate) fn cut(&self) {
        self.cut.store(true, Relaxed);
    }

    pub(crate) fn mend(&self) {
        self.cut.store(false, Relaxed);
    }

    pub(crate) fn lead_to(&self, port: u16) {
        self.target.store(port, Relaxed);
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, cut: Arc<AtomicBool>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if cut.load(Relaxed) {
            // Nothing gets through any more, and nothing is closed.
            core::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
