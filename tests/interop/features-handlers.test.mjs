// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces, middlewares and handlers of the server, with the official client.

import assert from 'node:assert/strict';
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
    test('echoes', async () => {
      const socket = await connected('/handlers', { transports });
      const heard = within(once(socket, 'echo'), 'echo');
      socket.emit('echo', 1, 'two');
      assert.deepEqual(await heard, [1, 'two']);
    });
  });
