use verify_core::Receipt;

fn main() {
    let _ = Receipt::default();
}
