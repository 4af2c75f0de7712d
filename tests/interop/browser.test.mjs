// SPDX-License-Identifier: LGPL-2.1-or-later
// The built-in page of sio-server in headless Chromium, and pages of other origins.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { newPage, useBrowser } from './lib/browser.mjs';
import { clientDir } from './lib/npm.mjs';
import { freePort, isNode, startConformance, startDaemon, useServer } from './lib/server.mjs';
import { newSecret, token } from './lib/tokens.mjs';
import { test } from './lib/wire.mjs';

const pictures = process.env.SIO_SCREENSHOT_DIR;
const browser = useBrowser();

afterEach(async () => {
  for (const context of browser.browser.contexts())
    await context.close();
});

async function
picture (page, name)
{
  if (pictures === undefined)
    return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

async function
openPage (url, options)
{
  const page = await newPage(browser, options);
  await page.goto(url);
  await page.locator('#state[data-state="connected"]').waitFor();
  await page.locator('#transport', { hasText: /^websocket$/ }).waitFor();
  return page;
}

async function
join (page, name, room = 'lobby')
{
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Room', { exact: true }).fill(room);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('#messages', { hasText: `You joined ${room}` }).waitFor();
}

async function
say (page, text)
{
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const message = (page, text) => page.locator('#messages li', { hasText: text });

describe('built-in page', () => {
  const server = useServer(() => startDaemon());

  test('connects, upgrades and shows who it is', async () => {
    const page = await openPage(server.url);
    assert.match(await page.locator('#sid').textContent(), /^[A-Za-z0-9_-]{20}$/);
    assert.equal(await page.locator('#state').textContent(), 'connected');
    assert.deepEqual(page.problems, []);
  });

  test('lets two people talk in a room, and not a third outside of it', async () => {
    const [ann, bob, eve] = await Promise.all([1, 2, 3].map(() => openPage(server.url)));
    await join(ann, 'Ann');
    await join(eve, 'Eve', 'elsewhere');
    await join(bob, 'Bob');
    await message(ann, 'Bob joined').waitFor();
    await say(ann, 'Hello, is there anybody? 😀 <b>&amp;');
    await message(bob, 'Hello, is there anybody? 😀 <b>&amp;').waitFor();
    await say(bob, 'Yes, Bob.');
    await message(ann, 'Yes, Bob.').waitFor();
    assert.equal(await message(ann, 'Yes, Bob.').count(), 1);
    assert.equal(await ann.locator('#messages li.mine').count(), 1);
    await say(eve, 'only for elsewhere');
    await message(eve, 'only for elsewhere').waitFor();
    assert.equal(await message(eve, 'anybody').count(), 0);
    await bob.getByRole('button', { name: 'Leave room lobby' }).click();
    await message(ann, 'Bob left').waitFor();
    await bob.locator('#rooms li').waitFor({ state: 'detached' });
    assert.ok(await bob.locator('#text').isDisabled());
    await picture(ann, 'page-desktop');
    assert.deepEqual([...ann.problems, ...bob.problems, ...eve.problems], []);
  });

  test('measures round trips', async () => {
    const page = await openPage(server.url);
    await page.locator('#latency', { hasText: /^\d+(\.\d+)?$/ }).waitFor();
    await page.locator('#p95', { hasText: /^\d+(\.\d+)?$/ }).waitFor();
    const ms = Number(await page.locator('#latency').textContent());
    assert.ok(ms > 0 && ms < 2000, `${ms} ms`);
  });

  for (const [name, options] of [
    ['page-dark', { colorScheme: 'dark' }],
    ['page-narrow', { viewport: { width: 360, height: 740 } }],
    ['page-narrow-dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
  ])
    test(`fits (${name})`, async () => {
      const page = await openPage(server.url, options);
      await join(page, 'Ann', 'a room with quite a long name that goes on and on');
      await say(page, `A longish message, ${'with many words, '.repeat(12)}and an${'unbreakable'.repeat(12)}word.`);
      await page.locator('#messages li.mine').waitFor();
      await page.waitForFunction(() => document.querySelector('#spark polyline').points.length > 2);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, 'no horizontal scrolling');
      await picture(page, name);
      assert.deepEqual(page.problems, []);
    });

  test('says so when the server goes, and comes back with it into its room', async () => {
    const port = await freePort();
    let own = await startDaemon({ port });
    try
      {
        const page = await openPage(own.url);
        await join(page, 'Ann');
        await own.stop();
        await page.locator('#state[data-state="reconnecting"]').waitFor();
        assert.match(await page.locator('#reason').textContent(), /^(Disconnected: transport (close|error)|Could not connect)/);
        own = await startDaemon({ port });
        await page.locator('#state[data-state="connected"]').waitFor();
        const other = await openPage(own.url);
        await join(other, 'Bob');
        await say(other, 'welcome back');
        await message(page, 'welcome back').waitFor();
        assert.equal(await page.locator('#reconnections').textContent(), '1');
      }
    finally
      {
        await own.stop();
      }
  });

  test('explains a missing client bundle', async () => {
    const own = await startDaemon({ client: false, args: [] });
    try
      {
        const page = await newPage(browser);
        await page.goto(own.url);
        await page.locator('#trouble').waitFor();
        assert.match(await page.locator('#trouble').textContent(), /\/socket\.io\/socket\.io\.js/);
        await picture(page, 'page-without-client');
      }
    finally
      {
        await own.stop();
      }
  });

  test('shows a token, and says when the server wants one', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'sio-page-'));
    const key = newSecret();
    writeFileSync(path.join(dir, 'secret'), key, { mode: 0o600 });
    const own = await startDaemon({ args: ['--set', 'auth.mode=required', '--set', `auth.secret-file=${path.join(dir, 'secret')}`] });
    try
      {
        const page = await newPage(browser);
        await page.goto(own.url);
        await page.locator('#reason', { hasText: 'This server wants a token: add #token=' }).waitFor();
        assert.equal(await page.locator('#state').textContent(), 'refused');
        await picture(page, 'page-without-token');
        await page.goto(`${own.url}/#token=abc`);
        await page.locator('#reason', { hasText: 'Authentication failed (TOKEN_INVALID)' }).waitFor();
        const ann = await openPage(`${own.url}/#token=${token({ sub: 'ann' }, { key })}`);
        await join(ann, 'Ann');
        await say(ann, 'with a token');
        await message(ann, 'with a token').waitFor();
      }
    finally
      {
        await own.stop();
        rmSync(dir, { recursive: true });
      }
  });

  test('works under another path', async () => {
    const own = await startDaemon({ args: ['--path', '/live'] });
    try
      {
        const page = await openPage(own.url);
        await join(page, 'Ann');
      }
    finally
      {
        await own.stop();
      }
  });
});

describe('a page of another origin', () => {
  let other;

  before(async () => {
    other = http.createServer((req, res) => {
      const base = new URL(req.url, 'http://localhost').searchParams.get('server');
      res.writeHead(200, { 'Content-Type': 'text/html' }).end(base === null ? '' : `<!DOCTYPE html><title>elsewhere</title><p id="out">waiting</p>
        <script src="${base}/socket.io/socket.io.js"></script>
        <script>
          const out = document.getElementById('out');
          const transports = new URLSearchParams(location.search).get('transports').split(',');
          const socket = io('${base}', { transports, reconnection: false });
          socket.on('connect', async () => {
            const answer = await socket.timeout(60_000).emitWithAck('join', 'x');
            out.textContent = 'connected ' + answer.ok;
          });
          socket.on('connect_error', (error) => { out.textContent = 'refused: ' + error.message; });
        </script>`);
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
  });
  after(() => {
    other.close();
    other.closeAllConnections();
  });

  async function
  visit (server, list)
  {
    const page = await newPage(browser);
    await page.goto(`http://127.0.0.1:${other.address().port}/?server=${server.url}&transports=${list}`);
    await page.locator('#out:not(:text-is("waiting"))').waitFor();
    return page.locator('#out').textContent();
  }

  async function
  withServer (args, fn)
  {
    const own = await startDaemon({ args });
    try
      {
        await fn(own);
      }
    finally
      {
        await own.stop();
      }
  }

  const origin = () => `http://127.0.0.1:${other.address().port}`;

  test('is served when its origin is allowed', () => withServer(['--cors-origin', origin()], async (own) => {
    assert.equal(await visit(own, 'polling'), 'connected true');
    assert.equal(await visit(own, 'polling,websocket'), 'connected true');
    assert.equal(await visit(own, 'websocket'), 'connected true');
  }));

  test('is served when every origin is allowed', () => withServer(['--cors-origin', '*'], async (own) => {
    assert.equal(await visit(own, 'polling,websocket'), 'connected true');
  }));

  test('is refused without', () => withServer([], async (own) => {
    assert.match(await visit(own, 'polling'), /^refused: xhr poll error/);
  }));

  test('is refused when another origin is allowed', () => withServer(['--cors-origin', 'http://good.example'], async (own) => {
    assert.match(await visit(own, 'polling'), /^refused: xhr poll error/);
  }));
});

/* The bytes themselves are looked at in compression.test.mjs. */
if (!isNode)
  describe('compression', () => {
    const own = useServer(() => startConformance('compression', { args: ['--client-dir', clientDir] }));

    test('is negotiated by the browser, and works in both directions', async () => {
      const page = await newPage(browser);
      await page.goto(`${own.url}/socket.io/socket.io.js`);
      await page.addScriptTag({ url: `${own.url}/socket.io/socket.io.min.js` });
      for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']])
        {
          const [extensions, lengths] = await page.evaluate(async (list) => {
            const socket = globalThis.io({ transports: list, forceNew: true });
            await new Promise((resolve) => { socket.on('connect', resolve); });
            const { transport } = socket.io.engine;
            const text = 'some text, and again '.repeat(5000);
            const echo = await socket.timeout(60_000).emitWithAck('echo', text);
            const big = new Promise((resolve) => { socket.on('big', resolve); });
            socket.emit('big', 50000);
            const answer = [transport.ws?.extensions, [echo === text, (await big).length]];
            socket.disconnect();
            return answer;
          }, transports);
          assert.deepEqual(lengths, [true, 50000]);
          if (transports[0] === 'websocket')
            assert.match(extensions, /permessage-deflate/);
        }
    });
  });
