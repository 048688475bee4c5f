use core::{sync::atomic::Ordering, time::Duration};
use std::sync::Arc;

use actix_web::{
    App, HttpMessage, HttpRequest, HttpResponse, HttpServer, Route,
    dev::ServiceRequest,
    middleware::Condition,
    web::{self, Bytes},
};
use adapters::verifier;
use tokio::net::TcpListener;
use verify_actix::{
    Delivery, Event, EventRejection, Receipt, Resolver, Verify, databricks, mlflow, try_again,
    wandb,
};
use verify_core::Sender;

use super::{Guard, Handler, Verifiers, configured, followed, told};

pub(super) fn serve(listener: TcpListener, guards: &[Guard], routes: &[(&'static str, Handler)]) {
    // What is not there is turned off.
    let spare = guards.first().cloned().unwrap_or_else(|| Guard::new(verifier(Sender::WANDB)));
    let guards = [0, 1].map(|place| (place < guards.len(), guards.get(place).unwrap_or(&spare)));
    match spare.verifiers {
        Verifiers::ByPath(_) => {
            run(listener, guards, routes, |verifiers: Verifiers| {
                let Verifiers::ByPath(resolve) = verifiers else { unreachable!("one kind") };
                Verify::with_resolver(move |request: &ServiceRequest| resolve(request.path()))
            });
        }
        Verifiers::One(_) => run(listener, guards, routes, |verifiers: Verifiers| {
            let Verifiers::One(verifier) = verifiers else { unreachable!("one kind") };
            Verify::new(verifier)
        }),
    }
}

fn run<R: Resolver<ServiceRequest, Future: 'static> + Clone + Send + 'static>(
    listener: TcpListener,
    guards: [(bool, &Guard); 2],
    routes: &[(&'static str, Handler)],
    verify: impl Fn(Verifiers) -> Verify<R>,
) {
    let [inside, outside] = guards.map(|(is_on, guard)| {
        let own = configured!(
            guard,
            verify(guard.verifiers.clone()),
            |request: &ServiceRequest| request.path().to_owned(),
            HttpResponse::Forbidden().body("no"),
            HttpResponse::ServiceUnavailable().finish()
        );
        (is_on, own)
    });
    let routes = routes.to_vec();
    let app = move || {
        let app = App::new().wrap(condition(&outside));
        routes.iter().fold(app, |app, (path, handler)| {
            let guarded = web::resource(*path).wrap(condition(&inside));
            app.service(guarded.route(route(handler.clone())))
        })
    };
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
    // A client that is kept waiting keeps its connection.
    let server = server.keep_alive(Duration::from_secs(600));
    let server = server.client_disconnect_timeout(Duration::from_millis(200));
    let server = server.listen_auto_h2c(listener.into_std().unwrap()).unwrap();
    tokio::spawn(server.run());
}

fn condition<G: Clone>((is_on, guard): &(bool, G)) -> Condition<G> {
    Condition::new(*is_on, guard.clone())
}

fn route(handler: Handler) -> Route {
    match handler {
        Handler::Count(runs) => web::post().to(move |_: Delivery| {
            Arc::clone(&runs).fetch_add(1, Ordering::SeqCst);
            async { HttpResponse::NoContent().finish() }
        }),
        Handler::Deliver => {
            web::post().to(async |Delivery(verified): Delivery| verified.body().clone())
        }
        // `Bytes` would be decompressed.
        Handler::Echo => web::post().to(async |body: web::Payload| body.to_bytes().await),
        Handler::FollowAlias => web::post().to(follow),
        Handler::LengthOfBytes => web::post().to(async |body: Bytes| body.len().to_string()),
        Handler::LengthOfJson => {
            web::post().to(async |text: web::Json<String>| text.len().to_string())
        }
        Handler::LengthOfText => web::post().to(async |body: String| body.len().to_string()),
        Handler::Lenient => web::post().to(lenient),
        Handler::NameArtifact => web::post().to(async |variables: Event<wandb::Variables>| {
            variables.artifact().unwrap().name.to_owned()
        }),
        Handler::Strict => {
            web::post().to(async |_: Event<databricks::Event>| HttpResponse::NoContent().finish())
        }
        Handler::Tell => web::post().to(tell),
        Handler::TryAgain => {
            web::post().to(async |Delivery(verified): Delivery| try_again(verified.receipt()))
        }
    }
}

async fn follow(Event(event, _): Event<mlflow::Event>) -> String {
    followed(&event)
}

async fn lenient(event: Result<Event<databricks::Event>, EventRejection>) -> String {
    match event {
        Err(ref rejection @ EventRejection::Unreadable { ref verified, .. }) => {
            let (status, code) = (rejection.status(), rejection.refusal().code());
            format!("{} {code} {rejection} {}", status.as_u16(), verified.body().len())
        }
        other => format!("{other:?}"),
    }
}

async fn tell(request: HttpRequest, body: Bytes) -> String {
    let extensions = request.extensions();
    told(extensions.get::<Receipt>().is_some(), extensions.get(), &body)
}
