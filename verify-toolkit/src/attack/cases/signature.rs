//! The signature: whether it is there, how often, where, and over what.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use verify_core::{Encoding, Sender};

use super::{
    Expected::{Accepted, Refused, Unaccepted},
    Row, row,
};
use crate::attack::{
    Attempt, Step, Target,
    draft::{mac, spell_in},
};

/// The genuine delivery with another text for a signature.
fn signed(target: &Target, signature: impl Into<Vec<u8>>) -> Option<Attempt> {
    Some(target.genuine().with(target.header(), signature))
}

/// The genuine delivery with other bytes for a signature.
fn tagged(target: &Target, tag: &[u8]) -> Option<Attempt> {
    signed(target, target.draft().spell(tag))
}

fn flipped(target: &Target, byte: usize) -> Option<Attempt> {
    signed(target, flipped_text(target, byte)?)
}

fn flipped_text(target: &Target, byte: usize) -> Option<String> {
    let mut tag = target.draft().tag();
    *tag.get_mut(byte)? ^= 1;
    Some(target.draft().spell(&tag))
}

fn has_list(target: &Target) -> bool {
    target.sender.max_signatures() > 1
}

/// A signature that does not fit, but could.
fn wrong(target: &Target) -> String {
    target.draft().spell(&[0x5a; 32])
}

pub(super) const ROWS: &[Row] = &[
    row("signature/missing", "no signature at all", Refused, |t| {
        Some(t.genuine().without(t.header()))
    }),
    row("signature/empty", "a header without a value", Refused, |t| signed(t, "")),
    row("signature/zeros", "32 zero bytes", Refused, |t| tagged(t, &[0; 32])),
    row("signature/first-byte", "a signature that differs in its first byte", Refused, |t| {
        flipped(t, 0)
    }),
    row("signature/middle-byte", "one that differs in the middle", Refused, |t| flipped(t, 16)),
    row("signature/last-byte", "one that differs in its last byte", Refused, |t| flipped(t, 31)),
    row("signature/1-byte", "the first byte of the right one", Refused, |t| {
        tagged(t, &t.draft().tag()[..1])
    }),
    row("signature/16-bytes", "the first half of the right one", Refused, |t| {
        tagged(t, &t.draft().tag()[..16])
    }),
    row("signature/31-bytes", "all of it but the last byte", Refused, |t| {
        tagged(t, &t.draft().tag()[..31])
    }),
    row("signature/33-bytes", "the right one and a byte more", Refused, |t| {
        tagged(t, &[&t.draft().tag()[..], &[0]].concat())
    }),
    row("signature/character-short", "the right text without its last character", Refused, |t| {
        // Padding is none: a sender may do without it.
        let mut signature = t.signature();
        signature.truncate(signature.trim_end_matches('=').len() - 1);
        signed(t, signature)
    }),
    row("signature/character-more", "the right text and a character more", Refused, |t| {
        signed(t, t.signature() + "0")
    }),
    row("signature/repeated", "the right one twice", Refused, |t| {
        Some(t.genuine().and(t.header(), t.signature()))
    }),
    row("signature/repeated-wrong-first", "a wrong one in front of the right one", Refused, |t| {
        Some(t.genuine().behind(t.header(), wrong(t)))
    }),
    row("signature/repeated-wrong-last", "a wrong one behind the right one", Refused, |t| {
        Some(t.genuine().and(t.header(), wrong(t)))
    }),
    row("signature/repeated-in-upper-case", "twice, under names in different case", Refused, |t| {
        Some(t.genuine().and(&t.header().to_ascii_uppercase(), t.signature()))
    }),
    row("signature/name-in-upper-case", "the header's name in upper case", Accepted, |t| {
        let signature = t.signature();
        Some(t.genuine().without(t.header()).and(&t.header().to_ascii_uppercase(), signature))
    }),
    row("signature/list-right-first", "a list: the right one, and a wrong one", Refused, |t| {
        signed(t, format!("{},{}", t.signature(), wrong(t)))
    }),
    row("signature/list-right-last", "a list: a wrong one, and the right one", Refused, |t| {
        signed(t, format!("{}, {}", wrong(t), t.signature()))
    }),
    row("signature/list-with-spaces", "a list as other webhooks have it", Refused, |t| {
        (!has_list(t)).then(|| signed(t, format!("{} {}", wrong(t), t.signature())))?
    }),
    row("signature/list", "a list: a wrong one, and the right one", Accepted, |t| {
        has_list(t).then(|| signed(t, format!("{} {}", wrong(t), t.signature())))?
    }),
    row(
        "signature/list-of-versions",
        "a list: another version, and the right one",
        Accepted,
        |t| {
            has_list(t).then(|| {
                signed(t, format!("v1a,{} {}", spell_in(Encoding::Base64, &[7; 64]), t.signature()))
            })?
        },
    ),
    row("signature/list-without-fit", "a list of wrong ones", Refused, |t| {
        has_list(t)
            .then(|| signed(t, [wrong(t), flipped_text(t, 0)?, flipped_text(t, 31)?].join(" ")))?
    }),
    row("signature/list-as-another-version", "the right one as another version", Refused, |t| {
        let bare = t.signature().strip_prefix(t.sender.prefix())?.to_owned();
        has_list(t).then(|| signed(t, format!("v1a,{bare} v2,{bare}")))?
    }),
    row(
        "signature/many",
        "500 signatures in one header, the right one among them",
        Unaccepted,
        |t| signed(t, vec![t.signature(); 500].join(",")),
    ),
    row("signature/in-the-query", "the signature in the query", Refused, |t| {
        let signature = t.signature().replace('+', "%2B");
        let parameter = format!("{}={signature}", t.header());
        Some(t.genuine().without(t.header()).asking(&parameter))
    }),
    row("signature/in-a-trailer", "the signature behind the body", Refused, |t| {
        let trailer = Step::Trailers(vec![(t.header().to_owned(), t.signature().into_bytes())]);
        Some(t.genuine().without(t.header()).chunked(64).then(trailer))
    }),
    row("signature/in-a-cookie", "the signature in a cookie", Refused, |t| {
        let cookie = format!("{}={}", t.header(), t.signature());
        Some(t.genuine().without(t.header()).and("cookie", cookie))
    }),
    row("signature/underscores", "the header's name with underscores", Refused, |t| {
        Some(t.genuine().without(t.header()).and(&t.header().replace('-', "_"), t.signature()))
    }),
    row("signature/under-another-sender", "the header of another sender", Refused, |t| {
        let other = Sender::ALL.iter().find(|s| s.signature_header() != t.header())?;
        Some(t.genuine().without(t.header()).and(other.signature_header(), t.signature()))
    }),
    row("signature/under-github", "the header of GitHub's webhooks", Refused, |t| {
        let tag = mac(&t.key(), &t.body);
        let signature = format!("sha256={}", spell_in(Encoding::Hex, &tag));
        Some(t.genuine().without(t.header()).and("x-hub-signature-256", signature))
    }),
    row("signature/in-authorization", "the signature for a credential", Refused, |t| {
        Some(t.genuine().without(t.header()).with("authorization", t.signature()))
    }),
    row("signature/digest", "SHA-256 of the body, without any key", Refused, |t| {
        tagged(t, &Sha256::digest(&t.body))
    }),
    row(
        "signature/digest-with-secret",
        "SHA-256 of secret and text, which can be extended",
        Refused,
        |t| tagged(t, &Sha256::digest([&t.key()[..], &t.draft().signed_text()].concat())),
    ),
    row("signature/swapped", "HMAC with key and text swapped", Refused, |t| {
        tagged(t, &mac(&t.draft().signed_text(), &t.key()))
    }),
    row("signature/sha512", "half of HMAC-SHA512", Refused, |t| {
        let mac = Hmac::<Sha512>::new_from_slice(&t.key()).ok()?;
        let tag = mac.chain_update(t.draft().signed_text()).finalize().into_bytes();
        tagged(t, tag.get(..32)?)
    }),
    row("signature/of-constant", "a signature over `{}` for another body", Refused, |t| {
        tagged(t, &t.draft().of("{}").tag())
    }),
    row("signature/of-nothing", "a signature over an empty body for another", Refused, |t| {
        tagged(t, &t.draft().of("").tag())
    }),
    row("signature/of-body-alone", "id and time left out of what is signed", Refused, |t| {
        (!t.sender.signed_parts().is_empty()).then(|| tagged(t, &mac(&t.key(), &t.body)))?
    }),
    row("signature/folded", "a header folded into two lines", Unaccepted, |t| {
        let (start, end) =
            t.signature().split_at_checked(8).map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        signed(t, format!("{start}\r\n {end}"))
    }),
    row(
        "signature/space-in-name",
        "a space between the header's name and the colon",
        Unaccepted,
        |t| Some(t.genuine().without(t.header()).and(&format!("{} ", t.header()), t.signature())),
    ),
    row("signature/nul", "a NUL byte behind the signature", Unaccepted, |t| {
        signed(t, t.signature() + "\0")
    }),
];
