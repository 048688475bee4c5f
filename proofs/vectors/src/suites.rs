//! The tests. Each suite is for every sender, but for what only one of them has.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    common::{base64, hex, hmac},
    deliveries::{ALL, Delivery, ID, NOW, SECRET, Sender, replay_key, secret},
    format::{Config, Expected, File, Group, Headers, Taken},
    recorded, standard,
};

const BODY: &[u8] = br#"{"event":"REGISTERED_MODEL_CREATED","model_name":"churn","version":"8"}"#;
const MISMATCH: &str = "signature_mismatch";
const MALFORMED: &str = "malformed_signature";

/// Name and content of each file.
pub(crate) fn all() -> [(&'static str, File); 4] {
    ALL.map(|sender| {
        let mut groups: Vec<Group> = samples(sender).into_iter().collect();
        if sender.name == recorded::SENDER.name {
            groups.extend(recorded::groups());
        }
        if sender.is_standard {
            groups.extend(standard::groups(sender));
        }
        let mut plain = Group::new("one secret, and nothing else configured", sender.config());
        bodies(sender, &mut plain);
        spellings(sender, &mut plain);
        wrong_signatures(sender, &mut plain);
        headers(sender, &mut plain);
        if sender.signs_id_and_time() {
            prefixes(sender, &mut plain);
            ids(sender, &mut plain);
            times(sender, &mut plain);
            boundaries(sender, &mut plain);
            tolerance(sender, &mut plain);
        }
        groups.push(plain);
        if !sender.is_standard {
            groups.extend(keys(sender));
        }
        groups.extend(rotation(sender));
        groups.extend(limits(sender));
        groups.extend(credentials(sender));
        if sender.signs_id_and_time() {
            groups.extend(tolerances(sender));
        }
        if sender.encodings.len() > 1 {
            groups.extend(pinned(sender));
        }
        (sender.name, File::new(sender.name, groups))
    })
}

impl Sender {
    pub(crate) fn refused(&self, code: &'static str) -> Expected {
        Expected::Refused(code, Some(self.header.1))
    }
}

/// Bodies from the vendors' documentation, with signatures that another implementation computed.
fn samples(sender: Sender) -> Option<Group> {
    #[derive(Deserialize)]
    struct Sample {
        sender: String,
        what: String,
        secret: String,
        body: String,
        hex: String,
        base64: Option<String>,
    }
    let samples = include_str!("../../../verify-core/tests/vectors/known_answers.json");
    let samples: Vec<Sample> = serde_json::from_str(samples).unwrap();
    let samples: Vec<Sample> =
        samples.into_iter().filter(|sample| sample.sender == sender.name).collect();
    let key = samples.first()?.secret.clone();
    let config = Config { secrets: vec![secret("1", key.as_bytes())], ..sender.config() };
    let mut group = Group::new("bodies from the vendor's documentation", config);
    for sample in &samples {
        assert_eq!(sample.secret, key);
        let body = sample.body.as_bytes();
        let sent = Delivery { secret: key.clone().into(), ..sender.delivery(body) };
        assert_eq!(hex(&sent.tag()), sample.hex);
        let text = sample.base64.as_ref().unwrap_or(&sample.hex);
        let headers = sent.headers_with(text.as_str());
        group.add(sample.what.as_str(), &["VendorSample"], NOW, headers, body, sent.valid());
        // The same signature over another of the bodies: a line feed more, other white space.
        for other in samples.iter().filter(|other| other.body != sample.body) {
            let comment = format!("{}, with the signature of: {}", sample.what, other.what);
            let refused = sender.refused(MISMATCH);
            let flags = ["BodyChanged", "VendorSample"];
            group.add(comment, &flags, NOW, sent.headers_with(other.hex.as_str()), body, refused);
        }
    }
    Some(group)
}

fn bodies(sender: Sender, group: &mut Group) {
    let mut genuine = |comment: &str, flag, body: &[u8]| {
        let sent = sender.delivery(body);
        group.add(comment, &[flag], NOW, sent.headers(), body, sent.valid());
    };
    genuine("genuine", "Normal", BODY);
    genuine("the same delivery again", "Replay", BODY);
    genuine("an empty body", "BodyOdd", b"");
    genuine("an empty object", "BodyOdd", b"{}");
    genuine("one byte", "BodyOdd", b"0");
    genuine("a NUL", "BodyOdd", b"\0");
    genuine("not UTF-8", "BodyOdd", b"{\"a\": \"\xff\xfe\x80\"}");
    genuine("Latin-1", "BodyOdd", b"{\"name\": \"mod\xe8le\"}");
    genuine("a byte order mark", "BodyOdd", b"\xef\xbb\xbf{}");
    genuine("CRLF line ends", "BodyOdd", b"{\r\n \"a\": 1\r\n}\r\n");
    genuine("white space around it", "BodyOdd", b" \t{}\n");
    genuine("not JSON", "BodyOdd", b"payload=%7B%7D&a=b");
    genuine("JSON that breaks off", "BodyOdd", b"{\"event\": \"");
    genuine("duplicate keys", "BodyOdd", b"{\"a\": 1, \"a\": 2}");
    genuine("numbers beyond 2^53", "BodyOdd", b"{\"a\": 9007199254740993, \"b\": 1e400}");
    genuine("half of a surrogate pair", "BodyOdd", b"{\"a\": \"\\ud800\"}");
    genuine("escaped and plain", "BodyOdd", "{\"a\": \"\\u00e9\u{e9}\"}".as_bytes());
    genuine("200 levels deep", "BodyOdd", ["[".repeat(200), "]".repeat(200)].concat().as_bytes());
    genuine("gzip, as it was sent", "BodyOdd", GZIP);
    // Around the ends of the blocks of SHA-256.
    for len in [54, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 4096] {
        genuine(&format!("{len} bytes"), "BodyOdd", &vec![b'x'; len]);
    }

    let mut changed = |comment: &str, signed: &[u8], arrived: &[u8]| {
        let headers = sender.delivery(signed).headers();
        group.add(comment, &["BodyChanged"], NOW, headers, arrived, sender.refused(MISMATCH));
    };
    let with = |place: usize, byte: u8| {
        let mut body = BODY.to_vec();
        body[place] = byte;
        body
    };
    changed("nothing arrived", BODY, b"");
    changed("a body where none was signed", b"", BODY);
    changed("one digit changed", BODY, &with(BODY.len() - 3, b'9'));
    changed("the first byte changed", BODY, &with(0, b'['));
    changed("the last byte changed", BODY, &with(BODY.len() - 1, b']'));
    changed("the last byte lost", BODY, &BODY[..BODY.len() - 1]);
    changed("the first byte lost", BODY, &BODY[1..]);
    changed("a line feed added", BODY, &[BODY, b"\n"].concat());
    changed("a line feed lost", b"{}\n", b"{}");
    changed("a NUL added", BODY, &[BODY, b"\0"].concat());
    changed("a NUL lost", b"{}\0", b"{}");
    changed("a byte order mark lost", b"\xef\xbb\xbf{}", b"{}");
    changed("CRLF made LF", b"{\r\n}", b"{\n}");
    changed("twice", BODY, &BODY.repeat(2));
    changed("re-serialised with spaces", b"{\"a\":1,\"b\":2}", b"{\"a\": 1, \"b\": 2}");
    changed("re-serialised without spaces", b"{\"a\": 1}", b"{\"a\":1}");
    changed("keys in another order", b"{\"a\":1,\"b\":2}", b"{\"b\":2,\"a\":1}");
    changed("a duplicate key dropped", b"{\"a\":1,\"a\":2}", b"{\"a\":2}");
    changed("a number rounded", b"{\"a\":9007199254740993}", b"{\"a\":9007199254740992}");
    changed("an escape undone", b"{\"a\":\"\\u0041\"}", b"{\"a\":\"A\"}");
    changed("bytes replaced that are not UTF-8", b"\xff", "\u{fffd}".as_bytes());
    changed("Latin-1 made UTF-8", b"\xe8", "\u{e8}".as_bytes());
    changed("unpacked on the way", GZIP, b"{}");
    changed("wrapped in base64 by a gateway", BODY, base64(BODY).as_bytes());
    changed("form-encoded", b"{}", b"payload=%7B%7D");
}

/// `{}` in gzip.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\
    \x02\x00\x00\x00";

fn spellings(sender: Sender, group: &mut Group) {
    // One whose base64 has both characters in which the url-safe alphabet differs.
    let telling = |number: u32| sender.delivery(format!("{{\"number\": {number}}}"));
    let has_both = |sent: &Delivery| {
        let text = base64(&sent.tag());
        text.contains('+') && text.contains('/')
    };
    let sent = (0..).map(telling).find(has_both).unwrap();
    let tag = sent.tag();
    let (digits, padded) = (hex(&tag), base64(&tag));
    let bare = padded.trim_end_matches('=').to_owned();
    let of = |encoding: &'static str, open| {
        let encoding = sender.encodings.contains(&encoding).then_some(encoding);
        match encoding {
            None => sender.refused(MALFORMED),
            encoding => Expected::Taken(Taken { encoding, open, ..sent.taken() }),
        }
    };
    let mut add = |comment: &str, text: &[u8], expected| {
        let value = [sender.prefix.as_bytes(), text].concat();
        group.add(
            comment,
            &["Spelling"],
            NOW,
            sent.headers_with(value),
            sent.body.clone(),
            expected,
        );
    };
    let mixed: String = digits
        .char_indices()
        .map(|(place, digit)| if place % 2 == 0 { digit.to_ascii_uppercase() } else { digit })
        .collect();
    // No sender is known to write these; where hex or base64 is read at all, they mean the same.
    add("hex", digits.as_bytes(), of("hex", false));
    add("hex in upper case", digits.to_uppercase().as_bytes(), of("hex", true));
    add("hex in both cases", mixed.as_bytes(), of("hex", true));
    add("base64", padded.as_bytes(), of("base64", false));
    add("base64 without its padding", bare.as_bytes(), of("base64_unpadded", true));

    let mut malformed = |comment: &str, text: &[u8]| add(comment, text, sender.refused(MALFORMED));
    let doubled = [tag, tag].concat();
    malformed("empty", b"");
    malformed("one character", b"0");
    malformed("the raw bytes", &tag);
    for len in [1, 16, 20, 31, 33, 64] {
        malformed(&format!("{len} bytes in hex"), hex(&doubled[..len]).as_bytes());
        malformed(&format!("{len} bytes in base64"), base64(&doubled[..len]).as_bytes());
    }
    malformed("hex, a digit short", &digits.as_bytes()[1..]);
    malformed("hex, a digit more", format!("{digits}0").as_bytes());
    malformed("hex behind 0x", format!("0x{digits}").as_bytes());
    malformed("hex with 0x for its first byte", format!("0x{}", &digits[2..]).as_bytes());
    malformed("hex with +f for its first byte", format!("+f{}", &digits[2..]).as_bytes());
    malformed("hex with a letter that is no digit", format!("g{}", &digits[1..]).as_bytes());
    malformed("hex with a full-width digit", format!("\u{ff10}{}", &digits[3..]).as_bytes());
    malformed("hex with a byte that is not UTF-8", &[b"\xff", &digits.as_bytes()[1..]].concat());
    malformed("hex with a NUL", &[b"\0", &digits.as_bytes()[1..]].concat());
    malformed("hex behind a space", format!(" {digits}").as_bytes());
    malformed("hex before a space", format!("{digits} ").as_bytes());
    malformed("hex before a line feed", format!("{digits}\n").as_bytes());
    malformed("hex in quotes", format!("\"{digits}\"").as_bytes());
    malformed("hex in colons", &hex(&tag[..22]).replace("", ":").as_bytes()[..64]);
    let url_safe = padded.replace('+', "-").replace('/', "_");
    malformed("url-safe base64", url_safe.as_bytes());
    malformed("url-safe base64 without its padding", url_safe.trim_end_matches('=').as_bytes());
    // Of the last character, four bits are part of the tag and two must be zero.
    for step in [1, 2, 3] {
        let mut text = bare.clone().into_bytes();
        *text.last_mut().unwrap() += step;
        malformed(&format!("base64 with {step} in its unused bits"), &[&text[..], b"="].concat());
        malformed(&format!("base64 without padding, with {step} in its unused bits"), &text);
    }
    malformed("base64, padded twice", format!("{padded}=").as_bytes());
    malformed("base64, padding for a character", format!("{}==", &padded[..42]).as_bytes());
    malformed(
        "base64, padding in the middle",
        format!("{}={}", &bare[..20], &bare[20..]).as_bytes(),
    );
    malformed("base64 with a space", format!("{} {}", &padded[..20], &padded[21..]).as_bytes());
    malformed(
        "base64 with a line feed",
        format!("{}\n{}", &padded[..20], &padded[21..]).as_bytes(),
    );
    malformed("base64 in two lines", format!("{}\n{}", &padded[..20], &padded[20..]).as_bytes());
    malformed("base64 behind a space", format!(" {padded}").as_bytes());
    if !sender.is_standard {
        malformed("base64 before a space", format!("{padded} ").as_bytes());
    }
    malformed("base64 with a byte that is not UTF-8", &[b"\xff", &padded.as_bytes()[1..]].concat());
    malformed("base64 of the hex digits", base64(digits.as_bytes()).as_bytes());
    malformed("hex of the hex digits", hex(digits.as_bytes()).as_bytes());
    malformed("percent-encoded base64", padded.replace('=', "%3D").as_bytes());
    malformed("another sender's prefix", format!("sha256={digits}").as_bytes());
    malformed("a made-up prefix", format!("lol={padded}").as_bytes());
    malformed("100 of them", vec![padded.as_str(); 100].join(",").as_bytes());
}

fn wrong_signatures(sender: Sender, group: &mut Group) {
    let sent = sender.delivery(BODY);
    let tag = sent.tag();
    let encoding = sender.encodings[0];
    let mut wrong = |comment: &str, tag: &[u8]| {
        let headers = sent.headers_with(sent.written(tag, encoding));
        group.add(comment, &["WrongSignature"], NOW, headers, BODY, sender.refused(MISMATCH));
    };
    for place in [0, 1, 7, 8, 15, 16, 19, 20, 24, 30, 31] {
        for bit in [0, 7] {
            let mut tag = tag;
            tag[place] ^= 1 << bit;
            wrong(&format!("bit {bit} of byte {place} flipped"), &tag);
        }
    }
    let half = |keep: &dyn Fn(usize) -> bool| {
        let byte = |(place, byte): (usize, &u8)| if keep(place) { *byte } else { !*byte };
        tag.iter().enumerate().map(byte).collect::<Vec<u8>>()
    };
    wrong("the first half right", &half(&|place| place < 16));
    wrong("the second half right", &half(&|place| place >= 16));
    wrong("every other byte right", &half(&|place| place % 2 == 0));
    wrong("every bit flipped", &half(&|_| false));
    wrong("zeros", &[0; 32]);
    wrong("ones", &[0xff; 32]);
    let mut reversed = tag;
    reversed.reverse();
    wrong("its bytes in reverse", &reversed);
    wrong("of an empty body", &sender.delivery("").tag());
    wrong("of `{}`", &sender.delivery("{}").tag());
    wrong("of the body's hash", &sender.delivery(Sha256::digest(BODY).to_vec()).tag());
    wrong("of the body's hash in hex", &sender.delivery(hex(&Sha256::digest(BODY))).tag());
    wrong("of the body in base64", &sender.delivery(base64(BODY)).tag());
    wrong("no HMAC: the hash of the body", &Sha256::digest(BODY));
    wrong("no HMAC: the hash of secret and body", &Sha256::digest([SECRET, BODY].concat()));
    wrong("no HMAC: the hash of body and secret", &Sha256::digest([BODY, SECRET].concat()));
    wrong("secret and body exchanged", &hmac(BODY, SECRET));
    let signed_with = |key: &[u8]| Delivery { secret: key.to_vec(), ..sent.clone() }.tag();
    wrong("of another secret", &signed_with(b"another secret"));
    wrong("of no secret", &signed_with(b""));
    wrong("of the secret in upper case", &signed_with(&SECRET.to_ascii_uppercase()));
    wrong("of the secret and a line feed", &signed_with(&[SECRET, b"\n"].concat()));
    wrong("of the secret and a space", &signed_with(&[SECRET, b" "].concat()));
    wrong("of the secret in base64", &signed_with(base64(SECRET).as_bytes()));
    wrong("of the secret in hex", &signed_with(hex(SECRET).as_bytes()));
    wrong("of the secret's hash", &signed_with(&Sha256::digest(SECRET)));
    wrong("of the sender's name as the secret", &signed_with(sender.name.as_bytes()));
    if sender.signs_id_and_time() {
        let over = |text: &[u8]| hmac(SECRET, text);
        let time = NOW.to_string();
        wrong("of the body alone", &over(BODY));
        wrong("of id and body", &over(&[ID.as_bytes(), b".", BODY].concat()));
        wrong("of time and body", &over(&[time.as_bytes(), b".", BODY].concat()));
        wrong("of id and time alone", &over(format!("{ID}.{time}").as_bytes()));
        wrong("time before id", &over(&[format!("{time}.{ID}.").as_bytes(), BODY].concat()));
        wrong("without the dots", &over(&[format!("{ID}{time}").as_bytes(), BODY].concat()));
        wrong("with colons", &over(&[format!("{ID}:{time}:").as_bytes(), BODY].concat()));
    } else {
        let wrapped = format!("{ID}.{NOW}.");
        wrong("of id, time and body", &hmac(SECRET, &[wrapped.as_bytes(), BODY].concat()));
    }
}

/// What happens to one header that is needed.
fn headers(sender: Sender, group: &mut Group) {
    let sent = sender.delivery(BODY);
    let mut needed = vec![(sender.header, MALFORMED)];
    if sender.signs_id_and_time() {
        needed.push((sender.id_header(), "malformed_delivery_id"));
        needed.push((sender.time_header(), "malformed_timestamp"));
    }
    for ((name, lower), malformed) in needed {
        let (genuine, others): (Headers, Headers) =
            sent.headers().into_iter().partition(|(other, _)| other == name);
        let (_, value) = genuine[0].clone();
        let missing = Expected::Refused("header_missing", Some(lower));
        let repeated = Expected::Refused("header_repeated", Some(lower));
        let malformed = Expected::Refused(malformed, Some(lower));
        let mut add = |comment: &str, flag, values: &[(&str, &[u8])], expected: &Expected| {
            let mut headers = others.clone();
            headers.extend(values.iter().map(|(name, value)| ((*name).into(), value.to_vec())));
            group.add(format!("{lower}: {comment}"), &[flag], NOW, headers, BODY, expected.clone());
        };
        let upper = name.to_uppercase();
        let again = "HeaderRepeated";
        let twice = |by: &[u8]| [&value, by, &value].concat();
        add("missing", "HeaderMissing", &[], &missing);
        add("under a longer name", "HeaderMissing", &[(&format!("{name}-2"), &value)], &missing);
        add("under a shorter name", "HeaderMissing", &[(&name[2..], &value)], &missing);
        let underscored = name.replace('-', "_");
        add("with underscores", "HeaderMissing", &[(&underscored, &value)], &missing);
        add("empty", "HeaderMissing", &[(name, b"")], &malformed);
        add("in upper case", "Normal", &[(&upper, &value)], &sent.valid());
        add("in lower case", "Normal", &[(lower, &value)], &sent.valid());
        add("the same value twice", again, &[(name, &value), (name, &value)], &repeated);
        add("again in upper case", again, &[(name, &value), (&upper, &value)], &repeated);
        add("then an empty one", again, &[(name, &value), (name, b"")], &repeated);
        add("then a wrong one", again, &[(name, &value), (name, b"x")], &repeated);
        add("behind a wrong one", again, &[(name, b"x"), (name, &value)], &repeated);
        add("behind an empty one", again, &[(name, b""), (name, &value)], &repeated);
        let three: [(&str, &[u8]); 3] = [(name, b"x"), (name, &value), (name, b"y")];
        add("between wrong ones", again, &three, &repeated);
        add("joined by a comma", again, &[(name, &twice(b","))], &malformed);
        add("joined by comma and space", again, &[(name, &twice(b", "))], &malformed);
        // Two signatures, where the header is a list.
        let is_list = sender.is_standard && lower == sender.header.1;
        let joined = if is_list { sent.valid() } else { malformed.clone() };
        add("joined by a space", again, &[(name, &twice(b" "))], &joined);
        add("folded", again, &[(name, &twice(b"\r\n "))], &malformed);
    }

    let mut around = sent.headers();
    for (name, value) in [
        ("Host", "receiver.example"),
        ("Authorization", "Bearer nobody asked for"),
        ("Content-Type", "text/plain"),
        ("X-Signature", "0"),
        ("X-Hub-Signature-256", "sha256=0"),
        ("X-Delivery-Id", "a.1"),
        ("X-Timestamp", "-1"),
    ] {
        around.insert(0, (name.into(), value.into()));
        around.push((name.into(), value.into()));
    }
    group.add("among other headers", &["Normal"], NOW, around, BODY, sent.valid());
    let mut reversed = sent.headers();
    reversed.reverse();
    group.add("headers in reverse", &["Normal"], NOW, reversed, BODY, sent.valid());
    let missing = sender.refused("header_missing");
    group.add("no headers at all", &["HeaderMissing"], NOW, Vec::new(), BODY, missing.clone());
    for other in ALL.iter().filter(|other| other.name != sender.name) {
        let comment = format!("a genuine delivery of {}", other.name);
        let headers = other.delivery(BODY).headers();
        group.add(comment, &["HeaderMissing"], NOW, headers, BODY, missing.clone());
    }
}

fn prefixes(sender: Sender, group: &mut Group) {
    let sent = sender.delivery(BODY);
    let value = sent.signature();
    let bare = value.strip_prefix("v1,").unwrap();
    for (comment, value) in [
        ("missing", bare.to_owned()),
        ("alone", "v1,".into()),
        ("cut", format!("1,{bare}")),
        ("without its comma", format!("v1{bare}")),
        ("doubled", format!("v1,{value}")),
        ("in upper case", format!("V1,{bare}")),
        ("of another version", format!("v2,{bare}")),
        ("with another separator", format!("v1={bare}")),
        ("and a space", format!("v1, {bare}")),
        ("behind a space", format!(" {value}")),
        ("behind the signature", format!("{bare}v1,")),
        ("of another sender", format!("sha256={bare}")),
        ("of a key", format!("whsec_{bare}")),
        ("with hex behind it", format!("v1,{}", hex(&sent.tag()))),
        ("of a list by spaces", format!("v1,{} {value}", base64(&[0; 32]))),
        ("of a list by commas", format!("{value},v2,{bare}")),
    ] {
        let is_list = value.split(' ').any(|item| item == sent.signature());
        let expected = match sender.is_standard && is_list {
            true => sent.valid(),
            false => sender.refused(MALFORMED),
        };
        let comment = format!("prefix: {comment}");
        group.add(comment, &["Prefix"], NOW, sent.headers_with(value), BODY, expected);
    }
}

/// Ids, each with the signature that fits it: only its form can be refused.
fn ids(sender: Sender, group: &mut Group) {
    let with = |id: &[u8]| Delivery { id: id.to_vec(), ..sender.delivery(BODY) };
    let long = "a".repeat(64);
    for (comment, id) in [
        ("one character", "a"),
        ("64 characters", long.as_str()),
        ("upper case", "D4C0F1EF-4D9B-47FC-9270-730C0966F8BA"),
        ("every kind of visible character", "!~,;:/\\\"{}[]AZaz09"),
    ] {
        let sent = with(id.as_bytes());
        // MLflow sends UUIDs only. A receiver may insist on that.
        let expected = Expected::Taken(Taken { open: !sender.is_standard, ..sent.taken() });
        group.add(format!("id: {comment}"), &["DeliveryId"], NOW, sent.headers(), BODY, expected);
    }
    let longer = "a".repeat(65);
    let endless = "a".repeat(5000);
    let rows: [(&str, &[u8]); 13] = [
        ("65 characters", longer.as_bytes()),
        ("5,000 characters", endless.as_bytes()),
        ("empty", b""),
        ("a dot", b"."),
        ("a dot in it", b"a.1"),
        ("a dot in front", b".a"),
        ("a dot behind", b"a."),
        ("a space in it", b"a b"),
        ("a space behind", b"a "),
        ("a NUL", b"a\0"),
        ("a line feed", b"a\n"),
        ("not ASCII", "\u{e9}".as_bytes()),
        ("not UTF-8", b"a\xff"),
    ];
    for (comment, id) in rows {
        let refused = Expected::Refused("malformed_delivery_id", Some(sender.id_header().1));
        let headers = with(id).headers();
        group.add(format!("id: {comment}"), &["DeliveryId"], NOW, headers, BODY, refused);
    }
    let signed = with(ID.as_bytes()).signature();
    let other = with(b"00000000-0000-4000-8000-000000000000").headers_with(signed);
    let mismatch = sender.refused(MISMATCH);
    group.add("id: another than was signed", &["DeliveryId"], NOW, other, BODY, mismatch);
}

/// Times, each with the signature that fits it: only its form, or how far it is, can be refused.
fn times(sender: Sender, group: &mut Group) {
    let with = |time: &[u8]| Delivery { time: time.to_vec(), ..sender.delivery(BODY) };
    let mut refused = |comment: &str, time: &[u8], code| {
        let refused = Expected::Refused(code, Some(sender.time_header().1));
        let headers = with(time).headers();
        group.add(format!("time: {comment}"), &["Timestamp"], NOW, headers, BODY, refused);
    };
    let malformed: [(&str, &[u8]); 27] = [
        ("empty", b""),
        ("a plus sign", b"+1795290782"),
        ("a minus sign", b"-1795290782"),
        ("minus one", b"-1"),
        ("minus zero", b"-0"),
        ("a leading zero", b"01795290782"),
        ("two zeros", b"00"),
        ("many leading zeros", b"00000000000000000000001795290782"),
        ("a fraction", b"1795290782.0"),
        ("a point", b"1795290782."),
        ("an exponent", b"1.795290782e9"),
        ("underscores", b"1_795_290_782"),
        ("hexadecimal", b"0x6b020f5e"),
        ("hexadecimal digits", b"6b020f5e"),
        ("a space in front", b" 1795290782"),
        ("a space behind", b"1795290782 "),
        ("a line feed behind", b"1795290782\n"),
        ("a NUL behind", b"1795290782\0"),
        ("two of them", b"1795290782,1795290782"),
        ("ISO 8601", b"2026-11-21T19:53:02Z"),
        ("least of 64 bits", b"-9223372036854775808"),
        ("one over 64 bits", b"18446744073709551616"),
        ("64 bits, wrapped around to now", b"18446744075504842398"),
        ("far over 64 bits", b"99999999999999999999999999999999"),
        ("Arabic-Indic digits", "\u{0661}\u{0667}\u{0669}\u{0665}".as_bytes()),
        ("not UTF-8", b"179529078\xb2"),
        ("words", b"now"),
    ];
    for (comment, time) in malformed {
        refused(comment, time, "malformed_timestamp");
    }
    for (comment, time) in [
        ("milliseconds", "1795290782000"),
        ("largest of 32 bits, unsigned", "4294967295"),
        ("largest of 63 bits", "9223372036854775807"),
        ("one over 63 bits", "9223372036854775808"),
        ("largest of 64 bits", "18446744073709551615"),
    ] {
        refused(comment, time.as_bytes(), "timestamp_too_new");
    }
    for (comment, time) in [("zero", "0"), ("a digit short", "179529078")] {
        refused(comment, time.as_bytes(), "timestamp_too_old");
    }
    let signed = with(NOW.to_string().as_bytes()).signature();
    let other = with(b"1795290783").headers_with(signed);
    let mismatch = sender.refused(MISMATCH);
    group.add("time: another than was signed", &["Timestamp"], NOW, other, BODY, mismatch);
}

fn boundaries(sender: Sender, group: &mut Group) {
    let genuine = Delivery { id: b"a".to_vec(), ..sender.delivery("2.{}") };
    let taken = Expected::Taken(Taken { open: !sender.is_standard, ..genuine.taken() });
    let flags = ["Boundary"];
    let headers = genuine.headers();
    group.add("boundary: `a`, now, `2.{}`", &flags, NOW, headers, "2.{}", taken);
    let time = NOW.to_string();
    let mut moved = |comment: &str, id: &str, time: &str, body: &str, code, header| {
        let delivery = Delivery { id: id.into(), time: time.into(), ..sender.delivery(body) };
        let headers = delivery.headers_with(genuine.signature());
        let refused = Expected::Refused(code, Some(header));
        group.add(comment, &flags, NOW, headers, body, refused);
    };
    let (id_code, time_code) = ("malformed_delivery_id", "malformed_timestamp");
    let longer = format!("a.{time}");
    moved("boundary: the time to the id", &longer, "2", "{}", id_code, sender.id_header().1);
    let more = format!("{time}.2");
    moved("boundary: the body to the time", "a", &more, "{}", time_code, sender.time_header().1);
    moved("boundary: the id to the time", "", &longer, "2.{}", id_code, sender.id_header().1);
    let body = format!("{time}.2.{{}}");
    moved("boundary: the time to the body", "a", "", &body, time_code, sender.time_header().1);
}

fn tolerance(sender: Sender, group: &mut Group) {
    let sent = sender.delivery(BODY);
    let refused = |code| Expected::Refused(code, Some(sender.time_header().1));
    for (offset, expected) in [
        (0, sent.valid()),
        (-1, sent.valid()),
        (1, sent.valid()),
        (7, sent.valid()),
        (-299, sent.valid()),
        (299, sent.valid()),
        (-300, sent.valid()),
        (300, sent.valid()),
        (-301, refused("timestamp_too_new")),
        (301, refused("timestamp_too_old")),
        (-86_400, refused("timestamp_too_new")),
        (86_400, refused("timestamp_too_old")),
        (-1_795_290_782, refused("timestamp_too_new")),
    ] {
        let comment = format!("the receiver's clock is {offset} s from the signed time");
        let now = NOW.checked_add_signed(offset).unwrap();
        group.add(comment, &["Tolerance"], now, sent.headers(), BODY, expected);
    }
    // The largest that every reader of JSON takes for itself.
    let far = (1 << 53) - 1;
    let refused = refused("timestamp_too_old");
    group.add("a clock far ahead", &["Tolerance"], far, sent.headers(), BODY, refused);
}

fn tolerances(sender: Sender) -> Vec<Group> {
    let group = |comment, tolerance| {
        let config = Config { tolerance: Some(tolerance), ..sender.config() };
        let mut group = Group::new(comment, config);
        let sent = sender.delivery(BODY);
        for now in [NOW - tolerance, NOW, NOW + tolerance] {
            let comment = "within the tolerance";
            group.add(comment, &["Tolerance"], now, sent.headers(), BODY, sent.valid());
        }
        for (now, code) in
            [(NOW - tolerance - 1, "timestamp_too_new"), (NOW + tolerance + 1, "timestamp_too_old")]
        {
            let refused = Expected::Refused(code, Some(sender.time_header().1));
            let comment = "a second outside the tolerance";
            group.add(comment, &["Tolerance"], now, sent.headers(), BODY, refused);
        }
        group
    };
    vec![
        group("no tolerance", 0),
        group("a tolerance of a second", 1),
        group("a tolerance of a day", 86_400),
    ]
}

/// Secrets of every form; each is a group, because it is the configuration.
fn keys(sender: Sender) -> Vec<Group> {
    let block: Vec<u8> = (1..=64).collect();
    let longer: Vec<u8> = (1..=65).collect();
    let long: Vec<u8> = (1..=200).collect();
    let group = |comment, key: &[u8], others: &[(&str, &[u8])]| {
        let config = Config { secrets: vec![secret("1", key)], ..sender.config() };
        let mut group = Group::new(comment, config);
        let sent = Delivery { secret: key.to_vec(), ..sender.delivery(BODY) };
        group.add("used verbatim", &["KeyForm"], NOW, sent.headers(), BODY, sent.valid());
        for (comment, key) in others {
            let headers = Delivery { secret: key.to_vec(), ..sent.clone() }.headers();
            group.add(*comment, &["KeyForm"], NOW, headers, BODY, sender.refused(MISMATCH));
        }
        group
    };
    vec![
        group(
            "a secret with `whsec_` in front",
            b"whsec_dGhlIHNlY3JldA==",
            &[("the prefix stripped", b"dGhlIHNlY3JldA=="), ("decoded", b"the secret")],
        ),
        group(
            "a secret that is base64",
            b"dGhlIHNlY3JldA==",
            &[("decoded", b"the secret"), ("without padding", b"dGhlIHNlY3JldA")],
        ),
        group(
            "a secret that is hex",
            b"00ff00ff00ff00ff",
            &[
                ("decoded", b"\x00\xff\x00\xff\x00\xff\x00\xff"),
                ("upper case", b"00FF00FF00FF00FF"),
            ],
        ),
        group("a secret with a space behind", b"secret ", &[("trimmed", b"secret")]),
        group("a secret with a space in front", b" secret", &[("trimmed", b"secret")]),
        group("a secret with a line feed behind", b"secret\n", &[("trimmed", b"secret")]),
        group("a secret in quotes", b"\"secret\"", &[("without them", b"secret")]),
        group(
            "a secret that is not ASCII",
            "cl\u{e9}-\u{5bc6}\u{94a5}".as_bytes(),
            &[
                ("in another normal form", "cle\u{301}-\u{5bc6}\u{94a5}".as_bytes()),
                ("with question marks", b"cl?-??"),
            ],
        ),
        group("a secret that is not UTF-8", b"\xff\xfe", &[("replaced", "\u{fffd}".as_bytes())]),
        group("a secret of one byte", b"s", &[("doubled", b"ss")]),
        group("a secret with a NUL in it", b"a\0b", &[("cut at the NUL", b"a")]),
        group("a secret of a block, 64 bytes", &block, &[("of 63 bytes", &block[..63])]),
        group("a secret of 65 bytes", &longer, &[("cut to a block", &longer[..64])]),
        group("a secret of 200 bytes", &long, &[("cut to a block", &long[..64])]),
    ]
}

fn rotation(sender: Sender) -> Vec<Group> {
    let group = |comment, labels: &[(&'static str, &'static [u8])]| {
        let secrets = labels.iter().map(|(label, key)| sender.secret(label, key)).collect();
        let config = Config { secrets, ..sender.config() };
        let mut group = Group::new(comment, config);
        for (label, key) in labels {
            let sent = Delivery { secret: key.to_vec(), ..sender.delivery(BODY) };
            let taken = Taken { label: Some(label), ..sent.taken_beside(labels[0].1) };
            let comment = format!("signed with the secret `{label}`");
            let headers = sent.headers();
            group.add(comment, &["Rotation"], NOW, headers, BODY, Expected::Taken(taken));
        }
        let concatenated: Vec<u8> = labels.iter().flat_map(|(_, key)| key.to_vec()).collect();
        for (comment, key) in [
            ("signed with a secret that is no longer configured", b"oldest".to_vec()),
            ("signed with all of them, one behind the other", concatenated),
            ("signed with no secret", Vec::new()),
        ] {
            let headers = Delivery { secret: key, ..sender.delivery(BODY) }.headers();
            group.add(comment, &["Rotation"], NOW, headers, BODY, sender.refused(MISMATCH));
        }
        group
    };
    vec![
        group("two secrets", &[("current", b"the new one"), ("previous", b"the old one")]),
        group("four secrets", &[("1", b"one"), ("2", b"two"), ("3", b"three"), ("4", b"four")]),
    ]
}

fn limits(sender: Sender) -> Vec<Group> {
    let group = |comment, limit: usize| {
        let config = Config { body_limit: limit, ..sender.config() };
        let mut group = Group::new(comment, config);
        for len in [0, 1, limit.saturating_sub(1), limit, limit + 1, limit + 2, 2 * limit + 3] {
            let body = vec![b' '; len];
            let sent = sender.delivery(body.clone());
            let expected = match len <= limit {
                true => sent.valid(),
                false => Expected::Refused("body_too_large", None),
            };
            let comment = format!("{len} bytes");
            group.add(comment, &["BodyLimit"], NOW, sent.headers(), body.clone(), expected);
            if len > limit {
                // Told from its length alone, whatever the signature.
                let headers = sent.headers_with(sent.written(&[0; 32], sender.encodings[0]));
                let refused = Expected::Refused("body_too_large", None);
                let comment = format!("{len} bytes, and a wrong signature");
                group.add(comment, &["BodyLimit"], NOW, headers, body, refused);
            }
        }
        group
    };
    vec![group("a limit of 64 bytes", 64), group("a limit of nothing", 0)]
}

/// What comes of a request with this value of `Authorization`, for receivers with a secret and
/// without.
fn credentials(sender: Sender) -> Vec<Group> {
    const HEADER: Option<&str> = Some("authorization");
    let signed = sender.delivery(BODY);
    let mismatch = Expected::Refused("authorization_mismatch", HEADER);
    let with = |mut headers: Headers, values: &[&str]| {
        headers.extend(values.iter().map(|value| ("Authorization".into(), (*value).into())));
        headers
    };
    let group = |comment, config: Config, accepted: &[(&str, &str)], wrong: &[&str]| {
        let mut group = Group::new(comment, config);
        let unsigned = group.config().without_signature;
        let headers = if unsigned { Vec::new() } else { signed.headers() };
        let flags = ["Authorization"];
        for (value, token) in accepted {
            let taken = match unsigned {
                false => signed.taken(),
                true => Taken {
                    replay_key: replay_key(sender.name, &hmac(&Sha256::digest(token), BODY)),
                    label: None,
                    encoding: None,
                    id: None,
                    time: None,
                    open: false,
                },
            };
            let headers = with(headers.clone(), &[value]);
            group.add(*value, &flags, NOW, headers, BODY, Expected::Taken(taken));
        }
        for value in wrong {
            let headers = with(headers.clone(), &[value]);
            group.add(format!("`{value}`"), &flags, NOW, headers, BODY, mismatch.clone());
        }
        let (good, _) = accepted[0];
        let missing = Expected::Refused("header_missing", HEADER);
        group.add("none", &flags, NOW, headers.clone(), BODY, missing);
        let repeated = Expected::Refused("header_repeated", HEADER);
        for values in [[good, good], [good, ""], ["x", good]] {
            let headers = with(headers.clone(), &values);
            let comment = format!("`{}`, then `{}`", values[0], values[1]);
            group.add(comment, &flags, NOW, headers, BODY, repeated.clone());
        }
        if !unsigned {
            let wrong =
                with(signed.headers_with(signed.written(&[0; 32], sender.encodings[0])), &[good]);
            let comment = "the right credential and a wrong signature";
            group.add(comment, &flags, NOW, wrong, BODY, sender.refused(MISMATCH));
            let comment = "the right credential and no signature";
            let bare = with(Vec::new(), &[good]);
            group.add(comment, &flags, NOW, bare, BODY, sender.refused("header_missing"));
        }
        group
    };
    let bearer = Config { bearer: vec!["token"], ..sender.config() };
    let open = |config: Config| Config {
        secrets: Vec::new(),
        without_signature: true,
        tolerance: None,
        ..config
    };
    let spellings = [
        ("Bearer token", "token"),
        ("bearer token", "token"),
        ("BEARER token", "token"),
        ("Bearer  token", "token"),
    ];
    let wrong = [
        "",
        "token",
        "Bearer",
        "Bearer ",
        "Bearertoken",
        "Bearer:token",
        "Bearer Token",
        "Bearer token ",
        " Bearer token",
        "Bearer toke",
        "Bearer tokens",
        "Bearer oken",
        "Bearer token token",
        "Bearer token,token",
        "Bearer Bearer token",
        "Bearer \"token\"",
        "Bearer token\0",
        "Bearer\ttoken",
        "Bearer other",
        "Basic token",
        "Basic dG9rZW4=",
        "Basic OnRva2Vu",
        "Token token",
        "Beare token",
        "Bearers token",
        "Digest token",
    ];
    let verbatim = Config { authorization: vec!["Basic dXNlcjpwdw=="], ..sender.config() };
    let whole = [("Basic dXNlcjpwdw==", "Basic dXNlcjpwdw==")];
    let not_whole = [
        "basic dXNlcjpwdw==",
        "Basic  dXNlcjpwdw==",
        "Basic dXNlcjpwdw",
        "Basic dXNlcjpwdw== ",
        "Basic DXNLCJPWDW==",
        "Bearer dXNlcjpwdw==",
        "dXNlcjpwdw==",
        "user:pw",
    ];
    let several = Config {
        bearer: vec!["next", "last"],
        authorization: vec!["token abc"],
        ..sender.config()
    };
    let any = [("Bearer next", "next"), ("bearer last", "last"), ("token abc", "token abc")];
    let none = ["Bearer nextlast", "Bearer abc", "Bearer token abc", "Token abc", "token abcd"];
    vec![
        group("a secret and a bearer token", bearer.clone(), &spellings, &wrong),
        group("a bearer token alone, by the receiver's choice", open(bearer), &spellings, &wrong),
        group("a secret and a whole value", verbatim.clone(), &whole, &not_whole),
        group("a whole value alone, by the receiver's choice", open(verbatim), &whole, &not_whole),
        group("a secret and several credentials", several.clone(), &any, &none),
        group("several credentials alone, by the receiver's choice", open(several), &any, &none),
    ]
}

/// A receiver that takes one encoding only.
fn pinned(sender: Sender) -> Vec<Group> {
    let group = |comment, encoding: &'static str| {
        let config = Config { encodings: vec![encoding], ..sender.config() };
        let mut group = Group::new(comment, config);
        let sent = sender.delivery(BODY);
        for other in sender.encodings {
            let expected = match *other == encoding {
                true => Expected::Taken(Taken { encoding: Some(encoding), ..sent.taken() }),
                false => sender.refused(MALFORMED),
            };
            let headers = sent.headers_with(sent.written(&sent.tag(), other));
            group.add(*other, &["Spelling"], NOW, headers, BODY, expected);
        }
        group
    };
    vec![
        group("pinned to base64", "base64"),
        group("pinned to base64 without padding", "base64_unpadded"),
        group("pinned to hex", "hex"),
    ]
}
