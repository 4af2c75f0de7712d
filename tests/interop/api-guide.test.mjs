// SPDX-License-Identifier: LGPL-2.1-or-later
// Each command of docs/guides/http-api.md and each call of curl in sio-server-api(7), from their text, against a real
// server. The address is put in the place of the one that is written there.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { load } from './lib/npm.mjs';
import { isNode, startDaemon } from './lib/server.mjs';
import { newSecret, token } from './lib/tokens.mjs';
import { test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-guide-'));
const secret = newSecret();
const cleanups = [];
writeFileSync(path.join(dir, 'secret'), secret, { mode: 0o600 });

after(() => rmSync(dir, { recursive: true }));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse())
    await cleanup();
});

const guide = readFileSync(path.join(top, 'docs', 'guides', 'http-api.md'), 'utf8');
const commands = [...guide.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command);

const shell = (command) => execFileSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8', timeout: 20_000 });

// The server of a line of the guide, where users with a token may connect.
async function
start (line)
{
  const [program, ...args] = shell(`printf '%s\\n' ${line}`).trim().split('\n');
  assert.equal(program, 'sio-server');
  const server = await startDaemon({ client: false, args: [...args,
    '--set', 'auth.mode=optional', '--set', `auth.secret-file=${dir}/secret`, '--set', 'auth.revocations-file='] });
  cleanups.push(() => server.stop());
  return server;
}

async function
connected (server, sub)
{
  const socket = io(server.url, { forceNew: true, reconnection: false, transports: ['websocket'], auth: { token: token({ sub }, { key: secret }) } });
  cleanups.push(() => socket.disconnect());
  await within(once(socket, 'connect'), 'connect');
  assert.equal((await socket.timeout(8000).emitWithAck('join', 'conversation:7')).ok, true);
  socket.got = [];
  socket.onAny((...event) => socket.got.push(event));
  return socket;
}

// What a command prints; not in the way of the sockets here.
async function
run (server, setup, command)
{
  const { stdout } = await promisify(execFile)('sh', ['-c', `${setup}\n${command.replaceAll('http://localhost:3000', server.url)}`],
    { cwd: dir, encoding: 'utf8', timeout: 20_000 });
  return stdout;
}

if (!isNode)
  {
    describe('docs/guides/http-api.md', () => {
      test('each command, in the order of the page', async () => {
        const [makeTokens, serve, setToken, ...calls] = commands;
        shell(makeTokens);
        assert.equal(statSync(path.join(dir, 'tokens')).mode & 0o777, 0o600);
        const server = await start(serve);
        const [ann, bob] = [await connected(server, 'ann'), await connected(server, 'bob')];
        const at = calls.findIndex((command) => command.startsWith('sio-server '));
        const data = {};
        for (const command of calls.slice(0, at))
          {
            const where = /http:\/\/localhost:3000([^' ]*)/.exec(command)[1];
            const { success, data: found, error } = JSON.parse(await run(server, setToken, command));
            (data[where] ??= []).push(success ? found : error.code);
          }
        const sockets = (list) => list.sockets.map(({ user }) => user).toSorted();
        assert.equal(data['/api/v1/health'][0].status, 'healthy');
        assert.equal(data['/api/v1/stats'][0].sockets, 2);
        assert.deepEqual(data['/api/v1/stats'].slice(1), ['no-token', 'wrong-token']);
        assert.deepEqual(sockets(data['/api/v1/sockets?sort=latency&order=desc&limit=20'][0]), ['ann', 'bob']);
        assert.deepEqual(data['/api/v1/rooms?text=conversation'][0].rooms.map(({ name }) => name), ['conversation:7']);
        assert.equal(data['/api/v1/rooms/conversation%3A7'][0].name, 'conversation:7');
        assert.equal(data['/api/v1/sockets?limit=1000'][0].total, 2);
        const { revision } = data['/api/v1/sockets?limit=1000'][0];
        assert.ok(revision > 0);
        assert.deepEqual(data['/api/v1/broadcast'], [{ event: 'news', recipientCount: 2 }, 'InvalidArgument']);
        assert.deepEqual(data['/api/v1/broadcast/room/conversation%3A7'], [{ event: 'news', recipientCount: 2 }]);
        assert.deepEqual(data['/api/v1/broadcast/user/ann'], [{ event: 'news', recipientCount: 1 }]);
        assert.equal(data['/api/v1/announce'][0].recipientCount, 2);
        assert.deepEqual(data['/api/v1/join'], [{ socketCount: 2 }]);
        assert.deepEqual(data['/api/v1/disconnect'], [{ socketCount: 2 }]);
        assert.ok('/api/v1/reload' in data && typeof data['/api/v1/reload'][0] === 'object');
        assert.deepEqual(ann.got.map(([event, ...args]) => (event === 'announcement' ? [event, args[0].title] : [event, ...args])),
          [['news', { text: 'hello' }], ['news', 1], ['news'], ['announcement', 'Maintenance']]);
        assert.deepEqual(bob.got.map(([event]) => event), ['news', 'news', 'announcement']);
        assert.equal(ann.connected || bob.connected, false);
        /* As the text says, pages of a revision go on; and an unknown one is refused. */
        const page = (n) => run(server, setToken, `curl -s -H "Authorization: Bearer $TOKEN" 'http://localhost:3000/api/v1/sockets?offset=1&limit=1000&revision=${n}'`);
        assert.equal(JSON.parse(await page(revision)).data.total, 2);
        assert.equal(JSON.parse(await page(revision + 1000)).error.code, 'OutOfSync');

        const [withPages, preflight, openapi, ...more] = calls.slice(at);
        assert.deepEqual(more, []);
        const second = await start(withPages);
        const answer = await run(second, setToken, preflight);
        assert.match(answer, /^HTTP\/1\.1 200 /);
        assert.match(answer, /^Access-Control-Allow-Origin: https:\/\/dashboard\.example\.org\r$/m);
        assert.match(answer, /^Access-Control-Allow-Headers: Authorization,Content-Type\r$/m);
        assert.ok('/api/v1/stats' in JSON.parse(await run(second, setToken, openapi)).paths);
      });
    });

    describe('sio-server-api(7)', () => {
      test('calls of curl', async () => {
        const manual = readFileSync(path.join(top, 'data', 'man', 'sio-server-api.7'), 'utf8');
        const [, examples] = /^\.SH EXAMPLES\n\.nf\n(.*?)^\.fi/ms.exec(manual);
        const calls = examples.replaceAll('\\-', '-').replaceAll('\\e\n', '\\\n').split('\n\n').map((call) => call.trim());
        assert.equal(calls.length, 2);
        const [makeTokens, serve, setToken] = commands;
        shell(makeTokens);
        const server = await start(serve);
        const socket = await connected(server, 'ann');
        assert.equal((await socket.timeout(8000).emitWithAck('join', 'red')).ok, true);
        const got = once(socket, 'news');
        const answers = [];
        for (const call of calls)
          {
            assert.match(call, /^curl /);
            answers.push(JSON.parse(await run(server, setToken, call)));
          }
        assert.equal(answers[0].data.sockets, 1);
        assert.deepEqual(answers[1].data, { event: 'news', recipientCount: 1 });
        assert.deepEqual(await within(got, 'news'), [{ text: 'hello' }]);
      });
    });
  }
else
  test('the daemon is not tested here', () => {}, { skip: true });
