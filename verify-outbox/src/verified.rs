//! Deliveries that were verified, for the tests of this crate.

use verify_core::{Secret, Sender, Signer, UnixTime, Verified, Verifier};

pub(crate) const NOW: u64 = 1_795_290_101;

pub(crate) fn verified(body: &str) -> Verified<&[u8]> {
    let secret = || Secret::new("shared").unwrap();
    let now = UnixTime::from_secs(NOW);
    let verifier = Verifier::builder(Sender::MLFLOW).secret(secret()).build().unwrap();
    let signer = Signer::new(Sender::MLFLOW, secret()).unwrap();
    let signed = signer.sign(now, "an-id", body.as_bytes()).unwrap();
    let headers: Vec<_> = signed.iter().collect();
    verifier.verify(now, &headers, body.as_bytes()).unwrap()
}
