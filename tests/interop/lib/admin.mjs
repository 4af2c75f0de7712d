// SPDX-License-Identifier: LGPL-2.1-or-later
// The namespace of the Admin UI: ours, that of @socket.io/admin-ui on Node, and admins that write
// down what they are told.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { load } from './npm.mjs';
import { startDaemon } from './server.mjs';
import { WAIT, request } from './wire.mjs';

const { io } = load('socket.io-client');
const bcrypt = load('bcryptjs');

export const PASSWORD = 'correct horse';
/* The cheapest one there is. */
export const HASH = bcrypt.hashSync(PASSWORD, 4);

export async function
until (condition, what)
{
  for (const end = performance.now() + WAIT; performance.now() < end;)
    {
      if (await condition())
        return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  assert.fail(typeof what === 'function' ? what() : what);
}

export async function
startAdminDaemon (dir, sets = [], lines = `admin:${HASH}\n`)
{
  const file = path.join(dir, 'admins');
  writeFileSync(file, lines);
  return startDaemon({ args: ['admin.enabled=true', `admin.password-file=${file}`, ...sets].flatMap((set) => ['--set', set]) });
}

// The same on Node, with handlers that do what sio-server's built-in ones do.
export async function
startNode ({ mode = 'development', readonly = false } = {})
{
  const { Server } = load('socket.io');
  const { instrument } = load('@socket.io/admin-ui');
  const server = createServer();
  const ioServer = new Server(server, { perMessageDeflate: false });

  const handlers = (socket) => {
    socket.on('join', (room, ack) => { socket.join(room); ack({ ok: true, room }); });
    socket.on('leave', (room, ack) => { socket.leave(room); ack({ ok: true, room }); });
    socket.on('room', (room, event, ...args) => { socket.to(room).emit(event, room, socket.id, ...args); });
  };
  ioServer.on('connection', handlers);
  ioServer.of('/chat').on('connection', handlers);
  instrument(ioServer, { auth: { type: 'basic', username: 'admin', password: HASH }, mode, readonly });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop ()
    {
      await ioServer.close();
    },
  };
}

// An admin; `told` is all it was told, [event, ...args].
export class Admin
{
  told = [];

  constructor (server, auth = { username: 'admin', password: PASSWORD }, { nsp = '/admin', ...options } = {})
  {
    this.socket = io(`${server.url}${nsp}`, { forceNew: true, reconnection: false, transports: ['websocket'], auth, ...options });
    this.socket.onAny((...args) => this.told.push(args));
    this.connected = new Promise((resolve, reject) => {
      this.socket.once('connect', () => resolve(this));
      this.socket.once('connect_error', reject);
    });
    this.connected.catch(() => {});
  }

  static async login (...args)
  {
    const admin = new Admin(...args);
    await admin.connected;
    await admin.heard('config');
    return admin;
  }

  get id () { return this.socket.id; }
  of (event) { return this.told.filter(([name]) => name === event).map(([, ...args]) => args); }
  emit (...args) { this.socket.emit(...args); }
  close () { this.socket.disconnect(); }

  async heard (event, matches = () => true)
  {
    let found;
    await until(() => (found = this.of(event).find((args) => matches(...args))) !== undefined,
                () => `no such "${event}" among ${JSON.stringify(this.told).slice(0, 4000)}`);
    return found;
  }
}

export const status = async (server) => JSON.parse((await request(server.port, '/status', { ownConnection: true })).text);

// /status is kept for a second.
export async function
untilStatus (server, condition, what)
{
  let last;
  await until(async () => condition(last = await status(server)), () => `${what}: ${JSON.stringify(last.admin)}`);
  return last;
}
