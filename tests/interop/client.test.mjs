// SPDX-License-Identifier: LGPL-2.1-or-later
// The official JavaScript client in Node: polling only, WebSocket only, and with an upgrade.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, afterEach } from 'node:test';
import { load } from './lib/npm.mjs';
import { freePort, isNode, startConformance, startDaemon, useServer } from './lib/server.mjs';
import { deferred, quiet, eventually, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const sockets = new Set();

function
make (url, options = {})
{
  const socket = io(url, { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100, ...options });
  sockets.add(socket);
  return socket;
}

function
event (emitter, name, what = name)
{
  const got = deferred();
  emitter.once(name, (...args) => got.resolve(args));
  return within(got.promise, what);
}

async function
connected (socket)
{
  if (!socket.connected)
    await event(socket, 'connect');
  return socket;
}

afterEach(() => {
  for (const socket of sockets)
    {
      socket.io.reconnection(false);
      socket.disconnect();
      socket.io.engine?.close();
    }
  sockets.clear();
});

const modes = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: { transports: ['polling', 'websocket'] },
};

for (const [mode, options] of Object.entries(modes))
  describe(mode, () => {
    let server;

    async function
    open (path = '', more = {}, base = server)
    {
      const socket = make(`${base.url}${path}`, { ...options, ...more });
      const opened = mode === 'upgrade' ? event(socket.io, 'open') : null;
      const ready = connected(socket);
      if (opened !== null)
        {
          await opened;
          if (!socket.io.engine.upgraded && socket.io.engine.transport.name !== 'websocket')
            await event(socket.io.engine, 'upgrade');
        }
      await ready;
      assert.equal(socket.io.engine.transport.name, mode === 'polling' ? 'polling' : 'websocket');
      return socket;
    }

    async function
    echo (socket, ...args)
    {
      const back = event(socket, 'message-back');
      socket.emit('message', ...args);
      return back;
    }

    describe('fixture "socket-v5"', () => {
      server = useServer(() => startConformance('socket-v5'));
      const short = useServer(() => startConformance('socket-v5', { pingTimeout: 200 }));

      test('connects, with authentication data', async () => {
        const socket = make(server.url, { ...options, auth: { token: 'abc', list: [1, 2] } });
        const [auth] = await event(socket, 'auth');
        assert.deepEqual(auth, { token: 'abc', list: [1, 2] });
        assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
      });

      for (const args of [[], [1, '2', { 3: [true, null] }], ['€ 😀 てすと \u2028 \0'], [1.5, -0.1, 1e21, Number.MAX_SAFE_INTEGER], [[[[[]]]]]])
        test(`echoes ${JSON.stringify(args)}`, async () => {
          assert.deepEqual(await echo(await open(), ...args), args);
        });

      test('echoes binary', async () => {
        const socket = await open();
        const args = [Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(0), 'x', { er: Buffer.from([0xff]) }] }];
        assert.deepEqual(await echo(socket, ...args), args);
      });

      test('echoes ten attachments', async () => {
        const args = Array.from({ length: 10 }, (_, i) => Buffer.alloc(100 + i, i));
        assert.deepEqual(await echo(await open(), ...args), args);
      });

      test('echoes messages of nearly maxPayload', async () => {
        const socket = await open();
        const text = 'x'.repeat(999_900);
        assert.deepEqual(await echo(socket, text), [text]);
        const bytes = Buffer.alloc(740_000, 0x5a);
        assert.deepEqual(await echo(socket, bytes), [bytes]);
      });

      test('gets answers to what it asks', async () => {
        const socket = await open();
        const answer = deferred();
        socket.emit('message-with-ack', 1, '2', { 3: [false] }, (...args) => answer.resolve(args));
        assert.deepEqual(await within(answer.promise, 'ack'), [1, '2', { 3: [false] }]);
        assert.deepEqual(await socket.timeout(60_000).emitWithAck('message-with-ack', Buffer.from('abc')), Buffer.from('abc'));
      });

      test('gets many answers at once, each its own', async () => {
        const socket = await open();
        const all = await Promise.all(Array.from({ length: 200 }, (_, i) => socket.timeout(60_000).emitWithAck('message-with-ack', i)));
        assert.deepEqual(all, Array.from({ length: 200 }, (_, i) => i));
      });

      test('keeps the order of what it sends while it connects and upgrades', async () => {
        const socket = make(server.url, options);
        const got = [];
        const all = deferred();
        socket.on('message-back', (i) => {
          got.push(i);
          if (got.length === 300)
            all.resolve();
        });
        for (let i = 0; i < 150; i++)
          socket.emit('message', i);
        await connected(socket);
        for (let i = 150; i < 300; i++)
          {
            socket.emit('message', i);
            if (i % 10 === 0)
              await quiet(1);
          }
        await within(all.promise, '300 answers');
        assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i));
      });

      test('uses several namespaces on one connection', async () => {
        const socket = await open();
        const custom = socket.io.socket('/custom', { auth: { who: 'me' } });
        assert.deepEqual(await event(custom, 'auth'), [{ who: 'me' }]);
        assert.notEqual(custom.id, socket.id);
        const gone = event(custom, 'disconnect');
        custom.disconnect();
        assert.equal((await gone)[0], 'io client disconnect');
        assert.deepEqual(await echo(socket, 'still'), ['still']);
        custom.connect();
        await connected(custom);
      });

      test('is refused by an unknown namespace', async () => {
        const socket = make(`${server.url}/unknown`, options);
        const [error] = await event(socket, 'connect_error');
        assert.equal(error.message, 'Invalid namespace');
        assert.equal(socket.active, false);
      });

      test('stays over several heartbeats', async () => {
        const socket = await open();
        let pings = 0;
        const enough = deferred();
        socket.io.on('ping', () => { if (++pings === 4) enough.resolve(); });
        await within(enough.promise, 'four pings');
        assert.deepEqual(await echo(socket, 'still'), ['still']);
      });

      describe('disconnect', () => {
        async function
        reason (socket, act)
        {
          const gone = event(socket, 'disconnect');
          act();
          const [text, details] = await gone;
          return { text, details };
        }

        test('by the client: "io client disconnect"', async () => {
          const socket = await open();
          assert.equal((await reason(socket, () => socket.disconnect())).text, 'io client disconnect');
          assert.equal(socket.active, false);
        });

        test('by the client below Socket.IO: "forced close", and it comes back', async () => {
          const socket = await open();
          assert.equal((await reason(socket, () => socket.io.engine.close())).text, 'forced close');
          await connected(socket);
          assert.deepEqual(await echo(socket, 'again'), ['again']);
        });

        test('after a bad Socket.IO packet: "transport close", and it comes back', async () => {
          const socket = await open();
          const { text } = await reason(socket, () => socket.io.engine.write('2["broken'));
          assert.equal(text, 'transport close');
          await connected(socket);
        });

        test('after a second connect: "transport close"', async () => {
          const socket = await open();
          assert.equal((await reason(socket, () => socket.io.engine.write('0'))).text, 'transport close');
        });

        test('after a bad Engine.IO packet', async () => {
          const socket = await open();
          const { text } = await reason(socket, () => socket.io.engine.transport.send([{ type: 'ping' }]));
          /* Over polling, the refused POST is an error to the client, unless it sees the close
           * packet that answers its poll first. */
          assert.match(text, mode === 'polling' && !isNode ? /^transport (error|close)$/ : /^transport close$/);
        });

        test('after a message above maxPayload', async () => {
          const socket = await open();
          const { text, details } = await reason(socket, () => socket.emit('message', 'x'.repeat(1_100_000)));
          if (mode === 'polling')
            {
              assert.equal(text, 'transport error');
              assert.equal(details.description, 413);
            }
          else
            {
              assert.equal(text, 'transport close');
              assert.equal(details.context.code, 1009);
            }
          await connected(socket);
        });

        test('of a client that answers no ping', () => eventually(async () => {
          const socket = await open('', { reconnection: false }, short);
          const engine = socket.io.engine;
          /* What it sends is dropped from now on. */
          const { text } = await reason(socket, () => { engine.transport.send = () => {}; engine.transport.write = () => {}; });
          assert.equal(text, 'transport close');
        }));
      });

      test('reconnects to a server that comes back', async () => {
        const port = await freePort();
        let own = await startConformance('socket-v5', { port });
        try
          {
            const socket = await open('', {}, own);
            const id = socket.id;
            let gone = event(socket, 'disconnect');
            await own.kill();
            assert.match((await gone)[0], /^transport (close|error)$/);
            own = await startConformance('socket-v5', { port });
            await connected(socket);
            /* A client that is just about to change notices the end by its heartbeat only. */
            if (mode === 'upgrade' && socket.io.engine.transport.name !== 'websocket')
              await event(socket.io.engine, 'upgrade');
            assert.notEqual(socket.id, id);
            assert.deepEqual(await echo(socket, 'again'), ['again']);
            gone = event(socket, 'disconnect');
            await own.stop();
            assert.match((await gone)[0], /^transport (close|error)$/);
            socket.disconnect();
          }
        finally
          {
            await own.kill();
          }
      });
    });

    /* With recovery on, events carry an offset as one more argument. */
    describe('fixture "client"', () => {
      const rich = useServer(() => startConformance('client'));
      const started = (path = '', more = {}) => open(path, more, rich);

      test('hi', async () => {
        const socket = await started();
        const back = event(socket, 'hi');
        socket.emit('hi');
        await back;
      });

      test('the server asks and the client answers', async () => {
        const socket = await started();
        socket.once('ack', (answer) => answer(5, { test: true }));
        const done = event(socket, 'got it');
        socket.emit('ack');
        await done;
      });

      test('sends UTF-8', async () => {
        const socket = await started();
        const got = [];
        const all = deferred();
        socket.on('takeUtf8', (text) => { if (got.push(text) === 5) all.resolve(); });
        socket.emit('getUtf8');
        await within(all.promise, 'five texts');
        assert.deepEqual(got, ['てすと', 'Я Б Г Д Ж Й', 'Ä ä Ü ü ß', 'utf8 — string', 'utf8 — string']);
      });

      test('sends false', async () => {
        const socket = await started();
        const back = event(socket, 'false');
        socket.emit('false');
        assert.equal((await back)[0], false);
      });

      test('sends and takes binary', async () => {
        const socket = await started();
        const doge = event(socket, 'doge');
        socket.emit('doge');
        assert.deepEqual((await doge)[0], Buffer.from('asdfasdf'));
        const bin = event(socket, 'takebin');
        socket.emit('getbin');
        assert.deepEqual((await bin)[0], Buffer.from('asdfasdf'));
        const buffack = event(socket, 'buffack');
        socket.emit('buffa', Buffer.from('x'));
        await buffack;
        const json = event(socket, 'jsonbuff-ack');
        socket.emit('jsonbuff', { hello: 'lol', message: Buffer.from('howdy'), goodbye: 'gotcha' });
        await json;
        const order = event(socket, 'abuff2-ack');
        socket.emit('abuff1', Buffer.from('x'));
        socket.emit('abuff2', 'please arrive second');
        await order;
      });

      test('echoes to a question', async () => {
        const socket = await started();
        assert.deepEqual(await socket.timeout(60_000).emitWithAck('echo', { a: [1] }), { a: [1] });
      });

      test('tells the socket id, in each namespace', async () => {
        const socket = await started();
        assert.equal(await socket.timeout(60_000).emitWithAck('getId'), socket.id);
        const foo = await connected(socket.io.socket('/foo'));
        assert.equal(await foo.timeout(60_000).emitWithAck('getId'), foo.id);
      });

      test('tells the handshake', async () => {
        const socket = make(`${rich.url}/abc?key=value`, { ...options, auth: { token: 'x' } });
        const [handshake] = await event(socket, 'handshake');
        assert.equal(handshake.query.key, 'value');
        assert.equal(handshake.query.EIO, '4');
        assert.deepEqual(handshake.auth, { token: 'x' });
        assert.equal(handshake.secure, false);
        assert.equal(handshake.xdomain, false);
        assert.equal(typeof handshake.issued, 'number');
        assert.match(handshake.address, /127\.0\.0\.1$/);
        assert.match(handshake.headers.host, /^127\.0\.0\.1:/);
      });

      test('refuses by middleware', async () => {
        const custom = make(`${rich.url}/no`, options);
        assert.equal((await event(custom, 'connect_error'))[0].message, 'Auth failed (custom namespace)');
        const main = make(`${rich.url}/?fail=true`, options);
        assert.equal((await event(main, 'connect_error'))[0].message, 'Auth failed (main namespace)');
      });
    });

    describe('sio-server', () => {
      const daemon = useServer(() => startDaemon({ args: ['--namespace', '/chat'] }));

      for (const nsp of ['', '/chat'])
        test(`rooms of ${nsp || '/'}`, async () => {
          const [a, b, c] = await Promise.all([0, 1, 2].map(() => open(nsp, {}, daemon)));
          const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);
          assert.deepEqual(await ask(a, 'join', 'x'), { ok: true, room: 'x', members: 1 });
          assert.deepEqual(await ask(b, 'join', 'x'), { ok: true, room: 'x', members: 2 });
          const seen = [];
          for (const [name, socket] of Object.entries({ a, b, c }))
            socket.on('chat', (...args) => seen.push([name, ...args]));
          const got = event(b, 'chat');
          assert.deepEqual(await ask(a, 'room', 'x', 'chat', 'hello', { n: 1 }, Buffer.from('bin')), { ok: true });
          assert.deepEqual(await got, ['x', a.id, 'hello', { n: 1 }, Buffer.from('bin')]);
          assert.deepEqual(await ask(c, 'room', 'x', 'chat', 'let me in'), { ok: false, code: 'ROOM_NOT_IN', error: 'not in room "x"' });
          assert.deepEqual(await ask(b, 'leave', 'x'), { ok: true, room: 'x', members: 1 });
          assert.deepEqual(await ask(b, 'leave', 'x'), { ok: false, code: 'ROOM_NOT_IN', error: 'not in room "x"' });
          assert.deepEqual(await ask(a, 'room', 'x', 'chat', 'anybody?'), { ok: true });
          await ask(b, 'latency');
          await ask(c, 'latency');
          assert.deepEqual(seen.map(([name]) => name), ['b']);
        });

      test('an empty room name is refused with a reason', async () => {
        const socket = await open('', {}, daemon);
        const answer = await socket.timeout(60_000).emitWithAck('join', '');
        assert.equal(answer.ok, false);
        assert.equal(typeof answer.error, 'string');
      });

      test('answers latency', async () => {
        const socket = await open('', {}, daemon);
        const answer = deferred();
        socket.timeout(60_000).emit('latency', (error) => answer.resolve(error));
        assert.equal(await answer.promise, null);
      });

      test('is sent away when sio-server ends, which does so cleanly', () => eventually(async () => {
        const own = await startDaemon();
        const socket = await open('', { reconnection: false }, own);
        const gone = event(socket, 'disconnect');
        const start = performance.now();
        const end = await own.stop();
        assert.equal(end.code, 0);
        assert.ok(performance.now() - start < 5000);
        assert.match((await gone)[0], /^transport (close|error)$/);
      }));
    });
  });
