// One delivery.

function facts({ summary }) {
  const { verdict } = summary;
  return [
    ['sender', summary.sender],
    ['event', summary.event && (verdict.is === 'verified' ? summary.event : `${summary.event}, as the body claims`)],
    ['received', moment(summary.received_at)],
    ['request', `${summary.method} ${summary.path}`],
    ['answered', verdict.status],
    ['code', verdict.code],
    ['judged again', summary.is_judged_again ? 'it was refused when it came, and verified after the secret was corrected' : null],
    ['secret', verdict.secret],
    ['signature', verdict.encoding],
    ['delivery id', verdict.delivery_id],
    ['signed at', verdict.signed_at && `${absolute(verdict.signed_at * 1000)}, ${Math.abs(verdict.skew)} s ${
      verdict.skew < 0 ? 'after' : 'before'} it was received`],
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
      moment(one.at, 'td'), make('td', one.is_edited ? 'edited replay' : one.is_replay ? 'replay' : 'delivery'),
      make('td', shown(body ? `${said}\n${body}` : `${said}`), hasFailed(one) ? { class: 'failed' } : {}),
      make('td', `${one.millis} ms`));
    return row;
  }));
  const isRefused = verdict.is === 'refused';
  at('judge').hidden = !isRefused;
  at('edit').hidden = isRefused || about.forward_to === null || !about.may_sign || open.body.text === undefined;
  at('replay').disabled = isRefused || about.forward_to === null;
  at('replay-note').textContent = isRefused ? 'A refused delivery is not replayed.'
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
  at('reason').replaceChildren(showSubject(summary));
  at('claim').hidden = !summary.claim;
  at('claim').textContent = shownOnOneLine(`The body says ${summary.claim}, which is not verified.`);
  at('facts').replaceChildren(...facts(open).flatMap(([name, value]) =>
    [make('dt', name), value instanceof Node ? value : make('dd', shownOnOneLine(`${value}`))]));
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
  at('edit-body').value = open.body.text ?? '';
  at('hint').hidden = true;
  at('gone').hidden = true;
  at('delivery').hidden = false;
  showHandled(summary);
  showBody();
  showSignature();
  await Promise.all([compare(), summary.verdict.is === 'refused' ? explain(id) : null]);
}

// Of a permalink, and of what was pushed out while the page had it.
function showGone(id) {
  if (id === selected) selected = null;
  open = null;
  at('delivery').hidden = true;
  at('hint').hidden = true;
  at('detail-title').textContent = `Delivery ${id} is not kept`;
  at('gone').hidden = false;
}

function select(id, focus = true) {
  rows.get(selected)?.setAttribute('aria-selected', 'false');
  selected = id;
  const row = rows.get(id);
  row.setAttribute('aria-selected', 'true');
  for (const other of rows.values()) other.tabIndex = other === row ? 0 : -1;
  if (focus) row.focus();
  offerComparison();
  remember();
  show(id).catch((error) => (error.status === 404 ? showGone(id) : complain(error.message)));
}

at('list').addEventListener('click', (event) => {
  const row = event.target.closest('li');
  if (!row) return;
  select(numberOf(row));
  // On a narrow page the delivery is below the list.
  if (getComputedStyle(at('list')).maxHeight !== 'none') at('detail').scrollIntoView();
});

// In the list, and wherever the arrow keys do nothing else, as they do right after the page was loaded.
document.addEventListener('keydown', (event) => {
  if (!event.target.closest('#list') && event.target !== document.body) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const seen = visible();
  const current = event.target.closest('li') ?? rows.get(selected);
  const here = seen.indexOf(current);
  const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: seen.length - 1,
    Enter: here, ' ': here }[event.key];
  if (there === undefined || (event.target === document.body && there === here)) return;
  // The one that Tab came to is not selected yet: the first key selects it.
  const isFirst = event.key === 'ArrowDown' && current && current !== rows.get(selected);
  const row = seen[isFirst ? here : there];
  if (!row) return;
  event.preventDefault();
  select(numberOf(row));
});

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.matches('input, select, textarea');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    at('search').focus();
  } else if (event.key === 'ArrowDown' && event.target === at('search')) {
    event.preventDefault();
    visible()[0]?.focus();
  }
});
