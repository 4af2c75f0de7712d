// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine.IO v4 over WebSocket, black box: sessions, upgrade from polling, violations of both protocols.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe } from 'node:test';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import {
  Polling, RawWs, Tcp, Ws, assertError, assertUnknownSid, frame, quiet, request, takes, test, upgradeHead, within,
} from './lib/wire.mjs';

const server = useServer(() => startConformance('engine-v4'));
const short = useServer(() => startConformance('engine-v4', { pingTimeout: 200 }));
const PREFIX = '/engine.io/';
const WS = `${PREFIX}?EIO=4&transport=websocket`;

const open = () => Polling.open(server.port);
const session = (options) => Ws.session(server.port, PREFIX, options);
const upgradePath = (polling) => `${WS}&sid=${polling.sid}`;
const probe = (polling, options) => Ws.open(polling.port, upgradePath(polling), options);

// The server may see the end of a connection a moment after its peer.
async function
assertSidGone (sid, at = server)
{
  const gone = async () => {
    for (;;)
      {
        const res = await request(at.port, `${PREFIX}?EIO=4&transport=polling&sid=${sid}`);
        if (JSON.parse(res.text).code !== 3)
          return res;
        await quiet(2);
      }
  };
  assertUnknownSid(await within(gone(), `end of the session ${sid}`, 30_000));
}

// A refusal before the 101, or a close after it.
async function
assertNotAccepted (ws)
{
  const accepted = await within(ws.opened.then(() => true, () => false), 'answer to the upgrade');
  if (accepted)
    await ws.closed;
}

async function
upgrade (polling)
{
  const ws = await probe(polling);
  ws.send('2probe');
  assert.equal(await ws.next(), '3probe');
  ws.send('5');
  return ws;
}

describe('handshake', () => {
  test('sends the open packet first, without upgrades', async () => {
    const ws = await session();
    assert.deepEqual(Object.keys(ws.handshake).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.deepEqual(ws.handshake.upgrades, []);
    assert.equal(ws.handshake.pingInterval, 300);
    assert.equal(ws.handshake.pingTimeout, 60_000);
    assert.equal(ws.handshake.maxPayload, 1_000_000);
    await ws.close();
  });

  test('sends CORS headers with the 101 and negotiates no extension', async () => {
    const tcp = await Tcp.open(server.port);
    tcp.write(upgradeHead(WS, 'Origin: http://elsewhere.example\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'));
    const { head, status } = await tcp.head();
    assert.equal(status, 101);
    assert.match(head, /^access-control-allow-origin: \*$/im);
    assert.doesNotMatch(head, /^sec-websocket-extensions: *\S/im);
    tcp.destroy();
  });

  test('selects the first sub-protocol', async () => {
    const ws = await session({ protocols: ['first', 'second'] });
    assert.equal(ws.socket.protocol, 'first');
    await ws.close();
  });

  test('takes header names and values in any case', async () => {
    const tcp = await Tcp.open(server.port);
    tcp.write(`GET ${WS} HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, upgrade\r\nupgrade: WebSocket\r\n`
      + 'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    const { head, status } = await tcp.head();
    assert.equal(status, 101);
    assert.match(head, /^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/im);
    tcp.destroy();
  });

  for (const [name, query, message] of [
    ['an unknown transport', '?EIO=4&transport=abc', 'Transport unknown'],
    ['no transport', '?EIO=4', 'Transport unknown'],
    ['an unknown sid', '?EIO=4&transport=websocket&sid=none', 'Session ID unknown'],
  ])
    test(`is refused for ${name}`, async () => {
      const ws = new Ws(server.port, `${PREFIX}${query}`);
      await assert.rejects(within(ws.opened, 'refusal'), (error) => {
        assert.equal(error.status, 400);
        assert.equal(error.text, message);
        assert.match(error.headers['content-type'], /^text\/html/);
        assert.equal(error.headers.connection, 'close');
        return true;
      });
    });

  for (const [name, query] of [
    ['revision 3', '?EIO=3&transport=websocket'],
    ['no revision', '?transport=websocket'],
    ['an upgrade of polling', '?EIO=4&transport=polling'],
  ])
    test(`is refused for ${name}`, async () => {
      const ws = new Ws(server.port, `${PREFIX}${query}`);
      /* Node says 101 first and closes then. */
      if (isNode)
        await ws.closed;
      else
        await assert.rejects(within(ws.opened, 'refusal'), (error) => error.status === 400);
    });

  for (const [name, line] of [
    ['no key', 'Sec-WebSocket-Version: 13'],
    ['a bad key', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short'],
    ['another version', 'Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
  ])
    test(`is refused for ${name}`, async () => {
      const tcp = await Tcp.open(server.port);
      tcp.write(`GET ${WS} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${line}\r\n\r\n`);
      const { status } = await tcp.head();
      assert.ok(status === 400 || status === 426, `status ${status}`);
      tcp.destroy();
    });
});

describe('messages', () => {
  for (const [name, data] of [
    ['text', '4hello'],
    ['an empty text message', '4'],
    ['UTF-8', '4€ 😀 てすと Ä\u2028'],
    ['text with a separator byte', '4a\x1eb'],
    ['text with a zero byte', '4a\0b'],
    ['binary', Buffer.from([1, 2, 3, 4])],
    ['binary that looks like text', Buffer.from('4abc')],
    ['empty binary', Buffer.alloc(0)],
    ['125 bytes', `4${'x'.repeat(124)}`],
    ['126 bytes', `4${'x'.repeat(125)}`],
    ['65535 bytes', `4${'x'.repeat(65534)}`],
    ['65536 bytes', `4${'x'.repeat(65535)}`],
    ['as much as maxPayload allows', `4${'x'.repeat(999_999)}`],
    ['as much binary as maxPayload allows', Buffer.alloc(1_000_000, 7)],
  ])
    test(`echoes ${name}`, async () => {
      const ws = await session();
      ws.send(data);
      assert.deepEqual(await ws.next(), data);
      await ws.close();
    });

  test('keeps the order of many', async () => {
    const ws = await session();
    for (let i = 0; i < 1000; i++)
      ws.send(i % 3 === 0 ? Buffer.from(`${i}`) : `4${i}`);
    for (let i = 0; i < 1000; i++)
      assert.deepEqual(await ws.next(), i % 3 === 0 ? Buffer.from(`${i}`) : `4${i}`);
    await ws.close();
  });

  test('takes base64 in a text frame', async () => {
    const ws = await session();
    ws.send('bAQIDBA==');
    assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3, 4]));
    await ws.close();
  });

  test('sends base64 when asked with b64', async () => {
    const ws = await session({ query: '&b64=1' });
    ws.send(Buffer.from([1, 2, 3, 4]));
    assert.equal(await ws.next(), 'bAQIDBA==');
    await ws.close();
  });

  for (const packet of ['0', '5', '6', '3'])
    test(`ignores the packet ${packet}`, async () => {
      const ws = await session();
      ws.send(packet);
      await ws.assertAlive();
      await ws.close();
    });

  for (const packet of ['', '2', '2probe', '7', 'abc', '\u20ac'])
    test(`ends the session at the packet ${JSON.stringify(packet)}`, async () => {
      const ws = await session();
      ws.send(packet);
      assert.equal((await ws.closed).code, 1005);
      await assertSidGone(ws.sid);
    });

  test('ends the session at the packet "1"', async () => {
    const ws = await session();
    ws.send('1');
    if (isNode)
      return ws.assertAlive();
    assert.equal((await ws.closed).code, 1005);
    return assertSidGone(ws.sid);
  });

  for (const [name, data] of [['text', `4${'x'.repeat(1_000_000)}`], ['binary', Buffer.alloc(1_000_001)]])
    test(`closes with 1009 at ${name} above maxPayload`, async () => {
      const ws = await session();
      ws.send(data);
      assert.equal((await ws.closed).code, 1009);
      await assertSidGone(ws.sid);
    });

  test('ends the session when the client closes', async () => {
    const ws = await session();
    assert.equal((await ws.close()).code, 1005);
    await assertSidGone(ws.sid);
  });
});

describe('heartbeat', () => {
  test('pings after the interval and again after each pong', async () => {
    const ws = await session({ pong: false });
    assert.equal(await ws.next(), '2');
    for (let i = 0; i < 3; i++)
      await takes(async () => {
        ws.send('3');
        assert.equal(await ws.next(), '2');
      }, 295, 480);
    await ws.close();
    await takes(async () => {
      const other = await session({ pong: false });
      assert.equal(await other.next(), '2');
      await other.close();
    }, 295, 480);
  });

  test('ends a silent session after interval and timeout', () => takes(async () => {
    const ws = await Ws.session(short.port, PREFIX, { pong: false });
    assert.equal((await ws.closed).code, 1005);
    await assertSidGone(ws.sid, short);
  }, 495, 900));
});

describe('upgrade', () => {
  test('goes as in the book', async () => {
    const polling = await open();
    const held = await polling.hold();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    assert.equal((await held.response).text, '6');
    ws.send('5');
    await ws.assertAlive();
    assertError(await polling.get(), 400, 3, 'Bad request');
    assertError(await polling.post('4x'), 400, 3, 'Bad request');
    await ws.assertAlive('still');
    await ws.close();
    await assertSidGone(polling.sid);
  });

  test('releases every GET while it lasts, not faster than needed', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    const start = performance.now();
    for (let i = 0; i < 3; i++)
      {
        let text;
        while ((text = (await polling.get()).text) === '2')
          await polling.send('3');
        assert.equal(text, '6');
      }
    const passed = performance.now() - start;
    assert.ok(passed > 150, `three GETs released within ${passed} ms`);
    ws.send('5');
    await ws.assertAlive();
    await ws.close();
  });

  test('keeps sending over polling until it is done', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    await polling.send('4meanwhile');
    let text;
    while ((text = (await polling.get()).text) === '6')
      ;
    assert.equal(text, '4meanwhile');
    ws.send('5');
    await ws.assertAlive();
    await ws.close();
  });

  test('sends over WebSocket what no GET has fetched', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    await polling.send('4one', '4two', 'bAQID');
    ws.send('5');
    assert.equal(await ws.next(), '4one');
    assert.equal(await ws.next(), '4two');
    assert.deepEqual(await ws.next(), Buffer.from([1, 2, 3]));
    await ws.close();
  });

  test('answers a GET that is held at its end', async () => {
    const polling = await open();
    const ws = await probe(polling);
    const held = await polling.hold();
    ws.send('5');
    assert.equal((await held.response).text, '1');
    await ws.assertAlive();
    await ws.close();
  });

  test('goes without a probe', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('5');
    await ws.assertAlive();
    await ws.close();
  });

  test('is given up at any other packet, the session stays', async () => {
    for (const packet of ['4hello', '2', '2probing', '3probe', 'x', '', Buffer.from('2probe')])
      {
        const polling = await open();
        const ws = await probe(polling);
        ws.send(packet);
        assert.equal((await ws.closed).code, 1005);
        await polling.assertAlive();
      }
  });

  test('is given up when the client closes, the session stays and may try again', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    await ws.close();
    await polling.assertAlive();
    const again = await upgrade(polling);
    await again.assertAlive();
    await again.close();
  });

  test('is given up when the connection is lost, the session stays', async () => {
    const polling = await open();
    const raw = await RawWs.open(server.port, upgradePath(polling));
    raw.destroy();
    await polling.assertAlive();
  });

  test('that stands still leaves the session on polling', async () => {
    const polling = await open();
    const raw = await RawWs.open(server.port, upgradePath(polling));
    await polling.assertAlive();
    await polling.assertAlive('again');
    raw.destroy();
  });

  test('refuses a second one meanwhile', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    const second = new Ws(server.port, upgradePath(polling));
    await assertNotAccepted(second);
    ws.send('5');
    await ws.assertAlive();
    await ws.close();
  });

  test('refuses another one afterwards', async () => {
    const polling = await open();
    const ws = await upgrade(polling);
    await ws.assertAlive();
    const second = new Ws(server.port, upgradePath(polling));
    await assertNotAccepted(second);
    await ws.assertAlive();
    await ws.close();
  });

  test('of a session that began on WebSocket is refused', async () => {
    const ws = await session();
    const second = new Ws(server.port, `${WS}&sid=${ws.sid}`);
    /* Node lets the second one take over. */
    if (isNode)
      {
        await within(second.opened, 'WebSocket');
        second.destroy();
      }
    else
      await assertNotAccepted(second);
    await ws.assertAlive();
    await ws.close();
  });

  test('closes the probing connection when the session ends', async () => {
    const polling = await open();
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    assert.equal((await polling.post('1')).text, 'ok');
    await ws.closed;
    await polling.assertGone();
  });

  test('keeps the heartbeat', () => takes(async () => {
    const polling = await open();
    assert.equal((await polling.get()).text, '2');
    const ws = await probe(polling, { pong: false });
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    ws.send('5');
    ws.send('3');
    assert.equal(await ws.next(), '2');
    await ws.close();
    await assertSidGone(polling.sid);
  }, 595, 900));

  if (!isNode)
    test('keeps a pending ping timeout', () => takes(async () => {
      const polling = await Polling.open(short.port);
      assert.equal((await polling.get()).text, '2');
      const ws = await upgrade(polling);
      await ws.closed;
    }, 495, 900));

  if (!isNode)
    test('takes bytes that came in one piece with its request', async () => {
      const polling = await open();
      const raw = await Tcp.open(server.port);
      raw.write(Buffer.concat([Buffer.from(upgradeHead(upgradePath(polling))), frame(1, '2probe')]));
      assert.equal((await raw.head()).status, 101);
      await raw.until((data) => data.includes('3probe'), '3probe');
      raw.destroy();
    });

  test('loses nothing and keeps the order', async () => {
    const polling = await open();
    const seen = [];
    const body = Array.from({ length: 200 }, (_, i) => `4${i}`);
    await polling.send(...body.slice(0, 100));
    const ws = await probe(polling);
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    for (;;)
      {
        const { text } = await polling.get();
        if (text === '6')
          break;
        seen.push(...text.split('\x1e').filter((packet) => packet[0] === '4'));
      }
    ws.send('5');
    for (const packet of body.slice(100))
      ws.send(packet);
    while (seen.length < body.length)
      seen.push(await ws.next());
    assert.deepEqual(seen, body);
    await ws.close();
  });
});

describe('RFC 6455', () => {
  const raw = () => RawWs.session(server.port);

  async function
  echoes (peer, text)
  {
    peer.send(1, `4${text}`);
    for (;;)
      {
        const { opcode, payload } = await peer.frame();
        if (opcode === 1 && payload.toString() !== '2')
          {
            assert.equal(payload.toString(), `4${text}`);
            return;
          }
      }
  }

  test('joins fragments, control frames between them', async () => {
    const peer = await raw();
    peer.send(1, '4he', { fin: false });
    peer.send(9, 'are you there');
    peer.send(0, 'l', { fin: false });
    peer.send(0, 'lo');
    const pong = await peer.frame();
    assert.equal(pong.opcode, 10);
    assert.equal(pong.payload.toString(), 'are you there');
    assert.equal((await peer.frame()).payload.toString(), '4hello');
    peer.destroy();
  });

  test('joins a UTF-8 sequence that two fragments share', async () => {
    const peer = await raw();
    const text = Buffer.from('4€');
    peer.send(1, text.subarray(0, 2), { fin: false });
    peer.send(0, text.subarray(2));
    assert.equal((await peer.frame()).payload.toString(), '4€');
    peer.destroy();
  });

  test('takes frames byte by byte', async () => {
    const peer = await raw();
    for (const byte of frame(1, '4slowly'))
      {
        peer.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    assert.equal((await peer.frame()).payload.toString(), '4slowly');
    peer.destroy();
  });

  test('ignores an unasked pong', async () => {
    const peer = await raw();
    peer.send(10, 'x');
    await echoes(peer, 'alive');
    peer.destroy();
  });

  for (const [name, code, ...args] of [
    ['invalid UTF-8', 1007, 1, Buffer.from([0x34, 0xff, 0xfe])],
    ['an overlong UTF-8 sequence', 1007, 1, Buffer.from([0x34, 0xc0, 0xaf])],
    ['a surrogate in UTF-8', 1007, 1, Buffer.from([0x34, 0xed, 0xa0, 0x80])],
    ['a truncated UTF-8 sequence', 1007, 1, Buffer.from([0x34, 0xe2, 0x82])],
    ['an unmasked frame', 1002, 1, '4hello', { masked: false }],
    ['a reserved bit', 1002, 1, '4hello', { rsv: 4 }],
    ['an unknown opcode', 1002, 3, 'x'],
    ['an unknown control opcode', 1002, 11, 'x'],
    ['a continuation of nothing', 1002, 0, 'x'],
    ['a ping above 125 bytes', 1002, 9, 'x'.repeat(126)],
    ['a fragmented ping', 1002, 9, 'x', { fin: false }],
    ['a close frame of one byte', 1002, 8, 'x'],
    ['a close code that is never sent', 1002, 8, Buffer.from([0x03, 0xed])],
    ['a frame that announces 2 MB', 1009, 2, 'x', { length: 2_000_000 }],
    ['a frame that announces 2^62 bytes', 1009, 2, 'x', { length: 2 ** 62 }],
  ])
    test(`closes with ${code} at ${name}`, async () => {
      const peer = await raw();
      peer.send(...args);
      assert.equal(await peer.closeCode(), code);
      peer.destroy();
      await assertSidGone(peer.sid);
    });

  test('closes with 1002 at a new message within another', async () => {
    const peer = await raw();
    peer.send(1, '4a', { fin: false });
    peer.send(1, '4b');
    assert.equal(await peer.closeCode(), 1002);
    peer.destroy();
  });

  test('closes with 1009 at endless fragments', async () => {
    const peer = await raw();
    peer.send(2, Buffer.alloc(60_000), { fin: false });
    for (let i = 0; i < 17; i++)
      peer.send(0, Buffer.alloc(60_000), { fin: false });
    assert.equal(await peer.closeCode(), 1009);
    peer.destroy();
    await assertSidGone(peer.sid);
  });

  test('answers a close frame with its code and ends the connection', async () => {
    const peer = await raw();
    peer.send(8, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('bye')]));
    assert.equal(await peer.closeCode(), 1000);
    await peer.ended;
    peer.destroy();
    await assertSidGone(peer.sid);
  });

  test('goes on serving others meanwhile', async () => {
    const other = await session();
    const bad = await Promise.all(Array.from({ length: 50 }, raw));
    for (const [i, peer] of bad.entries())
      peer.send(...[[1, '4x', { masked: false }], [2, 'x', { length: 5_000_000 }], [1, Buffer.from([0x34, 0xff])]][i % 3]);
    await other.assertAlive();
    for (const peer of bad)
      {
        await peer.closeCode();
        peer.destroy();
      }
    await other.assertAlive();
    await other.close();
  });

  test('notices a lost connection', async () => {
    const peer = await raw();
    peer.destroy();
    await assertSidGone(peer.sid);
  });
});
