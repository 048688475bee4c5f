use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::sync::Arc;

use bytes::Bytes;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use verify_core::{Verified, Verifier};

use crate::{
    Read, Refusal, Reported, Request, ResolveError, Resolver, Settings,
    budget::Charge,
    intake::{Head, Intake, Refused},
    request::{AUTHORIZATION, CONTENT_LENGTH, parse_length},
};

pin_project! {
    /// A request while it arrives. It ends in a [`Decision`].
    ///
    /// Dropping it at any point gives its share of the budget back. It needs a tokio runtime with its
    /// timer on.
    ///
    /// # Panics
    ///
    /// In debug builds, if it is polled again after its end. In release builds it is then pending.
    #[must_use = "nothing is decided before it is polled"]
    pub struct Arrival<Q: Request, F> {
        #[pin]
        resolving: F,
        // In a box, because a request is large, and frameworks move what holds it. `None` after the end.
        arriving: Option<Box<Arriving<Q>>>,
    }
}

/// Whether a request is answered or the inner service is called.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "an adapter has to do one or the other")]
pub enum Decision<Q: Request> {
    /// The delivery is refused: this is the answer, and the inner service is not called.
    Answer(Q::Answer),
    /// The inner service is called. The delivery is verified, or its refusal is only reported.
    Call(Q::Inner, Handling),
}

/// Holds the delivery's share of the budget. Keep it for as long as the inner service handles the request.
#[derive(Debug)]
pub struct Handling {
    refusal: Option<Refusal>,
    _charge: Option<Charge>,
}

impl Handling {
    /// Returns why the request would have been refused, if that was only reported. `None` means that the
    /// delivery is verified. A refusal goes into the extensions of the response.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }
}

struct Arriving<Q: Request> {
    settings: Arc<Settings<Q::Head, Q::Response>>,
    request: Q,
    patience: Patience,
    /// Once there is a verifier.
    sender: &'static str,
    body_limit: usize,
    /// Once the head was found good.
    intake: Option<Intake>,
}

/// How long is waited for the verifier and the body.
struct Patience {
    deadline: Duration,
    /// Set at the second wait, so a delivery that is there at once costs no timer.
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether there was a first wait. actix and HTTP/2 hand a body over only after the first poll: for it the task
    /// is polled once more, which costs less than a timer and a waker that are given back at once.
    has_yielded: bool,
}

/// Why a delivery is refused before the end of its body, and the chunk that was not taken.
type Stop = (Refusal, Bytes);

/// How many chunks are taken in one go. A body of which another is always ready, and be they empty,
/// must not keep the deadline and other tasks waiting.
const CHUNKS: usize = 256;

/// What the extractors of frameworks are raised to at least: axum's limit, and the one of actix's
/// `web::Json`. So none is lowered, and a small body may unpack to more than the verifier's limit.
const LEAST_LIMIT: usize = 2 * 1024 * 1024;

impl<Q: Request, F> Arrival<Q, F> {
    /// Begins with a request of which nothing was read.
    pub fn new<R: Resolver<Q::Head, Future = F>>(
        settings: Arc<Settings<Q::Head, Q::Response>>,
        mut request: Q,
        resolver: &R,
    ) -> Self {
        if R::SEES_HEAD {
            request.hide(|name, _| name == AUTHORIZATION);
        }
        // What a layer outside found out is not what this one finds out.
        request.remove::<Verified<Bytes>>();
        request.remove::<Reported>();
        let resolving = resolver.resolve(request.head());
        let patience = Patience { deadline: settings.deadline, timer: None, has_yielded: false };
        let (sender, body_limit, intake) = ("unknown", 0, None);
        let arriving =
            Box::new(Arriving { settings, request, patience, sender, body_limit, intake });
        Self { resolving, arriving: Some(arriving) }
    }
}

impl<Q: Request, F> Future for Arrival<Q, F>
where
    F: Future<Output = Result<Arc<Verifier>, ResolveError>>,
{
    type Output = Decision<Q>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Decision<Q>> {
        let this = self.project();
        let stopped = this.arriving.as_mut().map(|arriving| arriving.poll(this.resolving, cx));
        debug_assert!(stopped.is_some(), "polled after its end");
        let Some(Poll::Ready(stopped)) = stopped else { return Poll::Pending };
        this.arriving.take().map_or(Poll::Pending, |it| Poll::Ready(it.decide(stopped.err())))
    }
}

impl<Q: Request> Arriving<Q> {
    /// Is ready once the body is complete, or the delivery is refused before that.
    fn poll<F>(&mut self, resolving: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Result<(), Stop>>
    where
        F: Future<Output = Result<Arc<Verifier>, ResolveError>>,
    {
        let stop = |refusal| Err((refusal, Bytes::new()));
        if self.intake.is_none() {
            let begun = match resolving.poll(cx) {
                Poll::Ready(resolved) => {
                    resolved.map_err(Refusal::from).and_then(|it| self.begin(it))
                }
                Poll::Pending => return self.patience.poll(cx).map(stop),
            };
            if let Err(refusal) = begun {
                return Poll::Ready(stop(refusal));
            }
        }
        let Self { request, intake, patience, .. } = self;
        intake.as_mut().map_or(Poll::Pending, |intake| poll_body(request, intake, patience, cx))
    }

    fn begin(&mut self, verifier: Arc<Verifier>) -> Result<(), Refusal> {
        let sender = verifier.sender();
        (self.sender, self.body_limit) = (sender.name(), verifier.body_limit());
        let (mut memory, mut length) = (0, None);
        self.request.hide(|name, value| {
            // Its text, and 128 bytes for its place.
            memory += name.len() + value.len() + 128;
            if length.is_none() && name == CONTENT_LENGTH {
                length = Some(parse_length(value));
            }
            name == AUTHORIZATION || name == sender.signature_header()
        });
        let announced = length.flatten().max(self.request.known_length());
        let head = Head { headers: &self.request, memory, announced };
        let Settings { clock, budget, .. } = &*self.settings;
        self.intake = Some(Intake::begin(verifier, clock, budget, &head)?);
        Ok(())
    }

    fn decide(self, stopped: Option<Stop>) -> Decision<Q> {
        let Self { mut request, settings, sender, body_limit, intake, .. } = self;
        let limit = body_limit.max(LEAST_LIMIT);
        let outcome = match intake {
            Some(intake) => match stopped {
                None => intake.finish(),
                Some((refusal, chunk)) => Err(intake.refuse(refusal, chunk)),
            },
            None => {
                // Nothing of the head was read, so nothing of it is hidden yet where the resolver does not look.
                request.hide(|name, _| name == AUTHORIZATION);
                let refusal = stopped.map_or(Refusal::VerifierUnavailable, |(refusal, _)| refusal);
                Err(refusal.into())
            }
        };
        // What is new in the extensions comes after what is replaced there: the map would grow for both.
        match outcome {
            Ok((verified, charge)) => {
                let read = Read::whole(verified.body().clone());
                let mut inner = request.into_inner(read, limit);
                Q::insert(&mut inner, verified);
                Decision::Call(inner, Handling { refusal: None, _charge: Some(charge) })
            }
            Err(Refused { refusal, read, charge }) => {
                if !settings.tell(refusal, sender, request.head()) {
                    let own = settings.refusal_response.as_ref().map(|respond| respond(&refusal));
                    return Decision::Answer(request.refuse(refusal, own));
                }
                let mut inner = request.into_inner(read, limit);
                Q::insert(&mut inner, Reported { refusal });
                Decision::Call(inner, Handling { refusal: Some(refusal), _charge: charge })
            }
        }
    }
}

/// Takes the body in, chunk by chunk.
fn poll_body<Q: Request>(
    request: &mut Q,
    intake: &mut Intake,
    patience: &mut Patience,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Stop>> {
    let stop = |refusal| Err((refusal, Bytes::new()));
    for _ in 0..CHUNKS {
        let Poll::Ready(chunk) = request.poll_chunk(cx) else {
            if !mem::replace(&mut patience.has_yielded, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return poll_trouble(intake, patience, cx).map(stop);
        };
        match chunk {
            Some(Ok(chunk)) => intake.push(chunk.clone()).map_err(|refusal| (refusal, chunk))?,
            Some(Err(_)) => return Poll::Ready(stop(Refusal::BodyBroken)),
            None => return Poll::Ready(Ok(())),
        }
    }
    cx.waker().wake_by_ref();
    poll_trouble(intake, patience, cx).map(stop)
}

/// What else may happen while the body is awaited.
fn poll_trouble(
    intake: &mut Intake,
    patience: &mut Patience,
    cx: &mut Context<'_>,
) -> Poll<Refusal> {
    match intake.poll_evicted(cx) {
        Poll::Pending => patience.poll(cx),
        evicted => evicted,
    }
}

impl Patience {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Refusal> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(self.deadline)));
        timer.as_mut().poll(cx).map(|()| Refusal::DeadlinePassed)
    }
}
