// SPDX-License-Identifier: LGPL-2.1-or-later
// Official clients of former major versions, next to one of today: 2.5 (Engine.IO 3, Socket.IO
// protocol 4) and 3.1 (Engine.IO 4, Socket.IO protocol 5).

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { Ws, deferred, eventually, quiet, request, takes, test, within } from './lib/wire.mjs';
import { decodeText, encodeText } from './lib/wire3.mjs';

const clients = { 2: load('socket.io-client-2'), 3: load('socket.io-client-3').io, 4: load('socket.io-client').io };
const server = useServer(() => startConformance('old-clients'));
const short = useServer(() => startConformance('old-clients', { pingTimeout: 200 }));
const shortConnect = useServer(() => startConformance('old-clients', { connectTimeout: 1000 }));
const sockets = new Set();

function
make (version, path = '', { at = server, ...options } = {})
{
  const socket = clients[version](`${at.url}${path}`, { forceNew: true, reconnection: false, ...options });
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

// The arguments of the acknowledgement.
function
ask (socket, ...args)
{
  const got = deferred();
  socket.emit(...args, (...answer) => got.resolve(answer));
  return within(got.promise, `answer to ${args[0]}`);
}

afterEach(() => {
  for (const socket of sockets)
    {
      socket.disconnect();
      socket.io.engine?.close();
    }
  sockets.clear();
});

// A client of today that hears who went, and why.
async function
watch (at = server)
{
  const watcher = make(4, '/watch', { at, transports: ['websocket'] });
  const heard = [];
  const waiting = new Map();
  watcher.on('gone', (id, reason) => {
    heard.push([id, reason]);
    waiting.get(id)?.resolve(reason);
  });
  await event(watcher, 'connect');
  return (id) => {
    const known = heard.find(([other]) => other === id);
    if (known)
      return Promise.resolve(known[1]);
    const got = deferred();
    waiting.set(id, got);
    return within(got.promise, `the end of ${id}`);
  };
}

const modes = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: { transports: ['polling', 'websocket'] },
};

for (const version of [2, 3])
  for (const [mode, transports] of Object.entries(modes))
    describe(`client ${version}, ${mode}`, () => {
      async function
      open (path = '', more = {})
      {
        const socket = make(version, path, { ...transports, ...more });
        const upgraded = mode === 'upgrade' ? event(socket.io, 'open').then(() => socket.io.engine.transport.name === 'websocket' || event(socket.io.engine, 'upgrade')) : null;
        await Promise.all([event(socket, 'connect'), upgraded]);
        assert.equal(socket.io.engine.transport.name, mode === 'polling' ? 'polling' : 'websocket');
        return socket;
      }

      test('connects, and both sides agree on id, protocol and transport', async () => {
        const socket = await open();
        const [who] = await ask(socket, 'who');
        assert.deepEqual(who, { id: socket.id, protocol: version === 2 ? 3 : 4, transport: mode === 'polling' ? 'polling' : 'websocket' });
        assert.equal(socket.id === socket.io.engine.id, version === 2);
      });

      for (const args of [[], [1, '2', { 3: [true, null] }], ['€ 😀 てすと \u2028 \0 "\\n']])
        test(`exchanges ${JSON.stringify(args)}`, async () => {
          const socket = await open();
          const back = event(socket, 'echo');
          socket.emit('echo', ...args);
          assert.deepEqual(await back, args);
          assert.deepEqual(await ask(socket, 'echo', ...args), args);
        });

      test('exchanges binary', async () => {
        const socket = await open();
        const args = [Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(0), 'ä', { er: Buffer.from([0xff]) }] }];
        const back = event(socket, 'echo');
        socket.emit('echo', ...args);
        assert.deepEqual(await back, args);
        assert.deepEqual(await ask(socket, 'echo', ...args), args);
      });

      test('exchanges binary as base64', async () => {
        const socket = await open('', { forceBase64: true });
        const args = [Buffer.from([0, 1, 254, 255]), 'x', Buffer.alloc(1000, 7)];
        assert.deepEqual(await ask(socket, 'echo', ...args), args);
      });

      test('exchanges large messages', async () => {
        const socket = await open();
        const text = 'ä'.repeat(300_000);
        assert.deepEqual(await ask(socket, 'echo', text), [text]);
        const bytes = Buffer.alloc(500_000, 0x5a);
        assert.deepEqual(await ask(socket, 'echo', bytes), [bytes]);
      });

      test('answers what the server asks', async () => {
        const socket = await open();
        socket.on('question', (a, b, answer) => answer('the answer', a, b, Buffer.from('abc')));
        const answer = event(socket, 'answer');
        socket.emit('ask', 42, Buffer.from('xyz'));
        assert.deepEqual(await answer, ['the answer', 42, Buffer.from('xyz'), Buffer.from('abc')]);
      });

      test('keeps the order while it connects and upgrades', async () => {
        const socket = make(version, '', transports);
        const got = [];
        const all = deferred();
        socket.on('echo', (i) => {
          if (got.push(i) === 200)
            all.resolve();
        });
        for (let i = 0; i < 100; i++)
          socket.emit('echo', i);
        await event(socket, 'connect');
        for (let i = 100; i < 200; i++)
          socket.emit('echo', i);
        await within(all.promise, 'all echoes');
        assert.deepEqual(got, Array.from({ length: 200 }, (_, i) => i));
      });

      test('joins a namespace with authentication', async () => {
        const data = { a: '1', b: 'x y&=+ä€,?', token: 'x'.repeat(3000) };
        const socket = make(version, '/adm', { ...transports, ...(version === 2 ? { query: data } : { auth: data }) });
        const [auth] = await event(socket, 'auth');
        assert.deepEqual(auth, data);
        assert.equal((await ask(socket, 'who'))[0].id, socket.id);
        if (version === 2)
          assert.equal(socket.id, `/adm#${socket.io.engine.id}`);
        assert.deepEqual(await ask(socket, 'echo', Buffer.from('x'), 1), [Buffer.from('x'), 1]);
      });

      test('joins two namespaces over one connection, and leaves one', async () => {
        const root = await open();
        const adm = root.io.socket('/adm', {});
        sockets.add(adm);
        await event(adm, 'connect');
        assert.deepEqual(await ask(adm, 'echo', 'adm'), ['adm']);
        const gone = await watch();
        const { id } = adm;
        adm.disconnect();
        assert.equal(await gone(id), 'client namespace disconnect');
        assert.deepEqual(await ask(root, 'echo', 'root'), ['root']);
      });

      for (const [path, two, message, data] of [
        ['/deny', 'no', 'no', undefined],
        ['/deny2', { c: 1 }, 'no', { c: 1 }],
        ['/deny3', 'no', 'no', 0],
        ['/nowhere', version === 2 ? { message: 'Invalid namespace' } : null, 'Invalid namespace', undefined],
        ['/?fail=1', 'not here', 'not here', undefined],
      ])
        test(`is refused at ${path}`, async () => {
          const socket = make(version, path, transports);
          const [error] = await event(socket, version === 2 ? 'error' : 'connect_error');
          if (version === 2)
            assert.deepEqual(error, two);
          else
            {
              assert.equal(error.message, message);
              assert.deepEqual(error.data, data);
            }
          assert.equal(socket.connected, false);
        });

      test('is told why the server ends it', async () => {
        const gone = await watch();
        for (const wish of ['leave me', 'cut me'])
          {
            const socket = await open();
            const { id } = socket;
            const left = event(socket, 'disconnect');
            socket.emit(wish);
            assert.equal((await left)[0], 'io server disconnect');
            assert.equal(await gone(id), 'server namespace disconnect');
          }
      });

      test('tells why it ends', async () => {
        const gone = await watch();
        const leaving = await open();
        const left = event(leaving, 'disconnect');
        let { id } = leaving;
        leaving.disconnect();
        assert.equal((await left)[0], 'io client disconnect');
        assert.equal(await gone(id), 'client namespace disconnect');
        const closing = await open();
        ({ id } = closing);
        closing.io.engine.close();
        assert.equal(await gone(id), 'transport close');
      });

      test('stays when it has nothing to say', () => eventually(async () => {
        const socket = await open('', { at: short });
        const lost = event(socket, 'disconnect').then((args) => args[0], () => null);
        assert.equal(await Promise.race([lost, quiet(1500).then(() => 'connected')]), 'connected');
        assert.deepEqual(await ask(socket, 'echo', 1), [1]);
      }));

      test('is lost when its heartbeat stops', () => eventually(async () => {
        const gone = await watch(short);
        const socket = await open('', { at: short });
        const { id } = socket;
        const left = event(socket, 'disconnect');
        const { engine } = socket.io;
        const send = engine.sendPacket;
        engine.sendPacket = function sendPacket (type, ...rest) {
          if (type !== 'ping' && type !== 'pong')
            send.call(this, type, ...rest);
        };
        /* The server shall be the one that notices. */
        engine.off('heartbeat');
        engine.onHeartbeat = () => {};
        engine.resetPingTimeout = () => {};
        clearTimeout(engine.pingTimeoutTimer);
        assert.equal(await gone(id), 'ping timeout');
        assert.match((await left)[0], /^transport (close|error)$/);
      }), { skip: isNode && version === 2 && mode === 'upgrade' });
    });

describe('clients 2, 3 and 4 in one room', () => {
  for (const [mode, transports] of Object.entries(modes))
    test(`hear the same, ${mode}`, async () => {
      const all = [];
      for (const version of [2, 2, 3, 4])
        {
          const socket = make(version, '', transports);
          await event(socket, 'connect');
          await ask(socket, 'join', 'room');
          all.push(socket);
        }
      const outside = make(2, '', transports);
      await event(outside, 'connect');
      outside.on('said', () => assert.fail('not in the room'));
      const messages = [[1, 'ä €', { x: [null] }], [Buffer.from([1, 2, 3]), { y: Buffer.alloc(70_000, 9) }], ['last']];
      for (const speaker of all)
        {
          const heard = all.filter((socket) => socket !== speaker).map((socket) => {
            const got = [];
            const done = deferred();
            socket.on('said', (...args) => {
              if (got.push(args) === messages.length)
                done.resolve(got);
            });
            return within(done.promise, 'all messages').finally(() => socket.removeAllListeners('said'));
          });
          for (const message of messages)
            speaker.emit('say', 'room', ...message);
          for (const got of await Promise.all(heard))
            assert.deepEqual(got, messages);
        }
      assert.deepEqual(await ask(outside, 'echo', 1), [1]);
    });
});

// Protocol 4 of Socket.IO by hand
describe('on the wire', () => {
  const PATH = '/socket.io/?EIO=3&transport=';

  async function
  openWs (query = '', at = server)
  {
    const ws = await Ws.open(at.port, `${PATH}websocket${query}`, { pong: false });
    const sid = JSON.parse((await ws.next()).slice(1)).sid;
    return { ws, sid };
  }

  // The next message that is not a pong
  async function
  next (ws)
  {
    const packet = await ws.next();
    return packet === '3' ? next(ws) : packet;
  }

  test('the server joins "/" by itself, over WebSocket', async () => {
    const { ws } = await openWs();
    assert.equal(await ws.next(), '40');
    assert.equal(await ws.next(), '42["auth",{}]');
    await ws.close();
  });

  test('the server joins "/" by itself, over polling', async () => {
    const first = await request(server.port, `${PATH}polling`);
    const [packet, ...more] = decodeText(first.text);
    assert.deepEqual(more, []);
    const path = `${PATH}polling&sid=${JSON.parse(packet.slice(1)).sid}`;
    const packets = [];
    while (packets.length < 2)
      packets.push(...decodeText((await request(server.port, path)).text));
    assert.deepEqual(packets, ['40', '42["auth",{}]']);
    const answer = await request(server.port, path, { method: 'POST', body: encodeText('427["echo","😀"]') });
    assert.equal(answer.text, 'ok');
    assert.equal((await request(server.port, path)).text, '9:437["😀"]');
  });

  test('CONNECT for "/" closes the connection', async () => {
    const { ws } = await openWs();
    assert.equal(await ws.next(), '40');
    await ws.next();
    ws.send('40');
    await ws.closed;
  });

  for (const [packet, reply, auth] of [
    ['40/adm', '40/adm,', {}],
    ['40/adm,', '40/adm,', {}],
    ['40/adm?', '40/adm,', {}],
    ['40/adm?a=1&b=2', '40/adm,', { a: '1', b: '2' }],
    ['40/adm?a=1&a=2&c=%C3%A4+x,', '40/adm,', { a: '2', c: 'ä x' }],
    ['40/adm?x=1#y=2,', '40/adm,', { x: '1' }],
    ['40/adm,{"a":1}', '40/adm,', {}],
  ])
    test(`${packet} joins the namespace`, async () => {
      const { ws, sid } = await openWs();
      assert.equal(await ws.next(), '40');
      await ws.next();
      ws.send(packet);
      assert.equal(await ws.next(), reply);
      const event = await ws.next();
      assert.ok(event.startsWith('42/adm,'), event);
      assert.deepEqual(JSON.parse(event.slice(7)), ['auth', auth]);
      ws.send('42/adm,1["who"]');
      assert.equal(JSON.parse((await ws.next()).slice(8))[0].id, `/adm#${sid}`);
      /* The query may be repeated with any packet. */
      ws.send('42/adm?z=1,2["echo",1]');
      assert.equal(await ws.next(), '43/adm,2[1]');
      await ws.close();
    });

  test('an unknown namespace is refused by its name', async () => {
    const { ws } = await openWs();
    assert.equal(await ws.next(), '40');
    await ws.next();
    ws.send('40/nowhere?a=1,');
    assert.equal(await ws.next(), '44/nowhere,{"message":"Invalid namespace"}');
    await ws.close();
  });

  test('refusals are texts or data', async () => {
    const { ws } = await openWs();
    assert.equal(await ws.next(), '40');
    await ws.next();
    ws.send('40/deny');
    assert.equal(await ws.next(), '44/deny,"no"');
    ws.send('40/deny2?x=1');
    assert.equal(await ws.next(), '44/deny2,{"c":1}');
    await ws.close();
  });

  test('who is refused everywhere is disconnected after the connect timeout', () => takes(async () => {
    const { ws } = await openWs('&fail=1', shortConnect);
    assert.equal(await ws.next(), '44"not here"');
    const timer = setInterval(() => ws.send('2'), 100);
    try
      {
        await ws.closed;
      }
    finally
      {
        clearInterval(timer);
      }
  }, 995, 2500));

  test('who was refused in "/" may join another namespace and stays', () => eventually(async () => {
    const { ws } = await openWs('&fail=1', shortConnect);
    assert.equal(await ws.next(), '44"not here"');
    ws.send('40/adm');
    assert.equal(await ws.next(), '40/adm,');
    await ws.next();
    const timer = setInterval(() => ws.send('2'), 100);
    await quiet(1300);
    clearInterval(timer);
    ws.send('42/adm,0["echo"]');
    assert.equal(await next(ws), '43/adm,0[]');
    await ws.close();
  }));

  test('a name that is too long closes the connection', async () => {
    const { ws } = await openWs();
    assert.equal(await ws.next(), '40');
    await ws.next();
    ws.send(`40/${'x'.repeat(2000)}`);
    await ws.closed;
    const other = await openWs();
    await other.ws.next();
    await other.ws.next();
    other.ws.send(`40/adm?${'x'.repeat(20_000)}`);
    await other.ws.closed;
  }, { skip: isNode });
});

// The fixture "client" allows them next to recovery, which is not for them.
describe('recovery', () => {
  const other = useServer(() => startConformance('client'));

  test('is not for clients of version 2, whatever they ask for', async () => {
    const today = clients[4](`${other.url}/foo`, { forceNew: true, reconnection: false, transports: ['websocket'] });
    sockets.add(today);
    await event(today, 'connect');
    const pid = today._pid;
    assert.equal(typeof pid, 'string');
    const former = today.id;
    const left = event(today, 'disconnect');
    today.io.engine.close();
    await left;

    const old = clients[2](`${other.url}/foo`, { forceNew: true, reconnection: false, transports: ['websocket'], query: { pid } });
    sockets.add(old);
    await event(old, 'connect');
    const [id] = await ask(old, 'getId');
    assert.equal(id, `/foo#${old.io.engine.id}`);
    assert.notEqual(id, former);
  });
});
