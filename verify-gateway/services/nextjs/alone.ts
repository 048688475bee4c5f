// app/webhooks/route.ts: MLflow's webhooks, verified by this process itself. Repetitions are not recognised.
import { createHmac, timingSafeEqual } from "node:crypto";

// The bytes as they came, before any parser: neither `request.json()` nor `request.text()`.
async function rawBody(request: Request, limit: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function POST(request: Request): Promise<Response> {
  const secret = process.env.MLFLOW_WEBHOOK_SECRET;
  if (!secret) throw new Error("MLFLOW_WEBHOOK_SECRET is not set");
  // Node.js makes one value of a header that is doubled, which is no signature then.
  const names = ["signature", "delivery-id", "timestamp"];
  const [signature, id, signedAt] = names.map((name) => request.headers.get(`x-mlflow-${name}`) ?? "");
  const isSound = /^[!-\-/-~]{1,64}$/.test(id) && /^[1-9][0-9]{0,18}$/.test(signedAt);
  const isFresh = Math.abs(Math.floor(Date.now() / 1000) - Number(signedAt)) <= 300;
  if (!isSound || !isFresh) return new Response(null, { status: 401 });
  const body = await rawBody(request, 4 * 1024 * 1024);
  if (!body) return new Response(null, { status: 413 });
  const mac = createHmac("sha256", secret).update(`${id}.${signedAt}.`).update(body);
  const [expected, claimed] = [`v1,${mac.digest("base64")}`, signature].map((text) => Buffer.from(text));
  const isGenuine = expected.length === claimed.length && timingSafeEqual(expected, claimed);
  if (!isGenuine) return new Response(null, { status: 401 });
  console.log(body.toString());
  return new Response(null, { status: 204 });
}
