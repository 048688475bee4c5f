//! Receives webhooks from Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and
//! prints one JSON line for each delivery that was verified. The README beside it has the settings.

mod facts;
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
use output::Output;
use start::Start;
use verify_actix::{Delivery, Verify, try_again};

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
    let Start { listener, verifiers, stop } = start::start()?;
    let with_guard = |(path, verifier)| (path, Verify::new(verifier));
    let guards: Vec<_> = verifiers.into_iter().map(with_guard).collect();
    let output = Output::new();
    let app = move |app: &mut ServiceConfig| configure(app, &guards, &output);
    serve::serve(listener, app, &stop).await.map_err(|error| error.to_string())
}

/// One route for each verifier, guarded by it.
fn configure(app: &mut ServiceConfig, guards: &[(String, Verify)], output: &Output) {
    app.app_data(Data::new(output.clone()));
    app.route("/healthz", web::get().to(async || "ok\n"));
    for (path, guard) in guards {
        let hook = web::resource(path).wrap(guard.clone());
        app.service(hook.route(web::post().to(on_delivery)));
    }
}

/// Runs for verified deliveries only: there is no other way to a `Delivery`.
async fn on_delivery(output: Data<Output>, Delivery(verified): Delivery) -> HttpResponse {
    match output.print(&format!("{}\n", facts::describe(&verified))).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        // Not accepted if it could not be handled: MLflow sends again on a 503.
        Err(_) => try_again(verified.receipt()),
    }
}
