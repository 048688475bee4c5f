"""Tries the files of `operate/`: the unit by systemd's own programs, the alerts by Prometheus', the objects by Kubernetes'
schemas, and nginx and Caddy in front of two bridges, of which one is killed.

    python3 operate.py path/to/slack-bridge

Everything listens on loopback and ends by itself.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPERATE = ROOT / "operate"
BRIDGE = pathlib.Path(sys.argv[1])
SECRET = b"a secret of databricks"
SECRET_OF_MLFLOW = b"a secret of mlflow"
skipped = []


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def has(program):
    if shutil.which(program) is None:
        skipped.append(program)
        return False
    return True


def replace(text, old, new):
    assert old in text, f"{old} is not there any more"
    return text.replace(old, new)


def wait(what, is_so):
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(f"it does not come about: {what}")


def unit(folder):
    """systemd knows each setting, and its two programs are where they are. What it may do is little."""
    path = folder / "slack-bridge.service"
    text = (OPERATE / "slack-bridge.service").read_text()
    path.write_text(replace(text, "/usr/local/bin/slack-bridge", str(BRIDGE)))
    said = run("systemd-analyze", "verify", "--man=no", path)
    assert "slack-bridge" not in said, said
    said = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path)
    print("systemd:", said.strip().splitlines()[-1].strip("→ "))


def objects():
    import kubernetes_validate
    import yaml

    kinds = []
    for part in yaml.safe_load_all((OPERATE / "kubernetes.yaml").read_text()):
        kubernetes_validate.validate(part, "1.37", strict=True)
        kinds.append(part["kind"])
    print("Kubernetes:", ", ".join(kinds))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Bridge:
    """One that prints instead of posting."""

    def __init__(self, folder):
        folder.mkdir()
        (folder / "secret").write_bytes(SECRET)
        (folder / "mlflow").write_bytes(SECRET_OF_MLFLOW)
        self.settings = folder / "bridge.toml"
        self.settings.write_text(
            f"""listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
store = "sqlite:{folder}/store.db"
[senders.databricks]
secret_file = "{folder}/secret"
[senders.mlflow]
secret_file = "{folder}/mlflow"
[channels.general]
url_env = "NOT_NEEDED"
[[routes]]
channels = ["general"]
"""
        )
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [BRIDGE, "serve", "--dry-run", "--config", self.settings]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait("the bridge listens", lambda: "listening on" in self.log.read_text())
        said = self.log.read_text()
        self.address = re.search(r"listening on http://(\S+)", said)[1]
        self.admin = re.search(r"admin on http://([^/]+)/", said)[1]

    def get(self, path):
        connection = http.client.HTTPConnection(self.admin, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def close(self):
        self.process.kill()
        self.process.wait()


def deliver_large(port, number, size):
    """The same of MLflow, whose bodies may be large."""
    body = json.dumps({"entity": "registered_model", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00",
                       "data": {"name": f"model-{number}", "tags": {}, "description": "x" * size}}).encode()
    name, now = f"delivery-{number}", str(int(time.time()))
    tag = hmac.new(SECRET_OF_MLFLOW, f"{name}.{now}.".encode() + body, hashlib.sha256).digest()
    headers = {"X-MLflow-Signature": "v1," + base64.b64encode(tag).decode(), "X-MLflow-Delivery-Id": name,
               "X-MLflow-Timestamp": now, "Content-Type": "application/json"}
    return post(port, "/webhooks/mlflow", body, headers)


def deliver(port, number, secret=SECRET, path="/webhooks/databricks"):
    """Sends a delivery through a proxy, and returns the status."""
    event = {"event": "REGISTERED_MODEL_CREATED", "webhook_id": "w", "event_timestamp": int(time.time() * 1000),
             "model_name": f"model-{number}", "text": ""}
    body = json.dumps(event).encode()
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return post(port, path, body, {"X-Databricks-Signature": signature, "Content-Type": "application/json"})


def post(port, path, body, headers):
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), 30)) as plain:
        connection = http.client.HTTPSConnection("hooks.example.com", context=trust)
        connection.sock = trust.wrap_socket(plain, server_hostname="hooks.example.com")
        # What is too large is answered, or cut off, before all of it is sent.
        with contextlib.suppress(OSError):
            connection.request("POST", path, body, headers)
        with contextlib.suppress(OSError, http.client.HTTPException):
            return connection.getresponse().status


def certificate(folder):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=hooks.example.com",
        "-keyout", folder / "key.pem", "-out", folder / "certificate.pem")
    return folder / "certificate.pem", folder / "key.pem"


def nginx(folder, port, addresses):
    text = (OPERATE / "nginx.conf").read_text()
    chain, key = certificate(folder)
    text = replace(text, "listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = replace(text, "/etc/ssl/hooks.example.com.pem", str(chain))
    text = replace(text, "/etc/ssl/hooks.example.com.key", str(key))
    for number, address in enumerate(addresses):
        text = replace(text, f"10.0.0.1{number + 1}:8080", address)
    paths = "".join(f"{name}_temp_path {folder}/{name};\n"
                    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.getuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(f"""{user}daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
access_log off;
{paths}{text}}}
""")
    run("nginx", "-t", "-q", "-c", config, "-e", folder / "error.log")
    return ["nginx", "-c", config, "-e", folder / "error.log"]


def caddy(folder, port, addresses):
    text = (OPERATE / "Caddyfile").read_text()
    run("caddy", "validate", "--adapter", "caddyfile", "--config", OPERATE / "Caddyfile", env=home(folder))
    chain, key = certificate(folder)
    site = f"https://hooks.example.com:{port} {{\n\tbind 127.0.0.1\n\ttls {chain} {key}\n"
    text = replace(text, "hooks.example.com {\n", site)
    for number, address in enumerate(addresses):
        text = replace(text, f"10.0.0.1{number + 1}:8080", address)
    config = folder / "Caddyfile"
    config.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{text}")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


def home(folder):
    return {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def proxy(name, configure, folder):
    """Two bridges behind a proxy: each gets some, one is killed, and nothing is refused."""
    folder.mkdir()
    with contextlib.ExitStack() as ends:
        bridges = [ends.enter_context(contextlib.closing(Bridge(folder / part))) for part in ("one", "two")]
        port = free_port()
        command = configure(folder, port, [bridge.address for bridge in bridges])
        with (folder / "proxy.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=home(folder))
        ends.callback(process.wait)
        ends.callback(process.terminate)

        def is_there():
            assert process.poll() is None, (folder / "proxy.log").read_text()
            with contextlib.suppress(OSError):
                return deliver(port, 0) == 204

        wait(f"{name} answers", is_there)
        statuses = [deliver(port, number) for number in range(1, 21)]
        assert statuses == [204] * 20, statuses
        assert deliver(port, 21, secret=b"another") == 401
        assert deliver_large(port, 22, 4 * 1024 * 1024 - 1000) == 204, "4 MiB"
        status = deliver_large(port, 23, 6 * 1024 * 1024)
        # 502: what Caddy 2.6 says of it.
        assert status in (413, 502, None), f"6 MiB: {status}"
        for path in ("/metrics", "/readyz", "/healthz"):
            assert deliver(port, 24, path=path) == 404, path
        kept = [bridge.get("/metrics").count('outbox_kept_total{sender="databricks",result="new"}') for bridge in bridges]
        assert kept == [1, 1], "one of them got nothing"
        figures = bridges[0].get("/metrics") + bridges[1].get("/metrics")
        bridges[0].close()
        statuses = [deliver(port, number) for number in range(31, 51)]
        assert statuses == [204] * 20, statuses
        print(f"{name}: 42 deliveries through it, one bridge killed, none refused")
    return figures


def alerts(figures):
    """Prometheus takes the rules, and a bridge has what they ask for."""
    said = run("promtool", "check", "rules", OPERATE / "alerts.yml")
    print("Prometheus:", said.strip().splitlines()[-1].strip())
    names = re.findall(r"\b(?:bridge|outbox|verify)_[a-z_]+", re.sub("#.*", "", (OPERATE / "alerts.yml").read_text()))
    assert len(names) >= 5, names
    for name in names:
        assert f"\n{name}{{" in figures, f"no bridge has {name}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if has("systemd-analyze"):
            unit(folder)
        try:
            objects()
        except ImportError:
            skipped.append("kubernetes-validate")
        figures = ""
        for name, configure in (("nginx", nginx), ("caddy", caddy)):
            if has(name):
                figures = proxy(name, configure, folder / name)
        if has("promtool") and figures:
            alerts(figures)
    if skipped:
        print(f"SKIPPED: {', '.join(skipped)} cannot be had; these files were NOT tried")
        sys.exit(1 if os.environ.get("CI") else 0)


main()
