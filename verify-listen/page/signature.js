// The signature that came beside the beginning of the one that was expected, and why it was refused.

const sameStart = (one, other) => {
  const place = [...one].findIndex((char, at) => char !== other[at]);
  return place < 0 ? one.length : place;
};

// A text with the character marked at which it differs.
function marked(text, place) {
  const cell = make('td', shownOnOneLine(text.slice(0, place)));
  if (place < text.length) {
    cell.append(make('mark', shownOnOneLine(text[place])), shownOnOneLine(text.slice(place + 1)));
  }
  return cell;
}

function row(name, cell) {
  const row = document.createElement('tr');
  row.append(make('th', name, { scope: 'row' }), cell);
  return row;
}

// A header may hold several, with spaces between them: the one that agrees the longest, and where it begins.
function nearest(value, start) {
  let begin = 0;
  let best = { begin, same: -1 };
  for (const item of value.split(' ')) {
    const same = sameStart(start, item);
    if (same > best.same) best = { begin, same };
    begin += item.length + 1;
  }
  return best;
}

function compared(received, { secret, start, length }) {
  const same = Math.max(0, ...received.map((value) => nearest(value, start).same));
  const cell = marked(start, same);
  cell.append(make('span', ` … and ${length - start.length} more that are not shown`, { class: 'quiet' }));
  return { same, start, row: row(`expected, secret ${secret}`, cell), isWhole: same === start.length };
}

function noteOn({ summary, signature }, all) {
  const isRefused = summary.verdict.is === 'refused';
  if (signature.fits) return isRefused ? 'The signature matches. It was refused for another reason.' : 'The signature matches.';
  if (signature.received.length === 0) return `The header ${signature.header} is missing.`;
  if (signature.problem) return `No signature can be expected: ${signature.problem}.`;
  const cutOff = summary.is_cut_off ? ' Not all of the body came, and what is expected is for the part that did.' : '';
  const place = Math.max(...all.map(({ same }) => same));
  const first = all.some(({ isWhole }) => isWhole)
    ? 'The beginnings are equal, and the rest differs.' : `The first difference is at character ${place + 1}.`;
  return `The signature does not match. ${first}${cutOff}`;
}

const signedText = () => `${open.signature.signed_before}${open.body.text ?? ''}`;

function showSignature() {
  const { signature, body, summary } = open;
  at('signature').hidden = !signature;
  if (!signature) return;
  const all = signature.expected.map((one) => compared(signature.received, one));
  // Where a value differs from the secret that it agrees with the longest.
  const [best] = [...all].sort((one, other) => other.same - one.same);
  const place = (value) => {
    if (signature.fits || !best) return value.length;
    const { begin, same } = nearest(value, best.start);
    return begin + same;
  };
  at('signature-header').textContent = signature.header;
  at('signature-note').textContent = shownOnOneLine(noteOn(open, all));
  at('signature').dataset.fits = signature.fits;
  at('signatures').replaceChildren(
    ...signature.received.map((value) => row('received', marked(value, place(value)))),
    ...(signature.fits ? [] : all.map((one) => one.row)));
  at('compared').hidden = at('signatures').children.length === 0;
  const most = 2000;
  const text = body.text ?? '';
  at('signed').replaceChildren(make('b', shown(signature.signed_before)), shown(text.slice(0, most)));
  if (text.length > most) at('signed').append(make('span', ` … and ${text.length - most} more characters of the body`, { class: 'quiet' }));
  const isNothing = signature.signed_before === '' && summary.body_len === 0;
  at('signed').hidden = at('signed-actions').hidden = isNothing;
  if (body.text === undefined) at('signed').append(make('span', `the ${summary.body_len} bytes of the body`, { class: 'quiet' }));
}

const pause = (millis) => new Promise((done) => { setTimeout(done, millis); });

// One at a time is explained. Who goes through the list with the arrow keys asks for none on the way.
async function explain(id) {
  at('explanation').hidden = false;
  at('difference').hidden = true;
  at('explanation-text').textContent = 'Looking for the reason …';
  let answer = null;
  while (answer === null) {
    await pause(200);
    if (id !== selected) return;
    answer = await ask(`/api/deliveries/${id}/explain`, 'POST').catch((error) => {
      if (error.status === 503) return null;
      throw error;
    });
  }
  if (id !== selected) return;
  at('explanation-text').textContent = shown(answer.text);
  at('news').textContent = `Why it was refused: ${shownOnOneLine(answer.text)}`;
  const { difference } = answer;
  if (!difference) return;
  const place = sameStart(difference.received, difference.signed);
  at('difference').hidden = false;
  at('difference-at').textContent = `First difference, after ${difference.at} bytes`;
  at('difference-rows').replaceChildren(
    row('that came', marked(difference.received, place)), row('that was signed', marked(difference.signed, place)));
}

at('judge').addEventListener('click', async () => {
  const id = selected;
  await ask(`/api/deliveries/${id}/judge`, 'POST');
  // What it is now comes as news.
  say(`Delivery ${id} verifies now.`);
});
