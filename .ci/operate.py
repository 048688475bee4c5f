"""Tries the files of `operate/`: the units by systemd's own programs, the alerts by Prometheus', the objects by Kubernetes'
schemas and by asking a gateway what its probes ask, and nginx and Caddy in front of two bridges, of which one is killed.
Of a Dockerfile only that its instructions are known and what they name is there.

    python3 operate.py path/of/the/programs

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

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPERATE = ROOT / "operate"
PROGRAMS = pathlib.Path(sys.argv[1])
BRIDGE = PROGRAMS / "slack-bridge"
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


def unit(folder, name):
    """systemd knows each setting, and its programs are where they are. What it may do is little."""
    path = folder / f"{name}.service"
    text = (OPERATE / f"{name}.service").read_text()
    path.write_text(replace(text, f"/usr/local/bin/{name}", str(PROGRAMS / name)))
    said = run("systemd-analyze", "verify", "--man=no", path)
    assert name not in said, said
    said = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path)
    print("systemd:", said.strip().splitlines()[-1].strip("→ "))


def objects(name):
    import kubernetes_validate
    import yaml

    parts = list(yaml.safe_load_all((OPERATE / name).read_text()))
    for part in parts:
        kubernetes_validate.validate(part, "1.37", strict=True)
    print(f"Kubernetes, {name}:", ", ".join(part["kind"] for part in parts))
    return {part["kind"]: part for part in parts}


def gateway(folder):
    """A gateway takes the settings of the ConfigMap, and answers what its probes ask, on the ports that the pod has."""
    parts = objects("gateway.kubernetes.yaml")
    text = replace(parts["ConfigMap"]["data"]["gateway.toml"], 'address_env = "CLAIMS_ADDRESS"', 'address = "memory"')
    [container] = parts["Deployment"]["spec"]["template"]["spec"]["initContainers"]
    ports = {port["name"]: free_port() for port in container["ports"]}
    for port in container["ports"]:
        text = replace(text, f"0.0.0.0:{port['containerPort']}", f"127.0.0.1:{ports[port['name']]}")
    settings, log = folder / "gateway.toml", folder / "gateway.log"
    settings.write_text(text)
    with log.open("wb") as output:
        command = [PROGRAMS / "verify-gateway", "serve", "--config", settings]
        process = subprocess.Popen(command, stdout=output, stderr=output, env={"MLFLOW_WEBHOOK_SECRET": "a secret"})

    def listens():
        assert process.poll() is None, log.read_text()
        return "listening on" in log.read_text()

    try:
        wait("the gateway listens", listens)
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            asks = container[name]["httpGet"]
            connection = http.client.HTTPConnection("127.0.0.1", ports[asks["port"]], timeout=10)
            connection.request("GET", asks["path"])
            assert connection.getresponse().status == 200, asks
    finally:
        process.terminate()
        process.wait()
    print("Kubernetes: a gateway takes the settings, and answers 3 probes")


def dockerfile(name, folder):
    """Its instructions are known, what they copy is there, and the program takes the arguments."""
    known = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "RUN", "VOLUME", "WORKDIR"}
    # Of each stage what it runs.
    runs, arguments, instructions, stage = {}, {}, {}, None
    for line in (OPERATE / name).read_text().replace("\\\n", " ").splitlines():
        if not line or line.startswith("#"):
            continue
        word, rest = line.split(" ", 1)
        assert word in known, f"{name}: {line}"
        instructions[word] = rest
        if word == "FROM":
            stage = rest.partition(" AS ")[2]
            runs[stage] = ""
        elif word == "ARG":
            arguments.update([rest.split("=")])
        elif word == "RUN":
            runs[stage] += rest
        elif word == "COPY":
            *options, source, target = rest.split()
            if options:
                [origin] = options
                made = runs[origin.removeprefix("--from=")]
                assert f" {source}" in made, f"{name}: {line}: nothing makes it"
            else:
                assert (ROOT / source).exists(), f"{name}: {line}: it is not there"
    assert json.loads(instructions["ENTRYPOINT"]) == [target], instructions
    program = re.search(r"-p (\S+)", made)[1].strip('"')
    program = arguments.get(program.strip("${}"), program)
    command = [PROGRAMS / program, *json.loads(instructions["CMD"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert "cannot be read" in done.stderr, done.stderr
    print(f"{name}: not built; what it names is there")


class Bridge:
    """One that prints instead of posting."""

    def __init__(self, folder):
        folder.mkdir()
        (folder / "secret").write_bytes(SECRET)
        (folder / "mlflow").write_bytes(SECRET_OF_MLFLOW)
        self.settings = folder / "bridge.toml"
        self.settings.write_text(
            f"""listen = "127.0.0.1:{free_port()}"
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
    source = (OPERATE.parent / "verify-gateway/src/log_line.rs").read_text()
    for name in re.findall(r"\bgateway_[a-z_]+", (OPERATE / "alerts.yml").read_text()):
        assert f'"{name}"' in source, f"no gateway has {name}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if has("systemd-analyze"):
            unit(folder, "slack-bridge")
            unit(folder, "verify-gateway")
        dockerfile("Dockerfile", folder)
        dockerfile("gateway.Dockerfile", folder)
        try:
            objects("kubernetes.yaml")
            gateway(folder)
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
