#!/usr/bin/env python3
"""The page of `verify listen` in a real browser. `.ci/browser` runs this.

Environment: VERIFY is the program; AXE, if set, is axe.min.js of axe-core; SCREENSHOTS, if set, is
where the pictures of the documentation go.
"""

import json
import os
import pathlib
import unittest

from listen import Handler, Listen, model_version
from webdriver import Browser

ROWS = "[...document.querySelectorAll('#list li')].filter((row) => !row.hidden)"

MARKUP = "<script>trouble.push('script')</script><img src=x onerror=\"trouble.push('onerror')\">"
HOSTILE = [
    MARKUP,
    "</pre></template></script>" + MARKUP,
    "<svg/onload=alert(1)><iframe srcdoc=\"<script>parent.trouble.push('frame')</script>\">",
    "<a href=\"javascript:trouble.push('link')\">click</a>",
    "javascript:trouble.push('url')",
    "{{constructor.constructor('trouble.push(1)')()}} ${trouble.push(2)} <%= 7*7 %>",
    "\u202etxt.exe \u2066hidden\u2069 \u200b\ufeff \x1b[31m \x07",
    "'\"`; $(touch /tmp/x) `id` \\'",
    "x" * 300_000,
    "__proto__",
]


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.colours("light")
        self.browser.log()

    def start(self, *options):
        listen = Listen(*options)
        self.addCleanup(listen.close)
        # First, or the page would complain that it lost the connection.
        self.addCleanup(self.browser.open, "about:blank")
        return listen

    def start_with_handler(self):
        handler = Handler()
        self.addCleanup(handler.close)
        return self.start("--forward-to", handler.url), handler

    def open(self, listen, count):
        self.browser.open(listen.page)
        self.wait_until_live(count)

    def wait_until_live(self, count):
        self.browser.wait("it is live", "document.getElementById('connection').dataset.is === 'live'")
        self.wait_for(count)

    def wait_for(self, count):
        self.browser.wait(f"{count} deliveries are seen", f"{ROWS}.length === {count}")

    def seen(self):
        return self.browser.run(f"{ROWS}.map((row) => row.textContent)")

    def select(self, place):
        self.browser.run(f"{ROWS}[{place}].click()")
        self.browser.wait("it is shown", "document.getElementById('detail-title').textContent"
                          f" .startsWith('Delivery ' + {ROWS}[{place}].id.split('-')[1] + ':')")

    def wait_until_seen(self, selector, text):
        """Waits until a text can be read by who looks at the page, wherever that was scrolled to."""
        self.browser.wait(f"{text!r} is seen", f"""(() => {{
            const shown = document.querySelector('{selector}');
            if (!shown.checkVisibility() || !shown.textContent.includes({json.dumps(text)})) return false;
            const {{ left, top, right, bottom }} = shown.getBoundingClientRect();
            return right - left > 100 && bottom - top > 15 && left >= 0 && top >= 0
                && right <= innerWidth && bottom <= innerHeight && getComputedStyle(shown).clipPath === 'none';
        }})()""")

    def assert_no_trouble(self):
        self.assertEqual(self.browser.trouble(), [])

    def test_deliveries_appear_live(self):
        listen = self.start()
        self.open(listen, 0)
        self.browser.wait("all is loaded", "at('none-text').textContent.startsWith('None yet')")
        self.assertIn("/webhooks/databricks", self.browser.text("#none"))
        self.assertEqual(listen.deliver(model_version("fraud", 7)), 204)
        self.wait_for(1)
        self.assertEqual(listen.deliver(model_version(), forged=True), 401)
        self.wait_for(2)
        newest, oldest = self.seen()
        self.assertIn("refused 401 databricks signature does not match any configured secret", newest)
        self.assertIn("verified  databricks MODEL_VERSION_CREATED fraud 7", oldest)
        self.browser.wait("it is announced", "document.getElementById('news').textContent !== ''")
        self.assert_no_trouble()

    def test_what_comes_while_the_list_is_on_its_way_is_kept(self):
        listen, handler = self.start_with_handler()
        self.assertEqual(listen.deliver(model_version("first")), 200)
        self.open(listen, 1)
        # The next one is answered, and held back.
        self.browser.run("""(() => {
            const held = new Promise((release) => { window.release = release; });
            const fetchNow = window.fetch;
            window.fetch = async (path, options) => {
                const answer = await fetchNow(path, options);
                if (path === '/api/deliveries') { window.isAnswered = true; await held; }
                return answer;
            };
            loadOrSay();
        })()""")
        self.browser.wait("the list is answered", "window.isAnswered === true")
        handler.status = 418
        self.assertEqual(listen.deliver(model_version("second")), 418)
        self.browser.run("fetch('/api/deliveries/1/replay', {method: 'POST'}).then((a) => a.status)")
        seen = f"{ROWS}.filter((row) => row.textContent.includes(' 418 ')).length === 2"
        self.browser.wait("both are seen as they are now", seen)
        self.browser.run("(release(), loading.then(() => true))")
        self.assertEqual(len([row for row in self.seen() if " 418 " in row]), 2, self.seen())
        self.assert_no_trouble()

    def test_a_restart_is_survived(self):
        listen = self.start()
        listen.deliver(model_version("before"))
        self.open(listen, 1)
        listen.kill()
        self.browser.wait("the loss is seen", "at('connection').textContent === 'connection lost, trying again'")
        listen.restart()
        listen.deliver(model_version("after"))
        self.wait_until_live(2)
        self.assertIn("after", self.seen()[0])
        self.assertIn("before", self.seen()[1])

    def test_filter_and_search(self):
        listen = self.start()
        listen.deliver(model_version("fraud", 1))
        listen.deliver(model_version("churn", 2), forged=True)
        listen.deliver('{"event_type": "LINK_ARTIFACT", "needle": "HayStack"}', sender="wandb")
        self.open(listen, 3)
        for control, wish, expected in [
            ("verdict", "refused", ["signature does not match"]),
            ("verdict", "", ["LINK_ARTIFACT", "signature does not match", "fraud"]),
            ("sender", "wandb", ["LINK_ARTIFACT"]),
            ("sender", "", ["LINK_ARTIFACT", "signature does not match", "fraud"]),
        ]:
            self.browser.run(f"at('{control}').value = '{wish}'; at('{control}').dispatchEvent(new Event('change'))")
            seen = self.seen()
            self.assertEqual(len(seen), len(expected), (control, wish))
            for row, text in zip(seen, expected):
                self.assertIn(text, row)
        # In the body, which no row shows, and whatever the case; of new ones as well.
        self.browser.type("/")
        self.browser.type(*"haystack")
        self.wait_for(1)
        self.assertEqual(self.browser.run("at('search').value"), "haystack")
        listen.deliver('{"event_type": "haystack"}', sender="wandb")
        listen.deliver(model_version("other", 1))
        self.wait_for(2)
        self.browser.wait("all are counted", "at('count').textContent === '2 of 5'")
        self.browser.type(*" nowhere")
        self.wait_for(0)
        self.assertIn("None of them fits", self.browser.text("#none"))
        self.assert_no_trouble()

    def test_a_delivery_is_shown_whole(self):
        listen, handler = self.start_with_handler()
        big = '{"event":"MODEL_VERSION_CREATED","a":12345678901234567890,"a":[],"b":[{"c":1.0}],"d":"x\\u0041"}'
        self.assertEqual(listen.deliver(big, headers=[("x-extra", "one"), ("x-extra", "two")]), 200)
        self.open(listen, 1)
        self.select(0)
        self.assertEqual(self.browser.text("#detail-title"), "Delivery 1: verified")
        self.assertIn("secret\n1", self.browser.text("#facts"))
        self.assertIn("replay key", self.browser.text("#facts"))
        headers = self.browser.text("#headers")
        self.assertIn("x-extra one\nx-extra two", headers)
        self.assertIn("x-databricks-signature", headers)
        # Digits and doubled names are those of the delivery.
        self.assertIn('"a": 12345678901234567890,\n  "a": [],\n  "b": [\n    {\n      "c": 1.0',
                      self.browser.run("at('body').textContent"))
        self.browser.click("#pretty")
        self.assertEqual(self.browser.run("at('body').textContent"), big)
        self.assertIn(f"curl -gi -X 'POST' '{listen.origin}/webhooks/databricks'", self.browser.text("#curl"))
        self.assertIn("delivery 200\nhandled", self.browser.text("#handled"))
        self.assertEqual(self.browser.run("fetch(at('capture').href).then((a) => a.json()).then((c) => atob(c.body_base64))"), big)
        # No text at all.
        listen.deliver(b"\x00\xff\xfebytes")
        self.wait_for(2)
        self.select(0)
        self.assertIn("00000000  00 ff fe 62 79 74 65 73", self.browser.run("at('body').textContent"))
        # A reload stays at the delivery.
        self.browser.ask("/refresh", {})
        self.wait_until_live(2)
        self.browser.wait("it is shown again", "at('detail-title').textContent === 'Delivery 2: verified'")
        self.assert_no_trouble()

    def test_replay(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version())
        self.open(listen, 1)
        self.select(0)
        handler.status = 418
        self.browser.click("#replay")
        self.browser.wait("the answer is shown", "at('handled').textContent.includes('418')")
        self.browser.wait("it is announced", "at('announcement').textContent.includes('Replayed: 418')")
        self.assertEqual(len(handler.received), 2)
        first, second = handler.received
        self.assertEqual(first, second)
        # What did not verify goes to nobody.
        listen.deliver(model_version(), forged=True)
        self.wait_for(2)
        self.select(0)
        self.browser.wait("it cannot be replayed", "at('replay').disabled")
        status = self.browser.run("fetch('/api/deliveries/2/replay', {method: 'POST'}).then((a) => a.status)")
        self.assertEqual(status, 409)
        self.assertEqual(len(handler.received), 2)

    def test_explain(self):
        listen = self.start()
        listen.deliver(model_version(), forged=True)
        self.open(listen, 1)
        self.select(0)
        self.browser.click("#explain")
        self.browser.wait("it is explained", "!at('explanation').hidden")
        self.assertIn("Spaces or empty lines stand before or behind the body", self.browser.text("#explanation-text"))
        # Another delivery does not keep it, and one that verifies says so.
        listen.deliver(model_version())
        self.wait_for(2)
        self.select(0)
        self.assertTrue(self.browser.run("at('explanation').hidden"))
        self.browser.click("#explain")
        self.browser.wait("it is explained", "!at('explanation').hidden")
        self.assertEqual(self.browser.text("#explanation-text"), "verified: databricks")
        self.assert_no_trouble()

    def test_what_is_said_is_seen(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version())
        self.open(listen, 1)
        self.select(0)
        self.browser.click("#copy")
        self.wait_until_seen("#announcement", "Copied")
        self.browser.click("#replay")
        self.wait_until_seen("#announcement", "Replayed: 200")
        # Errors stay until they are dismissed.
        listen.kill()
        self.browser.click("#replay")
        self.wait_until_seen("#trouble", "`verify listen` does not answer")
        self.browser.click("#trouble-close")
        self.assertFalse(self.browser.run("at('trouble').checkVisibility()"))

    def test_nothing_to_show_is_said_at_the_top(self):
        listen = self.start()
        self.open(listen, 0)
        self.browser.wait("all is loaded", "at('none-text').textContent.startsWith('None yet')")
        self.assertLess(self.browser.run("at('none').getBoundingClientRect().bottom"), 450)

    def test_arrow_keys_work_right_after_loading(self):
        listen = self.start()
        for version in range(3):
            listen.deliver(model_version("churn", version))
        self.open(listen, 3)
        for key, number in [("down", 3), ("down", 2), ("up", 3), ("end", 1)]:
            self.browser.type(key)
            self.browser.wait(f"{key} selects", f"at('detail-title').textContent === 'Delivery {number}: verified'")
        # Also where a permalink has selected one.
        self.browser.open(listen.page + "/#2")
        self.wait_until_live(3)
        self.browser.wait("it is shown", "at('detail-title').textContent === 'Delivery 2: verified'")
        self.browser.type("down")
        self.browser.wait("the next is selected", "at('detail-title').textContent === 'Delivery 1: verified'")
        self.assert_no_trouble()

    def test_a_permalink_to_what_is_gone_says_so(self):
        listen = self.start("--keep", "2")
        for version in range(3):
            listen.deliver(model_version("churn", version))
        self.browser.open(listen.page + "/#1")
        self.wait_until_live(2)
        self.wait_until_seen("#detail-title", "Delivery 1 is not kept")
        self.wait_until_seen("#gone", "make room for new ones")
        self.browser.run("location.hash = '#3'")
        self.browser.wait("one that is kept is shown", "at('detail-title').textContent === 'Delivery 3: verified'")
        self.assertFalse(self.browser.run("at('gone').checkVisibility()"))
        self.browser.run("location.hash = '#<img src=x>'")
        self.wait_until_seen("#detail-title", "is not kept")
        self.assert_no_trouble()

    def test_times_are_relative_and_have_one_absolute_form(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version())
        self.open(listen, 1)
        self.select(0)
        self.browser.wait("the handler is shown", "at('handled').textContent.includes('200')")
        times = "[...document.querySelectorAll('time')]"
        # In the list, of the delivery, and of what the handler did.
        self.assertEqual(self.browser.run(f"{times}.map((time) => time.closest('li, dl, table').localName).join()"), "li,dl,table")
        absolute = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
        for title in self.browser.run(f"{times}.map((time) => time.title)"):
            self.assertRegex(title, f"^{absolute}$")
        for text in self.browser.run(f"{times}.slice(1).map((time) => time.parentElement.textContent)"):
            self.assertRegex(text, rf"^{absolute} (just now|\d+ s ago)$")
        self.browser.wait("time goes on", f"{times}.every((time) => /^[1-9]\\d* s ago$/.test(time.textContent))")
        self.assertEqual(self.browser.run("[3600e3 * 50, 3600e3 * 2, 61e3, 59e3, 0, -5e3].map((past) => ago(0, past)).join()"),
                         "2 d ago,2 h ago,1 min ago,59 s ago,just now,just now")
        self.assert_no_trouble()

    def test_keyboard(self):
        listen = self.start()
        for version in range(3):
            listen.deliver(model_version("churn", version))
        self.open(listen, 3)
        for _ in range(10):
            self.browser.type("tab")
            if self.browser.run("document.activeElement.matches('#list li')"):
                break
        self.browser.type("down")
        title = "at('detail-title').textContent === 'Delivery %d: verified'"
        for key, number in [(None, 3), ("down", 2), ("end", 1), ("down", 1), ("up", 2), ("home", 3)]:
            if key:
                self.browser.type(key)
            self.browser.wait(f"{key} selects", title % number)
            self.assertEqual(self.browser.run("document.activeElement.id"), f"delivery-{number}")
            self.assertEqual(self.browser.run("document.querySelectorAll('[aria-selected=true]').length"), 1)
        # Where the focus is, is seen; and a new delivery does not take it away.
        self.assertNotEqual(self.browser.run("getComputedStyle(document.activeElement).outlineStyle"), "none")
        listen.deliver(model_version())
        self.wait_for(4)
        self.assertEqual(self.browser.run("document.activeElement.id"), "delivery-3")
        self.browser.type("/")
        self.assertEqual(self.browser.run("document.activeElement.id"), "search")
        self.browser.type("down")
        self.assertEqual(self.browser.run("document.activeElement.id"), "delivery-4")
        # From the list to the buttons of the delivery.
        self.browser.run("rows.get(3).focus()")
        for _ in range(6):
            self.browser.type("tab")
            if self.browser.run("document.activeElement.id") == "explain":
                break
        self.browser.type("enter")
        self.browser.wait("it is explained", "!at('explanation').hidden")
        self.assert_no_trouble()

    def test_hostile_text_is_inert(self):
        listen, handler = self.start_with_handler()
        expected = 0
        for text in HOSTILE:
            self.assertEqual(listen.deliver(model_version(text)), 200)
            self.assertEqual(listen.deliver(json.dumps({"event_type": text, "project_name": text}), sender="wandb"), 200)
            raw = text[:2000].encode()
            header = bytes(byte for byte in raw if byte >= 32 and byte != 127)
            path = "?" + "".join(char for char in text[:500] if 32 < ord(char) < 127 and char not in "\"#<>")
            self.assertEqual(listen.deliver(raw, forged=True, path=path, headers=[("x-hostile", header)]), 401)
            expected += 3
        self.open(listen, expected)
        for place in range(expected):
            self.select(place)
            self.browser.click("#explain")
            self.browser.wait("it is explained", "!at('explanation').hidden")
            self.browser.click("#pretty")
            for selector in ["img", "iframe", "svg", "main script", "#detail a:not(#capture)"]:
                self.assertEqual(self.browser.run(f"document.querySelectorAll('{selector}').length"), 0)
            # Nothing hides other text or turns it around.
            self.assertFalse(self.browser.run(r"/[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x1b\x07]/.test(document.body.textContent)"))
        self.browser.run("at('search').value = '<script>'; at('search').dispatchEvent(new Event('input'))")
        self.browser.wait("the search finds them", f"{ROWS}.length > 0 && {ROWS}.length < {expected}")
        self.assertEqual(self.browser.run("document.title + Object.keys({}).length"), "verify listen0")
        self.assert_no_trouble()

    def test_the_policy_would_stop_what_is_let_in(self):
        """That the tests above can fail: a page that lets markup in is stopped by its policy, loudly."""
        listen = self.start()
        self.open(listen, 0)
        self.browser.run("""(() => {
            try { at('about').innerHTML = '<img src=x onerror="trouble.push(1)">'; } catch {}
            const script = document.createElement('script');
            try { script.textContent = 'trouble.push(2)'; } catch {}
            document.body.append(script);
        })()""")
        self.browser.run("fetch('http://127.0.0.1:1/').catch(() => {})")
        trouble = self.browser.trouble()
        self.assertTrue(any("require-trusted-types-for" in one for one in trouble), trouble)
        self.assertTrue(any("connect-src" in one for one in trouble), trouble)
        self.assertNotIn(1, trouble)
        self.assertNotIn(2, trouble)

    def test_another_site_gets_nothing(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version())
        other = self.start()
        self.open(other, 0)
        # Under the policy of a site that allows all: that of an empty document.
        self.browser.open("data:text/html,<title>other</title>")
        for path, method in [("/api/deliveries", "GET"), ("/api/deliveries/1/replay", "POST")]:
            answer = self.browser.run(f"fetch('{listen.page}{path}', {{method: '{method}', mode: 'no-cors'}})"
                                      ".then((a) => a.type, () => 'nothing')")
            self.assertIn(answer, ["nothing", "opaque"])
        self.assertEqual(len(handler.received), 1)

    def test_accessible(self):
        if not os.environ.get("AXE"):
            self.skipTest("AXE is not set")
        axe = pathlib.Path(os.environ["AXE"]).read_text()
        listen, handler = self.start_with_handler()
        listen.deliver(model_version("fraud", 7))
        listen.deliver(model_version(), forged=True)
        for scheme in ["light", "dark"]:
            self.browser.colours(scheme)
            self.open(listen, 2)
            for place in [0, 1]:
                self.select(place)
                self.browser.click("#explain")
                self.browser.wait("it is explained", "!at('explanation').hidden")
                # It notes all it sees by markup of its own, which the policy would stop.
                self.browser.devtools("Page.setBypassCSP", enabled=True)
                self.browser.run(axe + ";0")
                found = self.browser.run("axe.run().then((found) => found.violations.map((one) =>"
                                         " one.id + ': ' + one.nodes.map((node) => node.html).join(' ')))")
                self.browser.devtools("Page.setBypassCSP", enabled=False)
                self.assertEqual(found, [], scheme)

    def test_screenshots(self):
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            self.skipTest("SCREENSHOTS is not set")
        listen, handler = self.start_with_handler()
        listen.deliver(model_version("fraud-detector", 7))
        listen.deliver('{"event_type": "LINK_ARTIFACT", "artifact_version_string": "acme/registry/churn:v3"}', sender="wandb")
        handler.status = 503
        listen.deliver(model_version("fraud-detector", 8))
        listen.deliver(model_version("fraud-detector", 9), forged=True)
        for scheme, place in [("light", 0), ("dark", 3)]:
            self.browser.colours(scheme)
            self.open(listen, 4)
            self.select(place)
            if place == 0:
                self.browser.click("#explain")
                self.browser.wait("it is explained", "!at('explanation').hidden")
            self.browser.screenshot(pathlib.Path(folder) / f"listen-{scheme}.png")


if __name__ == "__main__":
    unittest.main(verbosity=2)
