//! Misuse that must not compile. The messages are those of the Rust version that `main` is built
//! with; another one may word them differently: `TRYBUILD=overwrite` rewrites them.
#![cfg(all(feature = "std", feature = "sign"))]

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
