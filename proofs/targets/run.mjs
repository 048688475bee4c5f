// Has the WebAssembly module judge the deliveries of the fixtures: each is read as it was sent, and refused
// with one byte more. `node run.mjs <module>`
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

const SENDERS = ["databricks", "mlflow", "standard-webhooks", "wandb"];
const [READ, REFUSED] = [0, 2];
const fixtures = new URL("../../verify-core/tests/fixtures/", import.meta.url);

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
assert.deepEqual(WebAssembly.Module.imports(module), []);

function receive(sender, { secret, received_at, headers }, body) {
  // Its memory is never freed, so each delivery gets an instance of its own.
  const { input, memory, receive } = new WebAssembly.Instance(module).exports;
  const head = headers.map(([name, value]) => `${name}:${value}\n`).join("");
  const delivery = Buffer.concat([Buffer.from(`${secret ?? "unsigned"}\n${head}\n`), body]);
  new Uint8Array(memory.buffer).set(delivery, input());
  return receive(SENDERS.indexOf(sender), BigInt(received_at), delivery.length);
}

let count = 0;
for (const sender of SENDERS) {
  for (const file of readdirSync(new URL(sender, fixtures))) {
    const fixture = JSON.parse(readFileSync(new URL(`${sender}/${file}`, fixtures)));
    const body = Buffer.from(fixture.body_base64, "base64");
    const expected = fixture.secret === null ? REFUSED : READ;
    assert.equal(receive(sender, fixture, body), expected, file);
    assert.equal(receive(sender, fixture, Buffer.concat([body, Buffer.from("\n")])), REFUSED, file);
    count += 1;
  }
}
console.log(`no imports; ${count} deliveries judged as they should be`);
