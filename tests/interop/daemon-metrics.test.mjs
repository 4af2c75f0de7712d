// SPDX-License-Identifier: LGPL-2.1-or-later
// GET /metrics of sio-server: what is in it, who may read it, where it is, and that Prometheus, the alerts
// and the dashboard agree with it.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, afterEach } from 'node:test';
import { load } from './lib/npm.mjs';
import { isNode, startDaemon } from './lib/server.mjs';
import { request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-metrics-'));
const tokens = path.join(dir, 'tokens');
const authorized = { Authorization: 'Bearer prometheus-reads-this' };
const alerts = path.join(top, 'data', 'monitoring', 'sio-server-alerts.yml');
const servers = [];
const clients = [];

writeFileSync(tokens, '# for tests\nprometheus:prometheus-reads-this\nwriter:writer-cannot-read-it:emit\n');
after(() => rmSync(dir, { recursive: true }));

afterEach(async () => {
  for (const client of clients.splice(0))
    client.disconnect();
  for (const server of servers.splice(0))
    await server.stop();
});

async function
start (...sets)
{
  const server = await startDaemon({ args: [`api.token-file=${tokens}`, ...sets].flatMap((set) => ['--set', set]) });
  servers.push(server);
  return server;
}

async function
connected (server, name = '')
{
  const client = io(`${server.url}${name}`, { forceNew: true, reconnection: false, transports: ['websocket'] });
  clients.push(client);
  await within(once(client, 'connect'), 'connect');
  return client;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

async function
logged (server, pattern)
{
  for (const end = performance.now() + 60_000; !pattern.test(server.output);)
    {
      if (performance.now() > end)
        assert.match(server.output, pattern);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

async function
until (condition, what, ms = 10_000)
{
  for (const end = performance.now() + ms; !condition();)
    {
      assert.ok(performance.now() < end, what());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

const get = (port, { path: where = '/metrics', ...options } = {}) =>
  request(port, where, { headers: authorized, ownConnection: true, ...options });

// "name{a=\"b\"}" → number, and "name" → type
function
parse (text)
{
  const values = new Map();
  const types = new Map();
  const helps = new Set();
  for (const line of text.split('\n'))
    {
      if (line === '')
        continue;
      const help = /^# HELP (\w+) (\S.*)$/.exec(line);
      const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
      const value = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line);
      if (help)
        helps.add(help[1]);
      else if (type)
        {
          assert.ok(!types.has(type[1]), `${type[1]} comes twice`);
          types.set(type[1], type[2]);
        }
      else if (value)
        {
          assert.ok(!values.has(value[1]), `${value[1]} comes twice`);
          values.set(value[1], Number(value[2].replace('Inf', 'Infinity')));
        }
      else
        assert.fail(`not understood: ${line}`);
    }
  assert.deepEqual([...helps], [...types.keys()]);
  return { values, types, value: (name) => values.get(name) ?? assert.fail(`no ${name} in\n${text}`) };
}

// Answers are kept for a second: waits for one that shows what is wanted.
async function
metrics (port, wanted = () => true, options = {})
{
  for (const end = performance.now() + 60_000;;)
    {
      const res = await get(port, options);
      assert.equal(res.status, 200, res.text);
      const parsed = parse(res.text);
      if (wanted(parsed))
        return { ...parsed, text: res.text };
      if (performance.now() > end)
        assert.fail(`not within 10 s:\n${res.text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

const promtool = (args, input) => within(new Promise((resolve, reject) => {
  const child = execFile('promtool', args, (error, stdout, stderr) => {
    if (error?.code === 'ENOENT')
      reject(new Error('promtool is missing: install prometheus, or run build-aux/test'));
    else
      resolve({ code: error === null ? 0 : error.code, text: stdout + stderr });
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input ?? '');
}), 'promtool');

// Names in expressions of PromQL
const metricNames = (text) => new Set(text.match(/\bsocketio_\w+/g));
const family = (types, name) => types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, ''));

if (!isNode)
  {
    test('Prometheus finds nothing wrong with it', async () => {
      const server = await start('limits.max-connections=100', 'metrics.memory-threshold=1G', 'server.ping-interval=50ms');
      const client = await connected(server);
      await ask(client, 'join', 'a"room\\with signs');
      const { text, value } = await metrics(server.port, (m) =>
        m.values.has('socketio_room_members{namespace="/",room="a\\"room\\\\with signs"}'));
      assert.equal(value('socketio_room_members{namespace="/",room="a\\"room\\\\with signs"}'), 1);
      assert.deepEqual(await promtool(['check', 'metrics'], text), { code: 0, text: '' });
      /* The check would see something. */
      assert.notEqual((await promtool(['check', 'metrics'], '# TYPE a counter\na 1\n')).code, 0);
    });

    test('everything the library counts is in it', async () => {
      const server = await start('server.ping-interval=50ms');
      const { value: before } = await metrics(server.port);
      const client = await connected(server);
      const other = await connected(server);
      await ask(client, 'join', 'red');
      await ask(client, 'latency');
      await ask(client, 'latency');
      other.disconnect();
      const { value, types } = await metrics(server.port, (m) =>
        m.values.get('socketio_disconnects_total{reason="client namespace disconnect"}') === 1
        && m.values.get('socketio_sockets{namespace="/"}') === 1 && m.values.get('socketio_latency_seconds_count') > 1);
      assert.equal(value('socketio_sessions{transport="websocket"}'), 1);
      assert.equal(value('socketio_sessions{transport="polling"}'), 0);
      assert.equal(value('socketio_rooms{namespace="/"}'), 1);
      assert.equal(value('socketio_room_members{namespace="/",room="red"}'), 1);
      assert.equal(value('socketio_connects_total'), 2);
      assert.equal(value('socketio_sessions_opened_total'), 2);
      assert.equal(value('socketio_disconnects_total{reason="transport close"}'), 0);
      for (const name of ['packets_received_total', 'packets_sent_total', 'received_bytes_total', 'sent_bytes_total'])
        assert.ok(value(`socketio_${name}`) > before(`socketio_${name}`), name);
      for (const [name, type] of Object.entries({
        build_info: 'gauge', uptime_seconds: 'gauge', plain_sessions: 'gauge', eio3_sessions: 'gauge', http_connections: 'gauge',
        connections: 'gauge', sessions_upgraded_total: 'counter', sessions_ended_total: 'counter', refused_total: 'counter',
        limited_total: 'counter', dropped_total: 'counter', slow_consumers_total: 'counter', violations_total: 'counter',
        recovered_total: 'counter', replayed_packets_total: 'counter', recoveries_refused_total: 'counter', buffered_bytes: 'gauge',
        memory_bytes: 'gauge', latency_seconds: 'histogram', events_received_total: 'counter', events_received_bytes_total: 'counter',
        events_refused_total: 'counter', event_handling_seconds: 'histogram', unknown_events_dropped_total: 'counter',
        api_calls_total: 'counter', api_refused_total: 'counter' }))
        assert.equal(types.get(`socketio_${name}`), type, name);
    });

    test('histograms add up', async () => {
      const server = await start('server.ping-interval=20ms');
      await connected(server);
      const { values } = await metrics(server.port, (m) => m.values.get('socketio_latency_seconds_count') > 3);
      const buckets = [...values].filter(([name]) => name.startsWith('socketio_latency_seconds_bucket'));
      const bounds = buckets.map(([name]) => Number(/le="(.*)"/.exec(name)[1].replace('Inf', 'Infinity')));
      assert.ok(buckets.length > 10);
      assert.deepEqual(bounds, bounds.toSorted((a, b) => a - b));
      assert.equal(bounds.at(-1), Infinity);
      buckets.reduce((last, [name, n]) => {
        assert.ok(n >= last, name);
        return n;
      }, 0);
      const count = values.get('socketio_latency_seconds_count');
      const mean = values.get('socketio_latency_seconds_sum') / count;
      assert.equal(buckets.at(-1)[1], count);
      assert.ok(mean > 0 && mean < 5, `${mean} s`);
      /* The bucket in which the mean lies is not the first empty one. */
      assert.ok(buckets.find(([, n], i) => bounds[i] >= mean)[1] > 0);
    });

    test('the process', async () => {
      const server = await start();
      const { value } = await metrics(server.port);
      const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
      const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]);
      const near = (a, b) => assert.ok(Math.abs(a - b) < b * 0.2, `${a} and ${b}`);
      near(value('socketio_process_resident_memory_bytes'), kib('VmRSS') * 1024);
      near(value('socketio_process_virtual_memory_bytes'), kib('VmSize') * 1024);
      assert.ok(Math.abs(value('socketio_process_start_time_seconds') - Date.now() / 1000) < 60);
      assert.ok(value('socketio_process_cpu_seconds_total') < 60);
      assert.ok(value('socketio_process_open_fds') > 5 && value('socketio_process_open_fds') < 100);
      assert.equal(value('socketio_process_max_fds'),
        Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/limits`, 'utf8'))[1]));
    });

    test('max-room-labels: the largest rooms, and no more', async () => {
      const server = await start('metrics.max-room-labels=2');
      const several = await Promise.all([1, 2, 3].map(() => connected(server)));
      for (const [i, room] of ['small', 'middle', 'large'].entries())
        for (const client of several.slice(0, i + 1))
          await ask(client, 'join', room);
      const { values } = await metrics(server.port, (m) => m.values.get('socketio_rooms{namespace="/"}') === 3
        && m.values.get('socketio_room_members{namespace="/",room="large"}') === 3);
      assert.deepEqual([...values].filter(([name]) => name.startsWith('socketio_room_members')), [
        ['socketio_room_members{namespace="/",room="large"}', 3],
        ['socketio_room_members{namespace="/",room="middle"}', 2]]);
    });

    test('max-event-labels: the others share one', async () => {
      const server = await start('metrics.max-event-labels=0');
      await ask(await connected(server), 'latency');
      const { values } = await metrics(server.port, (m) => m.values.get('socketio_events_received_total{namespace="/",event=""}') === 1);
      assert.deepEqual([...values.keys()].filter((name) => name.startsWith('socketio_events_received_total')),
        ['socketio_events_received_total{namespace="/",event=""}']);
    });

    test('readers that do not read: cut off, and no memory for each', async () => {
      const socketPath = path.join(dir, 'metrics.sock');
      const server = await startDaemon({ args: ['metrics.max-room-labels=1000', 'limits.max-rooms-per-socket=0', 'server.body-timeout=2s',
        `api.token-file=${tokens}`, `metrics.listen=unix:${socketPath}`].flatMap((set) => ['--set', set]) });
      servers.push(server);
      const client = await connected(server);
      await Promise.all(Array.from({ length: 1000 }, (_, i) => ask(client, 'join', `${i}-${'x'.repeat(200)}`)));
      const read = () => within(new Promise((resolve, reject) => {
        http.get({ socketPath, path: '/metrics', agent: false, headers: authorized }, (res) => {
          let length = 0;
          res.on('data', (chunk) => { length += chunk.length; }).on('end', () => resolve(length));
        }).on('error', reject);
      }), 'the metrics');
      const length = await read();
      /* More than a Unix socket takes before somebody reads. */
      assert.ok(length > 250 << 10, `${length} bytes`);
      const fds = () => readdirSync(`/proc/${server.pid}/fd`).length;
      const [before, memory] = [fds(), server.rss];
      /* Node would read some of it. */
      const child = spawn('/usr/bin/python3', ['-c', `
import socket, sys
readers = []
for _ in range(100):
    reader = socket.socket(socket.AF_UNIX)
    reader.connect("${socketPath}")
    reader.sendall(b"GET /metrics HTTP/1.1\\r\\nHost: a\\r\\nAuthorization: ${authorized.Authorization}\\r\\n\\r\\n")
    readers.append(reader)
for reader in readers:
    assert reader.recv(12) == b"HTTP/1.1 200"
print("waiting", flush=True)
sys.stdin.read()
`], { stdio: ['pipe', 'pipe', 'inherit'] });
      try
        {
          assert.match(String((await within(once(child.stdout, 'data'), 'answers'))[0]), /^waiting/);
          const grown = server.rss - memory;
          if (!server.sanitised)
            assert.ok(grown < 16 << 10, `${grown} KiB for 100 readers of ${length} bytes`);
          assert.ok(fds() > 100, `${fds()} descriptors`);
          /* Others are answered meanwhile. */
          assert.ok(await read() > 250 << 10);
          await until(() => fds() <= before, () => `${fds()} descriptors, not ${before}`, 20_000);
        }
      finally
        {
          child.kill();
          await once(child, 'exit');
        }
    });

    test('without a token, with a wrong one, without the permission', async () => {
      const server = await start('api.failures-per-minute=2');
      const refused = async (headers, status, code) => {
        const res = await get(server.port, { headers });
        assert.equal(res.status, status);
        assert.match(res.headers['www-authenticate'] ?? '', status === 429 ? /^$/ : /^Bearer /);
        assert.equal(JSON.parse(res.text).error.code, code);
        assert.equal(JSON.parse(res.text).success, false);
        return res;
      };
      await refused({}, 401, 'no-token');
      await refused({ Authorization: 'Basic YTpi' }, 401, 'no-token');
      await refused({ Authorization: 'Bearer prometheus-reads-thiS' }, 401, 'wrong-token');
      await refused({ Authorization: 'Bearer writer-cannot-read-it' }, 403, 'permission');
      const { value } = await metrics(server.port);
      assert.equal(value('socketio_api_refused_total{reason="no-token"}'), 2);
      assert.equal(value('socketio_api_refused_total{reason="wrong-token"}'), 1);
      assert.equal(value('socketio_api_refused_total{reason="permission"}'), 1);
      await logged(server, /metrics by unknown at 127\.0\.0\.1 \(http\): no-token/);
      await logged(server, /metrics by unknown at 127\.0\.0\.1 \(http\): wrong-token/);
      await logged(server, /metrics by writer at 127\.0\.0\.1 \(http\): permission/);
      assert.doesNotMatch(server.output, /reads-this|cannot-read/);

      await refused({ Authorization: 'Bearer x' }, 401, 'wrong-token');
      /* Now not even the right one. */
      const { headers } = await refused(authorized, 429, 'throttled');
      assert.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 30, headers['retry-after']);
      await logged(server, /metrics by unknown at 127\.0\.0\.1 \(http\): throttled/);
    });

    test('nobody without tokens, unless public', async () => {
      const server = await start('api.token-file=');
      const res = await get(server.port);
      assert.equal(res.status, 403);
      assert.equal(JSON.parse(res.text).error.code, 'not-configured');
      const open = await start('api.token-file=', 'metrics.public=true');
      assert.equal((await metrics(open.port, undefined, { headers: {} })).value('socketio_api_refused_total{reason="not-configured"}'), 0);
    });

    test('enabled, path', async () => {
      const server = await start('metrics.path=/numbers');
      assert.equal((await get(server.port, { path: '/numbers' })).status, 200);
      assert.equal((await get(server.port, { path: '/numbers/more' })).status, 404);
      assert.equal((await get(server.port)).status, 404);
      const off = await start('metrics.enabled=false');
      assert.equal((await get(off.port)).status, 404);
    });

    test('methods', async () => {
      const server = await start();
      const post = await get(server.port, { method: 'POST', body: '{}' });
      assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
      const head = await get(server.port, { method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [200, '']);
      assert.match(head.headers['content-type'], /^text\/plain; version=0\.0\.4; charset=utf-8$/);
      assert.equal(head.headers['cache-control'], 'no-store');
    });

    test('addresses of their own', async () => {
      const port = async (server, what) => {
        const pattern = new RegExp(`${what} is at http://127\\.0\\.0\\.1:(\\d+)/`);
        await logged(server, pattern);
        return Number(pattern.exec(server.output)[1]);
      };
      const together = await start('api.listen=tcp:127.0.0.1:0');
      assert.equal((await get(together.port)).status, 404);
      assert.equal((await get(await port(together, 'The HTTP API'))).status, 200);
      const apart = await start('metrics.listen=tcp:127.0.0.1:0', 'api.listen=tcp:127.0.0.1:0');
      assert.equal((await get(apart.port)).status, 404);
      assert.equal((await get(await port(apart, 'The HTTP API'))).status, 404);
      assert.equal((await get(await port(apart, '/metrics'))).status, 200);
      /* Nobody can open a session there. */
      for (const where of ['/socket.io/?EIO=4&transport=polling', '/engine.io/?EIO=4&transport=polling', '/'])
        assert.equal((await get(await port(apart, '/metrics'), { path: where })).status, 404, where);
      await connected(apart);
    });

    test('alerts: valid, and each one fires when it has to', async () => {
      const check = await promtool(['check', 'rules', alerts]);
      assert.equal(check.code, 0, check.text);
      const rules = await promtool(['test', 'rules', path.join(top, 'tests', 'monitoring', 'alerts-test.yml')]);
      assert.equal(rules.code, 0, rules.text);
      const names = readFileSync(alerts, 'utf8').match(/(?<=alert: )\w+/g);
      const tests = readFileSync(path.join(top, 'tests', 'monitoring', 'alerts-test.yml'), 'utf8');
      for (const name of names)
        assert.match(tests, new RegExp(`alertname: ${name}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:\\n\\s+- `), `${name} is not tested`);
    });

    test('alerts and dashboard: there is everything they ask for', async () => {
      const server = await start('limits.max-connections=100', 'metrics.memory-threshold=1G');
      const { types } = await metrics(server.port);
      const dashboard = JSON.parse(readFileSync(path.join(top, 'data', 'monitoring', 'sio-server-dashboard.json'), 'utf8'));
      const expressions = dashboard.panels.flatMap((panel) => panel.targets ?? []).map((target) => target.expr);
      const variables = dashboard.templating.list.map((variable) => variable.query.query ?? '');
      const names = metricNames([...expressions, ...variables, readFileSync(alerts, 'utf8')].join('\n'));
      assert.ok(names.size > 25);
      for (const name of names)
        assert.ok(family(types, name), `there is no ${name}`);
      /* Each expression is one that Prometheus understands. */
      const asRules = ['groups:', '- name: dashboard', '  rules:', ...expressions.flatMap((expr, i) => [
        `  - record: expression:${i}`, `    expr: ${JSON.stringify(expr.replaceAll('$__rate_interval', '5m').replaceAll(/"\$\w+"/g, '"x"'))}`])];
      const file = path.join(dir, 'dashboard.yml');
      writeFileSync(file, `${asRules.join('\n')}\n`);
      const check = await promtool(['check', 'rules', file]);
      assert.equal(check.code, 0, check.text);
      assert.equal(new Set(dashboard.panels.map((panel) => panel.id)).size, dashboard.panels.length);
    });

    test('everything the daemon counts is on the dashboard', async () => {
      const server = await start('limits.max-connections=100', 'metrics.memory-threshold=1G');
      const { types } = await metrics(server.port);
      const dashboard = metricNames(readFileSync(path.join(top, 'data', 'monitoring', 'sio-server-dashboard.json'), 'utf8'));
      for (const name of ['connections', 'sockets', 'rooms', 'packets_received_total', 'received_bytes_total', 'latency_seconds_bucket',
        'refused_total', 'disconnects_total', 'process_resident_memory_bytes', 'process_cpu_seconds_total', 'api_refused_total'])
        {
          assert.ok(dashboard.has(`socketio_${name}`), name);
          assert.ok(family(types, `socketio_${name}`), name);
        }
    });
  }
