//! The bearer token, of receivers that want one besides the signature.

use base64ct::{Base64, Encoding as _};

use super::{
    Expected::{Accepted, Refused},
    Row, row,
};
use crate::attack::{Attempt, Target};

const NAME: &str = "authorization";

/// The genuine delivery with what is made of its token.
fn authorized(target: &Target, make: impl Fn(&str) -> String) -> Option<Attempt> {
    Some(target.genuine().with(NAME, make(target.bearer.as_deref()?)))
}

fn is_wanted(target: &Target) -> Option<()> {
    target.bearer.is_some().then_some(())
}

pub(super) const ROWS: &[Row] = &[
    row("credential/not-wanted", "a credential that the receiver did not ask for", Accepted, |t| {
        t.bearer.is_none().then(|| t.genuine().with(NAME, "Bearer of-somebody-else"))
    }),
    row("credential/missing", "a right signature without the token", Refused, |t| {
        is_wanted(t).map(|()| t.genuine().without(NAME))
    }),
    row("credential/wrong", "a right signature with another token", Refused, |t| {
        authorized(t, |_| "Bearer of-somebody-else".to_owned())
    }),
    row("credential/without-signature", "the right token without a signature", Refused, |t| {
        is_wanted(t).map(|()| t.genuine().without(t.header()))
    }),
    row("credential/wrong-signature", "the right token with a wrong signature", Refused, |t| {
        is_wanted(t).map(|()| t.forged("{}"))
    }),
    row("credential/scheme-in-lower-case", "`bearer`, which is the same scheme", Accepted, |t| {
        authorized(t, |token| format!("bearer {token}"))
    }),
    row("credential/empty", "the scheme alone", Refused, |t| {
        authorized(t, |_| "Bearer".to_owned())
    }),
    row("credential/bare", "the token without a scheme", Refused, |t| authorized(t, str::to_owned)),
    row("credential/other-scheme", "the token under another scheme", Refused, |t| {
        authorized(t, |token| format!("Token {token}"))
    }),
    row("credential/basic", "the token as the password of `Basic`", Refused, |t| {
        let password = |token: &str| Base64::encode_string(format!(":{token}").as_bytes());
        authorized(t, |token| format!("Basic {}", password(token)))
    }),
    row("credential/prefix", "the token without its last character", Refused, |t| {
        let (last, _) = t.bearer.as_deref()?.char_indices().last()?;
        authorized(t, |token| format!("Bearer {}", token.split_at(last).0))
    }),
    row("credential/more", "the token and a character more", Refused, |t| {
        authorized(t, |token| format!("Bearer {token}0"))
    }),
    row("credential/list", "a list with the right one in it", Refused, |t| {
        authorized(t, |token| format!("Bearer of-somebody-else, Bearer {token}"))
    }),
    row("credential/repeated", "the right one twice", Refused, |t| {
        let value = format!("Bearer {}", t.bearer.as_deref()?);
        Some(t.genuine().and(NAME, value))
    }),
    row("credential/repeated-wrong-first", "a wrong one in front of the right one", Refused, |t| {
        is_wanted(t).map(|()| t.genuine().behind(NAME, "Bearer of-somebody-else"))
    }),
    row("credential/repeated-wrong-last", "a wrong one behind the right one", Refused, |t| {
        is_wanted(t).map(|()| t.genuine().and(NAME, "Bearer of-somebody-else"))
    }),
    row("credential/in-the-query", "the token in the query", Refused, |t| {
        let parameter = format!("access_token={}", t.bearer.as_deref()?);
        Some(t.genuine().without(NAME).asking(&parameter))
    }),
];
