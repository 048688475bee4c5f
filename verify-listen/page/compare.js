// Two deliveries beside each other.

// More lines than this between the first and the last difference are not matched.
const LINES = 1000;

// Which lines went and came: `[' ', line]`, `['-', line]` and `['+', line]`, by the longest common sequence.
function difference(one, other) {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const [a, b] = [one, other].map((lines) => lines.slice(start, lines.length - end));
  const same = (lines) => lines.map((line) => [' ', line]);
  const middle = Math.max(a.length, b.length) > LINES
    ? [...a.map((line) => ['-', line]), ...b.map((line) => ['+', line])] : matched(a, b);
  return [...same(one.slice(0, start)), ...middle, ...same(one.slice(one.length - end))];
}

function matched(a, b) {
  // How many lines the rests have in common.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const lines = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([' ', a[i]]);
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push(['-', a[i]]);
      i += 1;
    } else {
      lines.push(['+', b[j]]);
      j += 1;
    }
  }
  return lines;
}

// Lines far from any difference are left out.
function near(lines, around = 3) {
  const isNear = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some(([mark]) => mark !== ' '));
  return lines.flatMap((line, at) => (isNear[at] ? [line] : isNear[at - 1] ?? at === 0 ? [[' ', '…']] : []));
}

// What is compared besides the bodies, by name.
function traits({ summary, headers }) {
  const all = new Map([['verdict', summary.verdict.is], ['event', summary.event ?? ''],
    ['status', statusOf(summary)], ['request', `${summary.method} ${summary.path}`]]);
  for (const [name, value] of headers) {
    all.set(`header ${name}`, [all.get(`header ${name}`), value].filter((one) => one !== undefined).join('\n'));
  }
  return all;
}

function showComparison(other) {
  const [mine, its] = [traits(open), traits(other)];
  const differing = [...new Set([...mine.keys(), ...its.keys()])].filter((name) => mine.get(name) !== its.get(name));
  at('comparison-title').textContent = `Delivery ${open.summary.id} beside delivery ${other.summary.id}`;
  at('comparison-this').textContent = `Delivery ${open.summary.id}`;
  at('comparison-other').textContent = `Delivery ${other.summary.id}`;
  at('comparison-rows').replaceChildren(...differing.map((name) => {
    const cells = row(shownOnOneLine(name), make('td', shown(mine.get(name) ?? 'none')));
    cells.append(make('td', shown(its.get(name) ?? 'none')));
    return cells;
  }));
  const [a, b] = [open.body, other.body].map((body) => body.text ?? body.base64);
  const isEqual = a === b && (open.body.text === undefined) === (other.body.text === undefined);
  at('comparison-note').textContent = isEqual ? 'The bodies are equal, byte for byte.'
    : `The bodies differ first after ${sameStart(a, b)} characters as they came. Line by line:`;
  at('comparison-body').hidden = isEqual;
  const lines = [open.body, other.body].map((body) => shownBody(body, true).split('\n'));
  at('comparison-body').replaceChildren(...near(difference(...lines)).map(([mark, line]) =>
    make('span', `${mark} ${line}\n`, { 'data-mark': mark })));
  at('comparison').hidden = false;
}

// Offers the others, and compares with the one that is asked for.
function offerComparison(wish = at('compare').value) {
  const others = [...deliveries.keys()].filter((id) => id !== selected).sort((a, b) => b - a).slice(0, 200);
  if (wish !== '' && deliveries.has(Number(wish)) && !others.includes(Number(wish))) others.push(Number(wish));
  const named = others.filter((id) => id !== selected).map((id) => {
    const { event, subject } = deliveries.get(id);
    return make('option', shownOnOneLine(`${id}: ${event ?? subject}`).slice(0, 80), { value: id });
  });
  at('compare').replaceChildren(make('option', 'none', { value: '' }), ...named);
  at('compare').value = named.some((option) => option.value === wish) ? wish : '';
}

async function compare() {
  at('comparison').hidden = true;
  const [id, wish] = [selected, at('compare').value];
  if (wish === '') return;
  const other = await ask(`/api/deliveries/${wish}`);
  if (id === selected && open?.summary.id === id && wish === at('compare').value) showComparison(other);
}

at('compare').addEventListener('change', async () => {
  remember();
  await compare();
});
