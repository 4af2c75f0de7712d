// SPDX-License-Identifier: LGPL-2.1-or-later
// The official client served by a server in another language: SIO_GI_SERVER is its command, as JSON.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, describe } from 'node:test';
import { load } from '../interop/lib/npm.mjs';
import { Server, useServer } from '../interop/lib/server.mjs';
import { test, within } from '../interop/lib/wire.mjs';

const { io } = load('socket.io-client');
const sockets = [];
const server = useServer(() => new Server('gi-server', []).ready());

function
connect (nsp, options)
{
  const socket = io(`${server.url}${nsp}`, { forceNew: true, reconnection: false, ...options });
  sockets.push(socket);
  return socket;
}

async function
connected (nsp, options)
{
  const socket = connect(nsp, options);
  await within(once(socket, 'connect'), 'connect');
  return socket;
}

afterEach(() => {
  for (const socket of sockets.splice(0))
    socket.disconnect();
});

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
  describe(transports.join(' and '), () => {
    const ask = (socket, ...args) => socket.timeout(8000).emitWithAck(...args);

    test('forwards to a room', async () => {
      const ann = await connected('/chat', { transports });
      const bob = await connected('/chat', { transports });
      const heard = within(once(bob, 'said'), 'said');
      ann.on('said', () => assert.fail('the sender hears itself'));
      await ask(ann, 'say', 'hello', { n: [1, null] }, Buffer.from('bin'));
      assert.deepEqual(await heard, ['hello', { n: [1, null] }, Buffer.from('bin')]);
    });

    test('answers with a number', async () => {
      assert.equal(await ask(await connected('/chat', { transports }), 'add', 40, 2), 42);
    });

    test('answers with bytes', async () => {
      assert.deepEqual(await ask(await connected('/chat', { transports }), 'reverse', Buffer.from([1, 2, 3])), Buffer.from([3, 2, 1]));
    });

    test('asks the client', async () => {
      const socket = await connected('/chat', { transports });
      socket.on('question', (text, answer) => answer(text === 'how are you?' ? 'fine' : 'what?'));
      assert.equal(await ask(socket, 'ask back'), 'you said fine');
    });

    test('shows who is in a room', async () => {
      const room = `watched ${transports}`;
      const ann = await connected('/chat', { transports });
      const bob = await connected('/chat', { transports });
      await ask(ann, 'enter', room);
      await ask(ann, 'watch', room);
      await ask(bob, 'enter', room);
      assert.deepEqual(await ask(bob, 'report', room), [['1,0,1', '+2'], [ann.id, bob.id]]);
      await ask(ann, 'leave', room);
      // The last one takes the place of the one who left.
      assert.deepEqual(await ask(bob, 'report', room), [['1,0,1', '+2', '1,1,0', '0,1,1', '-1'], [bob.id]]);
    });

    test('has the answers that came in time', async () => {
      const room = `voters ${transports}`;
      const ann = await connected('/chat', { transports });
      const bob = await connected('/chat', { transports });
      await ask(ann, 'enter', room);
      ann.on('vote', (answer) => answer('yes'));
      assert.deepEqual(await ask(bob, 'vote', room), [true, 1, ['yes'], null]);
      await ask(bob, 'enter', room);
      assert.deepEqual(await ask(bob, 'vote', room), [false, 2, ['yes'], 'operation has timed out']);
    });

    test('has statistics', async () => {
      const socket = await connected('/chat', { transports });
      await ask(socket, 'add', 1, 2);
      const before = await ask(socket, 'stats');
      await ask(socket, 'add', 1, 2);
      await ask(socket, 'add', 3, 4);
      const after = await ask(socket, 'stats');
      assert.equal(after[0], before[0]);
      assert.ok(after[0] >= 1);
      assert.equal(after[2] - before[2], 2);
      assert.equal(after[3], after[2]);
      assert.deepEqual(after.filter((value) => typeof value === 'boolean'), [true, true, true, true, true, true]);
    });

    test('fetches sockets', async () => {
      const room = `fetched ${transports}`;
      const ann = await connected('/chat', { transports });
      await ask(ann, 'enter', room);
      assert.deepEqual(await ask(ann, 'who', room), [[ann.id, [ann.id, 'lobby', room].sort(), true]]);
    });

    test('makes a namespace, and renames an event', async () => {
      assert.equal(await ask(await connected('/room-42', { transports }), 'old'), '/room-42');
    });

    test('lets in who has the token, by an asynchronous middleware', async () => {
      await connected('/private', { transports, auth: { token: 'secret' } });
    });

    test('refuses who has not', async () => {
      const [error] = await within(once(connect('/private', { transports, auth: { token: 'guess' } }), 'connect_error'), 'refusal');
      assert.equal(error.message, 'wrong token');
    });
  });
