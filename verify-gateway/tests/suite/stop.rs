//! SIGTERM ends it, and not what is in flight.

use core::time::Duration;
use std::thread;

use verify_core::Sender;

use crate::{
    gateway::{Place, alias},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

/// 10 s and 20 s, where nothing else is set.
#[test]
fn a_stop_waits_for_as_long_as_a_body_and_a_service_may_take() {
    // If this machine pauses, a body or a service takes too long, and the answer says so.
    let answered =
        (0..3).map(|_| stop_during_a_delivery()).find(|status| ![408, 503].contains(status));
    assert_eq!(answered, Some(204));
}

fn stop_during_a_delivery() -> u16 {
    let upstream = Upstream::new();
    upstream.behave(|_| {
        thread::sleep(Duration::from_secs(18));
        (204, String::new())
    });
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    let answer = gateway.send_late(MLFLOW, "an-id", &alias(1), || {
        gateway.signal("TERM");
        thread::sleep(Duration::from_secs(8));
    });
    answer.status
}
