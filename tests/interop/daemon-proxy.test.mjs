// SPDX-License-Identifier: LGPL-2.1-or-later
// The shipped examples for nginx and HAProxy, with ports and paths of their own, in front of two daemons, one of
// them on a Unix socket; official clients, from several addresses of this machine.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { freePort, isNode, startDaemon } from './lib/server.mjs';
import { request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const examples = fileURLToPath(new URL('../../data/proxy', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'sio-proxy-'));
const certificate = path.join(dir, 'cert.pem');
const key = path.join(dir, 'key.pem');
const both = path.join(dir, 'both.pem');
const running = [];
const clients = [];
const agents = [];

execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
  '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
writeFileSync(both, readFileSync(certificate) + readFileSync(key));

after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const client of clients.splice(0))
    client.disconnect();
  for (const agent of agents.splice(0))
    agent.destroy();
  for (const stop of running.splice(0).reverse())
    await stop();
});

async function
until (condition, what)
{
  for (const end = performance.now() + 60_000; performance.now() < end;)
    {
      if (await condition())
        return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  assert.fail(typeof what === 'function' ? what() : what);
}

const answers = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.once('connect', () => { socket.destroy(); resolve(true); });
  socket.once('error', () => resolve(false));
});

// Runs a proxy in the foreground until the test is over.
async function
run (port, program, args)
{
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  const exited = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  let over = false;
  child.once('error', (error) => { output += error; over = true; });
  child.once('exit', () => { over = true; });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => { output += data; });
  running.push(async () => {
    if (child.pid === undefined)
      return;
    child.kill('SIGTERM');
    await within(exited, `the end of ${program}`);
  });
  await until(async () => {
    assert.equal(over, false, `${program} ended: ${output}`);
    return answers(port);
  }, () => `${program} does not listen: ${output}`);
}

// Two daemons; the second one on a Unix socket, which nothing else reaches.
async function
startDaemons (sets = [])
{
  const socket = path.join(dir, 'b.sock');
  const all = ['server.trusted-proxies=127.0.0.1;unix', 'server.log-disconnects=true', ...sets].flatMap((set) => ['--set', set]);
  const daemons = [await startDaemon({ args: all }), await startDaemon({ args: ['--listen', `unix:${socket}`, ...all] })];
  for (const daemon of daemons)
    running.push(() => daemon.stop());
  return { daemons, socket };
}

function
substitute (text, pairs)
{
  for (const [from, to] of pairs)
    {
      assert.ok(text.includes(from), `${from} is in the example`);
      text = text.replaceAll(from, to);
    }
  return text;
}

async function
startNginx (name, { daemons, socket })
{
  const port = await freePort();
  const base = mkdtempSync(path.join(dir, 'nginx-'));
  writeFileSync(path.join(base, 'site.conf'), substitute(readFileSync(path.join(examples, name), 'utf8'), [
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['    listen [::]:443 ssl http2;\n', ''],
    ['127.0.0.1:3000;', `127.0.0.1:${daemons[0].port};`],
    ['unix:/run/sio-server-b.sock', `unix:${socket}`],
    ['/etc/ssl/chat.example.org.pem', certificate],
    ['/etc/ssl/chat.example.org.key', key],
  ]));
  for (const sub of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'])
    mkdirSync(path.join(base, sub));
  writeFileSync(path.join(base, 'nginx.conf'), [
    process.getuid() === 0 ? 'user root;' : '',
    `daemon off; pid ${base}/pid; error_log stderr warn; worker_processes 2;`,
    'events { worker_connections 2048; }',
    'http { access_log off;',
    `client_body_temp_path ${base}/body; proxy_temp_path ${base}/proxy; fastcgi_temp_path ${base}/fastcgi;`,
    `uwsgi_temp_path ${base}/uwsgi; scgi_temp_path ${base}/scgi;`,
    `include ${base}/site.conf; }`, ''].join('\n'));
  await run(port, 'nginx', ['-e', 'stderr', '-p', base, '-c', path.join(base, 'nginx.conf')]);
  return port;
}

async function
startHaproxy (name, { daemons, socket })
{
  const port = await freePort();
  const file = path.join(dir, `${name}-${port}`);
  writeFileSync(file, substitute(readFileSync(path.join(examples, name), 'utf8'), [
    ['bind :443 ', `bind 127.0.0.1:${port} `],
    ['127.0.0.1:3000 ', `127.0.0.1:${daemons[0].port} `],
    ['unix@/run/sio-server-b.sock', `unix@${socket}`],
    ['/etc/haproxy/chat.example.org.pem', both],
  ]));
  await run(port, 'haproxy', ['-db', '-f', file]);
  return port;
}

const trusted = readFileSync(certificate);

// An official client from one address of this machine.
function
client (port, address, options = {})
{
  const agent = new https.Agent({ keepAlive: true, localAddress: address, ca: trusted });
  const socket = io(`https://127.0.0.1:${port}`, { forceNew: true, reconnection: false, agent, ca: trusted, withCredentials: true, ...options });
  agents.push(agent);
  clients.push(socket);
  return socket;
}

const connected = (socket) => within(new Promise((resolve, reject) => {
  socket.once('connect', () => resolve(socket));
  socket.once('connect_error', reject);
}), 'connect', 60_000);

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

// ip_hash of nginx takes the first three numbers.
const addresses = Array.from({ length: 16 }, (_, i) => `127.0.${i + 1}.${i + 1}`);

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const status = async (daemon) => JSON.parse((await request(daemon.port, '/status', { ownConnection: true })).text);

// All talk; both daemons have some; none lost its session.
async function
checkSticky (port, { daemons })
{
  const sockets = [];
  for (const address of addresses)
    {
      sockets.push(client(port, address, { transports: ['polling'] }));
      sockets.push(client(port, address, { transports: ['polling'] }));
      sockets.push(client(port, address));
      sockets.push(client(port, address, { transports: ['websocket'] }));
    }
  await Promise.all(sockets.map(connected));
  const polling = sockets.filter((_, i) => i % 4 < 2);
  const websocket = sockets.filter((_, i) => i % 4 >= 2);
  await Promise.all(polling.map(async (socket) => {
    for (let i = 0; i < 10; i++)
      assert.deepEqual(await ask(socket, 'latency'), { ok: true });
  }));
  await until(() => websocket.every((socket) => socket.io.engine.transport.name === 'websocket'), 'WebSockets');
  await Promise.all(websocket.map((socket) => ask(socket, 'latency')));
  assert.ok(polling.every((socket) => socket.connected && socket.io.engine.transport.name === 'polling'));
  assert.ok(websocket.every((socket) => socket.connected));
  /* The daemon answers with what it counted up to a second ago. */
  let all;
  await until(async () => {
    all = await Promise.all(daemons.map(status));
    return sum(all.map((one) => one.sockets)) === sockets.length;
  }, () => `${JSON.stringify(all)}`);
  for (const one of all)
    assert.ok(one.sockets > 0, 'each daemon has clients');
  for (const { incidents } of all)
    assert.equal(incidents.seen.refused, 0);
  return sockets;
}

// Each daemon tells the addresses that the clients really have, in the record of their end.
async function
checkAddresses (sockets, { daemons })
{
  const where = new Map(sockets.map((socket, i) => [socket.id, addresses[Math.floor(i / 4)]]));
  for (const socket of sockets)
    socket.disconnect();
  const left = () => daemons.flatMap((daemon) => [...daemon.output.matchAll(/ (\S+): (\S+) left \/ after/g)].map(([, address, id]) => [id, address]));
  await until(() => left().length === sockets.length, () => `${left().length} of ${sockets.length} left`);
  for (const [id, address] of left())
    assert.equal(address, where.get(id));
}

// A limit for each address, which the proxy's own is not, and a header of the client, which is not believed.
async function
checkLimit (start, name)
{
  const servers = await startDaemons(['limits.max-connections-per-address=2']);
  const port = await start(name, servers);
  const from = (address, extra = {}) => client(port, address, { transports: ['polling'], extraHeaders: { 'X-Forwarded-For': '203.0.113.77', 'X-Forwarded-Proto': 'http', ...extra } });
  /* Sticky by address: all go to the same daemon. */
  await connected(from('127.0.9.9'));
  await connected(from('127.0.9.9'));
  await assert.rejects(connected(from('127.0.9.9')));
  for (const address of addresses.slice(0, 6))
    await connected(from(address));
  const output = servers.daemons.map((daemon) => daemon.output).join('\n');
  assert.match(output, / 127\.0\.9\.9: Too many connections from this address/);
  assert.doesNotMatch(output, /203\.0\.113/);
}

if (!isNode)
  {
    for (const [start, name] of [[startNginx, 'nginx.conf'], [startNginx, 'nginx-cookie.conf'], [startHaproxy, 'haproxy.cfg'], [startHaproxy, 'haproxy-source.cfg']])
      describe(name, () => {
        test('two daemons, polling and WebSockets, each client stays where it is and has its own address', async () => {
          const servers = await startDaemons();
          const port = await start(name, servers);
          await checkAddresses(await checkSticky(port, servers), servers);
        }, { timeout: 180_000 });

        if (name === 'nginx.conf' || name === 'haproxy-source.cfg')
          test('limits count the addresses of clients, whatever they say', () => checkLimit(start, name), { timeout: 180_000 });

        if (name.includes('cookie') || name === 'haproxy.cfg')
          test('clients of one address are spread by their cookie', async () => {
            const servers = await startDaemons();
            const port = await start(name, servers);
            const sockets = Array.from({ length: 32 }, () => client(port, '127.0.0.1', { transports: ['polling'] }));
            await Promise.all(sockets.map(connected));
            for (let i = 0; i < 5; i++)
              await Promise.all(sockets.map((socket) => ask(socket, 'latency')));
            let all;
            await until(async () => {
              all = await Promise.all(servers.daemons.map(status));
              return sum(all.map((one) => one.sockets)) === sockets.length;
            }, () => JSON.stringify(all));
            for (const one of all)
              assert.ok(one.sockets >= 4, JSON.stringify(all.map((a) => a.sockets)));
          }, { timeout: 180_000 });
      });

    describe('haproxy.cfg', () => {
      test('a daemon that is gone is noticed by its health check, and clients find the other one', async () => {
        const servers = await startDaemons();
        const port = await startHaproxy('haproxy.cfg', servers);
        const sockets = Array.from({ length: 8 }, () => client(port, '127.0.0.1', { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 300 }));
        await Promise.all(sockets.map(connected));
        running.splice(running.length - 2, 1);
        await servers.daemons[1].stop();
        await until(async () => (await status(servers.daemons[0])).sockets === sockets.length, 'all at the other one');
        await until(() => sockets.every((socket) => socket.connected), 'connected again');
      }, { timeout: 180_000 });
    });
  }
