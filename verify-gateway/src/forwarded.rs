//! What a service behind a proxy is sent besides the body.

use http::{
    HeaderMap,
    header::{CONTENT_TYPE, USER_AGENT},
};

use crate::{
    config::Proxy,
    facts::Facts,
    resign::sign,
    upstream::{Head, Trouble},
};

/// Returns the head of the request. `senders` are the headers of the delivery.
pub(crate) fn head(
    proxy: &Proxy,
    facts: &Facts<'_>,
    attempt: u32,
    senders: &HeaderMap,
    body: &[u8],
) -> Result<Head, Trouble> {
    let mut head = proxy.upstream.head();
    for (name, value) in [(CONTENT_TYPE, "application/json"), (USER_AGENT, "verify-gateway")] {
        if !proxy.forwarded.contains(&name) || !senders.contains_key(&name) {
            head.add(name.as_str(), value);
        }
    }
    let signed = proxy.signer.as_ref().map(|signer| sign(signer, &facts.key, body));
    let signed = signed.transpose().map_err(|_| Trouble::Unsigned)?.unwrap_or_default();
    for name in &proxy.forwarded {
        // The place of the new signature is not for the sender's.
        if signed.iter().all(|(ours, _)| name != ours) {
            senders.get_all(name).iter().for_each(|value| head.add(name.as_str(), value));
        }
    }
    signed.iter().for_each(|(name, value)| head.add(name, value));
    facts.each(Some(attempt), |name, value| head.add(name, value));
    Ok(head)
}
