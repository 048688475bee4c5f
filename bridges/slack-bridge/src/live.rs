use core::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, response::Response};
use bridge_common::Live;
use tower_service::Service;

/// Hands each request to the application that is in place when it comes.
#[derive(Clone)]
pub(crate) struct LiveApp(pub(crate) Live<Router>);

impl<R> Service<R> for LiveApp
where
    Router: Service<R, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<R>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // As a router is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let mut app = Router::clone(&self.0.load());
        Service::call(&mut app, request)
    }
}
