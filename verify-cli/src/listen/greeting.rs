//! What is said at the beginning, on standard error.

use anstream::eprintln;
use verify_toolkit::samples;

use super::{options::Options, receive, secrets::Keys};
use crate::{
    output::{STRONG, Styled},
    secret,
};

/// The events that say the most of what these senders do.
const FIRST: [&str; 3] = ["LINK_ARTIFACT", "MODEL_VERSION_CREATED", "model_version.created"];

/// Says where everything is, and how to make a first delivery.
pub(super) fn print(options: &Options, keys: &Keys, is_try_out: bool, origin: &str, page: &str) {
    if is_try_out {
        eprintln!("No secret is set, so each sender has one for this run. A first delivery, from");
        eprintln!("another terminal:\n");
    } else {
        eprintln!("A first delivery, from another terminal with the same secret set:\n");
    }
    for keys in keys.iter() {
        let (sender, path) = (keys.sender, receive::path(&keys.sender));
        let first = samples::of(sender.name()).find(|sample| FIRST.contains(&sample.event));
        let event = first.map_or("", |sample| sample.event);
        // One that is made for a try may be seen.
        let secret = keys.first().filter(|_| is_try_out).map(|secret| {
            let secret = String::from_utf8_lossy(secret.as_ref());
            format!("{}={secret} ", secret::variable(sender))
        });
        let secret = secret.unwrap_or_default();
        eprintln!("  {secret}verify send {} {event} --to {origin}{path}\n", sender.name());
    }
    if options.dangerous_open_page {
        eprintln!("warning: the page shows bodies and tokens to every machine that reaches it");
    }
    for keys in keys.iter() {
        eprintln!("{} delivers to {origin}{}", keys.sender.name(), receive::path(&keys.sender));
    }
    if let Some(forward) = &options.forward_to {
        eprintln!("what verifies goes on to {}", forward.url());
    }
    eprintln!("the page is {}", Styled(STRONG, page));
}
