// SPDX-License-Identifier: LGPL-2.1-or-later
// Compression of polling answers (protocol.md §1.18) and of WebSocket messages (RFC 7692): with
// the official client, with ws, and with bytes made by hand.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { afterEach, describe } from 'node:test';
import zlib from 'node:zlib';
import { load } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { Polling, RawWs, Tcp, request, test, upgradeHead, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const PREFIX = '/socket.io/';
const PATH = `${PREFIX}?EIO=4&transport=websocket`;
const RSV1 = 4;
const MAX_PAYLOAD = 4 << 20;
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const ANSWER = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

const server = useServer(() => startConformance('compression'));

const deflate = (data, options) => {
  const out = zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });
  assert.ok(out.subarray(-4).equals(TAIL));
  return out.subarray(0, -4);
};
const inflate = (data, options) => zlib.inflateRawSync(Buffer.concat([data, TAIL]),
  { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });

// A socket of the default namespace, frame by frame.
async function
rawSocket (offer = 'permessage-deflate')
{
  const raw = await RawWs.open(server.port, PATH, offer === null ? '' : `Sec-WebSocket-Extensions: ${offer}\r\n`);
  assert.equal((await raw.frame()).payload.toString()[0], '0');
  raw.send(1, '40');
  assert.match((await raw.frame()).payload.toString(), /^40/);
  return raw;
}

const sized = (size) => {
  let text = '';
  while (text.length < size)
    text += `line ${text.length % 1000} of some text; `;
  return text.slice(0, size);
};

async function
answerTo (offers)
{
  const tcp = await Tcp.open(server.port);
  tcp.write(upgradeHead(PATH, offers.map((offer) => `Sec-WebSocket-Extensions: ${offer}\r\n`).join('')));
  const { status, head } = await tcp.head();
  tcp.destroy();
  return [status, /^sec-websocket-extensions: *(.*)$/im.exec(head)?.[1] ?? null];
}

describe('negotiation', () => {
  for (const [offers, status, answer] of [
    [['permessage-deflate'], 101, ANSWER],
    [['permessage-deflate; client_max_window_bits'], 101, ANSWER],
    [['permessage-deflate; server_max_window_bits=10; client_no_context_takeover'], 101, `${ANSWER}; server_max_window_bits=9`],
    [['permessage-deflate; server_max_window_bits=99, permessage-deflate'], 101, ANSWER],
    [['x-other', 'permessage-deflate; nonsense', 'permessage-deflate'], 101, ANSWER],
    [['permessage-deflate; nonsense'], 101, null],
    [['x-other; a=1'], 101, null],
    [[], 101, null],
    [['permessage-deflate; ;'], 400, null],
    [['permessage-deflate; server_max_window_bits="10'], 400, null],
  ])
    test(`${offers.join(' | ') || 'no offer'}: ${status} ${answer}`, async () => {
      assert.deepEqual(await answerTo(offers), [status, answer]);
    });

  test('is off unless the application turns it on', async () => {
    const plain = await startConformance('features');
    try
      {
        const raw = await RawWs.open(plain.port, PATH, 'Sec-WebSocket-Extensions: permessage-deflate; ;\r\n');
        await raw.frame();
        raw.send(1, deflate('40'), { rsv: RSV1 });
        assert.equal(await raw.closeCode(), 1002);
        raw.destroy();
      }
    finally
      {
        await plain.stop();
      }
  });

  test('selects the first sub-protocol that is offered', async () => {
    for (const [offered, selected] of [['chat', 'chat'], ['chat, superchat', 'chat'], [',\t chat\t,x', 'chat'], [' , ', undefined]])
      {
        const tcp = await Tcp.open(server.port);
        tcp.write(upgradeHead(PATH, `Sec-WebSocket-Protocol: ${offered}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n`));
        const { status, head } = await tcp.head();
        tcp.destroy();
        assert.equal(status, 101);
        assert.equal(/^sec-websocket-protocol: *(.*)$/im.exec(head)?.[1], selected);
      }
  });
});

describe('WebSocket messages', () => {
  test('are compressed from the threshold on, one by one', async () => {
    const raw = await rawSocket();
    for (const size of [10, 900, 1100, 5000, 100000])
      for (let i = 0; i < 2; i++)
        {
          raw.send(1, `42["big",${size}]`);
          const { rsv, opcode, payload } = await raw.frame();
          const wanted = `42["big","${sized(size)}"]`;
          assert.equal(opcode, 1);
          assert.equal(rsv, wanted.length >= 1024 ? RSV1 : 0, `${size} bytes`);
          /* Without a context, so each can be inflated alone. */
          assert.equal((rsv ? inflate(payload) : payload).toString(), wanted);
          assert.ok(!rsv || payload.length < size / 2);
        }
    raw.destroy();
  });

  test('fit into the window that was asked for', async () => {
    for (const [bits, windowBits] of [[8, 9], [9, 9], [12, 12], [15, 15]])
      {
        const raw = await rawSocket(`permessage-deflate; server_max_window_bits=${bits}`);
        raw.send(1, '42["big",50000]');
        const { rsv, payload } = await raw.frame();
        assert.equal(rsv, RSV1);
        assert.equal(inflate(payload, { windowBits, chunkSize: 64 }).toString(), `42["big","${sized(50000)}"]`);
        raw.destroy();
      }
  });

  test('with binary data: each message by itself', async () => {
    const raw = await rawSocket();
    raw.send(1, '42["binary",20000]');
    const text = await raw.frame();
    assert.deepEqual([text.rsv, text.payload.toString()], [0, '451-["binary",{"_placeholder":true,"num":0}]']);
    const binary = await raw.frame();
    assert.deepEqual([binary.rsv, binary.opcode], [RSV1, 2]);
    assert.ok(inflate(binary.payload).equals(Buffer.alloc(20000)));
    raw.destroy();
  });

  test('are left as they are with compress(false), and for who did not negotiate', async () => {
    const [with1, with2, without] = [await rawSocket(), await rawSocket(), await rawSocket(null)];
    const wanted = (event) => `42["${event}","${sized(3000)}"]`;
    with1.send(1, '42["big-plain",3000]');
    let frame = await with1.frame();
    assert.deepEqual([frame.rsv, frame.payload.toString()], [0, wanted('big')]);
    with1.send(1, '42["news-plain",3000]');
    for (const raw of [with1, with2, without])
      {
        frame = await raw.frame();
        assert.deepEqual([frame.rsv, frame.payload.toString()], [0, wanted('news')]);
      }
    with1.send(1, '42["news",3000]');
    const [a, b, c] = [await with1.frame(), await with2.frame(), await without.frame()];
    assert.deepEqual([a.rsv, b.rsv, c.rsv], [RSV1, RSV1, 0]);
    assert.ok(a.payload.equals(b.payload));
    assert.equal(inflate(a.payload).toString(), wanted('news'));
    assert.equal(c.payload.toString(), wanted('news'));
    for (const raw of [with1, with2, without])
      raw.destroy();
  });

  test('from the client, whole, in fragments and mixed with others', async () => {
    const raw = await rawSocket();
    const big = `42["echo","${sized(60000)}"]`.replace('42', '421');
    const packed = deflate(big);
    raw.send(1, packed, { rsv: RSV1 });
    let { rsv, payload } = await raw.frame();
    assert.equal(inflate(payload).toString(), big.replace('421["echo",', '431['));
    const third = Math.floor(packed.length / 3);
    raw.send(1, packed.subarray(0, third), { rsv: RSV1, fin: false });
    raw.send(9, 'ping');
    assert.equal((await raw.frame()).payload.toString(), 'ping');
    raw.send(0, packed.subarray(third, 2 * third), { fin: false });
    raw.send(0, '', { fin: false });
    raw.send(0, packed.subarray(2 * third));
    ({ rsv, payload } = await raw.frame());
    assert.equal(rsv, RSV1);
    assert.equal(inflate(payload).toString(), big.replace('421["echo",', '431['));
    raw.send(1, '422["echo","plain"]');
    assert.equal((await raw.frame()).payload.toString(), '432["plain"]');
    raw.destroy();
  });
});

describe('violations', () => {

  for (const [name, code, ...frames] of [
    ['a compressed ping', 1002, [9, deflate('x'), { rsv: RSV1 }]],
    ['a compressed continuation', 1002, [1, deflate('4').subarray(0, 1), { rsv: RSV1, fin: false }], [0, deflate('4').subarray(1), { rsv: RSV1 }]],
    ['RSV2', 1002, [1, 'x', { rsv: 2 }]],
    ['what is not compressed', 1007, [1, Buffer.from([7, 7, 7]), { rsv: RSV1 }]],
    ['what is cut', 1007, [1, deflate(sized(1000)).subarray(0, 50), { rsv: RSV1 }]],
    ['compressed text that is not UTF-8', 1007, [1, deflate(Buffer.from([0x34, 0xff, 0xff, 0xff])), { rsv: RSV1 }]],
    ['a message that becomes too large', 1009, [1, deflate(sized(MAX_PAYLOAD + 1)), { rsv: RSV1 }]],
    ['a message compressed too much', 1009, [1, deflate(Buffer.alloc(MAX_PAYLOAD / 2)), { rsv: RSV1 }]],
    ['a bomb', 1009, [1, deflate(Buffer.alloc(64 << 20)), { rsv: RSV1 }]],
  ])
    test(`${name}: ${code}`, async () => {
      const raw = await rawSocket();
      for (const args of frames)
        raw.send(...args);
      assert.equal(await raw.closeCode(), code);
      raw.destroy();
    });

  test('bombs of many clients leave no trace in memory', async () => {
    const bomb = deflate(Buffer.alloc(256 << 20));
    /* All bombs together are 5 GB, and even the address sanitizer does not keep that. */
    const before = server.server.rss;
    for (let i = 0; i < 20; i++)
      {
        const raw = await rawSocket();
        raw.send(1, bomb, { rsv: RSV1 });
        assert.equal(await raw.closeCode(), 1009);
        raw.destroy();
      }
    assert.ok(server.server.rss - before < (server.server.sanitised ? 600_000 : 30_000), `${before} to ${server.server.rss} KB`);
  });

  /* Nothing is inflated before the message is complete, and what is kept of it is bounded. */
  test('a bomb that drips in', async () => {
    const bomb = deflate(Buffer.alloc(256 << 20));
    const raw = await rawSocket();
    const before = server.server.rss;
    raw.send(1, bomb.subarray(0, 100), { rsv: RSV1, fin: false });
    for (let at = 100; at < 60000; at += 100)
      raw.send(0, bomb.subarray(at, at + 100), { fin: false });
    raw.send(9, 'still there');
    assert.equal((await raw.frame()).payload.toString(), 'still there');
    assert.ok(server.server.rss - before < 4000, `${before} to ${server.server.rss} KB`);
    raw.send(0, bomb.subarray(60000));
    assert.equal(await raw.closeCode(), 1009);
    raw.destroy();

    const other = await rawSocket();
    const noise = zlib.deflateRawSync(Buffer.from(Array.from({ length: 65536 }, () => Math.random() * 256)), { level: 0, finishFlush: zlib.constants.Z_SYNC_FLUSH });
    other.send(1, noise, { rsv: RSV1, fin: false });
    for (let i = 0; i < 80; i++)
      other.send(0, noise, { fin: false });
    assert.equal(await other.closeCode(), 1009);
    other.destroy();
  });
});

describe('official client', () => {
  const sockets = [];

  const connected = async (options) => {
    const socket = io(server.url, { forceNew: true, reconnection: false, ...options });
    sockets.push(socket);
    await within(once(socket, 'connect'), 'connect');
    return socket;
  };

  afterEach(() => {
    for (const socket of sockets.splice(0))
      socket.disconnect();
  });

  test('compresses in both directions', async () => {
    const socket = await connected({ transports: ['websocket'], perMessageDeflate: { threshold: 100 } });
    const { ws } = socket.io.engine.transport;
    assert.match(ws.extensions, /permessage-deflate/);
    const before = [ws._socket.bytesRead, ws._socket.bytesWritten];
    const text = sized(200000);
    assert.equal(await socket.timeout(60_000).emitWithAck('echo', text), text);
    assert.ok(ws._socket.bytesRead - before[0] < 50000, 'from the server');
    assert.ok(ws._socket.bytesWritten - before[1] < 50000, 'to the server');
    const data = Buffer.alloc(300000, 'abc');
    assert.ok((await socket.timeout(60_000).emitWithAck('echo', data)).equals(data));
    assert.ok(ws._socket.bytesRead - before[0] < 60000);
  });

  test('goes on after an upgrade', async () => {
    const socket = await connected({ transports: ['polling', 'websocket'] });
    if (socket.io.engine.transport.name !== 'websocket')
      await within(once(socket.io.engine, 'upgrade'), 'upgrade');
    assert.match(socket.io.engine.transport.ws.extensions, /permessage-deflate/);
    const text = sized(20000);
    assert.equal(await socket.timeout(60_000).emitWithAck('echo', text), text);
  });

  test('gets one broadcast, compressed or not', async () => {
    const all = await Promise.all([
      { transports: ['websocket'] }, { transports: ['websocket'], perMessageDeflate: false },
      { transports: ['websocket'], perMessageDeflate: { serverMaxWindowBits: 9 } },
      { transports: ['websocket'], perMessageDeflate: { serverMaxWindowBits: 12 } }, { transports: ['polling'] },
    ].map(connected));
    const heard = all.map((socket) => within(once(socket, 'news'), 'news'));
    all[0].emit('news', 30000);
    for (const [text] of await Promise.all(heard))
      assert.equal(text, sized(30000));
  });
});

describe('polling answers', () => {
  const open = async () => {
    const polling = await Polling.open(server.port, PREFIX);
    await polling.send('40');
    assert.match(await polling.next(), /^40/);
    return polling;
  };
  const unpack = (res) => {
    const coding = res.headers['content-encoding'];
    const body = coding === 'gzip' ? zlib.gunzipSync(res.body) : coding === 'deflate' ? zlib.inflateSync(res.body) : res.body;
    return [coding, body.toString()];
  };

  for (const [accepted, coding] of [
    ['gzip', 'gzip'], ['deflate', 'deflate'], ['gzip, deflate, br', 'gzip'], ['deflate, gzip', 'deflate'],
    ['deflate;q=0.5, gzip;q=0.9', 'gzip'], ['gzip;q=0.5, deflate', 'deflate'], ['GZip ; Q=0.001', 'gzip'],
    ['*', 'gzip'], ['*;q=0.5, gzip;q=0', 'deflate'], ['gzip;q=0', undefined], ['br', undefined],
    ['identity', undefined], ['gzip;q=2', undefined], ['gzip;level=1', undefined], ['', undefined], [undefined, undefined],
  ])
    test(`Accept-Encoding: ${accepted}: ${coding ?? 'as it is'}`, async () => {
      const polling = await open();
      await polling.send('42["big",3000]');
      const res = await polling.get({ headers: accepted === undefined ? {} : { 'Accept-Encoding': accepted } });
      const wanted = `42["big","${sized(3000)}"]`;
      assert.deepEqual(unpack(res), [coding, wanted]);
      assert.equal(Number(res.headers['content-length']), res.body.length);
      assert.equal(res.headers['content-type'].toLowerCase(), 'text/plain; charset=utf-8');
      assert.ok(coding === undefined || res.body.length < wanted.length / 2);
    });

  test('only from the threshold on, and only if something may be compressed', async () => {
    const polling = await open();
    const headers = { 'Accept-Encoding': 'gzip' };
    const ask = async (...packets) => {
      await polling.send(...packets);
      return unpack(await polling.get({ headers }))[0];
    };
    assert.equal(await ask('42["big",1000]'), undefined);
    assert.equal(await ask('42["big",1024]'), 'gzip');
    assert.equal(await ask('42["big-plain",3000]'), undefined);
    assert.equal(await ask('42["big-plain",3000]', '42["big",10]'), 'gzip');
    assert.equal(await ask('42["big",600]', '42["big",600]'), 'gzip');
  });

  test('with fetch()', async () => {
    const polling = await open();
    await polling.send('42["big",30000]');
    const res = await within(fetch(`${server.url}${polling.path}`), 'fetch');
    assert.equal(res.headers.get('content-encoding'), 'gzip');
    assert.equal(await res.text(), `42["big","${sized(30000)}"]`);
  });

  test('not for errors and acknowledgements of POST', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    assert.equal((await request(server.port, `${PREFIX}?EIO=4&transport=polling`, { headers })).headers['content-encoding'], undefined);
    assert.equal((await request(server.port, `${PREFIX}?EIO=4&transport=none`, { headers })).headers['content-encoding'], undefined);
  });
});
