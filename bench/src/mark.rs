//! Where one count of instructions ends and the next begins.

/// Receivers call it at `/mark`. callgrind writes what it has counted when this is entered, and knows it by its name.
#[inline(never)]
pub fn instructions_mark() {
    std::hint::black_box(());
}
