// SPDX-License-Identifier: LGPL-2.1-or-later
// The official server with @socket.io/admin-ui. Prints "listening on PORT"; then does what each line of standard input
// says and answers with one line of JSON.
//
//   node-admin.mjs --mode development|production [--readonly] [--token TOKEN]

import { createServer } from 'node:http';
import readline from 'node:readline';
import { parseArgs } from 'node:util';
import { load } from '../interop/lib/npm.mjs';

const { Server } = load('socket.io');
const { io: connect } = load('socket.io-client');
const { instrument } = load('@socket.io/admin-ui');
const { hashSync } = load('bcryptjs');
const { values } = parseArgs({ options: {
  mode: { type: 'string', default: 'development' }, readonly: { type: 'boolean', default: false },
  port: { type: 'string', default: '0' }, token: { type: 'string' },
} });
const http = createServer((request, response) => response.writeHead(404).end());
const io = new Server(http);
const clients = [];
const heard = [];

instrument(io, {
  auth: values.token ? false : { type: 'basic', username: 'admin', password: hashSync('secret', 4) },
  mode: values.mode, readonly: values.readonly, serverId: 'node',
});
if (values.token)
  io.of('/admin').use(({ handshake: { auth } }, next) =>
    next(JSON.stringify(auth) === JSON.stringify({ token: values.token }) ? undefined : new Error('not authorized')));
for (const nsp of ['/', '/chat'])
  io.of(nsp).on('connection', (socket) => {
    socket.data.userId = 'alice';
    socket.join('lobby');
    socket.on('join', (room, ack) => { socket.join(room); ack?.(); });
    socket.on('leave', (room, ack) => { socket.leave(room); ack?.(); });
    socket.on('hello', (ack) => ack?.());
  });

const commands = {
  // N clients of a namespace
  async connect (nsp, n = '1') {
    const ids = [];

    for (let i = 0; i < Number(n); i++)
      {
        const client = connect(`http://localhost:${http.address().port}${nsp}`,
          { forceNew: true, reconnection: false, transports: ['websocket'] });
        const index = clients.push(client) - 1;

        client.onAny((...args) => heard.push([index, ...args]));
        await new Promise((resolve, reject) => { client.on('connect', resolve); client.on('connect_error', reject); });
        ids.push(client.id);
      }
    return ids;
  },
  async ask (index, ...args) { await clients[index].emitWithAck(...args); return true; },
  close (index) { clients[index].close(); return true; },
  heard: () => heard,
  // what the server knows
  state: () => Object.fromEntries([...io._nsps].map(([name, nsp]) => [name,
    [...nsp.sockets.values()].map(({ id, rooms }) => ({ id, rooms: [...rooms].filter((room) => room !== id) }))])),
};

http.listen(Number(values.port), () => console.log(`listening on ${http.address().port}`));
for await (const line of readline.createInterface({ input: process.stdin }))
  {
    const [name, ...args] = JSON.parse(line);

    console.log(JSON.stringify(await commands[name](...args)));
  }
process.exit(0);
