//! One suite for both adapters: whatever is tried here is tried against each of them, behind a real
//! server on a socket.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod client;
mod load;
mod matrix;
mod server;
mod wire;

use verify_toolkit::{Delivery, Secret, Sender, UnixTime, Verifier, WireRequest};

const SECRET: &str = verify_toolkit::attack::AWKWARD_SECRET;

fn verifier(sender: Sender, secrets: &[&str]) -> Verifier {
    let builder = secrets.iter().fold(Verifier::builder(sender), |builder, secret| {
        builder.secret(Secret::new(secret).unwrap())
    });
    builder.build().unwrap()
}

/// A delivery that verifies now.
fn signed(sender: Sender, secret: &str, body: impl Into<Vec<u8>>) -> WireRequest {
    let now = UnixTime::now().unwrap();
    Delivery::new(sender, body).sign(secret, now).unwrap()
}
