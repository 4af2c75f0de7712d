// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine.IO v3 over HTTP, black box: handshake, both payload framings, JSONP, heartbeat.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe } from 'node:test';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { Polling, assertError, assertUnknownSid, eventually, quiet, request, takes, test } from './lib/wire.mjs';
import { PREFIX, Polling3, decodeText, encodeBinary, encodeText } from './lib/wire3.mjs';

const server = useServer(() => startConformance('engine-v3'));
const short = useServer(() => startConformance('engine-v3', { pingTimeout: 200 }));

const get = (path, options) => request(server.port, path, options);
const open = (query) => Polling3.open(server.port, query);

function
assertEmpty (res, status)
{
  assert.equal(res.status, status);
  assert.equal(res.text, '');
}

/* Node answers before it looks at the packets. */
async function
assertRefused (session, res)
{
  if (isNode)
    assert.equal(res.status, 200);
  else
    assertEmpty(res, 400);
  await session.assertGone();
}

describe('handshake', () => {
  test('answers with one open packet and its length', async () => {
    const res = await get(`${PREFIX}?EIO=3&transport=polling`);
    const [, length, packet] = /^(\d+):(0\{.*\})$/.exec(res.text);
    assert.equal(Number(length), packet.length);
    const data = JSON.parse(packet.slice(1));
    assert.deepEqual(Object.keys(data).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.deepEqual({ ...data, sid: '' }, { sid: '', upgrades: ['websocket'], pingInterval: 300, pingTimeout: 60_000, maxPayload: 1_000_000 });
    assert.match(res.headers['content-type'], /^text\/plain; charset=utf-8$/i);
    assert.equal(Number(res.headers['content-length']), res.body.length);
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  for (const query of ['transport=polling', 'EIO=&transport=polling', 'EIO=5&transport=polling', 'EIO=abc&transport=polling', 'EIO=04&transport=polling', 'EIO=4&EIO=3&transport=polling'])
    test(`takes ${query} for revision 3`, async () => {
      const res = await get(`${PREFIX}?${query}`);
      assert.equal(res.status, 200);
      assert.equal(decodeText(res.text)[0][0], '0');
    });

  test('serves revision 4 beside it', async () => {
    await (await Polling.open(server.port)).assertAlive();
  });

  test('refuses requests of the other revision, the session stays', async () => {
    const three = await open();
    assertError(await get(`${PREFIX}?EIO=4&transport=polling&sid=${three.sid}`), 400, 3, 'Bad request');
    await three.assertAlive();
    const four = await Polling.open(server.port);
    assertError(await get(`${PREFIX}?EIO=3&transport=polling&sid=${four.sid}`), 400, 3, 'Bad request');
    assertError(await get(`${PREFIX}?transport=polling&sid=${four.sid}`), 400, 3, 'Bad request');
    await four.assertAlive();
  });

  test('keeps the order of checks', async () => {
    assertError(await get(`${PREFIX}?EIO=3&transport=abc`), 400, 0, 'Transport unknown');
    assertError(await get(`${PREFIX}?EIO=3&transport=polling&sid=none`), 400, 1, 'Session ID unknown');
    assertError(await get(`${PREFIX}?EIO=3&transport=polling`, { method: 'POST' }), 400, 2, 'Bad handshake method');
    assertError(await get(`${PREFIX}?EIO=3&transport=websocket`), 400, 3, 'Bad request');
  });

  test('sends CORS headers', async () => {
    const session = await open();
    assert.equal(session.response.headers['access-control-allow-origin'], '*');
    const post = await session.post('1:2');
    assert.equal(post.headers['access-control-allow-origin'], '*');
    assertEmpty(await get(session.path, { method: 'OPTIONS' }), 204);
  });
});

describe('text payloads', () => {
  test('carry several packets', async () => {
    const session = await open();
    await session.send('4one', '4two', '4', '4three');
    for (const packet of ['4one', '4two', '4', '4three'])
      assert.equal(await session.next(), packet);
  });

  for (const text of ['€ 😀 てすと Ä \u2028 \0', '😀', ':', '3:4a', '\x1e', 'a\x1eb', '\\n\n"'])
    test(`carry ${JSON.stringify(text)}, counted in UTF-16`, async () => {
      const session = await open();
      const res = await session.post(`${text.length + 1}:4${text}`);
      assert.equal(res.text, 'ok');
      const poll = await session.get();
      assert.equal(poll.text, `${text.length + 1}:4${text}`);
      assert.match(poll.headers['content-type'], /^text\/plain; charset=utf-8$/i);
    });

  test('carry binary as base64', async () => {
    const session = await open('&b64=1');
    const res = await session.post('10:b4AQIDBA==');
    assert.equal(res.text, 'ok');
    const poll = await session.get();
    assert.equal(poll.text, '10:b4AQIDBA==');
    assert.match(poll.headers['content-type'], /^text\/plain; charset=utf-8$/i);
  });

  test('with packets that have nothing in them are passed over', async () => {
    const session = await open();
    assert.equal((await session.post('0:')).text, 'ok');
    assert.equal((await session.post('0:0:2:4x0:')).text, 'ok');
    assert.equal(await session.next(), '4x');
  });

  for (const [name, body] of [
    ['an empty body', ''],
    ['no length', '4hello'],
    ['an empty length', ':4'],
    ['a length that is no number', 'x:4'],
    ['too few characters', '7:4hello'],
    ['a length only', '7'],
    ['too many characters', '5:4hello'],
    ['bytes counted in place of characters', '5:4😀'],
    ['an unknown packet', '3:abc'],
    ['an unknown digit', '1:7'],
    ['a bad packet after good ones', '2:4a2:4b1:z'],
    ['a payload of revision 4', '4a\x1e4b'],
  ])
    test(`with ${name} end the session`, async () => {
      const session = await open();
      await assertRefused(session, await session.post(body));
    });

  for (const packet of ['0', '0{}', '5', '6'])
    test(`with the packet ${packet} are passed over`, async () => {
      const session = await open();
      await session.send(packet);
      await session.assertAlive();
    });

  test('above maxPayload are refused, the session stays', async () => {
    const session = await open();
    assertEmpty(await session.post(encodeText(`4${'x'.repeat(1_000_000)}`), { ownConnection: true }), 413);
    await session.assertAlive();
  });

  test('of many packets keep their order', async () => {
    const session = await open();
    const packets = Array.from({ length: 300 }, (_, i) => `4${i} ä`);
    await session.send(...packets);
    for (const packet of packets)
      assert.equal(await session.next(), packet);
  });
});

describe('binary payloads', () => {
  test('are taken', async () => {
    const session = await open('&b64=1');
    const res = await session.postBinary(encodeBinary('4hällo 😀', Buffer.from([1, 2, 3]), '4', Buffer.alloc(0)));
    assert.equal(res.text, 'ok');
    assert.match(res.headers['content-type'], /^text\/html/);
    for (const packet of ['4hällo 😀', 'b4AQID', '4', 'b4'])
      assert.equal(await session.next(), packet);
  });

  test('are sent when there is binary among the packets', async () => {
    const session = await open();
    await session.send('4hä', Buffer.from([1, 2, 3, 4]), '4x');
    const res = await session.get();
    assert.equal(res.headers['content-type'], 'application/octet-stream');
    assert.equal(Number(res.headers['content-length']), res.body.length);
    assert.deepEqual(res.body, Buffer.concat([
      Buffer.from([0, 4, 255]), Buffer.from('4hä'), Buffer.from([1, 5, 255, 4, 1, 2, 3, 4]), Buffer.from([0, 2, 255]), Buffer.from('4x'),
    ]));
  });

  test('are not sent when there is none', async () => {
    const session = await open();
    await session.postBinary(encodeBinary('4one', '4two'));
    const res = await session.get();
    assert.match(res.headers['content-type'], /^text\/plain/);
    assert.equal(res.text, '4:4one4:4two');
  });

  test('carry large ones', async () => {
    const session = await open();
    const data = Buffer.alloc(300_000, 7);
    await session.postBinary(encodeBinary(data, '4after'));
    assert.deepEqual(await session.next(), data);
    assert.equal(await session.next(), '4after');
  });

  test('of packets with an unknown type are passed over', async () => {
    const session = await open();
    assert.equal((await session.postBinary(Buffer.from([1, 2, 255, 9, 9, 0, 2, 255, 0x34, 0x78]))).text, 'ok');
    assert.equal(await session.next(), '4x');
  });

  test('above maxPayload are refused, the session stays', async () => {
    const session = await open();
    assertEmpty(await session.post(encodeBinary(Buffer.alloc(1_000_000)), { ownConnection: true, headers: { 'Content-Type': 'application/octet-stream' } }), 413);
    await session.assertAlive();
  });

  for (const [name, bytes, lenient = false] of [
    ['a length without an end', [1, ...Array(400).fill(9)]],
    ['an unknown packet', [0, 1, 255, 0x37]],
    ['text that is not UTF-8', [0, 3, 255, 0x34, 0xc3, 0x28]],
    ['too few bytes', [1, 9, 255, 4, 1], true],
    ['a digit above nine', [0, 0x31, 255, 0x34], true],
    ['an unknown kind', [2, 1, 255, 0x34], true],
    ['no length', [0, 255, 0x34], true],
  ])
    test(`with ${name} end the session`, async () => {
      const session = await open();
      await assertRefused(session, await session.postBinary(Buffer.from(bytes)));
    }, { skip: isNode && lenient });
});

describe('scripts (JSONP)', () => {
  const form = (text) => `d=${encodeURIComponent(text.replace(/\\n/g, '\\\\n').replace(/\n/g, '\\n'))}`;
  const unwrap = (text, j = '0') => {
    const match = new RegExp(`^___eio\\[${j}\\]\\((".*")\\);$`).exec(text);
    assert.ok(match, text);
    return decodeText(JSON.parse(match[1]));
  };

  async function
  openScripts (j = '0', query = '&b64=1')
  {
    const session = new Polling3(server.port);
    const res = await get(`${PREFIX}?EIO=3&transport=polling${query}&j=${j}`);
    assert.equal(res.status, 200);
    assert.match(res.headers['content-type'], /^text\/plain; charset=utf-8$/i);
    session.sid = JSON.parse(unwrap(res.text, j.replace(/\D/g, ''))[0].slice(1)).sid;
    session.script = async () => (await get(`${session.path}&j=${j}`)).text;
    session.submit = (body) => session.post(body, { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    return session;
  }

  test('open a session, carry messages and end it', async () => {
    const session = await openScripts();
    const res = await session.submit(form(encodeText('4hello', '4ä 😀')));
    assert.equal(res.status, 200);
    assert.equal(res.text, 'ok');
    assert.match(res.headers['content-type'], /^text\/html/);
    assert.equal(await session.script(), '___eio[0]("6:4hello5:4ä 😀");');
    await session.submit('d=1%3A2');
    assert.equal(await session.script(), '___eio[0]("1:3");');
    const held = await session.hold('&j=0');
    await session.submit('d=1:1');
    assert.equal((await held.response).text, '___eio[0]("1:6");');
    await session.assertGone();
  });

  for (const text of ['a\nb', 'a\\nb', 'a\\\\nb', '\\', 'a+b&c=d%20', '"</script>', '\u2028 \u2029', '\0\t'])
    test(`carry ${JSON.stringify(text)}`, async () => {
      const session = await openScripts('3');
      assert.equal((await session.submit(form(encodeText(`4${text}`)))).text, 'ok');
      const script = await session.script();
      assert.deepEqual(unwrap(script, '3'), [`4${text}`]);
      assert.doesNotMatch(script, /[\u2028\u2029\n]/);
    });

  test('take no more of the index than its digits', async () => {
    const session = await openScripts('1x2);alert(1');
    assert.ok(session.sid);
  });

  test('carry binary as base64', async () => {
    const session = await openScripts();
    await session.submit(form(encodeText(Buffer.from([1, 2, 3, 4]))));
    assert.equal(await session.script(), '___eio[0]("10:b4AQIDBA==");');
  });

  test('above maxPayload are refused, the session stays', async () => {
    const session = await openScripts();
    assertEmpty(await session.post(form(encodeText(`4${'x'.repeat(1_000_000)}`)), { ownConnection: true }), 413);
    await session.submit(form('2:4x'));
    assert.deepEqual(unwrap(await session.script()), ['4x']);
  });

  for (const [name, body] of [['a malformed payload', 'd=x'], ['an empty field', 'd=']])
    test(`with ${name} end the session`, async () => {
      const session = await openScripts();
      await assertRefused(session, await session.submit(body));
    });

  for (const [name, body] of [['no field', 'x=1'], ['nothing at all', ''], ['two fields', 'd=1:2&d=1:2']])
    test(`with ${name} end the session`, async () => {
      const session = await openScripts();
      await assertRefused(session, await session.submit(body));
    }, { skip: isNode });
});

describe('polling', () => {
  test('holds a GET until there is something', async () => {
    const session = await open();
    const held = await session.hold();
    await session.send('4late');
    assert.equal((await held.response).text, '5:4late');
  });

  test('ends the session at a second GET', async () => {
    const session = await open();
    const held = await session.hold();
    assertEmpty(await session.get(), 400);
    assert.equal((await held.response).text, '1:1');
    await session.assertGone();
  });

  test('releases the held GET at a close packet', async () => {
    const session = await open();
    const held = await session.hold();
    assert.equal((await session.post('1:1')).text, 'ok');
    assert.equal((await held.response).text, '1:6');
    await session.assertGone();
  });

  test('ignores what follows a close packet', async () => {
    const session = await open();
    assert.equal((await session.post('1:14:4abc')).text, 'ok');
    await session.assertGone();
  });

  test('refuses other methods, the session stays', async () => {
    const session = await open();
    assertEmpty(await get(session.path, { method: 'PUT' }), 500);
    await session.assertAlive();
  });
});

describe('heartbeat', () => {
  test('answers pings', async () => {
    const session = await open();
    await session.send('2');
    assert.equal((await session.get()).text, '1:3');
    /* Without what came with it */
    await session.send('2probe');
    assert.equal((await session.get()).text, '1:3');
  });

  test('lasts as long as the client pings, and sends nothing by itself', () => eventually(async () => {
    const session = await Polling3.open(short.port);
    const start = performance.now();
    while (performance.now() - start < 1200)
      {
        await quiet(100);
        await session.send('2');
        assert.equal((await session.get()).text, '1:3');
      }
    await session.assertAlive();
  }));

  test('ends a session without pings after interval and timeout', () => takes(async () => {
    const session = await Polling3.open(short.port);
    const res = await session.get();
    if (!isNode)
      assert.equal(res.text, '1:1');
    await session.assertGone();
  }, 495, 900));

  test('is not prolonged by other packets', () => takes(async () => {
    const session = await Polling3.open(short.port);
    while ((await session.post('1:6')).status === 200)
      await quiet(20);
    assertUnknownSid(await session.get());
  }, 495, 900));

  test('ends the session at a pong', async () => {
    const session = await open();
    await assertRefused(session, await session.post('1:3'));
  });
});
