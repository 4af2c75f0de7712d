// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine.IO v3 over WebSocket, black box: frames, heartbeat, upgrade from polling.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe } from 'node:test';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { Ws, assertError, eventually, quiet, request, takes, test, within } from './lib/wire.mjs';
import { PREFIX, Polling3, decodeText, openWs3 } from './lib/wire3.mjs';

const server = useServer(() => startConformance('engine-v3'));
const short = useServer(() => startConformance('engine-v3', { pingTimeout: 200 }));
const WS = `${PREFIX}?EIO=3&transport=websocket`;

const open = (query) => openWs3(server.port, query);
const bytes = (...values) => Buffer.from(values);

async function
upgrade (session, query = '')
{
  const ws = await Ws.open(session.port, `${WS}&sid=${session.sid}${query}`, { pong: false });
  ws.send('2probe');
  assert.equal(await ws.next(), '3probe');
  ws.send('5');
  return ws;
}

describe('handshake', () => {
  test('sends the open packet first, without upgrades', async () => {
    const ws = await open();
    assert.deepEqual({ ...ws.handshake, sid: '' }, { sid: '', upgrades: [], pingInterval: 300, pingTimeout: 60_000, maxPayload: 1_000_000 });
    await ws.close();
  });

  test('takes a missing revision for 3', async () => {
    const ws = await Ws.open(server.port, `${PREFIX}?transport=websocket`, { pong: false });
    await ws.next();
    ws.send('2');
    assert.equal(await ws.next(), '3');
    await ws.close();
  });

  test('serves revision 4 beside it', async () => {
    const ws = await Ws.session(server.port, PREFIX);
    ws.send(bytes(1, 2));
    assert.deepEqual(await ws.next(), bytes(1, 2));
    await ws.close();
  });
});

describe('messages', () => {
  for (const packet of ['4hello', '4', '4€ 😀 \u2028 \0', `4${'x'.repeat(70_000)}`])
    test(`echoes ${JSON.stringify(packet.slice(0, 20))}`, async () => {
      const ws = await open();
      ws.send(packet);
      assert.equal(await ws.next(), packet);
      await ws.close();
    });

  for (const data of [bytes(1, 2, 3), bytes(), Buffer.alloc(200, 4), Buffer.alloc(70_000, 0xff)])
    test(`echoes ${data.length} bytes behind the byte of the type`, async () => {
      const ws = await open();
      ws.send(Buffer.concat([bytes(4), data]));
      assert.deepEqual(await ws.next(), Buffer.concat([bytes(4), data]));
      await ws.close();
    });

  test('takes base64 in a text frame', async () => {
    const ws = await open();
    ws.send('b4AQIDBA==');
    assert.deepEqual(await ws.next(), bytes(4, 1, 2, 3, 4));
    await ws.close();
  });

  test('sends base64 when asked with b64', async () => {
    const ws = await open('&b64=1');
    ws.send(bytes(4, 1, 2, 3, 4));
    assert.equal(await ws.next(), 'b4AQIDBA==');
    await ws.close();
  });

  for (const packet of [bytes(), bytes(7), bytes(255, 1), bytes(0x34, 0x34), bytes(5), 'b9AQI=', 'b', '0', '5', '6'])
    test(`passes over ${JSON.stringify(packet)}`, async () => {
      const ws = await open();
      ws.send(packet);
      await ws.assertAlive();
      await ws.close();
    });

  for (const packet of ['', '7', 'x', '3', '3probe'])
    test(`ends the session at ${JSON.stringify(packet)}`, async () => {
      const ws = await open();
      ws.send(packet);
      assert.equal((await ws.closed).code, 1005);
    });

  test('closes with 1009 above maxPayload', async () => {
    const ws = await open();
    ws.send(Buffer.alloc(1_000_001, 4));
    assert.equal((await ws.closed).code, 1009);
  });

  test('keeps the order of many', async () => {
    const ws = await open();
    for (let i = 0; i < 200; i++)
      ws.send(i % 2 === 0 ? `4${i}` : Buffer.concat([bytes(4), Buffer.from(String(i))]));
    for (let i = 0; i < 200; i++)
      assert.deepEqual(await ws.next(), i % 2 === 0 ? `4${i}` : Buffer.concat([bytes(4), Buffer.from(String(i))]));
    await ws.close();
  });
});

describe('heartbeat', () => {
  test('answers pings, text and binary, without what came with them', async () => {
    const ws = await open();
    for (const ping of ['2', '2probe', bytes(2)])
      {
        ws.send(ping);
        assert.equal(await ws.next(), '3');
      }
    await ws.close();
  });

  test('lasts as long as the client pings, and sends nothing by itself', () => eventually(async () => {
    const ws = await openWs3(short.port);
    const start = performance.now();
    while (performance.now() - start < 1200)
      {
        await quiet(100);
        ws.send('2');
        assert.equal(await ws.next(), '3');
      }
    await ws.close();
  }));

  test('ends a session without pings after interval and timeout, other packets or not', () => takes(async () => {
    const ws = await openWs3(short.port);
    const timer = setInterval(() => ws.send('6'), 50);
    try
      {
        assert.equal((await ws.closed).code, 1005);
      }
    finally
      {
        clearInterval(timer);
      }
  }, 495, 900));
});

describe('upgrade', () => {
  test('goes as in the book', async () => {
    const session = await Polling3.open(server.port);
    const ws = await Ws.open(server.port, `${WS}&sid=${session.sid}`, { pong: false });
    const held = await session.hold();
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    assert.equal((await held.response).text, '1:6');
    ws.send('5');
    await ws.assertAlive();
    ws.send(bytes(4, 9));
    assert.deepEqual(await ws.next(), bytes(4, 9));
    assertError(await session.get(), 400, 3, 'Bad request');
    await ws.close();
  });

  test('answers a GET that is held at its end', async () => {
    const session = await Polling3.open(server.port);
    const held = await session.hold();
    const ws = await Ws.open(server.port, `${WS}&sid=${session.sid}`, { pong: false });
    ws.send('5');
    assert.equal((await held.response).text, '1:1');
    await ws.assertAlive();
    await ws.close();
  });

  test('sends over WebSocket what no GET has fetched', async () => {
    const session = await Polling3.open(server.port);
    await session.send('4one', Buffer.from([1, 2]), '4two');
    const ws = await upgrade(session);
    assert.equal(await ws.next(), '4one');
    assert.deepEqual(await ws.next(), bytes(4, 1, 2));
    assert.equal(await ws.next(), '4two');
    await ws.close();
  });

  test('decides anew about base64', async () => {
    const text = await upgrade(await Polling3.open(server.port, '&b64=1'));
    text.send(bytes(4, 1));
    assert.deepEqual(await text.next(), bytes(4, 1));
    await text.close();
    const binary = await upgrade(await Polling3.open(server.port), '&b64=1');
    binary.send(bytes(4, 1, 2, 3, 4));
    assert.equal(await binary.next(), 'b4AQIDBA==');
    await binary.close();
  });

  test('is possible for a session that began with scripts', async () => {
    const res = await request(server.port, `${PREFIX}?EIO=3&transport=polling&b64=1&j=0`);
    const [packet] = decodeText(JSON.parse(/^___eio\[0\]\((.*)\);$/.exec(res.text)[1]));
    const ws = await upgrade({ ...JSON.parse(packet.slice(1)), port: server.port });
    ws.send('4x');
    assert.equal(await ws.next(), '4x');
    await ws.close();
  });

  test('of another revision is refused, the session stays', async () => {
    const session = await Polling3.open(server.port);
    const ws = new Ws(server.port, `${PREFIX}?EIO=4&transport=websocket&sid=${session.sid}`);
    await assert.rejects(within(ws.opened, 'refusal'), (error) => error.status === 400 && error.text === 'Bad request');
    await session.assertAlive();
  });

  test('is given up at any other packet, the session stays', async () => {
    const session = await Polling3.open(server.port);
    const ws = await Ws.open(server.port, `${WS}&sid=${session.sid}`, { pong: false });
    ws.send('4nonsense');
    await ws.closed;
    await session.assertAlive();
  });

  test('keeps the heartbeat', () => takes(async () => {
    const ws = await upgrade(await Polling3.open(short.port));
    assert.equal((await ws.closed).code, 1005);
  }, 495, 900), { skip: isNode });

  test('loses nothing and keeps the order', async () => {
    const session = await Polling3.open(server.port);
    const ws = await Ws.open(server.port, `${WS}&sid=${session.sid}`, { pong: false });
    ws.send('2probe');
    assert.equal(await ws.next(), '3probe');
    const got = [];
    for (let i = 0; i < 20; i++)
      await session.send(`4${i}`);
    for (let i = 0; i < 10; i++)
      got.push(await session.next());
    /* A packet answered by polling may bring all of them. */
    while (got.length < 20 && got.at(-1) !== '419')
      got.push(await session.next());
    ws.send('5');
    await ws.assertAlive('last');
    assert.deepEqual(got.filter((packet) => packet !== '6'), Array.from({ length: 20 }, (_, i) => `4${i}`));
    await ws.close();
  });
});
