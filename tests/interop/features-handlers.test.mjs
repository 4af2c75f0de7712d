// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces, middlewares and handlers of the server, with the official client.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const sockets = [];
const server = useServer(() => startConformance('features'));

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

for (const transports of [['polling'], ['websocket']])
  describe(transports[0], () => {
    const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

    async function
    refused (nsp, options)
    {
      const [error] = await within(once(connect(nsp, { transports, ...options }), 'connect_error'), 'refusal');
      return error.message;
    }

    test('echoes', async () => {
      const socket = await connected('/handlers', { transports });
      const heard = within(once(socket, 'echo'), 'echo');
      socket.emit('echo', 1, 'two');
      assert.deepEqual(await heard, [1, 'two']);
    });

    test('makes namespaces that match a pattern, and removes them', async () => {
      const one = connect('/dynamic-1', { transports });
      assert.deepEqual(await within(once(one, 'welcome'), 'welcome'), ['/dynamic-1']);
      const two = await connected('/dynamic-2', { transports });
      assert.equal(await ask(two, 'where'), '/dynamic-2');
      const heard = [one, two].map((socket) => within(once(socket, 'shouted'), 'shout'));
      two.emit('shout', 'all', Buffer.from([1]));
      for (const args of await Promise.all(heard))
        assert.deepEqual(args, ['all', Buffer.from([1])]);
      assert.equal(await refused('/dynamic-x'), 'Invalid namespace');
      one.disconnect();
      const again = connect('/dynamic-1', { transports });
      assert.deepEqual(await within(once(again, 'welcome'), 'welcome'), ['/dynamic-1']);
    });

    test('asks a function about names', async () => {
      const socket = await connected('/anything', { transports, auth: { word: 'sesame' } });
      assert.equal(await ask(socket, 'where'), '/anything');
      assert.equal(await refused('/nothing', { auth: { word: 'please' } }), 'Invalid namespace');
    });

    test('keeps the order of events while a middleware decides', async () => {
      const socket = await connected('/handlers', { transports });
      const seen = [];
      const done = new Promise((resolve) => {
        socket.onAny((event, ...args) => {
          seen.push([event, ...args]);
          if (seen.length === 5)
            resolve();
        });
      });
      socket.emit('slow', 1);
      socket.emit('fast', 2);
      socket.emit('secret', 3);
      socket.emit('old', 4);
      socket.emit('slow', 5);
      await within(done, 'all events');
      assert.deepEqual(seen, [['slow', 1], ['fast', 2], ['refused', 'not for you'], ['new', 'rewritten'], ['slow', 5]]);
      assert.equal(await ask(socket, 'count'), 5);
    });

    test('lets request middlewares refuse', async () => {
      const error = await within(once(connect('/handlers', { transports, query: { forbid: 1 } }), 'connect_error'), 'refusal');
      assert.equal(error.length, 1);
      const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&forbid=1`);
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('x-features'), 'handlers');
      assert.deepEqual(await response.json(), { code: 3, message: 'Bad request' });
    });
  });
