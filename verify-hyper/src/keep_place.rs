use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::{Guest, Held};

/// Keeps the place of a connection while a verified delivery is handled: a layer within the one that verifies.
///
/// A request without a [`Guest`] among its extensions goes through as it is.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct KeepPlaceLayer;

impl KeepPlaceLayer {
    /// Makes the layer.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for KeepPlaceLayer {
    type Service = KeepPlace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        KeepPlace { inner }
    }
}

/// The service of [`KeepPlaceLayer`].
#[derive(Clone, Debug)]
pub struct KeepPlace<S> {
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for KeepPlace<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let held = request.extensions().get::<Guest>().cloned().map(Guest::hold);
        ResponseFuture { inner: self.inner.call(request), held }
    }
}

pin_project! {
    /// The future of [`KeepPlace`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Until the answer is there.
        held: Option<Held>,
    }
}

impl<F: Future> Future for ResponseFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let output = ready!(this.inner.poll(context));
        *this.held = None;
        Poll::Ready(output)
    }
}

#[cfg(test)]
mod tests {
    use core::{convert::Infallible, future::ready};

    use http::Request;
    use tokio::sync::oneshot;
    use tower_layer::Layer as _;
    use tower_service::Service;

    use super::KeepPlaceLayer;
    use crate::Crowd;

    /// Answers once it is told to.
    struct Slow(Option<oneshot::Receiver<()>>);

    impl Service<Request<()>> for Slow {
        type Response = ();
        type Error = Infallible;
        type Future = core::pin::Pin<Box<dyn Future<Output = Result<(), Infallible>>>>;

        fn poll_ready(
            &mut self,
            _: &mut core::task::Context<'_>,
        ) -> core::task::Poll<Result<(), Infallible>> {
            core::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            match self.0.take() {
                Some(told) => Box::pin(async move {
                    let _ = told.await;
                    Ok(())
                }),
                None => Box::pin(ready(Ok(()))),
            }
        }
    }

    #[tokio::test]
    async fn a_place_is_held_until_the_answer_is_there() {
        let place = Crowd::new(1).enter().await;
        let (tell, told) = oneshot::channel();
        let mut service = KeepPlaceLayer::new().layer(Slow(Some(told)));
        let mut request = Request::new(());
        request.extensions_mut().insert(place.guest());
        let mut answer = service.call(request);
        assert!(place.is_held());
        tell.send(()).unwrap();
        (&mut answer).await.unwrap();
        assert!(!place.is_held(), "though the future is still there");
        service.call(Request::new(())).await.unwrap();
    }
}
