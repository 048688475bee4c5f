"""A browser, driven by what the W3C calls WebDriver. As much of it as the tests need."""

import base64
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {"down": "\ue015", "up": "\ue013", "end": "\ue010", "home": "\ue011", "tab": "\ue004", "enter": "\ue007"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 20  # Seconds for what should take none.

# Runs before anything of a page: whatever a delivery makes run, or tries to, is noted.
WATCH = """
window.trouble = [];
document.addEventListener('securitypolicyviolation', (event) =>
    trouble.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
addEventListener('error', (event) => trouble.push(event.message));
for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => trouble.push(name);
"""


class Browser:
    """Chromium without a window, with an empty profile, and with nothing but loopback in reach."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="verify-browser-")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        port = None
        for line in self.driver.stdout:
            if port := re.search(r"successfully on port (\d+)", line):
                break
        self.url = f"http://127.0.0.1:{port[1]}/session"
        flags = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
            --disable-background-networking --disable-component-update --window-size=1280,900
            --lang=en-GB --force-device-scale-factor=1""".split()
        flags += [f"--user-data-dir={self.profile}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags}, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.ask("", {"capabilities": {"alwaysMatch": wanted}})
        self.url += "/" + session["sessionId"]
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])

    def close(self):
        try:
            self.ask("", method="DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def devtools(self, command, **parameters):
        return self.ask("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self.ask("/url", {"url": "about:blank"})
        self.ask("/url", {"url": url})

    def run(self, script):
        """Evaluates an expression in the page. The page's policy is not asked."""
        result = self.devtools("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def find(self, selector):
        return self.ask("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector):
        return self.ask(f"/element/{self.find(selector)}/text")

    def click(self, selector):
        self.ask(f"/element/{self.find(selector)}/click", {})

    def type(self, *keys):
        """Presses keys, wherever the focus is."""
        presses = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def wait(self, what, script):
        """Waits until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not (last := self.run(script)):
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain until {what}: {script} is {last!r}")
            time.sleep(0.02)

    def log(self):
        """What the console has said since it was last asked."""
        return [entry["message"] for entry in self.ask("/se/log", {"type": "browser"})]

    def trouble(self):
        """What ran, or was kept from running, that is none of the page's, and what the console says."""
        return self.run("trouble") + self.log()

    def colours(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def size(self, width=1280, height=900):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.ask("/screenshot")))
