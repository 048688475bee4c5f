// Live.

// While a list is on its way: what came since it was asked for, of which it knows less.
let newer = null;

async function load() {
  about = await ask('/api/about');
  at('about').textContent = about.forward_to ? `forwards to ${about.forward_to}` : '';
  offerTests();
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

// The one to compare with is named once: what is chosen later goes on.
let namedComparison = new URLSearchParams(location.search).get('compare') ?? '';

// What the part of the URL after `#` names.
function selectNamed() {
  const named = location.hash.slice(1);
  if (rows.has(Number(named))) {
    offerComparison(namedComparison);
    namedComparison = '';
    select(Number(named), false);
  } else if (named) showGone(shownOnOneLine(named.slice(0, 40)));
}
addEventListener('hashchange', selectNamed);

function merge(all) {
  const kept = new Set(all.map((summary) => summary.id));
  [...deliveries.keys()].filter((id) => !kept.has(id) && !newer.has(id)).forEach(drop);
  all.reverse().filter((summary) => !newer.has(summary.id)).forEach(put);
  new Set(all.map((summary) => summary.verdict.is)).forEach(dropOldest);
  offerAll();
}

const unsaid = { new: 0, refused: 0 };
const sayNew = soon(async () => {
  at('news').textContent = `${unsaid.new} new, ${unsaid.refused} refused`;
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
  offerAll();
  if (open?.summary.id === summary.id) {
    const isJudged = summary.verdict.is !== open.summary.verdict.is;
    open.summary = summary;
    if (isJudged) show(summary.id).catch((error) => complain(error.message));
    else showHandled(summary);
  }
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
