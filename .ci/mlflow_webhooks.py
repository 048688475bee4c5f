"""Every call of `verify webhooks` goes to a real MLflow server, and every event of it to the example receivers.

For each receiver a webhook is made, subscribed to all events; then all of them happen, and each receiver has to
have seen each, verified and typed. After that: list, show, update, test, a rotation with a delivery while MLflow still
signs with the old secret, `apply` twice, `doctor`, what is refused before it is sent, and delete. The last event,
`budget_policy.exceeded`, is fired by MLflow's own function in a process of its own: it would take a gateway with
paid calls otherwise.

    mlflow_webhooks.py FOLDER_OF_MLFLOW FOLDER_OF_THE_PROGRAMS
"""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

# The one beside this file, and not the package.
from mlflow import Mlflow, run, until
from ports import free_port

OLD, NEW = "the secret of the webhook \u00e9 ", "another secret"
BUDGET = """
from datetime import datetime, timezone
import sys
from mlflow.entities.gateway_budget_policy import (BudgetAction, BudgetDuration, BudgetDurationUnit,
    BudgetTargetScope, BudgetUnit, GatewayBudgetPolicy)
from mlflow.gateway.budget import fire_budget_exceeded_webhooks
from mlflow.gateway.budget_tracker import BudgetWindow
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
policy = GatewayBudgetPolicy(budget_policy_id="bp-1", budget_unit=BudgetUnit.USD, budget_amount=1.5,
    duration=BudgetDuration(BudgetDurationUnit.DAYS, 1), target_scope=BudgetTargetScope.GLOBAL,
    budget_action=BudgetAction.ALERT, created_at=0, last_updated_at=0)
now = datetime.now(timezone.utc)
window = BudgetWindow(policy=policy, window_start=now, window_end=now, cumulative_spend=2.25)
fire_budget_exceeded_webhooks([window], None, SqlAlchemyStore(sys.argv[1]))
"""


class Verify:
    """The command, with the server's address set."""

    def __init__(self, programs, mlflow, folder):
        self.program = f"{programs}/verify"
        self.folder = folder
        self.variables = {"MLFLOW_TRACKING_URI": mlflow.url, "MLFLOW_WEBHOOK_SECRET": OLD}

    def __call__(self, *arguments, code=0, **variables):
        ran = subprocess.run(
            [self.program, "webhooks", *arguments],
            env=os.environ | self.variables | variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        shown = f"verify webhooks {' '.join(arguments)}\n{ran.stdout}{ran.stderr}"
        if ran.returncode != code:
            sys.exit(f"ended with {ran.returncode}, and not {code}: {shown}")
        if OLD in shown or NEW in shown:
            sys.exit(f"a secret was printed: {shown}")
        return ran.stdout + ran.stderr

    def json(self, *arguments, code=0):
        return [json.loads(line) for line in self(*arguments, "--json", code=code).splitlines()]


class Receiver:
    """A program that prints a line of JSON for each verified delivery."""

    def __init__(self, stack, name, command, folder, listening, path, **variables):
        self.name = name
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / "log"
        process = run(stack, command, self.log, **variables)
        found = until(f"{name} listens", process, self.log, lambda: re.search(listening, self.text()))
        self.url = f"{found[1]}{path}"

    def text(self):
        return self.log.read_text()

    def lines(self):
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def events(self):
        """The events that were seen, verified and read as their types."""
        seen = set()
        for line in self.lines():
            if line.get("sender") == "mlflow" and "unreadable" not in line:
                seen.add(line.get("event"))
        return seen


class IntoTls:
    """Passes on what comes without TLS to a server that has a certificate of its own: MLflow believes nobody but the
    authorities of `certifi`, whatever REQUESTS_CA_BUNDLE says (its session has `trust_env = False`)."""

    def __init__(self, port, certificate):
        self.port, self.context = port, ssl.create_default_context(cafile=certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client):
        """One request and its answer: the head says how long each is."""
        try:
            with client, socket.create_connection(("127.0.0.1", self.port)) as plain:
                with self.context.wrap_socket(plain, server_hostname="localhost") as server:
                    server.sendall(self._message(client))
                    client.sendall(self._message(server))
        except OSError:
            pass

    def _message(self, source):
        read = b""
        while b"\r\n\r\n" not in read and (more := source.recv(65536)):
            read += more
        head, _, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        missing = int(length[1]) - len(body) if length else 0
        while missing > 0 and (more := source.recv(65536)):
            read += more
            missing -= len(more)
        return read


def wait_for(what, find, patience=90):
    deadline = time.monotonic() + patience
    while not (found := find()):
        if time.monotonic() > deadline:
            sys.exit(f"not within {patience} s: {what}")
        time.sleep(0.2)
    return found


def call(mlflow, method, path, **fields):
    request = urllib.request.Request(
        f"{mlflow.url}/api/2.0/mlflow/{path}",
        json.dumps(fields).encode(),
        {"content-type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {path} {fields}: {error.code} {error.read().decode()[:500]}")


def make_events(mlflow, programs, folder, environment):
    """Makes all fifteen events happen, once or more."""
    prompt = {"key": "mlflow.prompt.is_prompt", "value": "true"}
    text = {"key": "mlflow.prompt.text", "value": "Hello {{name}}"}
    for name, tags in (("fraud", []), ("greeting", [prompt])):
        version_tags = [prompt, text] if tags else []
        call(mlflow, "POST", "registered-models/create", name=name, tags=tags)
        source = "prompt-template" if tags else "s3://bucket/model"
        call(mlflow, "POST", "model-versions/create", name=name, source=source, tags=version_tags)
        version = {"name": name, "version": "1", "key": "stage"}
        call(mlflow, "POST", "model-versions/set-tag", **version, value="prod")
        call(mlflow, "DELETE", "model-versions/delete-tag", **version)
        alias = {"name": name, "alias": "champion"}
        call(mlflow, "POST", "registered-models/alias", **alias, version="1")
        call(mlflow, "DELETE", "registered-models/alias", **alias)
        call(mlflow, "POST", "registered-models/set-tag", name=name, key="team", value="a")
        call(mlflow, "DELETE", "registered-models/delete-tag", name=name, key="team")
    store = f"sqlite:///{folder}/mlflow.db"
    ran = subprocess.run(
        [f"{programs}/python", "-c", BUDGET, store],
        env=os.environ | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
    )
    if ran.returncode:
        sys.exit(f"the budget did not run out: {ran.stderr[-2000:]}")


def receivers(stack, programs, folder):
    """Starts each example receiver, and `verify listen`."""
    at = {"LISTEN_ADDR": "127.0.0.1:0", "MLFLOW_WEBHOOK_SECRET": OLD}
    at["MLFLOW_WEBHOOK_SECRET_PREVIOUS"] = NEW
    plain = r"(?m)^listening on (http://[\d.:]+);"
    for name in ("receiver", "receiver-actix"):
        yield Receiver(
            stack, name, [f"{programs}/{name}"], folder, plain, "/webhooks/mlflow", **at
        )
    tenants = folder / "tenants.toml"
    tenants.write_text(f'[acme]\nmlflow = {{ secret = "{OLD}", previous = "{NEW}" }}\n')
    yield Receiver(
        stack,
        "hyper-receiver",
        [f"{programs}/hyper-receiver"],
        folder,
        r"(?m)^listening on \S*?:(\d+)",
        "/webhooks/acme/mlflow",
        TENANTS_FILE=str(tenants),
        TLS_CERTIFICATE_FILE=str(folder / "certificate.pem"),
        TLS_KEY_FILE=str(folder / "key.pem"),
        **at,
    )


def main():
    of_mlflow, programs = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
            "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
            "-addext basicConstraints=critical,CA:FALSE -keyout key.pem -out certificate.pem".split(),
            cwd=folder,
            check=True,
            capture_output=True,
        )
        mlflow = Mlflow(stack, of_mlflow, folder)
        verify = Verify(programs, mlflow, folder)
        all_events = next(
            sender["events"]
            for sender in map(
                json.loads,
                subprocess.run(
                    [f"{programs}/verify", "senders", "mlflow", "--json"],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.splitlines(),
            )
        )
        subscribed = [part for event in all_events for part in ("--event", event)]
        assert len(all_events) == 15, all_events

        assert "has no such webhooks" in verify("list", "mlflow")
        seen = []
        for receiver in receivers(stack, programs, folder):
            if not receiver.url.startswith("http"):
                port, path = receiver.url.split("/", 1)
                passed_on = IntoTls(int(port), folder / "certificate.pem")
                receiver.url = f"{passed_on.url}/{path}"
            made = verify("create", "mlflow", receiver.name, "--url", receiver.url, *subscribed)
            assert "= POST" in made and "[redacted]" in made, made
            seen.append(receiver)
        print(f"made {len(verify.json('list', 'mlflow'))} webhooks")

        make_events(mlflow, of_mlflow, folder, mlflow.environment)
        for receiver in seen:
            wait_for(
                f"{receiver.name} sees all events, but {set(all_events) - receiver.events()}",
                lambda receiver=receiver: receiver.events() >= set(all_events),
            )
            print(f"{receiver.name} saw all {len(all_events)} events, verified and typed")

        first = seen[0]
        assert first.url in verify("show", "mlflow", first.name)
        # A test of each event.
        for event in all_events:
            tested = verify.json("test", "mlflow", first.name, "--event", event)[0]
            assert tested["status"] == 204, tested
        print("tested each event")
        healthy = verify("doctor", "mlflow", first.name, "--event", "prompt.created")
        assert "Deliveries should arrive." in healthy, healthy

        # While MLflow still signs with the old secret, and after.
        before = len(first.lines())
        rotated = verify(
            "rotate", "mlflow", first.name, "--secret-env", "NEW_SECRET", "--yes", NEW_SECRET=NEW
        )
        assert "after 60 s" in rotated, rotated
        call(mlflow, "POST", "registered-models/alias", name="fraud", alias="b", version="1")
        wait_for("deliveries during the rotation", lambda: len(first.lines()) >= before + 2)
        secrets = {line["secret"] for line in first.lines()[before:]}
        print(f"rotated; deliveries meanwhile were signed with {sorted(secrets)}")

        verify("update", "mlflow", first.name, "--status", "disabled")
        assert verify.json("show", "mlflow", first.name)[0]["status"] == "DISABLED"
        report = verify.json("doctor", "mlflow", first.name, code=1)[0]
        assert "webhook-disabled" in {found["name"] for found in report["findings"]}, report
        verify("update", "mlflow", first.name, "--status", "active", "--description", "d")
        verify("update", "mlflow", first.name, "--event", "prompt.created", "--name", "renamed")
        shown = verify.json("show", "mlflow", "renamed")[0]
        assert (shown["events"], shown["description"]) == (["prompt.created"], "d"), shown
        verify("update", "mlflow", "renamed", "--dangerous-unsigned")
        assert verify.json("test", "mlflow", "renamed", code=1)[0]["status"] == 401

        refused(verify, first.url)
        apply(verify, folder, first.url)
        listen(stack, verify, mlflow, folder)

        for webhook in verify.json("list", "mlflow"):
            verify("delete", "mlflow", webhook["id"], "--yes")
        assert "has no such webhooks" in verify("list", "mlflow")
        print("a real MLflow: all calls of `verify webhooks`, all events, each verified and typed")


def refused(verify, url):
    """What MLflow would change silently or answer with 500 is refused before it is sent, and what it refuses is said
    in a sentence."""
    event = ("--event", "prompt.created")
    for arguments, text in (
        (("create", "mlflow", "a", "--url", url, "--event", "prompt.moved"), "has no event"),
        (("create", "mlflow", "a", "--url", url, *event, *event), "occurs twice"),
        (("create", "mlflow", "a", "--url", url, *event, "--status", "paused"), "no status"),
        (("create", "mlflow", "a", "--url", url, *event, "--status", "test_mode"), "no status"),
        (("create", "mlflow", "--url", url, *event), "needs a name"),
        (("create", "mlflow", "x" * 64, "--url", url, *event), "63 ASCII"),
        (("create", "mlflow", "\u00e9", "--url", url, *event), "63 ASCII"),
        (("create", "mlflow", "a", "--url", "ftp://a.example", *event), "not one with"),
        (("create", "mlflow", "a", "--url", "a.example", *event), "not one with"),
        (("create", "mlflow", "a", "--url", url, *event, "--model", "m"), "for all models"),
        (("update", "mlflow", "renamed"), "there is nothing to change"),
        (("update", "mlflow", "renamed", "--url", ""), "not one with"),
        (("update", "mlflow", "renamed", "--name", ""), "needs a name"),
        (("show", "mlflow", "nobody"), "no webhook `nobody`"),
        (("delete", "mlflow", "nobody", "--yes"), "no webhook `nobody`"),
        (("delete", "mlflow", "renamed"), "no terminal"),
    ):
        said = verify(*arguments, code=2)
        assert text in said and said.startswith("error: "), (arguments, said)
    print("what MLflow would change silently was refused")


def listen(stack, verify, mlflow, folder):
    """`verify listen --register`: a webhook is there as long as it runs, and one that a crash left behind until the
    next start. There is no tunnel: the server is on this machine."""
    address = f"127.0.0.1:{free_port()}"
    command = [verify.program, "listen", "--register", "mlflow", "try-out", "--url", f"http://{address}"]
    command += ["--bind", address, "--page", "127.0.0.1:0", "--store", str(folder / "listen.redb")]

    def is_there():
        return [one for one in verify.json("list", "mlflow") if one["name"] == "try-out"]

    # The first is killed, and the second told to stop.
    for number, how in enumerate((signal.SIGKILL, signal.SIGTERM)):
        log = folder / f"listen-{number}.log"
        process = run(stack, command, log, MLFLOW_TRACKING_URI=mlflow.url)
        until("a test arrives", process, log, lambda log=log: "delivery came through" in log.read_text())
        assert len(is_there()[0]["events"]) == 15, is_there()

        def arrives(log=log, number=number):
            # For up to 60 s MLflow remembers for an event which webhooks there were, and their secrets.
            name = f"listen-{number}-{time.monotonic()}"
            call(mlflow, "POST", "registered-models/create", name=name)
            time.sleep(2)
            return re.search(r"verified +mlflow +registered_model.created", log.read_text())

        until("an event arrives", process, log, arrives)
        process.send_signal(how)
        code = process.wait(30)
        said = log.read_text()
        assert not re.search(r"\b[0-9a-f]{64}\b", said), said
        assert len(is_there()) == (how == signal.SIGKILL), said
    assert code == 0 and "which an earlier run left behind, is deleted" in said, said
    print("`verify listen --register` showed what its webhook delivered, and deleted it")


def apply(verify, folder, url):
    """A file is applied, twice, and taken back."""
    file = folder / "webhooks.toml"
    webhook = f'[[mlflow]]\nname = "applied"\nurl = "{url}"\nevents = ["prompt.created"]\n'
    file.write_text(f'set = "ci"\n{webhook}secret_env = "MLFLOW_WEBHOOK_SECRET"\n')
    others = len(verify.json("list", "mlflow"))
    assert "create applied" in verify("apply", str(file), "--plan", code=1)
    assert len(verify.json("list", "mlflow")) == others
    verify("apply", str(file))
    assert "= keep applied" in verify("apply", str(file), "--plan")
    file.write_text(f'set = "ci"\n{webhook}status = "disabled"\n')
    assert "the status" in verify("apply", str(file))
    assert verify.json("show", "mlflow", "applied")[0]["status"] == "DISABLED"
    file.write_text('set = "ci"\nmlflow = []\n')
    verify("apply", str(file), code=2)
    verify("apply", str(file), "--yes")
    assert len(verify.json("list", "mlflow")) == others
    print("a file was applied twice, changed, and taken back")


if __name__ == "__main__":
    main()
