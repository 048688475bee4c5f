// Signs the deliveries of cases.json with the official npm package `standardwebhooks` 1.1.1.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));
for (const one of cases) {
  one.signature = new Webhook(one.secret).sign(one.id, new Date(one.timestamp * 1000), one.body);
}
console.log(JSON.stringify(cases, null, 1));
