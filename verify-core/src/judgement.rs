use subtle::ConditionallySelectable;

use crate::{
    Receipt, Rejection, UnixTime,
    declassify::declassify,
    delivery_id::DeliveryId,
    head::{Claim, Further},
    mac::{self, Tag},
    receipt::Signature,
    rules::Rules,
    slots::CAPACITY,
};

/// In front of a delivery id where the replay key is made of that. A delivery id has no NUL, so this
/// is not the beginning of a signed text.
const REPLAY_ID: &[u8] = b"\0verify-replay-id-v1\0";

/// Compares what was claimed with what the secrets make of the delivery, in their order.
///
/// Every secret is tried on every signature, whichever fits.
#[inline(always)]
pub(crate) fn judge(
    rules: &Rules,
    claim: Option<&Claim>,
    further: &Further,
    now: UnixTime,
    mut tags: impl Iterator<Item = Tag>,
) -> Result<Receipt, Rejection> {
    let sender = rules.sender.name();
    let Some(claim) = claim else {
        return Ok(Receipt::new(sender, now, tags.next().unwrap_or_default(), None));
    };

    // The number of the pair of secret and signature that fits, from 1, or 0.
    let mut fitting = 0_u8;
    let has_list = rules.sender.max_signatures() > 1;
    for (tag, first) in tags.zip((1_u8..).step_by(CAPACITY)) {
        fitting.conditional_assign(&first, mac::is_equal(&tag, &claim.signature.tag));
        if has_list {
            compare_further(&mut fitting, &tag, first, further);
        }
    }
    let pair = declassify(fitting).checked_sub(1).map(usize::from);
    let (secret, claimed) = pair
        .and_then(|pair| {
            let claimed = match (pair % CAPACITY).checked_sub(1) {
                None => Some(&claim.signature),
                Some(place) => further.get(place),
            };
            rules.secrets.get(pair / CAPACITY).zip(claimed)
        })
        .ok_or(Rejection::signature_mismatch(rules.sender.signature_header()))?;
    let identity = match &claim.delivery_id {
        Some(id) if rules.sender.signs_retries_anew() => identity_of(rules, id),
        _ => claimed.tag,
    };
    let signature = Signature {
        label: secret.label,
        encoding: claimed.encoding,
        delivery_id: claim.delivery_id,
        signed_at: claim.signed_at,
        tolerance: (!rules.sender.signs_retries_anew()).then_some(rules.tolerance),
    };
    Ok(Receipt::new(sender, now, identity, Some(signature)))
}

/// Compares with the signatures behind the first. Not inlined, as is what follows: for most senders it
/// would be in the way.
#[inline(never)]
fn compare_further(fitting: &mut u8, tag: &Tag, first: u8, further: &Further) {
    for (claimed, number) in further.iter().zip(first.saturating_add(1)..) {
        fitting.conditional_assign(&number, mac::is_equal(tag, &claimed.tag));
    }
}

/// Of a list, whoever sends it again can leave out signatures, and so choose which secret fits: the first
/// secret is in the replay key, whether it fits or not.
#[inline(never)]
fn identity_of(rules: &Rules, id: &DeliveryId) -> Tag {
    let first = rules.secrets.get(0);
    first
        .map(|first| mac::of(first.key.mac(), [REPLAY_ID, id.as_str().as_bytes()]))
        .unwrap_or_default()
}
