//! Standard Webhooks. The bodies are those of the specification, without white space where it shows
//! them so.

use super::Knowledge;

pub(super) const KNOWLEDGE: Knowledge = Knowledge {
    usual: "contact.created",
    samples: samples! {
        STANDARD_WEBHOOKS in "standard_webhooks":
        "contact.created"
        "example.event"
    },
    ..Knowledge::NONE
};
