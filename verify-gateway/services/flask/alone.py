"""MLflow's webhooks, verified by this process itself. Repetitions are not recognised."""

import base64, hashlib, hmac, os, re, time
from flask import Flask, abort, request

SECRET = os.environ["MLFLOW_WEBHOOK_SECRET"].encode()
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024


def verified_body() -> bytes:
    # WSGI makes one value of a header that is doubled, which is no signature then.
    values = [request.headers.get(f"X-MLflow-{name}", "") for name in ("Signature", "Delivery-Id", "Timestamp")]
    signature, delivery_id, signed_at = values
    is_sound = re.fullmatch(r"[!-\-/-~]{1,64}", delivery_id) and re.fullmatch(r"[1-9][0-9]{0,18}", signed_at)
    if not is_sound or abs(int(time.time()) - int(signed_at)) > 300:
        abort(401)
    body = request.get_data()  # The bytes as they came, before any parser.
    tag = hmac.digest(SECRET, f"{delivery_id}.{signed_at}.".encode() + body, hashlib.sha256)
    if not hmac.compare_digest(b"v1," + base64.b64encode(tag), signature.encode("latin-1")):
        abort(401)
    return body


@app.post("/webhooks")
def on_delivery():
    print(verified_body(), flush=True)
    return "", 204
