// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives the same packets to socket.io-msgpack-parser and to msgpack-peer, and compares.
// Usage: node differential.mjs <msgpack-peer> [seed] [packets per kind]
//
// Not generated, because the npm package does not write them correctly: halves of surrogate
// pairs, integers of 2^64 and more, and dates that are none.

import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { load } from '../lib/npm.mjs';

const parser = load('socket.io-msgpack-parser');
const [peerPath, seedText = '1', countText = '3000'] = process.argv.slice(2);
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

const character = () => pick(['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', '\x1f', '\x7f', 'é', 'ß', '€', '\u2028', '\uffff', '😀', '\u{10ffff}']);
const string = () => times(pick([0, 1, 3, 5, 8, 10, 31, 32, random() < 0.1 ? 256 : 4]), character).join('');

function bits() {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, below(4294967296));
  view.setUint32(4, below(4294967296));
  return view.getFloat64(0);
}

function number() {
  let x;
  switch (below(6)) {
    case 0: return below(300) - 150;
    case 1: return pick([0, -0, NaN, Infinity, -Infinity, 1.5, 0.1, 5e-324, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 63, 2 ** 62 + 2 ** 20, -(2 ** 63), 2 ** 64 - 2048]);
    case 2: return (2 ** below(54) - below(2)) * (random() < 0.5 ? -1 : 1);
    case 3: return below(4294967296) - 2147483648;
    case 4: return below(1e9) / 10 ** below(12);
    default:
      do x = bits(); while (Number.isInteger(x) && Math.abs(x) >= 2 ** 63);
      return x;
  }
}

const date = () => new Date(pick([0, 1, -1, 1700000000123, below(4e12), -below(1e14), 8.64e15, -8.64e15, 253402300800000, -62198755200001]));
const buffer = () => Buffer.from(times(pick([0, 1, 5, 40, 255, 256, random() < 0.02 ? 70000 : 3]), () => 7));

function binary() {
  const bytes = buffer();
  return pick([() => bytes, () => new Uint8Array(bytes), () => new Uint8Array(bytes).buffer])();
}

function value(depth) {
  const kind = below(depth > 0 ? 10 : 7);
  if (kind === 0) return pick([true, false, null, undefined]);
  if (kind < 3) return number();
  if (kind < 5) return string();
  if (kind === 5) return date();
  if (kind === 6) return random() < 0.2 ? binary() : number();
  const n = pick([0, 1, 2, 3, 15, 16, 17]);
  if (kind < 9) return times(n, () => value(depth - 1));
  return Object.fromEntries(times(n, () => [pick(['a', 'b', '0', '10', '', 'num', string()]), value(depth - 1)]));
}

// What JSON would make of it, with binary data as it is.
function asJson(x) {
  if (x === undefined || x === null) return null;
  if (typeof x === 'number') return Number.isFinite(x) ? x + 0 : null;
  if (x instanceof Date) return x.toJSON();
  if (Buffer.isBuffer(x)) return x;
  if (x instanceof ArrayBuffer || ArrayBuffer.isView(x)) return Buffer.from(x.buffer ?? x);
  if (Array.isArray(x)) return x.map(asJson);
  if (typeof x !== 'object') return x;
  return Object.fromEntries(Object.entries(x).filter(([, member]) => member !== undefined).map(([key, member]) => [key, asJson(member)]));
}

function fill(x, attachments) {
  if (x === null || typeof x !== 'object') return x;
  if (Array.isArray(x)) return x.map((item) => fill(item, attachments));
  if (x._placeholder === true) return attachments[x.num];
  return Object.fromEntries(Object.entries(x).map(([key, member]) => [key, fill(member, attachments)]));
}

const encode = (packet) => new parser.Encoder().encode(packet)[0];
function decode(bytes) {
  const decoder = new parser.Decoder();
  let packet;
  decoder.on('decoded', (decoded) => { packet = decoded; });
  decoder.add(bytes);
  return packet;
}

function packet() {
  const nsp = pick(['/', '/', '/adm', '/très long/' + 'x'.repeat(300)]);
  const object = () => Object.fromEntries(times(below(4), (_, i) => ['k' + i, value(2)]));
  switch (below(8)) {
    case 0: return { type: 0, data: pick([undefined, object()]), nsp };
    case 1: return { type: 1, nsp };
    case 2: return { type: 4, data: pick([string(), object()]), nsp };
    case 3: return { type: 3, data: times(below(3), () => value(2)), id: pick([0, 1, 127, 128, 70000, 2 ** 32, 2 ** 53]), nsp };
    default: return { type: 2, data: [string(), ...times(below(4), () => value(pick([0, 1, 3])))], id: pick([undefined, undefined, 5]), nsp };
  }
}

async function ask(questions) {
  const peer = spawn(peerPath, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = [];
  peer.stdout.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => {
    peer.on('error', reject);
    peer.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`msgpack-peer ended with ${code ?? signal}`))));
  });
  for (const [kind, bytes] of questions) {
    peer.stdin.write(`${kind} ${bytes.length}\n`);
    if (!peer.stdin.write(bytes)) await new Promise((resolve) => peer.stdin.once('drain', resolve));
  }
  peer.stdin.end();
  await ended;

  const output = Buffer.concat(chunks);
  const answers = [];
  for (let at = 0; at < output.length;) {
    const newline = output.indexOf('\n', at);
    const line = output.toString('utf8', at, newline);
    at = newline + 1;
    if (line[0] !== 'a') {
      answers.push({ refused: line.slice(2) });
      continue;
    }
    const [json, message, ...attachments] = line.slice(2).split(' ').map((length) => output.subarray(at, at += Number(length)));
    answers.push({ json: json.toString(), message, attachments });
  }
  return answers;
}

// Where two values differ first.
function difference(got, expected) {
  if (got === null || expected === null || typeof got !== 'object' || typeof expected !== 'object' || Buffer.isBuffer(expected))
    return `got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`;
  const keys = [...new Set([...Object.keys(got), ...Object.keys(expected)])];
  const key = keys.find((name) => !isDeepStrictEqual(got[name], expected[name]));
  return `${key}: ${difference(got[key], expected[key])}`;
}

function comparePacket(sent, answer) {
  if (answer.refused !== undefined) return `refused: ${answer.refused}`;
  const expected = sent.data === undefined ? undefined : asJson(sent.data);
  const got = answer.json === '' ? undefined : fill(JSON.parse(answer.json), answer.attachments);
  if (!isDeepStrictEqual(got, expected)) return `at ${difference(got, expected)}`;

  // The order and the forms of the npm package.
  const again = { type: sent.type };
  if (expected !== undefined) again.data = expected;
  if (sent.id !== undefined) again.id = sent.id;
  again.nsp = sent.nsp;
  if (!encode(again).equals(answer.message)) return `encoded as ${answer.message.toString('hex')}, not ${encode(again).toString('hex')}`;
  return isDeepStrictEqual(decode(answer.message), again) ? null : 'the npm package understands something else';
}

// Refused by both, or understood by both as the same. What the npm package lets through and
// nobody sends may be refused.
function compareChanged(bytes, answer) {
  let expected;
  try {
    expected = decode(bytes);
  } catch {
    return answer.refused !== undefined ? null : `accepted as ${answer.json}`;
  }
  if (answer.refused !== undefined) return null;
  const got = answer.json === '' ? undefined : fill(JSON.parse(answer.json), answer.attachments);
  return isDeepStrictEqual(got, expected.data === undefined ? undefined : asJson(expected.data)) ? null : `decoded to ${answer.json}`;
}

function compareNumber(text, answer) {
  const [got] = decode(answer.message).data;
  return Object.is(got, JSON.parse(text) + 0) ? null : `the npm package reads ${got}`;
}

function changed() {
  const bytes = Buffer.from(encode(packet()));
  if (bytes.length > 400) return changed();
  for (let n = 1 + below(2); n > 0; n--) bytes[below(bytes.length)] = random() < 0.5 ? below(256) : bytes[below(bytes.length)] ^ (1 << below(8));
  return random() < 0.1 ? bytes.subarray(0, below(bytes.length)) : bytes;
}

const digits = (n) => times(n, () => below(10)).join('');
const numberText = () => pick(['', '-']) + (1 + below(9)) + digits(below(30)) + pick(['', '.' + digits(1 + below(5)), 'e' + below(300), 'e-' + below(300)]);

function report(name, answers, items, show, compare) {
  const failures = [];
  if (answers.length !== items.length) failures.push(`${items.length} given, ${answers.length} answers`);
  else
    items.forEach((item, i) => {
      const failure = compare(item, answers[i]);
      if (failure !== null) failures.push(`${show(item)}: ${failure}`);
    });
  const refused = answers.filter((answer) => answer.refused !== undefined).length;
  for (const failure of failures.slice(0, 5)) console.log(`# ${failure.slice(0, 300)} … ${failure.slice(-300)}`);
  console.log(`${failures.length === 0 ? 'ok' : 'not ok'} - ${name}: ${items.length} given, ${refused} refused`);
  return failures.length === 0;
}

// Binary data in CONNECT and CONNECT_ERROR is for the layer above to refuse.
const packets = times(count, packet);
const mutants = times(count * 3, changed);
const numbers = [...times(count, numberText), '0', '-0', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '-9223372036854775809', '1e300'];
console.log('1..3');
const results = [
  report('packets both ways', await ask(packets.map((item) => ['m', encode(item)])), packets, JSON.stringify, comparePacket),
  report('changed packets', await ask(mutants.map((bytes) => ['m', bytes])), mutants, (bytes) => bytes.toString('hex'), compareChanged),
  report('numbers of any size', await ask(numbers.map((text) => ['j', Buffer.from(`[${text}]`)])), numbers, String, compareNumber),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
