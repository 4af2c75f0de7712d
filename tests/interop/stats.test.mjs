// SPDX-License-Identifier: LGPL-2.1-or-later
// Statistics while all kinds of clients come and go: what they did has to add up.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { deferred, test, within } from './lib/wire.mjs';

const { WebSocket } = load('ws');
const { io } = load('socket.io-client');
const io2 = load('socket.io-client-2');
const server = useServer(() => startConformance('stats'));

const EVENTS = 20;
const ROUNDS = 5;

const total = (counters) => Object.values(counters).reduce((a, b) => a + b, 0);

function
event (emitter, name)
{
  const got = deferred();
  emitter.once(name, (...args) => got.resolve(args));
  return within(got.promise, name);
}

async function
watch ()
{
  const socket = io(`${server.url}/stats`, { transports: ['websocket'], forceNew: true, reconnection: false });
  await event(socket, 'connect');
  return { socket, ask: () => socket.timeout(60_000).emitWithAck('stats') };
}

// Until the server noticed all that was done.
async function
settle (observer, condition)
{
  for (let i = 0; i < 2400; i++) {
    const stats = await observer.ask();
    if (condition(stats))
      return stats;
    await sleep(25);
  }
  assert.fail(`not reached: ${JSON.stringify(await observer.ask())}`);
}

async function
echoes (socket)
{
  for (let i = 0; i < EVENTS; i++) {
    const back = event(socket, 'echo');
    socket.emit('echo', i % 10);
    assert.deepEqual(await back, [i % 10]);
  }
}

async function
official (make, nsp, options)
{
  const socket = make(`${server.url}${nsp}`, { forceNew: true, reconnection: false, ...options });
  await event(socket, 'connect');
  return socket;
}

async function
plain ()
{
  const ws = new WebSocket(`ws://localhost:${server.port}/ws`);
  const hello = event(ws, 'message');
  await within(once(ws, 'open'), 'open');
  await hello;
  for (let i = 0; i < EVENTS; i++) {
    const back = event(ws, 'message');
    ws.send(JSON.stringify({ event: 'echo', data: i % 10 }));
    assert.equal(JSON.parse((await back)[0]).data, i % 10);
  }
  return ws;
}

test('adds up after all kinds of clients came and went', async () => {
  const observer = await watch();
  const before = await observer.ask();
  assert.deepEqual(before.sessions, { polling: 0, websocket: 1, plain: 0, eio3: 0 });
  assert.equal(before.sockets, 1);

  for (let round = 0; round < ROUNDS; round++) {
    const polling = await official(io, '/', { transports: ['polling'] });
    const websocket = await official(io, '/', { transports: ['websocket'] });
    const upgrading = io(`${server.url}/`, { forceNew: true, reconnection: false });
    const upgraded = deferred();
    upgrading.io.engine.once('upgrade', upgraded.resolve);
    await event(upgrading, 'connect');
    await within(upgraded.promise, 'upgrade');
    const old = await official(io2, '/', { transports: ['websocket'] });
    const old_polling = await official(io2, '/', { transports: ['polling'] });
    const chat = await official(io, '/chat', { transports: ['websocket'] });
    const ws = await plain();

    await Promise.all([polling, websocket, upgrading, old, old_polling, chat].map(echoes));
    await chat.timeout(60_000).emitWithAck('join');
    const there = await settle(observer, (s) => s.sessions.websocket === 6);
    assert.deepEqual(there.sessions, { polling: 2, websocket: 6, plain: 1, eio3: 2 });
    // Clients of Socket.IO 2 join the default namespace, too.
    assert.equal(there.sockets, 8);
    assert.equal(there.rooms, 1);
    assert.deepEqual(Object.fromEntries(there.namespaces.map(([name, n]) => [name, n])), { '/': 6, '/chat': 1, '/closed': 0, '/stats': 1 });

    const refused = io(`${server.url}/closed`, { transports: ['websocket'], forceNew: true, reconnection: false });
    await event(refused, 'connect_error');
    const lost = io(`${server.url}/nowhere`, { transports: ['websocket'], forceNew: true, reconnection: false });
    await event(lost, 'connect_error');
    chat.emit('nobody listens to this', 1, 2, 3);

    const left = event(websocket, 'disconnect');
    websocket.emit('leave');
    await left;
    polling.disconnect();
    upgrading.io.engine.close();
    old.disconnect();
    old_polling.disconnect();
    chat.disconnect();
    ws.close();
    for (const socket of [refused, lost, websocket])
      socket.io.engine.close();
    await settle(observer, (s) => s.sessions.websocket === 1 && s.sessions.polling === 0 && s.sockets === 1);
  }

  const after = await settle(observer, (s) => s['round-trips'][0] > 0);
  assert.deepEqual(after.sessions, { polling: 0, websocket: 1, plain: 0, eio3: 0 });
  assert.equal(after.rooms, 0);
  assert.equal(after['buffered-bytes'], 0);

  assert.equal(after.opened - before.opened, 9 * ROUNDS);
  assert.equal(total(after.ended), 9 * ROUNDS);
  assert.equal(after.connected - before.connected, 7 * ROUNDS);
  assert.equal(total(after.disconnected), 7 * ROUNDS);
  assert.equal(after.disconnected['server namespace disconnect'], ROUNDS);
  assert.equal(after.disconnected.other, 0);
  assert.equal(after.upgraded, ROUNDS);
  assert.equal(after.refused.middleware, ROUNDS);
  assert.equal(after.refused['invalid-namespace'], ROUNDS);
  assert.equal(total(after.refused), 2 * ROUNDS);
  assert.equal(total(after.limited), 0);
  assert.equal(after.slow, 0);
  assert.equal(after.dropped, 0);

  const counted = Object.fromEntries(after.events.map(([nsp, name, others, n, bytes, refused, time, ranges]) => [others ? `${nsp}: others` : `${nsp} ${name}`, { n, bytes, refused, time, handled: ranges.reduce((a, [, m]) => a + m, 0) }]));
  const clients = { '/ echo': 6, '/chat echo': 1 };
  for (const [name, n] of Object.entries(clients)) {
    assert.equal(counted[name].n, n * EVENTS * ROUNDS);
    assert.equal(counted[name].bytes, n * EVENTS * ROUNDS);
    assert.equal(counted[name].handled, n * EVENTS * ROUNDS);
    assert.equal(counted[name].refused, 0);
  }
  assert.equal(counted['/ leave'].n, ROUNDS);
  assert.equal(counted['/chat join'].n, ROUNDS);
  assert.equal(counted['/chat: others'].n, ROUNDS);
  assert.equal(counted['/chat: others'].bytes, ROUNDS * '1,2,3'.length);

  // Nothing is left of those who went.
  assert.equal(after.memory.rooms, before.memory.rooms);
  assert.equal(after.memory.sockets, before.memory.sockets);
  assert.equal(after.memory.sessions, before.memory.sessions);

  // Packets that came: at least one for each event and each socket.
  assert.ok(after['packets-in'] - before['packets-in'] >= 7 * ROUNDS * EVENTS);
  assert.ok(after['packets-out'] - before['packets-out'] >= 7 * ROUNDS * EVENTS);
  observer.socket.disconnect();
});

test('counts exactly what one client sends', async () => {
  const observer = await watch();
  const first = await observer.ask();
  const second = await observer.ask();
  // The question with its number; between the two only it came, or pongs.
  const events = (s) => s.events.find(([nsp, name]) => nsp === '/stats' && name === 'stats');
  assert.equal(events(second)[3] - events(first)[3], 1);
  assert.equal(events(second)[4], 0);
  assert.ok(second['bytes-in'] - first['bytes-in'] >= '42/stats,1["stats"]'.length);
  assert.ok(second['bytes-out'] - first['bytes-out'] >= 1000);
  assert.equal(second['start-time'], first['start-time']);
  assert.ok(second.time > first.time);
  observer.socket.disconnect();
});
