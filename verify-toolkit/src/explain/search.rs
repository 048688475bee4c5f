//! Tries corrections, the fewest first, until the signature fits.

use verify_core::{Encoding, Sender, SignedPart};

use super::{
    Cause, Explainer,
    body::{self, Bases, Bodies},
    candidates::{Candidate, Candidates},
    cause::particular_first,
    fit::Fit,
    mac::{self, Mac},
    secret,
    signature::{self, SHORTEST},
    signed_text::{self, Layout},
    work::Work,
};
use crate::WireRequest;

/// Schemes of others that stand between a sender and its receiver, or are taken for it.
pub(super) const OTHER_SCHEMES: [Sender; 3] = [
    Sender::new("GitHub", "x-hub-signature-256").with_prefix("sha256="),
    Sender::new("Svix", "svix-signature")
        .with_prefix("v1,")
        .with_encodings(&[Encoding::Base64])
        .with_signed_parts(&[
            SignedPart::DeliveryId("svix-id"),
            SignedPart::Text("."),
            SignedPart::Timestamp("svix-timestamp"),
            SignedPart::Text("."),
        ]),
    Sender::new("Slack", "x-slack-signature").with_prefix("v0=").with_signed_parts(&[
        SignedPart::Text("v0:"),
        SignedPart::Timestamp("x-slack-request-timestamp"),
        SignedPart::Text(":"),
    ]),
];

/// What was found, and how much work it was.
pub(super) struct Found {
    pub(super) fit: Option<Fit>,
    pub(super) work: Work,
    /// Causes that came to the same, and of which the table does not say which goes first.
    pub(super) undecided: Vec<(Cause, Cause)>,
}

/// Finds the least that makes the signature fit.
pub(super) fn find(explainer: &Explainer<'_>) -> Found {
    let mut work = Work::up_to(explainer.work_limit);
    let keys = secret::candidates(explainer);
    if let Some(fit) = signature::verbatim(explainer, &keys) {
        return Found { fit: Some(fit), work, undecided: keys.undecided };
    }
    let schemes = Schemes::of(explainer, &mut work);
    let bases = Bases::of(explainer.request);
    let bodies = Bodies::of(&bases, explainer.sender.as_ref(), &mut work);
    work.is_cut_short |= bodies.is_cut_short;
    let mut undecided = [&keys.undecided[..], &bodies.undecided].concat();
    for scheme in &schemes.own {
        undecided.extend(&scheme.claims.undecided);
        undecided.extend(&scheme.layouts.undecided);
    }
    let macs = mac::candidates();
    let mut search = Search { request: explainer.request, keys, bodies, macs, work };
    let fit = search.run(&schemes);
    Found { fit, work: search.work, undecided }
}

struct Search<'b> {
    request: &'b WireRequest,
    keys: Candidates<Vec<u8>>,
    bodies: Bodies<'b>,
    macs: Candidates<Mac>,
    work: Work,
}

/// Who may have signed, and how.
struct Schemes {
    /// The sender's own, exactly as it is described.
    exact: Vec<Scheme>,
    /// The same, with all that may be wrong.
    own: Vec<Scheme>,
    others: Vec<Scheme>,
}

/// One sender's idea of where the signature stands and what it is over.
struct Scheme {
    causes: Vec<Cause>,
    detail: Option<String>,
    claims: Candidates<Vec<u8>>,
    layouts: Candidates<Layout>,
}

/// One way to read everything.
struct Reading<'c> {
    key: &'c Candidate<Vec<u8>>,
    layout: &'c Candidate<Layout>,
    mac: &'c Candidate<Mac>,
    body: &'c [Cause],
    body_detail: Option<&'c String>,
    bytes: &'c [u8],
}

impl Schemes {
    fn of(explainer: &Explainer<'_>, work: &mut Work) -> Self {
        let request = explainer.request;
        let is_own = |sender: &Sender| {
            explainer.sender.is_none_or(|own| own.signature_header() == sender.signature_header())
        };
        let mut lenient = |sender: &Sender| Scheme {
            causes: Vec::new(),
            detail: None,
            claims: signature::candidates(request, sender, work),
            layouts: signed_text::candidates(request, sender),
        };
        let strict = |sender: &Sender, cause: Option<Cause>| Scheme {
            causes: cause.into_iter().collect(),
            detail: cause.map(|_| sender.name().to_owned()),
            claims: signature::strict(request, sender),
            layouts: signed_text::strict(request, sender),
        };
        let own: Vec<&Sender> = match &explainer.sender {
            Some(sender) => vec![sender],
            None => Sender::ALL.iter().collect(),
        };
        let known = Sender::ALL.iter().filter(|sender| !is_own(sender));
        let known = known.map(|sender| strict(sender, Some(Cause::SenderOther)));
        let others = OTHER_SCHEMES.iter().map(|sender| strict(sender, Some(Cause::SchemeOther)));
        let schemes = Self {
            exact: own.iter().map(|sender| strict(sender, None)).collect(),
            others: known.chain(others).collect(),
            own: own.into_iter().map(&mut lenient).collect(),
        };
        let is_cut_short =
            |scheme: &Scheme| scheme.claims.is_cut_short || scheme.layouts.is_cut_short;
        work.is_cut_short |= schemes.own.iter().any(is_cut_short);
        schemes
    }
}

impl Search<'_> {
    fn run(&mut self, Schemes { exact, own, others }: &Schemes) -> Option<Fit> {
        let rounds = [(exact, 0), (others, 0), (own, 0), (own, 1), (others, 1), (own, 2)];
        rounds.into_iter().find_map(|(schemes, corrections)| {
            schemes.iter().find_map(|scheme| self.round(scheme, corrections))
        })
    }

    /// Tries all that differ from what is believed in so many of secret, text, MAC and body.
    fn round(&mut self, scheme: &Scheme, corrections: u32) -> Option<Fit> {
        scheme.claims.iter().next()?;
        let Self { request, keys, bodies, macs, work } = self;
        // Which of the four are corrected, one bit for each.
        for chosen in (0_u8..16).filter(|chosen| chosen.count_ones() == corrections) {
            let is_alone = chosen == 8;
            for body in bodies.pick(chosen & 8 != 0) {
                if body.value.is_guess && !is_alone {
                    continue;
                }
                let bytes = bodies.bytes(&body.value, work)?;
                for key in keys.pick(chosen & 1 != 0) {
                    for layout in scheme.layouts.pick(chosen & 2 != 0) {
                        for mac in macs.pick(chosen & 4 != 0) {
                            let reading = Reading {
                                key,
                                layout,
                                mac,
                                body: &body.causes,
                                body_detail: body.detail.as_ref(),
                                bytes: &bytes,
                            };
                            if !work.spend(reading.length()) {
                                return None;
                            }
                            if let Some(fit) = reading.judge(scheme, request) {
                                return Some(fit);
                            }
                        }
                    }
                }
            }
        }
        None
    }
}

impl Reading<'_> {
    /// How many bytes are to be hashed.
    fn length(&self) -> usize {
        let Layout { before, after, .. } = &self.layout.value;
        // Two blocks for the key, two for what ends a hash.
        before.len() + self.bytes.len() + after.len() + self.key.value.len() + 256
    }

    fn judge(&self, scheme: &Scheme, request: &WireRequest) -> Option<Fit> {
        let Layout { before, after, time } = &self.layout.value;
        let tag = self.mac.value.sign(&self.key.value, [before, self.bytes, after]);
        let claims = scheme.claims.iter().filter(|claim| self.fits(claim, &tag));
        // The whole signature before a piece of it, and the particular story before the general.
        let claim = claims.min_by(|one, other| {
            let story = || {
                particular_first(&one.causes, &other.causes).unwrap_or(core::cmp::Ordering::Equal)
            };
            other.value.len().cmp(&one.value.len()).then_with(story)
        })?;
        let truncated = (claim.value.len() < tag.len()).then_some(Cause::SignatureTruncated);

        let mut causes = scheme.causes.clone();
        for more in
            [&self.key.causes, self.body, &self.layout.causes, &self.mac.causes, &claim.causes]
        {
            causes.extend(more);
        }
        causes.extend(truncated);
        let key = self.key.detail.as_ref().filter(|_| !self.key.causes.is_empty());
        let layout = self.layout.detail.as_ref().filter(|_| !self.layout.causes.is_empty());
        let details =
            [scheme.detail.as_ref(), key, self.body_detail, layout, claim.detail.as_ref()];
        Some(Fit {
            side: body::side(request, &causes, self.bytes.len()),
            causes,
            details: details.into_iter().flatten().cloned().collect(),
            body: self.bytes.to_vec(),
            time: time.clone(),
        })
    }

    fn fits(&self, claim: &Candidate<Vec<u8>>, tag: &[u8]) -> bool {
        let strays = [Cause::SignatureHeaderOther, Cause::SignatureInQuery];
        // A digest in another header is a digest, and no signature that lacks its key.
        let is_digest = (self.mac.value == Mac::Unkeyed || self.key.value.is_empty())
            && claim.causes.iter().any(|cause| strays.contains(cause));
        claim.value.len() >= SHORTEST && tag.starts_with(&claim.value) && !is_digest
    }
}
