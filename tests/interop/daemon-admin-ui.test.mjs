// SPDX-License-Identifier: LGPL-2.1-or-later
// The official Admin UI, as its package has it, in headless Chromium: it shows live sockets of
// sio-server, and what it does to them reaches real clients.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { PASSWORD, startAdminDaemon, until, untilStatus } from './lib/admin.mjs';
import { newPage, useBrowser } from './lib/browser.mjs';
import { load, npmDir } from './lib/npm.mjs';
import { isNode } from './lib/server.mjs';
import { test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const dist = path.join(npmDir, 'node_modules', '@socket.io', 'admin-ui', 'ui', 'dist');
const dir = mkdtempSync(path.join(tmpdir(), 'sio-admin-ui-'));
const pictures = process.env.SIO_SCREENSHOT_DIR;
const browser = useBrowser();
const clients = [];
const servers = [];
let site;

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png' };

before(async () => {
  site = http.createServer((req, res) => {
    const name = path.join(dist, path.normalize(new URL(req.url, 'http://x').pathname));
    const file = existsSync(name) && path.extname(name) !== '' ? name : path.join(dist, 'index.html');
    res.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    res.end(readFileSync(file));
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
});

after(() => {
  site.closeAllConnections();
  site.close();
  rmSync(dir, { recursive: true });
});

afterEach(async () => {
  for (const context of browser.browser.contexts())
    await context.close();
  for (const client of clients.splice(0))
    client.disconnect();
  for (const server of servers.splice(0))
    await server.stop();
});

const origin = () => `http://127.0.0.1:${site.address().port}`;

async function
start (sets)
{
  const server = await startAdminDaemon(dir, [`server.cors-origins=${origin()}`, 'server.cors-credentials=true', 'namespace /chat.default=drop', ...sets]);
  servers.push(server);
  return server;
}

async function
connect (server, nsp = '')
{
  const client = io(`${server.url}${nsp}`, { forceNew: true, reconnection: false, transports: ['websocket'] });
  clients.push(client);
  await within(once(client, 'connect'), 'connect');
  return client;
}

async function
picture (page, name)
{
  if (pictures === undefined)
    return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `admin-ui-${name}.png`) });
}

// Nothing from elsewhere: fonts and icons of the page are missing.
async function
open ()
{
  const page = await newPage(browser);
  await page.route((url) => url.hostname !== '127.0.0.1', (route) => route.abort());
  await page.goto(origin());
  return page;
}

async function
logIn (page, server, password = PASSWORD)
{
  const dialog = page.locator('.v-dialog--active');
  await dialog.getByLabel('Server URL').fill(server.url);
  await dialog.getByLabel('Username').fill('admin');
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Connect' }).click();
}

const go = (page, where) => page.locator('.v-navigation-drawer').getByText(where, { exact: true }).click();
const row = (page, text) => page.locator('tbody tr', { hasText: text });
/* Their names are in fonts from elsewhere. */
const button = (scope, icon) => scope.locator(`button:has(.mdi-${icon})`);

async function
openAndLogIn (server)
{
  const page = await open();
  await logIn(page, server);
  await page.locator('.v-app-bar', { hasText: /connected/i }).waitFor();
  await page.locator('.v-dialog--active').waitFor({ state: 'hidden' });
  return page;
}

// Whether what `from` sends to the room reaches `to`.
async function
reaches (from, room, to)
{
  let came = false;
  const listener = () => { came = true; };
  to.on('probe', listener);
  await ask(from, 'room', room, 'probe');
  await ask(to, 'latency');
  to.off('probe', listener);
  return came;
}

const ask = (socket, ...args) => socket.timeout(60_000).emitWithAck(...args);
const ended = (client) => within(new Promise((resolve) => { client.once('disconnect', resolve); }), 'the end of a client');

if (!isNode)
  describe('the official Admin UI', () => {
    test('logs in, not with a wrong password, and stays logged in when the page is loaded again', async () => {
      const server = await start(['admin.mode=development']);
      const page = await open();
      await logIn(page, server, 'wrong');
      await page.locator('.v-dialog--active', { hasText: /invalid credentials/i }).waitFor();
      await picture(page, 'refused');
      await logIn(page, server);
      await page.locator('.v-dialog--active').waitFor({ state: 'hidden' });
      await page.locator('.v-app-bar', { hasText: /status:\s*connected/i }).waitFor();
      await untilStatus(server, ({ admin }) => admin.logins === 1 && admin.refused.credentials === 1, 'one login');
      await page.reload();
      await page.locator('.v-app-bar', { hasText: /status:\s*connected/i }).waitFor();
      await page.locator('.v-dialog--active').waitFor({ state: 'hidden' });
      await untilStatus(server, ({ admin }) => admin.resumed === 1 && admin.connected === 1, 'the session');
    });

    test('shows sockets as they come and go', async () => {
      const server = await start(['admin.mode=development']);
      const early = await connect(server);
      const page = await openAndLogIn(server);
      await go(page, 'Sockets');
      await row(page, early.id).waitFor();
      const late = await connect(server);
      await row(page, late.id).waitFor();
      await picture(page, 'sockets');
      assert.match(await row(page, late.id).innerText(), /127\.0\.0\.1\s+WebSocket/);
      const { id } = late;
      late.disconnect();
      await row(page, id).waitFor({ state: 'detached' });
      assert.equal(await row(page, early.id).count(), 1);

      await go(page, 'Dashboard');
      await row(page, '/chat').waitFor();
      await until(async () => /^\/\s+1$/.test((await page.locator('tbody tr').filter({ has: page.getByText('/', { exact: true }) }).innerText()).trim()), 'one socket in /');
      await picture(page, 'dashboard');
      await go(page, 'Servers');
      await row(page, String(server.pid)).waitFor();
      await picture(page, 'servers');
    });

    test('puts sockets into rooms, takes them out and disconnects them', async () => {
      const server = await start(['admin.mode=development']);
      const [a, b] = [await connect(server), await connect(server)];
      await ask(b, 'join', 'vip');
      assert.equal(await reaches(b, 'vip', a), false);
      const page = await openAndLogIn(server);
      await go(page, 'Sockets');
      await row(page, a.id).locator('td').first().click();
      await page.getByText('Initial HTTP request').first().waitFor();

      await page.locator('.select-room input').first().fill('vip');
      await button(page, 'tag-plus-outline').click();
      await row(page, 'vip').waitFor();
      assert.equal(await reaches(b, 'vip', a), true);
      await picture(page, 'socket');

      await button(row(page, 'vip'), 'tag-off-outline').click();
      /* The click opens the page of the room, too, with those who stay. */
      await row(page, b.id).waitFor();
      await until(async () => await row(page, a.id).count() === 0, 'it is still in the room');
      assert.equal(await reaches(b, 'vip', a), false);
      await picture(page, 'room');

      await go(page, 'Sockets');
      const end = ended(a);
      await button(row(page, a.id), 'logout').click();
      assert.equal(await end, 'io server disconnect');

      await go(page, 'Rooms');
      await row(page, 'vip').waitFor();
      await picture(page, 'rooms');
      const endOfB = ended(b);
      await button(row(page, 'vip'), 'logout').click();
      assert.equal(await endOfB, 'io server disconnect');
      for (const action of ['join', 'leave', 'disconnect'])
        await until(() => new RegExp(`${action} by admin at 127\\.0\\.0\\.1 \\(admin\\) on .*: done`).test(server.output), () => server.output);
    });

    test('disconnects clients, and shows events', async () => {
      const server = await start(['admin.mode=development']);
      const a = await connect(server);
      const page = await openAndLogIn(server);
      await go(page, 'Events');
      await ask(a, 'join', 'lobby');
      a.emit('room', 'lobby', 'news', { deep: [1, 'ß'] });
      await row(page, 'room').filter({ hasText: a.id }).first().waitFor();
      await page.getByText(/event received/i).first().waitFor();
      await picture(page, 'events');
      await go(page, 'Clients');
      const end = ended(a);
      const id = a.io.engine.id.slice(0, 12);
      await picture(page, 'clients');
      await button(row(page, id), 'logout').click();
      assert.match(await end, /transport close|io server disconnect/);
      /* As above. */
      await row(page, id).filter({ hasText: 'WebSocket' }).waitFor({ state: 'detached' });
      assert.deepEqual(page.problems.filter((text) => !text.includes('ERR_FAILED')), []);
    });

    test('readonly has no buttons, production no sockets', async () => {
      const server = await start(['admin.mode=development', 'admin.readonly=true']);
      const a = await connect(server);
      const page = await openAndLogIn(server);
      await go(page, 'Sockets');
      await row(page, a.id).waitFor();
      assert.equal(await page.locator('tbody button').count(), 0);
      await picture(page, 'readonly');

      const production = await start([]);
      await connect(production);
      const other = await openAndLogIn(production);
      await row(other, '/chat').waitFor();
      const drawer = await other.locator('.v-navigation-drawer').innerText();
      assert.match(drawer, /Dashboard\s+Servers/);
      await picture(other, 'production');
    });
  });
