// SPDX-License-Identifier: LGPL-2.1-or-later
// sio-server as a program: what it serves over HTTP, its command line, its end.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import { clientDir } from './lib/npm.mjs';
import { commandFor, isNode, startDaemon, useServer } from './lib/server.mjs';
import { Polling, Tcp, Ws, eventually, request, test, within } from './lib/wire.mjs';

describe('over HTTP', () => {
  const server = useServer(() => startDaemon());
  const bundle = readFileSync(path.join(clientDir, 'socket.io.js'));
  const ownConnection = true;

  test('serves the page', async () => {
    const res = await request(server.port, '/', { ownConnection });
    assert.equal(res.status, 200);
    assert.match(res.headers['content-type'], /^text\/html; charset=utf-8$/i);
    assert.match(res.text, /"\/socket\.io"/);
    assert.doesNotMatch(res.text, /@SIO_PATH@/);
  });

  for (const [name, options] of [['on a connection of its own', { ownConnection }], ['on a connection that is kept', {}]])
    test(`serves the browser client ${name}`, async () => {
      for (const file of ['/socket.io/socket.io.js', '/socket.io/socket.io.js?v=1'])
        {
          const res = await request(server.port, file, options);
          assert.equal(res.status, 200, res.text.slice(0, 200));
          assert.match(res.headers['content-type'], /^(application|text)\/javascript/);
          assert.ok(res.body.equals(bundle), 'the file as it is');
        }
    });

  /* Node sends the client in chunks, which is not what this is about. */
  if (!isNode)
    test('serves page, client and sessions in turn on one connection, as long as it says so', async () => {
      let tcp = await Tcp.open(server.port);
      for (const [file, status] of [
        ['/socket.io/?EIO=4&transport=polling', 200], ['/', 200], ['/socket.io/socket.io.min.js', 200],
        ['/socket.io/?EIO=4&transport=polling&sid=none', 400], ['/nothing', 404], ['/socket.io/?EIO=4&transport=polling', 200],
      ])
        {
          tcp.write(`GET ${file} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
          const answer = await tcp.head();
          assert.equal(answer.status, status, file);
          const length = Number(/^content-length: *(\d+)/im.exec(answer.head)?.[1] ?? 0);
          await tcp.until((data) => data.length >= length, file);
          tcp.received = tcp.received.subarray(length);
          if (/^connection: *close$/im.test(answer.head))
            {
              await tcp.ended;
              tcp.destroy();
              tcp = await Tcp.open(server.port);
            }
        }
      tcp.destroy();
    });

  test('answers 404 elsewhere', async () => {
    assert.equal((await request(server.port, '/nothing', { ownConnection })).status, 404);
  });

  test('does not serve other files of that directory', async () => {
    for (const file of ['/socket.io/../package.json', '/socket.io/..%2fpackage.json', '/socket.io/%2e%2e/package.json'])
      {
        const res = await request(server.port, file, { ownConnection });
        assert.ok(res.status >= 400, `${file}: ${res.status}`);
      }
  });
});

if (!isNode)
  describe('command line', () => {
    const run = (...args) => within(new Promise((resolve) => {
      const [file, ...first] = commandFor('sio-server');
      execFile(file, [...first, '--client-dir', clientDir, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr, signal: error?.signal });
      });
    }), 'end of the program');

    test('--version', async () => {
      const { code, stdout } = await run('--version');
      assert.equal(code, 0);
      assert.match(stdout, /^sio-server \d+\.\d+\.\d+/);
    });

    test('--help', async () => {
      const { code, stdout } = await run('--help');
      assert.equal(code, 0);
      for (const option of ['--listen', '--path', '--cors-origin', '--namespace', '--log-level', '--client-dir'])
        assert.ok(stdout.includes(option), option);
    });

    for (const args of [['--nonsense'], ['--listen', 'nonsense'], ['--listen', 'tcp:127.0.0.1:99999'], ['--log-level', 'loud'], ['--path', 'no-slash'], ['argument']])
      test(`${args.join(' ')} ends with 2 and one line`, async () => {
        const { code, stdout, stderr } = await run(...args);
        assert.equal(code, 2, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, /^sio-server: [^\n]+\n$/);
      });

    test('a port in use ends with 1 and one line', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      try
        {
          const { code, stderr } = await run('--listen', `tcp:127.0.0.1:${taken.address().port}`);
          assert.equal(code, 1, stderr);
          assert.match(stderr, /^sio-server: [^\n]+\n$/);
          assert.match(stderr, new RegExp(`${taken.address().port}`));
        }
      finally
        {
          taken.close();
        }
    });
  });

describe('the end', () => {
  for (const signal of ['SIGTERM', 'SIGINT'])
    test(`${signal} closes sessions and ends with 0`, () => eventually(async () => {
      const own = await startDaemon();
      const ws = await Ws.session(own.port, '/socket.io/');
      const polling = await Polling.open(own.port, '/socket.io/');
      const held = await polling.hold();
      const half = await Tcp.open(own.port);
      half.write('GET / HTTP/1.1\r\n');
      const start = performance.now();
      process.kill(own.pid, signal);
      assert.equal((await ws.closed).code, 1005);
      assert.equal((await held.response).text, '1');
      const { code } = await within(own.exited, 'end of the program');
      assert.equal(code, 0, own.output);
      assert.ok(performance.now() - start < 5000);
      half.destroy();
    }));
});
