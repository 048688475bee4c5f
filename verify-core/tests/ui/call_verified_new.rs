use verify_core::{Receipt, Verified};

fn forge(receipt: Receipt) -> Verified<&'static [u8]> {
    Verified::new(receipt, b"never checked")
}

fn main() {}
