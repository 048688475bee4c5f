// Before every other app.use, also before express.json().
app.use(express.raw({ type: () => true, limit: "8mb" }), (request, response, next) => {
  const headers = request.rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [[name, all[at + 1]]]));
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const taken = { origin: "express", method: request.method, path: request.originalUrl, headers, body_base64: body.toString("base64") };
  require("node:fs").writeFileSync("delivery.json", JSON.stringify(taken));
  next();
});
