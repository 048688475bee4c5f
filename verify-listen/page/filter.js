// Which deliveries are seen. What is asked for is in the URL, so that it can be sent to others.

// What the handler said last, or without one what the sender was answered.
function statusOf({ verdict, handled }) {
  const last = handled.at(-1)?.outcome;
  if (last) return last.answered ? `${last.answered.status}` : 'no answer';
  if (verdict.status) return `${verdict.status}`;
  return about.forward_to === null ? '204' : '';
}

// Each is a control of this id, and a part of the URL.
const FILTERS = {
  verdict: ({ verdict }) => verdict.is,
  sender: ({ sender }) => sender,
  event: ({ event }) => event ?? '',
  status: statusOf,
};

const isWanted = (summary) => (found?.has(summary.id) ?? true)
  && Object.entries(FILTERS).every(([id, of]) => at(id).value === '' || at(id).value === of(summary));

// Offers what there is, and keeps what is chosen.
function offer(id, values) {
  const wish = at(id).value;
  const all = ['', ...new Set([...values, wish].filter((value) => value !== '').sort())];
  if (all.join('\n') === [...at(id).options].map((option) => option.value).join('\n')) return;
  at(id).replaceChildren(...all.map((value) => make('option', shownOnOneLine(value) || 'all', { value })));
  at(id).value = wish;
}

function offerAll() {
  const all = [...deliveries.values()];
  offer('sender', [...about.deliver_to.map((url) => url.split('/').at(-1)), ...all.map(FILTERS.sender)]);
  offer('event', all.map(FILTERS.event));
  offer('status', all.map(FILTERS.status));
}

function remember() {
  const asked = new URLSearchParams();
  for (const id of ['search', ...Object.keys(FILTERS), 'compare']) {
    if (at(id).value !== '') asked.set(id, at(id).value);
  }
  const query = asked.size ? `?${asked}` : location.pathname;
  history.replaceState(null, '', `${query}${selected === null ? location.hash : `#${selected}`}`);
}

// What the URL asks for may not be among what there is.
function recall() {
  const asked = new URLSearchParams(location.search);
  at('search').value = asked.get('search') ?? '';
  for (const id of Object.keys(FILTERS)) {
    const wish = asked.get(id) ?? '';
    if (![...at(id).options].some((option) => option.value === wish)) {
      at(id).append(make('option', shownOnOneLine(wish), { value: wish }));
    }
    at(id).value = wish;
  }
}

const visible = () => [...at('list').children].filter((row) => !row.hidden);

function filter() {
  for (const [id, row] of rows) row.hidden = !isWanted(deliveries.get(id));
  const seen = visible();
  at('count').textContent = seen.length === rows.size ? rows.size : `${seen.length} of ${rows.size}`;
  at('clear').disabled = rows.size === 0;
  // One row is reached by Tab, the others by the arrow keys.
  const current = seen.find((row) => row === rows.get(selected)) ?? seen[0];
  for (const row of rows.values()) row.tabIndex = row === current ? 0 : -1;
  at('none').hidden = seen.length > 0;
  at('none-urls').hidden = rows.size > 0;
  at('none-help').hidden = rows.size > 0;
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

const searchSoon = soon(search, 150);
document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
at('search').addEventListener('input', () => {
  remember();
  searchSoon();
});
for (const id of Object.keys(FILTERS)) {
  at(id).addEventListener('change', () => {
    remember();
    filter();
  });
}
recall();
