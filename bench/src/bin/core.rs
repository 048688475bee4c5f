//! The core: what it costs to verify a delivery, beside the bare MAC and beside other crates.
#![expect(clippy::unwrap_used, reason = "what is unwrapped is well-formed by construction")]

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, SystemTime},
};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use verify_bench::{
    headers::RequestHeaders,
    interleaved::{Outcome, Race},
    plot,
    report::{self, Table},
};
use verify_core::{
    Pending, Secret, SecretEncoding, Sender, SignedPart, Signer, UnixTime, Verifier,
};
use webhook_verify::{CustomScheme, HashAlg, Provider, VerifyOptions};

/// Base64 as well, so that every sender could have them.
const SECRETS: [&str; 4] = ["dGhlIGZpcnN0", "dGhlIHNlY29uZA==", "dGhlIHRoaXJk", "dGhlIGZvdXJ0aA=="];
const DECODED: [&str; 4] = ["the first", "the second", "the third", "the fourth"];
const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
const SIZES: [usize; 8] = [64, 330, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 2 << 20];
/// Those of the tables; the others are for the curves.
const SHOWN: [usize; 4] = [330, 4 << 10, 64 << 10, 2 << 20];

struct Work {
    sender: Sender,
    verifier: Verifier,
    headers: RequestHeaders,
    body: String,
    /// All that is signed, in one piece.
    message: Vec<u8>,
    macs: Vec<Hmac<Sha256>>,
    now: UnixTime,
}

impl Work {
    /// A delivery that is signed with the last of so many secrets.
    fn new(sender: Sender, size: usize, secrets: usize) -> Self {
        let now = UnixTime::try_from(SystemTime::now()).unwrap();
        let body = verify_bench::delivery::body(size, 1);
        let sender = sender.with_body_limit(4 << 20);
        let builder = SECRETS[..secrets].iter().fold(Verifier::builder(sender), |builder, text| {
            builder.secret(Secret::new(text).unwrap())
        });
        let signer = Signer::new(sender, Secret::new(SECRETS[secrets - 1]).unwrap()).unwrap();
        let signed = signer.sign(now, ID, body.as_bytes()).unwrap();
        let other = [
            ("host", "receiver.example.com"),
            ("user-agent", "python-requests/2.32.5"),
            ("accept-encoding", "gzip, deflate"),
            ("accept", "*/*"),
            ("connection", "keep-alive"),
            ("content-type", "application/json"),
            ("content-length", "330"),
        ];
        let header = |(name, value): (&str, &str)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let headers: HeaderMap = other.into_iter().chain(signed.iter()).map(header).collect();
        let parts = sender.signed_parts().iter().map(|part| match part {
            SignedPart::DeliveryId(_) => ID.to_owned(),
            SignedPart::Text(text) => (*text).to_owned(),
            SignedPart::Timestamp(_) => now.as_secs().to_string(),
            _ => unreachable!("no such part"),
        });
        let message = parts.chain([body.clone()]).collect::<String>().into_bytes();
        let mac = |(text, decoded): (&&str, &&str)| match sender.secret_encoding() {
            SecretEncoding::Verbatim => Hmac::new_from_slice(text.as_bytes()).unwrap(),
            _ => Hmac::new_from_slice(decoded.as_bytes()).unwrap(),
        };
        Self {
            sender,
            verifier: builder.build().unwrap(),
            headers: RequestHeaders(headers),
            body,
            message,
            macs: SECRETS[..secrets].iter().zip(&DECODED).map(mac).collect(),
            now,
        }
    }

    /// The MACs alone, with the keys worked in: the least that there is to do.
    fn bare(&self) -> u8 {
        let tag = |mac: &Hmac<Sha256>| {
            mac.clone().chain_update(black_box(&self.message)).finalize().into_bytes()[0]
        };
        self.macs.iter().map(tag).fold(0, |all, tag| all ^ tag)
    }

    fn ours(&self, headers: &RequestHeaders) -> bool {
        self.verifier.verify(self.now, black_box(headers), black_box(self.body.as_bytes())).is_ok()
    }

    /// As adapters verify: for bodies that arrive in pieces.
    fn in_steps(&self, headers: &RequestHeaders) -> bool {
        let pending = self.verifier.begin(self.now, black_box(headers));
        let fed = pending.and_then(|mut pending| {
            pending.feed(black_box(self.body.as_bytes()))?;
            Ok(pending)
        });
        fed.and_then(Pending::finish).is_ok()
    }

    /// `webhook-verify`, told what the sender does. It has no way to say more than one secret.
    fn custom(&self, headers: &HeaderMap, secrets: &[webhook_verify::Secret]) -> bool {
        let scheme = CustomScheme {
            hash: HashAlg::Sha256,
            signature_header: "x-databricks-signature",
            timestamp_header: None,
            encoding: webhook_verify::Encoding::Hex,
            prefix: None,
            signed_string: |_, body| body.to_vec(),
        };
        let provider = Provider::Custom(scheme);
        let body = black_box(self.body.as_bytes());
        let options = VerifyOptions::default();
        webhook_verify::verify_any(provider, black_box(headers), body, secrets, options).is_ok()
    }

    fn without_signature(&self) -> RequestHeaders {
        let mut headers = self.headers.0.clone();
        headers.remove(self.sender.signature_header());
        RequestHeaders(headers)
    }

    fn with_signature(&self, value: &'static str) -> RequestHeaders {
        let mut headers = self.headers.0.clone();
        headers.insert(self.sender.signature_header(), HeaderValue::from_static(value));
        RequestHeaders(headers)
    }
}

/// Outcomes by work and size.
struct Results {
    raw: Table,
    time: Duration,
}

impl Results {
    fn run(&mut self, work: &str, size: usize, race: Race<'_>) -> Vec<Outcome> {
        let outcomes = race.run(self.time);
        for outcome in &outcomes {
            let Outcome { name, nanoseconds, fastest, ratio } = outcome;
            self.raw.row([
                work.to_owned(),
                size.to_string(),
                name.clone(),
                format!("{nanoseconds:.1}"),
                format!("{fastest:.1}"),
                format!("{:.4}", ratio.low),
                format!("{:.4}", ratio.median),
                format!("{:.4}", ratio.high),
            ]);
        }
        outcomes
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let time = Duration::from_millis(if report::is_brief() { 2 } else { 900 });
    let columns =
        ["work", "bytes", "what", "ns", "ns_fastest", "ratio_q1", "ratio_median", "ratio_q3"];
    let mut results = Results { raw: Table::new(&columns), time };
    let mut text = String::from(
        "Times as multiples of the bare HMAC's: the median of the ratios turn by turn, their quartiles in \
         brackets, and after the semicolon the ratio of the fastest turns. The speed of the processor changes \
         from turn to turn, and the fastest turns are those at its highest. Times in ns are median and fastest.\n\n",
    );

    let mut shown = Table::new(&["one secret", "330 B", "4 KiB", "64 KiB", "2 MiB"]);
    let mut curves: Vec<plot::Curve> = Vec::new();
    for sender in Sender::ALL.iter().copied() {
        let name = sender.title();
        let mut rows: Vec<(String, Vec<String>)> = Vec::new();
        for size in SIZES {
            let outcomes = results.run(name, size, accepted(&Work::new(sender, size, 1), sender));
            for (number, outcome) in outcomes.iter().enumerate() {
                let label = format!("{name}: {}", outcome.name);
                if rows.len() <= number {
                    rows.push((label.clone(), Vec::new()));
                }
                if SHOWN.contains(&size) {
                    rows[number].1.push(cell(outcome, &outcomes[0]));
                }
                if sender == Sender::STANDARD_WEBHOOKS {
                    let point = (size as f64, outcome.nanoseconds);
                    match curves.iter_mut().find(|(curve, _)| *curve == outcome.name) {
                        Some((_, points)) => points.push(point),
                        None => curves.push((outcome.name.clone(), vec![point])),
                    }
                }
            }
        }
        for (label, cells) in rows {
            shown.row([vec![label], cells].concat());
        }
    }
    text += &shown.to_markdown();

    let mut shown = Table::new(&["Databricks, the last fits", "330 B", "64 KiB"]);
    let mut by_secrets: Vec<plot::Curve> =
        [330, 64 << 10].map(|size| (format!("{size} bytes"), Vec::new())).into();
    for secrets in 1..=4_usize {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for ((_, points), size) in by_secrets.iter_mut().zip([330, 64 << 10]) {
            let work = Work::new(Sender::DATABRICKS, size, secrets);
            let outcomes = results.run(
                &format!("{secrets} secrets"),
                size,
                accepted(&work, Sender::DATABRICKS),
            );
            rows.resize(outcomes.len(), Vec::new());
            for (row, outcome) in rows.iter_mut().zip(&outcomes) {
                if row.is_empty() {
                    row.push(format!("{secrets}: {}", outcome.name));
                }
                row.push(cell(outcome, &outcomes[0]));
            }
            points.push((secrets as f64, outcomes[1].nanoseconds));
        }
        rows.into_iter().for_each(|row| shown.row(row));
    }
    text += &format!("\n{}", shown.to_markdown());

    let mut shown =
        Table::new(&["refused, 330 B", "ns", "ns, fastest", "times the bare HMAC", "fastest"]);
    for (name, race) in refused() {
        let outcomes = results.run(name, 330, race);
        for outcome in &outcomes[1..] {
            shown.row([
                format!("{name}: {}", outcome.name),
                format!("{:.0}", outcome.nanoseconds),
                format!("{:.0}", outcome.fastest),
                format!("{:.2}", outcome.ratio.median),
                format!("{:.2}", outcome.fastest / outcomes[0].fastest),
            ]);
        }
    }
    text += &format!("\n{}", shown.to_markdown());

    report::publish("core", &results.raw, &text)?;
    if !report::is_brief() {
        let title = "One delivery with id and time, by size of its body";
        report::write("core-size.svg", &plot::curves(title, ["bytes", "ns"], &curves)?)?;
        let title = "One delivery, by number of secrets";
        report::write("core-secrets.svg", &plot::curves(title, ["secrets", "ns"], &by_secrets)?)?;
    }
    Ok(())
}

fn cell(outcome: &Outcome, first: &Outcome) -> String {
    let (ratio, fastest) = (outcome.ratio, outcome.fastest / first.fastest);
    match outcome.name == first.name {
        true => format!("{:.0} ns; {:.0} ns", outcome.nanoseconds, outcome.fastest),
        false => {
            format!("{:.3} ({:.3} to {:.3}); {fastest:.3}", ratio.median, ratio.low, ratio.high)
        }
    }
}

/// A good delivery, and whoever can verify it.
fn accepted(work: &Work, sender: Sender) -> Race<'_> {
    let mut race = Race::default();
    race.add("bare HMAC", || work.bare());
    assert!(work.ours(&work.headers), "refused");
    race.add("verify-core", || work.ours(&work.headers));
    assert!(work.in_steps(&work.headers), "refused");
    race.add("verify-core in steps", || work.in_steps(&work.headers));
    let secrets = &SECRETS[..work.macs.len()];
    match sender {
        Sender::DATABRICKS => {
            let secrets: Vec<_> = secrets.iter().map(|s| webhook_verify::Secret::new(*s)).collect();
            assert!(work.custom(&work.headers.0, &secrets), "refused");
            race.add("webhook-verify", move || work.custom(&work.headers.0, &secrets));
        }
        Sender::STANDARD_WEBHOOKS => {
            let body = work.body.as_bytes();
            let other = standardwebhooks::Webhook::new(secrets[0]).unwrap();
            assert!(other.verify(body, &work.headers.0).is_ok(), "refused");
            race.add("standardwebhooks", move || {
                other.verify(black_box(body), black_box(&work.headers.0)).is_ok()
            });
            let other = svix::webhooks::Webhook::new(secrets[0]).unwrap();
            assert!(other.verify(body, &work.headers.0).is_ok(), "refused");
            race.add("svix", move || {
                other.verify(black_box(body), black_box(&work.headers.0)).is_ok()
            });
        }
        _ => {}
    }
    race
}

/// What makes a good head a bad one.
type Change = fn(&Work) -> RequestHeaders;

/// Deliveries that are refused, by reason.
fn refused() -> Vec<(&'static str, Race<'static>)> {
    const WRONG: &str = "e2d2aa9d61dac87d15772d26b6233f2db67b6ce18aee1f94ac73b9178d1493c5";
    let changes: [(&str, Change); 3] = [
        ("no signature", Work::without_signature),
        ("malformed signature", |work| work.with_signature("nonsense")),
        ("wrong tag", |work| work.with_signature(WRONG)),
    ];
    let race = |(name, change): (&'static str, Change)| {
        let work = std::rc::Rc::new(Work::new(Sender::DATABRICKS, 330, 1));
        let headers = std::rc::Rc::new(change(&work));
        let mut race = Race::default();
        race.add("bare HMAC", {
            let work = work.clone();
            move || work.bare()
        });
        race.add("verify-core", {
            let (work, headers) = (work.clone(), headers.clone());
            move || work.ours(&headers)
        });
        let secrets = [webhook_verify::Secret::new(SECRETS[0])];
        race.add("webhook-verify", move || work.custom(&headers.0, &secrets));
        (name, race)
    };
    changes.map(race).into()
}
