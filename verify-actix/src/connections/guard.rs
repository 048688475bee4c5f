use core::pin::Pin;

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, forward_ready},
    http::{ConnectionType, StatusCode, Version},
    rt,
};

use super::{connection::Connection, unread::Unread};
use crate::body::HoldingBody;

/// The service that [`Connections`](crate::Connections) puts around another.
#[derive(Debug)]
pub struct ConnectionsMiddleware<S> {
    inner: S,
}

impl<S> ConnectionsMiddleware<S> {
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, B> Service<ServiceRequest> for ConnectionsMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        request.conn_data::<Connection>().into_iter().for_each(Connection::begin);
        if request.version() > Version::HTTP_11 {
            let answer = self.inner.call(request);
            return Box::pin(async { Ok(answer.await?.map_into_boxed_body()) });
        }
        let connection = request.conn_data::<Connection>();
        if let Some(end) = connection.filter(|it| it.is_closing()).map(Connection::end) {
            return Box::pin(async {
                let _ = end.await;
                // Nobody sees it: the connection has ended.
                Ok(request.into_response(HttpResponse::new(StatusCode::BAD_REQUEST)))
            });
        }
        let end_soon = connection.map(Connection::end_soon);
        let unread = Unread::of(&mut request);
        let answer = self.inner.call(request);
        Box::pin(async {
            match answer.await {
                Ok(response) => Ok(finish(response.map_into_boxed_body(), unread)),
                Err(error) => {
                    // actix makes the answer, and so nothing can keep the rest until it is sent.
                    if unread.is_some_and(|unread| unread.is_left())
                        && let Some(end_soon) = end_soon
                    {
                        rt::spawn(end_soon);
                    }
                    Err(error)
                }
            }
        })
    }
}

/// Has the answer say close where it is the last, and keep what was left unread of the request.
fn finish(mut response: ServiceResponse, unread: Option<Unread>) -> ServiceResponse {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let unread = unread.filter(Unread::is_left);
    let connection = response.request().conn_data::<Connection>();
    let says_close = response.response().head().connection_type() == ConnectionType::Close
        || response.request().head().connection_type() == ConnectionType::Close;
    if unread.is_some() || says_close || connection.is_some_and(Connection::is_due) {
        connection.into_iter().for_each(Connection::close);
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    match unread {
        Some(unread) => response.map_body(|_, body| HoldingBody::boxed(body, unread)),
        None => response,
    }
}
