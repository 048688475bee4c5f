//! Who may ask the page for anything. It shows bodies and tokens, and can make a handler run, so
//! other sites that the browser has open must get nothing from it.

use core::net::IpAddr;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::page;

/// What the page is guarded by.
///
/// 1. **`Host` is an address or `localhost`**, and a loopback one unless the page was opened to the
///    network: a name that another site has pointed here (DNS rebinding) is neither. Else 421.
/// 2. **What changes something comes from the page itself**: `Origin`, or else `Sec-Fetch-Site`, says
///    so. Else 403. Nothing else is given to a page of another site either, except the page.
/// 3. Every answer carries the headers that keep it from being run, framed, kept or told on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) is_open: bool,
}

pub(crate) async fn guard(State(rules): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match rules.check(request.method(), request.uri().path(), request.headers())
    {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, page::policy());
    response
}

impl Guard {
    fn check(
        self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<(), (StatusCode, &'static str)> {
        let host = only(headers, HOST).filter(|host| self.is_own(host));
        let Some(host) = host else {
            let text = "ask for this page by its address, such as http://127.0.0.1:8081\n";
            return Err((StatusCode::MISDIRECTED_REQUEST, text));
        };
        // Both are set by the browser and cannot be set by a site.
        let name = HeaderName::from_static("sec-fetch-site");
        let is_told = headers.contains_key(&name);
        let site = only(headers, name);
        let is_same_origin = match only(headers, ORIGIN) {
            Some(origin) => origin.strip_prefix("http://") == Some(host),
            None => site == Some("same-origin") && !headers.contains_key(ORIGIN),
        };
        let is_allowed = if !method.is_safe() {
            is_same_origin
        } else if path == "/" {
            true
        } else {
            // Not from a browser, or typed into it.
            is_same_origin || (!is_told || site == Some("none")) && !headers.contains_key(ORIGIN)
        };
        if is_allowed {
            Ok(())
        } else {
            Err((
                StatusCode::FORBIDDEN,
                "not from another site: a script sends this address as its `Origin`\n",
            ))
        }
    }

    /// Whether a `Host` is what this page is reached by.
    fn is_own(self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        match name.parse::<IpAddr>() {
            Ok(address) => self.is_open || address.to_canonical().is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// The value of a header that occurs once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
