// SPDX-License-Identifier: LGPL-2.1-or-later
// The official server, as the tests of the client need it. Prints "listening on PORT".
//
//   server.mjs [--port N] [--options JSON] [--tls JSON]
//
// --tls takes options of the TLS server; key, cert and ca are names of files.

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';
import { load } from '../interop/lib/npm.mjs';

const { Server } = load('socket.io');
const { values } = parseArgs({ options: {
  port: { type: 'string' }, options: { type: 'string' }, tls: { type: 'string' },
} });

function
makeServer ()
{
  if (values.tls === undefined)
    return http.createServer();
  const options = JSON.parse(values.tls);

  for (const name of ['key', 'cert', 'ca'])
    if (options[name] !== undefined)
      options[name] = fs.readFileSync(options[name]);
  return https.createServer(options);
}

const server = makeServer();
const options = JSON.parse(values.options ?? '{}');
/* By its name. */
if (options.parser !== undefined)
  options.parser = load(options.parser);
const io = new Server(server, { serveClient: false, ...options });
const reasons = [];
const connects = {};
/* What came from each client of the tests that share a server, by the query `run`. */
const runs = {};

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
  const run = runs[socket.handshake.query.run] ??= { items: [], onces: [], ticks: 0 };
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
  socket.on('destroy', function destroy () {
    const transport = socket.conn.transport;

    if (transport.name === 'websocket')
      transport.socket._socket.destroy();
    else if (transport.req)
      transport.req.socket.destroy();
    else
      setTimeout(destroy, 5);
  });
  /* Answers the third time only. */
  socket.on('third', (x, ack) => {
    connects[x] = (connects[x] ?? 0) + 1;
    if (connects[x] === 3)
      ack(connects[x]);
  });
  socket.on('count', (x, ack) => ack(connects[x] ?? 0));
  socket.on('seq', (x, ack) => { seen = x; ack(seen); });
  socket.on('item', (x, ack) => { run.items.push(x); socket.emit('tick', run.ticks++); ack(x); });
  socket.on('items', (ack) => ack(run.items, run.onces));
  socket.on('once', (x) => { run.onces.push(x); socket.emit('tick', run.ticks++); });
  socket.on('later', (ms) => setTimeout(() => io.emit('missed', 'one'), ms));
  socket.on('shutdown', () => io.close());
});

server.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
