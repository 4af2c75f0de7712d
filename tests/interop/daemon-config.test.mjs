// SPDX-License-Identifier: LGPL-2.1-or-later
// What each key of sio-server.conf does, where it may come from, and reloading, with official clients.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, afterEach, describe } from 'node:test';
import { clientDir, load } from './lib/npm.mjs';
import { commandFor, freePort, isNode, startDaemon } from './lib/server.mjs';
import { Polling, Tcp, Ws, quiet, request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const { WebSocket } = load('ws');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-config-'));
const file = path.join(dir, 'sio-server.conf');
const ownConnection = true;
const servers = [];
const clients = [];

after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const client of clients.splice(0))
    client.disconnect();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function
start (sets, { args = [], ...options } = {})
{
  const server = await startDaemon({ ...options, args: [...sets.flatMap((set) => ['--set', set]), ...args] });
  servers.push(server);
  return server;
}

function
client (server, name = '', options = {})
{
  const socket = io(`${server.url}${name}`, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
  clients.push(socket);
  return socket;
}

async function
connected (...args)
{
  const socket = client(...args);
  await within(once(socket, 'connect'), 'connect');
  return socket;
}

// Refused as often as @n (a number, or a function that knows), and there is a record of it.
async function
told (server, kind, n, record)
{
  let last;
  // The answer is kept for a second.
  await until(async () => {
    last = JSON.parse((await request(server.port, '/status', { ownConnection })).text).incidents.seen;
    return typeof n === 'function' ? n(last[kind]) : last[kind] === n;
  }, () => `expected ${n} × ${kind}, got ${JSON.stringify(last)}`);
  await until(() => record.test(server.output), () => `no record ${record}:\n${server.output}`);
}

const refused = async (...args) => (await within(once(client(...args), 'connect_error'), 'connect_error'))[0];
const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

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

async function
reload (server)
{
  const count = () => server.output.match(/The configuration (was read again|stays as it was)/g)?.length ?? 0;
  const before = count();
  process.kill(server.pid, 'SIGHUP');
  await until(() => count() > before, () => `no reload:\n${server.output}`);
}

const run = (...args) => within(new Promise((resolve) => {
  const [program, ...first] = commandFor('sio-server');
  execFile(program, [...first, ...args], { timeout: 60_000, env: { ...process.env, SIO_CLIENT_DIR: '' } }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : error.code, stdout, stderr });
  });
}), 'end of the program');

const values = (text) => text.replaceAll(/^# .*\n/gm, '');

if (!isNode)
  {
    describe('[server]', () => {
      test('path', async () => {
        const server = await start(['server.path=/rt/']);
        assert.deepEqual(await ask(await connected(server, '', { path: '/rt' }), 'latency'), { ok: true });
        assert.equal((await request(server.port, '/socket.io/?EIO=4&transport=polling', { ownConnection })).status, 404);
        assert.match((await request(server.port, '/', { ownConnection })).text, /"\/rt"/);
      });

      test('ping-interval, ping-timeout, and max-payload of [limits]', async () => {
        const server = await start(['server.ping-interval=7s', 'server.ping-timeout=1500ms', 'limits.max-payload=2K']);
        const { handshake } = await Polling.open(server.port, '/socket.io/');
        assert.deepEqual([handshake.pingInterval, handshake.pingTimeout, handshake.maxPayload], [7000, 1500, 2048]);
      });

      test('transports', async () => {
        const server = await start(['server.transports=polling']);
        assert.deepEqual((await Polling.open(server.port, '/socket.io/')).handshake.upgrades, []);
        await refused(server);
        await connected(server, '', { transports: ['polling'] });
      });

      test('allow-upgrades', async () => {
        const upgrades = async (value) => (await Polling.open((await start([`server.allow-upgrades=${value}`])).port, '/socket.io/')).handshake.upgrades;
        assert.deepEqual(await upgrades(true), ['websocket']);
        assert.deepEqual(await upgrades(false), []);
      });

      test('allow-eio3', async () => {
        for (const [value, status] of [['yes', 200], ['no', 400]])
          assert.equal((await request((await start([`server.allow-eio3=${value}`])).port, '/socket.io/?EIO=3&transport=polling')).status, status);
      });

      test('connect-timeout', async () => {
        const server = await start(['server.connect-timeout=50ms']);
        const ws = await Ws.session(server.port, '/socket.io/');
        await within(ws.closed, 'the end');
      });

      test('request-timeout', async () => {
        const server = await start(['server.request-timeout=50ms']);
        const tcp = await Tcp.open(server.port);
        tcp.write('GET / HTTP/1.1\r\n');
        await within(tcp.ended, 'the end');
        tcp.destroy();
      });

      test('upgrade-timeout', async () => {
        const server = await start(['server.upgrade-timeout=50ms']);
        const polling = await Polling.open(server.port, '/socket.io/');
        const ws = await Ws.open(server.port, `/socket.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
        await within(ws.closed, 'the end of the probe');
      });

      test('websocket-path', async () => {
        const server = await start(['server.websocket-path=/ws']);
        const ws = new WebSocket(`ws://127.0.0.1:${server.port}/ws?namespace=/`);
        const [data] = await within(once(ws, 'message'), 'a message');
        assert.equal(JSON.parse(data).event, 'connect');
        ws.close();
      });

      test('cors-origins and cors-credentials', async () => {
        const answer = async (sets, origin) => {
          const res = await request((await start(sets)).port, '/socket.io/?EIO=4&transport=polling', { headers: { Origin: origin } });
          return [res.headers['access-control-allow-origin'], res.headers['access-control-allow-credentials']];
        };
        assert.deepEqual(await answer([], 'https://a.test'), [undefined, undefined]);
        assert.deepEqual(await answer(['server.cors-origins=https://a.test;https://b.test'], 'https://b.test'), ['https://b.test', undefined]);
        assert.deepEqual(await answer(['server.cors-origins=*'], 'https://a.test'), ['*', undefined]);
        assert.deepEqual(await answer(['server.cors-origins=*', 'server.cors-credentials=true'], 'https://a.test'), ['https://a.test', 'true']);
      });

      test('trusted-proxies, by a reload, too', async () => {
        const set = (proxies) => writeFileSync(file, `[server]\ntrusted-proxies=${proxies}\n[limits]\nmax-connections-per-address=2\n`);
        set('10.0.0.0/8;127.0.0.0/8');
        const server = await start([], { args: ['--config', file] });
        const from = async (address) => {
          const res = await request(server.port, '/socket.io/?EIO=4&transport=polling', { ownConnection, headers: { 'X-Forwarded-For': address } });
          return [res.status, res.status === 403 ? JSON.parse(res.text).message : undefined];
        };
        const full = [403, 'Too many connections from this address'];
        for (const expected of [[200, undefined], [200, undefined], full])
          assert.deepEqual(await from('203.0.113.1, 10.1.2.3'), expected);
        assert.deepEqual(await from('203.0.113.1, 203.0.113.2'), [200, undefined]);
        const socket = await connected(server, '', { extraHeaders: { 'X-Forwarded-For': '203.0.113.3' } });
        await refused(server, '', { extraHeaders: { 'X-Forwarded-For': '203.0.113.1' } });
        assert.match(server.output, /203\.0\.113\.1: /);

        set('');
        await reload(server);
        /* The connection itself counts now, so that the third one is refused before it can ask. */
        assert.deepEqual(await from('203.0.113.1'), [200, undefined]);
        await assert.rejects(async () => {
          for (let i = 0; i < 3; i++)
            await from(`203.0.113.${10 + i}`);
        }, { code: 'ECONNRESET' });
        assert.equal(socket.connected, true);
      });

      test('cookie and its attributes', async () => {
        const cookie = async (...sets) => {
          const session = await Polling.open((await start(sets)).port, '/socket.io/');
          return session.response.headers['set-cookie']?.[0].replace(session.sid, 'SID');
        };
        assert.equal(await cookie(), undefined);
        assert.equal(await cookie('server.cookie=io'), 'io=SID; Path=/; HttpOnly; SameSite=Lax');
        assert.equal(await cookie('server.cookie=io', 'server.cookie-path=/x', 'server.cookie-secure=true', 'server.cookie-same-site=strict'),
          'io=SID; Path=/x; HttpOnly; Secure; SameSite=Strict');
      });

      test('http-compression and its threshold', async () => {
        const coding = async (...sets) => {
          const session = await Polling.open((await start(sets)).port, '/socket.io/');
          await session.send('40', `421["join","${'r'.repeat(150)}"]`);
          let all = '';
          for (;;)
            {
              const res = await session.get({ headers: { 'Accept-Encoding': 'gzip' } });
              if (res.headers['content-encoding'] !== undefined)
                return res.headers['content-encoding'];
              all += res.text;
              if (all.includes('431['))
                return undefined;
            }
        };
        assert.equal(await coding(), undefined);
        assert.equal(await coding('server.http-compression-threshold=10'), 'gzip');
        assert.equal(await coding('server.http-compression-threshold=10', 'server.http-compression=false'), undefined);
      });

      test('per-message-deflate and its threshold', async () => {
        const extensions = async (...sets) => {
          const ws = new WebSocket(`ws://127.0.0.1:${(await start(sets)).port}/socket.io/?EIO=4&transport=websocket`);
          const next = (prefix) => within(new Promise((resolve) => {
            ws.on('message', (data) => { if (String(data).startsWith(prefix)) resolve(); });
          }), prefix);
          const [opened, answered] = [next('40'), next('431')];
          await within(once(ws, 'open'), 'open');
          ws.send('40');
          await opened;
          const before = ws._socket.bytesRead;
          ws.send(`421["join","${'r'.repeat(150)}"]`);
          await answered;
          const compressed = ws._socket.bytesRead - before < 100;
          const answer = [ws.extensions !== '', compressed];
          ws.terminate();
          return answer;
        };
        assert.deepEqual(await extensions(), [false, false]);
        assert.deepEqual(await extensions('server.per-message-deflate=true'), [true, false]);
        assert.deepEqual(await extensions('server.per-message-deflate=true', 'server.per-message-deflate-threshold=10'), [true, true]);
      });

      const again = { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 50 };

      async function
      cut (server)
      {
        const socket = await connected(server, '', again);
        await ask(socket, 'join', 'r');
        socket.io.engine.close();
        await within(once(socket, 'connect'), 'the way back');
        return socket.recovered === true;
      }

      test('recovery, recovery-duration, and recovery-max-sessions of [limits]', async () => {
        assert.equal(await cut(await start([])), false);
        assert.equal(await cut(await start(['server.recovery=true'])), true);
        assert.equal(await cut(await start(['server.recovery=true', 'server.recovery-duration=1ms'])), false);
        assert.equal(await cut(await start(['server.recovery=true', 'limits.recovery-max-sessions=0'])), false);
      });

      test('recovery-file keeps sessions over a restart', async () => {
        const port = await freePort();
        const saved = path.join(dir, 'sessions');
        const sets = ['server.recovery=true', `server.recovery-file=${saved}`];
        const first = await start(sets, { port });
        const socket = await connected(first, '', again);
        const back = once(socket, 'connect');
        await ask(socket, 'join', 'r');
        await first.stop();
        servers.pop();
        assert.equal(statSync(saved).mode & 0o777, 0o600);
        /* An official client stays away after a close by the server. */
        if (!socket.active)
          socket.connect();
        await start(sets, { port });
        await within(back, 'the way back');
        assert.equal(socket.recovered, true);
      });

      test('recovery-file that cannot be written in full: told, and none is left', async () => {
        const saved = path.join(dir, 'sessions-full');
        const server = await start(['server.recovery=true', `server.recovery-file=${saved}`, 'server.drain-timeout=0s']);
        const sockets = await Promise.all(Array.from({ length: 4 }, () => connected(server)));
        for (const socket of sockets)
          await ask(socket, 'join', 'r');
        for (let i = 0; i < 20; i++)
          await ask(sockets[0], 'room', 'r', 'said', 'x'.repeat(1000));
        execFileSync('prlimit', ['--pid', String(server.pid), '--fsize=4096']);
        servers.pop();
        assert.equal((await server.stop()).code, 0);
        assert.match(server.output, /Sessions are not kept: /);
        assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith('sessions-full')), []);
      });

      test('page and status', async () => {
        const server = await start(['server.page=false', 'server.status=false']);
        assert.equal((await request(server.port, '/', { ownConnection })).status, 404);
        assert.equal((await request(server.port, '/status', { ownConnection })).status, 404);
      });

      test('client-dir', async () => {
        const bundle = '/socket.io/socket.io.min.js';
        assert.equal((await request((await start([`server.client-dir=${clientDir}`], { client: false })).port, bundle, { ownConnection })).status, 200);
        const none = await start(['server.client-dir=']);
        assert.notEqual((await request(none.port, bundle, { ownConnection })).status, 200);
        assert.doesNotMatch(none.output, /not served/);
      });

      test('log-level', async () => {
        const loud = await start(['server.client-dir=/nowhere']);
        await until(() => /not served/.test(loud.output), () => loud.output);
        const quiet = await start(['server.client-dir=/nowhere', 'server.log-level=warning']);
        assert.doesNotMatch(quiet.output, /not served/);
      });
    });

    describe('server.listen', () => {
      const getUnix = (socketPath) => new Promise((resolve, reject) => {
        http.get({ socketPath, path: '/status', agent: false }, (res) => { res.resume(); resolve(res.statusCode); }).once('error', reject);
      });

      for (const [suffix, mode] of [[':0620', 0o620], [',mode=0600', 0o600]])
        test(`unix:PATH${suffix}, beside tcp`, async () => {
          const socket = path.join(dir, 'socket');
          const server = await start([`server.listen=unix:${socket}${suffix};tcp:127.0.0.1:0`]);
          assert.equal(statSync(socket).mode & 0o777, mode);
          assert.equal(await getUnix(socket), 200);
          await connected(server);
        });

      // A small stand-in for systemd: sockets as descriptors 3 and on, and their names.
      const launcher = `
import os, socket, sys
names, *command = sys.argv[1:]
sockets = []
for _ in names.split(":"):
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    sockets.append(os.dup(listening.fileno()) if listening.fileno() < 20 else listening.detach())
    os.set_inheritable(sockets[-1], True)
high = [os.dup2(s, 100 + i, True) for i, s in enumerate(sockets)]
for i, s in enumerate(high):
    os.dup2(s, 3 + i, True)
    os.close(s)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)), LISTEN_FDNAMES=names)
os.execv(command[0], command)
`;
      const launch = (names, ...args) => {
        const child = spawn('python3', ['-c', launcher, names, ...commandFor('sio-server'), '--client-dir', '', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
        child.text = '';
        child.stdout.on('data', (data) => { child.text += data; });
        child.stderr.on('data', (data) => { child.text += data; });
        child.ended = once(child, 'close');
        return child;
      };
      const ports = (child) => [...child.text.matchAll(/^listening on http:\/\/127\.0\.0\.1:(\d+)/gm)].map((match) => Number(match[1]));

      test('systemd:NAME takes the sockets of that name', async () => {
        const child = launch('http:other:http', '--listen', 'systemd:http');
        try
          {
            await until(() => ports(child).length === 2, () => child.text);
            for (const port of ports(child))
              await connected({ url: `http://127.0.0.1:${port}` });
          }
        finally
          {
            child.kill('SIGTERM');
          }
        assert.deepEqual(await within(child.ended, 'the end'), [0, null]);
      });

      test('systemd:NAME without such a socket says which there are', async () => {
        const child = launch('a:b', '--listen', 'systemd:http');
        assert.deepEqual(await within(child.ended, 'the end'), [1, null]);
        assert.equal(child.text, 'sio-server: no socket named "http" was passed by systemd; passed: a, b\n');
      });

      test('systemd-socket-activate', async () => {
        const socket = path.join(dir, 'activated');
        const child = spawn('systemd-socket-activate', ['--fdname=web', `--listen=${socket}`, ...commandFor('sio-server'), '--client-dir', '', '--listen', 'systemd:web'], { stdio: 'ignore' });
        const ended = once(child, 'close');
        await until(() => { try { return statSync(socket).isSocket(); } catch { return false; } }, 'no socket');
        /* The first connection starts the server. */
        assert.equal(await within(getUnix(socket), 'an answer'), 200);
        child.kill('SIGTERM');
        assert.deepEqual(await within(ended, 'the end'), [0, null]);
      });

      test('tls:HOST:PORT, and a new certificate by a reload', async () => {
        const [cert, key] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')];
        const make = (name) => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
          '-keyout', key, '-out', cert], { stdio: 'ignore' });
        const subject = async (port) => {
          const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
          await within(once(socket, 'secureConnect'), 'TLS');
          const { CN } = socket.getPeerCertificate().subject;
          socket.destroy();
          return CN;
        };
        make('first');
        const server = await start(['server.listen=tls:127.0.0.1:0', `server.tls-certificate=${cert}`, `server.tls-key=${key}`]);
        assert.equal(await subject(server.port), 'first');
        assert.deepEqual(await ask(await connected({ url: `https://127.0.0.1:${server.port}` }, '', { rejectUnauthorized: false }), 'latency'), { ok: true });
        make('second');
        await reload(server);
        assert.equal(await subject(server.port), 'second');
        writeFileSync(key, 'no key');
        await reload(server);
        assert.match(server.output, /--set: server\.tls-certificate: cannot use .*cert\.pem with .*key\.pem: /);
        assert.equal(await subject(server.port), 'second');
      });
    });

    describe('[limits]', () => {
      test('max-connections and enforce', async () => {
        const server = await start(['limits.max-connections=2']);
        await connected(server);
        await connected(server);
        await refused(server);
        clients[0].disconnect();
        await until(() => request(server.port, '/status', { ownConnection }).then(() => true, () => false), 'a free place');
        await told(server, 'max-connections', (n) => n >= 1, /127\.0\.0\.1: Too many connections$/m);
        const counting = await start(['limits.max-connections=1', 'limits.enforce=false']);
        await connected(counting);
        await connected(counting);
        await told(counting, 'max-connections', (n) => n >= 1, /127\.0\.0\.1: Too many connections \(only counted\)$/m);
      });

      test('max-connections-per-address', async () => {
        const server = await start(['limits.max-connections-per-address=2']);
        await connected(server);
        await connected(server);
        await refused(server);
        clients[0].disconnect();
        await until(() => request(server.port, '/status', { ownConnection }).then(() => true, () => false), 'a free place');
        await told(server, 'max-connections-per-address', (n) => n >= 1, /127\.0\.0\.1: Too many connections from this address$/m);
      });

      test('max-events-per-second, max-event-burst and event-limit-action', async () => {
        const limits = ['limits.max-events-per-second=0.001', 'limits.max-event-burst=2'];
        const check = async (expected, ...sets) => {
          const server = await start([...limits, ...sets]);
          const socket = await connected(server);
          let n = 0;
          for (let i = 0; i < 5; i++)
            socket.emit('latency', () => n++);
          await until(() => n >= expected, () => `${n} answers`);
          await quiet(50);
          assert.equal(n, expected);
          if (expected < 5)
            await told(server, 'event-rate', 5 - expected, /127\.0\.0\.1: events come faster than the limit allows, event "latency"$/m);
          return socket;
        };
        assert.equal((await check(2)).connected, true);
        await check(4, 'limits.max-event-burst=4');
        assert.equal((await check(5, 'limits.event-limit-action=count')).connected, true);
        const socket = await connected(await start([...limits, 'limits.event-limit-action=disconnect']));
        const end = once(socket, 'disconnect');
        for (let i = 0; i < 3; i++)
          socket.emit('latency');
        await within(end, 'the end');
      });

      test('max-payload', async () => {
        const server = await start(['limits.max-payload=1K']);
        const socket = await connected(server);
        const end = once(socket, 'disconnect');
        socket.emit('latency', 'x'.repeat(2000));
        await within(end, 'the end');
        await told(server, 'violation', 1, /Message: .*127\.0\.0\.1: /);
        const polling = await Polling.open(server.port, '/socket.io/');
        assert.equal((await polling.post('4'.repeat(2000))).status, 413);
        await told(server, 'refused', 1, /Message: .*127\.0\.0\.1: /);
      });

      test('max-event-bytes', async () => {
        const server = await start(['limits.max-event-bytes=100']);
        const socket = await connected(server);
        let large = false;
        socket.emit('latency', 'x'.repeat(200), () => { large = true; });
        assert.deepEqual(await ask(socket, 'latency', 'x'), { ok: true });
        assert.equal(large, false);
        await told(server, 'event-size', 1, /127\.0\.0\.1: .*event "latency"$/m);
      });

      test('max-rooms-per-socket', async () => {
        const server = await start(['limits.max-rooms-per-socket=1']);
        const socket = await connected(server);
        assert.equal((await ask(socket, 'join', 'a')).ok, true);
        assert.deepEqual(await ask(socket, 'join', 'b'), { ok: false, code: 'ROOM_TOO_MANY', error: 'you are in 1 rooms already; leave one first' });
        await told(server, 'rooms', 1, /127\.0\.0\.1: a socket is in too many rooms to join another$/m);
      });

      test('max-attachments and max-depth', async () => {
        for (const [set, args] of [['limits.max-attachments=1', [Buffer.of(1), Buffer.of(2)]], ['limits.max-depth=3', [[[[[1]]]]]]])
          {
            const server = await start([set]);
            const socket = await connected(server);
            assert.deepEqual(await ask(socket, 'latency'), { ok: true });
            socket.emit('latency', ...args);
            await within(once(socket, 'disconnect'), `the end (${set})`);
            await told(server, 'violation', 1, /127\.0\.0\.1: /);
          }
      });

      test('max-inflate-ratio', async () => {
        const large = ['server.per-message-deflate=true', 'limits.max-payload=8M'];
        const event = ['latency', 'x'.repeat(3_000_000)];
        const free = await connected(await start([...large, 'limits.max-inflate-ratio=0']));
        assert.deepEqual(await ask(free, ...event), { ok: true });
        const bound = await connected(await start([...large, 'limits.max-inflate-ratio=2']));
        bound.emit(...event);
        await within(once(bound, 'disconnect'), 'the end');
      });

      test('max-buffered-bytes', async () => {
        const server = await start(['limits.max-buffered-bytes=1K']);
        const slow = await Polling.open(server.port, '/socket.io/');
        await slow.send('40', '421["join","r"]');
        const socket = await connected(server);
        await ask(socket, 'join', 'r');
        for (let i = 0; i < 20; i++)
          await ask(socket, 'room', 'r', 'said', 'x'.repeat(200));
        assert.equal((await slow.drain()).filter((packet) => packet.includes('said')).length < 20, true);
      });
    });

    describe('[namespace NAME]', () => {
      test('makes it', async () => {
        const server = await start(['namespace /chat room.rooms=true']);
        await connected(server, '/chat room');
        assert.equal((await refused(server, '/other')).message, 'Invalid namespace');
      });

      test('rooms', async () => {
        const server = await start(['namespace /without.rooms=false', 'namespace /without.default=reject']);
        assert.deepEqual(await ask(await connected(server, '/without'), 'join', 'r'), { ok: false, error: 'unknown event "join"' });
        assert.equal((await ask(await connected(server), 'join', 'r')).ok, true);
      });

      test('default', async () => {
        const server = await start(['namespace /relay.default=relay-to-joined-rooms', 'namespace /reject.default=reject']);
        assert.deepEqual(await ask(await connected(server, '/reject'), 'x y'), { ok: false, error: 'unknown event "x y"' });
        const [ann, bob, cat] = await Promise.all([0, 1, 2].map(() => connected(server, '/relay')));
        await ask(ann, 'join', 'r');
        await ask(bob, 'join', 'r');
        cat.on('said', () => assert.fail('not in the room'));
        const heard = once(bob, 'said');
        assert.deepEqual(await ask(ann, 'said', 1, { a: [Buffer.of(7)] }), { ok: true });
        assert.deepEqual(await within(heard, 'said'), [1, { a: [Buffer.of(7)] }]);
        assert.deepEqual(await ask(cat, 'said'), { ok: false, error: 'join a room first' });
        /* Dropped: what comes next is answered, this is not. */
        const plain = await connected(server);
        plain.emit('said', () => assert.fail('answered'));
        assert.deepEqual(await ask(plain, 'latency'), { ok: true });
        const status = JSON.parse((await request(server.port, '/status', { ownConnection })).text);
        assert.deepEqual(status.unknownEvents, { dropped: 1, relayed: 2, rejected: 1 });
        assert.equal(status.rooms.joins, 2);
      });
    });

    describe('files and options', () => {
      const conf = (text, name = 'sio-server.conf') => {
        mkdirSync(path.join(dir, 'conf.d'), { recursive: true });
        writeFileSync(path.join(dir, name), text);
      };
      afterEach(() => rmSync(path.join(dir, 'conf.d'), { recursive: true, force: true }));

      test('conf.d in the order of names, then options, then --set', async () => {
        conf('[server]\nping-interval=1s\nping-timeout=1s\npath=/file\n[limits]\nmax-payload=1K\n');
        conf('[server]\nping-timeout=3s\n', 'conf.d/20.conf');
        conf('[server]\nping-timeout=2s\n[limits]\nmax-payload=2K', 'conf.d/10.conf');
        const server = await start(['server.path=/set'], { args: ['--config', file, '--path', '/option'] });
        const { handshake } = await Polling.open(server.port, '/set/');
        assert.deepEqual([handshake.pingInterval, handshake.pingTimeout, handshake.maxPayload], [1000, 3000, 2048]);
      });

      test('--print-config tells values and where they come from, and is a configuration', async () => {
        conf('[server]\nlisten=tcp:127.0.0.1:0;unix:/run/a b:0600\n[namespace /x y]\ndefault=reject\n');
        const first = await run('--config', file, '--set', 'limits.max-depth=9', '--print-config');
        assert.equal(first.code, 0);
        assert.match(first.stdout, new RegExp(`^# ${file}:2\nlisten=tcp:127\\.0\\.0\\.1:0;unix:/run/a b:0600$`, 'm'));
        assert.match(first.stdout, /^# --set\nmax-depth=9$/m);
        assert.match(first.stdout, /^# default\nping-interval=25s$/m);
        conf(first.stdout);
        const second = await run('--config', file, '--print-config');
        assert.equal(values(second.stdout), values(first.stdout));
      });

      test('--check-config tells all problems at once', async () => {
        conf('[server]\npign-interval=1s\n[limits]\nenforce=perhaps\n');
        conf('[nmespace /x]\n', 'conf.d/1.conf');
        const { code, stdout, stderr } = await run('--config', file, '--check-config');
        assert.equal(code, 2);
        assert.equal(stdout, '');
        assert.equal(stderr, [
          `${file}:2: unknown key "pign-interval" in [server]; did you mean "ping-interval"?`,
          `${file}:4: limits.enforce: expected true or false, got "perhaps"`,
          `${path.join(dir, 'conf.d', '1.conf')}:1: unknown group [nmespace /x]; did you mean [namespace NAME]?`,
        ].map((line) => `sio-server: ${line}\n`).join(''));
        conf('[server]\n');
        conf('', 'conf.d/1.conf');
        assert.deepEqual(await run('--config', file, '--check-config'), { code: 0, stdout: '', stderr: '' });
      });

      test('a file as large as one may be is read in no time', async () => {
        // The sanitisers take their time for each string.
        const scale = readFileSync(commandFor('sio-server')[0]).includes('__asan_init') ? 10 : 1;
        const many = (n, one) => conf(`[server]\npage=false\n${Array.from({ length: n }, (_, i) => one(i)).join('')}`);
        many(10_000 / scale, (i) => `[event e${i}:*]\nto=room:{0.a}\nrate=5/s\n[event e${i}]\nto={all}\n`);
        assert.deepEqual(await run('--config', file, '--check-config'), { code: 0, stdout: '', stderr: '' });
        many(40_000 / scale, (i) => `[namespace /n${i}]\n`);
        assert.deepEqual(await run('--config', file, '--check-config'), { code: 0, stdout: '', stderr: '' });
        conf(`[server]\n${Array.from({ length: 70_000 / scale }, (_, i) => `kay${i}=1\n`).join('')}`);
        const { code, stderr } = await run('--config', file, '--check-config');
        assert.equal(code, 2);
        assert.equal(stderr.trim().split('\n').length, 101);
        assert.ok(stderr.endsWith(`and ${70_000 / scale - 100} more problems\n`), stderr.slice(-200));
        conf(`[server]\n${'# more\n'.repeat(200_000)}`);
        assert.match((await run('--config', file, '--check-config')).stderr, /has more than 1 MB/);
      });

      test('a missing --config is an error', async () => {
        const { code, stderr } = await run('--config', path.join(dir, 'none'), '--check-config');
        assert.equal(code, 2);
        assert.match(stderr, /^sio-server: [^\n]*none: [^\n]*\n$/);
      });

      test('the example is right', async () => {
        const example = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..', '..', 'data', 'sio-server.conf.example');
        conf(readFileSync(example, 'utf8').replaceAll(/^#(?=[a-z0-9-]+=)/gm, ''));
        const sets = ['server.client-dir=', 'server.rules-dir=', 'event message:send.ack=ok', 'track typing.timeout=0s'].flatMap((set) => ['--set', set]);
        const all = await run('--config', file, ...sets, '--print-config');
        const none = await run(...sets, '--print-config');
        assert.equal(values(all.stdout), values(none.stdout));
      });

      test('SIGHUP takes over a good configuration, and clients stay', async () => {
        conf('[server]\npage=true\n');
        const server = await start([], { args: ['--config', file] });
        const socket = await connected(server);
        conf('[server]\npage=false\nping-interval=9s\ntransports=polling\ncookie=io\n[limits]\nmax-rooms-per-socket=1\n[namespace /]\ndefault=reject\n[namespace /new]\n');
        await reload(server);
        assert.match(server.output, /The configuration was read again; 7 changed/);
        assert.equal((await request(server.port, '/', { ownConnection })).status, 404);
        const polling = await Polling.open(server.port, '/socket.io/');
        assert.deepEqual([polling.handshake.pingInterval, polling.handshake.upgrades], [9000, []]);
        assert.match(polling.response.headers['set-cookie'][0], /^io=/);
        assert.deepEqual(await ask(socket, 'nothing'), { ok: false, error: 'unknown event "nothing"' });
        await ask(socket, 'join', 'a');
        assert.equal((await ask(socket, 'join', 'b')).ok, false);
        await connected(server, '/new', { transports: ['polling'] });
        assert.equal(socket.connected, true);
        /* And back again. */
        conf('');
        await reload(server);
        assert.equal((await request(server.port, '/', { ownConnection })).status, 200);
        assert.match(server.output, /\[namespace \/new\] needs a restart to go/);
        await connected(server, '/new');
      });

      test('SIGHUP takes over nothing of a bad one, and tells all that is wrong', async () => {
        conf('[server]\npage=true\n');
        const server = await start([], { args: ['--config', file] });
        conf('[server]\npage=false\nping-interval=soon\n[limit]\n');
        await reload(server);
        assert.ok(server.output.includes(`${file}:3: server.ping-interval: expected a time such as `), server.output);
        assert.ok(server.output.includes(`${file}:4: unknown group [limit]; did you mean [limits]?`), server.output);
        assert.match(server.output, /The configuration stays as it was/);
        assert.equal((await request(server.port, '/', { ownConnection })).status, 200);
        rmSync(file);
        await reload(server);
        assert.equal((await request(server.port, '/', { ownConnection })).status, 200);
      });

      test('SIGHUP leaves keys that need a restart, and says so', async () => {
        conf('[server]\npath=/old\n');
        const server = await start([], { args: ['--config', file] });
        conf('[server]\npath=/new\nping-interval=9s\n');
        await reload(server);
        assert.ok(server.output.includes(`${file}:2: server.path needs a restart to become "/new"; it stays "/old"`), server.output);
        assert.equal((await Polling.open(server.port, '/old/')).handshake.pingInterval, 9000);
        assert.equal((await request(server.port, '/new/?EIO=4&transport=polling', { ownConnection })).status, 404);
      });

      test('many SIGHUPs end with the last configuration', async () => {
        conf('[server]\nping-interval=1s\n');
        const server = await start([], { args: ['--config', file] });
        for (let i = 2; i < 30; i++)
          {
            conf(`[server]\nping-interval=${i}s\n`);
            process.kill(server.pid, 'SIGHUP');
          }
        await until(async () => (await Polling.open(server.port, '/socket.io/')).handshake.pingInterval === 29_000, () => server.output);
      });
    });
  }
