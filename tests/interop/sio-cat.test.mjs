// SPDX-License-Identifier: LGPL-2.1-or-later
// sio-cat as a program, against socket.io on Node and against our own server.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { buildDir, startConformance, useServer } from './lib/server.mjs';
import { test, within } from './lib/wire.mjs';

const { Server } = load('socket.io');
const program = process.env.SIO_CAT ?? path.join(buildDir, 'sio-cat', 'sio-cat');
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/* A run of the program: its records as they come, its words, its end. */
class Cat
{
  records = [];
  stderr = '';
  #waiting = new Set();

  constructor (args, { env = {}, input, stdout = 'pipe' } = {})
  {
    this.child = spawn(program, args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', stdout, 'pipe'],
      env: { ...process.env, G_DEBUG: 'fatal-criticals', SIO_CAT_AUTH: undefined, ...env },
    });
    let rest = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines)
        {
          const record = JSON.parse(line);
          assert.match(record.time, TIME);
          delete record.time;
          this.records.push(record);
        }
      for (const check of this.#waiting)
        check();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
    this.end = within(once(this.child, 'close').then(([code, signal]) => ({ code, signal })), `end of sio-cat ${args.join(' ')}`, 60_000);
    this.end.catch(() => this.child.kill('SIGKILL'));
    if (typeof input === 'string' || Buffer.isBuffer(input))
      {
        this.child.stdin.on('error', () => {});
        this.child.stdin.end(input);
      }
  }

  of (type) { return this.records.filter((record) => record.type === type); }

  until (condition, what)
  {
    return within(new Promise((resolve) => {
      const check = () => {
        const found = condition(this);
        if (found)
          {
            this.#waiting.delete(check);
            resolve(found);
          }
      };
      this.#waiting.add(check);
      check();
    }), `${what}; so far ${JSON.stringify(this.records)} ${this.stderr}`, 60_000);
  }

  connected (n = 1) { return this.until(() => this.of('connected').length >= n, `connection ${n}`); }
}

async function
run (args, options)
{
  const cat = new Cat(args, options);
  return Object.assign(cat, await cat.end);
}

const dir = mkdtempSync(path.join(os.tmpdir(), 'sio-cat-'));
after(() => rmSync(dir, { recursive: true }));
const file = (name, text) => { writeFileSync(path.join(dir, name), text); return path.join(dir, name); };

function
setUp (io, got)
{
  const common = (socket) => {
    socket.on('echo', (...args) => args.pop()(...args));
    socket.on('bounce', (...args) => socket.emit('bounced', ...args));
    socket.on('ask', (...args) => socket.emit('question', ...args, (...answer) => socket.emit('answered', ...answer)));
    socket.on('handshake', () => socket.emit('handshake', {
      auth: socket.handshake.auth, query: socket.handshake.query, token: socket.handshake.headers['x-token'],
      other: socket.handshake.headers['x-other'], url: socket.handshake.url, transport: socket.conn.transport.name,
    }));
    socket.on('tick', (n) => { for (let i = 0; i < n; i++) socket.emit('tick', i); });
    socket.on('kick', () => socket.disconnect());
    socket.on('cut', () => socket.conn.close());
    socket.on('never', () => {});
    socket.onAny((...args) => got.push(args));
    socket.on('disconnect', (reason) => got.push(['-', reason]));
  };
  io.on('connection', common);
  io.of('/chat').on('connection', common);
  io.of('/no').use((socket, next) => next(Object.assign(new Error('not you'), { data: { code: 42 } })));
}

/* A server in this process that can be restarted at its port. */
class Peer
{
  got = [];

  async start (options = {}, make = () => http.createServer())
  {
    this.http = make();
    this.io = new Server(this.http, { serveClient: false, ...options });
    setUp(this.io, this.got);
    await new Promise((resolve) => this.http.listen(this.port ?? 0, '127.0.0.1', resolve));
    this.port = this.http.address().port;
    return this;
  }

  get url () { return `http://127.0.0.1:${this.port}`; }
  stop () { return new Promise((resolve) => { this.io.close(() => resolve()); this.http.closeAllConnections(); }); }
  count (name) { return this.got.filter(([event]) => event === name).length; }
  async until (condition, what)
  {
    await within((async () => { while (!condition()) await new Promise((r) => setTimeout(r, 5)); })(), what, 60_000);
  }
}

const peer = new Peer();
before(() => peer.start());
after(() => peer.stop());

describe('command line', () => {
  test('--version', async () => {
    const cat = spawn(program, ['--version']);
    const [text] = await Promise.all([once(cat.stdout, 'data'), once(cat, 'close')]);
    assert.match(String(text), /^sio-cat \d+\.\d+\.\d+\n$/);
  });

  test('--help tells every option of the manual', async () => {
    const help = execFileSync(program, ['--help'], { encoding: 'utf8' });
    const manual = readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), '../../data/man/sio-cat.1'), 'utf8');
    const options = [...help.matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
    assert.ok(options.length > 20);
    for (const name of options.filter((option) => option !== 'help' && option !== 'reconnect'))
      assert.ok(manual.includes(`\\-\\-${name.replaceAll('-', '\\-')}`), name);
  });

  for (const args of [[], ['--nonsense', 'http://localhost'], ['ftp://localhost'], ['no url'], ['http://localhost', 'disconnect'],
    ['-n', 'chat', 'http://localhost'], ['-n', '/a,b', 'http://localhost'], ['-a', '[1]', 'http://localhost'], ['-a', 'x', 'http://localhost'],
    ['-H', 'no colon', 'http://localhost'], ['-H', ': x', 'http://localhost'], ['--query', 'x', 'http://localhost'],
    ['--path', 'x', 'http://localhost'], ['-t', 'pigeon', 'http://localhost'], ['-c', '-1', 'http://localhost'], ['-c', 'x', 'http://localhost'],
    ['-w', '-1', 'http://localhost'], ['-w', 'nan', 'http://localhost'], ['--ack-timeout', 'x', 'http://localhost'],
    ['-r', '{', 'http://localhost'], ['--reconnect-attempts', '-1', 'http://localhost'], ['--reconnect-delay', '-1', 'http://localhost'],
    ['-q', '-v', 'http://localhost'], ['--key', 'x', 'http://localhost'], ['http://localhost', 'x', '{"$bytes":"?"}']])
    test(`${args.join(' ')} ends with 2 and one line`, async () => {
      const cat = await run(args);
      assert.equal(cat.code, 2, cat.stderr);
      assert.match(cat.stderr, /^sio-cat: [^\n]+\n$/);
      assert.deepEqual(cat.records, []);
    });

  test('wrong credentials and headers are not shown', async () => {
    for (const args of [['-a', '"secret"'], ['-H', 'secret']])
      assert.doesNotMatch((await run([...args, peer.url])).stderr, /secret/);
    assert.doesNotMatch((await run([peer.url], { env: { SIO_CAT_AUTH: '"secret"' } })).stderr, /secret/);
  });

  for (const args of [['-a', '@/nonexistent'], ['-H', '@/nonexistent'], ['--ca-file', '/nonexistent'], ['--cert', '/nonexistent']])
    test(`${args.join(' ')} ends with 1 and one line`, async () => {
      const cat = await run([...args, '--no-reconnect', peer.url]);
      assert.equal(cat.code, 1, cat.stderr);
      assert.match(cat.stderr, /^sio-cat: [^\n]*nonexistent[^\n]*\n$/);
    });
});

describe('emitting', () => {
  for (const transport of ['polling', 'websocket'])
    test(`sends an event by ${transport} and ends`, async () => {
      peer.got.length = 0;
      const cat = await run(['-t', transport, peer.url, 'say', '1', 'two', '{"three":[3]}', '1,2', '12345678901234567890', '']);
      assert.equal(cat.code, 0, cat.stderr);
      assert.equal(cat.records[0].type, 'connected');
      assert.equal(cat.records[0].transport, transport);
      assert.equal(cat.records[0].recovered, false);
      await peer.until(() => peer.count('-') > 0, 'leave');
      assert.deepEqual(peer.got, [['say', 1, 'two', { three: [3] }, '1,2', 12345678901234567890, ''], ['-', 'client namespace disconnect']]);
    });

  test('--strings and negative numbers', async () => {
    peer.got.length = 0;
    assert.equal((await run(['--strings', peer.url, 'say', '1', 'null'])).code, 0);
    assert.equal((await run([peer.url, 'say', '--', '-5', '--listen'])).code, 0);
    assert.deepEqual(peer.got.filter(([name]) => name === 'say'), [['say', '1', 'null'], ['say', -5, '--listen']]);
  });

  for (const transport of ['polling', 'websocket'])
    test(`--ack prints the answer (${transport})`, async () => {
      const cat = await run(['-q', '--ack', '-t', transport, peer.url, 'echo', '{"a":"ü\\u0000"}', '{"deep":[{"$bytes":"AAEC"}]}']);
      assert.equal(cat.code, 0, cat.stderr);
      assert.equal(cat.records.length, 1);
      assert.equal(typeof cat.records[0].ms, 'number');
      delete cat.records[0].ms;
      assert.deepEqual(cat.records, [{ type: 'ack', namespace: '/', id: 1, event: 'echo', args: [{ a: 'ü\0' }, { deep: [{ $bytes: 'AAEC' }] }] }]);
    });

  test('--ack-timeout ends with 4', async () => {
    const cat = await run(['-q', '-k', '--ack-timeout', '0.05', peer.url, 'never']);
    assert.equal(cat.code, 4, cat.stderr);
    assert.equal(cat.records[0].error, 'operation has timed out');
  });

  test('a lost connection before the answer ends with 6', async () => {
    const cat = await run(['-q', '-k', '--no-reconnect', peer.url, 'kick']);
    assert.equal(cat.code, 6, cat.stderr);
  });

  test('a megabyte in one argument comes through by both transports', async () => {
    const text = 'x'.repeat(100_000);
    const big = JSON.stringify(['echo', 'x'.repeat(900_000)]);
    for (const transport of ['polling', 'websocket'])
      {
        let cat = await run(['-q', '-k', '-t', transport, peer.url, 'echo', text]);
        assert.equal(cat.code, 0, cat.stderr);
        assert.deepEqual(cat.records[0].args, [text]);
        cat = await run(['-q', '-k', '-i', '-t', transport, peer.url], { input: `${big}\n` });
        assert.equal(cat.code, 0, cat.stderr);
        assert.equal(cat.records[0].args[0].length, 900_000);
      }
  });
});

describe('standard input', () => {
  test('arrays and objects, to several namespaces', async () => {
    peer.got.length = 0;
    const cat = await run(['-i', '-q', '-n', '/', '-n', '/chat', '-n', '/', peer.url], { input: [
      '["say","not acknowledged"]', '', ' \t', '{"event":"echo","args":[1],"ack":true}', '{"event":"echo","namespace":"/chat","args":[{"$bytes":"/w=="}],"id":{"mine":1}}',
      '{"event":"echo","args":[2],"id":"x"}'].join('\r\n') });
    assert.equal(cat.code, 0, cat.stderr);
    const answers = cat.of('ack').map(({ namespace, id, args }) => [namespace, id, args]);
    assert.deepEqual(answers.filter(([namespace]) => namespace === '/'), [['/', 2, [1]], ['/', 'x', [2]]]);
    assert.deepEqual(answers.filter(([namespace]) => namespace !== '/'), [['/chat', { mine: 1 }, [{ $bytes: '/w==' }]]]);
    assert.equal(peer.count('say'), 1);
  });

  test('what is not understood is told and skipped, and the status is 1', async () => {
    peer.got.length = 0;
    const cat = await run(['-i', '-q', peer.url], { input: Buffer.concat([Buffer.from(
      '{"event":1}\n[1]\n[\n"text"\n["disconnect"]\n{"event":"x","namespace":"/other"}\n{"event":"x","args":{}}\n{"reply":7}\n["say",{"$bytes":"a"}]\n'),
    Buffer.from([0x5b, 0xff, 0x5d, 0x0a]), Buffer.from('["say","good"]')]) });
    assert.equal(cat.code, 1);
    const lines = cat.stderr.trimEnd().split('\n');
    assert.deepEqual(lines.map((line) => /^sio-cat: line (\d+): ./.exec(line)?.[1]), ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    assert.deepEqual(peer.got.filter(([name]) => name === 'say'), [['say', 'good']]);
  });

  for (const transport of ['polling', 'websocket'])
    for (const ack of [[], ['-k']])
      test(`20 000 lines arrive in order (${transport}${ack})`, async () => {
        peer.got.length = 0;
        const lines = Array.from({ length: 20_000 }, (_, i) => `["item",${i},"${'x'.repeat(100)}"]\n`).join('').replaceAll('item', ack.length > 0 ? 'echo' : 'item');
        const cat = await run(['-i', '-q', ...ack, '-t', transport, peer.url], { input: lines });
        assert.equal(cat.code, 0, cat.stderr);
        assert.equal(cat.of('ack').length, ack.length > 0 ? 20_000 : 0);
        assert.ok(cat.of('ack').every((record, i) => record.id === i + 1 && record.args[0] === i));
        await peer.until(() => peer.count('-') > 0, 'leave');
        const items = peer.got.filter(([name]) => name === 'item' || name === 'echo');
        assert.equal(items.length, 20_000);
        assert.ok(items.every(([, n], i) => n === i), 'in order');
      });

  test('more than may be buffered arrives', async () => {
    peer.got.length = 0;
    const cat = await run(['-i', '-q', '-t', 'websocket', peer.url], { input: `["say","${'y'.repeat(500_000)}"]\n`.repeat(80) });
    assert.equal(cat.code, 0, cat.stderr);
    await peer.until(() => peer.count('-') > 0, 'leave');
    assert.equal(peer.got.filter(([name, text]) => name === 'say' && text.length === 500_000).length, 80);
  });

  test('a program may wait between lines; the end of the input is the end', async () => {
    const cat = new Cat(['-i', peer.url], { input: true });
    await cat.connected();
    cat.child.stdin.write('{"event":"echo","args":["first"],"ack":true}\n{"event":"ec');
    await cat.until(() => cat.of('ack').length === 1, 'first answer');
    cat.child.stdin.write('ho","args":["second"],"ack":true}\n');
    await cat.until(() => cat.of('ack').length === 2, 'second answer');
    assert.equal(cat.child.exitCode, null);
    cat.child.stdin.end();
    assert.deepEqual(await cat.end, { code: 0, signal: null });
  });

  test('--listen goes on after the end of the input', async () => {
    const cat = new Cat(['-i', '--listen', peer.url], { input: '["bounce",1]\n' });
    await cat.until(() => cat.of('event').length === 1, 'event');
    peer.io.emit('late', 'news');
    await cat.until(() => cat.of('event').some((record) => record.event === 'late'), 'later event');
    cat.child.kill('SIGTERM');
    assert.deepEqual(await cat.end, { code: 143, signal: null });
  });

  test('answers to the server come from standard input', async () => {
    const cat = new Cat(['-i', '-q', peer.url], { input: true });
    cat.child.stdin.write('["ask","a"]\n["ask","b"]\n');
    const questions = await cat.until(() => cat.of('event').length === 2 && cat.of('event'), 'questions');
    assert.deepEqual(questions.map((record) => record.reply), [1, 2]);
    cat.child.stdin.write('{"reply":2,"args":["B",{"$bytes":"AA=="}]}\n{"reply":1}\n');
    await cat.until(() => cat.of('event').length === 4, 'answers');
    assert.deepEqual(cat.of('event').slice(2).map((record) => record.args), [['B', { $bytes: 'AA==' }], []]);
    cat.child.stdin.end();
    assert.equal((await cat.end).code, 0);
  });
});

describe('listening', () => {
  test('--count, and one line for each record', async () => {
    const cat = await run(['--count', '3', '-q', peer.url, 'tick', '5']);
    assert.equal(cat.code, 0, cat.stderr);
    assert.deepEqual(cat.records, [0, 1, 2].map((n) => ({ type: 'event', namespace: '/', event: 'tick', args: [n] })));
  });

  test('--event', async () => {
    const cat = await run(['-c', '1', '-e', 'bounced', '-e', 'x', '-q', '-i', peer.url], { input: '["tick",5]\n["bounce",1]\n' });
    assert.equal(cat.code, 0, cat.stderr);
    assert.deepEqual(cat.records.map((record) => record.event), ['bounced']);
  });

  for (const [json, answer] of [['"because"', ['because']], ['[1,{"$bytes":"AA=="}]', [1, { $bytes: 'AA==' }]], ['[]', []]])
    test(`--reply ${json}`, async () => {
      const cat = await run(['-q', '--reply', json, '-c', '2', peer.url, 'ask', 'why']);
      assert.equal(cat.code, 0, cat.stderr);
      assert.deepEqual(cat.records.map(({ event, args, reply }) => [event, args, reply]), [['question', ['why'], undefined], ['answered', answer, undefined]]);
    });

  test('without --reply and --stdin the question is only shown', async () => {
    const cat = await run(['-q', '-c', '1', peer.url, 'ask']);
    assert.equal(cat.records[0].reply, null);
  });

  test('--timeout ends with 4', async () => {
    const cat = await run(['--timeout', '0.3', peer.url]);
    assert.equal(cat.code, 4, cat.stderr);
  });

  test('SIGINT ends with 130 and tells the server', async () => {
    peer.got.length = 0;
    const cat = new Cat([peer.url]);
    await cat.connected();
    cat.child.kill('SIGINT');
    assert.deepEqual(await cat.end, { code: 130, signal: null });
    await peer.until(() => peer.count('-') > 0, 'leave');
    assert.deepEqual(peer.got.at(-1), ['-', 'client namespace disconnect']);
  });

  test('what could steer a terminal is escaped, and white space on the wire does not break lines', async () => {
    const cat = new Cat(['-q', '-c', '1', '-t', 'websocket', peer.url], {});
    let text = '';
    cat.child.stdout.on('data', (data) => { text += data; });
    await peer.until(() => peer.io.sockets.sockets.size > 0, 'connection');
    for (const socket of peer.io.sockets.sockets.values())
      socket.conn.transport.send([{ type: 'message', data: '2[ "e" ,\n {"a" :"\u009b31m\u007f ","n":12345678901234567890.10}\r\n]' }]);
    assert.equal((await cat.end).code, 0);
    assert.match(text, /"args":\[\{"a":"\\u009b31m\\u007f ","n":12345678901234567890\.10\}\]\}\n$/);
  });
});

describe('settings', () => {
  const shake = async (args, options) => {
    const cat = await run(['-q', '-c', '1', ...args, 'handshake'], options);
    assert.equal(cat.code, 0, cat.stderr);
    return cat.records[0].args[0];
  };

  test('--auth, as JSON, from a file and from the environment', async () => {
    assert.deepEqual((await shake(['--auth', '{"t":1}', peer.url])).auth, { t: 1 });
    const secret = file('auth.json', '{"t":"file"}\n');
    assert.deepEqual((await shake(['--auth', `@${secret}`, peer.url])).auth, { t: 'file' });
    assert.deepEqual((await shake([peer.url], { env: { SIO_CAT_AUTH: '{"t":"env"}' } })).auth, { t: 'env' });
    assert.deepEqual((await shake(['-a', '{"t":2}', peer.url], { env: { SIO_CAT_AUTH: '{"t":"env"}' } })).auth, { t: 2 });
  });

  test('--header, from a file, too', async () => {
    const headers = file('headers', 'X-Token: secret\n\nX-Other:  y \n');
    const { token, other } = await shake(['-H', `@${headers}`, peer.url]);
    assert.deepEqual([token, other], ['secret', 'y']);
    assert.equal((await shake(['--header', 'X-Token: a:b', peer.url])).token, 'a:b');
  });

  test('--query', async () => {
    const { query } = await shake(['--query', 'a=1&2', '--query', 'ü==', `${peer.url}/?b=3`]);
    assert.deepEqual([query.a, query.ü, query.b], ['1&2', '=', '3']);
  });

  test('--namespace, and the path of the URL', async () => {
    for (const args of [['-n', '/chat', peer.url], [`${peer.url}/chat`], ['--namespace', '/chat', `${peer.url}/other`]])
      {
        const cat = await run([...args, 'say']);
        assert.equal(cat.records[0].namespace, '/chat', cat.stderr);
      }
  });

  test('--transport', async () => {
    for (const transport of ['polling', 'websocket'])
      assert.equal((await shake(['-t', transport, peer.url])).transport, transport);
  });

  test('--verbose prints the change of transport', async () => {
    const cat = new Cat(['-v', peer.url]);
    await cat.until(() => cat.of('transport').some((record) => record.transport === 'websocket'), 'upgrade');
    cat.child.kill('SIGTERM');
    await cat.end;
  });

  test('--path', async () => {
    const other = await new Peer().start({ path: '/elsewhere' });
    try
      {
        assert.match((await shake(['--path', '/elsewhere', other.url])).url, /^\/elsewhere\//);
      }
    finally
      {
        await other.stop();
      }
  });
});

describe('TLS', () => {
  const ca = path.join(dir, 'cert.pem');
  const key = path.join(dir, 'key.pem');
  const secure = new Peer();
  let seen;

  before(async () => {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', ca], { stdio: 'ignore' });
    await secure.start({}, () => https.createServer({ key: readFileSync(key), cert: readFileSync(ca), ca: readFileSync(ca), requestCert: true, rejectUnauthorized: false }));
  });
  after(() => secure.stop());
  const url = () => `https://127.0.0.1:${secure.port}`;

  test('an unknown certificate is refused with 5', async () => {
    const cat = await run(['--no-reconnect', url(), 'x']);
    assert.equal(cat.code, 5);
    assert.match(cat.stderr, /^sio-cat: \/: could not connect: .*certificate.*\n$/i);
  });

  for (const transport of ['polling', 'websocket'])
    {
      test(`--ca-file (${transport})`, async () => {
        assert.equal((await run(['--ca-file', ca, '--no-reconnect', '-k', '-t', transport, url(), 'echo'])).code, 0);
      });
      test(`--insecure (${transport})`, async () => {
        assert.equal((await run(['--insecure', '--no-reconnect', '-k', '-t', transport, url(), 'echo'])).code, 0);
      });
    }

  test('--cert and --key', async () => {
    secure.io.engine.use((req, res, next) => { seen = req.socket.getPeerCertificate()?.subject?.CN; next(); });
    assert.equal((await run(['--ca-file', ca, '-t', 'polling', '-k', url(), 'echo'])).code, 0);
    assert.equal(seen, undefined);
    assert.equal((await run(['--ca-file', ca, '--cert', ca, '--key', key, '-t', 'polling', '-k', url(), 'echo'])).code, 0);
    assert.equal(seen, 'localhost');
  });
});

describe('connection', () => {
  test('a refusal ends with 3', async () => {
    const cat = await run([`${peer.url}/no`]);
    assert.equal(cat.code, 3);
    assert.equal(cat.stderr, 'sio-cat: /no: refused: not you\n');
    assert.deepEqual(cat.records, [{ type: 'error', namespace: '/no', message: 'not you', refused: true, data: { code: 42 } }]);
  });

  test('nobody there ends with 5', async () => {
    const gone = await new Peer().start();
    await gone.stop();
    let cat = await run(['--no-reconnect', gone.url]);
    assert.equal(cat.code, 5);
    assert.equal(cat.of('error').length, 1);
    cat = await run(['--reconnect-attempts', '2', '--reconnect-delay', '0.01', '--reconnect-delay-max', '0.02', '-v', gone.url]);
    assert.equal(cat.code, 5);
    assert.deepEqual(cat.of('attempt').map((record) => record.attempt), [1, 2]);
    assert.equal(cat.of('error').length, 3);
    assert.ok(cat.of('error')[0].next_ms <= 20);
  });

  test('a server that sends the client away ends with 6', async () => {
    const cat = await run(['--listen', peer.url, 'kick']);
    assert.equal(cat.code, 6);
    assert.deepEqual(cat.of('disconnected').map((record) => record.reason), ['io server disconnect']);
  });

  test('--no-reconnect ends with 6 when the connection is cut', async () => {
    const cat = await run(['--listen', '--no-reconnect', peer.url, 'cut']);
    assert.equal(cat.code, 6, cat.stderr);
  });

  test('a restarted server is found again, and what was emitted meanwhile arrives', async () => {
    const other = await new Peer().start();
    const cat = new Cat(['-i', '--reconnect-delay', '0.05', '--reconnect-delay-max', '0.2', other.url], { input: true });
    await cat.connected();
    await other.stop();
    await cat.until(() => cat.of('disconnected').length === 1, 'loss');
    cat.child.stdin.write('["say","meanwhile"]\n');
    other.got.length = 0;
    await other.start();
    await cat.connected(2);
    cat.child.stdin.end();
    assert.equal((await cat.end).code, 0, cat.stderr);
    await other.until(() => other.count('say') === 1, 'event');
    await other.stop();
  });
});

describe('standard output', () => {
  test('a closed pipe is an ordinary end', async () => {
    const cat = new Cat(['-q', peer.url, 'tick', '100000', '-l']);
    cat.child.stdout.destroy();
    assert.deepEqual(await cat.end, { code: 0, signal: null });
    assert.equal(cat.stderr, '');
  });

  test('a full disk ends with 1 and one line', async () => {
    const full = openSync('/dev/full', 'w');
    const cat = await run(['-l', peer.url], { stdout: full });
    closeSync(full);
    assert.equal(cat.code, 1);
    assert.match(cat.stderr, /^sio-cat: standard output cannot be written: [^\n]+\n$/);
  });
});

describe('our own server', () => {
  const server = useServer(() => startConformance('client'));

  for (const transport of ['polling', 'websocket'])
    test(`events, acknowledgements and binary data by ${transport}`, async () => {
      let cat = await run(['-q', '-k', '-t', transport, server.url, 'echo', '"hi"']);
      assert.deepEqual(cat.records[0].args, ['hi'], cat.stderr);
      assert.equal(cat.code, 0);
      cat = await run(['-q', '-c', '1', '-t', transport, server.url, 'doge']);
      /* Behind it stands where recovery would go on. */
      assert.deepEqual(cat.records[0].args[0], { $bytes: Buffer.from('asdfasdf').toString('base64') });
    });

  test('a refusal ends with 3', async () => {
    const cat = await run([`${server.url}/no`]);
    assert.equal(cat.code, 3);
  });
});
