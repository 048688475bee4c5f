//! A framework of a few lines, and deliveries for it.

use core::{
    any::Any,
    task::{Context, Poll},
    time::Duration,
};
use std::{sync::Arc, time::UNIX_EPOCH};

use bytes::Bytes;
use verify_adapter::{Arrival, Budget, Clock, Decision, Fixed, Read, Refusal, Request, Resolver};
use verify_core::{Headers, Secret, Sender, Signer, UnixTime, Verifier};

pub(crate) const NOW: u64 = 1_795_290_782;

/// A limit of 1,000 bytes.
pub(crate) fn verifier(sender: Sender) -> Verifier {
    let secret = Secret::new("unspeakable").unwrap();
    let verifier = Verifier::builder(sender).secret_named("new", secret);
    verifier.body_limit(1000).build().unwrap()
}

pub(crate) fn signed(sender: Sender, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(sender, Secret::new("unspeakable").unwrap()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(NOW), "an-id", body).unwrap();
    signed.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

pub(crate) type Settings = verify_adapter::Settings<Headed, Answered>;

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.budget = Budget::new(1_000_000);
    settings.clock = Clock::new(|| UNIX_EPOCH + Duration::from_secs(NOW));
    settings
}

pub(crate) fn by_verifier(sender: Sender) -> Fixed {
    Fixed::new(verifier(sender).into())
}

/// What a resolver sees.
pub(crate) type Headed = Vec<(&'static str, String)>;

/// How a body answers when it is polled.
type Chunks = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, ()>>>>;

pub(crate) struct Incoming {
    pub(crate) headers: Headed,
    pub(crate) chunks: Chunks,
    pub(crate) known_length: Option<u64>,
    pub(crate) extensions: Vec<Box<dyn Any>>,
    pub(crate) hidden: Vec<&'static str>,
}

/// The answer to a refused request.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) refusal: Option<Refusal>,
    /// Replaced by the user.
    pub(crate) is_own: bool,
}

/// What the inner service gets.
pub(crate) struct Handed {
    pub(crate) request: Incoming,
    pub(crate) read: Read,
    pub(crate) limit: usize,
}

impl Incoming {
    /// A request with these headers and chunks. Its body must not be polled after its end.
    pub(crate) fn new(headers: Headed, chunks: &[&'static [u8]]) -> Self {
        let chunks = chunks.to_vec();
        let mut chunks = Some(chunks.into_iter());
        Self::polling(headers, move |_| {
            let chunk = chunks.as_mut().expect("polled after its end").next();
            if chunk.is_none() {
                chunks = None;
            }
            Poll::Ready(chunk.map(|chunk| Ok(Bytes::from_static(chunk))))
        })
    }

    pub(crate) fn polling(
        headers: Headed,
        chunks: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, ()>>> + 'static,
    ) -> Self {
        let (extensions, hidden) = (Vec::new(), Vec::new());
        Self { headers, chunks: Box::new(chunks), known_length: None, extensions, hidden }
    }

    pub(crate) fn get<T: Clone + 'static>(&self) -> Option<T> {
        self.extensions.iter().find_map(|value| value.downcast_ref()).cloned()
    }
}

impl Headers for Incoming {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.values(name)
    }
}

impl Request for Incoming {
    type Head = Headed;
    type Inner = Handed;
    type Response = Answered;
    type Answer = Answered;
    type Error = ();

    fn head(&self) -> &Headed {
        &self.headers
    }

    fn hide(&mut self, mut is_secret: impl FnMut(&str, &[u8]) -> bool) {
        let secret = self.headers.iter().filter(|(name, value)| is_secret(name, value.as_bytes()));
        self.hidden.extend(secret.map(|(name, _)| *name));
    }

    fn insert<T: Clone + Send + Sync + 'static>(inner: &mut Handed, value: T) {
        inner.request.extensions.push(Box::new(value));
    }

    fn remove<T: Clone + Send + Sync + 'static>(&mut self) {
        self.extensions.retain(|value| !value.is::<T>());
    }

    fn known_length(&self) -> Option<u64> {
        self.known_length
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ()>>> {
        (self.chunks)(cx)
    }

    fn into_inner(self, read: Read, limit: usize) -> Handed {
        Handed { request: self, read, limit }
    }

    fn refuse(self, refusal: Refusal, own: Option<Answered>) -> Answered {
        Answered { refusal: Some(refusal), ..own.unwrap_or_default() }
    }
}

/// Begins with a request under the verifier of its sender.
pub(crate) fn arriving(
    settings: &Settings,
    sender: Sender,
    request: Incoming,
) -> Arrival<Incoming, <Fixed as Resolver<Headed>>::Future> {
    Arrival::new(Arc::new(settings.clone()), request, &by_verifier(sender))
}

/// What becomes of it.
pub(crate) async fn decide(settings: &Settings, request: Incoming) -> Decision<Incoming> {
    arriving(settings, Sender::WANDB, request).await
}
