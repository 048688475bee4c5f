//! Connections to a service, which are used again. Each is driven by the task of the delivery that goes over it: no other
//! task has to be woken, and a delivery that is given up takes its connection with it.

use core::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use http::{Request, response::Parts};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::sleep;

use super::{
    Trouble,
    connector::{Connector, Stream},
};

/// How long a connection is kept that nothing goes over. Servers close connections that are idle: Gunicorn after 2 s,
/// Node.js and Uvicorn after 5 s. A delivery that crosses with that is not known to have arrived or not, so ours are closed
/// earlier.
const IDLE: Duration = Duration::from_secs(1);
/// Of the body of an answer, which nobody reads: so much is let by to use the connection again.
const BODY: usize = 64 * 1024;

type Delivery = Request<Full<Bytes>>;
type Wire = Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// The connections to one service.
pub(super) struct Connections {
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
}

/// Those that nothing goes over.
#[derive(Default)]
struct Idle {
    /// Since when. The one that was used last comes last.
    open: Vec<(Instant, Open)>,
    /// Whether a task closes those that were idle for too long.
    is_swept: bool,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// `None`: it is over.
    connection: Option<Wire>,
}

impl Connections {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, idle: Arc::default() }
    }

    /// Asks, and returns the head of the answer. One more connection is tried where the service closed the last before
    /// anything was written to it.
    pub(super) async fn ask(&self, mut request: Delivery) -> Result<Parts, Trouble> {
        while let Some(idle) = self.take() {
            match self.ask_over(idle, request).await {
                Err(Some(unsent)) => request = unsent,
                Err(None) => return Err(Trouble::Broken),
                Ok(head) => return Ok(head),
            }
        }
        let opened = Open::new(self.connector.connect().await?).await?;
        self.ask_over(opened, request).await.map_err(|_| Trouble::Broken)
    }

    /// Asks over one, and keeps it if another request may go over it.
    async fn ask_over(&self, mut open: Open, request: Delivery) -> Result<Parts, Option<Delivery>> {
        let head = open.ask(request).await?;
        if open.is_ready() {
            self.keep(open);
        }
        Ok(head)
    }

    /// The one that was used last and that the service has not closed.
    fn take(&self) -> Option<Open> {
        loop {
            let (since, mut open) = lock(&self.idle).open.pop()?;
            if since.elapsed() < IDLE && open.is_ready() {
                return Some(open);
            }
        }
    }

    fn keep(&self, open: Open) {
        let mut idle = lock(&self.idle);
        idle.open.push((Instant::now(), open));
        if !core::mem::replace(&mut idle.is_swept, true) {
            tokio::spawn(sweep(Arc::clone(&self.idle)));
        }
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

impl Open {
    async fn new(stream: Box<dyn Stream>) -> Result<Self, Trouble> {
        let opened = Builder::new().handshake(TokioIo::new(stream)).await;
        let (sender, connection) = opened.map_err(|_| Trouble::Broken)?;
        Ok(Self { sender, connection: Some(connection) })
    }

    /// Returns the head of the answer; or the request, if nothing of it was written.
    async fn ask(&mut self, request: Delivery) -> Result<Parts, Option<Delivery>> {
        let Self { sender, connection } = self;
        let mut asked = pin!(async move {
            let answered = sender.try_send_request(request).await;
            let (head, body) = answered.map_err(|mut error| error.take_message())?.into_parts();
            // What it meant stands in the head.
            let _ = Limited::new(body, BODY).collect().await;
            Ok(head)
        });
        poll_fn(|context| {
            // It waits for nothing but the connection, so it is asked before and after.
            if let Poll::Ready(answer) = asked.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            drive(connection, context);
            asked.as_mut().poll(context)
        })
        .await
    }

    /// Returns whether another request may go over it: the service has not closed it, and nothing is left of an answer.
    fn is_ready(&mut self) -> bool {
        drive(&mut self.connection, &mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }
}

fn drive(connection: &mut Option<Wire>, context: &mut Context<'_>) {
    let is_over =
        connection.as_mut().is_some_and(|going_on| Pin::new(going_on).poll(context).is_ready());
    if is_over {
        *connection = None;
    }
}
