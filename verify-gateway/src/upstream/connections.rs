//! Connections to a service, which are used again. Each is driven by the task of the delivery that goes over it: no other
//! task has to be woken, and a delivery that is given up takes its connection with it.

use core::{
    future::poll_fn,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use tokio::time::{sleep, timeout};

use super::{
    Said, Trouble,
    connection::{Connection, Left},
    connector::Connector,
};
use crate::afterwards::{Afterwards, What};

/// How long a connection is kept that nothing goes over. Servers close connections that are idle: Gunicorn after 2 s,
/// Node.js and Uvicorn after 5 s. A delivery that crosses with that is not known to have arrived or not, so ours are closed
/// earlier.
const IDLE: Duration = Duration::from_secs(1);

/// How long a service may take for the rest after the head of its answer.
const FINISH: Duration = Duration::from_secs(60);

/// The connections to one service.
pub(super) struct Connections {
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
}

/// Those that nothing goes over.
#[derive(Default)]
struct Idle {
    /// Since when. The one that was used last comes last.
    open: Vec<(Instant, Connection)>,
    /// Whether a task closes those that were idle for too long.
    is_swept: bool,
}

impl Connections {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, idle: Arc::default() }
    }

    /// Asks, and returns the answer. One more connection is tried where the service closed the last before anything was
    /// written to it.
    pub(super) async fn ask(
        &self,
        head: Bytes,
        body: Bytes,
        afterwards: &Afterwards,
    ) -> Result<Said, Trouble> {
        while let Some(idle) = self.take() {
            match self.ask_over(idle, head.clone(), body.clone(), afterwards).await {
                Err(None) => {}
                Err(Some(trouble)) => return Err(trouble),
                Ok(said) => return Ok(said),
            }
        }
        let opened = Connection::new(self.connector.connect().await?);
        let answered = self.ask_over(opened, head, body, afterwards).await;
        answered.map_err(|trouble| trouble.unwrap_or(Trouble::Broken))
    }

    /// Asks over one, and keeps it if another request may go over it.
    ///
    /// The head of an answer says what became of the delivery, so nobody waits for more. But the service may still read or
    /// work on its answer, and a connection that breaks would break that off.
    async fn ask_over(
        &self,
        mut open: Connection,
        head: Bytes,
        body: Bytes,
        afterwards: &Afterwards,
    ) -> Result<Said, Option<Trouble>> {
        let (said, mut left) = open.ask(head, body).await?;
        match open.poll_finish(&mut Context::from_waker(Waker::noop()), &mut left) {
            Poll::Ready(true) => keep(&self.idle, open),
            Poll::Ready(false) => {}
            Poll::Pending => {
                let held = left.memory();
                afterwards.go_on(What::Answer, held, finish(Arc::clone(&self.idle), open, left));
            }
        }
        Ok(said)
    }

    /// The one that was used last and that the service has not closed.
    fn take(&self) -> Option<Connection> {
        loop {
            let (since, mut open) = lock(&self.idle).open.pop()?;
            if since.elapsed() < IDLE && open.is_ready() {
                return Some(open);
            }
        }
    }
}

/// Waits until a request and its answer are over, and keeps the connection then.
async fn finish(idle: Arc<Mutex<Idle>>, mut open: Connection, mut left: Left) {
    let over = poll_fn(|context| open.poll_finish(context, &mut left));
    if timeout(FINISH, over).await == Ok(true) {
        keep(&idle, open);
    }
}

fn keep(all: &Arc<Mutex<Idle>>, open: Connection) {
    let mut idle = lock(all);
    idle.open.push((Instant::now(), open));
    if !core::mem::replace(&mut idle.is_swept, true) {
        tokio::spawn(sweep(Arc::clone(all)));
    }
}

/// Closes those that are idle for too long, until there are none.
async fn sweep(idle: Arc<Mutex<Idle>>) {
    loop {
        sleep(IDLE).await;
        let mut idle = lock(&idle);
        idle.open.retain(|(since, _)| since.elapsed() < IDLE);
        if idle.open.is_empty() {
            idle.is_swept = false;
            return;
        }
    }
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    // Nothing in here panics, so a poisoned one is still whole.
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::{Afterwards, Arc, Bytes, Connections, Connector, What};

    struct Body(Arc<Vec<u8>>);

    impl AsRef<[u8]> for Body {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    /// Of a service that answers and does not read: as much as there is room for, and no more.
    #[tokio::test]
    async fn what_is_not_read_holds_so_much_memory_at_most() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut all = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(b"HTTP/1.1 202 Early\r\n\r\n").await.unwrap();
                all.push(stream);
            }
        });
        let connector = Connector::new(url.parse().unwrap(), None, Duration::from_secs(5));
        let (connections, afterwards) = (Connections::new(connector), Afterwards::new(16 << 20));
        let body = vec![b'x'; 7 << 20];
        for holding in [1, 2, 2] {
            let (head, body) = ("POST / HTTP/1.1\r\n\r\n".into(), body.clone().into());
            let said = connections.ask(head, body, &afterwards).await;
            assert_eq!(said.unwrap().status.as_u16(), 202);
            // Besides the body, 16 KiB for what it answers.
            assert_eq!(afterwards.taken(What::Answer), holding * ((7 << 10) + 16));
        }
    }

    /// What was sent holds nothing any more, however long the answer takes.
    #[tokio::test]
    async fn what_was_read_holds_no_memory() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let length = 7 << 20;
        let reading = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut all = vec![0; length + 19];
            stream.read_exact(&mut all).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n").await.unwrap();
            stream
        };
        let connector = Connector::new(url.parse().unwrap(), None, Duration::from_secs(5));
        let (connections, afterwards) = (Connections::new(connector), Afterwards::new(1 << 20));
        let head = "POST / HTTP/1.1\r\n\r\n".into();
        let held = Arc::new(vec![b'x'; length]);
        let body = Bytes::from_owner(Body(Arc::clone(&held)));
        let (said, _stream) = tokio::join!(connections.ask(head, body, &afterwards), reading);
        assert_eq!(said.unwrap().status.as_u16(), 200);
        assert_eq!((afterwards.taken(What::Answer), Arc::strong_count(&held)), (256, 1));
    }
}
