// SPDX-License-Identifier: LGPL-2.1-or-later
// Tokens: who is let in, who is refused and what tells of it, keys, expiry, renewal and revocations.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { commandFor, isNode, startDaemon } from './lib/server.mjs';
import { jwk, keyPair, newSecret, now, pem, token } from './lib/tokens.mjs';
import { eventually, quiet, request, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const io2 = load('socket.io-client-2');
const { WebSocket } = load('ws');

const dir = mkdtempSync(path.join(tmpdir(), 'sio-auth-'));
const secret = newSecret();
const secretFile = path.join(dir, 'secret');
const cleanups = [];

const credentials = path.join(dir, 'credentials');

writeFileSync(secretFile, secret, { mode: 0o600 });
mkdirSync(credentials);
writeFileSync(path.join(credentials, 'jwt-secret'), secret, { mode: 0o600 });
after(() => rmSync(dir, { recursive: true }));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse())
    await cleanup();
});

const withSecret = ['auth.mode=required', `auth.secret-file=${secretFile}`];
const good = (claims = {}, options = {}) => token(claims, { key: secret, ...options });

let n_files = 0;
function
file (text)
{
  const name = path.join(dir, `file-${n_files++}`);
  writeFileSync(name, text);
  return name;
}

async function
start (sets, { args = [], ...options } = {})
{
  const server = await startDaemon({ client: false, ...options, args: [...sets.flatMap((set) => ['--set', set]), ...args] });
  cleanups.push(() => (server.ended ? undefined : server.stop()));
  return server;
}

function
client (server, auth, { name = '/', make = io, ...options } = {})
{
  const socket = make(`${server.url}${name}`, { forceNew: true, reconnection: false, transports: ['websocket'], auth, ...options });
  cleanups.push(() => socket.disconnect());
  return socket;
}

async function
connected (server, auth, options)
{
  const socket = client(server, auth, options);
  const failed = once(socket, 'connect_error').then(([error]) => { throw new Error(`${error.message} ${JSON.stringify(error.data)}`); });
  failed.catch(() => {});
  await within(Promise.race([once(socket, 'connect'), failed]), 'connect');
  return socket;
}

async function
refused (server, auth, code, options)
{
  const [error] = await within(once(client(server, auth, options), 'connect_error'), 'connect_error');
  assert.equal(error.message, 'Authentication failed');
  assert.deepEqual(error.data, { code });
}

// The answer is kept for a second.
async function
status (server)
{
  await quiet(Math.max(0, (server.asked ?? -Infinity) + 1050 - performance.now()));
  const { text } = await request(server.port, '/status', { ownConnection: true });
  server.asked = performance.now();
  return JSON.parse(text).auth;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);

async function
until (condition, what)
{
  for (const end = performance.now() + 60_000; performance.now() < end;)
    {
      if (await condition())
        return;
      await quiet(20);
    }
  assert.fail(typeof what === 'function' ? what() : what);
}

// What it wrote may come later than what it sent.
const logged = (server, expected) => until(() => expected.test(server.output), () => `not logged: ${expected}\n${server.output}`);

async function
reload (server)
{
  const count = () => server.output.match(/The configuration (was read again|stays as it was)/g)?.length ?? 0;
  const before = count();
  process.kill(server.pid, 'SIGHUP');
  await until(() => count() > before, () => `no reload:\n${server.output}`);
}

// --check-config and the like
const run = (args, env = {}) => within(new Promise((resolve) => {
  const [program, ...first] = commandFor('sio-server');
  execFile(program, [...first, ...args], { timeout: 60_000, env: { ...process.env, SIO_CLIENT_DIR: '', ...env } }, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : error.code, stdout, stderr });
  });
}), 'end of the program');

if (!isNode)
  {
    describe('the token is found', () => {
      const everywhere = ['auth.token-source=auth:token, authorization, query:access_token, cookie:session'];
      const places = {
        'auth': [{ token: good() }],
        'auth, with "Bearer" before it': [{ token: `Bearer ${good()}` }],
        'Authorization': [undefined, { extraHeaders: { Authorization: `Bearer ${good()}` } }],
        'query': [undefined, { query: { access_token: good() } }],
        'cookie': [undefined, { extraHeaders: { Cookie: `a=b; session=${good()}; c=d` } }],
      };

      for (const [name, args] of Object.entries(places))
        for (const transport of ['websocket', 'polling'])
          test(`in ${name}, ${transport}`, async () => {
            const server = await start([...withSecret, ...everywhere]);
            const socket = await connected(server, args[0], { ...args[1], transports: [transport] });
            assert.deepEqual(await ask(socket, 'latency'), { ok: true });
            assert.equal((await status(server)).authenticatedSockets, 1);
            await refused(server, undefined, 'TOKEN_MISSING');
          });

      test('only where it is configured, and the first place counts', async () => {
        const server = await start(withSecret);
        await refused(server, undefined, 'TOKEN_MISSING', { query: { access_token: good(), token: good() } });
        await refused(server, undefined, 'TOKEN_MISSING', { extraHeaders: { Cookie: `token=${good()}` } });
        await refused(server, { token: 'bad' }, 'TOKEN_INVALID', { extraHeaders: { Authorization: `Bearer ${good()}` } });
        await connected(server, { token: good() }, { extraHeaders: { Authorization: 'Bearer bad' } });
      });

      test('by a function, as browsers give it', async () => {
        const server = await start(withSecret);
        const socket = client(server, (callback) => callback({ token: good() }));
        await within(once(socket, 'connect'), 'connect');
      });

      test('of clients of Socket.IO 2: in the query of the connection or of the namespace', async () => {
        const server = await start([...withSecret, 'server.allow-eio3=true', 'auth.token-source=auth:token, query:token']);
        await connected(server, undefined, { make: io2, query: { token: good() } });
        const [error] = await within(once(client(server, undefined, { make: io2 }), 'error'), 'error');
        assert.deepEqual(error, { code: 'TOKEN_MISSING' });
        const [bad] = await within(once(client(server, undefined, { make: io2, query: { token: 'bad' } }), 'error'), 'error');
        assert.deepEqual(bad, { code: 'TOKEN_INVALID' });
        const other = await start([...withSecret, 'server.allow-eio3=true', 'namespace /.auth=none', 'namespace /chat.auth=required']);
        await connected(other, undefined, { make: io2, name: '/chat', query: { token: good() } });
        const [chat] = await within(once(client(other, undefined, { make: io2, name: '/chat' }), 'error'), 'error');
        assert.deepEqual(chat, { code: 'TOKEN_MISSING' });
      });

      test('of plain WebSocket clients: in the query, a header or a cookie', async () => {
        const server = await start([...withSecret, 'server.websocket-path=/ws', 'auth.token-source=auth:token, authorization, cookie:session']);
        const open = (query, headers) => {
          const ws = new WebSocket(`ws://127.0.0.1:${server.port}/ws${query}`, { headers });
          cleanups.push(() => ws.terminate());
          ws.on('error', () => {});
          return ws;
        };
        for (const [query, headers] of [[`?token=${good()}`, {}], ['', { Authorization: `Bearer ${good()}` }], ['', { Cookie: `session=${good()}` }]])
          {
            const ws = open(query, headers);
            await within(once(ws, 'message'), 'the first message');
            assert.equal(ws.readyState, WebSocket.OPEN);
          }
        assert.equal((await status(server)).authenticatedSockets, 3);
        for (const query of ['', '?token=bad'])
          await within(once(open(query, {}), 'close'), 'close');
        assert.equal((await status(server)).authenticatedSockets, 3);
      });
    });

    describe('keys and algorithms', () => {
      for (const alg of ['HS256', 'HS384'])
        test(`${alg} with secret-file`, async () => {
          const server = await start(withSecret);
          await connected(server, { token: good({}, { alg }) });
        });

      for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])
        test(`${alg} with key-files and jwks-file`, async () => {
          const [one, two, other] = [keyPair(alg), keyPair(alg), keyPair(alg)];
          const server = await start(['auth.mode=required', `auth.key-files=${file(pem(one))}`, `auth.jwks-file=${file(JSON.stringify({ keys: [jwk(two, 'two')] }))}`]);
          await connected(server, { token: token({}, { alg, key: one.privateKey }) });
          await connected(server, { token: token({}, { alg, key: two.privateKey, header: { kid: 'two' } }) });
          await refused(server, { token: token({}, { alg, key: other.privateKey }) }, 'TOKEN_INVALID');
          assert.equal((await status(server)).refused.signature, 1);
        });

      test('a secret from $CREDENTIALS_DIRECTORY', async () => {
        const server = await start(['auth.mode=required', 'auth.secret-file=credential:jwt-secret'], { env: { CREDENTIALS_DIRECTORY: credentials } });
        await connected(server, { token: good() });
        const without = await run(['--check-config', '--set', 'auth.secret-file=credential:secret'], { CREDENTIALS_DIRECTORY: '' });
        assert.equal(without.code, 2);
        assert.match(without.stderr, /auth\.secret-file: .*CREDENTIALS_DIRECTORY/);
      });

      test('algorithms that are not listed', async () => {
        const server = await start([...withSecret, 'auth.algorithms=HS512;RS256']);
        await refused(server, { token: good() }, 'TOKEN_INVALID');
        await refused(server, { token: good({}, { alg: 'HS384' }) }, 'TOKEN_INVALID');
        await connected(server, { token: good({}, { alg: 'HS512' }) });
        assert.equal((await status(server)).refused.algorithm, 2);
      });
    });

    describe('refused, counted and logged', () => {
      const rsa = keyPair('RS256');
      const publicKey = pem(rsa);
      const party = ['auth.issuers=https://issuer.test', 'auth.audiences=chat', 'auth.tenants=acme;umbrella'];
      const right = { iss: 'https://issuer.test', aud: ['other', 'chat'], tenant: 'acme' };
      const without = (claim) => { const claims = { ...right }; delete claims[claim]; return claims; };
      // reason, code, the token, more keys
      const cases = {
        'no token': ['missing', 'TOKEN_MISSING', undefined],
        'an empty token': ['missing', 'TOKEN_MISSING', ''],
        'a token that is none': ['malformed', 'TOKEN_INVALID', 'abc'],
        'an expired token': ['expired', 'TOKEN_EXPIRED', good({ ...right, exp: now() - 120 })],
        'a token that is not valid yet': ['not-yet-valid', 'TOKEN_NOT_YET_VALID', good({ ...right, nbf: now() + 3600 })],
        'a token without an end': ['claims', 'TOKEN_INVALID', good({ ...right, exp: undefined })],
        'a token of another key': ['signature', 'TOKEN_INVALID', token(right, { key: newSecret() })],
        'a token that was changed': ['signature', 'TOKEN_INVALID', good(right).replace(/\.[^.]*\./, `.${Buffer.from(JSON.stringify({ ...right, sub: 'eve', exp: now() + 99 })).toString('base64url')}.`)],
        'a key of an unknown name': ['unknown-key', 'TOKEN_INVALID', token(right, { alg: 'ES256', key: keyPair('ES256').privateKey, header: { kid: 'unknown' } })],
        'algorithm "none"': ['algorithm', 'TOKEN_INVALID', good(right, { alg: 'none' })],
        'a public key as the secret': ['unknown-key', 'TOKEN_INVALID', token(right, { key: publicKey }), ['auth.secret-file=', `auth.key-files=${file(publicKey)}`]],
        'a public key as the secret, beside a secret': ['signature', 'TOKEN_INVALID', token(right, { key: publicKey }), [`auth.key-files=${file(publicKey)}`]],
        'critical extensions': ['critical', 'TOKEN_INVALID', good(right, { header: { crit: ['b64'], b64: false } })],
        'another issuer': ['issuer', 'TOKEN_INVALID', good({ ...right, iss: 'https://evil.test' })],
        'no issuer': ['issuer', 'TOKEN_INVALID', good(without('iss'))],
        'another audience': ['audience', 'TOKEN_INVALID', good({ ...right, aud: ['shop'] })],
        'a foreign tenant': ['tenant', 'TENANT_NOT_ALLOWED', good({ ...right, tenant: 'evil' })],
        'no tenant': ['tenant', 'TENANT_NOT_ALLOWED', good(without('tenant'))],
        'no user': ['claims', 'TOKEN_INVALID', good({ ...right, sub: undefined })],
        'a user with control characters': ['claims', 'TOKEN_INVALID', good({ ...right, sub: 'a\nb' })],
        'an oversized token': ['too-large', 'TOKEN_INVALID', good({ ...right, more: 'x'.repeat(9000) })],
        'keys that nobody has yet': ['keys-unavailable', 'AUTH_UNAVAILABLE', token(right, { alg: 'RS256', key: rsa.privateKey }), ['auth.secret-file=', 'auth.jwks-url=http://127.0.0.1:1/jwks']],
      };

      for (const [name, [reason, code, text, more = []]] of Object.entries(cases))
        test(name, async () => {
          const server = await start([...withSecret, ...party, ...more]);
          await refused(server, { token: text }, code);
          const { refused: counts } = await status(server);
          for (const [counted, n] of Object.entries(counts))
            assert.equal(n, counted === reason ? 1 : 0, counted);
          await logged(server, new RegExp(`Message: .*Authentication failed: ${reason}, at /, from 127\\.0\\.0\\.1$`, 'm'));
          // Neither the token nor a key is ever logged.
          for (const part of [secret, ...(text ?? '').split('.').filter((p) => p.length > 20)])
            assert.equal(server.output.includes(part), false);
          if (!more.some((set) => set.startsWith('auth.secret-file')))
            await connected(server, { token: good(right) });
        });

      test('a revoked user and a revoked token, which a file tells', async () => {
        const revocations = file(`sio-server revocations 1\nuser ${now() + 5} ${now() + 900} mallory\ntoken ${now()} ${now() + 900} id 7\nuser 5 ${now() - 5} trent\nend 3\n`);
        const server = await start([...withSecret, `auth.revocations-file=${revocations}`]);
        await refused(server, { token: good({ sub: 'mallory' }) }, 'TOKEN_REVOKED');
        await refused(server, { token: good({ jti: 'id 7' }) }, 'TOKEN_REVOKED');
        // Issued after the revocation, another token, and one whose time is over
        await connected(server, { token: good({ sub: 'mallory', iat: now() + 30 }) });
        await connected(server, { token: good({ jti: 'id 8' }) });
        await connected(server, { token: good({ sub: 'trent' }) });
        const { refused: counts, revocations: n } = await status(server);
        assert.equal(counts.revoked, 2);
        assert.equal(n, 2);
        await logged(server, /Authentication failed: revoked, at \/, from 127/);
        const broken = await run(['--check-config', '--set', `auth.revocations-file=${file('sio-server revocations 1\nuser 1')}`]);
        assert.equal(broken.code, 2);
        assert.match(broken.stderr, /auth\.revocations-file: .*line 2: expected/);
      });

      test('within the leeway both ways', async () => {
        const server = await start([...withSecret, 'auth.leeway=30s']);
        await connected(server, { token: good({ nbf: now() + 20 }) });
        await connected(server, { token: good({ exp: now() - 20 }) });
        await refused(server, { token: good({ exp: now() - 40 }) }, 'TOKEN_EXPIRED');
        await refused(server, { token: good({ nbf: now() + 40 }) }, 'TOKEN_NOT_YET_VALID');
      });

      test('other names of claims', async () => {
        const server = await start([...withSecret, 'auth.user-claim=user.id', 'auth.tenant-claim=/https:~1~1x.test/org', 'auth.tenants=acme']);
        await connected(server, { token: good({ sub: undefined, user: { id: 'bob' }, tenant: 'evil', 'https://x.test': { org: 'acme' } }) });
        await refused(server, { token: good({ user: { id: 'bob' }, tenant: 'acme' }) }, 'TENANT_NOT_ALLOWED');
        await refused(server, { token: good({ 'https://x.test': { org: 'acme' } }) }, 'TOKEN_INVALID');
      });
    });

    describe('configuration', () => {
      const pipe = path.join(dir, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const problems = {
        'a mode without keys': [['auth.mode=required'], /auth\.mode: needs auth\.secret-file/],
        'a namespace without keys': [['namespace /chat.auth=required'], /namespace \/chat\.auth: needs auth\.secret-file/],
        'a file that is not there': [[`auth.key-files=${dir}/nowhere`], /auth\.key-files: cannot read .*nowhere/],
        'a file without keys': [[`auth.key-files=${file('no key')}`], /auth\.key-files: .*cannot be used/],
        'a short secret': [[`auth.secret-file=${file('short')}`], /auth\.secret-file: .*cannot be used: .*32/],
        'a set that is none': [[`auth.jwks-file=${file('{}')}`], /auth\.jwks-file: .*cannot be used/],
        'a directory': [[`auth.jwks-file=${dir}`], /auth\.jwks-file: .*is not a file/],
        'a pipe': [[`auth.jwks-file=${pipe}`], /auth\.jwks-file: .*is not a file/],
        'a way out of the credentials': [['auth.secret-file=credential:../secret'], /auth\.secret-file: expected an absolute path or credential:NAME/],
        'a relative path': [['auth.revocations-file=list'], /auth\.revocations-file: expected an absolute path or state:NAME/],
        'keys over http from elsewhere': [['auth.jwks-url=http://example.org/jwks'], /auth\.jwks-url: .*https/],
        'no algorithm for the keys': [[`auth.secret-file=${secretFile}`, 'auth.algorithms=RS256'], /auth\.algorithms: .*no token could ever be good/],
        'authorities without a URL': [[`auth.jwks-ca-file=${secretFile}`], /auth\.jwks-ca-file: .*no effect without/],
        'an unknown place': [['auth.token-source=header:x'], /auth\.token-source: Expected auth:NAME/],
      };

      for (const [name, [sets, expected]] of Object.entries(problems))
        test(name, async () => {
          const { code, stderr } = await run(['--check-config', ...sets.flatMap((set) => ['--set', set])]);
          assert.equal(code, 2);
          assert.match(stderr, expected);
        });

      test('a secret in place of its file is not repeated, and --print-config shows none', async () => {
        const wrong = await run(['--check-config', '--set', `auth.secret-file=${secret}`]);
        assert.equal(wrong.code, 2);
        assert.match(wrong.stderr, /auth\.secret-file: expected an absolute path or credential:NAME/);
        assert.equal(wrong.stderr.includes(secret), false);
        const shown = await run(['--print-config', ...withSecret.flatMap((set) => ['--set', set])]);
        assert.equal(shown.code, 0);
        assert.match(shown.stdout, new RegExp(`^secret-file=${secretFile}$`, 'm'));
        assert.equal(shown.stdout.includes(secret), false);
      });

      test('the example of the manual page', async () => {
        const manual = readFileSync(new URL('../../data/man/sio-server.conf.5', import.meta.url), 'utf8');
        const [, example] = /\.SH EXAMPLES\n\.nf\n([^]*?)\.fi\n/.exec(manual);
        const group = /^\[auth\]\n[^]*?(?=^\[)/m.exec(example.replaceAll('\\-', '-'))[0];
        for (const text of [group, group.replaceAll(/^#(?=[a-z-]+=)/gm, '').replace(/^jwks-url=.*\n(?:[^]*?)(?=^issuers)/m, '').replace(/^algorithms=RS.*\n/m, '')])
          {
            const { code, stderr } = await run(['--config', file(text), '--check-config'], { CREDENTIALS_DIRECTORY: credentials });
            assert.equal(stderr, '');
            assert.equal(code, 0);
          }
      });

      test('each namespace as it says', async () => {
        const config = file(`[auth]\nmode=required\nsecret-file=${secretFile}\n[namespace /open]\nauth=none\n[namespace /maybe]\nauth=optional\n[namespace /chat]\n`);
        const server = await start([], { args: ['--config', config] });
        await refused(server, undefined, 'TOKEN_MISSING');
        await refused(server, undefined, 'TOKEN_MISSING', { name: '/chat' });
        await connected(server, undefined, { name: '/open' });
        await connected(server, { token: 'bad' }, { name: '/open' });
        await connected(server, undefined, { name: '/maybe' });
        await refused(server, { token: 'bad' }, 'TOKEN_INVALID', { name: '/maybe' });
        assert.equal((await status(server)).authenticatedSockets, 0);
        await connected(server, { token: good() }, { name: '/maybe' });
        await connected(server, { token: good() }, { name: '/chat' });
        assert.equal((await status(server)).authenticatedSockets, 2);
        await logged(server, /Authentication failed: missing, at \/chat, from/);
      });

      test('several devices of a user, and several namespaces of a connection', async () => {
        const server = await start([...withSecret, 'namespace /chat.auth=default']);
        const text = good();
        const sockets = [];
        for (let i = 0; i < 3; i++)
          sockets.push(await connected(server, { token: text }));
        const chat = sockets[0].io.socket('/chat', { auth: { token: text } });
        await within(once(chat, 'connect'), 'connect of /chat');
        const { accepted, cached, authenticatedSockets } = await status(server);
        assert.deepEqual({ accepted, cached, authenticatedSockets }, { accepted: 4, cached: 3, authenticatedSockets: 4 });
        sockets[1].disconnect();
        await until(async () => (await status(server)).authenticatedSockets === 3, 'three are left');
      });

      test('a reload takes over other keys; nothing of bad ones', async () => {
        const name = file(secret);
        const next = newSecret();
        const server = await start(['auth.mode=required', `auth.secret-file=${name}`]);
        const text = good();
        const socket = await connected(server, { token: text });
        await connected(server, { token: text });
        assert.equal((await status(server)).cached, 1);
        writeFileSync(name, 'short');
        await reload(server);
        await logged(server, /auth\.secret-file: .*cannot be used/);
        await connected(server, { token: text });
        writeFileSync(name, next);
        await reload(server);
        // Remembered as good, but of a key that is gone
        await refused(server, { token: text }, 'TOKEN_INVALID');
        await connected(server, { token: token({}, { key: next }) });
        assert.deepEqual(await ask(socket, 'latency'), { ok: true });
      });

      test('a reload turns it on and off', async () => {
        const config = file('[auth]\n');
        const server = await start([], { args: ['--config', config] });
        await connected(server);
        writeFileSync(config, `[auth]\nmode=required\nsecret-file=${secretFile}\n`);
        await reload(server);
        await refused(server, undefined, 'TOKEN_MISSING');
        await connected(server, { token: good() });
        writeFileSync(config, '[auth]\n');
        await reload(server);
        await connected(server);
      });
    });

    describe('keys of a URL', () => {
      const quick = ['auth.mode=required', 'auth.jwks-cooldown=100ms', 'auth.jwks-min-lifetime=1s', 'auth.jwks-lifetime=1s'];

      async function
      serveKeys (keys, tls)
      {
        const keyServer = { answer: JSON.stringify({ keys }), n: 0 };
        const handler = (_req, res) => { keyServer.n++; res.end(keyServer.answer); };
        let listener;
        keyServer.listen = async (port) => {
          listener = (tls ? https.createServer(tls, handler) : http.createServer(handler)).listen(port, '127.0.0.1');
          await once(listener, 'listening');
          keyServer.url = `http${tls ? 's' : ''}://127.0.0.1:${listener.address().port}/jwks`;
        };
        keyServer.close = async () => {
          listener.closeAllConnections();
          listener.close();
          await once(listener, 'close');
        };
        cleanups.push(() => listener.listening && keyServer.close());
        await keyServer.listen(0);
        return keyServer;
      }

      const tokenOf = (pair, kid, alg = 'ES256') => ({ token: token({}, { alg, key: pair.privateKey, header: { kid } }) });

      test('rotate, answer nonsense, and disappear', async () => {
        const [one, two] = [keyPair('ES256'), keyPair('ES256')];
        const keyServer = await serveKeys([jwk(one, 'one')]);
        const server = await start([...quick, `auth.jwks-url=${keyServer.url}`]);
        const first = tokenOf(one, 'one');
        await connected(server, first);
        await connected(server, first);
        // A key that nobody knew is asked for at once.
        keyServer.answer = JSON.stringify({ keys: [jwk(one, 'one'), jwk(two, 'two')] });
        await connected(server, tokenOf(two, 'two'));
        await connected(server, first);
        // One that is gone takes along what was remembered.
        keyServer.answer = JSON.stringify({ keys: [jwk(two, 'two')] });
        const before = keyServer.n;
        await until(() => keyServer.n > before, 'the keys are fetched again');
        await until(async () => (await status(server)).cacheSize === 0, 'the cache is empty');
        await refused(server, first, 'TOKEN_INVALID');
        for (const nonsense of ['<html>', '{"keys":{}}', '[]', ''])
          {
            const { keyFetchFailures } = await status(server);
            keyServer.answer = nonsense;
            await until(async () => (await status(server)).keyFetchFailures > keyFetchFailures, 'a failure');
            await connected(server, tokenOf(two, 'two'));
          }
        await keyServer.close();
        const { keyFetchFailures } = await status(server);
        await until(async () => (await status(server)).keyFetchFailures > keyFetchFailures, 'a failure');
        await connected(server, tokenOf(two, 'two'));
        await logged(server, /WARNING.*Keys of http:.*\/jwks cannot be had, those from before are kept: /);
        // A reload does not lose them.
        await reload(server);
        await connected(server, tokenOf(two, 'two'));
        // It comes back with others.
        const port = Number(new URL(keyServer.url).port);
        keyServer.answer = JSON.stringify({ keys: [jwk(one, 'three')] });
        await keyServer.listen(port);
        await until(async () => {
          const socket = client(server, tokenOf(one, 'three'));
          return within(Promise.race([once(socket, 'connect').then(() => true), once(socket, 'connect_error').then(() => false)]), 'an answer');
        }, 'the new key is good');
      });

      test('that are not there at the start', async () => {
        const pair = keyPair('EdDSA');
        const keyServer = await serveKeys([]);
        keyServer.answer = 'not yet';
        const server = await start([...quick, `auth.jwks-url=${keyServer.url}`]);
        await refused(server, tokenOf(pair, 'a', 'EdDSA'), 'AUTH_UNAVAILABLE');
        await logged(server, /cannot be had, there are none: /);
        keyServer.answer = JSON.stringify({ keys: [jwk(pair, 'a')] });
        await until(async () => {
          const socket = client(server, tokenOf(pair, 'a', 'EdDSA'));
          return within(Promise.race([once(socket, 'connect').then(() => true), once(socket, 'connect_error').then(() => false)]), 'an answer');
        }, 'the key is good');
      });

      test('over https with an authority of one\'s own', async () => {
        const [cert, key] = [path.join(dir, 'ca.pem'), path.join(dir, 'ca-key.pem')];
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=keys',
          '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
        const pair = keyPair('RS256');
        const keyServer = await serveKeys([jwk(pair, 'a')], { cert: readFileSync(cert), key: readFileSync(key) });
        const trusting = await start([...quick, `auth.jwks-url=${keyServer.url}`, `auth.jwks-ca-file=${cert}`]);
        await connected(trusting, tokenOf(pair, 'a', 'RS256'));
        const { n } = keyServer;
        const wary = await start([...quick, `auth.jwks-url=${keyServer.url}`]);
        await refused(wary, tokenOf(pair, 'a', 'RS256'), 'AUTH_UNAVAILABLE');
        assert.ok(n > 0);
        await logged(wary, /cannot be had, there are none: /);
      });
    });

    describe('expiry', () => {
      const quick = [...withSecret, 'auth.leeway=0s', 'auth.expiry-grace=2s'];

      test('is told, then the token is renewed in place', () => eventually(async () => {
        const server = await start(quick);
        const socket = await connected(server, { token: good({ exp: now() + 2 }) });
        const other = await connected(server, { token: good({ sub: 'bob' }) });
        const { id } = socket;
        const [told] = await within(once(socket, 'auth-expired'), 'auth-expired');
        assert.deepEqual(told, { message: 'The token expired' });
        assert.deepEqual(await ask(socket, 'latency'), { ok: true });
        const exp = now() + 3;
        assert.deepEqual(await ask(socket, 'auth:refresh', { token: good({ exp }) }), { ok: true, expiresAt: exp });
        // Before it expires, too, and as a text
        assert.deepEqual(await ask(other, 'auth:refresh', good({ sub: 'bob', exp: exp + 7200 })), { ok: true, expiresAt: exp + 7200 });
        await within(once(socket, 'auth-expired'), 'auth-expired');
        assert.equal((await ask(socket, 'auth:refresh', `Bearer ${good()}`)).ok, true);
        assert.equal(socket.id, id);
        const { expired, expiredDisconnects, refreshed } = await status(server);
        assert.deepEqual({ expired, expiredDisconnects, refreshed }, { expired: 2, expiredDisconnects: 0, refreshed: 3 });
        await logged(server, /Message: .*The token of alice expired$/m);
      }));

      test('a renewed token with other groups changes the rooms', async () => {
        const server = await start([...quick, 'namespace /.join=team:{groups}']);
        const socket = await connected(server, { token: good({ groups: ['a'] }) });
        const join = async (room) => (await ask(socket, 'room:join', room)).ok;
        assert.deepEqual([await join('team:a'), await join('team:b')], [true, false]);
        const revoked = once(socket, 'room:revoked');
        assert.equal((await ask(socket, 'auth:refresh', good({ groups: ['b'] }))).ok, true);
        assert.equal((await within(revoked, 'room:revoked'))[0].room, 'team:a');
        assert.deepEqual([await join('team:a'), await join('team:b')], [false, true]);
        // A refused one changes nothing.
        assert.equal((await ask(socket, 'auth:refresh', good({ groups: ['a'], exp: now() - 9 }))).ok, false);
        assert.equal(await join('team:a'), false);
      });

      test('ends the connection after the grace', () => eventually(async () => {
        const server = await start([...quick, 'auth.expiry-grace=500ms']);
        const exp = now() + 2;
        const socket = await connected(server, { token: good({ exp }) });
        const closed = once(socket.io, 'close');
        let told = 0;
        socket.on('auth-expired', () => told++);
        const [reason] = await within(once(socket, 'disconnect'), 'disconnect');
        assert.equal(reason, 'io server disconnect');
        assert.equal(told, 1);
        assert.ok(Date.now() >= exp * 1000 + 500);
        await within(closed, 'the connection is closed');
        const { expired, expiredDisconnects, authenticatedSockets } = await status(server);
        assert.deepEqual({ expired, expiredDisconnects, authenticatedSockets }, { expired: 1, expiredDisconnects: 1, authenticatedSockets: 0 });
        await logged(server, /The token of alice was not renewed: the socket is disconnected/);
      }));

      test('renewal is refused', () => eventually(async () => {
        const server = await start([...quick, 'auth.max-token-bytes=2K', 'auth.tenants=acme;umbrella', 'namespace /maybe.auth=optional']);
        const mine = { tenant: 'acme' };
        const socket = await connected(server, { token: good({ ...mine, exp: now() + 3 }) });
        const no = (code) => ({ ok: false, code, error: 'Authentication failed' });
        const cases = [
          [[], 'TOKEN_MISSING'], [[7], 'TOKEN_MISSING'], [[{ token: null }], 'TOKEN_MISSING'], [['abc'], 'TOKEN_INVALID'],
          [[good({ ...mine, sub: 'bob' })], 'TOKEN_OTHER_USER'], [[good({ tenant: 'umbrella' })], 'TOKEN_OTHER_USER'], [[good({ tenant: 'evil' })], 'TENANT_NOT_ALLOWED'],
          [[good({ ...mine, exp: now() - 1 })], 'TOKEN_EXPIRED'], [[good({ ...mine, more: 'x'.repeat(3000) })], 'TOKEN_INVALID'],
        ];
        for (const [args, code] of cases)
          assert.deepEqual(await ask(socket, 'auth:refresh', ...args), no(code), code);
        await logged(server, /Authentication failed: other-user, at \/, from 127\.0\.0\.1, renewing the token of alice/);
        const nobody = await connected(server, undefined, { name: '/maybe' });
        assert.deepEqual(await ask(nobody, 'auth:refresh', good(mine)), no('TOKEN_OTHER_USER'));
        const { refreshRefused, refreshed, refused: counts } = await status(server);
        assert.equal(refreshRefused, cases.length + 1);
        assert.equal(refreshed, 0);
        assert.equal(counts['other-user'], 3);
        // All of them changed nothing.
        await within(once(socket, 'auth-expired'), 'auth-expired');
        assert.equal((await within(once(socket, 'disconnect'), 'disconnect'))[0], 'io server disconnect');
      }));

      test('two at once: the second waits for its turn', async () => {
        const server = await start(withSecret);
        // By polling the first goes alone, and the others in one request.
        const socket = await connected(server, { token: good() }, { transports: ['polling'] });
        const answers = await Promise.all([1, 2, 3, 4].map((i) => ask(socket, 'auth:refresh', good({ jti: `${i}` }))));
        assert.deepEqual(answers.map(({ ok, code }) => [ok, code]), [[true, undefined], [true, undefined], [false, 'AUTH_UNAVAILABLE'], [false, 'AUTH_UNAVAILABLE']]);
        assert.equal((await status(server)).refused.busy, 2);
        assert.equal((await ask(socket, 'auth:refresh', good({ jti: '5' }))).ok, true);
      });

      test('tokens without an end stay, where they are allowed', async () => {
        const server = await start([...quick, 'auth.require-expiry=false']);
        const socket = await connected(server, { token: good({ exp: undefined }) });
        assert.deepEqual(await ask(socket, 'auth:refresh', good({ exp: undefined })), { ok: true, expiresAt: null });
      });

      test('where nobody needs a token, auth:refresh is an event like others', async () => {
        const server = await start(['namespace /.default=reject']);
        const answer = await ask(await connected(server), 'auth:refresh', good());
        assert.equal(answer.ok, false);
        assert.equal((await status(server)).refreshRefused, 0);
      });
    });

    describe('recovery', () => {
      const recovery = [...withSecret, 'server.recovery=true', 'auth.leeway=0s'];

      async function
      cut (socket, auth)
      {
        socket.auth = auth;
        const result = Promise.race([once(socket, 'connect').then(() => null), once(socket, 'connect_error').then(([error]) => error)]);
        socket.io.engine.close();
        return within(result, 'coming back');
      }

      async function
      pair (server, claims)
      {
        const socket = await connected(server, { token: good(claims) }, { reconnection: true, reconnectionDelay: 10 });
        const other = await connected(server, { token: good({ sub: 'bob' }) });
        assert.equal((await ask(socket, 'join', 'red')).ok, true);
        assert.equal((await ask(other, 'join', 'red')).ok, true);
        const heard = once(socket, 'hello');
        await ask(other, 'room', 'red', 'hello', 1);
        await within(heard, 'an event, which brings the offset');
        return { socket, other, id: socket.id };
      }

      test('with a renewed token of the same user', async () => {
        const server = await start(recovery);
        const { socket, id } = await pair(server, { groups: ['a'] });
        assert.equal(await cut(socket, { token: good({ groups: ['a'], exp: now() + 7200 }) }), null);
        assert.equal(socket.recovered, true);
        assert.equal(socket.id, id);
        assert.equal((await status(server)).accepted, 3);
      });

      test('with the token of another user, or with other rights: a new client', async () => {
        const server = await start(recovery);
        for (const claims of [{ sub: 'eve' }, { groups: ['a', 'b'] }, { groups: ['a'], role: 'admin' }, { groups: ['a'], tenant: 'x' }])
          {
            const { socket, other, id } = await pair(server, { groups: ['a'] });
            const seen = [];
            socket.on('hello', (...args) => seen.push(args));
            assert.equal(await cut(socket, { token: good(claims) }), null);
            assert.equal(socket.recovered, false);
            assert.notEqual(socket.id, id);
            await ask(other, 'room', 'red', 'hello', 2);
            assert.deepEqual(await ask(socket, 'latency'), { ok: true });
            assert.deepEqual(seen, []);
          }
      });

      test('not without a good token', async () => {
        const server = await start(recovery);
        for (const [auth, code] of [[{}, 'TOKEN_MISSING'], [{ token: 'bad' }, 'TOKEN_INVALID'], [{ token: good({ exp: now() - 5 }) }, 'TOKEN_EXPIRED']])
          {
            const { socket } = await pair(server);
            const error = await cut(socket, auth);
            assert.deepEqual(error?.data, { code });
          }
      });

      test('after a renewal in place the new rights count', async () => {
        const server = await start(recovery);
        const { socket, id } = await pair(server, { groups: ['a'] });
        assert.equal((await ask(socket, 'auth:refresh', good({ groups: ['b'] }))).ok, true);
        assert.equal(await cut(socket, { token: good({ groups: ['b'] }) }), null);
        assert.equal(socket.recovered, true);
        assert.equal(socket.id, id);
      });
    });

    describe('floods', () => {

      // Each opens a connection and asks n times; the token differs each time.
      async function
      attack (server, n, make)
      {
        const ws = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
        await within(new Promise((resolve, reject) => {
          let left = n;
          ws.on('error', reject);
          ws.on('message', (data) => {
            const text = String(data);
            if (text === '2')
              ws.send('3');
            else if (text[0] === '0')
              ws.send(`40${JSON.stringify({ token: make() })}`);
            else if (!text.startsWith('44{"message":"Authentication failed","data":{"code":"TOKEN_INVALID"}}'))
              reject(new Error(text));
            else if (--left === 0)
              resolve();
            else
              ws.send(`40${JSON.stringify({ token: make() })}`);
          });
        }), 'refusals', 120_000);
        ws.terminate();
      }

      test('of bad tokens neither grow memory nor starve good clients', async () => {
        const total = Number(process.env.SIO_AUTH_FLOOD ?? 4000);
        const pair = keyPair('ES256');
        const server = await start([...withSecret, `auth.key-files=${file(pem(pair))}`, 'auth.cache-size=1000']);
        let i = 0;
        const forged = token({}, { alg: 'ES256', key: keyPair('ES256').privateKey });
        const kinds = [() => `abc${i++}`, () => token({ jti: `${i++}` }, { key: 'wrong'.repeat(8) }), () => `${forged.slice(0, -4)}${String(i++ % 10000).padStart(4, 'A')}`, () => 'x'.repeat(9000)];
        const wave = async (n) => Promise.all(Array.from({ length: 8 }, (_, k) => (async () => {
          for (let done = 0; done < n / 8;)
            {
              const some = Math.min(50, n / 8 - done);
              await attack(server, some, kinds[k % kinds.length]);
              done += some;
            }
        })()));
        const socket = await connected(server, { token: good() });
        let slowest = 0;
        let running = true;
        const watch = (async () => {
          while (running)
            {
              const begin = performance.now();
              assert.deepEqual(await ask(socket, 'latency'), { ok: true });
              await connected(server, { token: good() }).then((other) => other.disconnect());
              slowest = Math.max(slowest, performance.now() - begin);
              await quiet(5);
            }
        })();
        await wave(Math.min(2000, total / 2));
        const before = server.rss;
        await wave(total);
        running = false;
        await watch;
        const grown = server.rss - before;
        const { refused: counts, cacheSize, pending } = await status(server);
        console.log(`# ${total} bad tokens: RSS ${before} kB, then ${before + grown} kB; a good client waited ${Math.round(slowest)} ms at most`);
        assert.ok(counts.malformed + counts.signature + counts['too-large'] >= total);
        assert.ok(cacheSize <= 1000);
        assert.equal(pending, 0);
        assert.ok(server.sanitised || grown < 4096, `grew by ${grown} kB`);
        assert.ok(slowest < 30_000, `${slowest} ms`);
        // The log is limited, and says so.
        assert.ok(server.output.match(/Authentication failed/g).length < 200);
      }, { timeout: 600_000 });
    });
  }
else
  test('the daemon is not tested here', () => {}, { skip: true });
