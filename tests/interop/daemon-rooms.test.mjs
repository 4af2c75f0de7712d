// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms of sio-server: those that follow from a token, and those that clients choose. Who is in which
// is seen from outside: an admin emits to a room, and whoever is in there gets it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { Admin, status, until } from './lib/admin.mjs';
import { load } from './lib/npm.mjs';
import { isNode, startDaemon } from './lib/server.mjs';
import { newSecret, token } from './lib/tokens.mjs';
import { test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');

const dir = mkdtempSync(path.join(tmpdir(), 'sio-rooms-'));
const secret = newSecret();
const secretFile = path.join(dir, 'secret');
const cleanups = [];

writeFileSync(secretFile, secret, { mode: 0o600 });
after(() => rmSync(dir, { recursive: true }));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse())
    await cleanup();
});

const withTokens = ['auth.mode=optional', `auth.secret-file=${secretFile}`, 'server.recovery=true', 'admin.mode=development'];
const claims = {
  ann: { sub: 'ann', role: ['editor', 'admin'], groups: ['dev', 'ops'], tenant: 'acme' },
  bob: { sub: 'bob', role: 'editor', groups: ['dev'], tenant: 'other' },
};
const signed = (who) => token(who, { key: secret });
const patterns = 'namespace /.join=conversation:*;doc:{groups};mail:{tenant}:{user};desk:{role}';

async function
start (...sets)
{
  return startWith([], sets);
}

async function
startWith (args, sets)
{
  const all = [...withTokens, 'admin.enabled=true', 'admin.auth=none', ...sets];
  const server = await startDaemon({ client: false, args: [...args, ...all.flatMap((set) => ['--set', set])] });
  cleanups.push(() => server.stop());
  server.admin = await Admin.login(server);
  cleanups.push(() => server.admin.close());
  return server;
}

// As somebody, or without a token. `got` is what came, [event, ...args].
async function
connected (server, who, options = {})
{
  const auth = who !== undefined ? { token: signed(who) } : undefined;
  const socket = io(server.url, { forceNew: true, reconnection: false, transports: ['websocket'], auth, ...options });
  cleanups.push(() => socket.disconnect());
  socket.got = [];
  /* The offset of recovery comes behind the arguments. */
  socket.onAny((event, what) => socket.got.push([event, what]));
  await within(once(socket, 'connect'), 'connect');
  return socket;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

async function
code (socket, ...args)
{
  const answer = await ask(socket, ...args);
  assert.equal(answer.ok, false, JSON.stringify(answer));
  assert.equal(typeof answer.error, 'string');
  return answer.code;
}

let n_probes = 0;
// Which of these are in a room: everybody gets a second event, after which none of the first comes.
async function
whoIsIn (server, room, sockets)
{
  const probe = `probe-${n_probes++}`;
  const all = Promise.all(sockets.map((socket) => within(once(socket, `${probe}-end`), 'the end of a probe')));
  server.admin.emit('emit', '/', room, probe);
  for (const socket of sockets)
    server.admin.emit('emit', '/', socket.id, `${probe}-end`);
  await all;
  return sockets.map((socket) => socket.got.filter(([event]) => event === probe).length);
}

async function
reload (server, file, text)
{
  const count = () => server.output.match(/The configuration was read again/g)?.length ?? 0;
  const before = count();
  writeFileSync(file, text);
  process.kill(server.pid, 'SIGHUP');
  await until(() => count() > before, () => `no reload:\n${server.output}`);
}

if (!isNode)
  {
    describe('automatic rooms', () => {
      test('all devices of a user are in the rooms of its token', async () => {
        const server = await start();
        const ann = await connected(server, claims.ann);
        const phone = await connected(server, claims.ann);
        const bob = await connected(server, claims.bob);
        const guest = await connected(server);
        const all = [ann, phone, bob, guest];
        for (const [room, expected] of Object.entries({
          'user:ann': [1, 1, 0, 0],
          'user:bob': [0, 0, 1, 0],
          'all-users': [1, 1, 1, 0],
          'group:dev': [1, 1, 1, 0],
          'group:ops': [1, 1, 0, 0],
          'admin-room': [1, 1, 0, 0],
          'tenant:acme': [1, 1, 0, 0],
          'tenant:other': [0, 0, 1, 0],
        }))
          assert.deepEqual(await whoIsIn(server, room, all), expected, room);
        phone.disconnect();
        assert.deepEqual(await whoIsIn(server, 'user:ann', [ann, bob, guest]), [1, 0, 0]);
        assert.equal((await status(server)).autoRooms.joins, 6 + 6 + 4);
      });

      test('auto-rooms says which, for each namespace', async () => {
        const server = await start('namespace /.auto-rooms=user;groups');
        const ann = await connected(server, claims.ann);
        for (const [room, expected] of [['user:ann', 1], ['group:ops', 1], ['all-users', 0], ['admin-room', 0], ['tenant:acme', 0]])
          assert.deepEqual(await whoIsIn(server, room, [ann]), [expected], room);

        const none = await start('namespace /.auto-rooms=none', 'auth.admin-roles=editor');
        const bob = await connected(none, claims.bob);
        assert.deepEqual(await whoIsIn(none, 'user:bob', [bob]), [0]);
      });

      test('auth.admin-roles says who is in admin-room', async () => {
        const server = await start('auth.admin-roles=owner;editor');
        const bob = await connected(server, claims.bob);
        assert.deepEqual(await whoIsIn(server, 'admin-room', [bob]), [1]);
      });

      test('clients can neither join nor leave nor use them', async () => {
        const server = await start('namespace /.default=relay-to-joined-rooms');
        const ann = await connected(server, claims.ann);
        const bob = await connected(server, claims.bob);
        for (const room of ['user:ann', 'all-users', 'group:dev', 'admin-room', 'tenant:acme'])
          for (const event of ['room:join', 'room:leave', 'join', 'leave'])
            assert.equal(await code(bob, event, room), 'ROOM_RESERVED', `${event} ${room}`);
        assert.equal(await code(bob, 'room', 'all-users', 'spam'), 'ROOM_RESERVED');
        assert.deepEqual(await ask(bob, 'spam'), { ok: false, error: 'join a room first' });
        assert.deepEqual(await whoIsIn(server, 'user:ann', [ann, bob]), [1, 0]);
        assert.deepEqual(await whoIsIn(server, 'group:dev', [ann, bob]), [1, 1]);
        assert.deepEqual(ann.got.filter(([event]) => event === 'spam'), []);
        /* Of those that it joined itself everybody hears. */
        await ask(ann, 'join', 'lobby');
        await ask(bob, 'join', 'lobby');
        assert.deepEqual(await ask(bob, 'news', 1), { ok: true });
        await until(() => ann.got.some(([event]) => event === 'news'), 'no news');
      });

      test('they do not count for max-rooms-per-socket', async () => {
        const server = await start('limits.max-rooms-per-socket=1');
        const ann = await connected(server, { ...claims.ann, groups: Array.from({ length: 256 }, (_, i) => `g${i}`) });
        assert.deepEqual(await whoIsIn(server, 'group:g255', [ann]), [1]);
        assert.deepEqual(await ask(ann, 'join', 'a'), { ok: true, room: 'a', members: 1 });
        assert.equal(await code(ann, 'join', 'b'), 'ROOM_TOO_MANY');
        assert.equal((await status(server)).violations, 1);
      });

      test('they follow a renewed token, and so do rooms that it allowed', async () => {
        const server = await start(patterns);
        const ann = await connected(server, claims.ann);
        for (const room of ['doc:dev', 'doc:ops', 'conversation:1', 'mail:acme:ann', 'desk:admin'])
          assert.equal((await ask(ann, 'room:join', room)).ok, true, room);
        server.admin.emit('join', '/', 'vip', ann.id);
        assert.equal((await ask(ann, 'auth:refresh', signed({ ...claims.ann, role: 'editor', groups: ['ops', 'new'] }))).ok, true);
        for (const [room, expected] of Object.entries({
          'user:ann': 1, 'all-users': 1, 'group:ops': 1, 'group:new': 1, 'tenant:acme': 1,
          'doc:ops': 1, 'conversation:1': 1, 'mail:acme:ann': 1, 'vip': 1,
          'group:dev': 0, 'admin-room': 0, 'doc:dev': 0, 'desk:admin': 0,
        }))
          assert.deepEqual(await whoIsIn(server, room, [ann]), [expected], room);
        assert.deepEqual(ann.got.filter(([event]) => event === 'room:revoked').map(([, what]) => what).sort((a, b) => (a.room < b.room ? -1 : 1)),
                         [{ room: 'desk:admin', code: 'ROOM_NOT_ALLOWED' }, { room: 'doc:dev', code: 'ROOM_NOT_ALLOWED' }]);
        assert.deepEqual((await status(server)).autoRooms, { joins: 6 + 1, leaves: 2, revoked: 2 });
      });

      // Loses its connection, comes back, and tells whether it was recovered.
      async function
      cut (socket, whileAway = async () => {})
      {
        const gone = once(socket, 'disconnect');
        socket.io.engine.close();
        await within(gone, 'the end of the connection');
        await whileAway();
        const back = once(socket, 'connect');
        socket.connect();
        await within(back, 'the way back');
        return socket.recovered;
      }

      test('a recovered client is in its rooms again', async () => {
        const server = await start(patterns, 'limits.max-rooms-per-socket=2');
        const ann = await connected(server, claims.ann);
        await ask(ann, 'room:join', 'doc:dev');
        await ask(ann, 'room:join', 'conversation:1');
        assert.equal(await cut(ann), true);
        for (const room of ['user:ann', 'all-users', 'group:dev', 'group:ops', 'admin-room', 'tenant:acme', 'doc:dev', 'conversation:1'])
          assert.deepEqual(await whoIsIn(server, room, [ann]), [1], room);
        assert.equal(await code(ann, 'room:join', 'conversation:2'), 'ROOM_TOO_MANY');
      });

      test('a client that comes back with another token begins anew', async () => {
        const server = await start(patterns);
        const ann = await connected(server, claims.ann);
        await ask(ann, 'room:join', 'doc:dev');
        await ask(ann, 'room:join', 'doc:ops');
        ann.auth = { token: signed({ ...claims.ann, role: 'editor', groups: ['ops'] }) };
        assert.equal(await cut(ann), false);
        for (const [room, expected] of [['group:dev', 0], ['doc:dev', 0], ['admin-room', 0], ['group:ops', 1], ['doc:ops', 0], ['user:ann', 1]])
          assert.deepEqual(await whoIsIn(server, room, [ann]), [expected], room);
      });

      test('what was configured while a client was away holds for it', async () => {
        const file = path.join(dir, 'away.conf');
        writeFileSync(file, '[namespace /]\njoin=doc:*;conversation:*\n');
        const server = await startWith(['--config', file], []);
        const bob = await connected(server, claims.bob);
        for (const room of ['doc:dev', 'doc:ops', 'conversation:1'])
          assert.equal((await ask(bob, 'join', room)).ok, true, room);
        assert.equal(await cut(bob, () => reload(server, file, '[namespace /]\njoin=doc:{groups}\nauto-rooms=user\n')), true);
        for (const [room, expected] of [['doc:dev', 1], ['doc:ops', 0], ['conversation:1', 1], ['user:bob', 1], ['all-users', 0], ['group:dev', 0]])
          assert.deepEqual(await whoIsIn(server, room, [bob]), [expected], room);
      });

      test('nobody is in the room of the id of a client that was away', async () => {
        const server = await start();
        const ann = await connected(server, claims.ann);
        const bob = await connected(server, claims.bob);
        const { id } = ann;
        const whileAway = () => until(async () => (await ask(bob, 'join', id)).ok, 'never away');
        assert.equal(await cut(ann, whileAway), true);
        assert.equal(ann.id, id);
        assert.deepEqual(await whoIsIn(server, id, [ann, bob]), [1, 0]);
        assert.equal(await code(bob, 'join', id), 'ROOM_RESERVED');
      });

      test('a reload changes who is in which', async () => {
        const file = path.join(dir, 'reload.conf');
        writeFileSync(file, '[namespace /]\njoin=doc:*;conversation:*\nauto-rooms=none\n');
        const server = await startWith(['--config', file], []);
        const ann = await connected(server, claims.ann);
        const bob = await connected(server, claims.bob);
        for (const socket of [ann, bob])
          for (const room of ['doc:ops', 'conversation:1'])
            assert.equal((await ask(socket, 'join', room)).ok, true, room);
        await reload(server, file, '[namespace /]\njoin=doc:{groups};chat:*\nauto-rooms=user\n');
        await until(() => bob.got.some(([event]) => event === 'room:revoked'), 'not revoked');
        assert.deepEqual(await whoIsIn(server, 'doc:ops', [ann, bob]), [1, 0]);
        /* No pattern tells of it any more, so who is in there stays. */
        assert.deepEqual(await whoIsIn(server, 'conversation:1', [ann, bob]), [1, 1]);
        assert.deepEqual(await whoIsIn(server, 'user:bob', [ann, bob]), [0, 1]);
        assert.equal(await code(ann, 'join', 'conversation:2'), 'ROOM_NOT_ALLOWED');
        assert.deepEqual(await ask(ann, 'join', 'chat:1'), { ok: true, room: 'chat:1', members: 1 });
        await reload(server, file, '[namespace /]\njoin=doc:{groups};chat:*\nauto-rooms=all-users\n');
        assert.deepEqual(await whoIsIn(server, 'all-users', [ann, bob]), [1, 1]);
        assert.deepEqual(await whoIsIn(server, 'user:bob', [ann, bob]), [0, 0]);
      });
    });

    describe('rooms that clients choose', () => {
      test('patterns with the identity', async () => {
        const server = await start(patterns);
        const ann = await connected(server, claims.ann);
        const bob = await connected(server, claims.bob);
        const guest = await connected(server);
        for (const [room, ...allowed] of [
          ['conversation:42', true, true, true],
          ['doc:dev', true, true, false],
          ['doc:ops', true, false, false],
          ['mail:acme:ann', true, false, false],
          ['mail:other:bob', false, true, false],
          ['desk:editor', true, true, false],
          ['desk:admin', true, false, false],
          ['conversation:42:notes', false, false, false],
          ['lobby', false, false, false],
        ])
          for (const [i, socket] of [ann, bob, guest].entries())
            {
              const answer = await ask(socket, 'room:join', room);
              assert.equal(answer.ok, allowed[i], `${room} ${i}`);
              if (!allowed[i])
                assert.deepEqual(answer, { ok: false, code: 'ROOM_NOT_ALLOWED', error: `you may not join "${room}"` });
            }
        assert.deepEqual(await whoIsIn(server, 'doc:dev', [ann, bob, guest]), [1, 1, 0]);
        assert.deepEqual(await whoIsIn(server, 'lobby', [ann, bob, guest]), [0, 0, 0]);
      });

      test('all names of the events, and all forms of the argument', async () => {
        const server = await start();
        const [a, b] = [await connected(server), await connected(server)];
        assert.deepEqual(await ask(a, 'room:join', 'r'), { ok: true, room: 'r', members: 1 });
        assert.deepEqual(await ask(b, 'join', { room: 'r' }), { ok: true, room: 'r', members: 2 });
        assert.deepEqual(await ask(b, 'join', { roomId: 'r' }), { ok: true, room: 'r', members: 2 });
        assert.deepEqual(await ask(a, 'room:leave', { roomId: 'r' }), { ok: true, room: 'r', members: 1 });
        assert.deepEqual(await ask(b, 'leave', 'r'), { ok: true, room: 'r', members: 0 });
        const room = 'conversation:7';
        for (const id of ['7', 7, { conversationId: '7' }, { conversationId: 7 }, 'conversation:7'])
          {
            assert.deepEqual(await ask(a, 'join_conversation', id), { ok: true, room, members: 1 });
            assert.deepEqual(await ask(b, 'room:join', room), { ok: true, room, members: 2 });
            assert.deepEqual(await ask(a, 'leave_conversation', id), { ok: true, room, members: 1 });
            assert.deepEqual(await ask(b, 'room:leave', room), { ok: true, room, members: 0 });
          }
        /* An answer is not needed. */
        a.emit('join', 'quiet');
        assert.deepEqual(await ask(b, 'join', 'quiet'), { ok: true, room: 'quiet', members: 2 });
        assert.deepEqual(await ask(b, 'leave', b.id), { ok: true, room: b.id, members: 1 });
        assert.deepEqual(await whoIsIn(server, b.id, [a, b]), [0, 1]);
        /* One for each event that changed something. */
        const { joins, leaves } = (await status(server)).rooms;
        assert.deepEqual([joins, leaves], [2 + 10 + 2, 2 + 10]);
      });

      test('each refusal: answer, counter and record', async () => {
        const server = await start(patterns, 'limits.max-rooms-per-socket=1', 'limits.max-room-name-length=30');
        const ann = await connected(server, claims.ann);
        await ask(ann, 'join', 'conversation:1');
        const name = { ok: false, code: 'ROOM_BAD_NAME', error: 'expected the name of a room, a text of 1 to 30 bytes without control characters, as the first argument' };
        const reasons = {};
        for (const [reason, args, answer] of [
          ['wrong-form', ['join', 'conversation_1'], { ok: false, code: 'ROOM_WRONG_FORM', error: 'rooms of this kind are called "conversation:1", not "conversation_1"', hint: 'conversation:1' }],
          ['wrong-form', ['join', 'user_1'], { ok: false, code: 'ROOM_WRONG_FORM', error: 'rooms of this kind are called "user:1", not "user_1"', hint: 'user:1' }],
          ['reserved', ['join', 'user:bob'], { ok: false, code: 'ROOM_RESERVED', error: '"user:bob" is of those rooms that only the server puts clients into' }],
          ['not-allowed', ['join', 'lobby'], { ok: false, code: 'ROOM_NOT_ALLOWED', error: 'you may not join "lobby"' }],
          ['too-many', ['join', 'conversation:2'], { ok: false, code: 'ROOM_TOO_MANY', error: 'you are in 1 rooms already; leave one first' }],
          ['not-in', ['leave', 'conversation:2'], { ok: false, code: 'ROOM_NOT_IN', error: 'not in room "conversation:2"' }],
          ['not-in', ['room', 'conversation:2', 'said'], { ok: false, code: 'ROOM_NOT_IN', error: 'not in room "conversation:2"' }],
          ['bad-name', ['join', 'conversation:1\u0007'], name],
          ['bad-name', ['join', 'conversation:'.padEnd(31, 'x')], name],
          ['bad-name', ['join'], name],
          ['bad-name', ['join', ''], name],
          ['bad-name', ['join', 7], name],
          ['bad-name', ['join', ['r']], name],
          ['bad-name', ['join', { name: 'r' }], name],
          ['bad-name', ['join', { room: null }], name],
          ['bad-name', ['join', 'a\u0000b'], name],
          ['bad-name', ['join_conversation', ''], name],
          ['bad-name', ['join_conversation', { room: '1' }], name],
          ['bad-name', ['join_conversation', 1.5], name],
          ['bad-name', ['join', Buffer.from('r')], name],
        ])
          {
            reasons[reason] = (reasons[reason] ?? 0) + 1;
            assert.deepEqual(await ask(ann, ...args), answer, JSON.stringify(args));
          }
        assert.deepEqual((await status(server)).rooms.refused, reasons);
        for (const line of ['Event join of ann is refused: room "conversation_1", wrong-form', 'room "user:bob", reserved', 'room "lobby", not-allowed',
                            'a socket is in too many rooms to join another', 'Event leave of ann is refused: room "conversation:2", not-in', 'room "conversation:1?", bad-name'])
          await until(() => server.output.includes(line), () => `no "${line}" in\n${server.output}`);
        // One record for each refusal.
        assert.doesNotMatch(server.output, /too-many/);
      });

      test('floods of refusals are counted, not written', async () => {
        const server = await start(patterns);
        const guest = await connected(server);
        for (let i = 0; i < 5000; i++)
          guest.emit('join', `flood-${i}`);
        assert.equal(await code(guest, 'join', 'last'), 'ROOM_NOT_ALLOWED');
        assert.equal((await status(server)).rooms.refused['not-allowed'], 5001);
        assert.ok(server.output.match(/flood-/g).length <= 40, server.output.slice(-2000));
        assert.deepEqual(await ask(guest, 'join', 'conversation:1'), { ok: true, room: 'conversation:1', members: 1 });
      });

      test('a room of an id belongs to one client', async () => {
        const server = await start();
        const [a, b] = [await connected(server), await connected(server)];
        for (const socket of [a, b])
          assert.deepEqual(await ask(socket, 'join', a.id), { ok: false, code: 'ROOM_RESERVED', error: 'this room belongs to a single client' });
      });

      test('room-scheme=false takes names as they are', async () => {
        const server = await start('namespace /.room-scheme=false');
        assert.deepEqual(await ask(await connected(server), 'join', 'user_1'), { ok: true, room: 'user_1', members: 1 });
      });

      test('an empty join= allows none, and rooms=false knows no such event', async () => {
        const server = await start('namespace /.join=', 'namespace /off.rooms=false', 'namespace /off.default=reject');
        assert.equal(await code(await connected(server), 'join', 'r'), 'ROOM_NOT_ALLOWED');
        const off = io(`${server.url}/off`, { forceNew: true, reconnection: false, transports: ['websocket'] });
        cleanups.push(() => off.disconnect());
        for (const event of ['join', 'room:join', 'join_conversation', 'leave', 'room:leave', 'leave_conversation', 'room'])
          assert.deepEqual(await ask(off, event, 'r'), { ok: false, error: `unknown event "${event}"` });
      });

      test('announce-members tells who comes and goes', async () => {
        const server = await start('namespace /.announce-members=true');
        const ann = await connected(server, claims.ann);
        await ask(ann, 'join', 'r');
        const bob = await connected(server, claims.bob);
        const guest = await connected(server);
        await ask(bob, 'join', 'r');
        await ask(guest, 'join', 'r');
        await ask(bob, 'leave', 'r');
        server.admin.emit('join', '/', 'r', bob.id);
        const guestId = guest.id;
        await until(() => ann.got.length === 4, () => JSON.stringify(ann.got));
        guest.disconnect();
        await until(() => ann.got.length === 5, () => JSON.stringify(ann.got));
        assert.deepEqual(ann.got, [
          ['room:joined', { room: 'r', id: bob.id, user: 'bob', members: 2 }],
          ['room:joined', { room: 'r', id: guestId, members: 3 }],
          ['room:left', { room: 'r', id: bob.id, user: 'bob', members: 2 }],
          ['room:joined', { room: 'r', id: bob.id, user: 'bob', members: 3 }],
          ['room:left', { room: 'r', id: guestId, members: 2 }],
        ]);
        /* Nobody is told about himself, nor of automatic rooms. */
        assert.deepEqual(bob.got.filter(([, what]) => what.id === bob.id || what.room !== 'r'), []);
        const silent = await start();
        const first = await connected(silent);
        await ask(first, 'join', 'r');
        await ask(await connected(silent), 'join', 'r');
        await whoIsIn(silent, 'r', [first]);
        assert.deepEqual(first.got.filter(([event]) => event.startsWith('room:')), []);
      });
    });
  }
