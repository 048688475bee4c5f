"""`verify listen` as a process, what senders send to it, and a handler behind it."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / ".ci"))
from ports import free_port

SECRET = "databricks-secret"
WANDB_SECRET = "wandb-secret"


class Handler:
    """Takes deliveries, and answers what it is told to."""

    def __init__(self):
        self.status, self.received = 200, []
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.received.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(b"handled")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Listen:
    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.options = options
        self.secret = SECRET
        # For a restart they are nobody else's.
        self.places = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        self.start()

    def start(self):
        bind, page = self.places
        settings = {"DATABRICKS_WEBHOOK_SECRET": self.secret, "WANDB_WEBHOOK_SECRET": WANDB_SECRET}
        command = [os.environ["VERIFY"], "listen", "--bind", bind, "--page", page]
        command += ["--store", f"{self.folder.name}/store", *self.options]
        self.process = subprocess.Popen(
            command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if found := re.match(r"databricks delivers to (http://\S+)/webhooks", line):
                self.origin = found[1]
            if found := re.match(r"the page is (\S+)", line):
                self.page = found[1]
                return
        raise AssertionError("it does not listen")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def restart(self):
        """Starts it again on the same ports."""
        self.start()

    def close(self):
        self.kill()
        self.folder.cleanup()

    def deliver(self, body, sender="databricks", forged=False, path="", headers=(), signature=""):
        """Sends a delivery, and returns the status of the answer. `signature` is sent instead of the right one; `None`: no header."""
        body = body if isinstance(body, bytes) else body.encode()
        secret = {"databricks": SECRET, "wandb": WANDB_SECRET}[sender]
        digest = hmac.new(secret.encode(), body, hashlib.sha256)
        encode = {"databricks": digest.hexdigest, "wandb": lambda: base64.b64encode(digest.digest()).decode()}
        host = urllib.parse.urlsplit(self.origin).netloc
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.putrequest("POST", f"/webhooks/{sender}{path}")
        connection.putheader("content-type", "application/json")
        signature = encode[sender]() if signature == "" else signature
        if signature is not None:
            connection.putheader(f"x-{sender}-signature", signature)
        for name, value in headers:
            connection.putheader(name, value)
        # Signed, and then changed.
        body = body + b" " if forged else body
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        status = connection.getresponse().status
        connection.close()
        return status


def model_version(name="churn", version=1):
    return json.dumps({
        "event": "MODEL_VERSION_CREATED",
        "webhook_id": "c5596721253c4b429368cf6f4341b88a",
        "event_timestamp": 1589859029343,
        "model_name": name,
        "version": str(version),
        "text": f"A new version of {name} was created.",
    })
