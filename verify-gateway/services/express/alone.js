// MLflow's webhooks, verified by this process itself. Repetitions are not recognised.
import { createHmac, timingSafeEqual } from "node:crypto";
import express from "express";

if (!process.env.MLFLOW_WEBHOOK_SECRET) throw new Error("MLFLOW_WEBHOOK_SECRET is not set");
export const app = express();
// The bytes as they came: no `express.json()` stands before this, and nothing is decompressed.
const raw = express.raw({ type: () => true, limit: 4 * 1024 * 1024, inflate: false });

function isGenuine(request, body) {
  // Node.js makes one value of a header that is doubled, which is no signature then.
  const names = ["signature", "delivery-id", "timestamp"];
  const [signature, id, signedAt] = names.map((name) => request.get(`x-mlflow-${name}`) ?? "");
  const isSound = /^[!-\-/-~]{1,64}$/.test(id) && /^[1-9][0-9]{0,18}$/.test(signedAt);
  if (!isSound || Math.abs(Math.floor(Date.now() / 1000) - Number(signedAt)) > 300) return false;
  const mac = createHmac("sha256", process.env.MLFLOW_WEBHOOK_SECRET).update(`${id}.${signedAt}.`).update(body);
  const [expected, claimed] = [`v1,${mac.digest("base64")}`, signature].map((text) => Buffer.from(text));
  return expected.length === claimed.length && timingSafeEqual(expected, claimed);
}

app.post("/webhooks", raw, (request, response) => {
  const body = request.body ?? Buffer.alloc(0);
  if (!isGenuine(request, body)) return response.sendStatus(401);
  console.log(body.toString());
  response.sendStatus(204);
});

if (process.env.PORT) app.listen(process.env.PORT, "127.0.0.1");
