//! What a service behind a proxy is sent besides the body.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_TYPE, USER_AGENT},
};

use crate::{config::Proxy, facts::Facts, resign::sign, upstream::Trouble};

/// Returns the headers. `senders` are those of the delivery.
pub(crate) fn headers(
    proxy: &Proxy,
    facts: &Facts,
    attempt: u32,
    senders: &HeaderMap,
    body: &[u8],
) -> Result<HeaderMap, Trouble> {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("verify-gateway"));
    for name in &proxy.forwarded {
        headers.remove(name);
        for value in senders.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    // Last, so that nothing of the sender takes their place.
    if let Some(signer) = &proxy.signer {
        for (name, value) in sign(signer, &facts.key, body).map_err(|_| Trouble::Unsigned)? {
            let value = HeaderValue::from_str(&value).map_err(|_| Trouble::Unsigned)?;
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    facts.write(Some(attempt), &mut headers);
    Ok(headers)
}
