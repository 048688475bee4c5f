//! Tells a page of what happens, as Server-Sent Events.

use core::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};

use crate::journal::{Journal, News};

/// How often a page is told that there is nothing to tell: so it is found out that it has gone.
const QUIET: Duration = Duration::from_secs(15);

/// Streams every delivery that is kept from now on, and every change of one.
///
/// `event: missed` says that the page should ask for all of them again: it was too slow, or nothing is kept any more.
pub(crate) fn stream(journal: &Journal) -> Response {
    let (page, body) = Channel::<Bytes, Infallible>::new(16);
    tokio::spawn(tell(journal.watch(), page));
    ([(CONTENT_TYPE, "text/event-stream")], Body::new(body)).into_response()
}

async fn tell(mut news: Receiver<News>, mut page: Sender<Bytes, Infallible>) {
    // So that the page knows that it is connected before the first delivery.
    let mut event = Bytes::from_static(b": connected\n\n");
    while page.send_data(event).await.is_ok() {
        event = loop {
            match timeout(QUIET, news.recv()).await {
                Ok(Ok(News::Delivery(summary))) => {
                    // JSON has no line breaks outside of what it escapes.
                    let json = serde_json::to_string(&*summary).unwrap_or_default();
                    break format!("data: {json}\n\n").into();
                }
                Ok(Ok(News::Missed(_) | News::Trouble(_))) => {}
                Ok(Ok(News::Cleared) | Err(RecvError::Lagged(_))) => {
                    break Bytes::from_static(b"event: missed\ndata:\n\n");
                }
                Ok(Err(RecvError::Closed)) => return,
                Err(_) => break Bytes::from_static(b": quiet\n\n"),
            }
        };
    }
}
