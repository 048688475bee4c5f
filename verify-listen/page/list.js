// The list.

function fill(row, summary) {
  const last = summary.handled.at(-1);
  const said = last ? outcome(last) : summary.verdict.status ?? '';
  row.replaceChildren(
    relative(summary.received_at), ' ',
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

