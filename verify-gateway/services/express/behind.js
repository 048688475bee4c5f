import express from "express";

const app = express();

// Without this limit Express answers 413 to what is larger than 100 kB, which loses a delivery.
app.post("/webhooks", express.json({ limit: "4mb" }), (request, response) => {
  const { "verify-sender": sender, "verify-key": key, "verify-attempt": attempt } = request.headers;
  console.log(sender, key, attempt, request.body);
  response.sendStatus(204);
});

app.listen(process.env.PORT ?? 8000, "127.0.0.1");
