"""MLflow's webhooks, verified by this process itself. Repetitions are not recognised."""

import base64, hashlib, hmac, os, re, time
from fastapi import FastAPI, HTTPException, Request, Response

SECRET = os.environ["MLFLOW_WEBHOOK_SECRET"].encode()
app = FastAPI()


async def verified_body(request: Request) -> bytes:
    values = [request.headers.getlist(f"x-mlflow-{name}") for name in ("signature", "delivery-id", "timestamp")]
    if any(len(value) != 1 for value in values):
        raise HTTPException(401)
    [signature], [delivery_id], [signed_at] = values
    is_sound = re.fullmatch(r"[!-\-/-~]{1,64}", delivery_id) and re.fullmatch(r"[1-9][0-9]{0,18}", signed_at)
    if not is_sound or abs(int(time.time()) - int(signed_at)) > 300:
        raise HTTPException(401)
    body = bytearray()  # The bytes as they came, before any parser.
    async for chunk in request.stream():
        body += chunk
        if len(body) > 4 * 1024 * 1024:
            raise HTTPException(413)
    tag = hmac.digest(SECRET, f"{delivery_id}.{signed_at}.".encode() + body, hashlib.sha256)
    if not hmac.compare_digest(b"v1," + base64.b64encode(tag), signature.encode("latin-1")):
        raise HTTPException(401)
    return bytes(body)


@app.post("/webhooks")
async def on_delivery(request: Request) -> Response:
    print(await verified_body(request))
    return Response(status_code=204)
