use verify_core::Verified;

fn handle(_: Verified<&[u8]>) {}

fn main() {
    let body: &[u8] = b"never checked";
    handle(body);
}
