//! Whether the time that a verification takes tells what a secret is, by statistics: after
//! [dudect](https://eprint.iacr.org/2016/1123). Evidence on the machine at hand, not a test.
//!
//! ```text
//! cargo bench -p verify-core --features sign --bench timing -- 1000000
//! ```
//!
//! Two classes of deliveries are judged in random order, and Welch's t tells whether their times have
//! the same mean: over all measurements, and over those below each of several percentiles, because
//! what interrupts a measurement makes it long. The largest |t| is printed. Above 5 there probably is
//! a difference, above 10 certainly, as dudect has it. That none is seen does not show that there is
//! none; for that see `proofs/constant-time`.
#![expect(clippy::unwrap_used, reason = "what is unwrapped is well-formed by construction")]

use core::hint::black_box;
use std::{env, time::Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

use Place::{Early, Late};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);
const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
const BODY: &[u8] = br#"{"event":"MODEL_VERSION_CREATED"}"#;
/// Base64 as well, so that every sender could have them.
const SECRETS: [&str; 4] = ["dGhlIGZpcnN0", "dGhlIHNlY29uZA==", "dGhlIHRoaXJk", "dGhlIGZvdXJ0aA=="];
const TOKEN: &str = "dapi0123456789abcdef";

type Headers = Vec<(&'static str, Vec<u8>)>;

#[derive(Clone, Copy)]
enum Place {
    Early,
    Late,
}

fn main() {
    let measurements = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    println!("{measurements} measurements each; |t| below 5: no difference seen\n");
    println!("{:54} {:>7}  {:>10}", "", "max |t|", "medians, ns");
    let compare = |name: &str, classes: [Headers; 2], judge: &mut dyn FnMut(&Headers)| {
        let times = measure(measurements, classes, judge);
        let [left, right] = times.each_ref().map(|times| median(times));
        println!("{name:54} {:7.1}  {left:5.0} {right:5.0}", largest_t(&times));
    };

    println!("a difference here would tell something:");
    for sender in Sender::ALL {
        let verifier = verifier(sender, 1);
        let right = deliver(sender, SECRETS[0]);
        let classes = [change(sender, &right, Early), change(sender, &right, Late)];
        let name = format!("{}, wrong: early or late", sender.name());
        compare(&name, classes, &mut |headers| judge(&verifier, headers));
    }
    let guarded = Verifier::builder(Sender::WANDB).without_signature().bearer(TOKEN);
    let guarded = guarded.build().unwrap();
    let token = |text: &str| vec![("authorization", format!("Bearer {text}").into_bytes())];
    let classes = [token("xapi0123456789abcdef"), token("dapi0123456789abcdex")];
    compare("token, wrong: early or late", classes, &mut |headers| judge(&guarded, headers));

    println!("\na difference here tells what the answer tells:");
    for sender in Sender::ALL {
        let verifier = verifier(sender, 1);
        let right = deliver(sender, SECRETS[0]);
        let classes = [right.clone(), change(sender, &right, Late)];
        let name = format!("{}: right or wrong", sender.name());
        compare(&name, classes, &mut |headers| judge(&verifier, headers));
    }
    let four = verifier(&Sender::WANDB, 4);
    let classes = [SECRETS[0], SECRETS[3]].map(|secret| deliver(&Sender::WANDB, secret));
    compare("four secrets: the first or the last fits", classes, &mut |headers| {
        judge(&four, headers);
    });
    let classes = [token(TOKEN), token("dapi0123456789abcdex")];
    compare("token: right or wrong", classes, &mut |headers| judge(&guarded, headers));

    println!("\na comparison that stops early, which must be seen:");
    let right = deliver(&Sender::DATABRICKS, SECRETS[0]);
    let classes = [Early, Late].map(|place| change(&Sender::DATABRICKS, &right, place));
    let mac = Hmac::<Sha256>::new_from_slice(SECRETS[0].as_bytes()).unwrap();
    compare("leaky, wrong: early or late", classes, &mut |headers| judge_leaky(&mac, headers));
}

fn verifier(sender: &Sender, secrets: usize) -> Verifier {
    let builder = SECRETS.iter().take(secrets).fold(Verifier::builder(*sender), |builder, text| {
        builder.secret(Secret::new(text).unwrap())
    });
    builder.build().unwrap()
}

fn deliver(sender: &Sender, secret: &str) -> Headers {
    let signer = Signer::new(*sender, Secret::new(secret).unwrap()).unwrap();
    let signed = signer.sign(NOW, ID, BODY).unwrap();
    signed.iter().map(|(name, value)| (name, value.into())).collect()
}

/// Changes a character of the encoded signature to another of its kind: how long it takes to decode what a
/// sender wrote may depend on what it wrote.
fn change(sender: &Sender, right: &Headers, place: Place) -> Headers {
    let change = |(name, value): &(&'static str, Vec<u8>)| {
        let mut value = value.clone();
        if *name == sender.signature_header() {
            let start = sender.prefix().len();
            let last = value.len() - 1 - value.iter().filter(|byte| **byte == b'=').count();
            // Not each character has another of its kind.
            let mut places =
                (start..=last).filter(|place| of_its_kind(value[*place]) != value[*place]);
            let place = match place {
                Early => places.next(),
                Late => places.next_back(),
            };
            let place = place.unwrap();
            value[place] = of_its_kind(value[place]);
        }
        (*name, value)
    };
    let changed: Headers = right.iter().map(change).collect();
    assert_ne!(&changed, right, "nothing of its kind");
    changed
}

/// Another digit, small or capital letter. Four further keeps the bits zero that have to be at the end of
/// base64; hexadecimal digits have no more than six letters.
fn of_its_kind(character: u8) -> u8 {
    let is_other = |other: &u8| match character {
        b'0'..=b'9' => other.is_ascii_digit(),
        b'a'..=b'f' => matches!(other, b'a'..=b'f'),
        b'g'..=b'z' => other.is_ascii_lowercase(),
        b'A' => false,
        // `A` is a kind of its own: it stands for zero.
        _ => matches!(other, b'B'..=b'Z'),
    };
    let others = [
        character.wrapping_add(4),
        character.wrapping_sub(4),
        character.wrapping_add(1),
        character.wrapping_sub(1),
    ];
    others.into_iter().find(is_other).unwrap_or(character)
}

fn judge(verifier: &Verifier, headers: &Headers) {
    let _ = black_box(verifier.verify(black_box(NOW), headers, black_box(BODY)));
}

/// Compares text, and stops at the first character that differs.
fn judge_leaky(mac: &Hmac<Sha256>, headers: &Headers) {
    let tag = mac.clone().chain_update(black_box(BODY)).finalize().into_bytes();
    let expected = tag.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let expected = expected.filter_map(|digit| char::from_digit(digit.into(), 16));
    black_box(expected.eq(headers[0].1.iter().copied().map(char::from)));
}

/// Measures the two classes in random order, in nanoseconds.
fn measure(
    measurements: usize,
    classes: [Headers; 2],
    judge: &mut dyn FnMut(&Headers),
) -> [Vec<f64>; 2] {
    const WARM_UP: usize = 1000;
    // Both classes are judged in the same memory, and come there from the same memory: where they were
    // read from shows in the times as well.
    let mut place = classes[0].clone();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut times = [const { Vec::new() }; 2];
    for count in 0..measurements.saturating_add(WARM_UP) {
        // xorshift64, by Marsaglia.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let class = usize::from(random >> 63 == 1);
        let is_second = black_box(0_u8.wrapping_sub(u8::from(class == 1)));
        for (((_, to), (_, first)), (_, second)) in
            place.iter_mut().zip(&classes[0]).zip(&classes[1])
        {
            for ((to, first), second) in to.iter_mut().zip(first).zip(second) {
                *to = first ^ (is_second & (first ^ second));
            }
        }
        let start = Instant::now();
        judge(black_box(&place));
        let time = start.elapsed();
        if count >= WARM_UP {
            times[class].push(time.as_secs_f64() * 1e9);
        }
    }
    times
}

/// The largest |t| over all measurements, and over those up to each percentile.
fn largest_t(times: &[Vec<f64>; 2]) -> f64 {
    const PERCENTILES: [usize; 6] = [50, 75, 90, 95, 99, 100];
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let t = |percentile| {
        let limit = all[(all.len() - 1) * percentile / 100];
        let [left, right] = times.each_ref().map(|times| {
            Moments::of(&times.iter().copied().filter(|time| *time <= limit).collect::<Vec<_>>())
        });
        ((left.mean - right.mean) / (left.error + right.error).sqrt()).abs()
    };
    PERCENTILES.into_iter().map(t).fold(0.0, f64::max)
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

struct Moments {
    mean: f64,
    /// Of the mean, squared.
    error: f64,
}

impl Moments {
    fn of(times: &[f64]) -> Self {
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        Self { mean, error: squares / (count - 1.0) / count }
    }
}
