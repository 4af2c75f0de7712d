// SPDX-License-Identifier: LGPL-2.1-or-later
// Plain peers for black-box tests: HTTP requests, WebSocket messages, raw TCP and raw WebSocket
// frames. Everything waits for a condition and gives up with an error that tells what came.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import nodeTest, { after } from 'node:test';
import { load } from './npm.mjs';

const { WebSocket } = load('ws');

// For broken programs only: machines may be slow.
export const WAIT = 60_000;
const RS = '\x1e';

const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const opened = new Set();

after(() => {
  for (const peer of opened)
    peer.destroy();
  agent.destroy();
});

export function
test (name, fn, options = {})
{
  return nodeTest(name, { timeout: 3 * WAIT, ...options }, fn);
}

export function
deferred ()
{
  const d = {};
  d.promise = new Promise((resolve, reject) => Object.assign(d, { resolve, reject }));
  return d;
}

export function
within (promise, what, ms = WAIT)
{
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${typeof what === 'function' ? what() : what}: nothing within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A pause, for tests whose point is that nothing happens meanwhile.
export function
quiet (ms)
{
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// For times that a server keeps. `measure` returns how many ms went by since before the server could
// begin to count: never less than `least`, but on a machine that was busy elsewhere (or made it fail)
// more than `most`. So it has to be soon enough once.
export async function
takes (measure, least, most)
{
  const late = [];
  while (late.length < 20)
    {
      const start = performance.now();
      const what = await measure().then(() => undefined, (error) => error);
      const passed = performance.now() - start;
      if (what === undefined)
        assert.ok(passed >= least, `after ${passed} ms, expected ${least} at least`);
      if (what === undefined && passed < most)
        return;
      late.push(what ?? passed);
    }
  assert.fail(`never within ${most} ms: ${late}`);
}

// For what is lost when the machine stops for a moment, as a heartbeat is: it has to go well once.
export async function
eventually (attempt)
{
  for (let i = 0; i < 20; i++)
    try
      {
        return await attempt();
      }
    catch (error)
      {
        if (i === 19)
          throw error;
      }
}

// ---- HTTP ------------------------------------------------------------------

// Returns a promise of {status, headers, text, body} with the request as `.request`.
export function
request (port, path, { method = 'GET', headers = {}, body, chunked = false, ownConnection = false } = {})
{
  const data = body === undefined ? undefined : Buffer.from(body);
  const all = { ...headers };
  if (data !== undefined && !chunked)
    all['Content-Length'] ??= data.length;
  if (chunked)
    all['Transfer-Encoding'] = 'chunked';
  const req = http.request({ host: '127.0.0.1', port, path, method, headers: all, agent: ownConnection ? false : agent });
  const answer = new Promise((resolve, reject) => {
    req.once('response', (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('end', () => {
        const whole = Buffer.concat(parts);
        resolve({ status: res.statusCode, headers: res.headers, rawHeaders: res.rawHeaders, body: whole, text: whole.toString('utf8') });
      });
      res.on('error', reject);
    });
    req.once('error', reject);
  });
  /* An early answer such as 413 may come before all of the body has left. */
  req.on('error', () => {});
  answer.catch(() => {});
  if (data !== undefined && chunked)
    {
      for (let at = 0; at < data.length; at += 65536)
        req.write(data.subarray(at, at + 65536));
      req.end();
    }
  else
    req.end(data);
  const bounded = within(answer, `${method} ${path}`);
  bounded.request = req;
  return bounded;
}

export function
assertError (res, status, code, message)
{
  assert.equal(res.status, status);
  assert.match(res.headers['content-type'], /^application\/json\b/);
  assert.deepEqual(JSON.parse(res.text), { code, message });
}

export const assertUnknownSid = (res) => assertError(res, 400, 1, 'Session ID unknown');

export function
decodePayload (text)
{
  return text.split(RS);
}

export const encodePayload = (...packets) => packets.join(RS);

// An Engine.IO session on long-polling, driven by hand.
export class Polling
{
  #pending = [];

  constructor (port, prefix)
  {
    this.port = port;
    this.prefix = prefix;
  }

  static async open (port, prefix = '/engine.io/', query = '')
  {
    const session = new Polling(port, prefix);
    const res = await request(port, `${prefix}?EIO=4&transport=polling${query}`);
    assert.equal(res.status, 200, res.text);
    assert.equal(res.text[0], '0');
    session.handshake = JSON.parse(res.text.slice(1));
    session.response = res;
    session.sid = session.handshake.sid;
    return session;
  }

  get path () { return `${this.prefix}?EIO=4&transport=polling&sid=${this.sid}`; }

  get (options) { return request(this.port, this.path, options); }
  post (body, options = {}) { return request(this.port, this.path, { method: 'POST', headers: { 'Content-Type': 'text/plain;charset=UTF-8' }, ...options, body }); }

  async send (...packets)
  {
    const res = await this.post(encodePayload(...packets));
    assert.equal(res.status, 200, res.text);
    assert.equal(res.text, 'ok');
  }

  // The next packet; pings are answered and not returned.
  async next ()
  {
    while (this.#pending.length === 0)
      {
        const res = await this.get();
        assert.equal(res.status, 200, res.text);
        for (const packet of decodePayload(res.text))
          {
            if (packet === '2')
              await this.send('3');
            else
              this.#pending.push(packet);
          }
      }
    return this.#pending.shift();
  }

  // Polls until the server ends the session; returns all packets on the way.
  async drain ()
  {
    const packets = [...this.#pending];
    this.#pending = [];
    for (;;)
      {
        const res = await this.get();
        if (res.status !== 200)
          {
            assertUnknownSid(res);
            return packets;
          }
        for (const packet of decodePayload(res.text))
          {
            packets.push(packet);
            /* Pongs may come after the end. */
            if (packet === '2')
              await this.post('3');
          }
      }
  }

  async assertAlive (text = 'alive')
  {
    await this.send(`4${text}`);
    assert.equal(await this.next(), `4${text}`);
  }

  async assertGone ()
  {
    assertUnknownSid(await this.get());
  }

  // A GET that is known to be held: the request has been sent and a later one was served.
  async hold ()
  {
    const held = this.get({ ownConnection: true });
    held.catch(() => {});
    await within(once(held.request, 'finish'), 'held GET');
    await request(this.port, `${this.prefix}?EIO=4&transport=polling&sid=none`, { ownConnection: true });
    return { response: held, abort: () => held.request.destroy() };
  }
}

// ---- WebSocket -------------------------------------------------------------

export class Ws
{
  #queue = [];
  #waiters = [];
  #closed = deferred();

  constructor (port, path, { pong = true, protocols = [], headers = {} } = {})
  {
    this.pong = pong;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers, perMessageDeflate: false, maxPayload: 64 << 20 });
    opened.add(this);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve);
      this.socket.once('upgrade', (res) => { this.response = res; });
      this.socket.once('unexpected-response', (_, res) => {
        const parts = [];
        res.on('data', (part) => parts.push(part));
        res.on('end', () => {
          const text = Buffer.concat(parts).toString();
          reject(Object.assign(new Error(`refused: ${res.statusCode} ${text}`), { status: res.statusCode, headers: res.headers, text }));
          this.destroy();
        });
      });
      this.socket.once('error', reject);
    });
    this.opened.catch(() => {});
    this.socket.on('error', () => {});
    this.socket.on('message', (data, binary) => this.#message(binary ? data : data.toString('utf8')));
    this.socket.once('close', (code, reason) => {
      this.#closed.resolve({ code, reason: reason.toString() });
      for (const waiter of this.#waiters.splice(0))
        waiter.reject(new Error(`closed (${code}) instead of a message`));
    });
  }

  static async open (port, path, options)
  {
    const ws = new this(port, path, options);
    await within(ws.opened, `WebSocket ${path}`);
    return ws;
  }

  // A whole Engine.IO session on WebSocket.
  static async session (port, prefix = '/engine.io/', options = {})
  {
    const ws = await this.open(port, `${prefix}?EIO=4&transport=websocket${options.query ?? ''}`, options);
    const first = await ws.next();
    assert.equal(first[0], '0');
    ws.handshake = JSON.parse(first.slice(1));
    ws.sid = ws.handshake.sid;
    return ws;
  }

  #message (data)
  {
    if (this.pong && data === '2')
      {
        this.socket.send('3');
        return;
      }
    const waiter = this.#waiters.shift();
    if (waiter)
      waiter.resolve(data);
    else
      this.#queue.push(data);
  }

  send (data) { this.socket.send(data); }

  next ()
  {
    if (this.#queue.length > 0)
      return Promise.resolve(this.#queue.shift());
    if (this.socket.readyState === WebSocket.CLOSED)
      return Promise.reject(new Error('closed'));
    const waiter = deferred();
    this.#waiters.push(waiter);
    waiter.promise.catch(() => {});
    return within(waiter.promise, 'next WebSocket message');
  }

  get closed () { return within(this.#closed.promise, () => `close of the WebSocket (queued: ${JSON.stringify(this.#queue).slice(0, 200)})`); }

  async assertAlive (text = 'alive')
  {
    this.send(`4${text}`);
    assert.equal(await this.next(), `4${text}`);
  }

  async close ()
  {
    this.socket.close();
    return this.closed;
  }

  destroy ()
  {
    opened.delete(this);
    this.socket.terminate();
  }
}

// ---- raw TCP ---------------------------------------------------------------

export class Tcp
{
  #ended = deferred();
  #wake = deferred();

  constructor (port)
  {
    this.received = Buffer.alloc(0);
    this.socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    opened.add(this);
    this.socket.on('data', (data) => { this.received = Buffer.concat([this.received, data]); this.#notify(); });
    this.socket.on('error', () => {});
    this.socket.once('end', () => { this.over = true; this.#ended.resolve(); this.#notify(); });
    this.socket.once('close', () => { this.over = true; this.#ended.resolve(); this.#notify(); });
  }

  #notify ()
  {
    this.#wake.resolve();
    this.#wake = deferred();
  }

  static async open (port)
  {
    const tcp = new Tcp(port);
    await within(once(tcp.socket, 'connect'), 'TCP connection');
    return tcp;
  }

  write (data) { this.socket.write(data); }
  end () { this.socket.end(); }
  get ended () { return within(this.#ended.promise, () => `end of the connection after ${JSON.stringify(this.received.toString('latin1').slice(0, 200))}`); }

  async until (condition, what)
  {
    const wait = (async () => {
      while (!condition(this.received))
        {
          if (this.over)
            throw new Error(`${what}: connection ended after ${JSON.stringify(this.received.toString('latin1').slice(0, 300))}`);
          await this.#wake.promise;
        }
    })();
    wait.catch(() => {});
    await within(wait, () => `${what}, have ${JSON.stringify(this.received.toString('latin1').slice(0, 300))}`);
    return this.received;
  }

  // Takes a response head off the stream.
  async head ()
  {
    await this.until((data) => data.includes('\r\n\r\n'), 'response head');
    const at = this.received.indexOf('\r\n\r\n');
    const head = this.received.subarray(0, at).toString('latin1');
    this.received = this.received.subarray(at + 4);
    return { head, status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]) };
  }

  destroy ()
  {
    opened.delete(this);
    this.socket.destroy();
  }
}

export function
upgradeHead (path, extra = '')
{
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
    + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${extra}\r\n`;
}

export function
frame (opcode, payload = '', { fin = true, masked = true, rsv = 0, length } = {})
{
  const data = Buffer.from(payload);
  const announced = length ?? data.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  if (announced < 126)
    head.push(bit | announced);
  else if (announced < 65536)
    head.push(bit | 126, announced >> 8, announced & 255);
  else
    {
      const big = Buffer.alloc(8);
      big.writeBigUInt64BE(BigInt(announced));
      head.push(bit | 127, ...big);
    }
  if (!masked)
    return Buffer.concat([Buffer.from(head), data]);
  const mask = randomBytes(4);
  const scrambled = Buffer.from(data);
  for (let i = 0; i < scrambled.length; i++)
    scrambled[i] ^= mask[i & 3];
  return Buffer.concat([Buffer.from(head), mask, scrambled]);
}

// WebSocket frames by hand: to send what a library refuses to.
export class RawWs extends Tcp
{
  static async open (port, path, extra)
  {
    const raw = new RawWs(port);
    await within(once(raw.socket, 'connect'), 'TCP connection');
    raw.write(upgradeHead(path, extra));
    const { status, head } = await raw.head();
    assert.equal(status, 101, head);
    return raw;
  }

  static async session (port, prefix = '/engine.io/')
  {
    const raw = await RawWs.open(port, `${prefix}?EIO=4&transport=websocket`);
    const first = await raw.frame();
    assert.equal(first.opcode, 1);
    raw.sid = JSON.parse(first.payload.toString().slice(1)).sid;
    return raw;
  }

  send (...args) { this.write(frame(...args)); }

  async frame ()
  {
    const size = (data) => {
      if (data.length < 2)
        return Infinity;
      const short = data[1] & 127;
      if (short < 126)
        return 2 + short;
      if (short === 126)
        return data.length < 4 ? Infinity : 4 + data.readUInt16BE(2);
      return data.length < 10 ? Infinity : 10 + Number(data.readBigUInt64BE(2));
    };
    await this.until((data) => data.length >= size(data), 'WebSocket frame');
    const whole = this.received.subarray(0, size(this.received));
    this.received = this.received.subarray(whole.length);
    assert.equal(whole[1] & 0x80, 0, 'a server does not mask');
    const payload = whole.subarray(whole.length - (size(whole) - ((whole[1] & 127) < 126 ? 2 : (whole[1] & 127) === 126 ? 4 : 10)));
    return { fin: (whole[0] & 0x80) !== 0, rsv: (whole[0] >> 4) & 7, opcode: whole[0] & 15, payload: Buffer.from(payload) };
  }

  // The code of the close frame that follows, other frames skipped; 1005 for none in it.
  async closeCode ()
  {
    for (;;)
      {
        const { opcode, payload } = await this.frame();
        if (opcode === 8)
          return payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      }
  }
}
