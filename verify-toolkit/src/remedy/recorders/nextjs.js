// app/webhooks/route.js. Take the body from `body` afterwards: a request is read once.
import { writeFileSync } from "node:fs";

export async function POST(request) {
  const [body, url] = [Buffer.from(await request.arrayBuffer()), new URL(request.url)];
  const taken = { origin: "nextjs", method: request.method, path: url.pathname + url.search, headers: [...request.headers],
                  body_base64: body.toString("base64") };
  writeFileSync("delivery.json", JSON.stringify(taken));
  return new Response(null, { status: 204 });
}
