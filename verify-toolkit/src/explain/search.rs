//! Tries corrections, the fewest first, until the signature fits.

use verify_core::{Encoding, Sender, SignedPart};

use super::{
    Cause, Certainty, Explainer, Finding,
    body::{self, Bodies},
    candidates::{Candidate, Candidates},
    explanation::Work,
    mac::{self, Mac},
    secret,
    signature::{self, SHORTEST},
    signed_text::{self, Layout},
};

/// Schemes of others that stand between a sender and its receiver, or are taken for it.
const OTHER_SCHEMES: [Sender; 4] = [
    Sender::new("GitHub", "x-hub-signature-256").with_prefix("sha256="),
    Sender::new("Standard Webhooks", "webhook-signature")
        .with_prefix("v1,")
        .with_encodings(&[Encoding::Base64])
        .with_signed_parts(&[
            SignedPart::DeliveryId("webhook-id"),
            SignedPart::Text("."),
            SignedPart::Timestamp("webhook-timestamp"),
            SignedPart::Text("."),
        ]),
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

/// A signature that fits.
pub(super) struct Fit {
    causes: Vec<Cause>,
    details: Vec<String>,
    /// The time in the text that was signed.
    pub(super) time: Option<Vec<u8>>,
}

impl Fit {
    pub(super) fn has(&self, cause: Cause) -> bool {
        self.causes.contains(&cause)
    }

    /// What had to be corrected, if anything.
    pub(super) fn finding(&self) -> Option<Finding> {
        let detail = (!self.details.is_empty()).then(|| self.details.join(", "));
        let causes = self.causes.clone();
        (!causes.is_empty()).then_some(Finding { causes, certainty: Certainty::Proved, detail })
    }
}

/// Finds the least that makes the signature fit.
pub(super) fn fit(explainer: &Explainer<'_>) -> (Option<Fit>, Work) {
    let mut search = Search {
        keys: secret::candidates(explainer),
        bodies: body::candidates(explainer.request),
        macs: mac::candidates(),
        limit: explainer.work_limit,
        work: Work::default(),
    };
    search.work.is_cut_short = search.bodies.is_cut_short;
    let fit = search.run(explainer);
    (fit, search.work)
}

struct Search {
    keys: Candidates<Vec<u8>>,
    bodies: Bodies,
    macs: Candidates<Mac>,
    limit: u64,
    work: Work,
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
    body: &'c Candidate<Vec<u8>>,
    layout: &'c Candidate<Layout>,
    mac: &'c Candidate<Mac>,
}

impl Search {
    fn run(&mut self, explainer: &Explainer<'_>) -> Option<Fit> {
        let request = explainer.request;
        let is_own = |sender: &Sender| {
            explainer.sender.is_none_or(|own| own.signature_header() == sender.signature_header())
        };
        let lenient = |sender: &Sender| Scheme {
            causes: Vec::new(),
            detail: None,
            claims: signature::candidates(request, sender),
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
        let others: Vec<_> = known.chain(others).collect();
        let exact: Vec<_> = own.iter().map(|sender| strict(sender, None)).collect();
        let own: Vec<_> = own.into_iter().map(lenient).collect();
        self.work.is_cut_short |= own.iter().any(|scheme| scheme.layouts.is_cut_short);

        let rounds: [(&[Scheme], u32); 6] =
            [(&exact, 0), (&others, 0), (&own, 0), (&own, 1), (&others, 1), (&own, 2)];
        rounds.into_iter().find_map(|(schemes, corrections)| {
            schemes.iter().find_map(|scheme| self.round(scheme, corrections))
        })
    }

    /// Tries all that differ from what is believed in so many of secret, body, text and MAC.
    fn round(&mut self, scheme: &Scheme, corrections: u32) -> Option<Fit> {
        scheme.claims.iter().next()?;
        let Self { keys, bodies, macs, limit, work } = self;
        // Which of the four are corrected, one bit for each.
        for chosen in (0_u8..16).filter(|chosen| chosen.count_ones() == corrections) {
            for key in keys.pick(chosen & 1 != 0) {
                for layout in scheme.layouts.pick(chosen & 2 != 0) {
                    for mac in macs.pick(chosen & 4 != 0) {
                        for body in bodies.found.pick(chosen & 8 != 0) {
                            let reading = Reading { key, body, layout, mac };
                            if !reading.is_affordable(*limit, work) {
                                return None;
                            }
                            if let Some(fit) = reading.judge(scheme) {
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
    /// Counts the bytes to be hashed, if the limit allows for them.
    fn is_affordable(&self, limit: u64, work: &mut Work) -> bool {
        let Layout { before, after, .. } = &self.layout.value;
        // Two blocks for the key, two for what ends a hash.
        let length =
            before.len() + self.body.value.len() + after.len() + self.key.value.len() + 256;
        let spent = work.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        if spent > limit {
            work.is_cut_short = true;
            return false;
        }
        work.bytes = spent;
        true
    }

    fn judge(&self, scheme: &Scheme) -> Option<Fit> {
        let Layout { before, after, time } = &self.layout.value;
        let tag = self.mac.value.sign(&self.key.value, [before, &self.body.value, after]);
        let claim = scheme.claims.iter().find(|claim| self.fits(claim, &tag))?;
        let truncated = (claim.value.len() < tag.len()).then_some(Cause::SignatureTruncated);

        let mut causes = scheme.causes.clone();
        for more in [
            &self.key.causes,
            &self.body.causes,
            &self.layout.causes,
            &self.mac.causes,
            &claim.causes,
        ] {
            causes.extend(more);
        }
        causes.extend(truncated);
        let key = self.key.detail.as_ref().filter(|_| !self.key.causes.is_empty());
        let layout = self.layout.detail.as_ref().filter(|_| !self.layout.causes.is_empty());
        let details = [scheme.detail.as_ref(), key, layout, claim.detail.as_ref()];
        Some(Fit {
            causes,
            details: details.into_iter().flatten().cloned().collect(),
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
