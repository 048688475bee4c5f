#!/usr/bin/env python3
"""Recorders of `verify recorder` in real frameworks, and a mistake in each that `verify diagnose` has to name.

    frameworks.py VERIFY [NODE_MODULES]

VERIFY is the command, NODE_MODULES a folder with express. Needs flask, fastapi, uvicorn and django of PyPI. `.ci/gateway`
installs them and calls this.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / ".ci"))
from ports import free_port

VERIFY, NODE_MODULES = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
SECRET = "whsec_a secret é "
PATIENCE = 60

# Each computes the signature over what it parsed and wrote again.
FLASK = """
import hashlib, hmac, json
from flask import Flask, request
app = Flask(__name__)
{recorder}
@app.post("/webhooks")
def webhook():
    body = json.dumps(request.get_json(force=True)).encode()
    expected = hmac.new({secret!r}.encode(), body, hashlib.sha256).hexdigest()
    return "", 204 if request.headers.get("x-databricks-signature") == expected else 401
app.run(port={port})
"""
FASTAPI = """
import hashlib, hmac, json, uvicorn
from fastapi import FastAPI, Request, Response
app = FastAPI()
{recorder}
@app.post("/webhooks")
async def webhook(request: Request):
    body = json.dumps(await request.json(), separators=(",", ":")).encode()
    expected = hmac.new({secret!r}.encode(), body, hashlib.sha256).hexdigest()
    return Response(status_code=204 if request.headers.get("x-databricks-signature") == expected else 401)
uvicorn.run(app, port={port}, log_level="warning")
"""
DJANGO = """
import hashlib, hmac, json, sys
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=False, MIDDLEWARE=["recording.record"])
from django.http import HttpResponse
from django.urls import path
def webhook(request):
    body = json.dumps(json.loads(request.body)).encode()
    expected = hmac.new({secret!r}.encode(), body, hashlib.sha256).hexdigest()
    return HttpResponse(status=204 if request.headers.get("x-databricks-signature") == expected else 401)
urlpatterns = [path("webhooks", webhook)]
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(["app.py", "runserver", "--noreload", "127.0.0.1:{port}"])
"""
EXPRESS = """
const crypto = require("node:crypto");
const express = require("express");
const app = express();
{recorder}
app.post("/webhooks", (request, response) => {{
  const body = JSON.stringify(JSON.parse(request.body));
  const expected = crypto.createHmac("sha256", {secret}).update(body).digest("hex");
  response.sendStatus(request.get("x-databricks-signature") === expected ? 204 : 401);
}});
app.listen({port}, "127.0.0.1");
"""


def verify(*arguments, expect, cwd=None):
    done = subprocess.run([VERIFY, *arguments], capture_output=True, text=True, cwd=cwd,
                          env={"PATH": os.environ["PATH"], "DATABRICKS_WEBHOOK_SECRET": SECRET})
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check(recorded, folder, framework):
    """What was recorded has to verify: not a byte of it is lost."""
    said = verify("explain", recorded, expect=0, cwd=folder)
    assert said.startswith("verified: databricks"), (framework, said)


def served(framework, template, command, files=(), betrayed=None, cause="body-json", **words):
    """Serves the receiver with the recorder in it."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        recorder = verify("recorder", framework, expect=0)
        name = command[-1]
        words = {"secret": SECRET, "recorder": recorder, "port": port, **words}
        pathlib.Path(folder, name).write_text(template.format(**words))
        for file in files:
            pathlib.Path(folder, file).write_text(recorder)
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        if NODE_MODULES:
            environment["NODE_PATH"] = NODE_MODULES
        with open(pathlib.Path(folder, "output"), "a+") as output:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
            try:
                end = time.monotonic() + PATIENCE
                while not is_open(port):
                    output.seek(0)
                    assert process.poll() is None and time.monotonic() < end, (framework, output.read())
                    time.sleep(0.05)
                url = f"http://127.0.0.1:{port}/webhooks"
                body = pathlib.Path(folder, "body")
                body.write_bytes('{"model_name":  "café",\n"event": "COMMENT_CREATED", "n": 1.0}'.encode())
                verify("send", "databricks", "--body", str(body), "--to", url, expect=1)
                check("delivery.json", folder, framework)
                said = verify("diagnose", "databricks", "--to", url, expect=1)
                assert "mistake-found" in said and cause in said, (framework, said)
                if betrayed:
                    assert f"\nIn {betrayed}, verify the bytes as they came" in said, (framework, said)
            finally:
                process.terminate()
                process.wait(PATIENCE)
    print(f"{framework}: what its recorder wrote verifies, and its mistake is named")


def aws_lambda():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "handler.py").write_text(verify("recorder", "aws-lambda", expect=0))
        signed = json.loads(verify("sign", "databricks", "--json", expect=0))
        event = {"version": "2.0", "routeKey": "$default", "rawPath": "/webhooks", "rawQueryString": "",
                 "headers": dict(signed["headers"]), "requestContext": {"http": {"method": "POST", "path": "/webhooks"}},
                 "body": signed["body_base64"], "isBase64Encoded": True}
        program = f"import handler; handler.handler({event!r}, None)"
        said = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, check=True).stdout
        pathlib.Path(folder, "log").write_bytes(said)
        check("log", folder, "aws-lambda")
    print("aws-lambda: what its recorder printed verifies")


def nextjs():
    """The route is called with a Request, as Next.js does."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "route.mjs").write_text(verify("recorder", "nextjs", expect=0))
        signed = json.loads(verify("sign", "databricks", "--json", expect=0))
        call = (f"import {{ POST }} from './route.mjs'; const body = Buffer.from({json.dumps(signed['body_base64'])}, 'base64');"
                f"const r = await POST(new Request('http://h/webhooks?a=1', {{ method: 'POST', headers: {json.dumps(signed['headers'])}, body }}));"
                "if (r.status !== 204) process.exit(1);")
        pathlib.Path(folder, "call.mjs").write_text(call)
        subprocess.run(["node", "call.mjs"], cwd=folder, check=True)
        check("delivery.json", folder, "nextjs")
    print("nextjs: what its recorder wrote verifies")


def remedies():
    """What is shown as code has to be some, of its language."""
    count = 0
    for framework in ("flask", "fastapi", "django", "aws-lambda", "express", "nextjs"):
        for words, code in json.loads(verify("recorder", framework, "--json", expect=0))["remedies"].items():
            if framework not in ("express", "nextjs"):
                body = "".join(f"    {line}\n" for line in [*code.splitlines(), "pass"])
                compile(f"async def f():\n{body}", f"{framework}, {words}", "exec")
            elif shutil.which("node"):
                text = code if "export " in code else f"async function f() {{\n{code}\n}}"
                subprocess.run(["node", "--input-type=module", "--check"], input=text, text=True, check=True)
            count += 1
    print(f"{count} remedies are code of their language")


remedies()
served("flask", FLASK, [sys.executable, "app.py"], betrayed="Flask", cause="body-json-spaced")
served("fastapi", FASTAPI, [sys.executable, "app.py"], betrayed="FastAPI", cause="body-json-compact")
served("django", DJANGO, [sys.executable, "app.py"], files=["recording.py"], betrayed="Django", cause="body-json-spaced")
aws_lambda()
if shutil.which("node"):
    nextjs()
    if NODE_MODULES and pathlib.Path(NODE_MODULES, "express").is_dir():
        served("express", EXPRESS, ["node", "app.js"], betrayed="Express", cause="body-json-compact", secret=json.dumps(SECRET))
    else:
        print("SKIPPED: express is not installed; its recorder was NOT tried")
else:
    print("SKIPPED: node is not installed; the recorders of express and nextjs were NOT tried")
