// SPDX-License-Identifier: LGPL-2.1-or-later
// The Socket.IO protocol v5, black box, over both transports.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe } from 'node:test';
import { isNode, startConformance, useServer } from './lib/server.mjs';
import { transports } from './lib/peer.mjs';
import { Polling, eventually, quiet, takes, test, within } from './lib/wire.mjs';

const server = useServer(() => startConformance('socket-v5'));
const short = useServer(() => startConformance('socket-v5', { connectTimeout: 1000 }));
const PREFIX = '/socket.io/';
const PLACEHOLDER = (num) => `{"_placeholder":true,"num":${num}}`;

// 4<type>[<count>-][<nsp>,][<id>]<json>
function
parse (packet)
{
  const match = /^4(\d)(?:(\d+)-)?(\/[^,]*,?)?(\d+)?(.*)$/s.exec(packet);
  assert.ok(match, `a Socket.IO packet: ${packet.slice(0, 100)}`);
  const [, type, count, nsp = '/', id, json] = match;
  return {
    type: Number(type),
    attachments: count === undefined ? 0 : Number(count),
    nsp: nsp.replace(/,$/, ''),
    id: id === undefined ? undefined : Number(id),
    data: json === '' ? undefined : JSON.parse(json),
  };
}

for (const [name, session] of Object.entries(transports))
  describe(name, () => {
    const raw = () => session(server.port, PREFIX);

    async function
    connect (nsp = '/', auth = '')
    {
      const peer = await raw();
      await join(peer, nsp, auth);
      return peer;
    }

    async function
    join (peer, nsp = '/', auth = '')
    {
      const start = nsp === '/' ? '' : `${nsp},`;
      peer.send(`40${start}${auth}`);
      const reply = await peer.next();
      assert.ok(reply.startsWith(`40${start}{`), reply);
      const { sid } = parse(reply).data;
      assert.equal(await peer.next(), `42${start}["auth",${auth || '{}'}]`);
      return sid;
    }

    async function
    assertAlive (peer)
    {
      peer.send('421["message-with-ack","alive"]');
      assert.equal(await peer.next(), '431["alive"]');
    }

    async function
    next (peer)
    {
      const packet = parse(await peer.next());
      packet.binaries = [];
      for (let i = 0; i < packet.attachments; i++)
        packet.binaries.push(await peer.next());
      return packet;
    }

    describe('connect', () => {
      test('to the main namespace', async () => {
        const peer = await raw();
        const sid = await join(peer);
        assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
        assert.notEqual(sid, peer.sid);
        await assertAlive(peer);
        await peer.close();
      });

      test('with authentication data', async () => {
        const peer = await connect('/', '{"token":"123","n":{"x":[1,null]}}');
        await peer.close();
      });

      test('to another namespace', async () => {
        const peer = await connect('/custom');
        await peer.close();
      });

      test('to another namespace with authentication data', async () => {
        const peer = await connect('/custom', '{"token":"abc"}');
        await peer.close();
      });

      test('to another namespace without the comma', async () => {
        const peer = await raw();
        peer.send('40/custom');
        assert.match(await peer.next(), /^40\/custom,\{"sid":"[^"]+"\}$/);
        assert.equal(await peer.next(), '42/custom,["auth",{}]');
        await peer.close();
      });

      test('to two namespaces, each with an id of its own', async () => {
        const peer = await raw();
        const one = await join(peer);
        const two = await join(peer, '/custom');
        assert.notEqual(one, two);
        await peer.close();
      });

      for (const nsp of ['/random', '/custom?x=1', '/Custom', '/custom/', '/__proto__', '/ünïcode'])
        test(`to ${nsp} is refused and the connection stays`, async () => {
          const peer = await raw();
          peer.send(`40${nsp},`);
          assert.equal(await peer.next(), `44${nsp},{"message":"Invalid namespace"}`);
          await join(peer);
          await assertAlive(peer);
          await peer.close();
        });

      test('a second time ends the connection', async () => {
        const peer = await connect();
        peer.send('40');
        await peer.closed;
      });

      for (const [what, packet] of [
        ['an event', '42["message","x"]'],
        ['an ack', '431["x"]'],
        ['a disconnect', '41'],
        ['an event for another namespace', '42/custom,["message","x"]'],
      ])
        test(`after ${what} ends the connection`, async () => {
          const peer = await raw();
          peer.send(packet);
          await peer.closed;
        });

      test('later than its timeout allows ends the connection', () => takes(async () => {
        const peer = await session(short.port, PREFIX);
        await peer.closed;
      }, 995, 2000));

      test('only to an unknown namespace does not stop that timeout', () => eventually(async () => {
        const peer = await session(short.port, PREFIX);
        peer.send('40/random');
        await peer.next();
        await peer.closed;
      }));

      test('once is enough for that timeout', () => eventually(async () => {
        const peer = await session(short.port, PREFIX);
        await join(peer);
        peer.send('41');
        await quiet(1300);
        await join(peer);
        await assertAlive(peer);
        await peer.close();
      }));
    });

    describe('disconnect', () => {
      test('leaves the connection open and may be followed by a connect', async () => {
        const peer = await raw();
        const first = await join(peer);
        peer.send('41');
        /* Node takes a connect in the same burst for a second one. */
        if (isNode)
          await quiet(20);
        const second = await join(peer);
        assert.notEqual(first, second);
        await assertAlive(peer);
        await peer.close();
      });

      test('of one namespace leaves the other', async () => {
        const peer = await connect();
        await join(peer, '/custom');
        peer.send('41/custom,');
        await assertAlive(peer);
        await peer.close();
      });

      if (!isNode)
        test('and connect in one burst', async () => {
          const peer = await connect();
          peer.send('41', '40');
          assert.match(await peer.next(), /^40\{"sid":/);
          assert.equal(await peer.next(), '42["auth",{}]');
          await assertAlive(peer);
          await peer.close();
        });

      test('with data ends the connection', async () => {
        const peer = await connect();
        peer.send('41{}');
        await peer.closed;
      });
    });

    describe('events', () => {
      for (const args of [
        '', ',1', ',"2"', ',{"3":[true]}', ',null', ',1,"2",{"3":[true]}', ',[]', ',{}', ',[[[[[]]]]]', ',-1.5e-7', ',1e308', ',false,true',
        ',"\\u0000"', ',"\\"\\\\/\\b\\f\\n\\r\\t"', ',"€ 😀 てすと \u2028\u2029"', ',"\\ud83d\\ude00"', ',9007199254740991', ',{"a":{"b":{"c":"d"}}}',
        ',{"_placeholder":true,"num":0}', ',{"":1}', ',{"__proto__":1}', ',"42[\\"x\\"]"',
      ])
        test(`["message"${args}] come back`, async () => {
          const peer = await connect();
          peer.send(`42["message"${args}]`);
          const packet = await next(peer);
          assert.equal(packet.type, 2);
          assert.deepEqual(packet.data, JSON.parse(`["message-back"${args}]`));
          await assertAlive(peer);
          await peer.close();
        });

      test('with white space between tokens', async () => {
        const peer = await connect();
        peer.send('42[ "message" ,\n{ "a" : [ 1 , 2 ] } ]\r\n');
        assert.deepEqual((await next(peer)).data, ['message-back', { a: [1, 2] }]);
        await peer.close();
      });

      test('with a lone surrogate are survived', async () => {
        const peer = await connect();
        peer.send('42["message","a\\ud800b"]');
        const { data } = await next(peer);
        assert.equal(data[0], 'message-back');
        assert.ok(['a\ud800b', 'a\ufffdb'].includes(data[1]), JSON.stringify(data[1]));
        await assertAlive(peer);
        await peer.close();
      });

      for (const packet of ['42["nobody listens",1]', '42[1,"x"]', '42["error","x"]', '42["connection"]', '439999["x"]', '43["x"]', '43[]'])
        test(`${packet} does no harm`, async () => {
          const peer = await connect();
          peer.send(packet);
          await assertAlive(peer);
          await peer.close();
        });

      test('keep their order', async () => {
        const peer = await connect();
        for (let i = 0; i < 300; i++)
          peer.send(`42["message",${i}]`);
        for (let i = 0; i < 300; i++)
          assert.equal(await peer.next(), `42["message-back",${i}]`);
        await peer.close();
      });

      test('keep their order within one payload', async () => {
        const peer = await connect();
        peer.send(...Array.from({ length: 300 }, (_, i) => `42["message",${i}]`));
        for (let i = 0; i < 300; i++)
          assert.equal(await peer.next(), `42["message-back",${i}]`);
        await peer.close();
      });

      test('may be nearly as big as maxPayload', async () => {
        const peer = await connect();
        const text = 'x'.repeat(999_900);
        peer.send(`42["message","${text}"]`);
        assert.deepEqual((await next(peer)).data, ['message-back', text]);
        await peer.close();
      });
    });

    describe('binary events', () => {
      const bytes = (...list) => Buffer.from(list);

      for (const [what, json, binaries] of [
        ['one attachment', `["message",${PLACEHOLDER(0)}]`, [bytes(1, 2, 3, 4)]],
        ['an empty attachment', `["message",${PLACEHOLDER(0)}]`, [bytes()]],
        ['several', `["message",${PLACEHOLDER(0)},"x",${PLACEHOLDER(1)}]`, [bytes(1), bytes(2, 3)]],
        ['nested ones', `["message",{"a":[{"b":${PLACEHOLDER(0)}}],"c":${PLACEHOLDER(1)}}]`, [bytes(0xff), bytes(0x1e, 0x34)]],
        ['ten', `["message",${Array.from({ length: 10 }, (_, i) => PLACEHOLDER(i))}]`, Array.from({ length: 10 }, (_, i) => bytes(i))],
        ['a big one', `["message",${PLACEHOLDER(0)}]`, [Buffer.alloc(700_000, 0xa5)]],
      ])
        test(`with ${what} come back`, async () => {
          const peer = await connect();
          peer.send(`45${binaries.length}-${json}`, ...binaries);
          const packet = await next(peer);
          assert.equal(packet.type, 5);
          assert.deepEqual(packet.data, JSON.parse(json.replace('"message"', '"message-back"')));
          assert.deepEqual(packet.binaries, binaries);
          await assertAlive(peer);
          await peer.close();
        });

      test('in other order of attachments', async () => {
        const peer = await connect();
        peer.send(`452-["message",${PLACEHOLDER(1)},${PLACEHOLDER(0)}]`, bytes(10), bytes(11));
        const packet = await next(peer);
        const values = packet.data.slice(1).map(({ num }) => packet.binaries[num][0]);
        assert.deepEqual(values, [11, 10]);
        await peer.close();
      });

      test('with one attachment used twice', async () => {
        const peer = await connect();
        peer.send(`451-["message",${PLACEHOLDER(0)},${PLACEHOLDER(0)}]`, bytes(7));
        const packet = await next(peer);
        assert.deepEqual(packet.data.slice(1).map(({ num }) => packet.binaries[num][0]), [7, 7]);
        await assertAlive(peer);
        await peer.close();
      });

      test('with an attachment that nothing names', async () => {
        const peer = await connect();
        peer.send('451-["message","x"]', bytes(7));
        const packet = await next(peer);
        assert.deepEqual(packet.data, ['message-back', 'x']);
        await assertAlive(peer);
        await peer.close();
      });

      test('in pieces, each in a payload of its own', async () => {
        const peer = await connect();
        peer.send(`452-["message",${PLACEHOLDER(0)},${PLACEHOLDER(1)}]`);
        peer.send(bytes(1));
        peer.send('6');
        peer.send(bytes(2));
        const packet = await next(peer);
        assert.deepEqual(packet.binaries, [bytes(1), bytes(2)]);
        await peer.close();
      });
    });

    describe('acks', () => {
      for (const [id, args] of [['0', '[]'], ['1', '[1,"2",{"3":[false]}]'], ['456', '["x"]'], ['9007199254740991', '[null]']])
        test(`with id ${id} and ${args}`, async () => {
          const peer = await connect();
          peer.send(`42${id}["message-with-ack"${args === '[]' ? '' : ','}${args.slice(1)}`);
          assert.equal(await peer.next(), `43${id}${args}`);
          await peer.close();
        });

      test('with attachments', async () => {
        const peer = await connect();
        peer.send(`452-789["message-with-ack",${PLACEHOLDER(0)},${PLACEHOLDER(1)}]`, Buffer.from([1, 2, 3]), Buffer.from([4]));
        assert.equal(await peer.next(), `462-789[${PLACEHOLDER(0)},${PLACEHOLDER(1)}]`);
        assert.deepEqual(await peer.next(), Buffer.from([1, 2, 3]));
        assert.deepEqual(await peer.next(), Buffer.from([4]));
        await peer.close();
      });

      test('nobody asked for are not sent', async () => {
        const peer = await connect();
        peer.send('42["message-with-ack","x"]');
        await assertAlive(peer);
        await peer.close();
      });
    });

    describe('ends the connection at', () => {
      const deep = (n) => '['.repeat(n) + ']'.repeat(n);

      for (const [what, ...packets] of [
        ['an unknown type', '47'],
        ['a type that is no digit', '4abc'],
        ['an object as event', '42{}'],
        ['a text as event', '42"x"'],
        ['an event without a name', '42[]'],
        ['an event named by an object', '42[{}]'],
        ['an event named by null', '42[null]'],
        ['an event named by true', '42[true]'],
        ['JSON that breaks off', '42["message"'],
        ['JSON with something behind it', '42["message"]x'],
        ['two JSON values', '42["message"]["x"]'],
        ['NaN', '42["message",NaN]'],
        ['a number with a zero in front', '42["message",01]'],
        ['a number without a digit behind the point', '42["message",1.]'],
        ['a number with a plus', '42["message",+1]'],
        ['a comma too many', '42["message",]'],
        ['a comma too many in an object', '42["message",{"a":1,}]'],
        ['a text in single quotes', '42["message",\'x\']'],
        ['a tab in a text', '42["message","a\tb"]'],
        ['an unknown escape', '42["message","\\q"]'],
        ['a key without quotes', '42["message",{a:1}]'],
        ['a comment', '42["message"/* x */]'],
        ['1 MB of [', `42${'['.repeat(999_000)}`],
        ['a connect error from the client', '44{"message":"x"}'],
        ['a connect payload that is a text', '40/custom,"x"'],
        ['a connect payload that is an array', '40/custom,[]'],
        ['a connect payload that is null', '40/custom,null'],
        ['an ack that is an object', '431{}'],
        ['the reserved event connect', '42["connect"]'],
        ['the reserved event connect_error', '42["connect_error"]'],
        ['the reserved event disconnect', '42["disconnect"]'],
        ['the reserved event disconnecting', '42["disconnecting"]'],
        ['the reserved event newListener', '42["newListener"]'],
        ['the reserved event removeListener', '42["removeListener"]'],
        ['a binary event without a number', `45["message",${PLACEHOLDER(0)}]`],
        ['a binary event without a number but with a dash', `45-["message",${PLACEHOLDER(0)}]`],
        ['a binary event without attachments', '450-["message"]'],
        ['a negative number of attachments', '45-1-["message"]'],
        ['eleven attachments', `4511-["message",${PLACEHOLDER(0)}]`],
        ['more attachments than a number holds', `4599999999999999999999-["message",${PLACEHOLDER(0)}]`],
        ['a placeholder out of range', `451-["message",${PLACEHOLDER(1)}]`, Buffer.from([1])],
        ['a negative placeholder', `451-["message",${PLACEHOLDER(-1)}]`, Buffer.from([1])],
        ['a placeholder that is a text', '451-["message",{"_placeholder":true,"num":"0"}]', Buffer.from([1])],
        ['an attachment nobody announced', Buffer.from([1, 2, 3])],
        ['a text in place of an attachment', `451-["message",${PLACEHOLDER(0)}]`, '42["message"]'],
        ['a text of another namespace in place of an attachment', `452-["message",${PLACEHOLDER(0)},${PLACEHOLDER(1)}]`, Buffer.from([1]), '40/custom,'],
        ['an event for a namespace it has not joined', '42/custom,["message"]'],
        ['an event for a namespace that is not there', '42/random,["message"]'],
        ['a disconnect from a namespace it has not joined', '41/custom,'],
        ...(isNode ? [] : [
          ['an empty message', '4'],
          ['a byte order mark', '42\ufeff["message"]'],
          ['white space in the id', '42 1["message-with-ack"]'],
          ['65 levels of JSON', `42["message",${deep(65)}]`],
        ]),
      ])
        test(what, async () => {
          const peer = await connect();
          peer.send(...packets);
          await peer.closed;
        });

      test('any of it, and goes on serving others', async () => {
        const good = await connect();
        for (let i = 0; i < 20; i++)
          {
            const bad = await connect();
            bad.send(['42[', '4511-[]', `42${'['.repeat(100_000)}`, '47'][i % 4]);
            await bad.closed;
            await assertAlive(good);
          }
        await good.close();
      });
    });
  });

describe('the close on polling', () => {
  async function
  joined ()
  {
    const polling = await Polling.open(server.port, PREFIX);
    await polling.send('40');
    assert.match(await polling.next(), /^40\{/);
    assert.equal(await polling.next(), '42["auth",{}]');
    return polling;
  }

  test('is 6 and 1 on the next GET', async () => {
    const polling = await joined();
    await polling.post('4abc');
    const res = await polling.get();
    assert.equal(res.status, 200);
    assert.equal(res.text, '6\x1e1');
    await polling.assertGone();
  });

  test('is 1 on the held GET', async () => {
    const polling = await joined();
    const held = await polling.hold();
    await polling.post('4abc');
    assert.equal((await held.response).text, '1');
    await polling.assertGone();
  });

  test('comes after what waits to be sent', async () => {
    const polling = await joined();
    await polling.send('42["message",1]', '42["message",2]');
    await polling.post('4abc');
    const first = await polling.get();
    assert.equal(first.text, '42["message-back",1]\x1e42["message-back",2]');
    const second = await polling.get();
    assert.equal(second.text, '6\x1e1');
    await polling.assertGone();
  });

  test('of a client that does not come back ends by itself', async () => {
    const polling = await joined();
    await polling.post('4abc');
    await within((async () => {
      for (;;)
        {
          /* A POST does not fetch the close. */
          const res = await polling.post('6');
          if (res.status === 400)
            return;
          await quiet(20);
        }
    })(), 'end of the session');
  });
});
