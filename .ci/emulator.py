"""Both Python clients make every call against `verify emulate databricks`, and let every event happen.

`verify listen` receives: each delivery has to verify. `databricks-registry-webhooks` uses the older paths and
`databricks-sdk` the newer ones, so each sees what the other made.

    emulator.py COMMAND_VERIFY
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

TOKEN = "dapi-of-a-test"
SECRET = "whsec_c2hhcmVk \u00e9 "
PATIENCE = 60
EVENTS = """
    COMMENT_CREATED MODEL_VERSION_CREATED MODEL_VERSION_TAG_SET MODEL_VERSION_TRANSITIONED_STAGE
    MODEL_VERSION_TRANSITIONED_TO_ARCHIVED MODEL_VERSION_TRANSITIONED_TO_PRODUCTION
    MODEL_VERSION_TRANSITIONED_TO_STAGING REGISTERED_MODEL_CREATED TRANSITION_REQUEST_CREATED
    TRANSITION_REQUEST_TO_ARCHIVED_CREATED TRANSITION_REQUEST_TO_PRODUCTION_CREATED
    TRANSITION_REQUEST_TO_STAGING_CREATED
""".split()


class Process:
    """A command that prints JSON, a line each, and says on standard error where it is."""

    def __init__(self, stack, folder, name, command, **variables):
        self.log = folder / f"{name}.log"
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            env=os.environ | variables,
            cwd=folder,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        stack.callback(self.end)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def end(self):
        for how, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, None)):
            if self.process.poll() is None:
                self.process.send_signal(how)
                try:
                    self.process.wait(patience)
                except subprocess.TimeoutExpired:
                    pass

    def said(self, before):
        """What follows on standard error, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if before in (text := self.log.read_text()):
                # Its lines come in pieces.
                rest, end, _ = text.split(before, 1)[1].partition("\n")
                if end:
                    return rest.split()[0]
            time.sleep(0.05)
        sys.exit(f"it did not say `{before}`:\n{self.log.read_text()}")

    def next(self, kind):
        """The next line that has something of a kind."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                sys.exit(f"it printed no `{kind}`:\n{self.log.read_text()}")
            if kind in line:
                return line[kind]


def same(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: {found!r}, and not {expected!r}")


def try_old_client(url):
    """Every call of `databricks-registry-webhooks`."""
    from databricks_registry_webhooks import HttpUrlSpec, JobSpec, RegistryWebhooksClient
    from databricks_registry_webhooks.exceptions import RestException

    client = RegistryWebhooksClient()
    spec = HttpUrlSpec(url=url, secret=SECRET, authorization="Bearer token-of-a-test")
    made = client.create_webhook(events=EVENTS, http_url_spec=spec, description="d \u00fc")
    same(sorted(map(str, made.events)), sorted(EVENTS), "events")
    same((made.status, made.description), ("ACTIVE", "d \u00fc"), "status and description")
    same((made.http_url_spec.url, made.http_url_spec.enable_ssl_verification), (url, True), "spec")
    same(made.http_url_spec.secret in (None, ""), True, "the secret comes back")
    for event in EVENTS:
        tested = client.test_webhook(made.id, event)
        same(tested.status_code, 204, f"test of {event}: {tested.body}")
    same(client.test_webhook(made.id).status_code, 204, "test without an event")
    job = client.create_webhook(
        events=["COMMENT_CREATED"],
        job_spec=JobSpec(job_id="7", access_token="dapi-of-a-job", workspace_url="https://w.example"),
        status="TEST_MODE",
    )
    same((job.job_spec.job_id, job.status), ("7", "TEST_MODE"), "a job's webhook")
    # This client always sends a status.
    job = client.update_webhook(job.id, events=["MODEL_VERSION_CREATED"], description="new", status="DISABLED")
    same((job.events, job.description, job.status), (["MODEL_VERSION_CREATED"], "new", "DISABLED"), "update")
    listed = client.list_webhooks()
    same([webhook.id for webhook in listed], [made.id, job.id], "list")
    same([w.id for w in client.list_webhooks(events=["REGISTERED_MODEL_CREATED"])], [made.id], "list by event")
    same([w.id for w in client.list_webhooks(max_results=1)], [made.id], "a page")

    def refused(call, code, what):
        # The name stands in the JSON of the exception.
        try:
            call()
        except RestException as error:
            same(error.json["error_code"], code, what)
            return
        sys.exit(f"{what}: was not refused")

    refused(lambda: client.create_webhook(events=[], http_url_spec=spec), "INVALID_PARAMETER_VALUE", "no events")
    refused(lambda: client.create_webhook(events=["COMMENT_CREATED"]), "INVALID_PARAMETER_VALUE", "no spec")
    refused(lambda: client.test_webhook(job.id), "INVALID_STATE", "test of a disabled one")
    client.delete_webhook(job.id)
    refused(lambda: client.delete_webhook(job.id), "RESOURCE_DOES_NOT_EXIST", "deleted twice")
    token = os.environ.pop("DATABRICKS_TOKEN")
    os.environ["DATABRICKS_TOKEN"] = "another"
    refused(client.list_webhooks, "CUSTOMER_UNAUTHORIZED", "another token")
    os.environ["DATABRICKS_TOKEN"] = token
    return made.id


def try_new_client(url, of_old_client):
    """Every call of `databricks-sdk` about webhooks, and those that let events happen."""
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.errors import NotFound, Unauthenticated
    from databricks.sdk.service.ml import HttpUrlSpec, JobSpec, RegistryWebhookEvent, RegistryWebhookStatus

    registry = WorkspaceClient().model_registry
    event, status = RegistryWebhookEvent, RegistryWebhookStatus
    same([w.id for w in registry.list_webhooks()], [of_old_client], "what the other client made")
    registry.update_webhook(of_old_client, status=status.TEST_MODE)

    same(registry.create_model("m x").registered_model.name, "m x", "create_model")
    made = registry.create_webhook(
        [event(name) for name in EVENTS if name != "REGISTERED_MODEL_CREATED"],
        model_name="m x",
        http_url_spec=HttpUrlSpec(url=url, secret=SECRET),
    ).webhook
    same((made.model_name, made.status), ("m x", status.ACTIVE), "model and status")
    same(registry.test_registry_webhook(made.id).status_code, 204, "test")
    same(registry.test_registry_webhook(made.id, event=event.COMMENT_CREATED).status_code, 204, "test of an event")
    job = JobSpec(job_id="1", access_token="dapi-of-a-job", workspace_url="https://w.example")
    registry.create_webhook([event.COMMENT_CREATED], job_spec=job, status=status.DISABLED)
    wide = registry.create_webhook(
        [event.REGISTERED_MODEL_CREATED], http_url_spec=HttpUrlSpec(url=url, secret=SECRET)
    ).webhook
    everything = [webhook.id for webhook in registry.list_webhooks()]
    same(len(everything), 4, "all webhooks")
    same([w.id for w in registry.list_webhooks(max_results=1)], everything, "page by page")
    same([w.id for w in registry.list_webhooks(model_name="m x")], [made.id], "of a model")

    # From here on, 17 deliveries of events.
    registry.create_model("another")
    version = registry.create_model_version("m x", "dbfs:/models/m", run_id="r").model_version
    same((version.version, version.current_stage), ("1", "None"), "create_model_version")
    registry.set_model_version_tag("m x", "1", "key", "value \u00fc")
    same(registry.create_comment("m x", "1", "a comment").comment.comment, "a comment", "create_comment")
    for stage in ("Staging", "Production", "Archived"):
        made_request = registry.create_transition_request("m x", "1", stage).request
        same(made_request.to_stage, stage, "create_transition_request")
        same([r.to_stage for r in registry.list_transition_requests("m x", "1")], [stage], "requests")
        if stage == "Archived":
            registry.reject_transition_request("m x", "1", stage)
            moved = registry.transition_stage("m x", "1", stage, True).model_version_databricks
            same(moved.current_stage, stage, "transition_stage")
        else:
            registry.approve_transition_request("m x", "1", stage, False)
    registry.create_comment("m x", "1", "another comment")

    same(registry.get_model_version("m x", "1").model_version.tags[0].value, "value \u00fc", "tags")
    same(registry.get_model("m x").registered_model_databricks.name, "m x", "get_model")
    same([m.name for m in registry.list_models(max_results=1)], ["m x", "another"], "list_models")
    same([m.name for m in registry.search_models(filter="name='m x'")], ["m x"], "search_models")
    same([v.version for v in registry.search_model_versions(filter="name='m x'")], ["1"], "search_model_versions")
    same([v.current_stage for v in registry.get_latest_versions("m x")], ["Archived"], "get_latest_versions")

    updated = registry.update_webhook(made.id, description="", events=[event.COMMENT_CREATED]).webhook
    same((updated.description, updated.events), (None, [event.COMMENT_CREATED]), "update")
    # A specification is replaced whole: without a secret nothing is signed, and the receiver says so.
    registry.update_webhook(made.id, http_url_spec=HttpUrlSpec(url=url))
    same(registry.test_registry_webhook(made.id).status_code, 401, "test of an unsigned delivery")
    for id in (made.id, wide.id):
        registry.delete_webhook(id)
    for call in (lambda: registry.delete_webhook(made.id), lambda: registry.get_model("none")):
        try:
            call()
            sys.exit("what is not there was found")
        except NotFound as error:
            same(error.error_code, "RESOURCE_DOES_NOT_EXIST", "not found")
    try:
        list(WorkspaceClient(token="another").model_registry.list_webhooks())
        sys.exit("another token was accepted")
    except Unauthenticated as error:
        same(error.error_code, "CUSTOMER_UNAUTHORIZED", "another token")


def main():
    command = sys.argv[1]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulator = Process(
            stack,
            folder,
            "emulator",
            [command, "emulate", "databricks", "--listen", "127.0.0.1:0", "--json",
             "--token-env", "TOKEN_OF_A_TEST", "--store", "store.json"],
            TOKEN_OF_A_TEST=TOKEN,
        )
        listen = Process(
            stack,
            folder,
            "listen",
            [command, "listen", "--bind", "127.0.0.1:0", "--page", "127.0.0.1:0", "--json",
             "--store", "listen.redb"],
            DATABRICKS_WEBHOOK_SECRET=SECRET,
        )
        os.environ.update(
            DATABRICKS_HOST=emulator.said("DATABRICKS_HOST="),
            DATABRICKS_TOKEN=TOKEN,
            DATABRICKS_CONFIG_FILE=str(folder / "none"),
            HOME=str(folder),
        )
        url = listen.said("databricks delivers to ")
        made = try_old_client(url)
        try_new_client(url, made)

        # 13 and 2 tests, 17 events, and one that was not signed.
        told = [emulator.next("delivery") for _ in range(33)]
        fates = Counter(delivery["status"] for delivery in told)
        same(fates, {204: 32, 401: 1}, f"what became of the deliveries: {told}")
        happened = {delivery["event"] for delivery in told if not delivery["test"]}
        same(sorted(happened), sorted(EVENTS), "events that happened")
        verdicts = Counter(listen.next("verdict")["is"] for _ in told)
        same(verdicts, {"verified": 32, "refused": 1}, "what the receiver says")
        print(f"both clients made all their calls; {len(happened)} events and {verdicts['verified']} deliveries verified")


main()
