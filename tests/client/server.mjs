// SPDX-License-Identifier: LGPL-2.1-or-later
// The official server, as the tests of the client need it. Prints "listening on PORT".
//
//   server.mjs [--port N] [--options JSON] [--faults SEED [--fault-time MS]]
//
// With --faults the port is that of a proxy that cuts, stalls and truncates connections at
// places that depend on the seed, for some time.

import http from 'node:http';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { load } from '../interop/lib/npm.mjs';

const { Server } = load('socket.io');
const { values } = parseArgs({ options: {
  port: { type: 'string' }, options: { type: 'string' }, faults: { type: 'string' }, 'fault-time': { type: 'string' },
} });
const server = http.createServer();
const io = new Server(server, { serveClient: false, ...JSON.parse(values.options ?? '{}') });
const reasons = [];
const connects = {};
const items = [];
const onces = [];

/* What a raw transport sends, whatever the state of the session. */
function
raw (socket, text)
{
  socket.conn.transport.send([{ type: 'message', data: text }]);
}

function
common (socket)
{
  socket.on('getId', (ack) => ack(socket.id));
  socket.on('echo', (...args) => args.pop()(...args));
  socket.on('bounce', (...args) => socket.emit('bounce', ...args));
  socket.on('hi', () => socket.emit('hi'));
  socket.on('doge', () => socket.emit('doge', Buffer.from('asdfasdf')));
  socket.on('never', () => {});
  socket.on('handshake', (ack) => ack(socket.handshake));
  socket.on('ask', (x) => socket.emit('question', x, (...answer) => socket.emit('answered', ...answer)));
}

io.of('/no').use((socket, next) => next(Object.assign(new Error('Auth failed (custom namespace)'), { data: { code: 42 } })));
io.of('/auth').on('connection', (socket) => socket.emit('auth', socket.handshake.auth));
io.of('/foo').on('connection', common);
io.on('connection', (socket) => {
  let seen = 0;

  common(socket);
  socket.on('disconnect', (reason) => reasons.push(reason));
  socket.on('reasons', (ack) => ack(reasons.splice(0)));
  socket.on('disconnect-me', () => socket.disconnect());
  socket.on('disconnect-all', () => socket.disconnect(true));
  socket.on('close-conn', () => socket.conn.close());
  socket.on('bad-sio', () => raw(socket, '9nonsense'));
  socket.on('bad-binary', () => socket.conn.transport.send([{ type: 'message', data: Buffer.from('x') }]));
  socket.on('bad-eio', () => {
    if (socket.conn.transport.name === 'websocket')
      socket.conn.transport.socket.send('x');
    else
      socket.conn.transport.write('x', {});
  });
  socket.on('destroy', () => socket.conn.transport.name === 'websocket'
    ? socket.conn.transport.socket._socket.destroy() : socket.conn.request.socket.destroy());
  /* Answers the third time only. */
  socket.on('third', (x, ack) => {
    connects[x] = (connects[x] ?? 0) + 1;
    if (connects[x] === 3)
      ack(connects[x]);
  });
  socket.on('count', (x, ack) => ack(connects[x] ?? 0));
  socket.on('seq', (x, ack) => { seen = x; ack(seen); });
  socket.on('item', (x, ack) => { items.push(x); ack(x); });
  socket.on('items', (ack) => ack(items, onces));
  socket.on('once', (x) => onces.push(x));
  socket.on('later', (ms) => setTimeout(() => io.emit('missed', 'one'), ms));
  socket.on('shutdown', () => io.close());
});

/* Numerical Recipes' generator: the same faults for the same seed. */
function
generator (seed)
{
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
}

function
startProxy (port, seed, faultTime, done)
{
  const random = generator(seed * 7919 + 1);
  const end = Date.now() + faultTime;
  const proxy = net.createServer((down) => {
    const up = net.connect(port, '127.0.0.1');
    let left = Date.now() < end && random(4) > 0 ? random(3000) : Infinity;
    const kind = random(3);
    const cut = () => { up.destroy(); down.destroy(); };
    const pass = (from, to) => {
      from.on('data', (data) => {
        if (left === -1)
          return;
        if (data.length <= left)
          {
            left -= data.length;
            to.write(data);
            return;
          }
        /* Cut at once, cut within the data, or fall silent for a while. */
        if (kind > 0)
          to.write(data.subarray(0, left));
        left = -1;
        setTimeout(cut, kind === 2 ? 50 + random(200) : kind * 2);
      });
      from.on('end', () => to.end());
      from.on('error', cut);
      from.on('close', () => to.destroy());
    };
    pass(up, down);
    pass(down, up);
  });
  proxy.listen(0, '127.0.0.1', () => done(proxy.address().port));
}

server.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  const announce = (port) => process.stdout.write(`listening on ${port}\n`);

  if (values.faults === undefined)
    announce(server.address().port);
  else
    startProxy(server.address().port, Number(values.faults), Number(values['fault-time'] ?? 600), announce);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
