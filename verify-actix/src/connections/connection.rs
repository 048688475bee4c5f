use core::{cell::Cell, time::Duration};

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
    /// An answer said so.
    is_closing: Cell<bool>,
    aging: JoinHandle<()>,
}

impl Connection {
    pub(super) fn new(place: Place, rules: Rules) -> Self {
        let aging = rt::spawn(end_at(rules.age, place.clone()));
        Self { place, rules, opened: Instant::now(), is_closing: Cell::new(false), aging }
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

/// Ends a connection that has become too old, once no verified delivery is being handled.
async fn end_at(age: Duration, place: Place) {
    sleep(age).await;
    while place.is_handling() {
        sleep(GOODBYE).await;
    }
    place.end();
}
