//! The page: one document with its style and its script, and the policy that lets no other run.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("../page/style.css");
const SCRIPT: &str = concat!(
    "'use strict';\n",
    include_str!("../page/text.js"),
    include_str!("../page/page.js"),
    include_str!("../page/time.js"),
    include_str!("../page/filter.js"),
    include_str!("../page/list.js"),
    include_str!("../page/signature.js"),
    include_str!("../page/compare.js"),
    include_str!("../page/delivery.js"),
    include_str!("../page/actions.js"),
    include_str!("../page/live.js"),
);
const MARKUP: &str = include_str!("../page/page.html");

/// Returns the document.
pub(crate) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        MARKUP
            .replace("<style></style>", &format!("<style>{STYLE}</style>"))
            .replace("<script></script>", &format!("<script>{SCRIPT}</script>"))
    });
    &DOCUMENT
}

/// Returns the `Content-Security-Policy`. Style and script are named by their hashes, so whatever a
/// delivery might slip into the page is not run; and no script may write markup.
pub(crate) fn policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let hash = |text: &str| Base64::encode_string(&Sha256::digest(text));
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; \
             connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            hash(SCRIPT),
            hash(STYLE)
        );
        // Of base64 and the text above. Failing that, nothing is allowed at all.
        HeaderValue::try_from(policy)
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
    });
    POLICY.clone()
}
