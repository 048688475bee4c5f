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
  if (selected === null) selectNamed();
}

// What the part of the URL after `#` names.
function selectNamed() {
  const named = location.hash.slice(1);
  if (rows.has(Number(named))) select(Number(named), false);
  else if (named) showGone(shownOnOneLine(decodeURI(named).slice(0, 40)));
}
addEventListener('hashchange', selectNamed);

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
  at('news').textContent = (`${unsaid.new} new, ${unsaid.refused} refused`);
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
  loading = loading.then(load).catch((error) => complain(error.message));
}
live.addEventListener('open', () => {
  connect('live', 'live');
  loadOrSay();
});
live.addEventListener('error', () => connect('lost', 'connection lost, trying again'));
live.addEventListener('missed', loadOrSay);
live.addEventListener('message', (event) => onDelivery(JSON.parse(event.data)));
