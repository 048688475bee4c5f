const at = (id) => document.getElementById(id);

// Makes an element with text in it; never with markup.
function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Says what was done, for a while.
let silence = null;
function say(text) {
  clearTimeout(silence);
  at('announcement').textContent = text;
  silence = setTimeout(() => { at('announcement').textContent = ''; }, 8000);
}

// Says what went wrong, until somebody has seen it.
function complain(text) {
  at('trouble-text').textContent = text;
  at('trouble').hidden = false;
}

at('trouble-close').addEventListener('click', () => { at('trouble').hidden = true; });

async function ask(path, method = 'GET', body = undefined) {
  const answer = await fetch(path, { method, body }).catch(() => {
    throw new Error('`verify listen` does not answer: is it still running?');
  });
  const json = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(json.error), { status: answer.status });
  return json;
}

const deliveries = new Map(); // Summaries by number.
const rows = new Map(); // Their rows.
let about = { deliver_to: [], events: [], forward_to: null, keep: Infinity, may_sign: false };
let selected = null; // A number.
let open = null; // What is shown of it.
let found = null; // The numbers that the search found, or `null` without a search.

function outcome(handled) {
  const { answered, failed } = handled.outcome;
  return answered ? `${answered.status} in ${handled.millis} ms` : failed;
}

const hasFailed = (handled) => !(handled.outcome.answered?.status < 400);

const numberOf = (row) => Number(row.id.replace('delivery-', ''));

// Acts once for what happens within a while.
function soon(act, millis) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act().catch((error) => complain(error.message));
    }, millis);
  };
}

