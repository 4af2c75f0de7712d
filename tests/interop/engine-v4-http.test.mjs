// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine.IO v4 over HTTP, black box: request matching, order of checks, handshake, polling rules, CORS.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { Polling, Tcp, assertError, assertUnknownSid, quiet, request, takes, test, within } from './lib/wire.mjs';

const server = useServer(() => startConformance('engine-v4'));
const PREFIX = '/engine.io/';
const HANDSHAKE = `${PREFIX}?EIO=4&transport=polling`;

const get = (path, options) => request(server.port, path, options);
const open = (query) => Polling.open(server.port, PREFIX, query);

function
assertEmpty (res, status)
{
  assert.equal(res.status, status);
  assert.equal(res.text, '');
}

function
assertHandshake (res)
{
  assert.equal(res.status, 200, res.text);
  assert.equal(res.text[0], '0');
  return JSON.parse(res.text.slice(1));
}

describe('handshake', () => {
  test('answers with the open packet, exactly five keys', async () => {
    const res = await get(HANDSHAKE);
    const open = assertHandshake(res);
    assert.deepEqual(Object.keys(open).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.match(open.sid, /^[A-Za-z0-9_-]{16,}$/);
    assert.deepEqual(open.upgrades, ['websocket']);
    assert.equal(open.pingInterval, 300);
    assert.equal(open.pingTimeout, 60_000);
    assert.equal(open.maxPayload, 1_000_000);
  });

  test('sends the headers of a polling response', async () => {
    const res = await get(HANDSHAKE);
    assert.match(res.headers['content-type'], /^text\/plain; charset=utf-8$/i);
    assert.equal(Number(res.headers['content-length']), res.body.length);
    assert.equal(res.headers['cache-control'], 'no-store');
    assert.equal(res.headers['set-cookie'], undefined);
  });

  test('gives every session an id of its own', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => get(HANDSHAKE)));
    assert.equal(new Set(all.map((res) => assertHandshake(res).sid)).size, 20);
  });

  for (const [name, path] of [
    ['anything behind the path', `${PREFIX}foo/bar?EIO=4&transport=polling`],
    ['the last one of duplicate parameters', `${PREFIX}?EIO=3&EIO=4&transport=bogus&transport=polling`],
    ['percent-encoded parameters', `${PREFIX}?EIO=%34&transport=p%6Flling`],
    ['an empty sid', `${HANDSHAKE}&sid=`],
    ['parameters of the application', `${PREFIX}?foo=a+b%20c&EIO=4&transport=polling&t=abc123&x`],
  ])
    test(`takes ${name}`, async () => {
      assertHandshake(await get(path));
    });

  test('leaves a path without the slash to others', async () => {
    assert.equal((await get('/engine.io?EIO=4&transport=polling')).status, 404);
    assert.equal((await get('/other')).status, 404);
  });
});

describe('order of checks', () => {
  for (const [name, path, method, code, message] of [
    ['no transport', `${PREFIX}?EIO=4`, 'GET', 0, 'Transport unknown'],
    ['an unknown transport', `${PREFIX}?EIO=4&transport=abc`, 'GET', 0, 'Transport unknown'],
    ['a transport named as a property', `${PREFIX}?EIO=4&transport=__proto__`, 'GET', 0, 'Transport unknown'],
    ['a transport named as a method', `${PREFIX}?EIO=4&transport=constructor`, 'GET', 0, 'Transport unknown'],
    ['WebTransport over HTTP', `${PREFIX}?EIO=4&transport=webtransport`, 'GET', 0, 'Transport unknown'],
    ['an unknown transport before an unknown sid', `${PREFIX}?EIO=4&transport=abc&sid=none`, 'GET', 0, 'Transport unknown'],
    ['an unknown sid', `${HANDSHAKE}&sid=none`, 'GET', 1, 'Session ID unknown'],
    ['an unknown sid with POST', `${HANDSHAKE}&sid=none`, 'POST', 1, 'Session ID unknown'],
    ['an unknown sid before a wrong method', `${HANDSHAKE}&sid=none`, 'PUT', 1, 'Session ID unknown'],
    ['an sid named as a property', `${HANDSHAKE}&sid=__proto__`, 'GET', 1, 'Session ID unknown'],
    ['a handshake with POST', HANDSHAKE, 'POST', 2, 'Bad handshake method'],
    ['a handshake with PUT', HANDSHAKE, 'PUT', 2, 'Bad handshake method'],
    ['a handshake with DELETE', HANDSHAKE, 'DELETE', 2, 'Bad handshake method'],
    ['a wrong method before a wrong revision', `${PREFIX}?EIO=3&transport=polling`, 'POST', 2, 'Bad handshake method'],
    ['WebSocket without an upgrade', `${PREFIX}?EIO=4&transport=websocket`, 'GET', 3, 'Bad request'],
    ['WebSocket without an upgrade before a wrong revision', `${PREFIX}?EIO=3&transport=websocket`, 'GET', 3, 'Bad request'],
    ['revision 3', `${PREFIX}?EIO=3&transport=polling`, 'GET', 5, 'Unsupported protocol version'],
    ['revision 5', `${PREFIX}?EIO=5&transport=polling`, 'GET', 5, 'Unsupported protocol version'],
    ['a revision that is no number', `${PREFIX}?EIO=abc&transport=polling`, 'GET', 5, 'Unsupported protocol version'],
    ['a revision with a zero in front', `${PREFIX}?EIO=04&transport=polling`, 'GET', 5, 'Unsupported protocol version'],
    ['no revision', `${PREFIX}?transport=polling`, 'GET', 5, 'Unsupported protocol version'],
  ])
    test(`refuses ${name} with code ${code}`, async () => {
      assertError(await get(path, { method }), 400, code, message);
    });

  test('refuses a handshake with HEAD', async () => {
    assertEmpty(await get(HANDSHAKE, { method: 'HEAD' }), 400);
  });

  test('refuses a poll of another transport', async () => {
    const session = await open();
    assertError(await get(`${PREFIX}?EIO=4&transport=websocket&sid=${session.sid}`), 400, 3, 'Bad request');
    await session.assertAlive();
  });

  test('refuses a poll of another revision', async () => {
    const session = await open();
    assertError(await get(`${PREFIX}?EIO=3&transport=polling&sid=${session.sid}`), 400, 3, 'Bad request');
    await session.assertAlive();
  });

  test('refuses an Origin with a control character', async () => {
    const tcp = await Tcp.open(server.port);
    tcp.write(`GET ${HANDSHAKE} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\x01b\r\n\r\n`);
    assert.equal((await tcp.head()).status, 400);
    tcp.destroy();
  });
});

describe('POST', () => {
  test('is answered ok', async () => {
    const session = await open();
    const res = await session.post('4hello');
    assert.equal(res.status, 200);
    assert.equal(res.text, 'ok');
    assert.match(res.headers['content-type'], /^text\/html/);
    assert.equal(res.headers['content-length'], '2');
    assert.equal(res.headers['cache-control'], 'no-store');
    assert.equal(await session.next(), '4hello');
  });

  test('takes several packets', async () => {
    const session = await open();
    await session.send('4one', '4two', '4', 'bAQIDBA==', '4three');
    for (const packet of ['4one', '4two', '4', 'bAQIDBA==', '4three'])
      assert.equal(await session.next(), packet);
  });

  test('takes base64 without padding', async () => {
    const session = await open();
    await session.send('bAQIDBA');
    assert.equal(await session.next(), 'bAQIDBA==');
  });

  test('takes UTF-8', async () => {
    const session = await open();
    await session.assertAlive('€ 😀 てすと Ä\u2028');
  });

  test('takes a chunked body', async () => {
    const session = await open();
    const res = await session.post('4chunked', { chunked: true });
    assert.equal(res.text, 'ok');
    assert.equal(await session.next(), '4chunked');
  });

  for (const type of ['application/x-www-form-urlencoded', 'text/html', 'application/json'])
    test(`does not mind Content-Type ${type}`, async () => {
      const session = await open();
      const res = await session.post('4typed', { headers: { 'Content-Type': type } });
      assert.equal(res.text, 'ok');
      assert.equal(await session.next(), '4typed');
    });

  test('does not need a Content-Type', async () => {
    const session = await open();
    assert.equal((await session.post('4bare', { headers: {} })).text, 'ok');
    assert.equal(await session.next(), '4bare');
  });

  test('of octets ends the session', async () => {
    const session = await open();
    assertEmpty(await session.post('4abc', { headers: { 'Content-Type': 'application/octet-stream' } }), 400);
    await session.assertGone();
  });

  for (const [name, body] of [
    ['an empty body', ''],
    ['an unknown packet', 'abc'],
    ['an unknown digit', '7'],
    ['a separator at the end', '4ok\x1e'],
    ['a separator only', '\x1e'],
    ['a bad packet after good ones', '4ok\x1e4ok\x1ez'],
    ['a ping', '2'],
    ['a probe', '2probe'],
  ])
    test(`with ${name} ends the session`, async () => {
      const session = await open();
      const res = await session.post(body);
      /* Node answers before it looks at the packets. */
      if (isNode)
        assert.equal(res.status, 200);
      else
        assertEmpty(res, 400);
      await session.assertGone();
    });

  for (const packet of ['0', '0{}', '5', '6', '3', '3unasked'])
    test(`ignores the packet ${packet}`, async () => {
      const session = await open();
      await session.send(packet);
      await session.assertAlive();
    });

  test('second one while the first is not complete ends the session', async () => {
    const session = await open();
    const first = await Tcp.open(server.port);
    first.write(`POST ${session.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n4abc`);
    /* Another request, served to its end, shows that the server has read the head of the first. */
    await get(`${HANDSHAKE}&sid=none`, { ownConnection: true });
    assertEmpty(await session.post('4second'), 400);
    await first.ended;
    assert.equal(first.received.length, 0, 'the first POST is not answered');
    first.destroy();
    await session.assertGone();
  });

  test('that breaks off ends the session', async () => {
    const session = await open();
    const held = await session.hold();
    const tcp = await Tcp.open(server.port);
    tcp.write(`POST ${session.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n4abc`);
    await get(`${HANDSHAKE}&sid=none`, { ownConnection: true });
    tcp.destroy();
    assert.equal((await held.response).text, '1');
    await session.assertGone();
  });

  test('of exactly maxPayload is taken', async () => {
    const session = await open();
    const text = 'x'.repeat(999_999);
    await session.send(`4${text}`);
    assert.equal((await session.next()).length, 1_000_000);
  });

  for (const chunked of [false, true])
    test(`above maxPayload is refused and the session stays${chunked ? ' (chunked)' : ''}`, async () => {
      const session = await open();
      assertEmpty(await session.post('4' + 'x'.repeat(1_000_000), { chunked, ownConnection: true }), 413);
      await session.assertAlive();
    });

  test('with a close packet ends the session and releases the held GET', async () => {
    const session = await open();
    const held = await session.hold();
    const res = await session.post('1');
    assert.equal(res.status, 200);
    assert.equal(res.text, 'ok');
    assert.equal((await held.response).text, '6');
    await session.assertGone();
  });

  test('with a close packet ignores what follows it', async () => {
    const session = await open();
    assert.equal((await session.post('1\x1e4late')).text, 'ok');
    await session.assertGone();
  });
});

describe('GET', () => {
  test('is held until there is something', async () => {
    const session = await open();
    const held = await session.hold();
    await session.send('4late');
    const res = await held.response;
    assert.equal(res.text, '4late');
    assert.match(res.headers['content-type'], /^text\/plain; charset=utf-8$/i);
    assert.equal(res.headers['content-length'], '5');
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  test('brings everything that waits, binary as base64', async () => {
    const session = await open();
    await session.send('4a', 'bAQIDBA==', '4€');
    const packets = [];
    while (packets.length < 3)
      packets.push(await session.next());
    assert.deepEqual(packets, ['4a', 'bAQIDBA==', '4€']);
  });

  test('joins packets with a separator', async () => {
    const session = await open();
    const tcp = await Tcp.open(server.port);
    /* No GET is held: the answers of one POST wait together. */
    await session.send('4a', '4b', 'bAAE=');
    tcp.write(`GET ${session.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await tcp.head();
    await tcp.until((data) => data.length >= 11, 'payload');
    assert.equal(tcp.received.toString(), '4a\x1e4b\x1ebAAE=');
    tcp.destroy();
  });

  test('second one while one is held ends the session', async () => {
    const session = await open();
    const held = await session.hold();
    assertEmpty(await session.get(), 400);
    const res = await held.response;
    assert.equal(res.status, 200);
    assert.equal(res.text, '1');
    await session.assertGone();
  });

  test('given up by the client ends the session', async () => {
    const session = await open();
    const held = await session.hold();
    held.abort();
    /* The server sees it when it reads the end of that connection. */
    const gone = async () => {
      for (;;)
        {
          const res = await session.post('6', { ownConnection: true });
          if (res.status === 400)
            return res;
        }
    };
    assertUnknownSid(await within(gone(), 'end of the session', 400));
  });

  for (const method of ['PUT', 'DELETE', 'PATCH'])
    test(`${method} with a known sid is refused, the session stays`, async () => {
      const session = await open();
      assertEmpty(await get(session.path, { method }), 500);
      await session.assertAlive();
    });

  test('HEAD with a known sid is refused, the session stays', async () => {
    const session = await open();
    assertEmpty(await get(session.path, { method: 'HEAD' }), 500);
    await session.assertAlive();
  });

  test('serves several requests on one connection', async () => {
    const tcp = await Tcp.open(server.port);
    const sids = new Set();
    for (let i = 0; i < 3; i++)
      {
        tcp.write(`GET ${HANDSHAKE} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        const { head, status } = await tcp.head();
        assert.equal(status, 200);
        const length = Number(/content-length: (\d+)/i.exec(head)[1]);
        await tcp.until((data) => data.length >= length, 'open packet');
        sids.add(JSON.parse(tcp.received.subarray(1, length).toString()).sid);
        tcp.received = tcp.received.subarray(length);
      }
    assert.equal(sids.size, 3);
    tcp.destroy();
  });
});

describe('heartbeat', () => {
  const short = useServer(() => startConformance('engine-v4', { pingTimeout: 200 }));

  test('pings after the interval', () => takes(async () => {
    const session = await open();
    assert.equal((await session.get()).text, '2');
  }, 295, 480));

  test('starts the interval again at the pong', async () => {
    const session = await open();
    assert.equal((await session.get()).text, '2');
    for (let i = 0; i < 3; i++)
      await takes(async () => {
        await session.send('3');
        assert.equal((await session.get()).text, '2');
      }, 295, 480);
    await session.assertAlive();
  });

  test('ends a silent session after interval and timeout', () => takes(async () => {
    const session = await Polling.open(short.port, PREFIX);
    assert.equal((await session.get()).text, '2');
    const packets = await session.drain();
    assert.deepEqual(packets, isNode ? packets : ['1']);
  }, 495, 900));

  test('data gives a slow link one more timeout, not more', () => takes(async () => {
    const session = await Polling.open(short.port, PREFIX);
    assert.equal((await session.get()).text, '2');
    const pending = session.get();
    while ((await session.post('4still here')).status === 200)
      await quiet(20);
    await pending.catch(() => {});
  }, 495, 1000));
});

describe('CORS', () => {
  const Origin = 'http://elsewhere.example';

  test('answers a preflight', async () => {
    const res = await get(HANDSHAKE, {
      method: 'OPTIONS',
      headers: { Origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'X-One, x-two' },
    });
    assertEmpty(res, 204);
    assert.equal(res.headers['access-control-allow-origin'], '*');
    assert.equal(res.headers['access-control-allow-methods'], 'GET,HEAD,PUT,PATCH,POST,DELETE');
    assert.equal(res.headers['access-control-allow-headers'], 'X-One, x-two');
    assert.match(res.headers.vary, /Access-Control-Request-Headers/);
  });

  test('answers a preflight whatever it asks for', async () => {
    assertEmpty(await get(`${PREFIX}?EIO=4&transport=polling&sid=none`, { method: 'OPTIONS', headers: { Origin } }), 204);
    assertEmpty(await get(PREFIX, { method: 'OPTIONS', headers: { Origin } }), 204);
  });

  test('sends the header on every answer', async () => {
    const session = await open();
    assert.equal(session.response.headers['access-control-allow-origin'], '*');
    const post = await session.post('4x', { headers: { Origin } });
    assert.equal(post.headers['access-control-allow-origin'], '*');
    const poll = await session.get({ headers: { Origin } });
    assert.equal(poll.headers['access-control-allow-origin'], '*');
    const refused = await get(`${HANDSHAKE}&sid=none`, { headers: { Origin } });
    assert.equal(refused.headers['access-control-allow-origin'], '*');
  });
});

describe('bad connections', () => {
  test('a slow request head hinders nobody', async () => {
    const slow = await Tcp.open(server.port);
    const head = `GET ${HANDSHAKE} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    for (const letter of head.slice(0, -1))
      {
        slow.write(letter);
        await new Promise((resolve) => setImmediate(resolve));
      }
    await (await open()).assertAlive();
    assert.equal(slow.received.length, 0);
    slow.write(head.slice(-1));
    assert.equal((await slow.head()).status, 200);
    slow.destroy();
  });

  for (const [name, bytes] of [
    ['nothing', ''],
    ['half a request line', 'GET /engine.io/'],
    ['half a head', `GET ${HANDSHAKE} HTTP/1.1\r\nHost: loc`],
  ])
    test(`that end after ${name} are closed`, async () => {
      const tcp = await Tcp.open(server.port);
      tcp.write(bytes);
      tcp.end();
      await tcp.ended;
      tcp.destroy();
      await (await open()).assertAlive();
    });

  for (const [name, bytes] of [
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['a request line without a version', 'NONSENSE\r\n\r\n'],
    ['a head of 200 KB', `GET ${HANDSHAKE} HTTP/1.1\r\nHost: localhost\r\n${'X-Filler: abcdefghijklmnopqrstuvwxyz\r\n'.repeat(5300)}\r\n`],
  ])
    test(`that send ${name} are refused and closed`, async () => {
      const tcp = await Tcp.open(server.port);
      tcp.write(bytes);
      await tcp.ended;
      assert.doesNotMatch(tcp.received.toString('latin1'), /^HTTP\/1\.[01] 200/);
      tcp.destroy();
      await (await open()).assertAlive();
    });

  test('many that do nothing hinder nobody', async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => Tcp.open(server.port)));
    await (await open()).assertAlive();
    for (const tcp of idle)
      tcp.destroy();
    await (await open()).assertAlive();
  });

  test('a client that does not read its answer hinders nobody', async () => {
    const session = await open();
    const tcp = await Tcp.open(server.port);
    tcp.socket.pause();
    await session.send(`4${'x'.repeat(900_000)}`);
    tcp.write(`GET ${session.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await (await open()).assertAlive();
    tcp.destroy();
    await (await open()).assertAlive();
  });
});
