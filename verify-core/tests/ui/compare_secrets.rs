use verify_core::Secret;

fn leaks_by_timing(left: Secret, right: Secret) -> bool {
    left == right
}

fn main() {}
