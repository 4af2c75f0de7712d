// SPDX-License-Identifier: LGPL-2.1-or-later
// Clients with nothing but a WebSocket: one JSON object a message, in the same rooms as others.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { RawWs, request, eventually, test, within } from './lib/wire.mjs';

const { WebSocket } = load('ws');
const { io } = load('socket.io-client');
const server = useServer(() => startConformance('plain'));
const short = useServer(() => startConformance('plain', { pingTimeout: 200 }));
const open = [];

afterEach(() => open.splice(0).forEach((close) => close()));

// Messages in the order they come; take () waits for the next one.
class Plain
{
  constructor (query = '', { at = server, ...options } = {})
  {
    this.ws = new WebSocket(`ws://localhost:${at.port}/ws${query}`, options);
    this.queue = [];
    this.waiting = [];
    this.closed = new Promise((resolve) => this.ws.on('close', (code, reason) => resolve([code, reason.toString()])));
    this.ws.on('message', (data, isBinary) => {
      assert.equal(isBinary, false);
      const message = JSON.parse(data);
      const waiter = this.waiting.shift();
      if (waiter)
        waiter(message);
      else
        this.queue.push(message);
    });
    open.push(() => this.ws.terminate());
  }

  take ()
  {
    return within(this.queue.length > 0 ? Promise.resolve(this.queue.shift()) : new Promise((resolve) => this.waiting.push(resolve)), 'a message');
  }

  async ready ()
  {
    await within(once(this.ws, 'open'), 'open');
    const hello = await this.take();
    assert.equal(hello.event, 'connect');
    assert.match(hello.data.sid, /^[\w-]{20}$/);
    this.sid = hello.data.sid;
    return this;
  }

  send (message)
  {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

const official = async (nsp = '/') => {
  const socket = io(`http://localhost:${server.port}${nsp}`, { transports: ['websocket'], forceNew: true });
  open.push(() => socket.disconnect());
  await within(once(socket, 'connect'), 'connect');
  return socket;
};

describe('events', () => {
  for (const message of [
    { event: 'echo' },
    { event: 'echo', data: 'hello' },
    { event: 'echo', data: null },
    { event: 'echo', data: { a: [1, 2.5, { b: 'ü€😀' }] } },
    { event: 'echo', args: [1, [2], '3'] },
    { event: 'echo', data: { _base64: 'AQIDBA==' } },
    { event: 'echo', args: [{ x: { _base64: '' } }, [{ _base64: '/+8=' }]] },
  ])
    test(`${JSON.stringify(message)} comes back as it is`, async () => {
      const plain = await new Plain().ready();
      plain.send(message);
      assert.deepEqual(await plain.take(), message);
    });

  test('one argument in a list is the same as data', async () => {
    const plain = await new Plain().ready();
    plain.send({ event: 'echo', args: ['one'] });
    assert.deepEqual(await plain.take(), { event: 'echo', data: 'one' });
  });

  test('answers carry the number that was asked with', async () => {
    const plain = await new Plain().ready();
    plain.send({ event: 'answer', data: { n: 1 }, ack: 0 });
    plain.send({ event: 'answer', ack: 9007199254740991 });
    plain.send({ event: 'answer', args: [1, 2], ack: 5 });
    plain.send({ event: 'answer', data: { _base64: 'YQ==' }, ack: 6 });
    assert.deepEqual(await plain.take(), { ack: 0, data: { n: 1 } });
    assert.deepEqual(await plain.take(), { ack: 9007199254740991 });
    assert.deepEqual(await plain.take(), { ack: 5, args: [1, 2] });
    assert.deepEqual(await plain.take(), { ack: 6, data: { _base64: 'YQ==' } });
  });

  test('the server asks, the client answers', async () => {
    const plain = await new Plain().ready();
    plain.send({ event: 'ask', data: 'how?', ack: 1 });
    const question = await plain.take();
    assert.equal(question.event, 'question');
    assert.equal(question.data, 'how?');
    plain.send({ ack: question.ack, data: ['well'] });
    assert.deepEqual(await plain.take(), { ack: 1, data: ['well'] });
  });

  test('many at once keep their order', async () => {
    const plain = await new Plain().ready();
    for (let i = 0; i < 500; i++)
      plain.send({ event: 'echo', data: i });
    for (let i = 0; i < 500; i++)
      assert.equal((await plain.take()).data, i);
  });
});

describe('rooms with clients of Socket.IO', () => {
  test('both hear each other, binary included', async () => {
    const socket = await official();
    const plain = await new Plain().ready();
    await socket.timeout(60_000).emitWithAck('join', 'room');
    plain.send({ event: 'join', data: 'room', ack: 1 });
    assert.deepEqual(await plain.take(), { ack: 1 });

    const said = within(once(socket, 'said'), 'said');
    plain.send({ event: 'say', args: ['hello', { bytes: { _base64: 'AQID' } }] });
    assert.deepEqual((await said).slice(0, 2), ['hello', { bytes: Buffer.from([1, 2, 3]) }]);

    socket.emit('say', 'back', { n: Buffer.from('abc') });
    assert.deepEqual(await plain.take(), { event: 'said', args: ['back', { n: { _base64: 'YWJj' } }] });
    socket.emit('say', 'alone');
    // The offset that recovery appends is not for these clients.
    assert.deepEqual(await plain.take(), { event: 'said', data: 'alone' });
  });

  test('namespaces are apart', async () => {
    const socket = await official('/chat');
    const here = await new Plain('?namespace=/chat').ready();
    const elsewhere = await new Plain().ready();
    for (const plain of [here, elsewhere])
      {
        plain.send({ event: 'join', data: 'room', ack: 1 });
        await plain.take();
      }
    socket.emit('say', 'hello');
    assert.deepEqual(await here.take(), { event: 'said', data: 'hello' });
    elsewhere.send({ event: 'echo' });
    assert.deepEqual(await elsewhere.take(), { event: 'echo' });
  });
});

describe('connecting', () => {
  test('the query is how one authenticates', async () => {
    const plain = await new Plain('?namespace=chat&name=A%20B&x=%C3%BC').ready();
    plain.send({ event: 'auth', ack: 1 });
    assert.deepEqual((await plain.take()).data, { namespace: 'chat', name: 'A B', x: 'ü' });
  });

  test('a middleware admits, and what was sent before waits for it in order', async () => {
    const plain = new Plain('?namespace=/private&token=good');
    await within(once(plain.ws, 'open'), 'open');
    plain.send({ event: 'echo', data: 1 });
    plain.send({ event: 'echo', data: { _base64: 'YQ==' } });
    plain.send({ event: 'answer', data: 3, ack: 3 });
    assert.equal((await plain.take()).event, 'connect');
    assert.deepEqual(await plain.take(), { event: 'echo', data: 1 });
    assert.deepEqual(await plain.take(), { event: 'echo', data: { _base64: 'YQ==' } });
    assert.deepEqual(await plain.take(), { ack: 3, data: 3 });
    plain.send({ event: 'echo', data: 4 });
    assert.equal((await plain.take()).data, 4);
  });

  test('who sends too much before that is disconnected', async () => {
    const plain = new Plain('?namespace=/private&token=good');
    await within(once(plain.ws, 'open'), 'open');
    plain.send({ event: 'echo', data: 'x'.repeat(70000) });
    await within(plain.closed, 'close');
    assert.equal(plain.queue.length, 0);
  });

  test('a middleware refuses', async () => {
    const plain = new Plain('?namespace=/private&token=bad');
    assert.deepEqual(await plain.take(), { event: 'connect_error', data: { message: 'bad token' } });
    await within(plain.closed, 'close');
  });

  test('an unknown namespace is refused', async () => {
    const plain = new Plain('?namespace=/nowhere');
    assert.deepEqual(await plain.take(), { event: 'connect_error', data: { message: 'Invalid namespace' } });
    await within(plain.closed, 'close');
  });

  for (const name of ['a,b', 'a%3Fb', 'x'.repeat(1100)])
    test(`no WebSocket for the namespace ${name.slice(0, 10)}`, async () => {
      const plain = new Plain(`?namespace=${name}`);
      const [error] = await within(once(plain.ws, 'error'), 'error');
      assert.match(error.message, /400/);
    });

  test('without an upgrade the answer is 426', async () => {
    const answer = await request(server.port, '/ws?x=1');
    assert.equal(answer.status, 426);
    assert.equal(answer.headers.upgrade, 'websocket');
  });

  test('other paths are not ours', async () => {
    assert.equal((await request(server.port, '/wsx')).status, 404);
    assert.equal((await request(server.port, '/ws/x')).status, 404);
  });

  test('disconnected by the server, the client hears it first', async () => {
    const plain = await new Plain().ready();
    plain.send({ event: 'leave' });
    assert.deepEqual(await plain.take(), { event: 'disconnect' });
    await within(plain.closed, 'close');
  });

  test('who answers pings stays, who does not is disconnected', () => eventually(async () => {
    const alive = await new Plain('', { at: short }).ready();
    const dead = await new Plain('', { at: short, autoPong: false }).ready();
    await within(dead.closed, 'close');
    alive.send({ event: 'echo', data: 'alive' });
    assert.equal((await alive.take()).data, 'alive');
  }));
});

describe('nonsense ends the connection, and the close frame tells why', () => {
  for (const [message, reason] of [
    ['hello', /expected/],
    ['[]', /^expected an object like/],
    ['{}', /^expected "event"/],
    ['{"event":1}', /^expected "event" to be a string/],
    ['{"event":"connect"}', /reserved/],
    ['{"event":"a","ack":1.5}', /^expected "ack"/],
    ['{"event":"a","args":1}', /^expected "args" to be an array/],
    [`{"event":"a","data":${'['.repeat(100)}${']'.repeat(100)}}`, /./],
    [JSON.stringify({ event: 'a', args: Array(11).fill({ _base64: '' }) }), /at most 10 binary values/],
  ])
    test(message.slice(0, 40), async () => {
      const plain = await new Plain().ready();
      plain.send(message);
      const [code, text] = await within(plain.closed, 'close');
      assert.equal(code, 1007);
      assert.match(text, reason);
    });

  test('a binary message', async () => {
    const plain = await new Plain().ready();
    plain.ws.send(Buffer.from([1, 2]));
    const [code, text] = await within(plain.closed, 'close');
    assert.equal(code, 1003);
    assert.match(text, /_base64/);
  });

  test('a message that is too large', async () => {
    const plain = await new Plain().ready();
    plain.send({ event: 'echo', data: 'x'.repeat(200000) });
    assert.equal((await within(plain.closed, 'close'))[0], 1009);
  });

  test('an answer that nobody asked for is passed over', async () => {
    const plain = await new Plain().ready();
    plain.send({ ack: 12, data: 1 });
    plain.send({ event: 'echo', data: 1 });
    assert.deepEqual(await plain.take(), { event: 'echo', data: 1 });
  });

  test('text that is not UTF-8', async () => {
    const raw = await RawWs.open(server.port, '/ws');
    assert.match((await raw.frame()).payload.toString(), /"connect"/);
    raw.send(1, Buffer.from([0x7b, 0xff, 0x7d]));
    const frame = await raw.frame();
    assert.equal(frame.opcode, 8);
    assert.equal(frame.payload.readUInt16BE(0), 1007);
    raw.destroy();
  });
});
