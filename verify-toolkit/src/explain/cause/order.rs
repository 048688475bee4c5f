//! Which of two causes is told, where both come to the same bytes.

use core::cmp::Ordering;

use super::Cause::{self, *};

/// In each row a cause goes before those behind it: it says more. Two that can come to the same bytes
/// stand in one row, or the test that tries every fault fails.
const PARTICULAR_FIRST: &[&[Cause]] = &[
    // Secrets.
    &[
        SecretTrailingCrLf,
        SecretTrailingNewline,
        SecretSpaced,
        SecretWrapped,
        SecretSpaceInside,
        SecretInvisible,
        SecretEscaped,
        SecretEndMark,
        SecretList,
        SecretCutShort,
    ],
    &[SecretByteOrderMark, SecretInvisible],
    &[SecretEchoOption, SecretPrefixed, SecretInAssignment, SecretInWhsec, SecretList],
    &[SecretStandardWebhooks, SecretBase64],
    &[SecretQuoted, SecretInJson],
    &[SecretShellExpanded, SecretInAssignment, SecretCutShort, SecretEmpty],
    // Bodies.
    &[
        SignedConstant,
        BodyGatewayEvent,
        BodyEnvelope,
        BodyForm,
        BodyNewlineAdded,
        BodyNewlineLost,
        BodySpaceAdded,
        BodyNulPadded,
        BodyTooLong,
        BodyLineEndsLost,
        BodyCrLf,
        BodyLf,
        BodyJsonRounded,
        BodyJsonNumbers,
        BodyJsonRetyped,
        BodyJsonNullsAdded,
        BodyJsonIntegerKeys,
        BodyJsonSorted,
        BodySorted,
        BodyJsonReordered,
        BodyJsonHtmlEscaped,
        BodyJsonEscaped,
        BodyJsonSlashEscaped,
        BodyJsonUnescaped,
        BodyJsonSlashUnescaped,
        BodyJsonEscapedOtherwise,
        BodyJsonCompact,
        BodyJsonSpaced,
        BodyJsonIndented,
        BodyLineEndsAdded,
        BodyEscapesUndone,
        BodyLogEscaped,
        BodyChunked,
        BodyEchoOption,
        BodyPythonBytes,
        BodyByteOrderMark,
        BodyCompressed,
        BodyTypography,
        BodyPrinted,
        BodyInside,
    ],
    // Signatures.
    &[
        SignatureQuoted,
        SignaturePrefixMissing,
        SignaturePrefixDoubled,
        SignaturePrefixCase,
        SignaturePrefixAdded,
        SignatureWithWords,
        SignatureList,
        SignatureFolded,
        SignatureUrlMangled,
    ],
    &[SignatureBase64, SignatureUnpadded, SignatureBase64Url],
    &[SignatureHeaderRenamed, SignatureHeaderOther],
    // What is signed besides.
    &[
        SignedHeaderDoubled,
        SignedHeaderQuoted,
        SignedHeaderRenamed,
        SignedIdChanged,
        SignedTimestampChanged,
        SignedWithoutId,
        SignedWithoutTimestamp,
        SignedOrder,
        SignedSeparators,
        SignedBodyAlone,
        SignedWithUrl,
    ],
];

/// Compares two stories that come to the same: fewer causes go first, then the particular ones.
///
/// Returns the two causes of which no row says it.
pub(in super::super) fn particular_first(
    one: &[Cause],
    other: &[Cause],
) -> Result<Ordering, (Cause, Cause)> {
    let differing = |these: &[Cause], those: &[Cause]| -> Vec<Cause> {
        these.iter().copied().filter(|cause| !those.contains(cause)).collect()
    };
    let (ones, others) = (differing(one, other), differing(other, one));
    if one.len() != other.len() {
        return Ok(one.len().cmp(&other.len()));
    }
    let pairs = ones.iter().zip(&others);
    let mut decided = pairs.clone().filter_map(|(one, other)| in_one_row(*one, *other));
    match (decided.next(), pairs.clone().next()) {
        (Some(order), _) => Ok(order),
        (None, Some((one, other))) => Err((*one, *other)),
        (None, None) => Ok(Ordering::Equal),
    }
}

fn in_one_row(one: Cause, other: Cause) -> Option<Ordering> {
    PARTICULAR_FIRST.iter().find_map(|row| {
        let place = |cause| row.iter().position(|known| *known == cause);
        Some(place(one)?.cmp(&place(other)?))
    })
}
