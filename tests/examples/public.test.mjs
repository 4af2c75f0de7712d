// SPDX-License-Identifier: LGPL-2.1-or-later
// The public chat of docs/examples: who may come in, limits, compression, plain WebSocket.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach } from 'node:test';
import { load } from '../interop/lib/npm.mjs';
import { Server, useServer } from '../interop/lib/server.mjs';
import { test, within } from '../interop/lib/wire.mjs';

const { io } = load('socket.io-client');
const { WebSocket } = load('ws');
const SITE = 'https://chat.example.org';
const server = useServer(() => new Server('gi-server', [], { CHAT_TOKEN: 'secret' }).ready());
const cleanup = [];
afterEach(() => cleanup.splice(0).forEach((end) => end()));

function open({ origin = SITE, token = 'secret', ...options } = {}) {
  const socket = io(`${server.url}/chat`, { auth: { token }, extraHeaders: origin && { origin }, forceNew: true, reconnection: false, ...options });
  cleanup.push(() => socket.disconnect());
  return socket;
}

const connected = (socket) => within(once(socket, 'connect'), 'connect').then(() => socket);
const refused = (socket) => within(once(socket, 'connect_error'), 'connect_error').then(([error]) => error);

for (const transport of ['polling', 'websocket']) {
  const transports = [transport];

  test(`pages of the site and programs may come in, others not, over ${transport}`, async () => {
    await connected(open({ transports }));
    await connected(open({ transports, origin: null }));
    await refused(open({ transports, origin: 'https://evil.example' }));
    const error = await refused(open({ transports, token: 'guess' }));
    assert.equal(error.message, 'wrong token');
  });

  test(`too large messages end the connection, over ${transport}`, async () => {
    const socket = await connected(open({ transports }));
    await socket.timeout(8000).emitWithAck('say', 'x'.repeat(60_000));
    const gone = within(once(socket, 'disconnect'), 'disconnect');
    socket.emit('say', 'x'.repeat(70_000));
    await gone;
  });
}

test('neither binary data nor deep nesting is taken', async () => {
  for (const data of [Buffer.from('x'), JSON.parse('['.repeat(20) + ']'.repeat(20))]) {
    const socket = await connected(open());
    const gone = within(once(socket, 'disconnect'), 'disconnect');
    socket.emit('say', data);
    await gone;
  }
});

test('who says too much at once is not heard', async () => {
  const socket = await connected(open());
  const answers = await Promise.allSettled([...Array(200)].map((_, i) => socket.timeout(2000).emitWithAck('say', i)));
  const heard = answers.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(heard >= 50 && heard < 200, `${heard} were answered`);
});

test('SIGUSR1 asks for statistics', async () => {
  await connected(open());
  process.kill(server.server.pid, 'SIGUSR1');
  const told = /^\d+ sockets, \d+ violations, p99 of round trips \d+\.\d ms$/m;
  for (let i = 0; i < 1000 && !told.test(server.server.output); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(server.server.output, told);
});

test('answers tell browsers which site may read them', async () => {
  const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: SITE } });
  assert.equal(response.headers.get('access-control-allow-origin'), SITE);
  assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
  await response.text();
});

test('messages are compressed', async () => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`, { origin: SITE });
  cleanup.push(() => ws.terminate());
  await within(once(ws, 'open'), 'open');
  assert.match(ws.extensions, /permessage-deflate/);
});

test('the plain WebSocket client of the documentation talks with the others', async () => {
  const source = readFileSync(new URL('../../docs/examples/plain-client.mjs', import.meta.url), 'utf8')
    .replace('wss://chat.example.org', `ws://127.0.0.1:${server.port}`);
  const other = await connected(open());
  const heard = within(once(other, 'said'), 'said');
  let ws;
  const lines = [];
  let wake;
  const log = (...words) => {
    lines.push(words.join(' '));
    wake?.();
  };
  const logged = (line) => within(new Promise((resolve) => {
    wake = () => lines.includes(line) && resolve();
    wake();
  }), line);
  class PageSocket extends WebSocket {
    constructor(url) {
      super(url, { origin: SITE });
      ws = this;
      cleanup.push(() => this.terminate());
    }
  }
  new Function('WebSocket', 'console', source)(PageSocket, { log });
  assert.deepEqual(await heard, ['hello']);
  await logged('delivered');
  other.emit('say', 'welcome');
  await logged('welcome');
  ws.send('nonsense');
  await within(once(ws, 'close'), 'close');
  assert.match(lines.at(-1), /^closed 1\d\d\d /);
});

test('pages of other sites get no plain WebSocket', async () => {
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/ws?namespace=/chat&token=secret`, { origin: 'https://evil.example' });
  const [error] = await within(once(ws, 'error'), 'error');
  assert.match(error.message, /400/);
});
