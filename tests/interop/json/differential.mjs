// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives the same documents to JSON.parse/JSON.stringify and to json-peer, and compares.
// Usage: node differential.mjs <json-peer> [seed] [documents per kind]
// Differences that are meant, and allowed here:
//  - more than 64 levels are refused;
//  - a string with U+0000 is refused by the reader (a JsonNode cannot hold it);
//  - a lone surrogate becomes U+FFFD;
//  - integers beyond 2^53 are kept as they are up to 64 bits, where JavaScript rounds them;
//  - keys that look like array indexes keep their place, where JavaScript sorts them first.

import { spawn } from 'node:child_process';

const MAX_DEPTH = 64;
const [peerPath, seedText = '1', countText = '6000'] = process.argv.slice(2);
const count = Number(countText);
let state = Number(seedText) >>> 0;

// Mulberry32: small, seeded, the same everywhere.
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const times = (n, f) => Array.from({ length: n }, f);

const space = () => (random() < 0.8 ? '' : times(below(4), () => pick([' ', '\t', '\n', '\r'])).join(''));

function hex4(n) {
  const text = n.toString(16).padStart(4, '0');
  return random() < 0.5 ? text : text.toUpperCase();
}

function character() {
  if (random() < 0.001) return '\\u0000';
  switch (below(14)) {
    case 0: return '\\' + pick(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
    case 1: return '\\u' + hex4(below(0x10000));
    case 2: return '\\ud83d\\u' + hex4(0xdc00 + below(0x400));
    case 3: return '\\u' + hex4(0xd800 + below(0x800));
    case 4: return '\\u' + hex4(1 + below(0x1f));
    case 5: return pick(['\u2028', '\u2029', '\u007f', '\u00a0', '\ufeff', '\uffff', 'é', '€', '😀', '\u0600']);
    default: return String.fromCharCode(pick([0x20, 0x21, 0x23, 0x2f, 0x5b, 0x5d, 0x7e, 0x41 + below(26), 0x61 + below(26)]));
  }
}

const string = () => '"' + times(below(pick([4, 12, 60])), character).join('') + '"';
const digits = (n) => times(n, () => below(10)).join('');

function bits() {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, below(4294967296));
  view.setUint32(4, below(4294967296));
  return view.getFloat64(0);
}

function number() {
  let x;
  switch (below(9)) {
    case 0: return String(below(1000) - 500);
    case 1: return pick(['0', '-0', '0.0', '-0e0', '1E+2', '1e-0', '5e-324', '2e-324', '1e999', '-1e999', '1.7976931348623158e308',
      '1.7976931348623159e308', '9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808',
      '-9223372036854775809', '1e21', '1e20', '0.000001', '0.0000001', '2.2250738585072011e-308', '4.35', '1e23', '9.5367431640625e-7']);
    case 2: return (random() < 0.5 ? '-' : '') + (1 + below(9)) + digits(below(25));
    case 3: return String(below(100000)) + '.' + digits(1 + below(6));
    case 4: return (below(10)) + '.' + digits(1 + below(30)) + pick(['e', 'E']) + pick(['', '+', '-']) + below(330);
    case 5: x = 2 ** (below(2098) - 1074); return (random() < 0.5 ? String(x) : x.toPrecision(21));
    case 6: x = below(10 ** 9) / 10 ** below(12); return String(x);
    default:
      do x = bits(); while (!Number.isFinite(x));
      return random() < 0.5 ? String(x) : x.toExponential(below(21));
  }
}

function value(depth) {
  const kind = below(depth > 0 ? 8 : 5);
  if (kind === 0) return pick(['true', 'false', 'null']);
  if (kind < 3) return number();
  if (kind < 5) return string();
  const n = below(5);
  if (kind === 5) return '[' + space() + times(n, () => space() + value(depth - 1) + space()).join(',') + ']';
  const key = () => (random() < 0.3 ? pick(['"a"', '"b"', '"\\u0061"', '"__proto__"', '"constructor"', '""', '"0"', '"10"', '"9"']) : string());
  return '{' + space() + times(n, () => space() + key() + space() + ':' + space() + value(depth - 1) + space()).join(',') + '}';
}

const document = () => space() + value(pick([0, 1, 3, 6])) + space();

const splinters = ['', ',', ':', '"', '\\', '\\u', '\\u12', '[', ']', '{', '}', '-', '+', '.', 'e', '0', '01', '1.', '.5', 'nul', 'NaN', 'Infinity',
  'undefined', "'", '//', '/**/', '\ufeff', '\u0000', '\u0001', '\n', '\u001f', '\u000b', '\u000c', '\u00a0', '\u2028', ' ', '\\x41', '1e', '0x1', 'true', '""', '[]', '{}'];

function mutant() {
  let text = document();
  for (let n = 1 + below(3); n > 0; n--) {
    const at = below(text.length + 1);
    const length = pick([0, 0, 1, 1, 2, 8]);
    switch (below(4)) {
      case 0: text = text.slice(0, at) + pick(splinters) + text.slice(at); break;
      case 1: text = text.slice(0, at) + text.slice(at + length); break;
      case 2: text = text.slice(0, at) + pick(splinters) + text.slice(at + length); break;
      default: text = random() < 0.3 ? text.slice(0, at) : text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    }
  }
  return text;
}

function deep() {
  const n = pick([1, 10, 60, 63, 64, 65, 66, 100, 1000, 5000]) - (random() < 0.3 ? 1 : 0);
  const kinds = times(n, () => random() < 0.5);
  let text = kinds.map((isObject) => (isObject ? '{"k":' : '[')).join('') + pick(['', '1', '"x"', 'null', '[]', '{}']);
  text += kinds.reverse().map((isObject) => (isObject ? '}' : ']')).join('');
  return random() < 0.2 ? text.slice(0, below(text.length + 1)) : text;
}

// Every double at a power of two, and the neighbours, where the gaps between doubles change.
function* powers() {
  const view = new DataView(new ArrayBuffer(8));
  for (let exponent = 0; exponent < 2047; exponent++)
    for (const delta of [-1n, 0n, 1n]) {
      const pattern = (BigInt(exponent) << 52n) + delta;
      if (pattern < 0n) continue;
      view.setBigUint64(0, pattern);
      yield String(view.getFloat64(0));
    }
  for (let exponent = 0; exponent < 52; exponent++) yield String(2 ** (exponent - 1074));
  for (let exponent = -330; exponent < 310; exponent++) yield '1e' + exponent;
}

function depthOf(text) {
  let depth = 0;
  let most = 0;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs) ?? []) {
    if (token === '[' || token === '{') most = Math.max(most, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return most;
}

const hasNul = (text) => (text.match(/\\(?:u0000|.)/gs) ?? []).includes('\\u0000');

function wellFormed(x) {
  if (typeof x === 'string') return x.toWellFormed();
  if (Array.isArray(x)) return x.map(wellFormed);
  if (x === null || typeof x !== 'object') return x;
  const copy = Object.create(null);
  for (const [key, member] of Object.entries(x)) copy[key.toWellFormed()] = wellFormed(member);
  return copy;
}

// Where JavaScript rounds integers or sorts keys, both sides are compared as it prints them.
function isRewritten(text) {
  const withoutStrings = text.replace(/"(?:[^"\\]|\\.)*"/gs, '');
  const numbers = withoutStrings.match(/-?\d[\d.eE+-]*/g) ?? [];
  return numbers.some((literal) => /^-?\d{16,}$/.test(literal)) || hasIndexKey(JSON.parse(text));
}

function hasIndexKey(x) {
  if (x === null || typeof x !== 'object') return false;
  return Object.entries(x).some(([key, member]) => (!Array.isArray(x) && /^\d+$/.test(key)) || hasIndexKey(member));
}

function expectation(text) {
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { kind: 'r' };
  }
  if (depthOf(text) > MAX_DEPTH) return { kind: 'd' };
  if (hasNul(text)) return { kind: 'u' };
  return { kind: 'a', text: JSON.stringify(wellFormed(parsed)) };
}

function compare(text, answer) {
  const expected = expectation(text);
  // An unfinished document can be too deep before it turns out to be invalid.
  if (expected.kind === 'r' && answer.kind === 'd') return null;
  if (answer.kind !== expected.kind) return `expected ${expected.kind}, got ${answer.kind} ${answer.text}`;
  if (expected.kind !== 'a') return null;
  const got = isRewritten(text) ? JSON.stringify(wellFormed(JSON.parse(answer.text))) : answer.text;
  return got === expected.text ? null : `expected ${expected.text}, got ${got}`;
}

async function ask(documents) {
  const peer = spawn(peerPath, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = [];
  peer.stdout.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => {
    peer.on('error', reject);
    peer.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`json-peer ended with ${code ?? signal}`))));
  });
  for (const text of documents) {
    const bytes = Buffer.from(text);
    peer.stdin.write(`${bytes.length}\n`);
    if (!peer.stdin.write(bytes)) await new Promise((resolve) => peer.stdin.once('drain', resolve));
  }
  peer.stdin.end();
  await ended;

  const output = Buffer.concat(chunks);
  const answers = [];
  for (let at = 0; at < output.length;) {
    const newline = output.indexOf('\n', at);
    const kind = String.fromCharCode(output[at]);
    let text = output.toString('utf8', at + 2, newline);
    at = newline + 1;
    if (kind === 'a') {
      const length = Number(text);
      text = output.toString('utf8', at, at + length);
      at += length + 1;
    }
    answers.push({ kind, text });
  }
  return answers;
}

async function run(name, documents) {
  // What UTF-8 cannot carry (half a surrogate pair, cut by a mutation) is the same for both.
  const texts = documents.map((text) => text.toWellFormed());
  const answers = await ask(texts);
  const kinds = { a: 0, u: 0, d: 0, r: 0 };
  const failures = [];
  if (answers.length !== texts.length) failures.push(`${texts.length} documents, ${answers.length} answers`);
  answers.forEach((answer, i) => {
    kinds[answer.kind]++;
    const failure = compare(texts[i], answer);
    if (failure !== null) failures.push(`${JSON.stringify(texts[i])}: ${failure}`);
  });
  for (const failure of failures.slice(0, 5)) console.log(`# ${failure.slice(0, 400)}`);
  console.log(`${failures.length === 0 ? 'ok' : 'not ok'} - ${name}: ${texts.length} documents, ${kinds.a} accepted, `
    + `${kinds.u} unreadable, ${kinds.d} too deep, ${kinds.r} refused`);
  return failures.length === 0;
}

console.log('1..6');
const results = [
  await run('valid documents', times(count, document)),
  await run('changed documents', times(count * 2, mutant)),
  await run('strings', times(count, string)),
  await run('numbers', times(count, number)),
  await run('deep documents', times(Math.ceil(count / 10), deep)),
  await run('doubles where the gaps change', [...powers()]),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
