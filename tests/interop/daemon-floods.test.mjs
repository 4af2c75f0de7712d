// SPDX-License-Identifier: LGPL-2.1-or-later
// Bad requests in great number: good clients are served meanwhile, memory and the log do not grow.
// SIO_FLOOD=100000 sends more than the 20 000 that are usual.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { isNode, startDaemon } from './lib/server.mjs';
import { request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const { WebSocket } = load('ws');
const total = Number(process.env.SIO_FLOOD ?? 20_000);
const AT_A_TIME = 50;
const stops = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse())
    await stop();
});

const status = async (server) => JSON.parse((await request(server.port, '/status', { ownConnection: true })).text);

// Each of @n calls of @one gets to its end, AT_A_TIME of them at once.
async function
repeat (n, one)
{
  let left = n;
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    while (left-- > 0)
      await one();
  }));
}

// Sends bytes on a connection of its own and waits for its end.
const raw = (port, bytes, localAddress) => new Promise((resolve) => {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.on('close', resolve);
  socket.resume();
  socket.end(bytes);
});

// The status of the answer, on connections that are kept.
const get = (agent, port, query) => new Promise((resolve, reject) => {
  http.get({ agent, port, host: '127.0.0.1', path: `/socket.io/?${query}` }, (res) => {
    res.resume();
    res.on('end', () => resolve(res.statusCode));
  }).on('error', reject);
});

// A client that asks again and again; tells how long the slowest answer took.
function
good (server)
{
  const socket = io(server.url, { forceNew: true, reconnection: false, transports: ['websocket'] });
  const client = { slowest: 0, n: 0, over: false };
  stops.push(() => socket.disconnect());
  client.done = (async () => {
    while (!client.over)
      {
        const before = performance.now();
        assert.deepEqual(await socket.timeout(60_000).emitWithAck('latency'), { ok: true });
        client.slowest = Math.max(client.slowest, performance.now() - before);
        client.n++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    assert.equal(socket.connected, true);
  })();
  client.done.catch(() => {});
  return client;
}

const long = 'x'.repeat(17_000);
const malformed = [
  'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n: x\r\n\r\n',
  'nonsense\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0',
  `GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nX: ${long}\r\n\r\n`,
];

if (!isNode)
  describe(`${total} bad requests`, () => {
    const floods = {
      'malformed HTTP': {
        limits: [],
        async send (server, n) {
          let i = 0;
          await repeat(n, () => raw(server.port, malformed[i++ % malformed.length]));
        },
        seen: ['refused'],
      },
      'unknown sessions and handshakes that are refused': {
        limits: [],
        async send (server, n) {
          const agent = new http.Agent({ keepAlive: true, maxSockets: AT_A_TIME });
          const queries = ['EIO=4&transport=polling&sid=nobody', 'EIO=4&transport=pigeon', 'EIO=3&transport=polling', 'EIO=4&transport=websocket'];
          let i = 0;
          await repeat(n, async () => assert.equal(await get(agent, server.port, queries[i++ % queries.length]), 400));
          agent.destroy();
        },
        seen: ['refused'],
      },
      'connections beyond the limit of an address': {
        limits: ['limits.max-connections-per-address=20'],
        async send (server, n) {
          const held = Array.from({ length: 20 }, () => net.connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.9' }));
          /* One may be refused as long as the last one of another round has not gone. */
          for (const socket of held)
            socket.on('error', () => {});
          await Promise.all(held.map((socket) => once(socket, 'connect')));
          await repeat(n, () => raw(server.port, 'GET /', '127.0.0.9'));
          for (const socket of held)
            socket.destroy();
        },
        seen: ['max-connections-per-address'],
      },
      'events and namespaces that are refused': {
        limits: ['limits.max-events-per-second=100', 'limits.max-event-burst=100'],
        async send (server, n) {
          await Promise.all(Array.from({ length: 4 }, async () => {
            const ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
            await once(ws, 'message');
            ws.send('40');
            await once(ws, 'message');
            /* Each answer is awaited, so that nothing waits for the client. */
            let open = 0;
            ws.on('message', () => open--);
            for (let i = 0; i < n / 8; i++)
              {
                ws.send('42["flood"]');
                ws.send('40/nowhere,');
                for (open++; open > 100;)
                  await new Promise((resolve) => setImmediate(resolve));
              }
            ws.close();
            await once(ws, 'close');
          }));
        },
        seen: ['event-rate'],
      },
    };
    const share = total / Object.keys(floods).length;

    for (const [name, { limits, send, seen }] of Object.entries(floods))
      test(name, async (t) => {
        const server = await startDaemon({ args: limits.flatMap((set) => ['--set', set]) });
        stops.push(() => server.stop());
        const client = good(server);
        const begin = performance.now();
        /* What is allocated once, is now. */
        await send(server, share / 4);
        const before = server.rss / 1024;
        const start = performance.now();
        await send(server, share * 3 / 4);
        const seconds = (performance.now() - start) / 1000;
        const growth = server.rss / 1024 - before;
        client.over = true;
        await within(client.done, 'the good client', 60_000);
        const { incidents, sockets } = await status(server);
        const n = seen.reduce((all, kind) => all + incidents.seen[kind], 0);
        t.diagnostic(`${Math.round(share * 0.75 / seconds)} per second, memory ${before.toFixed(1)} and ${growth.toFixed(2)} MB more, slowest good answer of ${client.n} ${client.slowest.toFixed(1)} ms, ${n} counted`);
        assert.equal(sockets, 1);
        assert.ok(n > share / 5, `${n} were counted`);
        assert.ok(server.sanitised || growth < 2, `${growth} MB more`);
        assert.ok(client.n > 3 && client.slowest < 30_000, `${client.n} answers, the slowest after ${client.slowest} ms`);
        /* Ten records in ten seconds. */
        assert.ok(server.output.split('\n').length < 40 + (performance.now() - begin) / 250, 'the log does not grow with it');
      }, { timeout: 600_000 });
  });
