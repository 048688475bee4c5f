//! Connections that others hold open, on both addresses.

use core::time::Duration;
use std::net::TcpStream;

use receivers::withstand;

use crate::{
    operators::get,
    trigger::{World, alias},
};

#[tokio::test(flavor = "multi_thread")]
async fn good_deliveries_are_answered_while_others_hold_connections_on_any_path() {
    let world = World::new(&["github.deploy"]);
    let trigger = world.start();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        withstand(&trigger.process, trigger.address(), || {
            let delivery = trigger.deliver("mlflow", alias("fraud", 1));
            runtime.block_on(delivery).is_ok_and(|status| status == 204)
        });
    });
}

#[test]
fn operators_are_answered_while_others_hold_connections_on_any_path() {
    let world = World::new(&["github.deploy"]);
    let trigger = world.start();
    let admin = trigger.admin.strip_prefix("http://").unwrap();
    // Less than the minute after which a connection ends by its age.
    let patience = Duration::from_secs(15);
    withstand(&trigger.process, admin, || {
        let Ok(socket) = TcpStream::connect_timeout(&admin.parse().unwrap(), patience) else {
            return false;
        };
        socket.set_read_timeout(Some(patience)).unwrap();
        get(socket, "/readyz").0 == "200"
    });
}
