// What is done with a click.

// Each is a button's `data-copy`.
const COPIES = {
  body: () => open.body.text ?? open.body.base64,
  command: () => open.curl,
  explanation: () => at('explanation-text').textContent,
  headers: () => open.headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
  link: () => location.href,
  'signed text': signedText,
};

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    if (!navigator.clipboard) throw new Error('The browser lets a page copy only at localhost or 127.0.0.1.');
    const what = button.dataset.copy;
    await navigator.clipboard.writeText(COPIES[what]());
    say(`Copied the ${what}.`);
  });
}

at('replay').addEventListener('click', async () => {
  const { handled } = await ask(`/api/deliveries/${selected}/replay`, 'POST');
  say(`Replayed: ${shownOnOneLine(outcome(handled))}`);
});

at('edit-send').addEventListener('click', async () => {
  const { handled } = await ask(`/api/deliveries/${selected}/replay-edited`, 'POST', at('edit-body').value);
  say(`Sent with another body: ${shownOnOneLine(outcome(handled))}`);
});

at('test-send').addEventListener('click', async () => {
  const chosen = at('test-event').selectedOptions[0];
  const asked = new URLSearchParams({ sender: chosen.dataset.sender, event: chosen.value });
  const { status } = await ask(`/api/test?${asked}`, 'POST');
  say(`The test delivery was answered ${status}.`);
});

function offerTests() {
  at('test').hidden = !about.may_sign;
  at('test-event').replaceChildren(...about.events.map(({ sender, names }) => {
    const group = make('optgroup', '', { label: sender });
    group.append(...names.map((name) => make('option', name, { value: name, 'data-sender': sender })));
    return group;
  }));
}

function askWhetherSure(isAsked) {
  at('clear').hidden = isAsked;
  at('clear-sure').hidden = !isAsked;
  at(isAsked ? 'clear-no' : 'clear').focus();
}
at('clear').addEventListener('click', () => askWhetherSure(true));
at('clear-no').addEventListener('click', () => askWhetherSure(false));
at('clear-yes').addEventListener('click', async () => {
  await ask('/api/deliveries', 'DELETE');
  askWhetherSure(false);
  at('search').focus();
  say('All deliveries were removed.');
});

at('pretty').addEventListener('click', () => {
  const isPressed = at('pretty').getAttribute('aria-pressed') === 'true';
  at('pretty').setAttribute('aria-pressed', `${!isPressed}`);
  showBody();
});

addEventListener('unhandledrejection', (event) => complain(event.reason.message));
