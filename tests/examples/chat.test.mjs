// SPDX-License-Identifier: LGPL-2.1-or-later
// The chat of the README: what one says, the others in the lobby hear, and it is acknowledged.
// SIO_GI_SERVER is the program with its arguments, as JSON.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { load } from '../interop/lib/npm.mjs';
import { Server, useServer } from '../interop/lib/server.mjs';
import { test, within } from '../interop/lib/wire.mjs';

const { io } = load('socket.io-client');
const server = useServer(() => new Server('gi-server', []).ready());

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
  test(`others hear what one says, over ${transports.join(' and ')}`, async () => {
    const sockets = [0, 1, 2].map(() => io(`${server.url}/chat`, { transports, forceNew: true }));
    try
      {
        await within(Promise.all(sockets.map((socket) => once(socket, 'connect'))), 'connect');
        const heard = sockets.slice(1).map((socket) => within(once(socket, 'said'), 'said'));
        sockets[0].on('said', () => assert.fail('the sender hears itself'));
        await sockets[0].timeout(8000).emitWithAck('say', 'hello', { n: 1 });
        for (const args of await Promise.all(heard))
          assert.deepEqual(args, ['hello', { n: 1 }]);
      }
    finally
      {
        sockets.forEach((socket) => socket.disconnect());
      }
  });

test('two of the clients in the documentation hear each other', async () => {
  const source = readFileSync(new URL('../../docs/examples/chat-client.mjs', import.meta.url), 'utf8')
    .replace(/^import .*$/m, '')
    .replace('http://localhost:3000', server.url);
  const lines = [];
  const sockets = [];
  const connect = (...args) => sockets[sockets.push(io(args[0], { forceNew: true })) - 1];
  let heard;
  const first = new Promise((resolve) => (heard = resolve));
  const log = (line) => {
    lines.push(line);
    if (lines.includes('delivered') && lines.includes('hello'))
      heard();
  };
  try
    {
      new Function('io', 'console', source)(connect, { log });
      await within(once(sockets[0], 'connect'), 'connect');
      new Function('io', 'console', source)(connect, { log });
      await within(first, 'delivery');
    }
  finally
    {
      sockets.forEach((socket) => socket.disconnect());
    }
});
