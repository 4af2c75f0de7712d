// SPDX-License-Identifier: LGPL-2.1-or-later
// Official clients of any server, and an administrator of it that is not sio-admin. Does what each line of standard
// input says, and answers with one line of JSON.

import readline from 'node:readline';
import { load } from '../interop/lib/npm.mjs';

const { io: connect } = load('socket.io-client');
const clients = new Map(); // id → client
const heard = [];
const gone = {}; // id → reason
const OPTIONS = { forceNew: true, reconnection: false, rejectUnauthorized: false };

const commands = {
  async open (url, nsp, options = {}) {
    const client = connect(url + nsp, { ...OPTIONS, transports: ['websocket'], ...options });

    await new Promise((resolve, reject) => { client.on('connect', resolve); client.on('connect_error', reject); });
    const { id } = client;

    clients.set(id, client);
    client.onAny((...args) => heard.push([id, ...args]));
    client.on('disconnect', (reason) => { gone[id] = reason; });
    return id;
  },
  async ask (id, ...args) { return await clients.get(id).timeout(10000).emitWithAck(...args) ?? null; },
  close (id) { clients.get(id).close(); return true; },
  heard: () => heard,
  gone: () => gone,
  // What the server tells another administrator: its sockets but for those of administrators.
  async state (url, nsp = '/admin') {
    const admin = connect(url + nsp, { ...OPTIONS, auth: { username: 'admin', password: 'secret' } });

    const sockets = await new Promise((resolve, reject) => {
      admin.on('all_sockets', resolve);
      admin.on('connect_error', reject);
      setTimeout(reject, 10000, new Error('no list')).unref();
    });
    admin.close();
    return Object.fromEntries(sockets.filter((socket) => socket.nsp !== nsp)
      .map(({ id, nsp: name, rooms }) => [id, [name, ...rooms.filter((room) => room !== id)]]));
  },
};

for await (const line of readline.createInterface({ input: process.stdin }))
  {
    const [name, ...args] = JSON.parse(line);

    console.log(JSON.stringify(await commands[name](...args)));
  }
process.exit(0);
