use verify_core::{Pending, Rejection, Verifier};

fn feed_after_finish(mut pending: Pending<&Verifier>) -> Result<(), Rejection> {
    pending.finish()?;
    pending.feed(b"more")
}

fn finish_after_finish(pending: Pending<&Verifier>) -> bool {
    pending.finish().is_ok() || pending.finish().is_ok()
}

fn main() {}
