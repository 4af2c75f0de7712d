// SPDX-License-Identifier: LGPL-2.1-or-later
// Event rules of sio-server: every key of [event NAME] and [track NAME], every refusal with its
// reaction, counter and record, the shipped rule sets, and reloading, with official clients.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { load, npmDir } from './lib/npm.mjs';
import { commandFor, isNode, startDaemon } from './lib/server.mjs';
import { eventually, request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const here = path.dirname(fileURLToPath(import.meta.url));
const rulesDir = path.resolve(here, '..', '..', 'data', 'rules');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-rules-'));
const secret = 'a secret of at least thirty-two bytes';
const secretFile = path.join(dir, 'secret');
writeFileSync(secretFile, secret, { mode: 0o600 });
// Where the address sanitiser is in use, freed memory comes back soon.
process.env.ASAN_OPTIONS ??= 'quarantine_size_mb=1';
let n = 0;
const servers = [];
const clients = [];

after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const client of clients.splice(0))
    client.disconnect();
  for (const server of servers.splice(0))
    await server.stop();
});

// With this text as its configuration, which may change before a reload.
async function
start (text, { auth = false, args = [] } = {})
{
  const file = path.join(dir, `${n++}.conf`);
  const all = () => `[namespace /other]\n${auth ? `[auth]\nmode=optional\nsecret-file=${secretFile}\n` : ''}${text}`;
  writeFileSync(file, all());
  const server = await startDaemon({ client: false, args: ['--config', file, '--set', `server.rules-dir=${rulesDir}`, ...args] });
  server.rewrite = async (next) => {
    text = next;
    writeFileSync(file, all());
    const count = () => server.output.match(/The configuration (was read again|stays as it was)/g)?.length ?? 0;
    const before = count();
    process.kill(server.pid, 'SIGHUP');
    await until(() => count() > before, () => `no reload:\n${server.output}`);
  };
  servers.push(server);
  return server;
}

const base64url = (data) => Buffer.from(data).toString('base64url');

function
token (claims)
{
  const text = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 600, ...claims }))}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function
connect (server, { user, ns = '', rooms = [], ...claims } = {})
{
  const auth = user === undefined ? {} : { token: token({ sub: user, ...claims }) };
  const socket = io(`${server.url}${ns}`, { forceNew: true, reconnection: false, transports: ['websocket'], auth });
  socket.log = [];
  socket.onAny((...event) => socket.log.push(event));
  clients.push(socket);
  await within(once(socket, 'connect'), 'connect');
  for (const room of rooms)
    assert.equal((await ask(socket, 'join', room)).ok, true);
  return socket;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);
// Everything that was sent before has arrived after this: it comes in order.
const settle = (...sockets) => Promise.all(sockets.map((socket) => ask(socket, 'latency')));
const names = (socket) => socket.log.map(([name]) => name);
const next = async (socket, name) => (await within(once(socket, name), name))[0];

async function
until (condition, what)
{
  for (const end = performance.now() + 60_000; performance.now() < end;)
    {
      if (await condition())
        return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  assert.fail(typeof what === 'function' ? what() : what);
}

// GET /status is kept for a second.
async function
counted (server, ask_, expected)
{
  let last;
  await until(async () => {
    last = JSON.parse((await request(server.port, '/status', { ownConnection: true })).text).eventRules;
    return ask_(last) === expected;
  }, () => `expected ${expected}, got ${JSON.stringify(last)}`);
}

const recorded = (server, pattern) => until(() => pattern.test(server.output), () => `no record ${pattern}:\n${server.output}`);

const check = (text) => within(new Promise((resolve) => {
  const [program, ...first] = commandFor('sio-server');
  const file = path.join(dir, `${n++}.conf`);
  writeFileSync(file, text);
  execFile(program, [...first, '--config', file, '--set', `server.rules-dir=${rulesDir}`, '--check-config'], { timeout: 60_000 }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : error.code, problems: stderr.replaceAll(`sio-server: ${file}`, '').trim().split('\n').filter((line) => line !== '') });
  });
}), 'end of the program');

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

if (!isNode)
  {
    describe('to and emit', () => {
      test('a room named by an argument; others do not get it', async () => {
        const server = await start('[event say]\nemit=said;also\nto=chat:{0.id}\n');
        const [a, b, c] = [await connect(server), await connect(server, { rooms: ['chat:7'] }), await connect(server, { rooms: ['chat:8'] })];
        await a.emit('join', 'chat:7');
        assert.deepEqual(await ask(a, 'say', { id: 7, text: 'x' }), { ok: true });
        await settle(a, b, c);
        assert.deepEqual(b.log, [['said', { id: 7, text: 'x' }], ['also', { id: 7, text: 'x' }]]);
        assert.deepEqual([a.log, c.log], [[], []]);
      });

      test('include-sender, {all}, {sender}, {rooms}, {socket}, second arguments, several rooms once', async () => {
        const server = await start(`[event in]\nto=a;b\ninclude-sender=true\n[event all]\nto={all}\n
          [event echo]\nto={sender}\n[event both]\nto={sender};a\n[event mine]\nto={rooms}\n
          [event self]\nto={socket}\ninclude-sender=true\n[event second]\nto=x:{1.0.k}\n[event quiet]\n`);
        const a = await connect(server, { rooms: ['a', 'b'] });
        const b = await connect(server, { rooms: ['a', 'b'] });
        const c = await connect(server, { rooms: ['x:y'] });
        for (const name of ['in', 'all', 'echo', 'both', 'mine', 'self', 'quiet'])
          assert.deepEqual(await ask(a, name, 1), { ok: true });
        assert.deepEqual(await ask(a, 'second', 1, [{ k: 'y' }]), { ok: true });
        await settle(a, b, c);
        assert.deepEqual(names(a), ['in', 'echo', 'both', 'self']);
        assert.deepEqual(names(b), ['in', 'all', 'both', 'mine']);
        assert.deepEqual(c.log, [['all', 1], ['second', 1, [{ k: 'y' }]]]);
      });

      test('patterns: an exact name first, then the longest beginning; {*}; ** for names with colons', async () => {
        const server = await start(`[event chat:*]\nemit=out:{*}\nto={sender}\n[event chat:pri*]\nemit=private\nto={sender}\n
          [event chat:exact]\nemit=exact\nto={sender}\n[event **]\nemit=rest\nto={sender}\nadd=event\n`);
        const a = await connect(server);
        for (const name of ['chat:exact', 'chat:private', 'chat:text', 'chat:a:b', 'chat:', 'other'])
          await ask(a, name);
        assert.deepEqual(names(a), ['exact', 'private', 'out:text', 'rest', 'rest', 'rest']);
        assert.deepEqual(a.log[3][1], { event: 'chat:a:b' });
      });

      test('what a pattern matched never becomes a name of the protocol', async () => {
        const server = await start('[event x:*]\nemit={*}\nto={sender}\n');
        const a = await connect(server);
        const answer = await ask(a, 'x:disconnect');
        assert.deepEqual([answer.ok, answer.code], [false, 'BAD_ARGUMENT']);
        assert.deepEqual(await ask(a, 'x:fine'), { ok: true });
        assert.deepEqual(names(a), ['fine']);
      });

      test('binary data goes along, and members beside it', async () => {
        const server = await start('[event file]\nto={sender}\nadd=socketId\n');
        const a = await connect(server);
        assert.deepEqual(await ask(a, 'file', { data: Buffer.from('abc') }), { ok: true });
        assert.equal(a.log[0][1].data.toString(), 'abc');
        assert.equal(a.log[0][1].socketId, a.id);
        assert.equal((await ask(a, 'file', Buffer.from('abc'))).code, 'BAD_ARGUMENT');
      });

      test('NAME#LABEL sends to others; an argument with ? may be missing', async () => {
        const server = await start('[event like]\nemit=liked\nto=m:{0.id}\n[event like#owner]\nemit=news\nto=user:{0.owner?}\nadd=type:event\n', { auth: true });
        const a = await connect(server);
        const room = await connect(server, { rooms: ['m:1'] });
        const owner = await connect(server, { user: 'ann' });
        await ask(a, 'like', { id: 1, owner: 'ann', type: 'forged' });
        await ask(a, 'like', { id: 1 });
        await ask(a, 'like', { id: 1, owner: null });
        await settle(room, owner);
        assert.deepEqual(room.log.length, 3);
        assert.deepEqual(owner.log, [['news', { id: 1, owner: 'ann', type: 'like' }]]);
      });

      test('namespaces', async () => {
        const server = await start('[event a]\nto={sender}\nnamespaces=/other\n[event b]\nto={sender}\n');
        const main = await connect(server);
        const other = await connect(server, { ns: '/other' });
        main.emit('a');
        await ask(main, 'b');
        await ask(other, 'a');
        await ask(other, 'b');
        assert.deepEqual([names(main), names(other)], [['b'], ['a', 'b']]);
      });

      test('pass-on: checks before what the server does itself', async () => {
        const server = await start('[event join]\nack=none\npass-on=true\nrate=1/h\n[event **]\nack=none\npass-on=true\n');
        const a = await connect(server);
        assert.equal((await ask(a, 'join', 'r')).ok, true);
        assert.equal((await ask(a, 'join', 'q')).code, 'RATE_LIMITED');
        assert.deepEqual(await ask(a, 'latency'), { ok: true });
      });

      test('without a rule the namespace decides', async () => {
        const server = await start('[namespace /]\ndefault=reject\n[event a]\n[event off]\nenabled=false\n');
        const a = await connect(server);
        assert.equal((await ask(a, 'a')).ok, true);
        assert.equal((await ask(a, 'b')).ok, false);
        assert.equal((await ask(a, 'off')).ok, false);
      });
    });

    describe('ack and add', () => {
      test('ack=none, ok, count, id', async () => {
        const server = await start('[event none]\nack=none\n[event ok]\n[event count]\nack=count\nto=a;b\n[event count-all]\nack=count\nto={all}\n[event count-in]\nack=count\nto=a\ninclude-sender=yes\n[event id]\nack=id\nadd=id\nto={sender}\n');
        const a = await connect(server, { rooms: ['a'] });
        await connect(server, { rooms: ['a', 'b'] });
        await connect(server, { rooms: ['b'] });
        let answered = false;
        a.emit('none', () => { answered = true; });
        assert.deepEqual(await ask(a, 'ok'), { ok: true });
        assert.deepEqual(await ask(a, 'count'), { ok: true, count: 2 });
        assert.deepEqual(await ask(a, 'count-all'), { ok: true, count: 2 });
        assert.deepEqual(await ask(a, 'count-in'), { ok: true, count: 2 });
        const first = await ask(a, 'id', {});
        const second = await ask(a, 'id', {});
        assert.match(first.id, uuid);
        assert.notEqual(first.id, second.id);
        assert.deepEqual(a.log.slice(-2).map(([, { id }]) => id), [first.id, second.id]);
        assert.equal(answered, false);
      });

      test('every field; what clients say of themselves does not count', async () => {
        const server = await start('[event e]\nto={sender}\nadd=timestamp;timestampMs;id;userId;socketId;role;tenant;event;sender:userId\n', { auth: true });
        const a = await connect(server, { user: 'ann', role: 'editor', tenant: 't1' });
        const before = Date.now();
        await ask(a, 'e', JSON.parse('{"userId":"root","\\u0075serId":"root","timestamp":0,"text":"x","socketId":{"a":[1]},"userId":"again"}'), 'more');
        const [, given, more] = a.log[0];
        assert.equal(more, 'more');
        assert.match(given.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.equal(Date.parse(given.timestamp), given.timestampMs);
        assert.ok(given.timestampMs >= before && given.timestampMs <= Date.now());
        assert.match(given.id, uuid);
        const { timestamp, timestampMs, id, ...rest } = given;
        assert.deepEqual(rest, { text: 'x', userId: 'ann', socketId: a.id, role: 'editor', tenant: 't1', event: 'e', sender: 'ann' });
        await ask(a, 'e');
        assert.equal(a.log[1][1].userId, 'ann');
        const nobody = await connect(server);
        await ask(nobody, 'e', {});
        assert.deepEqual([nobody.log[0][1].userId, nobody.log[0][1].role, nobody.log[0][1].tenant], [null, null, null]);
      });
    });

    describe('refusals: reaction, counter, record', () => {
      // Once with an acknowledgement, once without.
      async function
      refusal (server, socket, event, args, { code, error, reason, record, before = 0 })
      {
        const answer = await ask(socket, event, ...args);
        assert.deepEqual([answer.ok, answer.code], [false, code], JSON.stringify(answer));
        assert.match(answer.error, error);
        const told = next(socket, 'system:error');
        socket.emit(event, ...args);
        const message = await told;
        assert.deepEqual([message.event, message.code], [event, code]);
        assert.match(message.error, error);
        await counted(server, ({ refused }) => refused[reason], 2);
        await counted(server, ({ refusedByEvent }) => refusedByEvent[event], before + 2);
        await recorded(server, record);
        return { answer, message };
      }

      test('over rate, of each socket', async () => {
        const server = await start('[event say]\nrate=2/min\nto={all}\n');
        const a = await connect(server);
        const b = await connect(server);
        for (const socket of [a, b])
          for (let i = 0; i < 2; i++)
            assert.equal((await ask(socket, 'say', i)).ok, true);
        const { answer, message } = await refusal(server, a, 'say', [3], { code: 'RATE_LIMITED', error: /too many/, reason: 'rate', record: /Refused "say": more often/ });
        assert.ok(answer.retryAfterMs > 20_000 && answer.retryAfterMs <= 30_000, answer.retryAfterMs);
        assert.ok(message.retryAfterMs > 20_000);
        await settle(b);
        assert.equal(b.log.length, 2);
        await counted(server, ({ done }) => done.say, 4);
      });

      test('over rate, of each user with all devices; rate-per=socket', async () => {
        const server = await start('[event u]\nrate=2/h\n[event s]\nrate=2/h\nrate-per=socket\n', { auth: true });
        const one = await connect(server, { user: 'ann' });
        const two = await connect(server, { user: 'ann' });
        const bob = await connect(server, { user: 'bob' });
        for (const name of ['u', 's'])
          for (const socket of [one, two])
            assert.equal((await ask(socket, name)).ok, true);
        assert.equal((await ask(one, 'u')).code, 'RATE_LIMITED');
        assert.equal((await ask(one, 's')).ok, true);
        assert.equal((await ask(bob, 'u')).ok, true);
        await counted(server, ({ ratedUsers }) => ratedUsers, 2);
        // Another connection changes nothing.
        one.disconnect();
        assert.equal((await ask(await connect(server, { user: 'ann' }), 'u')).code, 'RATE_LIMITED');
      });

      test('users of different tenants have a rate each', async () => {
        const server = await start('[event say]\nrate=1/h\nto={sender}\n', { auth: true });
        const one = await connect(server, { user: 'ann', tenant: 'acme' });
        const two = await connect(server, { user: 'ann', tenant: 'umbrella' });
        const again = await connect(server, { user: 'ann', tenant: 'acme' });
        assert.deepEqual(await ask(one, 'say'), { ok: true });
        assert.deepEqual(await ask(two, 'say'), { ok: true });
        assert.equal((await ask(again, 'say')).code, 'RATE_LIMITED');
        await counted(server, ({ refused }) => refused.rate, 1);
      });

      test('a share comes back with time', () => eventually(async () => {
        const server = await start('[event say]\nrate=5/s\n');
        const a = await connect(server);
        const answers = await Promise.all(Array.from({ length: 8 }, () => ask(a, 'say')));
        const late = answers.find(({ ok }) => !ok);
        assert.ok(answers.slice(0, 5).every(({ ok }) => ok) && late.retryAfterMs <= 200, JSON.stringify(answers));
        await new Promise((resolve) => setTimeout(resolve, late.retryAfterMs));
        assert.equal((await ask(a, 'say')).ok, true);
      }));

      test('too long, in characters', async () => {
        const server = await start('[event say]\nmax-length=content:5;1:2\n');
        const a = await connect(server);
        assert.equal((await ask(a, 'say', { content: 'äöü€😀' }, 'xy')).ok, true);
        assert.equal((await ask(a, 'say', {})).ok, true);
        await refusal(server, a, 'say', [{ content: 'äöü€😀x' }], { code: 'TOO_LONG', error: /^0\.content: expected at most 5 characters, got 6$/, reason: 'too-long', record: /Refused "say": too-long/ });
        for (const args of [[{}, 'xyz'], [{ content: ['x'] }], [{ content: 5 }], [{ content: null }]])
          assert.equal((await ask(a, 'say', ...args)).code, 'TOO_LONG');
      });

      test('not what the schema says', async () => {
        mkdirSync(path.join(dir, 'schema'), { recursive: true });
        writeFileSync(path.join(dir, 'schema', 'one.json'), '{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"required":["n"],"additionalProperties":false}');
        writeFileSync(path.join(dir, 'schema', 'two.json'), '{"enum":["a","b"]}');
        const server = await start('[event say]\nschema=schema/one.json;schema/two.json\nto={all}\n');
        const [a, b] = [await connect(server), await connect(server)];
        assert.deepEqual(await ask(a, 'say', { n: 1 }, 'a'), { ok: true });
        await refusal(server, a, 'say', [{ n: 0 }, 'a'], { code: 'INVALID_DATA', error: /^0\.n: expected at least 1$/, reason: 'schema', record: /Refused "say": schema/ });
        for (const [args, error] of [
          [[], /expected 2 arguments, got 0/],
          [[{ n: 1 }, 'a', 1], /expected 2 arguments, got 3/],
          [[{ n: 1.5 }, 'a'], /0\.n: expected integer, got number/],
          [[{}, 'a'], /0: expected a member "n"/],
          [[{ n: 1, 'm€': 2 }, 'a'], /0\.m€: expected no member/],
          [[{ n: 1 }, 'c'], /1: expected one of the 2 values/],
        ])
          {
            const answer = await ask(a, 'say', ...args);
            assert.equal(answer.code, 'INVALID_DATA');
            assert.match(answer.error, error);
          }
        await settle(b);
        assert.equal(b.log.length, 1);
      });

      test('nobody is authenticated, missing role, missing group', async () => {
        const server = await start('[event a]\nrequire=auth\n[event r]\nrequire=role:editor;role:admin\n[event g]\nrequire=group:staff\n[event u]\nto=user:{user}\n', { auth: true });
        const nobody = await connect(server);
        const ann = await connect(server, { user: 'ann', role: 'editor', groups: ['x', 'staff'] });
        const bob = await connect(server, { user: 'bob', role: 'reader', groups: ['x'] });
        for (const name of ['a', 'r', 'g', 'u'])
          {
            assert.equal((await ask(ann, name)).ok, true);
            assert.equal((await ask(nobody, name)).code, 'NOT_AUTHENTICATED');
          }
        assert.equal((await ask(bob, 'a')).ok, true);
        await refusal(server, bob, 'r', [], { code: 'ROLE_REQUIRED', error: /role/, reason: 'role', before: 1, record: /Refused "r": role/ });
        await refusal(server, bob, 'g', [], { code: 'GROUP_REQUIRED', error: /groups/, reason: 'group', before: 1, record: /Refused "g": group/ });
        await counted(server, ({ refused }) => refused['not-authenticated'], 4);
        await recorded(server, /Refused "a": not-authenticated/);
      });

      test('not in the room', async () => {
        const server = await start('[event say]\nto={0}\nrequire=room\n[event other]\nto=open\nrequire=room:club:{0}\n[event mine]\nto={rooms}\n');
        const a = await connect(server, { rooms: ['here', 'club:1'] });
        const b = await connect(server, { rooms: ['here', 'there', 'open'] });
        assert.equal((await ask(a, 'say', 'here')).ok, true);
        await refusal(server, a, 'say', ['there'], { code: 'NOT_IN_ROOM', error: /not in room "there"/, reason: 'not-in-room', record: /Refused "say": not-in-room/ });
        // The id of another socket is a room, too.
        assert.equal((await ask(a, 'say', b.id)).code, 'NOT_IN_ROOM');
        assert.equal((await ask(a, 'other', 1)).ok, true);
        assert.equal((await ask(a, 'other', 2)).code, 'NOT_IN_ROOM');
        assert.equal((await ask(await connect(server), 'mine')).code, 'NOT_IN_ROOM');
        await settle(b);
        assert.deepEqual(b.log, [['say', 'here'], ['other', 1]]);
      });

      test('arguments that are missing or no part of a name', async () => {
        const server = await start('[event say]\nto=chat:{0.id}\n[event two]\nto=a:{0}:b\nto=a:{0}:b\n'.replace('to=a:{0}:b\nto=', 'to='));
        const a = await connect(server);
        await refusal(server, a, 'say', [{}], { code: 'BAD_ARGUMENT', error: /^argument 0\.id is missing$/, reason: 'argument', record: /Refused "say": argument/ });
        for (const id of ['', 'a:b', 'a\nb', 'a\u0000b', 'x'.repeat(129), 1.5, 1e300, true, null, [1], { a: 1 }])
          assert.equal((await ask(a, 'say', { id })).code, 'BAD_ARGUMENT', JSON.stringify(id));
        for (const id of ['a', 'ä b', 'x'.repeat(128), 0, -7, 9007199254740991])
          assert.equal((await ask(a, 'say', { id })).ok, true, JSON.stringify(id));
        for (const args of [[], [7], ['x'], [null], [[{ id: 1 }]]])
          assert.equal((await ask(a, 'say', ...args)).code, 'BAD_ARGUMENT', JSON.stringify(args));
      });

      test('an event that is refused does nothing at all, and takes nothing from the rate', async () => {
        const server = await start('[event say]\nto={all}\nrate=1/h\n[event say#more]\nto=x:{0.more}\n');
        const [a, b] = [await connect(server), await connect(server)];
        assert.equal((await ask(a, 'say', {})).code, 'BAD_ARGUMENT');
        assert.equal((await ask(a, 'say', { more: 1 })).ok, true);
        await settle(b);
        assert.deepEqual(b.log, [['say', { more: 1 }]]);
      });

      test('a flood of refused events: memory stays, others are served', async (t) => {
        const total = Number(process.env.SIO_RULES_FLOOD ?? 20_000);
        const server = await start('[event say]\nmax-length=0:1\nrate=5/s\nto={all}\n');
        const [a, b] = [await connect(server), await connect(server)];
        const text = 'x'.repeat(1000);
        // In parts, so that none of them waits here for the network.
        const flood = async () => {
          for (let i = 0; i < total / 2; i += 1000)
            {
              for (let j = 0; j < 1000; j++)
                a.emit('say', text);
              await settle(a);
            }
        };
        await flood();
        const before = server.rss;
        const start_ = performance.now();
        let over = false;
        let slowest = 0;
        const flooding = flood().finally(() => { over = true; });
        while (!over)
          {
            const begin = performance.now();
            await settle(b);
            slowest = Math.max(slowest, performance.now() - begin);
          }
        await flooding;
        const seconds = (performance.now() - start_) / 1000;
        t.diagnostic(`${total} refused events: ${before} KB, then ${server.rss} KB; a good client waited ${slowest.toFixed(1)} ms at most`);
        assert.ok(slowest < 30_000, `${slowest} ms`);
        assert.ok(server.sanitised || server.rss - before < 8192, `${before} KB, then ${server.rss} KB`);
        await counted(server, ({ refused }) => refused['too-long'], total);
        // Ten records in ten seconds, of each half.
        assert.ok(server.output.match(/Refused "say"/g).length <= 21 + 2 * seconds);
      });
    });

    describe('shadow', () => {
      test('counts only', async () => {
        writeFileSync(path.join(dir, 'never.json'), '{"type":"boolean"}');
        const server = await start('[event say]\nto={all}\nrate=1/h\nmax-length=0:1\nschema=never.json\nrequire=auth;role:x;room:y\nshadow=rate;schema;max-length;require\n', { auth: true });
        const [a, b] = [await connect(server), await connect(server)];
        for (let i = 0; i < 3; i++)
          assert.deepEqual(await ask(a, 'say', 'long'), { ok: true });
        await settle(b);
        assert.equal(b.log.length, 3);
        for (const [reason, times] of [['schema', 3], ['too-long', 3], ['rate', 2], ['not-authenticated', 3], ['not-in-room', 3]])
          await counted(server, ({ wouldRefuse }) => wouldRefuse[reason], times);
        await counted(server, ({ refused }) => Object.values(refused).reduce((sum, count) => sum + count), 0);
        await counted(server, ({ done }) => done.say, 3);
        await recorded(server, /Would have refused "say": more often/);
        await recorded(server, /Would have refused "say": schema/);
        assert.ok(!names(a).includes('system:error'));
      });

      test('one check refuses, the other counts', async () => {
        const server = await start('[event say]\nrate=1/h\nmax-length=0:1\nshadow=rate\n');
        const a = await connect(server);
        for (let i = 0; i < 3; i++)
          assert.equal((await ask(a, 'say', 'x')).ok, true);
        assert.equal((await ask(a, 'say', 'xy')).code, 'TOO_LONG');
      });
    });

    describe('track', () => {
      const typing = '[track typing]\nemit=typing:update\ntimeout=TIMEOUT\ninterval=0s\nmax-listed=2\nmax-rooms=2\n[event start]\nto=r:{0}\ntrack=typing:add\n[event stop]\nto=r:{0}\ntrack=typing:remove\n';
      const updates = (socket) => socket.log.filter(([name]) => name === 'typing:update').map(([, { room, users, count }]) => `${room} ${users.join('+')} ${count}`);

      test('a list of users, told when it changes, to all in the room', async () => {
        const server = await start(typing.replace('TIMEOUT', '0s'), { auth: true });
        const ann = await connect(server, { user: 'ann', rooms: ['r:1'] });
        const bob = await connect(server, { user: 'bob', rooms: ['r:1'] });
        for (const [socket, ...event] of [[ann, 'start', 1], [ann, 'start', 1], [bob, 'start', 1], [ann, 'stop', 1], [ann, 'stop', 1]])
          assert.deepEqual(await ask(socket, ...event), { ok: true });
        await settle(ann, bob);
        for (const socket of [ann, bob])
          assert.deepEqual(updates(socket), ['r:1 ann 1', 'r:1 ann+bob 2', 'r:1 bob 1']);
        assert.deepEqual(names(bob).filter((name) => name !== 'typing:update'), []);
        await counted(server, ({ trackedUsers }) => trackedUsers.typing, 1);
      });

      test('a user with two devices is one; a lost connection and a room that is left take them off', async () => {
        const server = await start(typing.replace('TIMEOUT', '0s'), { auth: true });
        const watcher = await connect(server, { rooms: ['r:1'] });
        const one = await connect(server, { user: 'ann', rooms: ['r:1'] });
        const two = await connect(server, { user: 'ann', rooms: ['r:1'] });
        const bob = await connect(server, { user: 'bob', rooms: ['r:1'] });
        for (const socket of [one, two, bob])
          await ask(socket, 'start', 1);
        one.disconnect();
        await ask(two, 'leave', 'r:1');
        await until(() => updates(watcher).length === 3, () => JSON.stringify(watcher.log));
        bob.io.engine.close();
        await until(() => updates(watcher).length === 4, () => JSON.stringify(watcher.log));
        assert.deepEqual(updates(watcher), ['r:1 ann 1', 'r:1 ann+bob 2', 'r:1 bob 1', 'r:1  0']);
        // The second device was told who is there.
        assert.equal(updates(two)[0], 'r:1 ann 1');
        await counted(server, ({ trackedUsers }) => trackedUsers.typing, 0);
      });

      test('time runs out, and saying it again gives more', () => eventually(async () => {
        const server = await start(typing.replace('TIMEOUT', '300ms'));
        const a = await connect(server, { rooms: ['r:1'] });
        const b = await connect(server);
        await ask(b, 'start', 1);
        for (const end = performance.now() + 600; performance.now() < end;)
          await ask(a, 'start', 1);
        await until(() => updates(a).length === 4, () => JSON.stringify(a.log));
        assert.deepEqual(updates(a), [`r:1 ${b.id} 1`, `r:1 ${b.id}+${a.id} 2`, `r:1 ${a.id} 1`, 'r:1  0']);
      }));

      test('many changes in an interval are told together, the last state at its end', async () => {
        const text = typing.replace('TIMEOUT', '0s').replace('interval=0s', 'interval=INTERVAL').replace('max-rooms=2', 'max-rooms=9');
        const server = await start(text.replace('INTERVAL', '1min'), { auth: true });
        const watcher = await connect(server, { rooms: ['r:1'] });
        const ann = await connect(server, { user: 'ann' });
        const bob = await connect(server, { user: 'bob' });
        for (let i = 0; i < 20; i++)
          for (const event of ['start', 'stop'])
            assert.deepEqual(await ask(ann, event, 1), { ok: true });
        await ask(bob, 'start', 1);
        // Another room has its own interval.
        await ask(ann, 'start', 2);
        await settle(watcher);
        assert.deepEqual(updates(watcher), ['r:1 ann 1']);
        await server.rewrite(text.replace('INTERVAL', '100ms'));
        await counted(server, ({ trackedUsers }) => trackedUsers.typing, 2);

        const quick = await start(text.replace('INTERVAL', '100ms'), { auth: true });
        const other = await connect(quick, { rooms: ['r:1'] });
        const users = await Promise.all(Array.from({ length: 10 }, (_, i) => connect(quick, { user: `u${i}` })));
        const begin = performance.now();
        for (let i = 0; i < 20; i++)
          await Promise.all(users.map((user) => ask(user, i % 2 === 0 ? 'start' : 'stop', 1)));
        await ask(users[7], 'start', 1);
        await until(() => updates(other).at(-1) === 'r:1 u7 1', () => JSON.stringify(updates(other)));
        assert.ok(updates(other).length <= 2 + (performance.now() - begin) / 100, `${updates(other).length} updates`);
        // An empty room is told of, too, and begins anew.
        await ask(users[7], 'stop', 1);
        await until(() => updates(other).at(-1) === 'r:1  0', () => JSON.stringify(updates(other)));
        await ask(users[1], 'start', 1);
        await until(() => updates(other).at(-1) === 'r:1 u1 1', () => JSON.stringify(updates(other)));
      });

      test('each list has its own time, whichever began first', async () => {
        const server = await start('[track slow]\ntimeout=1h\n[track quick]\ntimeout=200ms\n[event slow]\nto=r:1\ntrack=slow:add\n[event quick]\nto=r:1\ntrack=quick:add\n');
        const a = await connect(server, { rooms: ['r:1'] });
        await ask(a, 'slow');
        await ask(a, 'quick');
        await until(() => a.log.some(([name, { count }]) => name === 'quick:update' && count === 0), () => JSON.stringify(a.log));
      });

      test('max-listed, max-rooms', async () => {
        const server = await start(typing.replace('TIMEOUT', '0s'));
        const sockets = [await connect(server, { rooms: ['r:1'] }), await connect(server), await connect(server)];
        for (const socket of sockets)
          await ask(socket, 'start', 1);
        await settle(sockets[0]);
        assert.equal(updates(sockets[0]).at(-1), `r:1 ${sockets[0].id}+${sockets[1].id} 3`);
        assert.equal((await ask(sockets[0], 'start', 2)).ok, true);
        assert.equal((await ask(sockets[0], 'start', 3)).code, 'LIMIT_REACHED');
        await ask(sockets[0], 'stop', 1);
        assert.equal((await ask(sockets[0], 'start', 3)).ok, true);
        await counted(server, ({ refused }) => refused.limit, 1);
        await recorded(server, /Refused "start": limit/);
      });

      test('a reload keeps the lists; one that goes takes its users along', async () => {
        const text = typing.replace('TIMEOUT', '0s');
        const server = await start(text);
        const a = await connect(server, { rooms: ['r:1'] });
        await ask(a, 'start', 1);
        await server.rewrite(`${text}[event more]\n`);
        const b = await connect(server);
        await ask(b, 'start', 1);
        await settle(a);
        assert.equal(updates(a).at(-1), `r:1 ${a.id}+${b.id} 2`);
        await server.rewrite('[event more]\n');
        assert.equal((await ask(a, 'more')).ok, true);
        a.disconnect();
        await settle(b);
      });
    });

    describe('reload', () => {
      test('adds, changes and removes rules; counters and rates stay', async () => {
        const server = await start('[namespace /]\ndefault=reject\n[event a]\nrate=2/h\nto={sender}\n');
        const a = await connect(server);
        assert.equal((await ask(a, 'a')).ok, true);
        assert.equal((await ask(a, 'b')).ok, false);
        await server.rewrite('[namespace /]\ndefault=reject\n[event a]\nrate=2/h\nemit=c\nto={sender}\n[event b]\n');
        assert.equal((await ask(a, 'a')).ok, true);
        assert.equal((await ask(a, 'b')).ok, true);
        assert.equal((await ask(a, 'a')).code, 'RATE_LIMITED');
        assert.deepEqual(names(a), ['a', 'c']);
        await counted(server, ({ done }) => done.a, 2);
        await server.rewrite('[namespace /]\ndefault=reject\n[event b]\n');
        assert.equal((await ask(a, 'a')).ok, false);
        assert.equal((await ask(a, 'b')).ok, true);
      });

      test('rules that are wrong change nothing', async () => {
        const server = await start('[event a]\nto={sender}\n');
        const a = await connect(server);
        await server.rewrite('[event a]\nto={nobody}\n');
        await server.rewrite('[event a]\nschema=missing.json\n');
        assert.match(server.output, /missing\.json/);
        assert.equal((await ask(a, 'a', 1)).ok, true);
        assert.deepEqual(a.log, [['a', 1]]);
      });
    });

    describe('configuration', () => {
      test('what is wrong is told with its line', async () => {
        const { code, problems } = await check(`[event a]
to={0}
emit=x{*}
store=db
[event b]
webhook=https://example.org
rate=10/day
shadow=all
[event c]
ack=maybe
max-length=content
add=password
require=rool:x
[event connect]
[event d]
to={0
emit=disconnect
track=typing
`);
        assert.equal(code, 2);
        assert.deepEqual(problems, [
          ':4: event a.store: expected nothing: this key is reserved for a later version, got "db"',
          ':6: event b.webhook: expected nothing: this key is reserved for a later version, got "https://example.org"',
          ':7: event b.rate: expected a rate such as 5/s, 10/min or 100/h, from 1 to 1000000, got "10/day"',
          ':8: event b.shadow: expected rate, schema, max-length or require, got "all"',
          ':10: event c.ack: expected one of none, ok, count, id, got "maybe"',
          ':11: event c.max-length: expected a member or an argument and a number of characters, such as content:5000, got "content"',
          ':12: event c.add: expected timestamp, timestampMs, id, userId, socketId, role, tenant or event, or another name for one of them, such as sender:userId, got "password"',
          ':13: event c.require: expected auth, role:NAME, group:NAME, room, or room:NAME, got "rool:x"',
          ':14: expected [event NAME], a name of 1 to 100 bytes that the protocol does not use itself, with one * or ** at most and without " \\ { }, maybe with #label, got [event connect]',
          ':16: event d.to: expected pairs of braces, such as {user}, got "{0"',
          ':17: event d.emit: expected a name that the protocol does not use itself, got "disconnect"',
          ':18: event d.track: expected NAME:add or NAME:remove, with the name of a [track NAME], got "typing"',
        ]);
      });

      test('what does not fit together is told, too', async () => {
        writeFileSync(path.join(dir, 'bad.json'), '{"type":"object","properties":{"a":{"format":"email"}}}');
        const { code, problems } = await check(`[event a]
to={0}
emit=x{*}
[event b]
schema=bad.json
pass-on=true
[event c]
track=typing:add
namespaces=/nowhere
[event d#more]
to=x
[event a#more]
rate=1/s
`);
        assert.equal(code, 2);
        assert.deepEqual(problems.map((line) => line.replaceAll(dir, 'DIR')), [
          ':2: event a.to: {0} lets clients choose any room; begin it with a scheme, such as chat:{0}, or add require=room or a role',
          ':3: event a.emit: x{*} needs a * in the name of the event',
          ':5: event b.schema: DIR/bad.json: #/properties/a/format: this keyword would check nothing here; sio-server.conf(5) lists those that do',
          ':6: event b.pass-on: expected ack=none beside it: what comes next answers',
          ':8: event c.track: there is no [track typing]',
          ':8: event c.track: expected a key "to" that says in which rooms',
          ':9: event c.namespaces: there is no [namespace /nowhere]',
          ':11: event d#more.to: there is no [event d]',
          ':13: event a#more.rate: belongs in [event a]: here are emit, to, include-sender, add and enabled',
        ]);
      });

      test('rule sets: by name, by path; own keys count more; nothing but rules in them', async () => {
        writeFileSync(path.join(dir, 'own.rules'), '[event own]\nto={sender}\nemit=mine\n');
        writeFileSync(path.join(dir, 'evil.rules'), '[server]\npath=/x\n[event own]\n');
        const server = await start(`[server]\nrules=typing;${dir}/own.rules\n[event own]\nemit=changed\n`);
        const a = await connect(server);
        assert.equal((await ask(a, 'own')).ok, true);
        assert.deepEqual(names(a), ['changed']);
        const { problems } = await check(`[server]\nrules=nothing;${dir}/evil.rules\n`);
        assert.equal(problems.length, 3);
        assert.match(problems[0], /^:2: server\.rules: there is no rule set nothing \(.*\/nothing\.conf\)$/);
        assert.match(problems[1], /evil\.rules:1: a rule set has \[event NAME\] and \[track NAME\] only, got \[server\]$/);
      });
    });

    describe('shipped rule sets', () => {
      const user = (server, name, rooms = [], claims = {}) => connect(server, { user: name, rooms, ...claims });

      test('chat: messages', async () => {
        const server = await start('[server]\nrules=chat\n', { auth: true });
        const ann = await user(server, 'ann', ['conversation:7']);
        const bob = await user(server, 'bob', ['conversation:7']);
        const eve = await user(server, 'eve');
        const answer = await ask(ann, 'message:send', { conversationId: 7, content: 'hello', userId: 'bob' });
        assert.equal(answer.ok, true);
        await settle(bob);
        const { timestamp, ...message } = bob.log[0][1];
        assert.deepEqual([bob.log[0][0], message], ['message:receive', { conversationId: 7, content: 'hello', id: answer.id, userId: 'ann', socketId: ann.id }]);
        assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
        for (const [name, args] of [
          ['message:edit', { messageId: 1, content: 'x' }], ['message:delete', { messageId: 1 }], ['message:read', { messageId: 1 }],
        ])
          assert.deepEqual(await ask(ann, name, { conversationId: 7, ...args }), { ok: true });
        await settle(bob);
        assert.deepEqual(names(bob), ['message:receive', 'message:edited', 'message:deleted', 'message:read']);
        assert.equal((await ask(eve, 'message:send', { conversationId: 7, content: 'x' })).code, 'NOT_IN_ROOM');
        for (const bad of [{ content: 'x' }, { conversationId: 7 }, { conversationId: 7, content: '' }, { conversationId: [7], content: 'x' }])
          assert.equal((await ask(bob, 'message:send', bad)).code, 'INVALID_DATA');
        assert.equal((await ask(bob, 'message:send', { conversationId: 7, content: 'x'.repeat(5000) })).ok, true);
        assert.equal((await ask(bob, 'message:send', { conversationId: 7, content: 'x'.repeat(5001) })).code, 'TOO_LONG');
        assert.deepEqual(eve.log, []);
      });

      test('the example of the guide, with its client', async () => {
        const examples = path.resolve(here, '..', '..', 'docs', 'examples');
        const server = await startDaemon({ client: false, args: ['--config', path.join(examples, 'rules.conf'), '--set', `server.rules-dir=${rulesDir}`] });
        servers.push(server);
        const ann = await connect(server, { rooms: ['conversation:7'] });
        const code = readFileSync(path.join(examples, 'rules-client.mjs'), 'utf8');
        const program = path.join(dir, 'client.mjs');
        symlinkSync(path.join(npmDir, 'node_modules'), path.join(dir, 'node_modules'));
        writeFileSync(program, code);
        const { stdout } = await within(promisify(execFile)(process.execPath, [program, server.url]), 'end of the client');
        assert.equal(stdout, 'sent\n');
        await until(() => names(ann).includes('message:receive'), 'no message');
        for (let i = 0; i < 12; i++)
          assert.equal((await ask(ann, 'message:send', { conversationId: 7, content: 'x' })).ok, true);
      });

      test('chat: 10 messages a minute, 5 typing events a second', async () => {
        const server = await start('[server]\nrules=chat\n', { auth: true });
        const ann = await user(server, 'ann', ['conversation:7']);
        const send = () => ask(ann, 'message:send', { conversationId: 7, content: 'x' });
        for (let i = 0; i < 10; i++)
          assert.equal((await send()).ok, true);
        assert.equal((await send()).code, 'RATE_LIMITED');
        const answers = await Promise.all(Array.from({ length: 6 }, () => ask(ann, 'typing:start', { conversationId: 7 })));
        assert.deepEqual(answers.map(({ ok }) => ok), [true, true, true, true, true, false]);
      });

      test('chat: typing:start and typing:stop become typing:update', async () => {
        const server = await start('[server]\nrules=chat\n[track typing]\ninterval=0s\n', { auth: true });
        const ann = await user(server, 'ann', ['conversation:7']);
        const bob = await user(server, 'bob', ['conversation:7']);
        await ask(ann, 'typing:start', { conversationId: 7 });
        await ask(ann, 'typing:stop', { conversationId: 7 });
        await settle(bob);
        assert.deepEqual(bob.log, [
          ['typing:update', { room: 'conversation:7', users: ['ann'], count: 1 }],
          ['typing:update', { room: 'conversation:7', users: [], count: 0 }],
        ]);
      });

      test('typing and presence', async () => {
        const server = await start('[server]\nrules=typing;presence\n[track typing]\ninterval=0s\n[track presence]\ninterval=0s\n', { auth: true });
        const ann = await user(server, 'ann', ['doc:7']);
        const bob = await user(server, 'bob', ['doc:7']);
        for (const [socket, name] of [[ann, 'presence:enter'], [bob, 'presence:enter'], [bob, 'typing:start'], [bob, 'typing:stop'], [ann, 'presence:leave']])
          assert.deepEqual(await ask(socket, name, { room: 'doc:7' }), { ok: true });
        assert.equal((await ask(ann, 'presence:enter', { room: 'doc:8' })).code, 'NOT_IN_ROOM');
        bob.disconnect();
        const gone = () => ann.log.some(([name, { users }]) => name === 'presence:update' && users.length === 0);
        await until(gone, () => JSON.stringify(ann.log));
        await ask(ann, 'presence:enter', { room: 'doc:7' });
        await settle(ann);
        assert.deepEqual(ann.log.map(([name, { users }]) => `${name} ${users}`), [
          'presence:update ann', 'presence:update ann,bob', 'typing:update bob', 'typing:update ', 'presence:update bob', 'presence:update ', 'presence:update ann',
        ]);
      });

      test('social-feed', async () => {
        const server = await start('[server]\nrules=social-feed\n', { auth: true });
        const ann = await user(server, 'ann', [], { groups: ['g'] });
        const owner = await user(server, 'owner');
        const room = await user(server, 'carl', ['memory:m1', 'event:e1'], { groups: ['g'] });
        const strip = ({ timestamp, id, ...rest }) => rest;
        for (const [name, args] of [
          ['memory:like', { memoryId: 'm1', ownerId: 'owner' }], ['memory:like', { memoryId: 'm1' }], ['memory:unlike', { memoryId: 'm1' }],
          ['memory:comment', { memoryId: 'm1', ownerId: 'owner', content: 'nice' }],
          ['event:rsvp', { eventId: 'e1', status: 'yes' }], ['group:memberJoined', { groupId: 'g' }], ['group:memberLeft', { groupId: 'g' }],
        ])
          assert.equal((await ask(ann, name, args)).ok, true, name);
        await settle(owner, room);
        assert.deepEqual(room.log.map(([name, data]) => [name, strip(data)]), [
          ['memory:liked', { memoryId: 'm1', ownerId: 'owner', userId: 'ann' }],
          ['memory:liked', { memoryId: 'm1', userId: 'ann' }],
          ['memory:unliked', { memoryId: 'm1', userId: 'ann' }],
          ['memory:commented', { memoryId: 'm1', ownerId: 'owner', content: 'nice', userId: 'ann' }],
          ['event:rsvp_updated', { eventId: 'e1', status: 'yes', userId: 'ann' }],
          ['group:member_joined', { groupId: 'g', userId: 'ann' }],
          ['group:member_left', { groupId: 'g', userId: 'ann' }],
        ]);
        assert.deepEqual(owner.log.map(([name, data]) => [name, strip(data)]), [
          ['notification:new', { memoryId: 'm1', ownerId: 'owner', userId: 'ann', type: 'memory:like' }],
          ['notification:new', { memoryId: 'm1', ownerId: 'owner', content: 'nice', userId: 'ann', type: 'memory:comment' }],
        ]);
        assert.equal((await ask(await connect(server), 'memory:like', { memoryId: 'm1' })).code, 'NOT_AUTHENTICATED');
        assert.equal((await ask(ann, 'event:rsvp', { eventId: 'e1', status: 'perhaps' })).code, 'INVALID_DATA');
      });
    });
  }
