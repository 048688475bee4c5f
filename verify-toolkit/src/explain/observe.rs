//! What stands in the request and may be why, where no correction makes the signature fit.

use serde::de::IgnoredAny;
use verify_core::{Receipt, RejectionKind, Sender};

use super::{
    Cause, Certainty, Explainer, Finding, Refusal, Side, body, head,
    json::{self, Document},
    signature,
    work::Work,
};
use crate::{WireRequest, senders::Knowledge};

/// What the verifier refuses whatever the signature is. `explained` is whether something else was
/// found that may be why.
pub(super) fn refused(verdict: &Result<Receipt, Refusal>, explained: bool) -> Option<Finding> {
    let Err(Refusal::Rejection(rejection)) = verdict else { return None };
    let cause = match rejection.kind() {
        RejectionKind::BodyTooLarge => Cause::BodyOverLimit,
        RejectionKind::MalformedDeliveryId if !explained => Cause::DeliveryIdMalformed,
        _ => return None,
    };
    Some(Finding::new(vec![cause], Certainty::Proved, None))
}

pub(super) fn findings(explainer: &Explainer<'_>) -> Vec<Finding> {
    let request = explainer.request;
    let mut found = Findings(Vec::new());
    if let Some(sender) = &explainer.sender {
        found.signature(request, sender);
        let signed = [sender.delivery_id_header(), sender.timestamp_header()];
        signed.into_iter().flatten().for_each(|header| found.signed_header(request, header));
    } else {
        found.add(Cause::SignatureHeaderMissing, None);
    }
    found.body(request, explainer.sender.as_ref());
    if explainer.secrets.iter().any(|believed| is_placeholder(believed.secret)) {
        found.add(Cause::SecretPlaceholder, None);
    }
    found.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, cause: Cause, detail: Option<String>) {
        self.0.push(Finding::new(vec![cause], Certainty::Observed, detail));
    }

    fn signature(&mut self, request: &WireRequest, sender: &Sender) {
        let header = sender.signature_header();
        let detail = Some(head::shown(header));
        let values: Vec<_> = request.header(header).collect();
        match values[..] {
            [] => match request.renamed(header).next() {
                Some((name, _)) => self.add(Cause::SignatureHeaderRenamed, Some(head::shown(name))),
                None => self.add(Cause::SignatureHeaderMissing, detail),
            },
            [value] => {
                let claims = signature::candidates(request, sender, &mut Work::up_to(u64::MAX));
                let elsewhere = [
                    Cause::SignatureHeaderOther,
                    Cause::SignatureHeaderRenamed,
                    Cause::SignatureInQuery,
                ];
                let mut own = claims.iter().filter(|claim| {
                    claim.value.len() == 32
                        && !claim.causes.iter().any(|cause| elsewhere.contains(cause))
                });
                match own.next() {
                    Some(claim) if claim.causes.is_empty() => {}
                    Some(claim) => {
                        let causes = claim.causes.clone();
                        self.0.push(Finding::new(causes, Certainty::Observed, None));
                    }
                    None => {
                        let length = format!("{} characters", value.len());
                        self.add(Cause::SignatureMalformed, Some(length));
                    }
                }
            }
            _ => self.add(Cause::SignatureHeaderDoubled, detail),
        }
    }

    fn signed_header(&mut self, request: &WireRequest, header: &str) {
        match request.header(header).count() {
            0 => match request.renamed(header).next() {
                Some((name, _)) => self.add(Cause::SignedHeaderRenamed, Some(head::shown(name))),
                None => self.add(Cause::SignedHeaderMissing, Some(head::shown(header))),
            },
            1 => {}
            _ => self.add(Cause::SignedHeaderDoubled, Some(head::shown(header))),
        }
    }

    fn body(&mut self, request: &WireRequest, sender: Option<&Sender>) {
        let (body, length) = (request.body.as_slice(), request.body.len());
        if body.is_empty() {
            self.add(Cause::BodyEmpty, None);
            if let (Some(0), Some(finding)) = (body::content_length(request), self.0.last_mut()) {
                finding.side = Side::Sender;
            }
            return;
        }
        if let Some(announced) = body::content_length(request).filter(|all| *all > length) {
            self.add(Cause::BodyCutOff, Some(format!("{length} of {announced} bytes")));
            return;
        }
        let placed = self.0.len();
        let is_packed = matches!(body, [0x1f, 0x8b, ..] | [0x78, ..]);
        if body.windows(3).any(|bytes| bytes == "\u{fffd}".as_bytes()) {
            self.add(Cause::BodyReplaced, None);
        }
        match serde_json::from_slice::<IgnoredAny>(body) {
            // Of `br`, `deflate` and the like nothing can be seen in the bytes, but JSON is none of them.
            Ok(_) if body::is_encoded(request) && !is_packed => {
                self.add(Cause::BodyDecompressed, None);
            }
            Ok(_) => self.document(body, sender),
            Err(_) if body::is_encoded(request) || is_packed => {}
            Err(_) if body.starts_with(br"{\") => {
                self.add(Cause::BodyLogEscaped, None);
            }
            Err(error) if error.is_eof() => {
                let place = format!("{length} bytes");
                self.add(Cause::BodyBreaksOff, Some(place));
            }
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                self.add(Cause::BodyNotJson, Some(place));
            }
        }
        let side = if body::content_length(request) == Some(length) {
            Side::Sender
        } else {
            Side::Unknown
        };
        for finding in self.0.iter_mut().skip(placed) {
            finding.side = side;
        }
    }

    /// What parsing and writing again leaves in a document.
    fn document(&mut self, body: &[u8], sender: Option<&Sender>) {
        let Some(document) = Document::read(body) else { return };
        if json::has_integer_keys_first(&document) {
            self.add(Cause::BodyJsonIntegerKeys, None);
        } else if sender.is_some_and(|sender| is_sorted_again(&document, sender)) {
            self.add(Cause::BodySorted, None);
        }
        if let Some(number) = document.numbers().find(|number| json::is_rounded(number)) {
            let short: String = number.chars().take(40).collect();
            self.add(Cause::BodyJsonRounded, Some(format!("`{short}`")));
        }
        if document.is_joined() {
            self.add(Cause::BodyLineEndsLost, None);
        }
    }
}

/// Whether the fields stand in alphabetical order, and the sender has a sample with the same fields
/// in another.
fn is_sorted_again(document: &Document<'_>, sender: &Sender) -> bool {
    let knowledge = Knowledge::of(sender);
    if !knowledge.is_field_order_known {
        return false;
    }
    let Some(names) = document.field_names().filter(|names| names.is_sorted()) else {
        return false;
    };
    let names_of = |body: &'static str| Document::read(body.as_bytes())?.field_names();
    knowledge.samples.iter().filter_map(|sample| names_of(sample.body)).any(|mut own| {
        let is_sorted = own.is_sorted();
        own.sort_unstable();
        !is_sorted && own == names
    })
}

/// What stands in a template or on a page in place of a secret.
fn is_placeholder(secret: &[u8]) -> bool {
    let secret = secret.trim_ascii();
    let around = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">"), ("%", "%")];
    let is_template = around.iter().any(|(open, close)| {
        secret.len() > 2
            && secret.starts_with(open.as_bytes())
            && secret.ends_with(close.as_bytes())
    });
    let is_masked = core::str::from_utf8(secret)
        .is_ok_and(|text| text.chars().count() > 2 && text.chars().all(|c| "*•●.xX".contains(c)));
    let words: [&[u8]; 6] = [b"changeme", b"none", b"null", b"undefined", b"secret", b"todo"];
    is_template || is_masked || words.iter().any(|word| secret.eq_ignore_ascii_case(word))
}
