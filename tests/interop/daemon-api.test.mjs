// SPDX-License-Identifier: LGPL-2.1-or-later
// The HTTP API of sio-server: each route, what official clients see of it, who may call, what is refused and
// what tells of that. All answers are checked against the OpenAPI document that the server gives.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { commandFor, isNode, startDaemon } from './lib/server.mjs';
import { newSecret, now, token } from './lib/tokens.mjs';
import { Tcp, eventually, request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const Ajv = load('ajv/dist/2020').default;
const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-api-'));
const tokenFile = path.join(dir, 'tokens');
const secretFile = path.join(dir, 'secret');
const secret = newSecret();
const cleanups = [];

/* One token for each permission, and one for all. */
const permissions = ['read', 'manage', 'emit', 'configure', 'inspect'];
const bearer = (name) => `${name}-0123456789abcdef`;
writeFileSync(tokenFile, [...permissions, 'all'].map((name) => `${name}:${bearer(name)}:${name}\n`).join(''));
writeFileSync(secretFile, secret, { mode: 0o600 });
after(() => rmSync(dir, { recursive: true }));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse())
    await cleanup();
});

async function
start (...sets)
{
  const args = ['auth.revocations-file=', `api.token-file=${tokenFile}`, ...sets].flatMap((set) => ['--set', set]);
  const server = await startDaemon({ client: false, args });
  cleanups.push(() => server.stop());
  return server;
}

async function
connected (server, { name = '', ...options } = {})
{
  const socket = io(`${server.url}${name}`, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
  cleanups.push(() => socket.disconnect());
  await within(once(socket, 'connect'), 'connect');
  return socket;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

async function
until (condition, what)
{
  for (const end = performance.now() + 60_000; performance.now() < end;)
    {
      const value = await condition();
      if (value)
        return value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  assert.fail(typeof what === 'function' ? what() : what);
}

const logged = (server, pattern) => until(() => pattern.test(server.output), () => `${pattern} is not in\n${server.output}`);

// as: name of a token, a JWT, or null for none
async function
call (server, method, where, { as = 'all', body, headers = {}, raw = false, port = server.port } = {})
{
  const all = { ...headers };
  if (as !== null)
    all.Authorization ??= `Bearer ${permissions.includes(as) || as === 'all' ? bearer(as) : as}`;
  if (body !== undefined && !raw)
    all['Content-Type'] ??= 'application/json';
  const res = await request(port, where, {
    method, headers: all, body: body === undefined || raw ? body : JSON.stringify(body), ownConnection: true });
  if (res.headers['content-type'] === 'application/json' && method !== 'HEAD')
    res.json = JSON.parse(res.text);
  return res;
}

let document;
let ajv;
const used = new Set();

// The document of this server; read once.
async function
getDocument (server)
{
  if (document === undefined)
    {
      const res = await call(server, 'GET', '/api/v1/openapi.json');
      assert.equal(res.status, 200);
      document = res.json;
      ajv = new Ajv({ strict: false, validateFormats: false });
      ajv.addSchema(document, 'openapi');
    }
  return document;
}

const pointer = (...parts) => `openapi#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

// Checks an answer against the document, and gives its data or its error.
async function
check (server, method, route, where, status = 200, options = {})
{
  const doc = await getDocument(server);
  const operation = doc.paths[route]?.[method.toLowerCase()];
  assert.ok(operation, `${method} ${route} is not in the document`);
  const res = await call(server, method, where ?? route, options);
  assert.equal(res.status, status, `${method} ${where ?? route}: ${res.text}`);
  const response = operation.responses[status];
  assert.ok(response, `${method} ${route}: ${status} is not in the document`);
  const base = response.$ref ? ['components', 'responses', `${status}`] : ['paths', route, method.toLowerCase(), 'responses', `${status}`];
  const validate = ajv.getSchema(pointer(...base, 'content', 'application/json', 'schema'));
  assert.ok(validate, `${method} ${route} ${status}: no schema`);
  assert.ok(validate(res.json), `${method} ${route}: ${ajv.errorsText(validate.errors)} in\n${res.text}`);
  if (options.body !== undefined && status === 200)
    {
      const request_ = ajv.getSchema(pointer('paths', route, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'));
      assert.ok(request_(options.body), `${method} ${route}: ${ajv.errorsText(request_.errors)}`);
    }
  assert.equal(res.headers['x-request-id'], res.json.meta.requestId);
  assert.equal(res.headers['cache-control'], 'no-store');
  assert.ok(Math.abs(Date.parse(res.json.meta.timestamp) - Date.now()) < 60_000);
  if (status === 200)
    used.add(`${method} ${route}`);
  return status === 200 || res.json.success ? res.json.data : res.json.error;
}

const fails = async (server, method, route, where, status, code, options) => {
  const error = await check(server, method, route, where, status, options);
  assert.equal(error.code, code, error.message);
  return error.message;
};

// Collects what a client gets.
function
collect (socket)
{
  const events = [];
  socket.onAny((...args) => events.push(args));
  return events;
}

if (!isNode)
  {
    describe('reading', () => {
      test('stats, namespaces', async () => {
        const server = await start();
        const socket = await connected(server);
        await ask(socket, 'join', 'red');
        for (const route of ['/api/v1/stats', '/api/v1/websocket/stats', '/socket-metrics'])
          {
            const data = await until(async () => {
              const stats = await check(server, 'GET', route);
              return stats.rooms === 1 && stats;
            }, 'the room in the statistics');
            assert.equal(data.sockets, 1);
            assert.equal(data.sessions.websocket, 1);
            assert.equal(data.connects, 1);
            assert.equal(data.disconnects['transport close'], 0);
            assert.ok(data.features.api.calls >= 1);
          }
        assert.deepEqual((await check(server, 'GET', '/api/v1/namespaces')).namespaces, [{ name: '/', sockets: 1, rooms: 1 }]);
      });

      test('rooms, and one room', async () => {
        const server = await start();
        const [a, b] = [await connected(server), await connected(server)];
        await ask(a, 'join', 'red');
        await ask(b, 'join', 'red');
        await ask(b, 'join', 'a/b c%');
        const list = await check(server, 'GET', '/api/v1/rooms', '/api/v1/rooms?sort=members&order=desc');
        assert.equal(list.total, 2);
        assert.deepEqual(list.rooms, [{ name: 'red', namespace: '/', members: 2 }, { name: 'a/b c%', namespace: '/', members: 1 }]);
        const part = await check(server, 'GET', '/api/v1/rooms', '/api/v1/rooms?text=re');
        assert.deepEqual(part.rooms.map((room) => room.name), ['red']);
        for (const prefix of ['/api/v1', '/api/v1/websocket'])
          {
            const room = await check(server, 'GET', `${prefix}/rooms/{name}`, `${prefix}/rooms/red`);
            assert.equal(room.members, 2);
            assert.deepEqual(room.sockets.map((socket) => socket.id).toSorted(), [a.id, b.id].toSorted());
            const escaped = await check(server, 'GET', `${prefix}/rooms/{name}`, `${prefix}/rooms/a%2Fb%20c%25`);
            assert.deepEqual([escaped.name, escaped.sockets.map((socket) => socket.id)], ['a/b c%', [b.id]]);
            await fails(server, 'GET', `${prefix}/rooms/{name}`, `${prefix}/rooms/blue`, 404, 'NotFound');
          }
      });

      test('sockets: pages, filters, one socket', async () => {
        const server = await start('limits.max-connections=50');
        const sockets = [];
        for (let i = 0; i < 5; i++)
          sockets.push(await connected(server));
        const polling = await connected(server, { transports: ['polling'] });
        await ask(sockets[1], 'join', 'red');
        const all = [...sockets, polling].map((socket) => socket.id).toSorted();
        const first = await check(server, 'GET', '/api/v1/sockets', '/api/v1/sockets?limit=4&sort=id');
        const second = await check(server, 'GET', '/api/v1/sockets', `/api/v1/sockets?limit=4&sort=id&offset=4&revision=${first.revision}`);
        assert.deepEqual([first.total, first.sockets.length, second.sockets.length], [6, 4, 2]);
        assert.deepEqual([...first.sockets, ...second.sockets].map((socket) => socket.id).toSorted(), all);
        const ids = async (query) => (await check(server, 'GET', '/api/socket/debug', `/api/socket/debug?${query}`)).sockets.map((socket) => socket.id);
        assert.deepEqual(await ids('transport=polling'), [polling.id]);
        assert.deepEqual(await ids('room=red'), [sockets[1].id]);
        assert.deepEqual(await ids(`text=${encodeURIComponent(sockets[2].id)}`), [sockets[2].id]);
        assert.deepEqual(await ids('user=nobody'), []);
        const one = await check(server, 'GET', '/api/v1/sockets/{id}', `/api/v1/sockets/${sockets[1].id}`);
        assert.deepEqual([one.id, one.namespace, one.user, one.address, one.transport, one.rooms, one.roomNames],
          [sockets[1].id, '/', null, '127.0.0.1', 'websocket', 1, ['red']]);
        await fails(server, 'GET', '/api/v1/sockets/{id}', '/api/v1/sockets/nobody', 404, 'NotFound');
        for (const query of ['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'sort=shoe-size', 'order=up', 'transport=pigeon', 'revision=x'])
          await fails(server, 'GET', '/api/v1/sockets', `/api/v1/sockets?${query}`, 400, 'InvalidArgument');
      });

      test('users', async () => {
        const server = await start('auth.mode=required', `auth.secret-file=${secretFile}`);
        const auth = { token: token({ sub: 'alice@example.org' }, { key: secret }) };
        const socket = await connected(server, { auth });
        const user = await check(server, 'GET', '/api/v1/users/{id}', '/api/v1/users/alice%40example.org');
        assert.deepEqual([user.user, user.connected, user.sockets.map(({ id, user: name }) => [id, name])],
          ['alice@example.org', true, [[socket.id, 'alice@example.org']]]);
        await fails(server, 'GET', '/api/v1/users/{id}', '/api/v1/users/bob', 404, 'NotFound');
      });

      test('health needs no token', async () => {
        const server = await start('metrics.memory-threshold=1M');
        for (const route of ['/api/v1/health', '/api/v1/websocket/health', '/socket-health'])
          assert.equal((await check(server, 'GET', route, route, 200, { as: null })).status, 'healthy');
        const detailed = await check(server, 'GET', '/health/websocket/detailed', undefined, 200, { as: null });
        assert.equal(detailed.status, 'degraded');
        assert.deepEqual(detailed.problems, ['The memory is above 90 % of memory-threshold']);
        assert.ok(detailed.process.residentBytes > 1024 * 1024);
        const all = await check(server, 'GET', '/socket-diagnostics');
        assert.equal(all.limits.memoryThreshold, 1024 * 1024);
        assert.equal(all.stats.sockets, 0);
      });

      test('/socket-metrics in the form of Prometheus', async () => {
        const server = await start();
        const res = await call(server, 'GET', '/socket-metrics?format=prometheus');
        assert.equal(res.status, 200);
        assert.match(res.headers['content-type'], /^text\/plain; version=0\.0\.4/);
        assert.match(res.text, /^socketio_sockets\{namespace="\/"\} 0$/m);
        await fails(server, 'GET', '/socket-metrics', '/socket-metrics?format=xml', 400, 'InvalidArgument');
      });
    });

    describe('acting', () => {
      for (const prefix of ['/api/v1', '/api/v1/websocket'])
        test(`${prefix}/broadcast: to all, a room, a user`, async () => {
          const server = await start('auth.mode=optional', `auth.secret-file=${secretFile}`, 'namespace /chat.default=drop');
          const [a, b, alice, chat] = [await connected(server), await connected(server),
            await connected(server, { auth: { token: token({ sub: 'alice' }, { key: secret }) } }), await connected(server, { name: '/chat' })];
          const got = [a, b, alice, chat].map(collect);
          await ask(a, 'join', 'red/1');
          const data = { text: 'é"\\\n', list: [1, 2.5, null, true], deep: { big: 12345678901 } };
          const send = async (where, body, n) =>
            assert.deepEqual(await check(server, 'POST', where[0], where[1], 200, { body }), { event: body.event, recipientCount: n });
          await send([`${prefix}/broadcast`], { event: 'all', data }, 4);
          await send([`${prefix}/broadcast`], { event: 'main', data: [1, 2], namespace: '/' }, 3);
          await send([`${prefix}/broadcast`], { event: 'others', namespace: '/', except: [a.id, alice.id] }, 1);
          await send([`${prefix}/broadcast/room/{name}`, `${prefix}/broadcast/room/red%2F1`], { event: 'room', data: 'x' }, 1);
          await send([`${prefix}/broadcast/user/{id}`, `${prefix}/broadcast/user/alice`], { event: 'user', data: 7 }, 1);
          await send([`${prefix}/broadcast/user/{id}`, `${prefix}/broadcast/user/nobody`], { event: 'user' }, 0);
          await send([`${prefix}/broadcast`], { event: 'end' }, 4);
          await until(() => got.every((events) => events.at(-1)?.[0] === 'end'), 'the last event');
          assert.deepEqual(got, [
            [['all', data], ['main', [1, 2]], ['room', 'x'], ['end']],
            [['all', data], ['main', [1, 2]], ['others'], ['end']],
            [['all', data], ['main', [1, 2]], ['user', 7], ['end']],
            [['all', data], ['end']],
          ]);
          await logged(server, /emit by all at 127\.0\.0\.1 \(http\) on event room, rooms red\/1 \(1 sockets\): done/);
        });

      test('announce', async () => {
        const server = await start();
        const [a, b] = [await connected(server), await connected(server)];
        const got = once(a, 'announcement');
        const others = collect(b);
        assert.deepEqual(await check(server, 'POST', '/api/v1/announce', undefined, 200,
          { body: { title: 'Maintenance', text: 'at noon', severity: 'warning', sockets: [a.id] } }), { title: 'Maintenance', recipientCount: 1 });
        const [{ time, ...rest }] = await within(got, 'announcement');
        assert.deepEqual(rest, { title: 'Maintenance', text: 'at noon', severity: 'warning' });
        assert.ok(Math.abs(time - Date.now()) < 60_000);
        await ask(b, 'latency');
        assert.deepEqual(others, []);
        await fails(server, 'POST', '/api/v1/announce', undefined, 400, 'InvalidArgument', { body: { title: 'x', severity: 'loud' } });
      });

      test('join, leave', async () => {
        const server = await start();
        const [a, b] = [await connected(server), await connected(server)];
        const rooms = async (socket) => (await check(server, 'GET', '/api/v1/sockets/{id}', `/api/v1/sockets/${socket.id}`)).roomNames.toSorted();
        assert.deepEqual(await check(server, 'POST', '/api/v1/join', undefined, 200, { body: { rooms: ['x', 'y'], sockets: a.id } }), { socketCount: 1 });
        assert.deepEqual(await rooms(a), ['x', 'y']);
        assert.deepEqual(await check(server, 'POST', '/api/v1/join', undefined, 200, { body: { rooms: 'z', all: true } }), { socketCount: 2 });
        assert.deepEqual(await rooms(b), ['z']);
        const got = once(a, 'hello');
        await check(server, 'POST', '/api/v1/broadcast/room/{name}', '/api/v1/broadcast/room/x', 200, { body: { event: 'hello', data: 1 } });
        assert.deepEqual(await within(got, 'hello'), [1]);
        assert.deepEqual(await check(server, 'POST', '/api/v1/leave', undefined, 200, { body: { rooms: ['x', 'z'], room: 'y' } }), { socketCount: 1 });
        assert.deepEqual([await rooms(a), await rooms(b)], [['y'], ['z']]);
        await logged(server, /leave by all at 127\.0\.0\.1 \(http\) .*: done/);
      });

      test('disconnect', async () => {
        const server = await start('namespace /chat.default=drop');
        const [a, b, c] = [await connected(server), await connected(server), await connected(server)];
        const ended = once(a, 'disconnect');
        assert.deepEqual(await check(server, 'POST', '/api/v1/disconnect', undefined, 200, { body: { sockets: [a.id] } }), { socketCount: 1 });
        assert.equal((await within(ended, 'disconnect'))[0], 'io server disconnect');
        const gone = once(b, 'disconnect');
        await check(server, 'POST', '/api/v1/disconnect', undefined, 200, { body: { sockets: [b.id], close: true } });
        await within(gone, 'disconnect');
        const last = once(c, 'disconnect');
        assert.deepEqual(await check(server, 'POST', '/api/v1/disconnect', undefined, 200, { body: { all: true } }), { socketCount: 1 });
        await within(last, 'disconnect');
        await logged(server, /disconnect by all at 127\.0\.0\.1 \(http\) .*\(1 sockets\): done/);
      });

      test('an act that names nobody concerns nobody', async () => {
        const server = await start();
        const socket = await connected(server);
        for (const route of ['join', 'leave', 'disconnect'])
          for (const whom of [{}, { namespace: '/' }, { all: false }, { all: true, user: 'x' }])
            await fails(server, 'POST', `/api/v1/${route}`, undefined, 400, 'InvalidArgument',
              { body: { ...(route === 'disconnect' ? {} : { rooms: 'x' }), ...whom } });
        assert.deepEqual(await check(server, 'POST', '/api/v1/disconnect', undefined, 200, { body: { sockets: [] } }), { socketCount: 0 });
        assert.deepEqual(await ask(socket, 'latency'), { ok: true });
      });

      test('revocations', async () => {
        const server = await start('auth.mode=required', `auth.secret-file=${secretFile}`);
        const make = (claims) => ({ token: token(claims, { key: secret }) });
        const alice = make({ sub: 'alice' });
        const socket = await connected(server, { auth: alice });
        const ended = once(socket, 'disconnect');
        assert.deepEqual(await check(server, 'POST', '/api/v1/revocations', undefined, 200, { body: { user: 'alice', seconds: 3600 } }),
          { user: 'alice', socketCount: 1 });
        await within(ended, 'disconnect');
        const refused = io(server.url, { forceNew: true, reconnection: false, transports: ['websocket'], auth: alice });
        cleanups.push(() => refused.disconnect());
        const [error] = await within(once(refused, 'connect_error'), 'the refusal');
        assert.equal(error.data.code, 'TOKEN_REVOKED');
        await check(server, 'POST', '/api/v1/revocations', undefined, 200, { body: { token: 'id-1' } });
        const { revocations, total } = await check(server, 'GET', '/api/v1/revocations');
        assert.equal(total, 2);
        const until_ = Date.parse(revocations.find((one) => one.user === 'alice').until) / 1000;
        assert.ok(Math.abs(until_ - now() - 3600) < 60);
        assert.ok(revocations.some((one) => one.token === 'id-1'));
        assert.equal((await check(server, 'GET', '/api/v1/revocations', '/api/v1/revocations?limit=1&offset=1')).revocations.length, 1);
        await check(server, 'DELETE', '/api/v1/revocations', undefined, 200, { body: { user: 'alice' } });
        await connected(server, { auth: alice });
        await fails(server, 'DELETE', '/api/v1/revocations', undefined, 404, 'NotFound', { body: { user: 'alice' } });
        for (const body of [{}, { user: '' }, { user: 'a', token: 'b' }, { user: 'a', seconds: -1 }, { user: 7 }])
          await fails(server, 'POST', '/api/v1/revocations', undefined, 400, 'InvalidArgument', { body });
        await logged(server, /revoke by all at 127\.0\.0\.1 \(http\) on user alice.*: done/);
        await logged(server, /unrevoke by all at 127\.0\.0\.1 \(http\) on user alice.*: done/);
      });

      test('a revocation that is acknowledged outlives kill -9', async () => {
        const file = path.join(dir, 'revocations');
        const sets = ['auth.mode=required', `auth.secret-file=${secretFile}`, `auth.revocations-file=${file}`];
        const kill = async (server) => {
          cleanups.splice(0);
          await server.kill();
        };
        const listed = async (server) => (await check(server, 'GET', '/api/v1/revocations')).revocations.map(({ user }) => user).toSorted();
        let server = await start(...sets);
        /* The second comes while the first one was just written. */
        for (const user of ['ann', 'bob', 'carol'])
          await check(server, 'POST', '/api/v1/revocations', undefined, 200, { body: { user } });
        await kill(server);
        server = await start(...sets);
        assert.deepEqual(await listed(server), ['ann', 'bob', 'carol']);
        const all = Array.from({ length: 50 }, (_, i) => `user-${i}`);
        await Promise.all(all.map((user) => check(server, 'POST', '/api/v1/revocations', undefined, 200, { body: { user } })));
        for (const user of ['ann', 'bob'])
          await check(server, 'DELETE', '/api/v1/revocations', undefined, 200, { body: { user } });
        await kill(server);
        server = await start(...sets);
        assert.deepEqual(await listed(server), ['carol', ...all].toSorted());
      });

      test('a revocation that cannot be written down holds, and the caller is told', async () => {
        const nowhere = path.join(dir, 'nowhere');
        mkdirSync(nowhere);
        const server = await start('auth.mode=required', `auth.secret-file=${secretFile}`, `auth.revocations-file=${nowhere}/revocations`);
        const auth = { token: token({ sub: 'ann' }, { key: secret }) };
        const ended = once(await connected(server, { auth }), 'disconnect');
        rmSync(nowhere, { recursive: true });
        const message = await fails(server, 'POST', '/api/v1/revocations', undefined, 500, 'Failed', { body: { user: 'ann' } });
        assert.match(message, /^it holds, but could not be written down and is lost with a restart: /);
        await within(ended, 'disconnect');
        assert.equal((await check(server, 'GET', '/api/v1/revocations')).total, 1);
        await logged(server, /Revocations are not kept over a restart/);
      });

      test('log-level', async () => {
        const server = await start();
        await check(server, 'POST', '/api/v1/log-level', undefined, 200, { body: { level: 'debug' } });
        await logged(server, /set-log-level by all at 127\.0\.0\.1 \(http\) on debug: done/);
        await fails(server, 'POST', '/api/v1/log-level', undefined, 400, 'InvalidArgument', { body: { level: 'loud' } });
      });

      test('/socket-cleanup', async () => {
        const server = await start();
        assert.equal((await check(server, 'POST', '/socket-cleanup')).socketCount, 0);
        await logged(server, /cleanup by all at 127\.0\.0\.1 \(http\): done/);
      });

      test('reload', async () => {
        const server = await start();
        assert.deepEqual(await check(server, 'POST', '/api/v1/reload'), { warnings: [] });
        await logged(server, /reload by all at 127\.0\.0\.1 \(http\): done/);
        const before = [bearer('all'), bearer('read')];
        writeFileSync(tokenFile, 'x:y\n');
        try
          {
            const message = await fails(server, 'POST', '/api/v1/reload', undefined, 500, 'Failed');
            assert.match(message, /api\.token-file:1: expected a token/);
            assert.doesNotMatch(message, new RegExp(before.join('|')));
          }
        finally
          {
            writeFileSync(tokenFile, [...permissions, 'all'].map((name) => `${name}:${bearer(name)}:${name}\n`).join(''));
          }
        /* The old ones are still good. */
        await check(server, 'GET', '/api/v1/stats');
      });

      test('the token file is replaced again and again while it is read', async () => {
        const server = await start('api.failures-per-minute=0');
        /* Never a mixture: each version has one token that all have and one of its own; every third is bad. */
        const versions = ['a', 'b', 'bad'].map((name) => [`all:${bearer('all')}:all`, `own:version-${name}-0123456789:read`,
          ...(name === 'bad' ? ['short:x'] : Array.from({ length: 200 }, (_, i) => `more-${i}:version-${name}-${i}-0123456789:read`))].join('\n') + '\n');
        const replace = (text) => {
          writeFileSync(`${tokenFile}.new`, text);
          renameSync(`${tokenFile}.new`, tokenFile);
        };
        const works = async (name) => (await call(server, 'GET', '/api/v1/namespaces', { as: `version-${name}-0123456789` })).status === 200;
        let replaced = 0;
        const timer = setInterval(() => replace(versions[replaced++ % 3]), 1);
        let [good, bad] = [0, 0];
        try
          {
            for (let i = 0; (good < 10 || bad < 10) && i < 2000; i++)
              {
                const [a, b] = [await works('a'), await works('b')];
                const { status, json } = await call(server, 'POST', '/api/v1/reload');
                assert.ok(status === 200 || (status === 500 && /token-file:3: expected a token/.test(json.error.message)), `${status}`);
                const after_ = [await works('a'), await works('b')];
                assert.equal(await works('bad'), false);
                if (status === 500)
                  assert.deepEqual(after_, [a, b]);
                else
                  assert.equal(after_.filter((is) => is).length, 1);
                status === 500 ? bad++ : good++;
              }
          }
        finally
          {
            clearInterval(timer);
            writeFileSync(tokenFile, [...permissions, 'all'].map((name) => `${name}:${bearer(name)}:${name}\n`).join(''));
          }
        assert.ok(good >= 10 && bad >= 10, `${good} good, ${bad} bad`);
      });

      test('drain', async () => {
        const server = await start();
        const socket = await connected(server);
        const ended = once(socket, 'disconnect');
        await check(server, 'POST', '/api/v1/drain', undefined, 200, { body: { timeoutMs: 1000 } });
        await within(ended, 'disconnect');
        const health = await check(server, 'GET', '/api/v1/health', undefined, 503, { as: null });
        assert.equal(health.status, 'draining');
        assert.equal((await check(server, 'GET', '/health/websocket/detailed', undefined, 503, { as: null })).status, 'draining');
        await check(server, 'POST', '/api/v1/resume');
        assert.equal((await check(server, 'GET', '/api/v1/health', undefined, 200, { as: null })).status, 'healthy');
        await connected(server);
        await fails(server, 'POST', '/api/v1/drain', undefined, 400, 'InvalidArgument', { body: { timeoutMs: 'soon' } });
      });
    });

    describe('who may', () => {
      // What calls each route; bodies are right, so that nothing but the permission can be missing.
      const sample = (route) => route.replace('{name}', 'x').replace('{id}', 'x');

      test('every route: its permission and no other, and nobody without a token', async () => {
        const server = await start('api.failures-per-minute=0');
        const doc = await getDocument(server);
        let n = 0;
        for (const [route, operations] of Object.entries(doc.paths))
          for (const [method, operation] of Object.entries(operations))
            {
              const needed = operation['x-permission'];
              const where = sample(route);
              const name = `${method.toUpperCase()} ${route}`;
              n++;
              if (needed === undefined)
                {
                  assert.deepEqual(operation.security, [], name);
                  assert.equal((await call(server, method.toUpperCase(), where, { as: null })).status, 200, name);
                  continue;
                }
              await fails(server, method.toUpperCase(), route, where, 401, 'no-token', { as: null });
              await fails(server, method.toUpperCase(), route, where, 401, 'wrong-token', { as: 'wrong-wrong-wrong-wrong' });
              for (const permission of permissions.filter((one) => one !== needed))
                await fails(server, method.toUpperCase(), route, where, 403, 'permission', { as: permission });
              /* With it there is another answer, which says what is wrong with the call, if anything. */
              if (operation.operationId !== 'drain' && operation.operationId !== 'reload')
                assert.ok(![401, 403, 429].includes((await call(server, method.toUpperCase(), where, { as: needed })).status), name);
            }
        assert.ok(n >= 35, `${n}`);
        /* However many there are, the journal is not flooded: ten in ten seconds. */
        assert.ok(server.output.match(/ \(http\): (no-token|wrong-token|permission)/g).length <= 40);
        const { features } = await check(server, 'GET', '/api/v1/stats');
        assert.equal(features.api.refused.noToken ?? features.api.refused['no-token'], n - 4);
        assert.equal(features.api.refused.wrongToken ?? features.api.refused['wrong-token'], n - 4);
        assert.equal(features.api.refused.permission, (n - 4) * 4);
      });

      test('each kind of refusal is recorded', async () => {
        const server = await start();
        await call(server, 'POST', '/api/v1/disconnect', { as: null, body: { all: true } });
        await call(server, 'POST', '/api/v1/disconnect', { as: 'wrong-wrong-wrong-wrong', body: { all: true } });
        await call(server, 'POST', '/api/v1/disconnect', { as: 'read', body: { all: true } });
        await logged(server, /disconnect by unknown at 127\.0\.0\.1 \(http\): no-token/);
        await logged(server, /disconnect by unknown at 127\.0\.0\.1 \(http\): wrong-token/);
        await logged(server, /disconnect by read at 127\.0\.0\.1 \(http\): permission/);
        assert.doesNotMatch(server.output, /wrong-wrong|0123456789abcdef/);
      });

      test('users with a JWT: administrators may, others not', async () => {
        const server = await start('api.token-file=', `auth.secret-file=${secretFile}`, 'auth.admin-roles=operator', 'api.failures-per-minute=0');
        const jwt = (claims, options = {}) => token(claims, { key: secret, ...options });
        const admin = jwt({ sub: 'olga', role: 'operator' });
        assert.equal((await call(server, 'GET', '/api/v1/stats', { as: admin })).status, 200);
        const res = await call(server, 'POST', '/api/v1/broadcast', { as: admin, body: { event: 'x' } });
        assert.equal(res.status, 200, res.text);
        await logged(server, /emit by olga at 127\.0\.0\.1 \(http\) on event x.*: done/);
        const refused = async (as, status, code) => {
          const { json, ...rest } = await call(server, 'POST', '/api/v1/disconnect', { as, body: { all: true } });
          assert.deepEqual([rest.status, json.error.code], [status, code]);
        };
        await refused(jwt({ sub: 'mallory', role: 'user' }), 403, 'permission');
        await refused(jwt({ sub: 'mallory' }), 403, 'permission');
        await refused(jwt({ sub: 'olga', role: 'operator', exp: now() - 3600 }), 401, 'wrong-token');
        await refused(jwt({ sub: 'olga', role: 'operator' }, { key: newSecret() }), 401, 'wrong-token');
        await refused(jwt({ sub: 'olga', role: 'operator' }, { alg: 'none' }), 401, 'wrong-token');
        await refused(null, 401, 'no-token');
        await logged(server, /disconnect by mallory at 127\.0\.0\.1 \(http\): permission/);
        const { json } = await call(server, 'GET', '/api/v1/stats', { as: admin });
        assert.equal(json.data.features.api.refused.permission, 2);
      });

      test('while the keys of tokens cannot be had, nobody is blamed', async () => {
        const server = await start('auth.jwks-url=http://127.0.0.1:1/keys', 'auth.algorithms=EdDSA', 'auth.admin-roles=operator', 'api.failures-per-minute=1');
        const jwt = token({ sub: 'olga', role: 'operator' }, { key: crypto.generateKeyPairSync('ed25519').privateKey, alg: 'EdDSA', header: { kid: 'a' } });
        for (let i = 0; i < 5; i++)
          {
            const res = await call(server, 'POST', '/api/v1/disconnect', { as: jwt, body: { all: true } });
            assert.deepEqual([res.status, res.json.error.code, res.headers['retry-after']], [503, 'busy', '1'], res.text);
          }
        /* Other tokens are as good as ever: none of these were guesses. */
        const { json } = await call(server, 'GET', '/api/v1/stats');
        assert.equal(json.data.features.api.refused.busy, 5);
        assert.equal(json.data.features.control.denied.http, 5);
        await logged(server, /disconnect by unknown at 127\.0\.0\.1 \(http\): busy/);
      });

      test('nobody without tokens and keys', async () => {
        const server = await start('api.token-file=');
        for (const [method, where] of [['GET', '/api/v1/stats'], ['POST', '/api/v1/broadcast'], ['GET', '/socket-metrics'], ['POST', '/socket-cleanup']])
          {
            const res = await call(server, method, where);
            assert.deepEqual([res.status, res.json.error.code], [403, 'not-configured']);
          }
        assert.equal((await call(server, 'GET', '/api/v1/health', { as: null })).status, 200);
        await logged(server, /broadcast by unknown at 127\.0\.0\.1 \(http\): not-configured/);
      });

      test('whoever guesses is held back, and others are not', async () => {
        const server = await start('api.failures-per-minute=3', 'server.trusted-proxies=127.0.0.1');
        const from = (address, as) => call(server, 'GET', '/api/v1/stats', { as, headers: { 'X-Forwarded-For': address } });
        let throttled = 0;
        const n = 10_000;
        const begin = performance.now();
        for (let i = 0; i < n; i += 50)
          for (const { status, headers } of await Promise.all(Array.from({ length: 50 }, (_, j) => from('192.0.2.1', `guess-guess-guess-${i + j}`))))
            {
              assert.ok(status === 401 || status === 429, `${status}`);
              if (status === 429)
                {
                  assert.ok(Number(headers['retry-after']) >= 1);
                  throttled++;
                }
            }
        /* Three at once, and one each 20 seconds. */
        assert.ok(n - throttled >= 3 && n - throttled <= 4 + (performance.now() - begin) / 20_000, `${n - throttled} guesses were answered`);
        /* Also with a good one; unless another twenty seconds are over just now, which the next guess takes. */
        await eventually(async () => {
          throttled += Number((await from('192.0.2.1', 'guess-guess-guess')).status === 429);
          const { status } = await from('192.0.2.1', 'all');
          throttled += Number(status === 429);
          assert.equal(status, 429);
        });
        const other = await from('192.0.2.2', 'all');
        assert.equal(other.status, 200);
        assert.equal(other.json.data.features.api.refused.throttled, throttled);
        await logged(server, /stats by unknown at 192\.0\.2\.1 \(http\): throttled/);
      }, { timeout: 300_000 });
    });

    describe('what is sent', () => {
      test('paths and methods', async () => {
        const server = await start();
        for (const where of ['/api/v1', '/api/v1/', '/api/v1/stats/', '/api/v1/rooms/', '/api/v1/rooms/a/b', '/api/v1/nothing', '/socket-health/x'])
          {
            const res = await call(server, 'GET', where);
            assert.deepEqual([res.status, res.json.error.code], [404, 'NotFound'], where);
          }
        for (const [method, where, allow] of [['POST', '/api/v1/stats', 'GET, HEAD'], ['GET', '/api/v1/broadcast', 'POST'],
          ['PUT', '/api/v1/revocations', 'GET, HEAD, POST, DELETE'], ['OPTIONS', '/api/v1/stats', 'GET, HEAD']])
          {
            const res = await call(server, method, where);
            assert.deepEqual([res.status, res.headers.allow], [405, allow], where);
            assert.equal(res.headers['access-control-allow-origin'], undefined);
          }
        const head = await call(server, 'HEAD', '/api/v1/health', { as: null });
        assert.deepEqual([head.status, head.text], [200, '']);
        for (const name of ['%00', '%ff', '%', '%zz', '%c3'])
          {
            const res = await call(server, 'GET', `/api/v1/rooms/${name}`);
            assert.ok(res.status === 400, `${name}: ${res.status}`);
          }
        const get = await call(server, 'GET', '/api/v1/stats', { headers: { Origin: 'https://evil.example', Range: 'bytes=0-1' } });
        assert.equal(get.status, 200);
        assert.equal(get.headers['access-control-allow-origin'], undefined);
      });

      test('bodies that are not as expected', async () => {
        const server = await start('api.max-body=2K');
        const socket = await connected(server);
        const got = collect(socket);
        const post = (body, headers) => call(server, 'POST', '/api/v1/broadcast', { body, raw: true, headers: { 'Content-Type': 'application/json', ...headers } });
        for (const [body, what] of [['', 'JSON object'], ['[]', 'JSON object'], ['7', 'JSON object'], ['{"event":"x"', 'JSON object'], ['{"event":"x"}{}', 'JSON object'],
          ["{'event':'x'}", 'JSON object'], ['{"event":"x",}', 'JSON object'], ['{"event":"x","event":"y"}', 'JSON object'], ['{"event":"x","data":nan}', 'JSON object'],
          [`{"event":"x","data":${'['.repeat(600)}${']'.repeat(600)}}`, 'JSON object'], ['{"event":"\ud800"}', ''], ['{}', '"event"'], ['{"event":7}', '"event"'],
          ['{"event":""}', 'event'], ['{"event":"disconnect"}', 'reserved|itself uses'], ['{"event":"x","Data":1}', 'member'], ['{"event":"x","except":7}', '"except"'],
          ['{"event":"x","namespace":"/nowhere"}', 'namespace'], [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'JSON object']])
          {
            const res = await post(body);
            if (body === '{"event":"\ud800"}')
              continue; /* a replacement character by now */
            assert.ok(res.status === 400 || res.status === 404, `${body}: ${res.status} ${res.text}`);
            assert.match(res.json.error.message, new RegExp(what), `${body}`);
          }
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp'])
          assert.equal((await post('{"event":"x"}', { 'Content-Type': type })).status, 415, type);
        assert.equal((await post('{"event":"fine"}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status, 200);
        const large = await post(`{"event":"x","data":"${'x'.repeat(3000)}"}`);
        assert.deepEqual([large.status, large.json.error.code], [413, 'LimitExceeded']);
        const chunked = await request(server.port, '/api/v1/broadcast', { method: 'POST', chunked: true, ownConnection: true,
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer('all')}` }, body: `{"event":"x","data":"${'x'.repeat(200_000)}"}` });
        assert.equal(chunked.status, 413);
        const small = await request(server.port, '/api/v1/broadcast', { method: 'POST', chunked: true, ownConnection: true,
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer('all')}` }, body: '{"event":"last"}' });
        assert.equal(small.status, 200);
        await until(() => got.at(-1)?.[0] === 'last', 'the last event');
        assert.ok(got.every(([name]) => ['fine', 'last', '\ufffd'].includes(name)), JSON.stringify(got));
      });

      test('of a body without an end only so much is read', async () => {
        const server = await start('api.max-body=2K');
        const endless = await Tcp.open(server.port);
        endless.write(`POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer('all')}\r\n`
          + 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
        let sent = 0;
        for (const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`; !endless.over && sent < 256 << 20; sent += chunk.length)
          {
            endless.write(chunk);
            await new Promise((resolve) => setImmediate(resolve));
          }
        await endless.ended;
        assert.ok(sent < 128 << 20, `${sent} bytes were taken`);
        assert.equal((await call(server, 'GET', '/api/v1/health', { as: null })).status, 200);
      });

      test('what a proxy in front could read in another way is refused', async () => {
        const server = await start();
        const socket = await connected(server);
        const got = collect(socket);
        const body = '{"event":"smuggled"}';
        const heads = {
          'two lengths': `Content-Length: 5\r\nContent-Length: ${body.length}\r\n`,
          'a length with a sign': `Content-Length: +${body.length}\r\n`,
          'length and chunks': `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`,
          'two tokens': `Content-Length: ${body.length}\r\nAuthorization: Bearer wrong-wrong-wrong\r\n`,
        };
        for (const [name, lines] of Object.entries(heads))
          {
            const tcp = await Tcp.open(server.port);
            const chunked = lines.includes('chunked');
            tcp.write('POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\n'
              + `${lines.includes('Bearer') ? lines : ''}Authorization: Bearer ${bearer('all')}\r\n${lines.includes('Bearer') ? '' : lines}`
              + `Content-Type: application/json\r\n\r\n${chunked ? `14\r\n${body}\r\n0\r\n\r\n` : body}`);
            await tcp.ended;
            assert.match(tcp.received.toString(), /^HTTP\/1\.1 400 /, `${name}: ${tcp.received}`);
          }
        assert.equal((await call(server, 'POST', '/api/v1/broadcast', { body: { event: 'last' } })).status, 200);
        await until(() => got.at(-1)?.[0] === 'last', 'the last event');
        assert.equal(got.length, 1);
      });

      test('a body that comes slowly keeps nobody else, and counts when it is there', async () => {
        const server = await start();
        const slow = await Tcp.open(server.port);
        slow.write(`POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer('all')}\r\n`
          + 'Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"event":');
        assert.equal((await call(server, 'GET', '/api/v1/health', { as: null })).status, 200);
        assert.equal(slow.received.length, 0);
        slow.write('"x"}');
        await slow.ended;
        assert.match(slow.received.toString(), /^HTTP\/1\.1 200 /);
      });
    });

    describe('where', () => {
      const findPort = async (server) => {
        await logged(server, /The HTTP API is at/);
        return Number(/The HTTP API is at http:\/\/127\.0\.0\.1:(\d+)/.exec(server.output)[1]);
      };

      test('listen: there and not where clients connect', async () => {
        const server = await start('api.listen=tcp:127.0.0.1:0', 'server.page=false');
        const port = await findPort(server);
        const socket = await connected(server);
        const got = once(socket, 'hello');
        for (const where of ['/api/v1/health', '/api/v1/stats', '/socket-health', '/health/websocket/detailed', '/metrics'])
          {
            assert.equal((await call(server, 'GET', where)).status, 404, where);
            assert.equal((await call(server, 'GET', where, { port })).status, 200, where);
          }
        assert.equal((await call(server, 'GET', '/socket.io/?EIO=4&transport=polling', { port })).status, 404);
        const sent = await call(server, 'POST', '/api/v1/broadcast', { port, body: { event: 'hello', data: 1 } });
        assert.deepEqual(sent.json.data, { event: 'hello', recipientCount: 1 });
        assert.deepEqual(await within(got, 'hello'), [1]);
      });

      test('listen: a Unix socket, and TLS', async () => {
        const socketPath = path.join(dir, 'api.sock');
        const certificate = path.join(dir, 'cert.pem');
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost',
          '-keyout', certificate, '-out', `${certificate}.crt`, '-days', '2'], { stdio: 'ignore' });
        writeFileSync(certificate, readFileSync(certificate, 'utf8') + readFileSync(`${certificate}.crt`, 'utf8'));
        const server = await start(`api.listen=unix:${socketPath}:600;tls:127.0.0.1:0`, `server.tls-certificate=${certificate}`);
        await logged(server, /The HTTP API is at https:/);
        const port = Number(/The HTTP API is at https:\/\/127\.0\.0\.1:(\d+)/.exec(server.output)[1]);
        const get = (module, options) => within(new Promise((resolve, reject) => {
          module.get({ path: '/api/v1/stats', agent: false, headers: { Authorization: `Bearer ${bearer('read')}` }, ...options }, (res) => {
            res.resume();
            res.on('end', () => resolve(res.statusCode));
          }).on('error', reject);
        }), 'an answer');
        assert.equal(await get(http, { socketPath }), 200);
        assert.equal(statSync(socketPath).mode & 0o777, 0o600);
        assert.equal(await get(https, { host: '127.0.0.1', port, rejectUnauthorized: false }), 200);
        assert.equal(await get(http, { socketPath, headers: {} }), 401);
        await logged(server, /stats by unknown \(http\): no-token/);
        await cleanups.pop()();
        assert.equal(existsSync(socketPath), false);
        const [program, ...args] = commandFor('sio-server');
        const { stderr, status } = spawnSync(program, [...args, '--check-config', '--set', 'api.listen=tls:127.0.0.1:0'], { encoding: 'utf8' });
        assert.equal(status, 2);
        assert.match(stderr, /api\.listen: tls:127\.0\.0\.1:0 needs server\.tls-certificate/);
      });

      test('max-connections of its own addresses', async () => {
        const server = await start('api.listen=tcp:127.0.0.1:0', 'api.max-connections=2');
        const port = await findPort(server);
        const idle = [await Tcp.open(port), await Tcp.open(port)];
        /* It is reset, perhaps before Node knows that it was connected. */
        const third = await Tcp.open(port).catch((error) => assert.equal(error.code, 'ECONNRESET'));
        if (third)
          await third.ended;
        for (const one of idle)
          one.destroy();
        await until(async () => (await call(server, 'GET', '/api/v1/health', { as: null, port }).catch(() => null))?.status === 200, 'a free place');
      });

      test('256 slow connections of one address keep nobody else out', async () => {
        const server = await start('api.listen=tcp:127.0.0.1:0');
        const port = await findPort(server);
        const open = [];
        let refused = 0;
        for (let i = 0; i < 256; i++)
          {
            /* Those beyond the limit are reset, perhaps before Node knows that they were connected. */
            const slow = await Tcp.open(port).catch((error) => assert.equal(error.code, 'ECONNRESET'));
            slow?.write('GET /api/v1/health HTTP/1.1\r\nHost: a\r\nX-Slow: ');
            slow?.ended.then(() => refused++);
            refused += slow ? 0 : 1;
            open.push(slow);
          }
        cleanups.push(() => open.forEach((slow) => slow?.destroy()));
        await until(() => refused === 256 - 64, () => `${refused} were refused`);
        const elsewhere = (options) => within(new Promise((resolve, reject) => {
          http.get({ host: '127.0.0.1', port, path: '/api/v1/stats', agent: false, localAddress: '127.0.0.2',
            headers: { Authorization: `Bearer ${bearer('read')}` }, ...options }, (res) => {
            res.resume();
            res.on('end', () => resolve(res.statusCode));
          }).on('error', reject);
        }), 'an answer');
        assert.equal(await elsewhere(), 200);
        await assert.rejects(elsewhere({ localAddress: '127.0.0.1' }), { code: 'ECONNRESET' });
        await logged(server, /127\.0\.0\.1: Too many connections from this address/);
        const numbers = (await request(server.port, '/metrics', { ownConnection: true })).status;
        assert.equal(numbers, 404);
        const own = await new Promise((resolve, reject) => {
          http.get({ host: '127.0.0.1', port, path: '/metrics', agent: false, localAddress: '127.0.0.2',
            headers: { Authorization: `Bearer ${bearer('read')}` } }, (res) => {
            let text = '';
            res.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text));
          }).on('error', reject);
        });
        const [, seen] = /^socketio_incidents_seen_total\{kind="max-connections-per-address"\} (\d+)$/m.exec(own);
        assert.ok(seen >= 256 - 64 + 1, `${seen} incidents`);
      });

      test('pages of other origins: not without cors-origins, and not those that are not named', async () => {
        const origin = 'https://dashboard.example.org';
        const ask = (port, method, where, headers = {}) => request(port, where, { method, ownConnection: true, headers: { Origin: origin, ...headers } });
        const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type' };
        const authorization = { Authorization: `Bearer ${bearer('all')}` };

        const closed = await start('server.cors-origins=*');
        for (const where of ['/api/v1/stats', '/metrics'])
          {
            const res = await ask(closed.port, 'GET', where, authorization);
            assert.equal(res.status, 200);
            assert.equal(res.headers['access-control-allow-origin'], undefined, where);
            assert.equal((await ask(closed.port, 'OPTIONS', where, preflight)).status, 405);
          }

        for (const own of [false, true])
          {
            const server = await start(`api.cors-origins=${origin};https://other.example.org`, ...(own ? ['api.listen=tcp:127.0.0.1:0'] : []));
            const port = own ? await findPort(server) : server.port;
            const asked = await ask(port, 'OPTIONS', '/api/v1/broadcast', preflight);
            assert.equal(asked.status, 200);
            assert.equal(asked.text, '');
            assert.equal(asked.headers['access-control-allow-origin'], origin);
            assert.equal(asked.headers['access-control-allow-methods'], 'GET,HEAD,POST,DELETE');
            assert.equal(asked.headers['access-control-allow-headers'], 'Authorization,Content-Type');
            assert.equal(asked.headers['access-control-allow-credentials'], undefined);
            assert.equal(asked.headers.vary, 'Origin');
            /* Asking beforehand is no way around the token. */
            const none = await ask(port, 'GET', '/api/v1/stats');
            assert.equal(none.status, 401);
            assert.equal(none.headers['access-control-allow-origin'], origin);
            for (const where of ['/api/v1/stats', '/metrics'])
              {
                const res = await ask(port, 'GET', where, authorization);
                assert.equal(res.status, 200);
                assert.equal(res.headers['access-control-allow-origin'], origin);
                assert.equal(res.headers['access-control-expose-headers'], 'Retry-After,X-Request-Id');
                const foreign = await ask(port, 'GET', where, { ...authorization, Origin: 'https://evil.example.org' });
                assert.equal(foreign.headers['access-control-allow-origin'], undefined);
                assert.equal(foreign.headers.vary, 'Origin');
              }
          }

        const any = await start('api.cors-origins=*');
        assert.equal((await ask(any.port, 'GET', '/api/v1/stats', authorization)).headers['access-control-allow-origin'], '*');
      });

      test('enabled', async () => {
        const server = await start('api.enabled=false');
        assert.equal((await call(server, 'GET', '/api/v1/health')).status, 404);
        assert.equal((await call(server, 'GET', '/metrics')).status, 200);
      });
    });

    test('the manual page has each call', () => {
      const manual = readFileSync(path.join(top, 'data', 'man', 'sio-server-api.7'), 'utf8').replaceAll('\\-', '-');
      for (const [route, operations] of Object.entries(document.paths))
        for (const [method, { 'x-permission': permission, summary }] of Object.entries(operations))
          {
            const entry = `.B ${method.toUpperCase()} ${route}\n${summary}${permission ? ` (${permission}).` : '; needs no token.'}\n`;
            assert.ok(manual.includes(entry), `not in sio-server-api(7):\n${entry}`);
          }
    });

    test('each call of the document was made', async () => {
      const all = Object.entries(document.paths).flatMap(([route, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${route}`));
      assert.deepEqual(all.filter((name) => !used.has(name)), ['GET /api/v1/openapi.json']);
    });
  }
