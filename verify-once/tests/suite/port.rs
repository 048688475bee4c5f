//! Ports of servers that are started, killed and started again.

use core::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port of loopback that no other test is given as long as this is there, whether its server runs or not.
///
/// A socket that is bound to it and does not listen keeps it: the system gives it to nobody who asks for any port, nor
/// to a connection that goes out, and refuses who wants to connect. A server that names it gets it.
pub(crate) struct Port(TcpSocket);

impl Port {
    pub(crate) fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Then the server, which says the same, may listen.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self(socket)
    }

    pub(crate) fn number(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }
}
