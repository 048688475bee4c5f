// What deliveries say was written by others. It reaches the page as text only, and what would hide
// or turn around other text is shown as an escape.

// More than this of one text is not shown: it is in the capture.
const MOST = 200000;

const HIDDEN = new RegExp(
  '[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e' +
    '\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]|[\\u{e0000}-\\u{e007f}]', 'gu');

function shown(text) {
  const clipped = text.length > MOST ? text.slice(0, MOST) : text;
  const escaped = clipped.replace(HIDDEN, (char) => `\\u{${char.codePointAt(0).toString(16)}}`);
  return clipped === text ? escaped : `${escaped}\n... ${text.length - MOST} more characters`;
}

function shownOnOneLine(text) {
  return shown(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t');
}

// Indents JSON and changes nothing else in it: numbers keep their digits, and names that occur twice
// stay. `null`: it is not JSON, or more than is shown.
function indented(json) {
  if (json.length > MOST) return null;
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  const deepest = 40;
  const lines = [];
  let depth = 0;
  const newLine = () => `\n${'  '.repeat(Math.min(depth, deepest))}`;
  const tokens = json.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  tokens.forEach((token, place) => {
    const isEmpty = /[[{]/.test(tokens[place - 1] ?? '');
    if (token === '[' || token === '{') {
      depth += 1;
      lines.push(token, /[\]}]/.test(tokens[place + 1]) ? '' : newLine());
    } else if (token === ']' || token === '}') {
      depth -= 1;
      lines.push(isEmpty ? '' : newLine(), token);
    } else if (token === ',') {
      lines.push(token, newLine());
    } else {
      lines.push(token === ':' ? ': ' : token);
    }
  });
  return lines.join('');
}

// Bytes that are no text, 16 a line.
function hexDump(base64) {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, 4096); at += 16) {
    const row = Array.from(bytes.slice(at, at + 16));
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join('\n') + (bytes.length > 4096 ? `\n... ${bytes.length - 4096} more bytes` : '');
}

function shownBody(body, isIndented) {
  if (body.base64 !== undefined) return hexDump(body.base64);
  return shown((isIndented ? indented(body.text) : null) ?? body.text);
}
