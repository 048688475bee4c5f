//! One row for each framework, with what all of a language share.

use super::Framework;

/// What is the same in every framework of a language.
pub(super) struct Language {
    pub(super) compare: &'static str,
    pub(super) secret: &'static str,
    pub(super) signed_text: &'static str,
    pub(super) time: &'static str,
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) language: &'static Language,
    pub(super) raw_body: &'static str,
    pub(super) header: &'static str,
    pub(super) limit: &'static str,
    pub(super) token: &'static str,
    pub(super) recorder: &'static str,
}

/// What is in a header of an answer, in small letters, and whose it is. A proxy in front says nothing.
pub(super) const BETRAYED: &[(&str, &str, Framework)] = &[
    ("server", "werkzeug", Framework::Flask),
    ("server", "uvicorn", Framework::FastApi),
    ("server", "wsgiserver", Framework::Django),
    ("x-powered-by", "express", Framework::Express),
    ("x-powered-by", "next.js", Framework::NextJs),
    ("apigw-requestid", "", Framework::AwsLambda),
    ("x-amzn-requestid", "", Framework::AwsLambda),
];

const PYTHON: Language = Language {
    // `compare_digest` of texts fails where one is not ASCII.
    compare: r#"expected = hmac.new(secret, text, hashlib.sha256).digest()
try:
    given = base64.b64decode(signature, validate=True)  # or bytes.fromhex(signature), for a sender that writes hex
except ValueError:
    given = b""
is_genuine = hmac.compare_digest(expected, given)"#,
    secret: r#"secret = os.environ["MLFLOW_WEBHOOK_SECRET"].encode()  # not .get(): without the variable, do not start
assert secret and secret == secret.strip(), "the secret is empty, or has a newline or a space around it""#,
    signed_text: r#"text = b".".join([id.encode(), time.encode(), body])  # MLflow, Standard Webhooks
text = body                                          # Databricks, Weights & Biases"#,
    time: r#"is_fresh = timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp)) <= 300"#,
};

const JAVASCRIPT: Language = Language {
    compare: r#"const expected = crypto.createHmac("sha256", secret).update(text).digest();
const given = Buffer.from(signature, "base64"); // or "hex", for a sender that writes hex
const isGenuine = given.length === expected.length && crypto.timingSafeEqual(given, expected);"#,
    secret: r#"const secret = process.env.MLFLOW_WEBHOOK_SECRET;
if (!secret || secret !== secret.trim()) throw new Error("the secret is empty, or has a newline or a space around it");"#,
    signed_text: r#"const text = Buffer.concat([Buffer.from(`${id}.${time}.`), body]); // MLflow, Standard Webhooks
// const text = body;                                              // Databricks, Weights & Biases"#,
    time: r#"const isFresh = /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;"#,
};

const RUST: Language = Language {
    compare: "// verify-axum, verify-actix and verify-core compare 32 bytes in constant time.
let verified = verifier.verify(now, &headers, &body)?;",
    secret: r#"// Fails at the start where the variable is not set, or is empty.
let secret = Secret::from_env("MLFLOW_WEBHOOK_SECRET")?;"#,
    signed_text: "// The sender is data that says what it signs.
let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).build()?;",
    time: "let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).tolerance(Duration::from_secs(300)).build()?;",
};

const ACTIX_WEB: Row = Row {
    name: "actix-web",
    title: "actix-web",
    language: &RUST,
    raw_body: r#"// Not web::Json in front of the check, and not web::Bytes: it decompresses first.
App::new().service(web::resource("/webhooks").wrap(Verify::new(verifier)).route(web::post().to(handler)))
async fn handler(Delivery(verified): Delivery) -> HttpResponse { .. }"#,
    header: r#"let mut values = request.headers().get_all("x-mlflow-signature");
let (Some(signature), None) = (values.next(), values.next()) else { return HttpResponse::Unauthorized().finish() };"#,
    limit: "let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).body_limit(4 << 20).build()?; // of verify-actix",
    token: "let verifier = Verifier::builder(Sender::DATABRICKS).secret(secret).bearer(token).build()?; // of verify-actix",
    recorder: include_str!("recorders/actix-web.rs"),
};

const AWS_LAMBDA: Row = Row {
    name: "aws-lambda",
    title: "AWS Lambda",
    language: &PYTHON,
    raw_body: r#"body = event["body"] or ""
body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
# json.loads(body) only once it is verified"#,
    header: r#"headers = {name.lower(): value for name, value in event["headers"].items()}
signature = headers.get("x-mlflow-signature", "")  # two of them come joined with a comma, which is no signature"#,
    limit: r#"# API Gateway ends at 10 MB and Lambda at 6 MB: what is larger never comes
if len(body) > 4 * 2**20: return {"statusCode": 413}"#,
    token: r#"is_known = hmac.compare_digest(headers.get("authorization", "").encode(), f"Bearer {token}".encode())"#,
    recorder: include_str!("recorders/aws-lambda.py"),
};

const AXUM: Row = Row {
    name: "axum",
    title: "axum",
    language: &RUST,
    raw_body: r#"// Not Json(..) in front of the check: the layer verifies the bytes, and hands them on.
Router::new().route("/webhooks", post(handler).layer(VerifyLayer::new(verifier)))
async fn handler(Delivery(verified): Delivery) -> StatusCode { .. }"#,
    header: r#"let mut values = headers.get_all("x-mlflow-signature").iter();
let (Some(signature), None) = (values.next(), values.next()) else { return StatusCode::UNAUTHORIZED };"#,
    limit: "let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).body_limit(4 << 20).build()?; // of verify-axum",
    token: "let verifier = Verifier::builder(Sender::DATABRICKS).secret(secret).bearer(token).build()?; // of verify-axum",
    recorder: include_str!("recorders/axum.rs"),
};

const DJANGO: Row = Row {
    name: "django",
    title: "Django",
    language: &PYTHON,
    raw_body: r#"@csrf_exempt
def webhook(request):
    body = request.body  # before request.POST; not json.dumps(json.loads(..))"#,
    header: r#"signature = request.headers.get("x-mlflow-signature", "")  # two of them come joined with a comma"#,
    limit: "DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20  # in the settings: Django's own is 2.5 MB, and MLflow sends 2.4 MB",
    token: r#"is_known = hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())"#,
    recorder: include_str!("recorders/django.py"),
};

const EXPRESS: Row = Row {
    name: "express",
    title: "Express",
    language: &JAVASCRIPT,
    raw_body: r#"// Before app.use(express.json()), or on this route alone: then request.body is a Buffer.
app.post("/webhooks", express.raw({ type: () => true, limit: "4mb" }), (request, response) => {
  const body = request.body; // not JSON.stringify(request.body)
});"#,
    header: r#"const [signature, more] = request.headersDistinct["x-mlflow-signature"] ?? [];
if (!signature || more) return response.sendStatus(401);"#,
    limit: r#"express.raw({ type: () => true, limit: "4mb" }) // Express' own is 100 kB, and MLflow sends 2.4 MB"#,
    token: r#"const digest = (text) => crypto.createHash("sha256").update(text).digest();
const isKnown = crypto.timingSafeEqual(digest(request.get("authorization") ?? ""), digest(`Bearer ${token}`));"#,
    recorder: include_str!("recorders/express.js"),
};

const FASTAPI: Row = Row {
    name: "fastapi",
    title: "FastAPI",
    language: &PYTHON,
    raw_body: r#"@app.post("/webhooks")
async def webhook(request: Request):  # not a model of pydantic, which parses first
    body = await request.body()"#,
    header: r#"values = request.headers.getlist("x-mlflow-signature")
if len(values) != 1: raise HTTPException(401)"#,
    limit: r#"# Nothing bounds it: read the stream yourself
body = bytearray()
async for chunk in request.stream():
    body += chunk
    if len(body) > 4 * 2**20: raise HTTPException(413)"#,
    token: r#"if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
    raise HTTPException(401)"#,
    recorder: include_str!("recorders/fastapi.py"),
};

const FLASK: Row = Row {
    name: "flask",
    title: "Flask",
    language: &PYTHON,
    raw_body: "body = request.get_data()  # before request.json or request.form; not json.dumps(request.json)",
    header: r#"values = request.headers.getlist("x-mlflow-signature")  # behind WSGI, two of them come joined with a comma
if len(values) != 1: abort(401)"#,
    limit: r#"app.config["MAX_CONTENT_LENGTH"] = 4 * 2**20"#,
    token: r#"if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
    abort(401)"#,
    recorder: include_str!("recorders/flask.py"),
};

const NEXTJS: Row = Row {
    name: "nextjs",
    title: "Next.js",
    language: &JAVASCRIPT,
    raw_body: r#"// app/webhooks/route.js
export async function POST(request) {
  const body = Buffer.from(await request.arrayBuffer()); // not JSON.stringify(await request.json())
}
// pages/api: export const config = { api: { bodyParser: false } }, and read the stream"#,
    header: r#"const signature = request.headers.get("x-mlflow-signature") ?? ""; // two of them come joined with a comma"#,
    limit: r#"if (!(Number(request.headers.get("content-length")) <= 4 * 2 ** 20)) return new Response(null, { status: 413 });"#,
    token: r#"const digest = (text) => crypto.createHash("sha256").update(text).digest();
const isKnown = crypto.timingSafeEqual(digest(request.headers.get("authorization") ?? ""), digest(`Bearer ${token}`));"#,
    recorder: include_str!("recorders/nextjs.js"),
};

pub(super) const fn of(framework: Framework) -> &'static Row {
    match framework {
        Framework::ActixWeb => &ACTIX_WEB,
        Framework::AwsLambda => &AWS_LAMBDA,
        Framework::Axum => &AXUM,
        Framework::Django => &DJANGO,
        Framework::Express => &EXPRESS,
        Framework::FastApi => &FASTAPI,
        Framework::Flask => &FLASK,
        Framework::NextJs => &NEXTJS,
    }
}
