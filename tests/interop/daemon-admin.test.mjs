// SPDX-License-Identifier: LGPL-2.1-or-later
// The namespace of the Admin UI: what it tells is what @socket.io/admin-ui on Node tells; who may
// log in, what admins may do, and what they cost.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { Admin, HASH, PASSWORD, startAdminDaemon, startNode, status, until, untilStatus } from './lib/admin.mjs';
import { clientDir, load } from './lib/npm.mjs';
import { commandFor, isNode } from './lib/server.mjs';
import { newSecret, token } from './lib/tokens.mjs';
import { RawWs, eventually, quiet, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-admin-'));
const servers = [];
const peers = [];

after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const peer of peers.splice(0))
    peer.disconnect();
  for (const server of servers.splice(0))
    await server.stop();
});

async function
start (sets = ['admin.mode=development'], lines)
{
  const server = await startAdminDaemon(dir, sets, lines);
  servers.push(server);
  return server;
}

async function
login (...args)
{
  const admin = await Admin.login(...args);
  peers.push(admin.socket);
  return admin;
}

// What a login is answered with.
async function
refusal (server, auth, options)
{
  const admin = new Admin(server, auth, options);
  try
    {
      await within(admin.connected, 'an answer');
    }
  catch (error)
    {
      return error.message;
    }
  finally
    {
      admin.close();
    }
  assert.fail(`${JSON.stringify(auth)} was let in`);
}

async function
client (server, nsp = '', options = {})
{
  const socket = io(`${server.url}${nsp}`, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
  peers.push(socket);
  await within(new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  }), 'connect');
  return socket;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

async function
reload (server)
{
  const count = () => server.output.match(/The configuration (was read again|stays as it was)/g)?.length ?? 0;
  const before = count();
  process.kill(server.pid, 'SIGHUP');
  await until(() => count() > before, () => `no reload:\n${server.output}`);
}

const logged = (server, pattern) => until(() => pattern.test(server.output), () => `no ${pattern} in\n${server.output}`);

// ---- the same as on Node ----------------------------------------------------

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DATE_TEXT = /^\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 \(Coordinated Universal Time\)$/;

// Clients do the same on both servers; the admin learns of it. Returns what it was told, with names
// in place of ids.
async function
play (server)
{
  const admin = await login(server);
  await admin.heard('all_sockets');
  const names = new Map();
  const told = (event, matches) => admin.heard(event, matches);

  const a = io(`${server.url}`, { forceNew: true, reconnection: false, transports: ['polling', 'websocket'], extraHeaders: { 'x-name': 'first' }, query: { who: 'ä b' } });
  peers.push(a);
  await within(new Promise((resolve) => { a.once('connect', resolve); }), 'connect');
  names.set(a.id, 'A').set(a.io.engine.id.slice(0, 12), 'client of A');
  await told('socket_updated', ({ id }) => id === a.id);
  const b = await client(server, '/chat');
  names.set(b.id, 'B').set(b.io.engine.id.slice(0, 12), 'client of B');
  /* On the connection of B. */
  const d = b.io.socket('/');
  peers.push(d);
  await within(new Promise((resolve) => { d.once('connect', resolve); }), 'connect');
  names.set(d.id, 'D');
  const c = await client(server);
  names.set(c.id, 'C').set(c.io.engine.id.slice(0, 12), 'client of C');
  await told('socket_connected', ({ id }) => id === c.id);

  /* Clients forget theirs at the end. */
  const [idA, idB, idC] = [a.id, b.id, c.id];

  /* What they do. */
  await ask(a, 'join', 'lobby');
  await ask(c, 'join', 'lobby');
  const got = within(new Promise((resolve) => { c.once('news', (...args) => resolve(args)); }), 'news');
  a.emit('room', 'lobby', 'news', 1.5, { deep: [null, 'ß'] }, Buffer.from('abc'), [Buffer.from('d')]);
  await got;
  b.emit('unknown');
  await told('event_received', (nsp, id) => id === b.id);
  await ask(c, 'leave', 'lobby');

  /* What the admin does. */
  admin.emit('join', '/', 'vip', a.id);
  await told('room_joined', (nsp, room) => room === 'vip');
  admin.emit('join', '/', 'all');
  await told('room_joined', (nsp, room, id) => room === 'all' && id === c.id);
  const seen = [];
  for (const [name, socket] of [['A', a], ['B', b], ['C', c]])
    socket.onAny((...args) => seen.push([name, ...args]));
  admin.emit('emit', '/', 'vip', 'to vip', 1, { two: 2 }, Buffer.from('three'));
  admin.emit('emit', '/', null, 'to all');
  admin.emit('emit', '/chat', b.id, 'to b', []);
  await until(() => seen.length === 4, () => JSON.stringify(seen));
  admin.emit('leave', '/', 'vip', 'vip');
  await told('room_left', (nsp, room) => room === 'vip');
  const reasons = {};
  for (const [name, socket] of [['A', a], ['B', b], ['C', c]])
    socket.once('disconnect', (reason) => { reasons[name] = reason; });
  admin.emit('_disconnect', '/chat', false);
  await told('room_left', (nsp, room) => room === idB);
  assert.ok(d.connected, 'the connection stays');
  admin.emit('_disconnect', '/', true, idA);
  await told('room_left', (nsp, room) => room === idA);
  c.disconnect();
  await told('room_left', (nsp, room) => room === idC);
  await until(() => Object.keys(reasons).length === 3, 'three disconnects');

  const second = await login(server);
  const [list] = await second.heard('all_sockets');
  names.set(admin.id, 'admin').set(admin.socket.io.engine.id.slice(0, 12), 'client of admin');
  names.set(second.id, 'second').set(second.socket.io.engine.id.slice(0, 12), 'client of second');
  await told('socket_connected', ({ id }) => id === second.id);
  return { told: admin.told, seen, reasons, names, list, stats: (await admin.heard('server_stats', (s) => s.aggregatedEvents.length > 0))[0] };
}

// Names for ids, and signs for what is never the same twice, after a look at it.
function
normalise (value, names, key)
{
  if (Buffer.isBuffer(value))
    return `<${value}>`;
  if (Array.isArray(value))
    return key === 'rooms' ? value.map((item) => normalise(item, names)).sort() : value.map((item) => normalise(item, names));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, normalise(item, names, name)]));
  if (typeof value === 'number')
    {
      if (key !== 'issued')
        return value;
      assert.ok(Number.isInteger(value) && Math.abs(Date.now() - value) < 60_000, `issued ${value}`);
      return '<ms>';
    }
  if (typeof value !== 'string')
    return value;
  if (names.has(value))
    return names.get(value);
  if (TIME.test(value))
    {
      assert.ok(Math.abs(Date.now() - Date.parse(value)) < 60_000, value);
      return '<time>';
    }
  if (key === 'time')
    {
      assert.match(value, DATE_TEXT);
      assert.ok(Math.abs(Date.now() - Date.parse(value)) < 60_000, value);
      return '<date>';
    }
  if (key === 't' || key === 'sec-websocket-key')
    return '<random>';
  return value.replace(/127\.0\.0\.1:\d+/, '<host>').replace(/([?&]t=)\w+/, '$1<random>');
}

// What concerns one socket, in its order; rooms that it leaves at its end have none.
function
storyOf (name, { told, names })
{
  const story = told.filter(([event]) => event !== 'all_sockets').map((item) => normalise(item, names))
    .filter((item) => JSON.stringify(item).includes(`"${name}"`));
  const end = story.findIndex(([event]) => event === 'socket_disconnected') + 1;
  return end === 0 ? story : [...story.slice(0, end), ...story.slice(end).sort()];
}

const typesOf = (value) => (Array.isArray(value) ? 'array' : typeof value);

if (!isNode)
  {
    describe('the same as @socket.io/admin-ui on Node', () => {
      test('sockets, rooms, events and commands', async () => {
        const node = await startNode();
        servers.push(node);
        const theirs = await play(node);
        const ours = await play(await start(['admin.mode=development', 'namespace /chat.default=drop']));

        for (const name of ['A', 'B', 'C', 'D', 'second'])
          {
            const story = storyOf(name, ours);
            assert.ok(story.length >= 2, name);
            assert.deepEqual(story, storyOf(name, theirs), name);
          }
        assert.deepEqual(ours.seen.map((item) => normalise(item, ours.names)).sort(), theirs.seen.map((item) => normalise(item, theirs.names)).sort());
        assert.deepEqual(ours.reasons, theirs.reasons);
        const list = (played) => played.list.map((item) => normalise(item, played.names)).sort((x, y) => (x.id < y.id ? -1 : 1));
        assert.equal(ours.list.length, 3);
        assert.deepEqual(list(ours), list(theirs));
        for (const played of [ours, theirs])
          assert.ok(played.told.every((item) => !JSON.stringify(item).includes(PASSWORD) && !JSON.stringify(item).includes('_admin')));

        const [[config], [theirConfig]] = [ours, theirs].map(({ told }) => told.filter(([event]) => event === 'config'));
        assert.deepEqual(config, theirConfig);
        const shape = (stats) => Object.fromEntries(Object.entries(stats).map(([name, value]) => [name, typesOf(value)]));
        assert.deepEqual(shape(ours.stats), shape(theirs.stats));
        assert.deepEqual(ours.stats.namespaces.map(({ name }) => name).sort(), theirs.stats.namespaces.map(({ name }) => name).sort());
      }, { timeout: 180_000 });

      for (const mode of ['production', 'development'])
        for (const readonly of [false, true])
          test(`features: ${mode}${readonly ? ', readonly' : ''}`, async () => {
            const node = await startNode({ mode, readonly });
            servers.push(node);
            const [theirs] = (await login(node)).of('config');
            const [ours] = (await login(await start([`admin.mode=${mode}`, `admin.readonly=${readonly}`]))).of('config');
            assert.deepEqual(ours, theirs);
          });
    });

    describe('statistics', () => {
      test('come every two seconds, with what happened since', async () => {
        const server = await start(['admin.server-id=one', 'namespace /chat.default=drop']);
        const admin = await login(server);
        const [first] = await admin.heard('server_stats');
        assert.equal(first.serverId, 'one');
        assert.equal(first.pid, server.pid);
        assert.deepEqual(first.aggregatedEvents, []);
        assert.deepEqual(first.namespaces.toSorted((x, y) => (x.name < y.name ? -1 : 1)), [{ name: '/', socketsCount: 0 }, { name: '/admin', socketsCount: 1 }, { name: '/chat', socketsCount: 0 }]);

        const polling = await client(server, '/chat', { transports: ['polling'] });
        const gone = await client(server);
        gone.disconnect();
        const sum = (type, subType) => admin.of('server_stats').flatMap(([{ aggregatedEvents }]) => aggregatedEvents)
          .filter((item) => item.type === type && item.subType === subType).reduce((n, { count }) => n + count, 0);
        await until(() => sum('rawDisconnection', 'transport close') === 1, () => JSON.stringify(admin.of('server_stats')));
        assert.equal(sum('rawConnection'), 2);
        assert.ok(sum('packetsIn') >= 3 && sum('packetsOut') >= 3 && sum('bytesIn') > 10 && sum('bytesOut') > 10);
        const [last] = admin.of('server_stats').at(-1);
        assert.deepEqual([last.clientsCount, last.pollingClientsCount], [2, 1]);
        assert.ok(last.uptime > 0 && last.uptime < 120);
        for (const { timestamp } of last.aggregatedEvents)
          assert.ok(timestamp % 1000 === 0 && Math.abs(Date.now() - timestamp) < 60_000);
        assert.ok(polling.connected);
      });

      test('production tells of nothing else', async () => {
        const server = await start([]);
        const admin = await login(server);
        const a = await client(server);
        await ask(a, 'join', 'lobby');
        a.disconnect();
        await admin.heard('server_stats', ({ aggregatedEvents }) => aggregatedEvents.length > 0);
        assert.deepEqual([...new Set(admin.told.map(([event]) => event))].sort(), ['config', 'server_stats', 'session']);
      });
    });

    describe('logging in', () => {
      test('wrong passwords, users, types and sessions are refused, recorded and counted', async () => {
        const server = await start(['admin.max-failures-per-minute=1000']);
        const wrong = [
          { username: 'admin', password: 'wrong' }, { username: 'admin', password: '' }, { username: 'nobody', password: PASSWORD },
          { username: 'admin', password: `${PASSWORD}x` }, { username: 'admin' }, { username: 'admin', password: null },
          { username: 'admin', password: 1 }, { username: 'admin', password: [PASSWORD] }, { username: 'admin', password: { a: 1 } },
          { username: ['admin'], password: PASSWORD }, { password: PASSWORD }, {}, { username: 'admin', password: `${PASSWORD}\0x` },
          { username: 'admin', password: 'x'.repeat(10_000) }, { username: 'x'.repeat(10_000), password: PASSWORD },
          { username: 'admin', password: HASH },
        ];
        for (const auth of wrong)
          assert.equal(await refusal(server, auth), 'invalid credentials', JSON.stringify(auth).slice(0, 100));
        const sessions = ['', '0'.repeat(32), 'x', 7, null, ['a'], '0'.repeat(10_000)];
        for (const sessionId of sessions)
          assert.equal(await refusal(server, { sessionId }), 'invalid credentials');
        const { admin } = await untilStatus(server, (now) => now.admin.refused.credentials + now.admin.refused.session === wrong.length + sessions.length, 'refusals');
        assert.equal(admin.refused.session, 4);
        assert.equal(admin.connected, 0);
        await logged(server, /Refused an admin from 127\.0\.0\.1: credentials/);
        assert.doesNotMatch(server.output, new RegExp(PASSWORD));
        await login(server);
      });

      test('a session goes on without the password, is told after CONNECT, and ends with the password', async () => {
        const server = await start();
        const first = new Admin(server);
        peers.push(first.socket);
        let session;
        /* As the official page does: listeners are added when it is connected. */
        first.socket.once('connect', () => first.socket.on('session', (id) => { session = id; }));
        await first.connected;
        await until(() => session !== undefined, 'no session');
        assert.match(session, /^[0-9a-f]{32}$/);
        first.close();
        const second = await login(server, { sessionId: session });
        assert.deepEqual(second.of('session'), []);
        await logged(server, /login by admin at 127\.0\.0\.1 \(admin\): done/);
        assert.notEqual((await login(server)).of('session')[0][0], session);

        /* Another password: those who are there go, and cannot come back. */
        writeFileSync(path.join(dir, 'admins'), 'admin:$2b$04$abcdefghijklmnopqrstuuGkHZBHbeTYXMoPNUHnkC3EbZUi2cJfq\n');
        const gone = within(new Promise((resolve) => { second.socket.once('disconnect', resolve); }), 'the end');
        await reload(server);
        assert.equal(await gone, 'io server disconnect');
        assert.equal(await refusal(server, { sessionId: session }), 'invalid credentials');
        assert.equal(await refusal(server), 'invalid credentials');
      });

      test('sessions end, and only so many are kept', async () => {
        const server = await start(['admin.max-sessions=2']);
        const ids = [];
        for (let i = 0; i < 3; i++)
          ids.push((await login(server)).of('session')[0][0]);
        assert.equal(await refusal(server, { sessionId: ids[0] }), 'invalid credentials');
        await login(server, { sessionId: ids[1] });
        await login(server, { sessionId: ids[2] });

        const short = await start(['admin.session-duration=1ms']);
        const [id] = (await login(short)).of('session')[0];
        await quiet(5);
        assert.equal(await refusal(short, { sessionId: id }), 'invalid credentials');
      });

      test('several users, hashes of three kinds, and a line without a name', async () => {
        const kind = (letter) => HASH.replace(/^\$2.\$/, `$2${letter}$`);
        const server = await start(['admin.username=root'], `# people\n\nalice:${kind('y')}\r\nbob:${kind('a')}\n${kind('b')}\n`);
        for (const username of ['alice', 'bob', 'root'])
          await login(server, { username, password: PASSWORD });
        await logged(server, /login by bob/);
        assert.equal(await refusal(server), 'invalid credentials');
      });

      test('guesses are slowed down for each address, whatever many there are at a time', async () => {
        const server = await start(['admin.max-failures-per-minute=10']);
        const [session] = (await login(server)).of('session')[0];
        const answers = [];
        const begin = performance.now();
        for (let i = 0; i < 15; i++)
          answers.push(...await Promise.all(Array.from({ length: 20 }, (_, n) => refusal(server, { username: 'admin', password: `guess ${i} ${n}` }))));
        const looked = answers.filter((text) => text === 'invalid credentials').length;
        /* A minute's worth, and what it grew by meanwhile. */
        assert.ok(looked >= 10 && looked <= 11 + (performance.now() - begin) / 6000, `${looked} of 300 were looked at`);
        assert.ok(answers.every((text) => /^invalid credentials$|^too many failed logins/.test(text)));
        /* Another six seconds may be over just now. */
        await eventually(async () => assert.match(await refusal(server), /too many failed logins/));
        /* Nobody guesses those. */
        await login(server, { sessionId: session });
        await untilStatus(server, ({ admin }) => admin.refused.throttled >= 280, 'throttled');
        await logged(server, /Refused an admin from 127\.0\.0\.1: throttled/);
      });

      test('only so many passwords are checked at a time, and main loop and other clients go on', async () => {
        /* A second for each. */
        const server = await start(['admin.max-password-checks=2', 'admin.max-failures-per-minute=1000'], `admin:${HASH.replace('$04$', '$13$')}\n`);
        const a = await client(server);
        const guesses = Array.from({ length: 6 }, () => refusal(server, { username: 'admin', password: 'x' }));
        let n = 0;
        let over = false;
        Promise.allSettled(guesses).then(() => { over = true; });
        while (!over)
          {
            await ask(a, 'latency');
            n++;
          }
        const answers = await Promise.all(guesses);
        assert.deepEqual(answers.filter((text) => /too many logins at a time/.test(text)).length, 4);
        /* A main loop that waited for passwords would answer once for each. */
        assert.ok(n > 20, `${n} answers meanwhile`);
      }, { timeout: 180_000 });

      test('auth=none has to be said', async () => {
        const server = await start(['admin.auth=none']);
        const admin = await login(server, {});
        assert.deepEqual(admin.of('session'), []);
        await logged(server, /login by unknown at 127\.0\.0\.1/);
        const check = (...sets) => new Promise((resolve) => {
          const [program, ...first] = commandFor('sio-server');
          execFile(program, [...first, '--check-config', '--client-dir', clientDir, ...sets.flatMap((set) => ['--set', set])], { timeout: 60_000 }, (error, stdout, stderr) => resolve(stderr));
        });
        assert.match(await check('admin.enabled=true'), /\[admin\] password-file: expected a file with NAME:HASH lines/);
        const file = path.join(dir, 'broken');
        writeFileSync(file, 'admin:plain text\n:$2b$04$abc\n');
        const problems = await check('admin.enabled=true', `admin.password-file=${file}`);
        assert.match(problems, /password-file:1: expected a bcrypt hash/);
        assert.match(problems, /password-file:2: expected a name/);
        assert.doesNotMatch(problems, /plain text/);
        assert.match(await check('admin.enabled=true', `admin.password-file=${path.join(dir, 'missing')}`), /password-file/);
        assert.match(await check('admin.enabled=true', 'admin.auth=none', 'namespace /admin.default=drop'), /expected a namespace that nobody else uses, got \/admin/);
        assert.equal(await check('admin.enabled=true', 'admin.auth=none'), '');
      });

      test('another namespace; none while it is not enabled; and only so many admins', async () => {
        const server = await start(['admin.namespace=/ops', 'admin.max-admins=1']);
        assert.equal(await refusal(server), 'Invalid namespace');
        const admin = await login(server, undefined, { nsp: '/ops' });
        assert.equal(await refusal(server, undefined, { nsp: '/ops' }), 'too many admins are connected');
        admin.close();
        await untilStatus(server, (now) => now.admin.connected === 0, 'connected');
        await login(server, undefined, { nsp: '/ops' });

        const off = await start(['admin.enabled=false']);
        assert.equal(await refusal(off), 'Invalid namespace');
      });
    });

    describe('commands', () => {
      test('a readonly admin does nothing: ignored, recorded and counted', async () => {
        const server = await start(['admin.mode=development', 'admin.readonly=true']);
        const admin = await login(server);
        const a = await client(server);
        const seen = [];
        a.onAny((...args) => seen.push(args));
        admin.emit('join', '/', 'vip', a.id);
        admin.emit('leave', '/', 'vip', a.id);
        admin.emit('emit', '/', null, 'hello');
        admin.emit('_disconnect', '/', true, a.id);
        await untilStatus(server, (now) => now.admin.denied.readonly === 4, 'denied');
        assert.deepEqual(await ask(a, 'latency'), { ok: true });
        assert.deepEqual(seen, []);
        assert.ok(admin.of('room_joined').every(([, room]) => room !== 'vip'));
        for (const action of ['join', 'leave', 'emit', 'disconnect'])
          await logged(server, new RegExp(`${action} by admin at 127\\.0\\.0\\.1 \\(admin\\): readonly`));
      });

      test('what is not valid is refused and harms nobody', async () => {
        const server = await start();
        const admin = await login(server);
        const a = await client(server);
        const seen = [];
        a.onAny((...args) => seen.push(args));
        const invalid = [
          ['emit'], ['emit', '/'], ['emit', '/', null], ['emit', '/', null, 7], ['emit', '/', null, ''], ['emit', '/', {}, 'x'], ['emit', '/', ['a'], 'x'], ['emit', 1, null, 'x'],
          ['emit', '/', null, 'connect'], ['emit', '/', null, 'disconnect'], ['emit', '/', null, 'newListener'], ['emit', '/', 7, 'x'], ['emit', '/', true, 'x'],
          ['join'], ['join', '/'], ['join', '/', ''], ['join', '/', 7], ['join', '/', ['a', 'b']], ['join', null, 'a'], ['join', '/', 'x'.repeat(1000)],
          ['leave', '/', null], ['leave', {}, 'a'], ['_disconnect'], ['_disconnect', '/', 'yes'], ['_disconnect', '/', false, 7], ['_disconnect', '/', true, {}],
        ];
        for (const command of invalid)
          admin.emit(...command);
        for (const command of [['emit', '/none', null, 'x'], ['join', '/none', 'x'], ['leave', 'none', 'x'], ['_disconnect', '/none', true]])
          admin.emit(...command);
        await untilStatus(server, (now) => now.admin.denied.invalid + now.admin.denied.unknownNamespace === invalid.length + 4, 'denied');
        assert.deepEqual(await ask(a, 'latency'), { ok: true });
        assert.deepEqual(seen, []);
        await logged(server, /emit by admin .*: expected a namespace/);
        const [{ namespaces }] = await admin.heard('server_stats', ({ aggregatedEvents }) => aggregatedEvents.length > 0);
        assert.deepEqual(namespaces.map(({ name }) => name).sort(), ['/', '/admin']);
      });

      test('what is done is recorded', async () => {
        const server = await start();
        const admin = await login(server);
        const a = await client(server);
        admin.emit('join', '/', 'vip', a.id);
        admin.emit('emit', '/', 'vip', 'hello');
        admin.emit('leave', '/', 'vip', a.id);
        admin.emit('_disconnect', '/', false, a.id);
        const { admin: { commands } } = await untilStatus(server, (now) => now.admin.commands.disconnect === 1, 'commands');
        assert.deepEqual(commands, { join: 1, leave: 1, disconnect: 1, emit: 1 });
        for (const action of ['join', 'emit', 'leave', 'disconnect'])
          await logged(server, new RegExp(`${action} by admin at 127\\.0\\.0\\.1 \\(admin\\) on .*: done`));
      });
    });

    describe('recovery', () => {
      async function
      cut (socket)
      {
        const gone = within(new Promise((resolve) => { socket.once('disconnect', resolve); }), 'the end of the connection');
        socket.io.engine.close();
        await gone;
      }

      /* Another connection of the same client, which says what it had. */
      const comeBack = (socket) => within(new Promise((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
        socket.connect();
      }), 'coming back');

      test('an admin that comes back is one, as long as it has a password', async () => {
        const server = await start(['admin.mode=development', 'server.recovery=true']);
        const a = await client(server);
        const admin = await login(server);
        await admin.heard('server_stats');
        const { id } = admin;
        await cut(admin.socket);
        await comeBack(admin.socket);
        assert.equal(admin.socket.recovered, true);
        assert.equal(admin.id, id);
        admin.told.length = 0;
        await admin.heard('server_stats');
        admin.emit('join', '/', 'vip', a.id);
        await admin.heard('room_joined', (nsp, room, who) => nsp === '/' && room === 'vip' && who === a.id);
        await logged(server, /join by admin at 127\.0\.0\.1 \(admin\) on .*: done/);

        /* The password is gone meanwhile. */
        await cut(admin.socket);
        writeFileSync(path.join(dir, 'admins'), `other:${HASH}\n`);
        await reload(server);
        admin.told.length = 0;
        const end = within(new Promise((resolve) => {
          admin.socket.once('disconnect', resolve);
          admin.socket.once('connect_error', resolve);
        }), 'an end');
        admin.socket.connect();
        await end;
        assert.deepEqual(admin.told, []);
        assert.equal((await status(server)).admin.commands.join, 1);
      });

      test('what authentication notes for itself in the data of sockets is not shown', async () => {
        const secret = newSecret();
        writeFileSync(path.join(dir, 'secret'), secret, { mode: 0o600 });
        const server = await start(['admin.mode=development', 'server.recovery=true', `auth.secret-file=${path.join(dir, 'secret')}`, 'auth.mode=required',
                                    'auth.revocations-file=']);
        const a = await client(server, '', { auth: { token: token({ sub: 'ann' }, { key: secret }) } });
        const admin = await login(server);
        const [list] = await admin.heard('all_sockets');
        assert.deepEqual(list.find(({ id }) => id === a.id).data, {});
        const b = await client(server, '', { auth: { token: token({ sub: 'bob' }, { key: secret }) } });
        const [told] = await admin.heard('socket_connected', ({ id }) => id === b.id);
        assert.deepEqual(told.data, {});
      });
    });

    describe('several admins, and slow ones', () => {
      test('all are told, and act', async () => {
        const server = await start();
        const [x, y] = [await login(server), await login(server)];
        const a = await client(server);
        for (const admin of [x, y])
          await admin.heard('socket_connected', ({ id }) => id === a.id);
        y.close();
        x.emit('join', '/', 'vip', a.id);
        await x.heard('room_joined', (nsp, room) => room === 'vip');
        await x.heard('socket_disconnected', (nsp, id) => id !== a.id && nsp === '/admin');
      });

      test('a reload changes mode and readonly for those who are there', async () => {
        const file = path.join(dir, 'reload.conf');
        const write = (mode, readonly) => writeFileSync(file, `[admin]\nenabled=true\nauth=none\nmode=${mode}\nreadonly=${readonly}\n`);
        write('production', true);
        const { startDaemon } = await import('./lib/server.mjs');
        const server = await startDaemon({ args: ['--config', file] });
        servers.push(server);
        const admin = await login(server, {});
        write('development', false);
        await reload(server);
        await admin.heard('config', ({ supportedFeatures }) => supportedFeatures.includes('ALL_EVENTS') && supportedFeatures.includes('MJOIN'));
        await admin.heard('all_sockets');
        write('production', false);
        await reload(server);
        const a = await client(server);
        await ask(a, 'latency');
        assert.ok(admin.of('socket_connected').every(([{ id }]) => id !== a.id));
      });

      test('lists are complete while clients come, move and go', async () => {
        const server = await start(['admin.mode=development', 'admin.max-events-per-second=1']);
        const clients = await Promise.all(Array.from({ length: 150 }, () => client(server)));
        const admins = [];
        for (let round = 0; round < 5; round++)
          {
            const admin = new Admin(server);
            peers.push(admin.socket);
            admins.push(admin);
            const changes = [];
            for (let i = 0; i < 10; i++)
              {
                changes.push(ask(clients[i + round], 'join', `room ${round}`));
                clients.pop().disconnect();
                changes.push(client(server).then((one) => clients.unshift(one)));
              }
            await Promise.all(changes);
          }
        const expected = new Map(clients.map((one) => [one.id, new Set([one.id])]));
        for (const admin of admins)
          {
            await admin.heard('all_sockets');
            /* What the official page makes of it. */
            const view = () => {
              const known = new Map();
              for (const [event, ...args] of admin.told)
                if (event === 'all_sockets')
                  {
                    known.clear();
                    for (const one of args[0])
                      known.set(one.id, one);
                  }
                else if (event === 'socket_connected')
                  known.set(args[0].id, args[0]);
                else if (event === 'socket_disconnected')
                  known.delete(args[1]);
              return [...known.values()].filter(({ nsp }) => nsp === '/').map(({ id }) => id).sort();
            };
            await until(() => view().length === expected.size, () => `${view().length} of ${expected.size}`);
            assert.deepEqual(view(), [...expected.keys()].sort());
          }
      }, { timeout: 180_000 });

      test('a list is no longer than allowed', async () => {
        const server = await start(['admin.mode=development', 'admin.max-listed-sockets=3']);
        await Promise.all(Array.from({ length: 5 }, () => client(server)));
        const [list] = await (await login(server)).heard('all_sockets');
        assert.equal(list.length, 3);
        const small = await start(['admin.mode=development', 'limits.max-buffered-bytes=4K']);
        await Promise.all(Array.from({ length: 20 }, () => client(small)));
        const [short] = await (await login(small)).heard('all_sockets');
        assert.ok(short.length > 0 && short.length < 20);
        await untilStatus(small, (now) => now.admin.listsCut === 1, 'lists cut');
      });

      test('events are shortened, and only so many are told in a second', async () => {
        const server = await start(['admin.mode=development', 'admin.max-event-bytes=100', 'admin.max-events-per-second=5']);
        const admin = await login(server);
        const a = await client(server);
        a.emit('long', 'x'.repeat(200));
        const [, , args] = await admin.heard('event_received', (nsp, id, [name]) => name === 'long');
        assert.deepEqual(args, ['long', '(204 bytes)']);
        for (let i = 0; i < 100; i++)
          a.emit('many', i);
        await ask(a, 'latency');
        assert.ok(admin.of('event_received').length <= 20);
        await untilStatus(server, (now) => now.admin.pauses > 0, 'pauses');
        /* The next second begins. */
        await until(() => { a.emit('later'); return admin.of('event_received').some(([, , [name]]) => name === 'later'); }, 'nothing is told any more');
      });

      test('one that does not read is cut off, and costs no memory', async () => {
        const server = await start(['admin.mode=development', 'admin.auth=none', 'admin.max-events-per-second=0', 'admin.max-event-bytes=100K', 'limits.max-buffered-bytes=1M']);
        const slow = await RawWs.session(server.port, '/socket.io/');
        slow.send(1, '40/admin,{}');
        await untilStatus(server, (now) => now.admin.connected === 1, 'connected');
        slow.socket.pause();
        const a = await client(server);
        const before = server.rss;
        let n = 0;
        await until(async () => {
          for (let i = 0; i < 20; i++, n++)
            a.emit('big', 'x'.repeat(50_000));
          await ask(a, 'latency');
          return (await status(server)).admin.connected === 0;
        }, 'it is still there');
        assert.ok(n >= 20);
        assert.ok(server.sanitised || server.rss - before < 40 << 10, `${server.rss - before} KiB more`);
        /* Nobody else noticed. */
        assert.deepEqual(await ask(a, 'latency'), { ok: true });
      });
    });
  }
