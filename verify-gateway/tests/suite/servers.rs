//! `check` looks at the servers that the settings name.

use verify_core::Sender;

use crate::gateway::{Place, route};

/// All that are not there are named, and none keeps it waiting.
#[test]
fn servers_that_are_not_there_are_told_at_once() {
    let mlflow = route(&Sender::MLFLOW, "http://127.0.0.1:8000/", "");
    let publish = "[[routes]]\npath = \"/published\"\nsender = \"mlflow\"\nmode = \"publish\"\n\
                   stream = \"models\"\nsubject = \"models.events\"\n";
    let head = "[once]\naddress_file = \"FOLDER/once\"\n[store]\naddress_file = \"FOLDER/store\"\n\
                [nats]\naddress_file = \"FOLDER/nats\"\n";
    let place = Place::with_head("", &format!("{mlflow}{publish}{head}"));
    place.write("store", "postgres://anna:hunter2@127.0.0.1:1/kept");
    place.write("nats", "nats://anna:hunter2@127.0.0.1:1");
    for once in ["redis://anna:hunter2@127.0.0.1:1/0", "postgres://anna:hunter2@127.0.0.1:1/once"] {
        place.write("once", once);
        let said = place.mistakes();
        for expected in [
            "the store of `[once]`: ",
            "`[store]`: ",
            "`/published`: `127.0.0.1:1`: the connection is refused",
        ] {
            assert!(said.contains(expected), "{expected:?} is not in\n{said}");
        }
        assert!(!said.contains("hunter2") && !said.contains("anna"), "{said}");
        assert!(place.run(&["check", "--offline"]).status.success());
    }
}

/// A server that takes connections and says nothing keeps nobody waiting for ever.
#[test]
fn a_server_that_says_nothing_is_waited_for_no_longer_than_15_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mlflow = route(&Sender::MLFLOW, "http://127.0.0.1:8000/", "");
    let place = Place::with_head("", &format!("{mlflow}[once]\naddress_file = \"FOLDER/once\"\n"));
    place.write("once", &format!("postgres://anna@{address}/once"));
    let begun = std::time::Instant::now();
    assert!(place.mistakes().contains("the store of `[once]`: "));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// Routes wait for their servers at the same time: each gives up after 5 s.
#[test]
fn servers_that_say_nothing_do_not_delay_the_start_route_by_route() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let publish = |number| {
        format!(
            "[[routes]]\npath = \"/published/{number}\"\nsender = \"mlflow\"\nmode = \"publish\"\n\
             stream = \"models\"\nsubject = \"models.events\"\n"
        )
    };
    let routes: String = (0..32).map(publish).collect();
    let head =
        format!("[nats]\naddress = \"nats://{address}\"\n[store]\npath = \"FOLDER/kept.db\"\n");
    let place = Place::with_head("", &format!("{routes}{head}"));
    let begun = std::time::Instant::now();
    let gateway = place.start();
    assert!(begun.elapsed().as_secs() < 40, "{:?}", begun.elapsed());
    assert!(
        gateway.said.contains("nothing is posted to NATS until it can be reached"),
        "{}",
        gateway.said
    );
}
