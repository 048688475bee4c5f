use verify_core::Secret;

fn leak(secret: &Secret) {
    println!("{secret}");
}

fn main() {}
