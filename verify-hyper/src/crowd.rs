use core::time::Duration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{sleep, timeout},
};

/// How long a newcomer waits before it looks again: for somebody to leave, or for a file descriptor.
const AGAIN: Duration = Duration::from_millis(100);

/// The places of a server, one for each connection.
///
/// If no place is left, **the connection makes room whose last verified delivery is the longest ago**,
/// or the oldest connection that never had a verified delivery. A connection on which a verified
/// delivery is being handled stays. Unverified requests do not protect a connection, because forged
/// requests are cheap.
///
/// Clones share the places.
#[derive(Clone, Debug)]
pub struct Crowd(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: u32,
    places: Arc<Semaphore>,
    /// For those that leave and say goodbye. Where all are taken, one leaves without.
    goodbyes: Arc<Semaphore>,
    seats: Mutex<Seats>,
}

/// How many may say goodbye at a time.
const GOODBYES: u32 = 64;

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    by_id: HashMap<u64, Seat>,
}

#[derive(Debug)]
struct Seat {
    /// Whoever has the lowest leaves first.
    turn: u64,
    /// Verified deliveries that are being handled.
    held: usize,
    /// `None`: was asked.
    leave: Option<oneshot::Sender<()>>,
}

/// The place of a connection, for as long as it is open.
#[derive(Debug)]
pub struct Place {
    guest: Guest,
    permit: OwnedSemaphorePermit,
    asked: oneshot::Receiver<()>,
}

/// The connection that a request came over: an extension of each request.
#[derive(Clone, Debug)]
pub struct Guest {
    crowd: Crowd,
    id: u64,
}

/// Protects the connection of a verified delivery, until this value is dropped.
#[derive(Debug)]
pub struct Held(Guest);

impl Crowd {
    /// Makes so many places.
    #[must_use]
    pub fn new(most: u32) -> Self {
        let [places, goodbyes] =
            [most, GOODBYES].map(|count| Arc::new(Semaphore::new(count as usize)));
        Self(Arc::new(Shared { most, places, goodbyes, seats: Mutex::default() }))
    }

    /// Waits for a place. If there is none, another connection must leave.
    pub async fn enter(&self) -> Place {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.0.places).try_acquire_owned() {
                break permit;
            }
            self.dismiss();
            let place = Arc::clone(&self.0.places).acquire_owned();
            if let Ok(Ok(permit)) = timeout(AGAIN, place).await {
                break permit;
            }
        };
        let (leave, asked) = oneshot::channel();
        let mut seats = self.seats();
        let id = seats.turn();
        seats.by_id.insert(id, Seat { turn: id, held: 0, leave: Some(leave) });
        drop(seats);
        Place { guest: Guest { crowd: self.clone(), id }, permit, asked }
    }

    /// Waits for the next connection, and for a place for it.
    pub async fn accept(&self, listener: &TcpListener) -> (TcpStream, Place) {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => return (socket, self.enter().await),
                // Out of file descriptors, most likely: others will be closed.
                Err(_) => sleep(AGAIN).await,
            }
        }
    }

    /// Waits until all have left.
    pub async fn emptied(&self) {
        let all = [(&self.0.places, self.0.most), (&self.0.goodbyes, GOODBYES)];
        for (places, count) in all {
            // Nobody closes it.
            let _ = places.acquire_many(count).await;
        }
    }

    /// Asks one to leave, if there is one that may be asked.
    fn dismiss(&self) {
        let mut seats = self.seats();
        let idle = seats.by_id.values_mut().filter(|seat| seat.held == 0 && seat.leave.is_some());
        if let Some(leave) = idle.min_by_key(|seat| seat.turn).and_then(|seat| seat.leave.take()) {
            // An error is one that left by itself.
            let _ = leave.send(());
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        // Nothing can panic while the lock is held, so a poisoned one is still whole.
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    /// The turn after that of all others.
    fn turn(&mut self) -> u64 {
        let turn = self.next;
        self.next = turn.wrapping_add(1);
        turn
    }
}

impl Place {
    /// Returns the value to put into the extensions of each request.
    #[must_use]
    pub fn guest(&self) -> Guest {
        self.guest.clone()
    }

    /// Waits until it is to make room. Is ready once.
    pub async fn asked(&mut self) {
        // An error cannot be: what asks is there as long as the place.
        let _ = (&mut self.asked).await;
    }

    /// Gives the place to others, and returns whether there is time for an orderly end. Otherwise
    /// the connection must end at once.
    #[must_use]
    pub fn give_up(&mut self) -> bool {
        let goodbye = Arc::clone(&self.guest.crowd.0.goodbyes).try_acquire_owned();
        goodbye.map(|permit| self.permit = permit).is_ok()
    }

    /// Returns whether a verified delivery is being handled.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let Guest { crowd, id } = &self.guest;
        crowd.seats().by_id.get(id).is_some_and(|seat| seat.held > 0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guest.crowd.seats().by_id.remove(&self.guest.id);
    }
}

impl Guest {
    /// Says that a delivery was verified. It counts as being handled until the result is dropped.
    #[must_use]
    pub fn hold(self) -> Held {
        if let Some(seat) = self.crowd.seats().by_id.get_mut(&self.id) {
            seat.held = seat.held.saturating_add(1);
        }
        Held(self)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut seats = self.0.crowd.seats();
        let turn = seats.turn();
        if let Some(seat) = seats.by_id.get_mut(&self.0.id) {
            seat.held = seat.held.saturating_sub(1);
            seat.turn = turn;
        }
    }
}

#[cfg(test)]
mod tests {
    use core::{future::pending, time::Duration};

    use tokio::time::{Instant, timeout};

    use super::{Crowd, GOODBYES, Place};

    /// Whether it was asked to leave.
    async fn is_asked(place: &mut Place) -> bool {
        timeout(Duration::ZERO, place.asked()).await.is_ok()
    }

    /// Somebody more, who waits for a place for a moment only.
    async fn knock(crowd: &Crowd) -> Option<Place> {
        timeout(Duration::from_millis(10), crowd.enter()).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_leaves_while_there_are_places() {
        let crowd = Crowd::new(2);
        let (mut first, mut second) = (crowd.enter().await, crowd.enter().await);
        assert!(!is_asked(&mut first).await && !is_asked(&mut second).await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_leaves_first() {
        let crowd = Crowd::new(2);
        let (mut first, mut second) = (crowd.enter().await, crowd.enter().await);
        assert!(knock(&crowd).await.is_none());
        assert!(is_asked(&mut first).await && !is_asked(&mut second).await);
        drop(first);
        assert!(knock(&crowd).await.is_some(), "nobody else has to leave");
        assert!(!is_asked(&mut second).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_verified_delivery_protects_and_sends_to_the_end_of_the_line() {
        let crowd = Crowd::new(3);
        let mut places = [crowd.enter().await, crowd.enter().await, crowd.enter().await];
        let held = [&places[0], &places[0], &places[1]].map(|place| place.guest().hold());
        let [first, again, other] = held;
        drop(first);
        assert!(places[0].is_held() && !places[2].is_held());
        assert!(knock(&crowd).await.is_none());
        assert!(is_asked(&mut places[2]).await, "the newest, but without a verified delivery");
        assert!(knock(&crowd).await.is_none(), "the others are busy");
        drop((other, again));
        assert!(knock(&crowd).await.is_none());
        assert!(is_asked(&mut places[1]).await, "the first was busy until later");
        let [mut first, ..] = places;
        assert!(!is_asked(&mut first).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_while_all_are_busy_has_the_first_leave_that_no_longer_is() {
        let crowd = Crowd::new(1);
        let mut place = crowd.enter().await;
        let held = place.guest().hold();
        let newcomer = tokio::spawn({
            let crowd = crowd.clone();
            async move { crowd.enter().await }
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(held);
        let before = Instant::now();
        place.asked().await;
        assert!(before.elapsed() <= super::AGAIN);
        drop(place);
        newcomer.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_goodbye_gives_the_place_back_at_once_and_only_some_may_say_it() {
        let crowd = Crowd::new(1);
        let mut leaving = Vec::new();
        for _ in 0..GOODBYES {
            let mut place = crowd.enter().await;
            assert!(place.give_up());
            leaving.push(place);
        }
        let mut place = crowd.enter().await;
        assert!(!place.give_up());
        drop(place);
        let emptied = crowd.emptied();
        tokio::select! {
            () = emptied => panic!("some are still saying goodbye"),
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        drop(leaving);
        timeout(Duration::from_secs(1), crowd.emptied()).await.expect("all are gone");
    }

    /// Streams of HTTP/2 may outlive their connection.
    #[tokio::test(start_paused = true)]
    async fn what_is_held_longer_than_the_place_is_no_matter() {
        let crowd = Crowd::new(1);
        let place = crowd.enter().await;
        let guest = place.guest();
        let held = guest.clone().hold();
        drop(place);
        let place = crowd.enter().await;
        drop((held, guest.hold()));
        assert!(!place.is_held());
        let waiting = tokio::spawn(async move {
            let mut place = place;
            place.asked().await;
            pending::<()>().await;
        });
        assert!(knock(&crowd).await.is_none());
        waiting.abort();
    }
}
