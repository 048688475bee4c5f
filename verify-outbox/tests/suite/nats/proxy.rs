//! A way to a server that can be cut.

use core::{
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, Ordering},
};
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Connections that are open while it is cut are dead for ever, and nobody is told.
    cut: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), cut: Arc::default() };
        let cut = Arc::clone(&proxy.cut);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, cut) = (client.unwrap(), Arc::clone(&cut));
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let also = Arc::clone(&cut);
                thread::spawn(move || carry(client, forth, &cut));
                thread::spawn(move || carry(server, back, &also));
            }
        });
        proxy
    }

    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    pub(crate) fn mend(&self) {
        self.cut.store(false, Ordering::Relaxed);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, cut: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    let mut is_dead = false;
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        is_dead = is_dead || cut.load(Ordering::Relaxed);
        if !is_dead && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if !is_dead {
        let _ = to.shutdown(Shutdown::Both);
    }
}
