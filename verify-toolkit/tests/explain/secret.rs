use base64ct::{Base64, Encoding as _};
use sha2::{Digest, Sha256};
use verify_toolkit::{Delivery, explain::Cause};

use crate::case::{BODY, Case, NOW, SECRET, TOKEN, databricks, hmac, plus, with};

const LONG: &str = "Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shared-Tz4";
const WRAPPED: &str = "Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shared-Tz4Kx9-shar\ned-Tz4";

fn signed(secret: impl AsRef<[u8]>) -> verify_toolkit::WireRequest {
    Delivery::mlflow(BODY).sign(secret, NOW).unwrap()
}

pub(crate) fn cases() -> Vec<Case> {
    use Cause::*;

    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    let bytes: Vec<u8> = (0..24).map(|byte| byte * 7 + 1).collect();
    let base64 = Base64::encode_string(&bytes);
    let whsec = format!("whsec_{base64}");
    let hex = base16ct::lower::encode_string(&bytes);
    let digest = base16ct::lower::encode_string(&Sha256::digest(SECRET));
    let table: Vec<(Cause, Vec<u8>, Vec<u8>)> = [
        // What the receiver has, and what the sender signs with.
        (SecretTrailingNewline, "Kx9-shared-Tz4\n", SECRET),
        (SecretTrailingNewline, "Kx9-shared-Tz4\n\n", SECRET),
        (SecretTrailingCrLf, "Kx9-shared-Tz4\r\n", SECRET),
        (SecretSpaced, "  Kx9-shared-Tz4\t", SECRET),
        (SecretQuoted, "\"Kx9-shared-Tz4\"", SECRET),
        (SecretQuoted, "'Kx9-shared-Tz4'", SECRET),
        (SecretQuoted, "\u{201c}Kx9-shared-Tz4\u{201d}", SECRET),
        (SecretByteOrderMark, "\u{feff}Kx9-shared-Tz4", SECRET),
        (SecretInAssignment, "WEBHOOK_SECRET=Kx9-shared-Tz4", SECRET),
        (SecretInAssignment, "export WEBHOOK_SECRET='Kx9-shared-Tz4'", SECRET),
        (SecretInJson, r#"{"user": "u", "secret": "Kx9-shared-Tz4"}"#, SECRET),
        (SecretList, "another-one,Kx9-shared-Tz4", SECRET),
        (SecretList, "Kx9-shared-Tz4\nanother-one", SECRET),
        (SecretEchoOption, "-n Kx9-shared-Tz4\n", SECRET),
        (SecretPrefixed, "v1,Kx9-shared-Tz4", SECRET),
        (SecretSpaceInside, "Kx9- shared-\tTz4", SECRET),
        (SecretWrapped, "Kx9-shared\n-Tz4", SECRET),
        (SecretWrapLost, LONG, WRAPPED),
        (SecretEndMark, "Kx9-shared-Tz4%", SECRET),
        (SecretDoubled, "Kx9-shared-Tz4Kx9-shared-Tz4", SECRET),
        (SecretEscaped, r#"a\"b\\c"#, r#"a"b\c"#),
        (SecretPercentEncoded, "a%2Fb%3D", "a/b="),
        (SecretInvisible, "Kx9\u{200b}-shared-Tz4\u{a0}", SECRET),
        (SecretCase, "kx9-shared-tz4", "KX9-SHARED-TZ4"),
        (SecretCutShort, "abc#def", "abc"),
        (SecretCutShort, "abc def", "abc"),
        (SecretShellExpanded, "ab$cd-${ef}g$1", "ab-g"),
        (SecretNewlineLost, SECRET, "Kx9-shared-Tz4\n"),
        (SecretSpaceLost, SECRET, "Kx9-shared-Tz4 "),
        (SecretSpaceLost, SECRET, " Kx9-shared-Tz4"),
        (SecretWhsecLost, SECRET, "whsec_Kx9-shared-Tz4"),
        (SecretInWhsec, "whsec_Kx9-shared-Tz4", SECRET),
        (SecretPrefixed, "v1,whsec_Kx9-shared-Tz4", "whsec_Kx9-shared-Tz4"),
        (SecretInWhsec, "v1,whsec_Kx9-shared-Tz4", SECRET),
        (SecretHashed, SECRET, digest.as_str()),
        (SecretCharset, "sch\u{c3}\u{b6}n", "sch\u{f6}n"),
    ]
    .into_iter()
    .map(|(cause, has, signs)| (cause, has.as_bytes().to_vec(), signs.as_bytes().to_vec()))
    .chain([
        (SecretCharset, b"sch\xf6n".to_vec(), "sch\u{f6}n".into()),
        (SecretCharset, "sch\u{f6}n \u{20ac}".into(), b"sch\xf6n \x80".to_vec()),
        (SecretUtf16, utf16(SECRET), SECRET.into()),
        (SecretUtf16, utf16("Kx9-shared-Tz4\r\n"), SECRET.into()),
        (SecretBase64, Base64::encode_string(SECRET.as_bytes()).into(), SECRET.into()),
        (SecretBase64, Base64::encode_string(b"Kx9-shared-Tz4\n").into(), SECRET.into()),
        (SecretDecodedBase64, bytes.clone(), base64.clone().into()),
        (SecretStandardWebhooks, whsec.clone().into(), bytes.clone()),
        (SecretDecodedWhsec, bytes.clone(), whsec.into()),
        (SecretHex, hex.clone().into(), bytes.clone()),
        (SecretDecodedHex, bytes, hex.into()),
        (SecretHashed, SECRET.into(), Sha256::digest(SECRET).to_vec()),
    ])
    .collect();

    let mut cases: Vec<_> = table
        .into_iter()
        .map(|(cause, has, signs)| Case::new(cause, signed(signs)).secret(has))
        .collect();
    // Two at once.
    let both = Case::new(SecretTrailingNewline, signed(SECRET)).and(SecretQuoted);
    cases.push(both.secret("\"Kx9-shared-Tz4\"\n"));

    let mut previous = Case::new(SecretPrevious, signed("the-old-one"));
    previous.previous = vec![b"an-older-one".to_vec(), b"the-old-one".to_vec()];
    cases.push(previous);

    cases.push(Case::new(SecretBearerToken, signed(TOKEN)).secret("another").bearer(TOKEN));
    cases
        .last_mut()
        .unwrap()
        .request
        .headers
        .push(("authorization".into(), format!("Bearer {TOKEN}").into()));
    let carried = plus(signed(TOKEN), "Authorization", format!("token {TOKEN}"));
    cases.push(Case::new(SecretBearerToken, carried));

    let empty = base16ct::lower::encode_string(&hmac("", BODY));
    cases.push(Case::new(SecretEmpty, with(databricks(BODY), "x-databricks-signature", empty)));

    for placeholder in ["${WEBHOOK_SECRET}", "********", "undefined", "<your secret>"] {
        cases.push(Case::new(SecretPlaceholder, signed(SECRET)).secret(placeholder).observed());
    }
    cases
}
