// A receiver as its documentation would have it: express, the raw body, crypto. Prints its port.
'use strict';
const crypto = require('crypto');
const express = require('express');

const app = express();
const secret = process.env.BENCH_SECRET;
app.post('/hook', express.raw({ type: () => true, limit: '4mb' }), (request, response) => {
  const given = Buffer.from(request.get('x-databricks-signature') ?? '', 'hex');
  const expected = crypto.createHmac('sha256', secret).update(request.body).digest();
  const accepted = given.length === 32 && crypto.timingSafeEqual(given, expected);
  response.status(accepted ? 204 : 401).end();
});
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
