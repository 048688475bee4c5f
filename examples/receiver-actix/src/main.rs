//! Receives webhooks from Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and
//! prints one JSON line for each delivery that was verified. The README beside it has the settings.

mod facts;
mod once;
mod output;
mod serve;
mod settings;
mod start;
mod stop;
mod try_it;

use std::process::ExitCode;

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};
use once::Guard;
use output::Output;
use start::Start;
use verify_actix::{Attempt, Delivery, HandleOnce, Verify, try_again};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("receiver: {message}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), String> {
    let Start { listener, verifiers, guard, stop } = start::start().await?;
    let verify = |(path, verifier)| (path, Verify::new(verifier));
    let verifies: Vec<_> = verifiers.into_iter().map(verify).collect();
    let output = Output::new();
    let app = move |app: &mut ServiceConfig| configure(app, &verifies, &guard, &output);
    serve::serve(listener, app, &stop).await.map_err(|error| error.to_string())
}

/// One route for each verifier, guarded by it.
fn configure(
    app: &mut ServiceConfig,
    verifies: &[(String, Verify)],
    guard: &Guard,
    output: &Output,
) {
    app.app_data(Data::new(output.clone())).app_data(Data::new(guard.clone()));
    app.route("/healthz", web::get().to(async || "ok\n"));
    app.route("/readyz", web::get().to(readiness));
    for (path, verify) in verifies {
        // The later one is the outer one.
        let once = HandleOnce::new(guard.once());
        let hook = web::resource(path).wrap(once).wrap(verify.clone());
        app.service(hook.route(web::post().to(on_delivery)));
    }
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(
    output: Data<Output>,
    guard: Data<Guard>,
    Attempt(attempt): Attempt,
    Delivery(verified): Delivery,
) -> HttpResponse {
    if guard.is_outdated(&verified) {
        return HttpResponse::NoContent().finish();
    }
    match output.print(&format!("{}\n", facts::describe(&verified, attempt))).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        // Not accepted if it could not be handled: MLflow tries again on a 503.
        Err(_) => try_again(verified.receipt()),
    }
}

async fn readiness(guard: Data<Guard>) -> HttpResponse {
    match guard.is_ready().await {
        true => HttpResponse::Ok().body("ready\n"),
        false => HttpResponse::ServiceUnavailable().body("not ready\n"),
    }
}
