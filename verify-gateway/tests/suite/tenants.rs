//! Tenants have secrets of their own, and strangers do not learn who there is.

use verify_core::Sender;

use crate::{
    gateway::{Place, alias, signed},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

fn place(upstream: &Upstream) -> Place {
    let place = Place::new("");
    let [acme, globex] =
        ["acme", "globex"].map(|tenant| place.write(tenant, &format!("of {tenant}")));
    let before = place.write("before", "of acme before");
    let url = upstream.url("/");
    place.edit(|config| {
        format!(
            "{config}[tenants.acme.mlflow]\nsecret_file = \"{acme}\"\nprevious_secret_file = \"{before}\"\n\
             [tenants.globex.mlflow]\nsecret_file = \"{globex}\"\n\
             [[routes]]\npath = \"/t/{{tenant}}/mlflow\"\nsender = \"mlflow\"\nupstream = \"{url}\"\n"
        )
    });
    place
}

#[test]
fn a_delivery_is_of_the_tenant_whose_secret_signed_it() {
    let upstream = Upstream::new();
    let gateway = place(&upstream).start();
    let send = |tenant: &str, secret: &str, version| {
        let headers = signed(MLFLOW, secret, "an-id", &alias(version));
        gateway.request("POST", &format!("/t/{tenant}/mlflow"), &headers, &alias(version))
    };
    assert_eq!(send("acme", "of acme", 1).status, 204);
    assert_eq!(upstream.reached()[0].header("verify-tenant"), Some("acme"));
    assert_eq!(send("acme", "of acme before", 2).status, 204);
    assert_eq!(send("globex", "of globex", 3).status, 204);
    assert_eq!(upstream.reached()[2].header("verify-tenant"), Some("globex"));
    let refused = [
        send("globex", "of acme", 4),
        send("acme", "of globex", 5),
        send("nobody", "of acme", 6),
        send("ACME", "of acme", 7),
        send("a%63me", "of acme", 8),
    ];
    let told = |text: &str| {
        text.lines().filter(|line| !line.starts_with("date")).map(str::to_owned).collect::<Vec<_>>()
    };
    for answer in &refused {
        assert_eq!(answer.status, 401);
        assert_eq!(
            told(&answer.text),
            told(&refused[0].text),
            "a stranger could tell who there is"
        );
    }
    assert_eq!(upstream.reached().len(), 3);
}

#[test]
fn two_tenants_with_one_secret_and_a_token_are_mistakes() {
    let upstream = Upstream::new();
    let place = place(&upstream);
    place.write("globex", "of acme");
    let token = place.write("token", "t");
    let more = format!(
        "[tenants.initech.wandb]\nsecret_file = \"{token}\"\nbearer_file = \"{token}\"\n[tenants.Bad.wandb]\n"
    );
    place.edit(|config| config + &more);
    let said = place.mistakes();
    for expected in [
        "`acme.mlflow` has the same secret",
        "a tenant has no token",
        "a tenant's name has 1 to 64 of `a-z0-9-`",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}
