// SPDX-License-Identifier: LGPL-2.1-or-later
// The official client with socket.io-msgpack-parser, and raw messages in its form.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { transports as peers } from './lib/peer.mjs';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { deferred, quiet, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const parser = load('socket.io-msgpack-parser');
const sockets = new Set();
const start = (fixture) => startConformance(fixture, { args: ['--parser', 'msgpack'] });

function
make (url, options = {})
{
  const socket = io(url, { forceNew: true, reconnection: false, parser, ...options });
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

afterEach(() => {
  for (const socket of sockets)
    {
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
    const server = useServer(() => start('old-clients'));

    async function
    open (path = '', more = {})
    {
      const socket = make(`${server.url}${path}`, { ...options, ...more });
      const upgraded = mode === 'upgrade' ? event(socket.io, 'open').then(() => event(socket.io.engine, 'upgrade')) : null;
      await event(socket, 'connect');
      await upgraded;
      assert.equal(socket.io.engine.transport.name, mode === 'polling' ? 'polling' : 'websocket');
      return socket;
    }

    async function
    echo (socket, ...args)
    {
      const back = event(socket, 'echo');
      socket.emit('echo', ...args);
      return back;
    }

    const ask = (socket, ...args) => within(new Promise((resolve) => { socket.emit(...args, (...answer) => resolve(answer)); }), args[0]);

    test('connects, with authentication data and without', async () => {
      for (const auth of [undefined, { token: 'abc', list: [1, 2.5, null] }])
        {
          const socket = make(server.url, { ...options, auth });
          assert.deepEqual(await event(socket, 'auth'), [auth ?? {}]);
          assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
          assert.deepEqual(socket._pid, undefined);
        }
    });

    test('echoes values of all kinds', async () => {
      const socket = await open();
      for (const args of [[], [null], [1, -1, 127, 128, -33, 65536, 2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER], [0.1, -1e-300, 1.5],
        [true, false, '', 'é \0 😀 \u2028'], ['x'.repeat(70000)], [{ a: { b: [[[]], {}] }, 10: 1 }, Array.from({ length: 70000 }, (_, i) => i % 300)]])
        assert.deepEqual(await echo(socket, ...args), args);
    });

    test('echoes what JSON does not have as JSON shows it', async () => {
      const socket = await open();
      assert.deepEqual(await echo(socket, undefined, { a: undefined, b: 1 }, NaN, new Date(1700000000123), -0),
        [null, { b: 1 }, null, '2023-11-14T22:13:20.123Z', 0]);
    }, { skip: isNode && 'Node keeps them' });

    test('echoes binary data, also more than ten pieces', async () => {
      const socket = await open();
      const bytes = Buffer.alloc(300_000, 0x5a);
      const args = [Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(0), 'x', { er: bytes }] }, ...Array.from({ length: 20 }, (_, i) => Buffer.from([i]))];
      assert.deepEqual(await echo(socket, ...args), args);
      if (!isNode)
        assert.deepEqual(await echo(socket, new Uint8Array([1, 2]), new Uint8Array([3]).buffer), [Buffer.from([1, 2]), Buffer.from([3])]);
    });

    test('an object that looks like a placeholder stays one', async () => {
      const args = [{ _placeholder: true, num: 0 }, [{ _placeholder: true, num: 'x' }]];
      assert.deepEqual(await echo(await open(), ...args), args);
    });

    test('answers, and asks', async () => {
      const socket = await open();
      const args = [1, { b: Buffer.from('bin') }];
      assert.deepEqual(await ask(socket, 'echo', ...args), args);
      assert.deepEqual(await ask(socket, 'echo'), []);
      socket.on('question', (...rest) => rest.pop()('answer to', ...rest));
      const answer = event(socket, 'answer');
      socket.emit('ask', ...args);
      assert.deepEqual(await answer, ['answer to', ...args]);
    });

    test('namespaces on one connection', async () => {
      const root = await open();
      const adm = root.io.socket('/adm');
      if (!adm.connected)
        await event(adm, 'connect');
      assert.notEqual(adm.id, root.id);
      assert.deepEqual(await echo(adm, 'x'), ['x']);
      adm.disconnect();
      assert.deepEqual(await echo(root, 'y'), ['y']);
      adm.connect();
      await event(adm, 'connect');
      assert.deepEqual(await echo(adm, 'z'), ['z']);
    });

    test('is refused', async () => {
      const [plain] = await event(make(`${server.url}/deny`, options), 'connect_error');
      assert.equal(plain.message, 'no');
      assert.equal(plain.data, undefined);
      const [data] = await event(make(`${server.url}/deny2`, options), 'connect_error');
      assert.deepEqual([data.message, data.data], ['no', { c: 1 }]);
      const [unknown] = await event(make(`${server.url}/unknown`, options), 'connect_error');
      assert.equal(unknown.message, 'Invalid namespace');
    });

    test('rooms', async () => {
      const [ann, bob, eve] = await Promise.all([open(), open(), open()]);
      await ask(ann, 'join', 'room');
      await ask(bob, 'join', 'room');
      for (const socket of [ann, eve])
        socket.on('said', () => assert.fail('not meant for it'));
      const said = event(bob, 'said');
      ann.emit('say', 'room', 'hi', Buffer.from('all'));
      assert.deepEqual(await said, ['hi', Buffer.from('all')]);
      assert.deepEqual(await echo(eve), []);
    });

    test('ends, on either side', async () => {
      const watch = await open('/watch');
      const gone = async (id) => {
        const reason = deferred();
        watch.on('gone', (who, why) => { if (who === id) reason.resolve(why); });
        return within(reason.promise, 'gone');
      };
      for (const [word, here, there] of [['leave me', 'io server disconnect', 'server namespace disconnect'], ['', 'io client disconnect', 'client namespace disconnect']])
        {
          const socket = await open();
          const reason = gone(socket.id);
          const ended = event(socket, 'disconnect');
          if (word === '')
            socket.disconnect();
          else
            socket.emit(word);
          assert.equal((await ended)[0], here);
          assert.equal(await reason, there);
        }
    });
  });

if (!isNode)
  describe('several clients', () => {
    const server = useServer(() => start('features'));

    async function
    group ()
    {
      const all = Object.values(modes).map((options) => make(`${server.url}/parser`, options));
      await Promise.all(all.map((socket) => event(socket, 'connect')));
      return all;
    }

    test('acknowledgements of a broadcast', async () => {
      const all = await group();
      all.forEach((socket, i) => socket.on('question', (bytes, answer) => answer(Buffer.concat([bytes, Buffer.from([i])]))));
      const answers = await within(new Promise((resolve) => { all[0].emit('ask all', Buffer.from('n'), (...args) => resolve(args)); }), 'answers');
      assert.deepEqual(answers.map((bytes) => bytes.toString('latin1')).sort(), ['n\0', 'n\x01', 'n\x02']);
    });

    test('a broadcast by any transport', async () => {
      const all = await group();
      const told = Promise.all(all.map((socket) => event(socket, 'told')));
      const args = [{ b: Buffer.alloc(100_000, 1) }, 'é'];
      all[1].emit('tell all', ...args);
      assert.deepEqual(await told, all.map(() => args));
    });

    test('a volatile event, and more attachments than the text form allows', async () => {
      const [, socket] = await group();
      const perhaps = event(socket, 'perhaps');
      socket.emit('volatile', 1, Buffer.from('v'));
      assert.deepEqual(await perhaps, [1, Buffer.from('v')]);
      const many = event(socket, 'many');
      socket.emit('many');
      assert.deepEqual(await many, Array.from({ length: 20 }, (_, i) => Buffer.from([i])));
    });
  });

// What breaks the rules closes the connection: protocol.md §3.4 and §3.9. socket-v5 has the same
// for text.
describe('violations', () => {
  const server = useServer(() => start('socket-v5'));
  const encode = (packet) => new parser.Encoder().encode(packet)[0];
  const decode = (bytes) => {
    const decoder = new parser.Decoder();
    let packet;
    decoder.on('decoded', (decoded) => { packet = decoded; });
    decoder.add(bytes);
    return packet;
  };
  const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');

  // After '4' for text there is a digit; binary messages have none.
  async function
  connected (transport)
  {
    const peer = await peers[transport](server.port, '/socket.io/');
    peer.send(encode({ type: 0, nsp: '/' }));
    const reply = decode(await peer.next());
    assert.equal(reply.type, 0);
    assert.equal(reply.nsp, '/');
    assert.deepEqual(Object.keys(reply.data).filter((key) => reply.data[key] !== undefined), ['sid']);
    assert.deepEqual(decode(await peer.next()), { type: 2, data: ['auth', {}], nsp: '/' });
    return peer;
  }

  const bad = {
    'text': '42["message"]',
    'no msgpack': Buffer.from([0xc1]),
    'nothing': Buffer.alloc(0),
    'no map': hex('90'),
    'type 5': encode({ type: 5, data: ['message'], nsp: '/' }),
    'no namespace': encode({ type: 2, data: ['message'] }),
    'nil for an absent id': encode({ type: 2, data: ['message'], id: null, nsp: '/' }),
    'no array': encode({ type: 2, data: { 0: 'message' }, nsp: '/' }),
    'trailing bytes': Buffer.concat([encode({ type: 2, data: ['message'], nsp: '/' }), Buffer.from([0])]),
    'an announced length beyond the end': hex('83 a474797065 02 a36e7370 a12f a464617461 dd ffffffff a165'),
    'data in DISCONNECT': encode({ type: 1, data: {}, nsp: '/' }),
    'CONNECT_ERROR': encode({ type: 4, data: 'no', nsp: '/' }),
    'CONNECT once more': encode({ type: 0, nsp: '/' }),
    'an event in an unknown namespace': encode({ type: 2, data: ['message'], nsp: '/unknown' }),
  };
  const ours = {
    'a reserved event': encode({ type: 2, data: ['disconnect'], nsp: '/' }),
    'an event without name': encode({ type: 2, data: [], nsp: '/' }),
    'a literal placeholder beside binary data': encode({ type: 2, data: ['message', { _placeholder: true, num: 0 }, Buffer.from('x')], nsp: '/' }),
    'binary credentials': encode({ type: 0, data: { key: Buffer.from('x') }, nsp: '/custom' }),
    'too deep': hex(`83 a474797065 02 a36e7370 a12f a464617461 92 a165 ${'91'.repeat(1000)} c0`),
  };

  for (const transport of ['polling', 'websocket'])
    for (const [name, message] of Object.entries(isNode ? bad : { ...bad, ...ours }))
      test(`${transport}: ${name}`, async () => {
        const peer = await connected(transport);
        peer.send(message);
        await peer.closed;
      });

  test('an unknown key is passed over, and an unknown acknowledgement', async () => {
    const peer = await connected('websocket');
    peer.send(encode({ type: 3, data: [], id: 99, nsp: '/' }), encode({ options: { compress: true }, type: 2, more: [undefined, Buffer.from('x')], data: ['message', 1], nsp: '/' }));
    assert.deepEqual(decode(await peer.next()), { type: 2, data: ['message-back', 1], nsp: '/' });
    await quiet(0);
  });
});
