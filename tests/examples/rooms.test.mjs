// SPDX-License-Identifier: LGPL-2.1-or-later
// The chat with rooms of docs/examples, seen by the official client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { CutProxy } from '../interop/lib/cut-proxy.mjs';
import { load } from '../interop/lib/npm.mjs';
import { Server, useServer } from '../interop/lib/server.mjs';
import { test, within } from '../interop/lib/wire.mjs';

const { io } = load('socket.io-client');
const directory = mkdtempSync(path.join(tmpdir(), 'sio-rooms-'));
const start = (env = {}) => new Server('gi-server', [], { STATE_DIRECTORY: directory, ...env }).ready();
const server = useServer(start);
const sockets = [];

after(() => rmSync(directory, { recursive: true }));

// Recovery appends the offset of an event.
const without = ([...args]) => {
  assert.match(args.pop(), /^[\w-]+-\d+$/);
  return args;
};

function open(name, url = server.url) {
  const socket = io(`${url}/chat`, { auth: name && { name }, forceNew: true, reconnectionDelay: 50 });
  sockets.push(socket);
  return socket;
}

async function join(name, room, url) {
  const socket = open(name, url);
  await within(once(socket, 'connect'), 'connect');
  socket.members = await socket.timeout(8000).emitWithAck('join', room);
  return socket;
}

function close() {
  sockets.splice(0).forEach((socket) => socket.disconnect());
}

test('who tells no name is refused', async () => {
  const [error] = await within(once(open(), 'connect_error'), 'connect_error');
  assert.equal(error.message, 'tell your name in auth');
  close();
});

test('a room hears who joins and what is said, others do not', async () => {
  const ann = await join('Ann', 'tea');
  assert.equal(ann.members, 1);
  const other = await join('Otto', 'coffee');
  other.onAny((event) => assert.fail(`the other room got ${event}`));
  const joined = within(once(ann, 'joined'), 'joined');
  const bob = await join('Bob', 'tea');
  assert.equal(bob.members, 2);
  assert.deepEqual(without(await joined), ['tea', 'Bob']);

  const said = within(once(ann, 'said'), 'said');
  bob.on('said', () => assert.fail('the sender hears itself'));
  await bob.timeout(8000).emitWithAck('say', 'tea', 'grün, €');
  assert.deepEqual(without(await said), ['tea', 'Bob', 'grün, €']);
  close();
});

test('a question goes to everybody else, and the answers come back together', async () => {
  const asker = await join('Ann', 'tea');
  const others = [await join('Bob', 'tea'), await join('Cleo', 'tea')];
  others.forEach((socket, i) => socket.on('question', (text, answer) => answer(`${text} ${i}`)));
  const answered = new Promise((resolve) =>
    asker.timeout(8000).emit('ask', 'tea', 'milk?', (error, answers, complete) => resolve([error, answers, complete])));
  const [error, answers, complete] = await answered;
  assert.equal(error, null);
  assert.deepEqual(answers.sort(), ['milk? 0', 'milk? 1']);
  assert.equal(complete, true);
  close();
});

test('what makes no sense does no harm', async () => {
  const socket = await join('Ann', 'tea');
  for (const event of ['join', 'say', 'ask'])
    for (const args of [[], [1], [null, {}], [{ a: 1 }, 'x'], [Buffer.from('x')]])
      socket.emit(event, ...args);
  assert.equal(await socket.timeout(8000).emitWithAck('join', 'coffee'), 1);
  const asked = await join('Bob', 'coffee');
  asked.on('question', (text, answer) => answer({ no: 'string' }));
  await new Promise((resolve) => socket.timeout(8000).emit('ask', 'coffee', 'milk?', (...args) => {
    assert.equal(args[0], null);
    assert.equal(args[1].length, 1);
    assert.equal(args[2], true);
    resolve();
  }));
  close();
});

// Ann is behind a proxy that can be cut, Bob talks to the server itself.
async function comesBack(whileAway) {
  const proxy = await CutProxy.start(server.port);
  try {
    const ann = await join('Ann', 'tea', proxy.url);
    const bob = await join('Bob', 'tea');
    /* Polling has moments without a connection that could be cut. */
    if (ann.io.engine.transport.name !== 'websocket')
      await within(once(ann.io.engine, 'upgrade'), 'upgrade');
    const { id } = ann;
    ann.io.reconnection(false);
    const gone = within(once(ann, 'disconnect'), 'disconnect');
    proxy.cut();
    await gone;
    const heard = [];
    const last = within(new Promise((resolve) => ann.on('said', (...args) => {
      heard.push(args[2]);
      if (args[2] === 'last')
        resolve();
    })), 'the last word');
    await bob.timeout(8000).emitWithAck('say', 'tea', 'first');
    const again = await whileAway(bob, proxy);
    ann.io.reconnection(true);
    const back = within(once(ann, 'connect'), 'connect');
    ann.connect();
    await back;
    await again.timeout(8000).emitWithAck('say', 'tea', 'last');
    await last;
    assert.deepEqual(heard, ['first', 'last']);
    assert.equal(ann.recovered, true);
    assert.equal(ann.id, id);
  } finally {
    close();
    await proxy.stop();
  }
}

test('who comes back in time has missed nothing, and is in the rooms again', () => comesBack((bob) => bob));

test('the client of the documentation joins once, and not again when it was recovered', async () => {
  const source = readFileSync(new URL('../../docs/examples/recovery-client.mjs', import.meta.url), 'utf8');
  const proxy = await CutProxy.start(server.port);
  let socket;
  let joins = 0;
  let heard;
  const line = within(new Promise((resolve) => (heard = resolve)), 'what is said');
  const connect = (url, options) => {
    socket = io(url.replace('http://localhost:3000', proxy.url), { ...options, transports: ['websocket'], forceNew: true, reconnectionDelay: 20 });
    socket.onAnyOutgoing((event) => (joins += event === 'join'));
    sockets.push(socket);
    return socket;
  };
  try {
    new Function('io', 'console', source)(connect, { log: heard });
    await within(once(socket, 'connect'), 'connect');
    const bob = await join('Bob', 'lobby');
    /* Once it answers, Ann has joined. */
    assert.equal(await socket.timeout(8000).emitWithAck('join', 'other'), 1);
    joins--;
    const back = within(once(socket.io, 'reconnect').then(() => socket.connected || once(socket, 'connect')), 'reconnect');
    proxy.cut();
    await back;
    assert.equal(socket.recovered, true);
    await bob.timeout(8000).emitWithAck('say', 'lobby', 'hello');
    assert.equal(await line, 'Bob: hello');
    assert.equal(joins, 1);
  } finally {
    close();
    await proxy.stop();
  }
});

test('also after a restart of the server', () => comesBack(async (bob) => {
  const { port } = server;
  const gone = within(once(bob, 'disconnect'), 'disconnect');
  const back = within(gone.then(() => once(bob, 'connect')), 'connect');
  const { code } = await server.server.stop();
  assert.equal(code, 0);
  server.server = await start({ EXAMPLE_PORT: String(port) });
  await back;
  assert.equal(bob.recovered, true);
  return bob;
}));
