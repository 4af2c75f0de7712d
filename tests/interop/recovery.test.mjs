// SPDX-License-Identifier: LGPL-2.1-or-later
// The official client loses its connection and gets its session back: protocol.md §3.7, §4.10.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe } from 'node:test';
import { CutProxy } from './lib/cut-proxy.mjs';
import { load } from './lib/npm.mjs';
import { freePort, startConformance } from './lib/server.mjs';
import { deferred, eventually, test, within, Ws } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const { io: io3 } = load('socket.io-client-3');
const msgpack = load('socket.io-msgpack-parser');

// SioRecoveryError
const DISABLED = 0, MALFORMED = 2, UNKNOWN_SESSION = 3, EXPIRED = 4, UNKNOWN_OFFSET = 5, LOST_POSITION = 6;

const cleanup = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse())
    await end();
});

function
make (url, options = {}, client = io)
{
  const socket = client(url, { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 20, ...options });
  cleanup.push(() => {
    socket.io.reconnection(false);
    socket.disconnect();
    socket.io.engine?.close();
  });
  socket.numbers = [];
  socket.said = [];
  socket.on('n', (n) => socket.numbers.push(n));
  socket.on('said', (...args) => socket.said.push(args[0]));
  return socket;
}

function
event (emitter, name)
{
  const got = deferred();
  emitter.once(name, (...args) => got.resolve(args));
  return within(got.promise, name);
}

const connected = async (socket) => { if (!socket.connected) await event(socket, 'connect'); return socket; };
const ask = (socket, ...args) => within(socket.emitWithAck(...args), `answer to ${args[0]}`);

async function
until (condition, what)
{
  const limit = Date.now() + 60_000;
  while (!condition())
    {
      if (Date.now() > limit)
        throw new Error(`timed out: ${typeof what === 'function' ? what() : what}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
}

async function
startServer (settings = '', env = {}, args = [])
{
  const server = await startConformance('recovery', { args, env: { SIO_RECOVERY: settings, ...env } });
  cleanup.push(() => server.stop());
  return server;
}

async function
startProxy (server)
{
  const proxy = await CutProxy.start(server.port);
  cleanup.push(() => proxy.stop());
  return proxy;
}

// A client behind a proxy and a second one that never loses its connection.
async function
pair (server, options = {}, path = '')
{
  const proxy = await startProxy(server);
  const socket = make(`${proxy.url}${path}`, options);
  const other = make(`${server.url}${path}`, { transports: ['websocket'], parser: options.parser });
  await connected(socket);
  await connected(other);
  return { proxy, socket, other };
}

// Cuts the connection and does something while the client is away.
async function
cutAnd (proxy, socket, action, { cut = () => proxy.cut() } = {})
{
  socket.io.reconnection(false);
  const gone = event(socket, 'disconnect');
  /* Between two polls there is nothing to cut. */
  const timer = setInterval(cut, 5);
  cut();
  await gone;
  clearInterval(timer);
  await action();
  const back = event(socket, 'connect');
  socket.io.reconnection(true);
  socket.connect();
  await back;
}

const modes = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  'websocket with msgpack': { transports: ['websocket'], parser: msgpack },
  'polling with msgpack': { transports: ['polling'], parser: msgpack },
};

for (const [mode, options] of Object.entries(modes))
  describe(mode, () => {
    const args = options.parser ? ['--parser', 'msgpack'] : [];
    /* What has nothing to do with the parser. */
    const textTest = options.parser ? () => {} : test;

    test('a client gets what it missed, in order, with id, rooms and data', async () => {
      const server = await startServer('', {}, args);
      const { proxy, socket, other } = await pair(server, options);
      await ask(socket, 'join', 'red');
      await ask(socket, 'set data', 'the data');
      await ask(other, 'burst', 3);
      await until(() => socket.numbers.length === 3, 'first numbers');
      const { id } = socket;
      assert.equal(socket.recovered, false);

      await cutAnd(proxy, socket, async () => {
        await ask(other, 'burst', 100);
        await ask(other, 'say', 'red', 'said', 'to red');
        await ask(other, 'say', 'blue', 'said', 'to blue');
        await ask(other, 'say except', 'red', 'said', 'not to red');
        await ask(other, 'say', id, 'said', 'to the id');
        await ask(other, 'say', 'red', 'said', Buffer.from('bytes'));
        await ask(other, 'say volatile', 'said', 'volatile');
      });
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      await until(() => socket.said.length === 3, 'what was said');
      assert.deepEqual(socket.numbers, [...Array(103).keys()]);
      assert.deepEqual(socket.said.map(String), ['to red', 'to the id', 'bytes']);

      const me = await ask(socket, 'whoami');
      assert.deepEqual(me, { id, recovered: true, rooms: me.rooms, data: 'the data' });
      assert.deepEqual(me.rooms.sort(), [id, 'lobby', 'red'].sort());
      const counters = await ask(other, 'counters');
      assert.equal(counters.recovered, 1);
      assert.equal(counters.replayed, 103);
    });

    textTest('events to the socket itself are sent again, too', async () => {
      const server = await startServer('', {}, args);
      const { proxy, socket } = await pair(server, options);
      const echoes = [];
      socket.on('echo', (n) => echoes.push(n));
      /* The answers to the later ones are on their way when the connection breaks. */
      for (let i = 0; i < 50; i++)
        socket.emit('echo', i);
      await until(() => echoes.length > 0, 'first echo');
      await cutAnd(proxy, socket, async () => {});
      assert.equal(socket.recovered, true);
      await ask(socket, 'whoami');
      assert.deepEqual(echoes, [...Array(echoes.length).keys()]);
    });

    textTest('a quiet client recovers', async () => {
      const server = await startServer('', {}, args);
      const { proxy, socket, other } = await pair(server, options, '/other');
      /* The welcome carried an offset: forget it, as if there had been none. */
      await ask(socket, 'whoami');
      socket._lastOffset = undefined;
      const { id } = socket;
      const welcomes = [];
      socket.on('welcome', (recovered) => welcomes.push(recovered));
      await cutAnd(proxy, socket, async () => { await ask(other, 'burst', 5); });
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      await until(() => socket.numbers.length === 5 && welcomes.length === 2, 'numbers');
      /* It said that it had nothing: so it got the first welcome again. */
      assert.deepEqual(welcomes, [false, true]);
    });

    textTest('a client whose last event is long out of the log recovers', async () => {
      const server = await startServer('max-packets=20', {}, args);
      const { proxy, socket, other } = await pair(server, options);
      await ask(socket, 'leave', 'lobby');
      for (let i = 0; i < 30; i++)
        await ask(other, 'say', 'lobby', 'said', String(i));
      await cutAnd(proxy, socket, async () => { await ask(other, 'burst', 5); });
      assert.equal(socket.recovered, true);
      await until(() => socket.numbers.length === 5, 'numbers');
      /* Once more: what was sent to it is counted right after a recovery, too. */
      for (let i = 0; i < 30; i++)
        await ask(other, 'say', 'lobby', 'said', String(i));
      await cutAnd(proxy, socket, async () => { await ask(other, 'burst', 5); });
      assert.equal(socket.recovered, true);
      await until(() => socket.numbers.length === 10, 'numbers');
      assert.deepEqual(socket.said, []);
    });

    textTest('rooms joined and left count for the time spent in them', async () => {
      const server = await startServer('', {}, args);
      const { proxy, socket, other } = await pair(server, options);
      await ask(other, 'say', 'late', 'said', 'before');
      await ask(socket, 'join', 'late');
      await ask(socket, 'join', 'gone');
      await ask(socket, 'leave', 'gone');
      await ask(other, 'say', 'gone', 'said', 'after it left');
      socket._lastOffset = undefined;
      await cutAnd(proxy, socket, async () => {
        await ask(other, 'say', 'late', 'said', 'late');
        await ask(other, 'say', 'gone', 'said', 'gone');
      });
      assert.equal(socket.recovered, true);
      await ask(socket, 'whoami');
      assert.deepEqual(socket.said, ['late']);
    });

    textTest('the old connection need not have ended', async () => {
      const server = await startServer('', {}, args);
      const { proxy, socket, other } = await pair(server, options);
      await ask(other, 'burst', 1);
      await until(() => socket.numbers.length === 1, 'number');
      const { id } = socket;
      await cutAnd(proxy, socket, async () => { await ask(other, 'burst', 20); }, {
        cut: () => { proxy.cutClients(); socket.io.engine?.close(); },
      });
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      await until(() => socket.numbers.length === 21, () => `numbers: ${socket.numbers}`);
      assert.deepEqual(socket.numbers, [...Array(21).keys()]);
      await ask(other, 'burst', 1);
      await until(() => socket.numbers.length === 22, 'one more');
      assert.equal(socket.numbers.at(-1), 21);
    });

    test('a restart of the server', async () => {
      const dir = mkdtempSync(path.join(tmpdir(), 'sio-recovery-'));
      cleanup.push(() => rmSync(dir, { recursive: true }));
      const file = path.join(dir, 'sessions');
      const port = await freePort();
      const env = { SIO_RECOVERY_FILE: file };

      let server = await startConformance('recovery', { port, env, args });
      const socket = make(server.url, options);
      await connected(socket);
      await ask(socket, 'join', 'red');
      await ask(socket, 'set data', 'kept');
      await ask(socket, 'burst', 5);
      await until(() => socket.numbers.length === 5, 'numbers');
      const { id } = socket;
      socket.io.reconnection(false);
      const gone = event(socket, 'disconnect');
      /* Some of these are still on their way. */
      socket.emit('burst', 50);
      await server.stop();
      await gone;
      assert.equal(statSync(file).mode & 0o777, 0o600);

      server = await startConformance('recovery', { port, env, args });
      cleanup.push(() => server.stop());
      assert.match(server.output, /loaded 1/);
      assert.equal(existsSync(file), false);
      const other = make(server.url, { ...modes.websocket, parser: options.parser });
      await connected(other);
      await ask(other, 'say', 'red', 'said', 'from the new one');
      const back = event(socket, 'connect');
      socket.connect();
      await back;
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      const me = await ask(socket, 'whoami');
      assert.equal(me.data, 'kept');
      assert.ok(me.rooms.includes('red'));
      assert.deepEqual(socket.numbers, [...Array(socket.numbers.length).keys()]);
      assert.deepEqual(socket.said, ['from the new one']);
      /* The burst was executed or not, as a whole. */
      assert.ok([5, 55].includes(socket.numbers.length), String(socket.numbers.length));
    });

    textTest('cuts at random places under traffic: nothing lost, nothing twice, in order', async () => {
      const seed = Number(process.env.SIO_SEED ?? 20240521);
      let state = seed;
      const random = (n) => { state = (state * 1103515245 + 12345) & 0x7fffffff; return (state >> 8) % n; };
      const server = await startServer('', {}, args);
      const { proxy, socket, other } = await pair(server, options);
      let sent = 0;
      let busy = true;
      let cuts = 0;
      let failed = 0;
      let closed = 0;
      socket.on('connect', () => { if (!socket.recovered) failed++; });
      socket.on('disconnect', () => { closed++; });
      const traffic = (async () => {
        while (busy)
          {
            sent = (await ask(other, 'burst', 1 + random(20))) ?? sent;
            if (random(4) === 0)
              await new Promise((resolve) => setTimeout(resolve, random(3)));
          }
      })();
      traffic.catch(() => {});
      for (; cuts < 40; cuts++)
        {
          await until(() => socket.connected, 'connected again');
          const before = closed;
          const after = random(3) > 0;
          if (after)
            proxy.cutAfter(random(3000));
          await until(() => {
            if (!after)
              proxy.cut();
            return closed > before;
          }, 'cut');
        }
      busy = false;
      await traffic;
      await until(() => socket.connected && socket.numbers.length >= sent, () => `seed ${seed}: ${socket.numbers.length} of ${sent}`);
      await ask(socket, 'whoami');
      assert.deepEqual(socket.numbers, [...Array(sent).keys()], `seed ${seed}`);
      assert.equal(failed, 0, `seed ${seed}`);
      const counters = await ask(other, 'counters');
      assert.ok(counters.recovered >= cuts, JSON.stringify(counters));
    });
  });

describe('who is not recovered', () => {
  const options = modes.websocket;

  async function
  refused (settings, before, away, cause, { again = true } = {})
  {
    const server = await startServer(settings);
    const { proxy, socket, other } = await pair(server, options);
    const { id } = socket;
    await before(socket, other, server);
    await cutAnd(proxy, socket, () => away(socket, other));
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
    const counters = await ask(other, 'counters');
    assert.equal(counters[cause], 1, JSON.stringify(counters));
    assert.equal(counters.recovered, 0);
    const me = await ask(socket, 'whoami');
    assert.equal(me.recovered, false);
    assert.equal(me.data, '');
    assert.deepEqual(me.rooms.sort(), [socket.id, 'lobby'].sort());
    /* The new session is as good as any. */
    await cutAnd(proxy, socket, async () => {});
    assert.equal(socket.recovered, again);
  }

  const nothing = async () => {};
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  test('who comes too late', () => eventually(() => refused('max-disconnection-duration=400', nothing, () => sleep(450), EXPIRED)));
  test('who missed more than the log holds', () => refused('max-packets=50', nothing, (_, other) => ask(other, 'burst', 60), LOST_POSITION));
  test('who missed more bytes than the log holds', () => refused('max-packet-bytes=20000', nothing, (_, other) => ask(other, 'burst', 100), LOST_POSITION));
  test('when there are too many sessions', () => refused('max-sessions=0', nothing, nothing, UNKNOWN_SESSION, { again: false }));
  test('who lost its position to a volatile event', () => refused('', async (socket, other) => {
    await ask(other, 'burst', 1);
    await until(() => socket.numbers.length === 1, 'number');
    await ask(other, 'say volatile', 'said', 'no offset');
    await until(() => socket.said.length === 1, 'volatile event');
  }, nothing, UNKNOWN_OFFSET));
  test('who claims what it was not sent', () => refused('', async (socket) => {
    await ask(socket, 'whoami');
    socket._lastOffset = `${socket._lastOffset}zzz`;
  }, nothing, UNKNOWN_OFFSET));

  test('whom the server or the client disconnected', async () => {
    const server = await startServer();
    const socket = make(server.url, options);
    await connected(socket);
    let { id } = socket;
    const gone = event(socket, 'disconnect');
    socket.emit('kick');
    assert.equal((await gone)[0], 'io server disconnect');
    socket.connect();
    await event(socket, 'connect');
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
    ({ id } = socket);
    socket.disconnect();
    socket.connect();
    await event(socket, 'connect');
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
    assert.equal((await ask(socket, 'counters'))[UNKNOWN_SESSION], 2);
  });

  test('when recovery is off', async () => {
    const server = await startServer('enabled=0');
    const { proxy, socket, other } = await pair(server, options);
    const args = event(socket, 'n');
    await ask(other, 'burst', 1);
    assert.deepEqual(await args, [0], 'no offset is added');
    assert.equal(socket._pid, undefined);
    await cutAnd(proxy, socket, async () => {});
    assert.ok(!socket.recovered);
    const ws = await Ws.session(server.port, '/socket.io/');
    ws.send('40{"pid":"x","offset":"y"}');
    assert.match(await ws.next(), /^40\{"sid":"[^"]+"\}$/);
    assert.equal((await ask(other, 'counters'))[DISABLED], 1);
    await ws.close();
  });

  test('hostile payloads', async () => {
    const server = await startServer();
    const other = make(server.url, options);
    await connected(other);
    const pid = JSON.stringify(other._pid);
    const payloads = [
      '{"pid":1}', '{"pid":null}', '{"pid":{"a":1},"offset":"x"}', '{"pid":["x"]}', '{"pid":"x","offset":7}',
      '{"pid":"x","offset":null}', `{"pid":"${'p'.repeat(5000)}"}`, '{"pid":"a\\u0000b"}',
    ];
    const unknown = ['{"pid":""}', '{"pid":"nobody"}', '{"pid":"nobody","offset":"x"}', `{"pid":"y","offset":"${'o'.repeat(100000)}"}`, '{"offset":"x","pid":"z"}'];
    for (const payload of [...payloads, ...unknown])
      {
        const ws = await Ws.session(server.port, '/socket.io/');
        ws.send(`40${payload}`);
        assert.match(await ws.next(), /^40\{"sid":"[^"]+","pid":"[^"]{22,}"\}$/, payload.slice(0, 50));
        assert.match(await ws.next(), /^42\["welcome",false,\d+,"[^"]+"\]$/);
        await ws.close();
      }
    const counters = await ask(other, 'counters');
    assert.equal(counters[MALFORMED], payloads.length);
    assert.equal(counters[UNKNOWN_SESSION], unknown.length);
    /* Another namespace knows nothing of it. */
    const ws = await Ws.session(server.port, '/socket.io/');
    ws.send(`40/other,{"pid":${pid}}`);
    assert.match(await ws.next(), /^40\/other,\{"sid":/);
    assert.equal(other.connected, true);
    await ws.close();
  });
});

describe('middlewares', () => {
  for (const skip of [1, 0])
    test(skip ? 'are skipped' : 'are asked', async () => {
      const server = await startServer(`skip-middlewares=${skip}`);
      const { proxy, socket } = await pair(server, modes.websocket);
      const welcome = event(socket, 'welcome');
      await cutAnd(proxy, socket, async () => {});
      assert.equal(socket.recovered, true);
      const [recovered, asked] = await welcome;
      assert.equal(recovered, true);
      assert.equal(asked, skip ? 2 : 3);
    });
});

describe('other clients', () => {
  test('version 3 is not harmed', async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const socket = make(proxy.url, modes.websocket, io3);
    const other = make(server.url, modes.websocket);
    await connected(socket);
    await connected(other);
    const args = event(socket, 'n');
    await ask(other, 'burst', 1);
    assert.equal((await args)[0], 0);
    await cutAnd(proxy, socket, async () => { await ask(other, 'burst', 3); });
    await ask(other, 'burst', 1);
    await until(() => socket.numbers.length === 2, 'numbers');
    assert.deepEqual(socket.numbers, [0, 4]);
  });

  test('two namespaces of one connection', async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const root = make(proxy.url, modes.websocket);
    const custom = root.io.socket('/other');
    custom.connect();
    custom.on('n', (n) => { (custom.numbers ??= []).push(n); });
    await connected(root);
    await connected(custom);
    const other = make(`${server.url}/other`, modes.websocket);
    await connected(other);
    await ask(other, 'burst', 2);
    await until(() => custom.numbers?.length === 2, 'numbers');
    const back = [event(root, 'connect'), event(custom, 'connect')];
    proxy.cut();
    await Promise.all(back);
    assert.equal(root.recovered, true);
    assert.equal(custom.recovered, true);
    await ask(other, 'burst', 1);
    await until(() => custom.numbers.length === 3, 'one more');
    assert.deepEqual(custom.numbers, [0, 1, 2]);
    assert.deepEqual(root.numbers, []);
  });
});
