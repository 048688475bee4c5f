use base64ct::{Base64, Encoding as _};
use sha2::{Digest, Sha256};
use verify_toolkit::{Delivery, Sender, WireRequest, explain::Cause};

use crate::case::{
    BODY, Case, ID, NOW, SECRET, databricks, hmac, minus, mlflow, plus, renamed, value, wandb, with,
};

/// A delivery of MLflow whose signature is over this text.
fn over(text: impl AsRef<[u8]>) -> WireRequest {
    with(
        mlflow(BODY),
        "x-mlflow-signature",
        format!("v1,{}", Base64::encode_string(&hmac(SECRET, text))),
    )
}

/// A delivery of Databricks whose signature is over this text.
fn databricks_over(text: impl AsRef<[u8]>) -> WireRequest {
    let signature = base16ct::lower::encode_string(&hmac(SECRET, text));
    with(databricks(BODY), "x-databricks-signature", signature)
}

pub(crate) fn signed_text() -> Vec<Case> {
    use Cause::*;

    let now = NOW.as_secs();
    let digest = Sha256::digest(BODY);
    let mut on_a_path = databricks_over(format!("https://example.com/hook?a=b{BODY}"));
    on_a_path.path = "/hook?a=b".to_owned();
    vec![
        Case::new(SignedBodyAlone, over(BODY)),
        Case::new(SignedWithoutId, over(format!("{now}.{BODY}"))),
        Case::new(SignedWithoutTimestamp, over(format!("{ID}.{BODY}"))),
        Case::new(SignedOrder, over(format!("{now}.{ID}.{BODY}"))),
        Case::new(SignedOrder, over(format!("{BODY}.{now}"))),
        Case::new(SignedOrder, over(format!("{BODY}.{ID}.{now}"))),
        Case::new(SignedSeparators, over(format!("{ID}:{now}:{BODY}"))),
        Case::new(SignedSeparators, over(format!("{ID}{now}{BODY}"))),
        Case::new(SignedSeparators, over(format!("{ID}.{now}\n{BODY}"))),
        Case::new(SignedIdChanged, over(format!("{}.{now}.{BODY}", ID.to_uppercase()))),
        Case::new(SignedIdChanged, over(format!("{}.{now}.{BODY}", ID.replace('-', "")))),
        Case::new(SignedIdChanged, with(mlflow(BODY), "x-mlflow-delivery-id", ID.replace('-', ""))),
        // One finding, and not another that the time is in milliseconds.
        Case::new(
            SignedTimestampChanged,
            with(mlflow(BODY), "x-mlflow-timestamp", format!("{now}000")),
        ),
        Case::new(SignedTimestampChanged, over(format!("{ID}.{now}000.{BODY}"))),
        Case::new(SignedWithUrl, databricks_over(format!("/{BODY}"))),
        Case::new(SignedWithUrl, plus(on_a_path, "Host", "example.com")),
        Case::new(SignedConstant, databricks_over("{}")),
        Case::new(SignedConstant, databricks_over("")),
        Case::new(SignedEchoOption, databricks_over(format!("-n {BODY}\n"))),
        Case::new(SignedDigest, databricks_over(base16ct::lower::encode_string(&digest))),
        Case::new(SignedDigest, over([format!("{ID}.{now}.").as_bytes(), &digest].concat())),
        Case::new(SignedBase64, databricks_over(Base64::encode_string(BODY.as_bytes()))),
        // Secret and text at once.
        Case::new(SecretTrailingNewline, over(BODY))
            .and(SignedBodyAlone)
            .secret(format!("{SECRET}\n")),
    ]
}

pub(crate) fn headers() -> Vec<Case> {
    use Cause::*;

    let renamed_to = |name: &str| renamed(databricks(BODY), "x-databricks-signature", name);
    let signature = value(&databricks(BODY), "x-databricks-signature");
    let doubled = |signature: &str| plus(databricks(BODY), "X-Databricks-Signature", signature);
    let bare = minus(databricks(BODY), "x-databricks-signature");
    let mut in_query = bare.clone();
    in_query.path = format!("/hook?sig={signature}");

    let github = plus(bare.clone(), "X-Hub-Signature-256", format!("sha256={signature}"));
    let now = NOW.as_secs();
    let named = |name: &str, key: &[u8]| {
        let tag = hmac(key, format!("msg_1.{now}.{BODY}"));
        let signature = format!("v1,{}", Base64::encode_string(&tag));
        let request = plus(bare.clone(), &format!("{name}-signature"), signature);
        let request = plus(request, &format!("{name}-id"), "msg_1");
        plus(request, &format!("{name}-timestamp"), now.to_string())
    };
    let (standard, svix) = (|key: &[u8]| named("webhook", key), |key: &[u8]| named("svix", key));
    let key = b"0123456789abcdef01234567";
    let whsec = format!("whsec_{}", Base64::encode_string(key));
    let id = "x-mlflow-delivery-id";
    let time = "x-mlflow-timestamp";
    let dotted = {
        let tag = hmac(SECRET, format!("a.b.{now}.{BODY}"));
        let request = with(mlflow(BODY), id, "a.b");
        with(request, "x-mlflow-signature", format!("v1,{}", Base64::encode_string(&tag)))
    };
    let by = |cause, request| Case::new(cause, request).of(Sender::DATABRICKS);
    vec![
        by(SenderOther, wandb(BODY)),
        by(SenderOther, mlflow(BODY)),
        Case::new(SenderOther, databricks(BODY)).of(Sender::MLFLOW),
        by(SenderOther, mlflow(BODY)).and(SecretTrailingNewline).secret(format!("{SECRET}\n")),
        by(SchemeOther, github),
        by(SchemeOther, svix(SECRET.as_bytes())),
        by(SchemeOther, svix(key)).and(SecretStandardWebhooks).secret(whsec.clone()),
        by(SenderOther, standard(SECRET.as_bytes())),
        by(SenderOther, standard(key)).and(SecretStandardWebhooks).secret(whsec),
        by(SignatureHeaderDoubled, doubled(&signature)),
        by(SignatureHeaderDoubled, doubled(&"0".repeat(64))),
        by(SignatureHeaderDoubled, doubled(&signature)).secret("another").observed(),
        by(SignatureHeaderMissing, bare.clone()).observed(),
        Case::new(SignatureHeaderMissing, bare.clone()).observed(),
        by(SignatureHeaderOther, renamed_to("X-Signature")),
        by(SignatureHeaderRenamed, renamed_to("HTTP_X_DATABRICKS_SIGNATURE")),
        by(SignatureHeaderRenamed, renamed_to("X-Forwarded-X-Databricks-Signature")),
        by(SignatureHeaderRenamed, renamed_to("Databricks-Signature")),
        Case::new(SignatureHeaderRenamed, renamed_to("x_databricks_signature")),
        // The name tells whose it is.
        Case::new(SignatureHeaderRenamed, renamed_to("x_databricks_signature"))
            .secret("another")
            .observed(),
        by(SignatureInQuery, in_query),
        Case::new(DeliveryIdMalformed, dotted),
        Case::new(SignedHeaderDoubled, plus(mlflow(BODY), id, ID)),
        Case::new(SignedHeaderDoubled, with(mlflow(BODY), id, format!("{ID}, {ID}"))),
        Case::new(SignedHeaderDoubled, plus(mlflow(BODY), id, ID)).secret("another").observed(),
        Case::new(SignedHeaderMissing, minus(mlflow(BODY), id)).observed(),
        Case::new(SignedHeaderMissing, minus(mlflow(BODY), time)).observed(),
        Case::new(SignedHeaderQuoted, with(mlflow(BODY), id, format!("\"{ID}\""))),
        Case::new(SignedHeaderQuoted, with(mlflow(BODY), time, format!("\"{now}\""))),
        Case::new(SignedHeaderRenamed, renamed(mlflow(BODY), id, "X_MLflow_Delivery_Id")),
        Case::new(SignedHeaderRenamed, renamed(mlflow(BODY), time, "HTTP_X_MLFLOW_TIMESTAMP")),
        Case::new(SignedHeaderRenamed, renamed(mlflow(BODY), id, "X_MLflow_Delivery_Id"))
            .secret("another")
            .observed(),
    ]
}

pub(crate) fn clock() -> Vec<Case> {
    use Cause::*;

    let signed_at = |seconds: u64| {
        let at = verify_toolkit::UnixTime::from_secs(seconds);
        Delivery::mlflow(BODY).sign(SECRET, at).unwrap()
    };
    let written = |time: &str| {
        let tag = hmac(SECRET, format!("{ID}.{time}.{BODY}"));
        let request = with(mlflow(BODY), "x-mlflow-timestamp", time);
        with(request, "x-mlflow-signature", format!("v1,{}", Base64::encode_string(&tag)))
    };
    let now = NOW.as_secs();
    let mut strict = Case::new(DeliveryOld, signed_at(now - 61));
    strict.tolerance = Some(core::time::Duration::from_secs(60));
    let mut timeless = Case::new(TimestampMilliseconds, written(&format!("{now}000")));
    timeless.now = None;
    let mut long_ago = Case::new(ClockBehind, signed_at(now));
    long_ago.now = Some(verify_toolkit::UnixTime::from_secs(1));
    let mut counted_finely = Case::new(ClockMilliseconds, signed_at(now));
    counted_finely.now = Some(verify_toolkit::UnixTime::from_secs(now * 1000));
    vec![
        long_ago,
        counted_finely,
        Case::new(ClockBehind, signed_at(now + 301)),
        Case::new(DeliveryOld, signed_at(now - 301)),
        Case::new(DeliveryOld, signed_at(now - 90 * 86_400)),
        Case::new(DeliveryOld, signed_at(now - 1000)).secret("another").observed(),
        strict,
        Case::new(TimeZone, signed_at(now + 7200)).observed(),
        Case::new(TimeZone, signed_at(now - 19_790)).observed(),
        Case::new(TimeZone, signed_at(now - 10_800)).observed(),
        Case::new(TimestampMilliseconds, written(&format!("{now}000"))),
        Case::new(TimestampMilliseconds, written(&format!("{now}000000"))),
        timeless,
        Case::new(TimestampFormat, written(&format!("{now}.5"))),
        Case::new(TimestampFormat, written("2026-11-21T19:53:02Z")),
        Case::new(TimestampFormat, written(&format!("+{now}"))),
        Case::new(SecretTrailingNewline, signed_at(now - 1000))
            .and(DeliveryOld)
            .secret(format!("{SECRET}\n")),
    ]
}
