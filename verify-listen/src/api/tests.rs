use core::num::NonZeroU64;
use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::{Desk, router};
use crate::{
    guard::Guard,
    journal::Journal,
    keys::Keys,
    store::{Keep, Store},
};

#[tokio::test]
async fn one_delivery_is_explained_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep { deliveries: NonZeroU64::MIN, bytes: 1 };
    let explaining = Arc::new(Semaphore::new(1));
    let desk = Desk {
        journal: Journal::new(Store::open(&folder.path().join("store"), keep).unwrap()),
        forward: None,
        keys: Keys::new([]).unwrap(),
        keep,
        origin: String::new(),
        may_sign: true,
        explaining: Arc::clone(&explaining),
    };
    let page = router(desk, Guard { is_open: false });
    let explain = async || {
        let request = Request::post("/api/deliveries/1/explain")
            .header("host", "localhost")
            .header("sec-fetch-site", "same-origin");
        page.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    };
    let turn = explaining.try_acquire().unwrap();
    assert_eq!(explain().await, StatusCode::SERVICE_UNAVAILABLE);
    drop(turn);
    // It is not there, and its turn is over.
    assert_eq!(explain().await, StatusCode::NOT_FOUND);
    assert_eq!(explain().await, StatusCode::NOT_FOUND);
}
