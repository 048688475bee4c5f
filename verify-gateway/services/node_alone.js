// Sends the vectors on standard input to a service that verifies by itself: `node node_alone.js FRAMEWORK`. The service
// runs in this process, behind Node's own HTTP server, so that secret and clock are those of the vectors.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";

const LIMIT = 4 * 1024 * 1024;
const OWN = ["host", "connection", "content-length", "transfer-encoding"];

process.env.MLFLOW_WEBHOOK_SECRET = "to be replaced";
const services = {
  express: async () => (await import("./express/alone.js")).app,
  nextjs: async () => {
    const { default: next } = await import("next");
    const app = next({ dev: false, dir: "nextjs" });
    await app.prepare();
    return app.getRequestHandler();
  },
};
const paths = { express: "/webhooks", nextjs: "/alone" };
const framework = process.argv[2];
const print = console.log;
console.log = () => {};
const server = createServer(await services[framework]());
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

function ask(headers, body) {
  const lines = headers.filter(([name]) => !OWN.includes(name.toLowerCase())).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${paths[framework]} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(server.address().port, "127.0.0.1");
    let answer = "";
    // What is too large is answered before all of it is sent, so writing it may fail.
    socket.on("error", () => {});
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("close", () => resolve(Number(answer.split(" ")[1])));
    socket.setTimeout(60_000, () => reject(new Error("no answer")));
    socket.write(Buffer.concat([Buffer.from(head + lines.join("") + "\r\n", "latin1"), body]));
  });
}

const clock = Date.now;
const wrong = [];
let [tried, left] = [0, 0];
for (const test of JSON.parse(readFileSync(0, "utf8"))) {
  const secret = Buffer.from(test.secret_base64, "base64");
  process.env.MLFLOW_WEBHOOK_SECRET = secret.toString();
  const valueOf = (header) => (header.value_base64 ? Buffer.from(header.value_base64, "base64") : Buffer.from(header.value));
  const headers = test.headers.map((header) => [header.name, valueOf(header).toString("latin1")]);
  // A variable holds neither NUL nor what is no UTF-8, and HTTP takes spaces away at the ends of a value.
  const isSettable = Buffer.from(process.env.MLFLOW_WEBHOOK_SECRET).equals(secret);
  if (!isSettable || headers.some(([, value]) => /^[ \t]|[ \t]$/.test(value))) {
    left += 1;
    continue;
  }
  Date.now = () => test.now * 1000;
  const status = await ask(headers, Buffer.from(test.body_base64, "base64"));
  Date.now = clock;
  // 400: what Node's parser says of a header that is none.
  const expected = { valid: [204], invalid: [400, 401, 413], acceptable: [status] }[test.result];
  if (!expected.includes(status)) wrong.push(`${test.tcId} ${test.comment}: ${status}, ${test.result}`);
  tried += 1;
}

// The largest body, and one byte more.
process.env.MLFLOW_WEBHOOK_SECRET = "a secret";
for (const [length, expected] of [[LIMIT, 204], [LIMIT + 1, 413]]) {
  const [body, signedAt] = [Buffer.alloc(length, " "), Math.floor(clock() / 1000)];
  const tag = createHmac("sha256", "a secret").update(`an-id.${signedAt}.`).update(body).digest("base64");
  const headers = { "x-mlflow-signature": `v1,${tag}`, "x-mlflow-delivery-id": "an-id", "x-mlflow-timestamp": signedAt };
  const status = await ask(Object.entries(headers), body);
  if (status !== expected) wrong.push(`${length} bytes: ${status}`);
}

print(JSON.stringify({ tried, left, wrong }));
process.exit();
