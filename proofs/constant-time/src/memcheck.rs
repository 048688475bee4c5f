//! What is asked of valgrind's memcheck. Outside valgrind each request does nothing and returns its
//! default.
//!
//! memcheck knows of each bit whether it is defined, follows that through registers and memory, and
//! reports a conditional jump and an address that depend on one that is not. A secret that is marked
//! undefined is therefore followed into everything that is computed from it.

use std::{
    arch::asm,
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};

// `valgrind.h` and `memcheck.h`. They are an interface to compiled programs, so they do not change.
const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const CHANGE_ERROR_DISABLEMENT: usize = 0x1801;
const MAKE_MEMORY_UNDEFINED: usize = 0x4d43_0001;
const MAKE_MEMORY_DEFINED: usize = 0x4d43_0002;
const GET_VALIDITY_BITS: usize = 0x4d43_0008;

/// A client request: see `valgrind.h`, "amd64-linux".
///
/// # Safety
///
/// The addresses in `request` must be those of memory that the request may be about.
unsafe fn request(request: [usize; 6], default: usize) -> usize {
    let answer;
    // SAFETY: the processor rotates `rdi` by 128 bits in all and exchanges `rbx` with itself. valgrind
    // takes these instructions for a request, reads the six words, and answers in `rdx`.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") &raw const request,
            inout("rdx") default => answer,
            options(nostack),
        );
    }
    answer
}

pub(crate) fn is_running() -> bool {
    // SAFETY: no address.
    unsafe { request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0], 0) != 0 }
}

/// Marks bytes as secret: undefined, to memcheck.
pub(crate) fn mark_secret(bytes: &mut [u8]) {
    let [address, length] = [bytes.as_mut_ptr().addr(), bytes.len()];
    // SAFETY: the request changes what memcheck knows of these bytes, and not the bytes.
    unsafe { request([MAKE_MEMORY_UNDEFINED, address, length, 0, 0, 0], 0) };
}

fn mark_public(byte: &mut u8) {
    let address = (&raw mut *byte).addr();
    // SAFETY: as above.
    unsafe { request([MAKE_MEMORY_DEFINED, address, 1, 0, 0, 0], 0) };
}

/// How many bytes of a value memcheck takes for undefined: secrets, what is computed from them, and
/// padding.
pub(crate) fn undefined_bytes<T>(value: &T) -> usize {
    let mut bits = vec![0_u8; size_of::<T>()];
    let [address, to] = [(&raw const *value).addr(), bits.as_mut_ptr().addr()];
    // SAFETY: `bits` has room for as many bytes as `value` has; those of `value` are not read.
    unsafe { request([GET_VALIDITY_BITS, address, to, size_of::<T>(), 0, 0], 0) };
    black_box(bits).iter().filter(|bits| **bits != 0).count()
}

/// Counts the findings while `run` runs, and how often something was made public.
pub(crate) fn count<T>(run: impl FnOnce() -> T) -> Counted<T> {
    // SAFETY: no address.
    let errors = || unsafe { request([COUNT_ERRORS, 0, 0, 0, 0, 0], 0) };
    let before = (errors(), DECLASSIFIED.load(Ordering::Relaxed));
    let value = run();
    Counted {
        value,
        findings: errors() - before.0,
        declassified: DECLASSIFIED.load(Ordering::Relaxed) - before.1,
    }
}

pub(crate) struct Counted<T> {
    pub(crate) value: T,
    pub(crate) findings: usize,
    pub(crate) declassified: usize,
}

/// Runs what may look at a secret: the configuration, which checks that a secret is not empty and
/// that a token can stand in a header.
pub(crate) fn unreported<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: no address.
    let disable = |by: isize| unsafe {
        request([CHANGE_ERROR_DISABLEMENT, by.cast_unsigned(), 0, 0, 0, 0], 0)
    };
    disable(1);
    let value = run();
    disable(-1);
    value
}

static DECLASSIFIED: AtomicUsize = AtomicUsize::new(0);

/// Takes the place of `verify_core::declassify::declassify` under valgrind, and does what that one
/// does; in addition the outcome counts as defined from here on.
///
/// valgrind replaces functions by their names as it loads the program, so what is checked is the
/// compiled verify-core that everybody gets. In the name, `Za` stands for any text, and `Zu` for `_`;
/// both manglings of Rust have the part between.
#[unsafe(export_name = "_vgr00000ZZ_NONE_Za11verifyZucore10declassify10declassifyZa")]
pub(crate) extern "C" fn declassify(mut outcome: u8) -> u8 {
    DECLASSIFIED.fetch_add(1, Ordering::Relaxed);
    mark_public(&mut outcome);
    outcome
}

/// Keeps the linker from leaving it out: nothing calls it.
#[used]
static REPLACEMENT: extern "C" fn(u8) -> u8 = declassify;
