const at = (id) => document.getElementById(id);

// Makes an element with text in it; never with markup.
function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function say(text) {
  at('announcement').textContent = text;
}

async function ask(path, method = 'GET') {
  const answer = await fetch(path, { method });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error);
  return json;
}

const deliveries = new Map(); // Summaries by number.
const rows = new Map(); // Their rows.
let about = { deliver_to: [], forward_to: null, keep: Infinity };
let selected = null; // A number.
let open = null; // What is shown of it.
let found = null; // The numbers that the search found, or `null` without a search.

const time = (millis) => new Date(millis).toLocaleTimeString([], { hour12: false });

function outcome(handled) {
  const { answered, failed } = handled.outcome;
  return answered ? `${answered.status} in ${handled.millis} ms` : failed;
}

const hasFailed = (handled) => !(handled.outcome.answered?.status < 400);

const numberOf = (row) => Number(row.id.replace('delivery-', ''));

// The list.

function fill(row, summary) {
  const last = summary.handled.at(-1);
  const said = last ? outcome(last) : summary.verdict.status ?? '';
  row.replaceChildren(
    make('time', time(summary.received_at)), ' ',
    make('span', summary.verdict.is, { class: 'verdict', 'data-is': summary.verdict.is }), ' ',
    make('span', said, { class: last && hasFailed(last) ? 'outcome failed' : 'outcome' }), ' ',
    make('span', shownOnOneLine(`${summary.sender} ${summary.subject}`), { class: 'subject', dir: 'ltr' }),
  );
}

function put(summary) {
  const isNew = !deliveries.has(summary.id);
  deliveries.set(summary.id, summary);
  if (isNew) {
    const row = make('li', '', { role: 'option', 'aria-selected': 'false', tabindex: '-1' });
    row.id = `delivery-${summary.id}`;
    rows.set(summary.id, row);
    const older = [...at('list').children].find((other) => numberOf(other) < summary.id);
    at('list').insertBefore(row, older ?? null);
  }
  fill(rows.get(summary.id), summary);
  return isNew;
}

function drop(id) {
  rows.get(id).remove();
  rows.delete(id);
  deliveries.delete(id);
}

// As the store does: so many of each verdict.
function dropOldest(verdict) {
  const same = [...deliveries.values()].filter((summary) => summary.verdict.is === verdict);
  const oldest = same.map((summary) => summary.id).sort((a, b) => a - b);
  oldest.slice(0, Math.max(0, oldest.length - about.keep)).forEach(drop);
}

function isWanted({ id, verdict, sender }) {
  const wanted = [[at('verdict').value, verdict.is], [at('sender').value, sender]];
  return wanted.every(([wish, is]) => wish === '' || wish === is) && (found?.has(id) ?? true);
}

const visible = () => [...at('list').children].filter((row) => !row.hidden);

function filter() {
  for (const [id, row] of rows) row.hidden = !isWanted(deliveries.get(id));
  const seen = visible();
  at('count').textContent = seen.length === rows.size ? rows.size : `${seen.length} of ${rows.size}`;
  // One row is reached by Tab, the others by the arrow keys.
  const current = seen.find((row) => row === rows.get(selected)) ?? seen[0];
  for (const row of rows.values()) row.tabIndex = row === current ? 0 : -1;
  at('none').hidden = seen.length > 0;
  at('none-urls').hidden = rows.size > 0;
  at('none-text').textContent = rows.size ? 'None of them fits.' : 'None yet. Senders deliver to';
}

async function search() {
  const text = at('search').value;
  const ids = text ? new Set((await ask(`/api/search?text=${encodeURIComponent(text)}`)).ids) : null;
  // Unless more was typed in the meantime.
  if (text !== at('search').value) return;
  found = ids;
  filter();
}

// Acts once for what happens within a while.
function soon(act, millis) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act().catch((error) => say(error.message));
    }, millis);
  };
}

// One delivery.

function facts({ summary }) {
  const { verdict } = summary;
  const signed = verdict.signed_at && new Date(verdict.signed_at * 1000).toISOString();
  return [
    ['sender', summary.sender],
    ['received', new Date(summary.received_at).toISOString()],
    ['request', `${summary.method} ${summary.path}`],
    ['answered', verdict.status],
    ['code', verdict.code],
    ['secret', verdict.secret],
    ['signature', verdict.encoding],
    ['delivery id', verdict.delivery_id],
    ['signed at', signed && `${signed}, ${Math.abs(verdict.skew)} s ${verdict.skew < 0 ? 'after' : 'before'} it was received`],
    ['replay key', verdict.replay_key],
  ].filter(([, value]) => value !== undefined && value !== null);
}

function showHandled({ handled, verdict }) {
  at('handler').hidden = handled.length === 0;
  at('handled').replaceChildren(...handled.map((one) => {
    const row = document.createElement('tr');
    const body = one.outcome.answered?.body;
    const said = one.outcome.answered?.status ?? one.outcome.failed;
    row.append(
      make('td', time(one.at)), make('td', one.is_replay ? 'replay' : 'delivery'),
      make('td', shown(body ? `${said}\n${body}` : `${said}`), hasFailed(one) ? { class: 'failed' } : {}),
      make('td', `${one.millis} ms`));
    return row;
  }));
  const isRefused = verdict.is === 'refused';
  at('replay').disabled = isRefused || about.forward_to === null;
  at('replay-note').textContent = isRefused ? 'Refused deliveries are given to no handler.'
    : about.forward_to === null ? 'Replay needs --forward-to.' : '';
}

function showBody() {
  const isIndented = at('pretty').getAttribute('aria-pressed') === 'true';
  at('body').textContent = shownBody(open.body, isIndented);
}

async function show(id) {
  const shownNow = await ask(`/api/deliveries/${id}`);
  // Unless another was selected in the meantime.
  if (id !== selected) return;
  open = shownNow;
  const { summary, headers, curl } = open;
  at('detail-title').textContent = `Delivery ${id}: ${summary.verdict.is}`;
  at('reason').textContent = shownOnOneLine(summary.subject);
  at('facts').replaceChildren(...facts(open).flatMap(([name, value]) =>
    [make('dt', name), make('dd', shownOnOneLine(`${value}`))]));
  at('headers').replaceChildren(...headers.map(([name, value]) => {
    const row = document.createElement('tr');
    row.append(make('th', shownOnOneLine(name), { scope: 'row' }), make('td', shownOnOneLine(value)));
    return row;
  }));
  at('body-note').textContent =
    `${summary.body_len} bytes${summary.is_cut_off ? ', and the rest did not come or was not read' : ''}`;
  at('curl').textContent = shown(curl);
  at('capture').href = `/api/deliveries/${id}/capture`;
  at('explanation').hidden = true;
  at('hint').hidden = true;
  at('delivery').hidden = false;
  showHandled(summary);
  showBody();
}

function select(id, focus = true) {
  rows.get(selected)?.setAttribute('aria-selected', 'false');
  selected = id;
  const row = rows.get(id);
  row.setAttribute('aria-selected', 'true');
  for (const other of rows.values()) other.tabIndex = other === row ? 0 : -1;
  if (focus) row.focus();
  history.replaceState(null, '', `#${id}`);
  show(id).catch((error) => say(error.message));
}

at('list').addEventListener('click', (event) => {
  const row = event.target.closest('li');
  if (row) select(numberOf(row));
});

at('list').addEventListener('keydown', (event) => {
  const seen = visible();
  const here = seen.indexOf(document.activeElement);
  const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: seen.length - 1,
    Enter: here, ' ': here }[event.key];
  if (there === undefined) return;
  event.preventDefault();
  // The one that Tab came to is not selected yet: the first key selects it.
  const isFirst = event.key === 'ArrowDown' && seen[here] !== rows.get(selected);
  const row = seen[isFirst ? here : there];
  if (row) select(numberOf(row));
});

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.matches('input, select');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    at('search').focus();
  } else if (event.key === 'ArrowDown' && event.target === at('search')) {
    event.preventDefault();
    visible()[0]?.focus();
  }
});

at('explain').addEventListener('click', async () => {
  const id = selected;
  const { text } = await ask(`/api/deliveries/${id}/explain`, 'POST');
  if (id !== selected) return;
  at('explanation-text').textContent = shown(text);
  at('explanation').hidden = false;
  say(`Explanation: ${shownOnOneLine(text)}`);
});

at('replay').addEventListener('click', async () => {
  const { handled } = await ask(`/api/deliveries/${selected}/replay`, 'POST');
  say(`Replayed: ${shownOnOneLine(outcome(handled))}`);
});

at('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(open.curl);
  say('Copied the command.');
});

at('pretty').addEventListener('click', () => {
  const isPressed = at('pretty').getAttribute('aria-pressed') === 'true';
  at('pretty').setAttribute('aria-pressed', `${!isPressed}`);
  showBody();
});

addEventListener('unhandledrejection', (event) => say(event.reason.message));

// Live.

const searchSoon = soon(search, 150);
document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
at('search').addEventListener('input', searchSoon);
at('verdict').addEventListener('change', filter);
at('sender').addEventListener('change', filter);

// While a list is on its way: what came since it was asked for, of which it knows less.
let newer = null;

async function load() {
  about = await ask('/api/about');
  at('about').textContent = about.forward_to ? `hands on to ${about.forward_to}` : '';
  at('none-urls').replaceChildren(...about.deliver_to.map((url) => make('li', url)));
  newer = new Set();
  try {
    const { deliveries: all } = await ask('/api/deliveries');
    merge(all);
  } finally {
    newer = null;
  }
  await search();
  const named = Number(location.hash.slice(1));
  if (selected === null && rows.has(named)) select(named, false);
}

function merge(all) {
  const senders = about.deliver_to.map((url) => url.split('/').at(-1));
  all.forEach((summary) => senders.includes(summary.sender) || senders.push(summary.sender));
  const wish = at('sender').value;
  at('sender').replaceChildren(make('option', 'all', { value: '' }),
    ...senders.map((sender) => make('option', sender, { value: sender })));
  at('sender').value = wish;
  const kept = new Set(all.map((summary) => summary.id));
  [...deliveries.keys()].filter((id) => !kept.has(id) && !newer.has(id)).forEach(drop);
  all.reverse().filter((summary) => !newer.has(summary.id)).forEach(put);
  new Set(all.map((summary) => summary.verdict.is)).forEach(dropOldest);
}

const unsaid = { new: 0, refused: 0 };
const sayNew = soon(async () => {
  say(`${unsaid.new} new, ${unsaid.refused} refused`);
  Object.assign(unsaid, { new: 0, refused: 0 });
}, 500);

function onDelivery(summary) {
  newer?.add(summary.id);
  if (put(summary)) {
    dropOldest(summary.verdict.is);
    unsaid.new += 1;
    unsaid.refused += summary.verdict.is === 'refused' ? 1 : 0;
    sayNew();
  }
  if (summary.id === selected && open) showHandled(summary);
  if (at('search').value) searchSoon();
  filter();
}

function connect(state, text) {
  at('connection').dataset.is = state;
  at('connection').textContent = text;
}

const live = new EventSource('/api/live');
// One after the other: the list of one that is overtaken would undo what is shown.
let loading = Promise.resolve();
function loadOrSay() {
  loading = loading.then(load).catch((error) => say(error.message));
}
live.addEventListener('open', () => {
  connect('live', 'live');
  loadOrSay();
});
live.addEventListener('error', () => connect('lost', 'connection lost, trying again'));
live.addEventListener('missed', loadOrSay);
live.addEventListener('message', (event) => onDelivery(JSON.parse(event.data)));
