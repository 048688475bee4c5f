//! What is said of addresses of PostgreSQL.

#![cfg(feature = "postgres")]

use verify_connect::{
    AddressError::{AuthoritiesInvalid, Invalid, TlsUnsafe, TlsUnsaid},
    postgres::Address,
};

#[test]
fn what_it_shows_has_no_password() {
    for (address, shown) in [
        ("postgres://ada:hunter2@127.0.0.1/models", Ok("127.0.0.1:5432/models")),
        ("postgres://ada:hunter2@localhost:1,127.0.0.2:2/m", Ok("localhost:1,127.0.0.2:2/m")),
        ("postgres://ada:hunter2@db/models?sslmode=disable", Ok("db:5432/models")),
        ("postgres://ada:hunter2@db/models?sslmode=verify-full", Ok("db:5432/models")),
        ("postgres://ada:hunter2@127.0.0.1/models?sslmode=require", Ok("127.0.0.1:5432/models")),
        ("postgres://ada:hunter2@db/models", Err(TlsUnsaid)),
        ("postgres://ada:hunter2@127.0.0.1,db/models", Err(TlsUnsaid)),
        ("postgres://ada:hunter2@localhost/models?hostaddr=192.0.2.1", Err(TlsUnsaid)),
        ("postgres://ada:hunter2@localhost/models?sslrootcert=/nowhere", Err(TlsUnsaid)),
        ("postgres://ada:hunter2@127.0.0.1/models?sslmode=prefer", Err(TlsUnsafe)),
        ("postgres://ada:hunter2@db/models?sslmode=Disable", Err(TlsUnsafe)),
        (
            "postgres://ada:hunter2@db/m?sslmode=require&sslrootcert=/nowhere",
            Err(AuthoritiesInvalid),
        ),
        ("postgres://ada:hunter2@127.0.0.1/models?%73slmode=require", Err(Invalid)),
        ("postgresql://ada:hunter2@localhost:1,[::1]:2/m?x", Err(Invalid)),
        ("postgres://ada:hunter2@127.0.0.1:port/models", Err(Invalid)),
        ("postgres:///models", Err(Invalid)),
        ("postgres://ada:pa@hunter2@127.0.0.1/models", Err(Invalid)),
        ("postgres://ada:p@a/hunter2@127.0.0.1/models?sslmode=disable", Err(Invalid)),
        ("host=127.0.0.1 password=hunter2", Err(Invalid)),
        ("mysql://ada:hunter2@127.0.0.1/models", Err(Invalid)),
    ] {
        let made = Address::new(address, "test");
        let said = match &made {
            Ok(address) => format!("{address} {address:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!said.contains("hunter2"), "{address}");
        assert_eq!(made.map(|address| address.to_string()), shown.map(str::to_owned));
    }
}
