use verify_core::{Rejection, RejectionKind};

fn main() {
    let _ = Rejection { kind: RejectionKind::SignatureMismatch, header: None };
}
