// SPDX-License-Identifier: LGPL-2.1-or-later
// The browser client as the library serves it (protocol.md §4.12).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'node:test';
import zlib from 'node:zlib';
import { clientDir } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { Tcp, assertError, request, test } from './lib/wire.mjs';

const NAMES = ['socket.io.js', 'socket.io.min.js', 'socket.io.msgpack.min.js', 'socket.io.esm.min.js'];
const FILES = NAMES.flatMap((name) => [name, `${name}.map`]);
const read = (name) => readFileSync(path.join(clientDir, name));

const server = useServer(() => startConformance('features', { args: ['--client-dir', clientDir] }));
const get = (name, headers = {}, options = {}) => request(server.port, `/socket.io/${name}`, { headers, ...options });

const PLAIN = { 'Accept-Encoding': 'identity' };

describe('files', () => {
  for (const name of FILES)
    test(name, async () => {
      const wanted = read(name);
      for (const [accepted, unpack] of [['identity', (data) => data], ['gzip', zlib.gunzipSync], ['deflate', zlib.inflateSync]])
        {
          const res = await get(name, { 'Accept-Encoding': accepted });
          assert.equal(res.status, 200, res.text);
          assert.equal(res.headers['content-type'], name.endsWith('.map') ? 'application/json' : 'application/javascript; charset=utf-8');
          assert.equal(res.headers['cache-control'], 'public, max-age=0');
          assert.match(res.headers.etag, /^"[^"]+"$/);
          assert.match(res.headers.vary, /Accept-Encoding/);
          assert.equal(res.headers['x-content-type-options'], 'nosniff');
          assert.equal(res.headers['content-encoding'], accepted === 'identity' ? undefined : accepted);
          assert.equal(Number(res.headers['content-length']), res.body.length);
          assert.ok(unpack(res.body).equals(wanted));
          assert.ok(accepted === 'identity' || res.body.length < wanted.length / 2);
        }
    });

  test('whatever the query says', async () => {
    for (const query of ['?v=1', '?', '?transport=polling&EIO=4', '?x=/../y'])
      assert.ok((await get(`socket.io.js${query}`, PLAIN)).body.equals(read('socket.io.js')), query);
  });

  test('to HEAD', async () => {
    const res = await get('socket.io.js', PLAIN, { method: 'HEAD' });
    assert.equal(res.status, 200);
    assert.equal(Number(res.headers['content-length']), read('socket.io.js').length);
    assert.equal(res.body.length, 0);
    const other = await get('socket.io.js', { 'If-None-Match': res.headers.etag, ...PLAIN }, { method: 'HEAD' });
    assert.equal(other.status, 304);
  });

  test('not to other methods', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      {
        const res = await get('socket.io.js', {}, { method, ownConnection: true });
        assert.equal(res.status, 405);
        assert.equal(res.headers.allow, 'GET, HEAD');
      }
  });

  test('and no others', async () => {
    for (const name of [
      'socket.io.jsx', 'socket.io', 'Socket.io.js', 'x/socket.io.js', 'socket.io.js/', '%73ocket.io.js%00', '..%2fpackage.json',
      '../package.json', '%2e%2e/package.json', 'package.json', '..\\package.json', './socket.io.js/../../package.json',
    ])
      {
        const tcp = await Tcp.open(server.port);
        tcp.write(`GET /socket.io/${name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
        const { status } = await tcp.head();
        tcp.destroy();
        assert.ok(status === 400 || status === 404, `${name}: ${status}`);
      }
    assertError(await get('other.js'), 400, 0, 'Transport unknown');
  });

  test('one after the other on one connection', async () => {
    for (const name of FILES)
      assert.ok((await get(name, PLAIN)).body.equals(read(name)));
  });

  test('with the rules for other origins, if there are some', async () => {
    const res = await get('socket.io.js', { Origin: 'http://elsewhere.example', ...PLAIN });
    assert.equal(res.headers['access-control-allow-origin'], '*');
  });
});

describe('If-None-Match', () => {
  const status = async (value, headers = PLAIN) => (await get('socket.io.min.js', { 'If-None-Match': value, ...headers })).status;

  test('compares tags', async () => {
    const { headers: { etag } } = await get('socket.io.min.js', PLAIN);
    for (const value of [etag, `W/${etag}`, '*', `"a", ${etag}`, `"a,b" , W/"c",${etag},"d"`, `,${etag}`])
      assert.equal(await status(value), 304, value);
    for (const value of ['"a"', etag.slice(1, -1), `${etag.slice(0, -1)}`, `W/ ${etag}`, `w/${etag}`, `"${etag}`, '', '"', 'W/'])
      assert.equal(await status(value), 200, value);
  });

  test('knows files and forms apart', async () => {
    const tags = new Set();
    for (const name of FILES)
      for (const accepted of ['identity', 'gzip', 'deflate'])
        tags.add((await get(name, { 'Accept-Encoding': accepted })).headers.etag);
    assert.equal(tags.size, 3 * FILES.length);
    const gzip = { 'Accept-Encoding': 'gzip' };
    const { headers: { etag } } = await get('socket.io.min.js', gzip);
    assert.equal(await status(etag, gzip), 304);
    assert.equal(await status(etag, PLAIN), 200);
  });

  test('answers 304 without a body, and the connection goes on', async () => {
    const { headers: { etag } } = await get('socket.io.js', PLAIN);
    const tcp = await Tcp.open(server.port);
    tcp.write(`GET /socket.io/socket.io.js HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${etag}\r\n\r\n`);
    const { status: code, head } = await tcp.head();
    assert.equal(code, 304);
    assert.ok(head.includes(etag));
    assert.match(head, /^cache-control: *public, max-age=0$/im);
    assert.doesNotMatch(head, /^content-(length|type|encoding):/im);
    if (!/^connection: *close$/im.test(head))
      {
        tcp.write('GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n');
        assert.equal((await tcp.head()).status, 200);
      }
    tcp.destroy();
  });
});

describe('without files', () => {
  const other = useServer(() => startConformance('features'));

  test('none is served', async () => {
    for (const name of FILES)
      assertError(await request(other.port, `/socket.io/${name}`), 400, 0, 'Transport unknown');
  });
});
