"""A real MLflow server delivers to the bridges while their stores are locked.

An alias is set. Both bridges are to hear of it, and cannot keep what they hear, because this process has
locked their stores for 20 s. MLflow makes four tries, and waits in between as `Retry-After` says: the
delivery has to arrive all the same, once. With waits of a second, MLflow gives up after 9 s.

    mlflow.py FOLDER_OF_MLFLOW FOLDER_OF_THE_BRIDGES
"""

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ports import free_port

LOCKED = 20
# The last try of MLflow comes before that, and its answer too.
GIVES_UP = 75
SECRET = "the secret of the webhook"

# A bridge, and its settings: who is told of what is delivered. {} is the address of that.
BRIDGES = {
    "slack-bridge": """
        [channels.models]
        url_env = "SLACK_URL"
        [[routes]]
        channels = ["models"]
    """,
    "ci-trigger": """
        [github.deploy]
        repository = "acme/models"
        event_type = "model-moved"
        token_env = "GITHUB_TOKEN"
        api = "{}"
        [[routes]]
        pipelines = ["github.deploy"]
    """,
}


class Told:
    """Stands for Slack and GitHub, and remembers what it was told, by the path."""

    def __init__(self, stack):
        told = self.bodies = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                told.append((self.path, body.decode()))
                is_github = self.path.startswith("/repos/")
                self.send_response(204 if is_github else 200)
                self.send_header("content-length", "0" if is_github else "2")
                self.end_headers()
                self.wfile.write(b"" if is_github else b"ok")

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"


class Watched:
    """Passes on what is sent to an address, byte for byte, and remembers when which answer came back."""

    def __init__(self, address):
        self.address = address
        self.answers = []
        self.begun = time.monotonic()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            client, _ = listener.accept()
            host, port = self.address.split(":")
            server = socket.create_connection((host, int(port)))
            for ends in ((client, server, None), (server, client, self._answer)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source, sink, see):
        try:
            while data := source.recv(65536):
                if see:
                    see(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _answer(self, data):
        if status := re.match(rb"HTTP/1\.1 (\d+)", data):
            wait = re.search(rb"(?i)\r\nretry-after: *([^\r]*)", data)
            at = time.monotonic() - self.begun
            self.answers.append((at, int(status[1]), wait[1].decode() if wait else None))

    def __str__(self):
        waits = (f", Retry-After: {wait}" if wait else "" for _, _, wait in self.answers)
        return "; ".join(
            f"{at:.1f} s: {status}{wait}" for (at, status, _), wait in zip(self.answers, waits)
        )


def run(stack, command, log, **variables):
    """Starts a process, which ends with this one, and those that it starts."""
    process = subprocess.Popen(
        command,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env=os.environ | variables,
        cwd=log.parent,
        start_new_session=True,
    )

    def end():
        for how, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, None)):
            try:
                os.killpg(process.pid, how)
                process.wait(patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass

    stack.callback(end)
    return process


def until(what, process, log, find, patience=90):
    """Waits until a process has something, and ends all with its log where it has not."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        if found := find():
            return found
        time.sleep(0.1)
    sys.exit(f"it stopped, or not within {patience} s: {what}\n{log.read_text()[-3000:]}")


class Mlflow:
    """A server with an empty registry."""

    def __init__(self, stack, programs, folder):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "mlflow.log"
        # `mlflow` is a script that looks for others beside it.
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        address = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
        stores += ["--artifacts-destination", str(folder / "artifacts")]
        self.environment = {
            "PATH": path,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
            "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
            "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        }
        server = [f"{programs}/mlflow", "server", *address, *stores]
        process = run(stack, server, self.log, **self.environment)

        def is_up():
            try:
                return urllib.request.urlopen(f"{self.url}/health", timeout=5).status == 200
            except OSError:
                return False

        # It imports much: a busy machine took more than 90 s.
        until("MLflow listens", process, self.log, is_up, patience=300)

    def post(self, path, **fields):
        request = urllib.request.Request(
            f"{self.url}/api/2.0/mlflow/{path}",
            json.dumps(fields).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def tell(self, name, url):
        """Lets the server deliver to a URL whenever an alias is set."""
        event = {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}
        self.post("webhooks", name=name, url=url, secret=SECRET, events=[event])

    def model(self, name):
        self.post("registered-models/create", name=name)
        self.post("model-versions/create", name=name, source="s3://bucket/model")


def bridge(stack, programs, folder, name, settings, told):
    """Starts a bridge. Returns where it listens."""
    config = folder / f"{name}.toml"
    config.write_text(
        'listen = "127.0.0.1:0"\nadmin = "127.0.0.1:0"\n'
        f'[store]\npath = "{folder}/{name}.db"\n'
        '[senders.mlflow]\nsecret_env = "MLFLOW_WEBHOOK_SECRET"\n' + settings.format(told.url)
    )
    log = folder / f"{name}.log"
    process = run(
        stack,
        [f"{programs}/{name}", "serve", "--config", str(config)],
        log,
        MLFLOW_WEBHOOK_SECRET=SECRET,
        SLACK_URL=f"{told.url}/services/models",
        GITHUB_TOKEN="a-token",
    )
    listening = re.compile(r"^listening on http://(\S+)$", re.MULTILINE)
    return until(f"{name} listens", process, log, lambda: listening.search(log.read_text()))[1]


def main():
    of_mlflow, of_bridges = sys.argv[1:]
    # A signal unwinds the stack, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        told = Told(stack)
        mlflow = Mlflow(stack, of_mlflow, folder)
        mlflow.model("fraud-detector")
        watched, locks = {}, []
        for name, settings in BRIDGES.items():
            address = bridge(stack, of_bridges, folder, name, settings, told)
            watched[name] = Watched(address)
            mlflow.tell(name, f"http://127.0.0.1:{watched[name].port}/webhooks/mlflow")
            locks.append(sqlite3.connect(folder / f"{name}.db", isolation_level=None))
        for lock in locks:
            lock.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        for bridge_watched in watched.values():
            bridge_watched.begun = begun
        mlflow.post("registered-models/alias", name="fraud-detector", alias="champion", version="1")
        time.sleep(LOCKED)

        def statuses(name):
            return [status for _, status, _ in watched[name].answers]

        def all_are(condition):
            return all(condition(statuses(name)) for name in watched)

        while not all_are(bool) and time.monotonic() < begun + GIVES_UP:
            time.sleep(0.2)
        for lock in locks:
            lock.execute("ROLLBACK")
            lock.close()

        def arrived():
            return {path for path, body in told.bodies if "fraud-detector" in body}

        expected = {"/services/models", "/repos/acme/models/dispatches"}
        while not (arrived() == expected and all_are(lambda of_bridge: 204 in of_bridge)):
            if time.monotonic() > begun + GIVES_UP:
                break
            time.sleep(0.2)
        for name, seen in watched.items():
            print(f"{name}, locked for {LOCKED} s, answered after {seen}")
        if arrived() != expected or len(told.bodies) != 2:
            sys.exit(f"told: {told.bodies}\n{mlflow.log.read_text()[-3000:]}")
        for name in watched:
            of_bridge = statuses(name)
            if not of_bridge or of_bridge[0] != 503 or of_bridge[-1] != 204:
                sys.exit(f"{name} was not locked, or did not take it in the end: {of_bridge}")
        print("a real MLflow delivered to both bridges once their stores were free again")


if __name__ == "__main__":
    main()
