"""The vendor's documented check for Databricks, repaired so that it runs: bytes are compared with
bytes, and the raw body is hashed. On bare ASGI, for uvicorn."""

import hashlib
import hmac
import os

SECRET = os.environ["BENCH_SECRET"].encode()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    signature = dict(scope["headers"]).get(b"x-databricks-signature", b"")
    expected = hmac.new(SECRET, msg=body, digestmod=hashlib.sha256).hexdigest()
    accepted = hmac.compare_digest(expected.encode(), signature)
    status = 204 if accepted else 401
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    import socket

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, backlog=4096)
    uvicorn.Server(config).run(sockets=[listener])
