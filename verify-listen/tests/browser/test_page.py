#!/usr/bin/env python3
"""The page of `verify listen` in a real browser. `.ci/browser` runs this.

Environment: VERIFY is the program; AXE, if set, is axe.min.js of axe-core; SCREENSHOTS, if set, is
where the pictures of the documentation go.
"""

import hashlib
import hmac
import json
import os
import pathlib
import unittest

from listen import SECRET, Handler, Listen, model_version
from webdriver import Browser

ROWS = "[...document.querySelectorAll('#list li')].filter((row) => !row.hidden)"

EXPLAINED = "at('explanation').checkVisibility() && !at('explanation-text').textContent.startsWith('Looking')"

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
        # What MLflow needs, and how a tunnel is used.
        self.browser.click("#none-help summary")
        for needed in ("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true", "cloudflared tunnel"):
            self.assertIn(needed, self.browser.text("#none-help"))
        self.assertEqual(listen.deliver(model_version("fraud", 7)), 204)
        self.wait_for(1)
        self.assertEqual(listen.deliver(model_version(), forged=True), 401)
        self.wait_for(2)
        newest, oldest = self.seen()
        self.assertIn("refused databricks 401 signature does not match any configured secret: x-databricks-signature", newest)
        self.assertIn("verified databricks  MODEL_VERSION_CREATED fraud 7", oldest)
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

    def test_the_explanation_comes_without_a_click(self):
        listen = self.start()
        listen.deliver(model_version("fraud", 7), forged=True)
        self.open(listen, 1)
        self.assertIn("says MODEL_VERSION_CREATED fraud 7", self.seen()[0])
        self.select(0)
        self.browser.wait("it is explained", EXPLAINED)
        self.assertIn("Spaces or empty lines stand before or behind the body", self.browser.text("#explanation-text"))
        # Where the body that was signed is another one.
        length = len(model_version("fraud", 7))
        self.assertEqual(self.browser.text("#difference-at"), f"First difference, after {length} bytes")
        self.assertEqual(self.browser.run("at('difference-rows').querySelectorAll('mark').length"), 1)
        self.assertIn("The body says MODEL_VERSION_CREATED fraud 7, which is not verified.", self.browser.text("#claim"))
        self.assertIn("MODEL_VERSION_CREATED, as the body claims", self.browser.text("#facts"))
        # Who goes on before it is there does not see it at the next one.
        listen.deliver(model_version())
        self.wait_for(2)
        self.browser.run(f"{ROWS}[1].click()")
        self.select(0)
        self.assertFalse(self.browser.run("at('explanation').checkVisibility()"))
        self.assertEqual(self.browser.text("#signature-note"), "The signature matches.")
        self.assert_no_trouble()

    def test_the_signature_stands_beside_the_expected_one(self):
        listen = self.start()
        body = model_version("fraud", 7)
        genuine = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        wrong = f"{genuine[:5]}{'0' if genuine[5] != '0' else '1'}{genuine[6:]}"
        late = f"{genuine[:20]}{'0' if genuine[20] != '0' else '1'}{genuine[21:]}"
        cases = [
            (None, "The header x-databricks-signature is missing.", None),
            ("<img src=x onerror='trouble.push(1)'>", "The signature does not match. The first difference is at character 1.", 0),
            # Where exactly is not told: it could be guessed character by character.
            (late, "The signature does not match. The beginnings are equal, and the rest differs.", 12),
            (wrong, "The signature does not match. The first difference is at character 6.", 5),
        ]
        for received, _, _ in reversed(cases):
            self.assertEqual(listen.deliver(body, signature=received), 401, received)
        self.open(listen, 4)
        for place, (received, note, mark) in enumerate(cases):
            self.select(place)
            self.assertEqual(self.browser.text("#signature-note"), note)
            shown = self.browser.text("#signatures")
            self.assertIn(f"expected, secret 1 {genuine[:12]} … and 52 more that are not shown", shown)
            self.assertNotIn(genuine[:13], shown.replace(received or "", ""))
            if received:
                self.assertIn(f"received {received}", shown)
                self.assertEqual(self.browser.run("document.querySelector('#signatures mark').textContent"), received[mark])
            self.assertEqual(self.browser.run("at('signed').textContent"), body)
            self.browser.wait("it is explained", EXPLAINED)
        self.assertFalse(self.browser.run("document.documentElement.innerHTML.includes('" + genuine + "')"))
        self.assert_no_trouble()

    def test_judge_again(self):
        handler = Handler()
        self.addCleanup(handler.close)
        listen = self.start("--forward-to", handler.url)
        listen.kill()
        listen.secret = "a wrong secret"
        listen.restart()
        self.assertEqual(listen.deliver(model_version()), 401)
        self.open(listen, 1)
        self.select(0)
        self.browser.click("#judge")
        self.wait_until_seen("#trouble", "still refused: signature does not match any configured secret")
        self.browser.click("#trouble-close")
        listen.kill()
        listen.secret = SECRET
        self.browser.wait("the loss is seen", "at('connection').dataset.is === 'lost'")
        listen.restart()
        self.wait_until_live(1)
        self.browser.click("#judge")
        self.wait_until_seen("#announcement", "Delivery 1 verifies now.")
        self.browser.wait("it is shown", "at('detail-title').textContent === 'Delivery 1: verified'")
        self.assertIn("verified", self.seen()[0])
        self.assertFalse(self.browser.run("at('judge').checkVisibility() || at('explanation').checkVisibility()"))
        self.assertIn("after the secret was corrected", self.browser.text("#facts"))
        self.browser.click("#replay")
        self.browser.wait("the handler has it", "at('handled').textContent.includes('200')")
        self.assertEqual(len(handler.received), 1)

    def test_replay_with_an_edited_body(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version("fraud", 7))
        self.open(listen, 1)
        self.select(0)
        self.browser.click("#edit summary")
        self.browser.wait("the body is there", "at('edit-body').value.includes('fraud')")
        self.browser.run("at('edit-body').value = at('edit-body').value.replace('fraud', 'churn \\u00fc')")
        self.browser.click("#edit-send")
        self.wait_until_seen("#announcement", "Sent with another body: 200")
        _, headers, body = handler.received[1]
        self.assertEqual(body.decode(), self.browser.run("at('edit-body').value"))
        self.assertEqual(headers["x-databricks-signature"], hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest())
        self.browser.wait("it is kept", "at('handled').textContent.includes('edited replay')")
        self.assertFalse(self.browser.run(f"document.body.textContent.includes('{headers['x-databricks-signature'][:13]}')"))
        # A slash is typed, and goes to no search.
        self.browser.run("at('edit-body').focus()")
        self.browser.type("/")
        self.assertEqual(self.browser.run("document.activeElement.id"), "edit-body")
        # What a stranger wrote cannot be signed.
        listen.deliver(model_version(), forged=True)
        self.wait_for(2)
        self.select(0)
        self.assertFalse(self.browser.run("at('edit').checkVisibility()"))
        self.browser.wait("it is explained", EXPLAINED)
        self.assert_no_trouble()

    def test_copy_buttons(self):
        listen = self.start()
        body = model_version("fraud", 7)
        listen.deliver(body, forged=True)
        self.open(listen, 1)
        self.select(0)
        self.browser.wait("it is explained", EXPLAINED)
        buttons = self.browser.run("[...document.querySelectorAll('[data-copy]')].map((button) => button.dataset.copy)")
        for what in buttons:
            self.browser.click(f"[data-copy='{what}']")
            self.wait_until_seen("#announcement", f"Copied the {what}.")
            copied = self.browser.run("navigator.clipboard.readText()")
            expected = {"link": "#1", "explanation": "refused: ", "signed text": body + " ", "body": body + " ",
                        "headers": "x-databricks-signature: ", "command": "curl -gi"}[what]
            self.assertIn(expected, copied)
        self.assertEqual(len(buttons), 6)
        # Where the browser does not let a page copy, that is said.
        self.browser.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        self.browser.click("[data-copy=body]")
        self.wait_until_seen("#trouble", "only at localhost or 127.0.0.1")

    def test_a_test_delivery_is_sent(self):
        listen, handler = self.start_with_handler()
        self.open(listen, 0)
        self.browser.click("#test summary")
        self.browser.run("at('test-event').value = 'LINK_ARTIFACT'")
        self.browser.click("#test-send")
        self.wait_until_seen("#announcement", "The test delivery was answered 200.")
        self.wait_for(1)
        self.browser.wait("the row is whole", f"{ROWS}[0].textContent.includes('200 in')")
        self.assertRegex(self.seen()[0], r" wandb 200 in \d+ ms LINK_ARTIFACT")
        self.assertEqual(len(handler.received), 1)
        self.assert_no_trouble()
        # A page that other machines reach signs nothing.
        listen = self.start("--dangerous-open-page")
        self.open(listen, 0)
        self.browser.wait("all is loaded", "at('none-text').textContent.startsWith('None yet')")
        self.assertFalse(self.browser.run("at('test').checkVisibility()"))

    def test_the_filter_is_in_the_url(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version("fraud", 1))
        listen.deliver(model_version("churn", 2), forged=True)
        handler.status = 503
        listen.deliver('{"event_type": "LINK_ARTIFACT", "needle": "HayStack"}', sender="wandb")
        self.open(listen, 3)
        for control, wish, query, expected in [
            ("event", "MODEL_VERSION_CREATED", "event=MODEL_VERSION_CREATED", 2),
            ("status", "401", "event=MODEL_VERSION_CREATED&status=401", 1),
            ("event", "", "status=401", 1),
            ("status", "503", "status=503", 1),
            ("status", "", "", 3),
        ]:
            self.browser.run(f"at('{control}').value = '{wish}'; at('{control}').dispatchEvent(new Event('change'))")
            self.wait_for(expected)
            self.assertEqual(self.browser.run("location.search.slice(1)"), query)
        for query, expected in [("?event=LINK_ARTIFACT", 1), ("?status=401&verdict=refused", 1), ("?search=haystack", 1),
                                ("?sender=databricks", 2), ("?event=<img%20src=x>", 0), ("?status=503#3", 1)]:
            self.browser.open(listen.page + "/" + query)
            self.wait_until_live(expected)
        self.browser.wait("the permalink is followed", "at('detail-title').textContent === 'Delivery 3: verified'")
        self.assertEqual(self.browser.run("location.search + location.hash"), "?status=503#3")
        self.assert_no_trouble()

    def test_clear(self):
        listen = self.start()
        listen.deliver(model_version("fraud", 1))
        listen.deliver(model_version("churn", 2))
        self.open(listen, 2)
        self.select(0)
        self.browser.click("#clear")
        self.assertEqual(self.browser.run("document.activeElement.id"), "clear-no")
        self.browser.type("enter")
        self.assertEqual(len(self.seen()), 2)
        self.browser.click("#clear")
        self.browser.click("#clear-yes")
        self.wait_for(0)
        self.wait_until_seen("#announcement", "All deliveries were removed.")
        self.wait_until_seen("#detail-title", "Delivery 2 is not kept")
        self.assertEqual(listen.deliver(model_version("fraud", 3)), 204)
        self.wait_for(1)
        self.assertEqual(self.browser.run(f"{ROWS}[0].id"), "delivery-3")
        self.assert_no_trouble()

    def test_two_deliveries_are_compared(self):
        listen = self.start()
        listen.deliver(json.dumps({"event": "MODEL_VERSION_CREATED", "one": 1, "two": [1, 2], "last": "x"}), headers=[("x-extra", "a")])
        listen.deliver(json.dumps({"event": "MODEL_VERSION_CREATED", "one": 1, "two": [1, 3], "last": "x"}), headers=[("x-extra", "b")])
        listen.deliver(json.dumps({"event": "MODEL_VERSION_CREATED", "one": 1, "two": [1, 3], "last": "x"}), headers=[("x-extra", "b")])
        self.open(listen, 3)
        self.select(1)
        self.browser.run("at('compare').value = '1'; at('compare').dispatchEvent(new Event('change'))")
        self.browser.wait("they are compared", "at('comparison').checkVisibility()")
        self.assertIn("header x-extra b a", self.browser.text("#comparison-rows"))
        self.assertNotIn("content-type", self.browser.text("#comparison-rows"))
        marked = "[...document.querySelectorAll('#comparison-body [data-mark=\"%s\"]')].map((line) => line.textContent.trim()).join()"
        self.assertEqual(self.browser.run(marked % "-"), "-     3")
        self.assertEqual(self.browser.run(marked % "+"), "+     2")
        self.assertEqual(self.browser.run("location.search + location.hash"), "?compare=1#2")
        # The link shows the same again.
        self.browser.ask("/refresh", {})
        self.wait_until_live(3)
        self.browser.wait("they are compared", "at('comparison').checkVisibility()")
        self.assertEqual(self.browser.text("#comparison-title"), "Delivery 2 beside delivery 1")
        self.browser.run("at('compare').value = '3'; at('compare').dispatchEvent(new Event('change'))")
        self.browser.wait("the other is compared", "at('comparison-note').textContent === 'The bodies are equal, byte for byte.'")
        self.assertFalse(self.browser.run("at('comparison-body').checkVisibility()"))
        # As the longest common sequence has it, and far from a difference there is nothing.
        self.assertEqual(self.browser.run("difference([...'abcxef'], [...'abdef']).map((line) => line.join('')).join()"), " a, b,-c,-x,+d, e, f")
        self.assertEqual(self.browser.run("near(difference([...'0123456789'], [...'0123456789x'])).map((line) => line[1]).join('')"), "…789x")
        self.assert_no_trouble()

    def test_nothing_is_wider_than_a_phone(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version("x" * 200, 7))
        listen.deliver(model_version("y" * 200, 8), forged=True)
        self.browser.size(400, 800)
        self.addCleanup(self.browser.size)
        self.browser.open(listen.page + "/?compare=1#2")
        self.wait_until_live(2)
        self.browser.wait("it is explained", EXPLAINED)
        self.browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        wide = "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.closest('.unseen, .skip')" \
               " && one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 80))"
        self.assertEqual(self.browser.run(wide), [])
        self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), 400)
        # Who chooses a delivery sees it, and need not scroll past the list.
        self.browser.run(f"{ROWS}[1].click()")
        self.browser.wait("it is in sight", "Math.abs(at('detail').getBoundingClientRect().top) < 2")

    def test_what_is_said_is_seen(self):
        listen, handler = self.start_with_handler()
        listen.deliver(model_version())
        self.open(listen, 1)
        self.select(0)
        self.browser.click("[data-copy=command]")
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
            if self.browser.run("document.activeElement.dataset.copy") == "link":
                break
        self.browser.type("enter")
        self.wait_until_seen("#announcement", "Copied the link.")
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
            claim = json.dumps({"event_type": text[:2000], "project_name": text[:2000]})
            self.assertEqual(listen.deliver(claim, sender="wandb", forged=True), 401)
            expected += 4
        self.open(listen, expected)
        for place in range(expected):
            self.select(place)
            self.browser.wait("a refused one is explained", f"open.summary.verdict.is === 'verified' || {EXPLAINED}")
            self.browser.run("at('compare').selectedIndex = 1; at('compare').dispatchEvent(new Event('change'))")
            self.browser.wait("it is compared", "at('comparison').checkVisibility()")
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
        self.addCleanup(self.browser.size)
        for scheme, width in [("light", 1280), ("dark", 1280), ("light", 400), ("dark", 400)]:
            self.browser.colours(scheme)
            self.browser.size(width, 900)
            self.open(listen, 2)
            for place in [0, 1]:
                self.select(place)
                self.browser.wait("a refused one is explained", f"open.summary.verdict.is === 'verified' || {EXPLAINED}")
                self.browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
                self.browser.run("at('compare').selectedIndex = 1; at('compare').dispatchEvent(new Event('change'))")
                self.browser.wait("it is compared", "at('comparison').checkVisibility()")
                self.browser.click("[data-copy=link]")
                self.browser.run("complain('An error.')")
                # It notes all it sees by markup of its own, which the policy would stop.
                self.browser.devtools("Page.setBypassCSP", enabled=True)
                self.browser.run(axe + ";0")
                found = self.browser.run("axe.run().then((found) => found.violations.map((one) =>"
                                         " one.id + ': ' + one.nodes.map((node) => node.html).join(' ')))")
                self.browser.devtools("Page.setBypassCSP", enabled=False)
                self.assertEqual(found, [], f"{scheme}, {width}")

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
            self.browser.wait("a refused one is explained", f"open.summary.verdict.is === 'verified' || {EXPLAINED}")
            self.browser.screenshot(pathlib.Path(folder) / f"listen-{scheme}.png")


if __name__ == "__main__":
    unittest.main(verbosity=2)
