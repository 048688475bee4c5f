// The list.

// Our own text quotes names `so`. What was verified is the sender's text, and stays as it is.
function showSubject({ verdict, subject: text }, attributes = {}) {
  const element = make('span', '', attributes);
  const parts = verdict.is === 'refused' ? shownOnOneLine(text).split(/`([^`]+)`/) : [shownOnOneLine(text)];
  element.append(...parts.map((part, place) => (place % 2 === 1 ? make('code', part) : part)));
  return element;
}

function fill(row, summary) {
  const last = summary.handled.at(-1);
  const said = last ? outcome(last) : summary.verdict.status ?? '';
  row.replaceChildren(
    relative(summary.received_at), ' ',
    make('span', summary.verdict.is, { class: 'verdict', 'data-is': summary.verdict.is }), ' ',
    make('span', shownOnOneLine(summary.sender), { class: 'sender' }), ' ',
    make('span', said, { class: last && hasFailed(last) ? 'outcome failed' : 'outcome' }), ' ',
    showSubject(summary, { class: 'subject', dir: 'ltr' }),
  );
  if (summary.claim) row.append(' ', make('span', shownOnOneLine(`says ${summary.claim}`), { class: 'subject claim', dir: 'ltr' }));
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
  if (id === selected) showGone(id);
}

// As the store does: so many of each verdict.
function dropOldest(verdict) {
  const same = [...deliveries.values()].filter((summary) => summary.verdict.is === verdict);
  const oldest = same.map((summary) => summary.id).sort((a, b) => a - b);
  oldest.slice(0, Math.max(0, oldest.length - about.keep)).forEach(drop);
}
