use core::{cell::Cell, time::Duration};
use std::rc::Rc;

use actix_web::rt::{
    self,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::table::{Handling, Place, Rules};

/// How long a client has to read an answer, or the server to write it.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the requests of a connection know of it. The server drops it with the connection.
pub(crate) struct Connection {
    place: Place,
    rules: Rules,
    opened: Instant,
    /// The head of a request has come.
    has_begun: Rc<Cell<bool>>,
    /// An answer said so.
    is_closing: Cell<bool>,
    aging: JoinHandle<()>,
}

impl Connection {
    pub(super) fn new(place: Place, rules: Rules) -> Self {
        let has_begun = Rc::new(Cell::new(false));
        let aging = rt::spawn(end_in_time(rules, place.clone(), Rc::clone(&has_begun)));
        let is_closing = Cell::new(false);
        Self { place, rules, opened: Instant::now(), has_begun, is_closing, aging }
    }

    /// Remembers that the head of a request has come.
    pub(super) fn begin(&self) {
        self.has_begun.set(true);
    }

    /// Says that a verified delivery is being handled, until the returned value is dropped.
    pub(crate) fn handle(&self) -> Handling {
        self.place.handle()
    }

    /// Returns whether the next answer should be the last.
    pub(super) fn is_due(&self) -> bool {
        !self.rules.keeps_alive || self.opened.elapsed() * 2 > self.rules.age
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.get()
    }

    /// Remembers that an answer said close.
    pub(super) fn close(&self) {
        self.is_closing.set(true);
    }

    /// Ends the connection in a task of its own: that runs after the server's, which first writes what has
    /// been answered.
    pub(super) fn end(&self) -> JoinHandle<()> {
        let place = self.place.clone();
        rt::spawn(async move { place.end() })
    }

    /// Ends the connection as soon as the client has had time to read the answer.
    pub(super) fn end_soon(&self) -> impl Future<Output = ()> + use<> {
        let place = self.place.clone();
        async move {
            sleep(GOODBYE).await;
            place.end();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.aging.abort();
        self.place.leave();
    }
}

/// Ends a connection on which no head came in time, or that has become too old, once no verified delivery
/// is being handled.
async fn end_in_time(rules: Rules, place: Place, has_begun: Rc<Cell<bool>>) {
    let Rules { age, head, .. } = rules;
    let opened = Instant::now();
    if let Some(head) = head.filter(|head| *head < age) {
        sleep(head).await;
        if !has_begun.get() {
            return place.end();
        }
    }
    sleep(age.saturating_sub(opened.elapsed())).await;
    while place.is_handling() {
        sleep(GOODBYE).await;
    }
    place.end();
}
