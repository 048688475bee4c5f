//! Receivers over sockets, each with one mistake, and what is found out about them.

#![cfg(all(feature = "explain", feature = "socket"))]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use base64ct::{Base64, Encoding as _};
use core::time::Duration;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};
use verify_toolkit::{
    Endpoint, Sender,
    attack::Target,
    diagnose::{Conclusion, Diagnosis, diagnose, most},
    explain::Cause,
};

/// A request as a receiver has it.
struct Got {
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> String {
        let of = |line: &str| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        self.head.lines().find_map(of).unwrap_or_default()
    }
}

fn mac(key: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).unwrap();
    mac.chain_update(text).finalize().into_bytes().into()
}

fn hex(tag: [u8; 32]) -> String {
    tag.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What MLflow writes, of this key and these bytes of a body.
fn mlflow(got: &Got, key: impl AsRef<[u8]>, body: &[u8]) -> String {
    let (id, time) = (got.header("x-mlflow-delivery-id"), got.header("x-mlflow-timestamp"));
    let text = [format!("{id}.{time}.").as_bytes(), body].concat();
    format!("v1,{}", Base64::encode_string(&mac(key, text)))
}

/// Parses JSON and writes it again, without white space as JavaScript, or as Python does.
fn rewritten(body: &[u8], is_python: bool) -> Vec<u8> {
    let (mut written, mut is_text, mut is_escaped) = (String::new(), false, false);
    for letter in core::str::from_utf8(body).unwrap().chars() {
        match letter {
            _ if !is_text && letter.is_whitespace() => continue,
            '"' if !is_escaped => is_text = !is_text,
            _ => {}
        }
        is_escaped = is_text && letter == '\\' && !is_escaped;
        match letter {
            _ if is_python && !letter.is_ascii() => {
                written += &format!("\\u{:04x}", u32::from(letter))
            }
            ',' | ':' if is_python && !is_text => written.extend([letter, ' ']),
            _ => written.push(letter),
        }
    }
    written.into_bytes()
}

type Receiver = fn(&Got) -> u16;

/// Answers 204 where it is true, and 401 otherwise.
const fn status(is_right: bool) -> u16 {
    if is_right { 204 } else { 401 }
}

/// Serves a receiver on a port of its own, and asks what is wrong with it.
async fn diagnosis_of(sender: Sender, secret: &str, receiver: Receiver) -> Diagnosis {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            let (head, length) = loop {
                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    break (String::new(), 0);
                }
                let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                if let Some(end) = end {
                    let head = String::from_utf8_lossy(&read[..end]).into_owned();
                    read.drain(..end + 4);
                    let got = Got { head, body: Vec::new() };
                    let length = got.header("content-length").parse().unwrap_or(0);
                    break (got.head, length);
                }
            };
            while read.len() < length && stream.read_buf(&mut read).await.unwrap_or(0) > 0 {}
            let status = receiver(&Got { head, body: read });
            let answer =
                format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let endpoint = Endpoint::new(&url).unwrap();
    let target = Target::new(sender, secret).with_path(endpoint.path());
    let patience = Duration::from_secs(30);
    let diagnosis =
        diagnose(&target, async |attempt| endpoint.attempt(&attempt, patience).await).await;
    server.abort();
    assert!(diagnosis.sent <= most(&target), "{} of {}", diagnosis.sent, most(&target));
    assert!(!format!("{diagnosis} {diagnosis:?}").contains(secret), "{diagnosis}");
    diagnosis
}

const SECRET: &str = "whsec_c2hhcmVkIHdpdGg= spaces \u{e9} ";

/// A receiver of MLflow with a mistake, and what has to be said of it first.
const MISTAKES: &[(&str, Receiver, Cause)] = &[
    (
        "JSON.stringify",
        |g| status(g.header("x-mlflow-signature") == mlflow(g, SECRET, &rewritten(&g.body, false))),
        Cause::BodyJsonCompact,
    ),
    (
        "json.dumps",
        |g| status(g.header("x-mlflow-signature") == mlflow(g, SECRET, &rewritten(&g.body, true))),
        Cause::BodyJsonSpaced,
    ),
    (
        "body.strip() and a newline",
        |g| {
            status(
                g.header("x-mlflow-signature") == mlflow(g, SECRET, &[&g.body[..], b"\n"].concat()),
            )
        },
        Cause::BodyNewlineLost,
    ),
    (
        "the secret with a newline",
        |g| status(g.header("x-mlflow-signature") == mlflow(g, format!("{SECRET}\n"), &g.body)),
        Cause::SecretTrailingNewline,
    ),
    (
        "the secret trimmed",
        |g| status(g.header("x-mlflow-signature") == mlflow(g, SECRET.trim(), &g.body)),
        Cause::SecretSpaceLost,
    ),
    (
        "the secret as Latin-1",
        |g| {
            let latin: Vec<u8> =
                SECRET.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
            status(g.header("x-mlflow-signature") == mlflow(g, latin, &g.body))
        },
        Cause::SecretCharset,
    ),
    (
        "an empty secret",
        |g| status(g.header("x-mlflow-signature") == mlflow(g, "", &g.body)),
        Cause::SecretEmpty,
    ),
    (
        "the body alone",
        |g| {
            let expected = format!("v1,{}", Base64::encode_string(&mac(SECRET, &g.body)));
            status(g.header("x-mlflow-signature") == expected)
        },
        Cause::SignedBodyAlone,
    ),
    (
        "time before id",
        |g| {
            let (id, time) = (g.header("x-mlflow-delivery-id"), g.header("x-mlflow-timestamp"));
            let text = [format!("{time}.{id}.").as_bytes(), &g.body[..]].concat();
            status(
                g.header("x-mlflow-signature")
                    == format!("v1,{}", Base64::encode_string(&mac(SECRET, text))),
            )
        },
        Cause::SignedOrder,
    ),
    (
        "without the time",
        |g| {
            let text =
                [format!("{}.", g.header("x-mlflow-delivery-id")).as_bytes(), &g.body[..]].concat();
            status(
                g.header("x-mlflow-signature")
                    == format!("v1,{}", Base64::encode_string(&mac(SECRET, text))),
            )
        },
        Cause::SignedWithoutTimestamp,
    ),
    (
        "hex in place of base64",
        |g| {
            let (id, time) = (g.header("x-mlflow-delivery-id"), g.header("x-mlflow-timestamp"));
            let text = [format!("{id}.{time}.").as_bytes(), &g.body[..]].concat();
            status(g.header("x-mlflow-signature") == format!("v1,{}", hex(mac(SECRET, text))))
        },
        Cause::SignatureHex,
    ),
    (
        "GitHub's scheme",
        |g| {
            status(
                g.header("x-hub-signature-256") == format!("sha256={}", hex(mac(SECRET, &g.body))),
            )
        },
        Cause::SchemeOther,
    ),
    (
        "a clock in another time zone",
        |g| {
            let time: u64 = g.header("x-mlflow-timestamp").parse().unwrap_or(0);
            let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() + 2 * 3600;
            status(
                g.header("x-mlflow-signature") == mlflow(g, SECRET, &g.body)
                    && now.abs_diff(time) < 300,
            )
        },
        Cause::TimeZone,
    ),
];

#[tokio::test]
async fn each_mistake_is_named() {
    for (what, receiver, cause) in MISTAKES {
        let diagnosis = diagnosis_of(Sender::MLFLOW, SECRET, *receiver).await;
        assert_eq!(diagnosis.conclusion, Conclusion::Mistaken, "{what}: {diagnosis}");
        let found = &diagnosis.findings[0];
        assert!(found.causes.contains(cause), "{what}: {diagnosis}");
        assert!(found.text.ends_with('.') && found.text.len() > 60, "{what}: {diagnosis}");
    }
}

#[tokio::test]
async fn two_mistakes_at_once_are_both_named() {
    let newline: Receiver = |g| {
        let body = rewritten(&g.body, true);
        status(g.header("x-mlflow-signature") == mlflow(g, format!("{SECRET}\n"), &body))
    };
    let alone: Receiver = |g| {
        let tag = mac(SECRET, rewritten(&g.body, false));
        status(g.header("x-mlflow-signature") == format!("v1,{}", Base64::encode_string(&tag)))
    };
    let in_hex: Receiver =
        |g| status(g.header("x-mlflow-signature") == format!("v1,{}", hex(mac(SECRET, &g.body))));
    let trimmed: Receiver = |g| {
        let tag = mac(SECRET.trim(), &g.body);
        status(g.header("x-mlflow-signature") == format!("v1,{}", Base64::encode_string(&tag)))
    };
    for (what, receiver, causes) in [
        ("json.dumps, newline", newline, [Cause::BodyJsonSpaced, Cause::SecretTrailingNewline]),
        ("JSON.stringify, alone", alone, [Cause::BodyJsonCompact, Cause::SignedBodyAlone]),
        ("alone, in hex", in_hex, [Cause::SignedBodyAlone, Cause::SignatureHex]),
        ("trimmed, alone", trimmed, [Cause::SecretSpaceLost, Cause::SignedBodyAlone]),
    ] {
        let diagnosis = diagnosis_of(Sender::MLFLOW, SECRET, receiver).await;
        let names = |found: &[Cause]| causes.iter().all(|cause| found.contains(cause));
        let is_named = diagnosis.findings.iter().any(|finding| names(&finding.causes));
        assert!(is_named, "{what}: {diagnosis}");
    }
}

#[tokio::test]
async fn mistakes_about_other_senders_are_named() {
    let secret = "ZGVjb2RlIG1lIG5vdA==";
    let upper: Receiver = |g| {
        status(
            g.header("x-databricks-signature")
                == hex(mac("ZGVjb2RlIG1lIG5vdA==", &g.body)).to_uppercase(),
        )
    };
    let decoded: Receiver = |g| {
        status(
            g.header("x-wandb-signature") == Base64::encode_string(&mac("decode me not", &g.body)),
        )
    };
    let prefixed: Receiver = |g| {
        let expected = format!("sha256={}", hex(mac("ZGVjb2RlIG1lIG5vdA==", &g.body)));
        status(g.header("x-databricks-signature") == expected)
    };
    for (sender, receiver, cause) in [
        (Sender::WANDB, decoded, Cause::SecretDecodedBase64),
        (Sender::DATABRICKS, prefixed, Cause::SignaturePrefixAdded),
    ] {
        let diagnosis = diagnosis_of(sender, secret, receiver).await;
        assert!(diagnosis.findings.iter().any(|f| f.causes.contains(&cause)), "{diagnosis}");
    }
    let diagnosis = diagnosis_of(Sender::DATABRICKS, secret, upper).await;
    assert_eq!(diagnosis.conclusion, Conclusion::Mistaken, "{diagnosis}");
    let whole: Receiver = |g| {
        let (id, time) = (g.header("webhook-id"), g.header("webhook-timestamp"));
        let text = [format!("{id}.{time}.").as_bytes(), &g.body[..]].concat();
        let expected =
            format!("v1,{}", Base64::encode_string(&mac("whsec_ZGVjb2RlIG1lIG5vdA==", text)));
        status(g.header("webhook-signature") == expected)
    };
    let diagnosis =
        diagnosis_of(Sender::STANDARD_WEBHOOKS, "whsec_ZGVjb2RlIG1lIG5vdA==", whole).await;
    let family = diagnosis.findings.first().and_then(|finding| finding.family());
    assert_eq!(family, Some(verify_toolkit::explain::Family::Secret), "{diagnosis}");
}

#[tokio::test]
async fn what_is_no_mistake_of_a_check_is_named_as_what_it_is() {
    let sound: Receiver = |g| status(g.header("x-mlflow-signature") == mlflow(g, SECRET, &g.body));
    let receivers: [(Receiver, Conclusion); 9] = [
        (sound, Conclusion::Sound),
        (|_| 204, Conclusion::Open),
        (|g| status(!g.header("x-mlflow-signature").is_empty()), Conclusion::Unchecked),
        (|_| 401, Conclusion::Unexplained),
        (|_| 404, Conclusion::Nowhere),
        (|_| 405, Conclusion::WrongMethod),
        (|_| 307, Conclusion::Elsewhere),
        (|_| 500, Conclusion::Unable),
        (
            |g| {
                if g.header("x-mlflow-signature") == mlflow(g, SECRET, &g.body) { 422 } else { 401 }
            },
            Conclusion::Unhandled,
        ),
    ];
    for (receiver, conclusion) in receivers {
        let diagnosis = diagnosis_of(Sender::MLFLOW, SECRET, receiver).await;
        assert_eq!(diagnosis.conclusion, conclusion, "{diagnosis}");
        assert!(diagnosis.findings.is_empty(), "{diagnosis}");
        if conclusion != Conclusion::Unexplained {
            assert!(diagnosis.sent <= 4, "{}", diagnosis.sent);
        }
    }
}

#[tokio::test]
async fn whoever_does_not_answer_is_left_alone() {
    let target = Target::new(Sender::MLFLOW, "shared");
    let sent = core::cell::Cell::new(0);
    let diagnosis = diagnose(&target, async |_| {
        sent.set(sent.get() + 1);
        verify_toolkit::attack::Outcome::Silent
    })
    .await;
    assert_eq!((diagnosis.conclusion, sent.get()), (Conclusion::Unable, 3));
}

#[tokio::test]
async fn a_receiver_without_deadlines_is_waited_for_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // Accepts connections, never answers, and notes how long each lasts.
    let lasted = Arc::<Mutex<Vec<Duration>>>::default();
    let note = Arc::clone(&lasted);
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (begun, note) = (Instant::now(), Arc::clone(&note));
            tokio::spawn(async move {
                while stream.read(&mut [0; 4096]).await.is_ok_and(|length| length > 0) {}
                note.lock().unwrap().push(begun.elapsed());
            });
        }
    });
    let patience = Duration::from_millis(500);
    let target = Target::new(Sender::MLFLOW, "shared")
        .with_patience(patience)
        .only(["framing/", "size/one"]);
    let report = target.attack_url(&url).await.unwrap();
    server.abort();
    let of =
        |start: &str| report.cases.iter().filter(|case| case.case.name.starts_with(start)).count();
    // Whole ones are waited for as long as ever.
    let count = of("framing/length-") + of("framing/early") + of("size/one");
    let lasted = lasted.lock().unwrap();
    let short = lasted.iter().filter(|lasted| **lasted < patience / 2).count();
    assert!(count >= 10 && short >= count / 2, "{short} of {count}: {lasted:?}");
    assert!(report.failures().all(|case| case.harm.is_some()));
}
