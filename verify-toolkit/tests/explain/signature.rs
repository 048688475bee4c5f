use base64ct::{Base64, Base64Unpadded, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use verify_toolkit::{WireRequest, explain::Cause};

use crate::case::{BODY, Case, ID, NOW, SECRET, TOKEN, databricks, hmac, mlflow, value, with};

fn databricks_with(signature: impl AsRef<[u8]>) -> WireRequest {
    with(databricks(BODY), "x-databricks-signature", signature)
}

fn mlflow_with(signature: impl AsRef<[u8]>) -> WireRequest {
    with(mlflow(BODY), "x-mlflow-signature", signature)
}

pub(crate) fn cases() -> Vec<Case> {
    use Cause::*;

    let text = format!("{ID}.{}.{BODY}", NOW.as_secs());
    let tag = hmac(SECRET, &text);
    let hex = value(&databricks(BODY), "x-databricks-signature");
    let base64 = value(&mlflow(BODY), "x-mlflow-signature");
    let bare = base64.strip_prefix("v1,").unwrap();
    // One with characters that mean something in a URL.
    let plus = (0..).map(|number| format!("{{\"n\": {number}}}")).find(|body| {
        let signature = value(&mlflow(body.as_str()), "x-mlflow-signature");
        signature.contains('+') && signature.contains('/')
    });
    let urls = mlflow(plus.unwrap());
    let awkward = value(&urls, "x-mlflow-signature");
    let urls_with = |text: String| with(urls.clone(), "x-mlflow-signature", text);
    vec![
        Case::new(SignatureBase64, databricks_with(Base64::encode_string(&hmac(SECRET, BODY)))),
        Case::new(
            SignatureHex,
            mlflow_with(format!("v1,{}", base16ct::lower::encode_string(&tag))),
        ),
        Case::new(SignatureBase64Url, urls_with(awkward.replace('+', "-").replace('/', "_"))),
        Case::new(
            SignatureUnpadded,
            mlflow_with(format!("v1,{}", Base64Unpadded::encode_string(&tag))),
        ),
        Case::new(
            SignatureEncodedTwice,
            mlflow_with(format!(
                "v1,{}",
                Base64::encode_string(base16ct::lower::encode_string(&tag).as_bytes())
            )),
        ),
        Case::new(SignatureEncodedTwice, databricks_with(Base64::encode_string(hex.as_bytes()))),
        Case::new(SignatureFolded, mlflow_with(format!("{}\r\n {}", &base64[..20], &base64[20..]))),
        Case::new(SignatureList, databricks_with(format!("{hex}, {hex}"))),
        Case::new(
            SignatureList,
            mlflow_with(format!("v1,{} {base64}", Base64::encode_string(&[7; 32]))),
        ),
        Case::new(SignatureWithWords, databricks_with(format!("(stdin)= {hex}"))),
        Case::new(SignatureIsSecret, databricks_with(SECRET)),
        Case::new(
            SignatureIsToken,
            crate::case::plus(databricks_with(TOKEN), "authorization", format!("Bearer {TOKEN}")),
        )
        .bearer(TOKEN),
        Case::new(SignatureMalformed, databricks_with("n/a")).observed(),
        Case::new(SignaturePrefixAdded, databricks_with(format!("sha256={hex}"))),
        Case::new(SignaturePrefixAdded, databricks_with(format!("sha256= {hex}"))),
        Case::new(SignaturePrefixAdded, databricks_with(format!("0x{hex}"))),
        Case::new(SignaturePrefixCase, mlflow_with(format!("V1,{bare}"))),
        Case::new(SignaturePrefixDoubled, mlflow_with(format!("v1,{base64}"))),
        Case::new(SignaturePrefixMissing, mlflow_with(bare)),
        Case::new(SignatureQuoted, databricks_with(format!("\"{hex}\""))),
        Case::new(SignatureQuoted, databricks_with(format!(" {hex} "))),
        Case::new(SignatureTruncated, databricks_with(&hex[..61])),
        Case::new(SignatureTruncated, mlflow_with(&base64[..30])),
        Case::new(SignatureUrlMangled, urls_with(awkward.replace('+', " "))),
        Case::new(
            SignatureUrlMangled,
            urls_with(awkward.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
        ),
        // Nothing but a wrong spelling and a wrong secret: the spelling can be seen.
        Case::new(SignaturePrefixMissing, mlflow_with(bare)).secret("another").observed(),
        Case::new(SignatureHex, mlflow_with(base16ct::lower::encode_string(&tag)))
            .also_first(SignaturePrefixMissing),
    ]
}

impl Case {
    fn also_first(mut self, cause: Cause) -> Self {
        self.causes.insert(0, cause);
        self
    }
}

fn of<M: KeyInit + Mac>(key: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(BODY.as_bytes());
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}

pub(crate) fn macs() -> Vec<Case> {
    use Cause::*;

    let digest = |parts: &[&str]| base16ct::lower::encode_string(&Sha256::digest(parts.concat()));
    [
        (MacSha1, of::<Hmac<Sha1>>(SECRET)),
        (MacSha384, of::<Hmac<Sha384>>(SECRET)),
        (MacSha512, of::<Hmac<Sha512>>(SECRET)),
        (MacSwapped, base16ct::lower::encode_string(&hmac(BODY, SECRET))),
        (MacWithoutKey, digest(&[BODY])),
        (MacWithPrefix, digest(&[SECRET, BODY])),
        (MacWithSuffix, digest(&[BODY, SECRET])),
    ]
    .into_iter()
    .map(|(cause, signature)| Case::new(cause, databricks_with(signature)))
    .collect()
}
