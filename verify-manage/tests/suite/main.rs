//! The clients against a server that does what services do, and what they should not.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod apply;
mod databricks;
#[cfg(feature = "doctor")]
mod doctor;
#[cfg(feature = "doctor")]
mod emulated;
mod mlflow;
mod server;
#[cfg(feature = "doctor")]
#[path = "../../../verify-toolkit/tests/endpoint/tls_server.rs"]
mod tls_server;
mod trouble;

use core::time::Duration;

use verify_manage::{Environment, Patience, databricks as db, mlflow as ml};

use self::server::Server;

/// A token, a secret and a header's value that must be in no output.
const TOKEN: &str = "dapi-0123456789";
const SECRET: &str = "whsec_c2hhcmVk \u{e9} ";
const AUTHORIZATION: &str = "Bearer receiver-token";

/// Waits as a test can bear them.
fn patience() -> Patience {
    let mut patience = Patience::default();
    patience.first_wait = Duration::from_millis(10);
    patience
}

fn databricks(server: &Server) -> db::Client {
    let variables = [("DATABRICKS_HOST", server.url()), ("DATABRICKS_TOKEN", TOKEN.to_owned())];
    let environment: Environment = variables.into_iter().collect();
    let settings = db::Settings::find(&environment, None).unwrap();
    db::Client::new(settings).unwrap().with_patience(patience())
}

fn mlflow(server: &Server) -> ml::Client {
    let variables =
        [("MLFLOW_TRACKING_URI", server.url()), ("MLFLOW_TRACKING_TOKEN", TOKEN.to_owned())];
    let environment: Environment = variables.into_iter().collect();
    ml::Client::new(ml::Settings::find(&environment).unwrap()).unwrap().with_patience(patience())
}

fn secret() -> Option<verify_manage::ExposedSecret> {
    Some(verify_manage::ExposedSecret::new(SECRET).unwrap())
}
