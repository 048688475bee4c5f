use subtle::ConditionallySelectable;

use crate::{
    Receipt, Rejection, UnixTime,
    declassify::declassify,
    head::Claim,
    mac::{self, Tag},
    receipt::Signature,
    rules::Rules,
};

/// Compares what was claimed with what the secrets make of the delivery, in their order.
///
/// Every secret is tried, whichever fits.
#[inline(always)]
pub(crate) fn judge(
    rules: &Rules,
    claim: Option<&Claim>,
    now: UnixTime,
    mut tags: impl Iterator<Item = Tag>,
) -> Result<Receipt, Rejection> {
    let sender = rules.sender.name();
    let Some(claim) = claim else {
        return Ok(Receipt::new(sender, now, tags.next().unwrap_or_default(), None));
    };

    // The number of the secret that fits, from 1, or 0.
    let mut fitting = 0_u8;
    for (tag, number) in tags.zip(1_u8..) {
        fitting.conditional_assign(&number, mac::is_equal(&tag, &claim.tag));
    }
    let secret = declassify(fitting)
        .checked_sub(1)
        .and_then(|place| rules.secrets.get(place.into()))
        .ok_or(Rejection::signature_mismatch(rules.sender.signature_header()))?;
    let signature = Signature {
        label: secret.label,
        encoding: claim.encoding,
        delivery_id: claim.delivery_id,
        signed_at: claim.signed_at,
        tolerance: rules.tolerance,
    };
    Ok(Receipt::new(sender, now, claim.tag, Some(signature)))
}
