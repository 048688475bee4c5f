// One absolute form, which all see alike; and how long ago that was, which is kept up to date.

const absolute = (millis) => new Date(millis).toISOString().replace('T', ' ').replace(/\.\d+Z/, ' UTC');

function ago(millis, now = Date.now()) {
  const seconds = Math.round((now - millis) / 1000);
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const [length, unit] = units.find(([length]) => seconds >= length) ?? [];
  return unit ? `${Math.floor(seconds / length)} ${unit} ago` : 'just now';
}

function relative(millis) {
  const attributes = { datetime: new Date(millis).toISOString(), title: absolute(millis), 'data-at': millis };
  return make('time', ago(millis), attributes);
}

// Both: for where there is room.
function moment(millis, name = 'dd') {
  const both = make(name, `${absolute(millis)} `);
  both.append(relative(millis));
  return both;
}

setInterval(() => {
  const now = Date.now();
  for (const time of document.querySelectorAll('time[data-at]')) {
    const text = ago(Number(time.dataset.at), now);
    if (time.textContent !== text) time.textContent = text;
  }
}, 1000);
