//! A receiver behind each adapter.

mod actix;
mod axum;

use core::{net::SocketAddr, pin::Pin, sync::atomic::AtomicUsize, time::Duration};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpSocket};
use verify_adapter::{Budget, Clock, Refusal, Reported, ResolveError, VerifierHandle};
use verify_axum::once::Once;
use verify_core::{Verifier, mlflow};

use crate::direct::{self, App};

/// Which adapter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Adapter {
    Actix,
    Axum,
}

/// What stands in front of the handlers.
#[derive(Clone)]
pub(crate) struct Guard {
    verifiers: Verifiers,
    deadline: Option<Duration>,
    budget: Option<Budget>,
    clock: Option<Clock>,
    pub(crate) told: Option<Told>,
    is_answer_replaced: bool,
    is_report_only: bool,
}

/// What the callback was told: the code and the path.
type Told = Arc<Mutex<Vec<(&'static str, String)>>>;

#[derive(Clone)]
enum Verifiers {
    One(VerifierHandle),
    ByPath(Arc<dyn Fn(&str) -> Resolving + Send + Sync>),
}

pub(crate) type Resolving =
    Pin<Box<dyn Future<Output = Result<Arc<Verifier>, ResolveError>> + Send>>;

impl Guard {
    pub(crate) fn new(verifier: impl Into<VerifierHandle>) -> Self {
        Self::with(Verifiers::One(verifier.into()))
    }

    pub(crate) fn by_path(f: impl Fn(&str) -> Resolving + Send + Sync + 'static) -> Self {
        Self::with(Verifiers::ByPath(Arc::new(f)))
    }

    fn with(verifiers: Verifiers) -> Self {
        let (deadline, budget, clock, told) = (None, None, None, None);
        let (is_answer_replaced, is_report_only) = (false, false);
        Self { verifiers, deadline, budget, clock, told, is_answer_replaced, is_report_only }
    }

    pub(crate) fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    pub(crate) fn budget(self, budget: &Budget) -> Self {
        Self { budget: Some(budget.clone()), ..self }
    }

    pub(crate) fn clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    pub(crate) fn telling(self) -> Self {
        Self { told: Some(Arc::default()), ..self }
    }

    /// 403 and `no` in place of a 401, and else 503.
    pub(crate) fn replacing_the_answer(self) -> Self {
        Self { is_answer_replaced: true, ..self }
    }

    pub(crate) fn report_only(self) -> Self {
        Self { is_report_only: true, ..self }
    }
}

/// Sets on the adapter's own type what a [`Guard`] says: the names are the same.
macro_rules! configured {
    ($guard:expr, $own:expr, $path:expr, $forbidden:expr, $unavailable:expr) => {{
        let guard = &$guard;
        let mut own = $own;
        if let Some(deadline) = guard.deadline {
            own = own.with_deadline(deadline);
        }
        if let Some(budget) = &guard.budget {
            own = own.with_budget(budget.clone());
        }
        if let Some(clock) = &guard.clock {
            own = own.with_clock(clock.clone());
        }
        if let Some(told) = guard.told.clone() {
            own = own.on_refusal(move |refusal, head| {
                told.lock().unwrap().push((refusal.code(), $path(head)));
            });
        }
        if guard.is_answer_replaced {
            own = own.with_refusal_response(move |refusal| match refusal.answer().status {
                401 => $forbidden,
                _ => $unavailable,
            });
        }
        if guard.is_report_only {
            own = own.dangerous_report_only();
        }
        own
    }};
}
use configured;

/// What answers a request that comes through.
#[derive(Clone)]
pub(crate) enum Handler {
    /// 204 to a `Delivery`, and counts.
    Count(Arc<AtomicUsize>),
    /// The body of a `Delivery`.
    Deliver,
    /// The request's body as it came.
    Echo,
    /// Follows an alias of MLflow.
    FollowAlias,
    /// How long the body is for an extractor of the framework.
    LengthOfBytes,
    LengthOfJson,
    LengthOfText,
    /// An event of Databricks, or what is wrong with it.
    Lenient,
    /// The name of the artifact in Weights & Biases' variables.
    NameArtifact,
    /// An event of Databricks.
    Strict,
    /// Takes no `Delivery`: whether there is a receipt, the reason of a refusal, and the body.
    Tell,
    /// Cannot handle what it is given.
    TryAgain,
}

impl Adapter {
    /// Serves HTTP/1.1 and HTTP/2 until the test ends. Of several guards the last is the outermost.
    pub(crate) fn serve(self, guards: &[Guard], routes: &[(&'static str, Handler)]) -> SocketAddr {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        match self {
            Self::Actix => actix::serve(listener, guards, routes),
            Self::Axum => axum::serve(listener, guards, routes),
        }
        address
    }

    /// Serves one handler that counts, at `/`.
    pub(crate) fn count(self, guard: Guard) -> (SocketAddr, Arc<AtomicUsize>) {
        let runs = Arc::new(AtomicUsize::new(0));
        (self.serve(&[guard], &[("/", Handler::Count(Arc::clone(&runs)))]), runs)
    }

    /// A handler that is called directly. Of the guards, those are left out that are `None`; without a store,
    /// the one for deliveries that are handled once hands everything on.
    pub(crate) async fn app(
        self,
        guard: Option<Guard>,
        once: Option<Option<Once>>,
        handler: &direct::Handler,
    ) -> App {
        match self {
            Self::Actix => actix::app(guard.as_ref(), once, handler.clone()).await,
            Self::Axum => axum::app(guard.as_ref(), once, handler.clone()),
        }
    }

    /// What a delivery and an event are rejected with on a route without a guard.
    pub(crate) async fn rejections(self) -> [(u16, Refusal, String); 2] {
        match self {
            Self::Actix => actix::rejections().await,
            Self::Axum => axum::rejections().await,
        }
    }

    /// How a refusal looks on the wire, without the date. actix closes the connection.
    pub(crate) fn refused(self, status: &str, header: &str) -> String {
        match self {
            Self::Actix => {
                format!("HTTP/1.1 {status}\ncontent-length: 0\nconnection: close\n{header}\n")
            }
            Self::Axum => format!("HTTP/1.1 {status}\n{header}\ncontent-length: 0\n"),
        }
    }
}

/// What [`Handler::FollowAlias`] answers.
fn followed(event: &mlflow::Event) -> String {
    match &event.kind {
        mlflow::EventKind::ModelVersionAliasCreated { name, alias, version, .. } => {
            format!("{alias} of {name} is {version}")
        }
        other => format!("{}.{}", other.entity(), other.action()),
    }
}

/// What [`Handler::Tell`] answers.
fn told(is_verified: bool, reported: Option<&Reported>, body: &[u8]) -> String {
    let reason = reported.map_or("none", |reported| reported.refusal.code());
    format!("{is_verified} {reason} {}", String::from_utf8_lossy(body))
}

/// Of the connections that a full queue turns away, the kernel resets some.
fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(4096).unwrap()
}

/// Runs each of these cases on both adapters.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        on_both!(tokio::test(flavor = "multi_thread"); $($case),+);
    };
    ($test:meta; $($case:ident),+ $(,)?) => {
        mod actix {
            $(#[$test]
            async fn $case() {
                super::$case($crate::server::Adapter::Actix).await;
            })+
        }
        mod axum {
            $(#[$test]
            async fn $case() {
                super::$case($crate::server::Adapter::Axum).await;
            })+
        }
    };
}
pub(crate) use on_both;
