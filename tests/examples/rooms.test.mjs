// SPDX-License-Identifier: LGPL-2.1-or-later
// The chat with rooms of docs/examples, seen by the official client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { load } from '../interop/lib/npm.mjs';
import { Server, useServer } from '../interop/lib/server.mjs';
import { test, within } from '../interop/lib/wire.mjs';

const { io } = load('socket.io-client');
const server = useServer(() => new Server('gi-server', []).ready());
const sockets = [];

function open(name) {
  const socket = io(`${server.url}/chat`, { auth: name && { name }, forceNew: true, reconnectionDelay: 50 });
  sockets.push(socket);
  return socket;
}

async function join(name, room) {
  const socket = open(name);
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
  assert.deepEqual(await joined, ['tea', 'Bob']);

  const said = within(once(ann, 'said'), 'said');
  bob.on('said', () => assert.fail('the sender hears itself'));
  await bob.timeout(8000).emitWithAck('say', 'tea', 'grün, €');
  assert.deepEqual(await said, ['tea', 'Bob', 'grün, €']);
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
