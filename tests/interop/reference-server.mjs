// SPDX-License-Identifier: LGPL-2.1-or-later
// The servers that the interop suites talk to, on Node's own Socket.IO: run the suites with
// SIO_INTEROP_TARGET=node to see that they ask for what the official server does.
//
//   reference-server.mjs conformance-server --fixture engine-v4|engine-v3|socket-v5|old-clients|client --port N [--host H]
//   reference-server.mjs sio-server --listen tcp:HOST:PORT [--path P] [--cors-origin O]… [--namespace N]… [--client-dir DIR]

import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './lib/npm.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { Server } = load('socket.io');
const engineIo = load('engine.io');

function
serve (host, port, announce, close)
{
  const server = http.createServer();
  const stop = () => {
    close();
    server.close();
    /* What was just answered has to leave first. */
    setTimeout(() => {
      server.closeAllConnections();
      process.exit(0);
    }, 200);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  server.listen(port, host, () => process.stdout.write(`${announce(server.address().port)}\n`));
  return server;
}

const times = () => ({ pingTimeout: Number(values['ping-timeout']), connectTimeout: Number(values['connect-timeout']) });

// --parser msgpack
const withParser = () => (values.parser === 'msgpack' ? { parser: load('socket.io-msgpack-parser') } : {});

function
notFound (req, res)
{
  res.writeHead(404).end();
}

function
engineV4 (host, port, options = {})
{
  const engine = new engineIo.Server({ pingInterval: 300, ...times(), maxHttpBufferSize: 1e6, cors: { origin: '*' }, ...options });
  const server = serve(host, port, (n) => `listening on ${n}`, () => engine.close());
  server.on('request', notFound);
  engine.attach(server, { path: '/engine.io/' });
  engine.on('connection', (socket) => {
    socket.on('data', (...args) => socket.send(...args));
  });
}

function
socketV5 (host, port)
{
  let io;
  const server = serve(host, port, (n) => `listening on ${n}`, () => io.close());
  server.on('request', notFound);
  io = new Server(server, {
    pingInterval: 300, ...times(), maxHttpBufferSize: 1e6, cors: { origin: '*' }, serveClient: false, ...withParser(),
  });
  io.on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
    socket.on('message', (...args) => {
      if (typeof args.at(-1) === 'function')
        args.pop();
      socket.emit('message-back', ...args);
    });
    socket.on('message-with-ack', (...args) => {
      const ack = args.pop();
      if (typeof ack === 'function')
        ack(...args);
    });
  });
  io.of('/custom').on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
  });
}

function
client (host, port)
{
  let io;
  const server = serve(host, port, (n) => `listening on ${n}`, () => io.close());
  server.on('request', notFound);
  io = new Server(server, {
    pingInterval: 2000,
    connectionStateRecovery: {},
    allowEIO3: true,
    serveClient: false,
    ...withParser(),
    allowRequest: (req, callback) => setTimeout(() => callback(null, true), 10),
  });
  const getId = (socket) => socket.on('getId', (ack) => ack(socket.id));
  io.of('/foo').on('connection', getId);
  for (const name of ['/timeout_socket', '/valid', '/asd'])
    io.of(name).on('connection', () => {});
  io.of('/abc').on('connection', (socket) => socket.emit('handshake', socket.handshake));
  io.of('/no').use((socket, next) => next(new Error('Auth failed (custom namespace)')));
  io.use((socket, next) => next(socket.handshake.query.fail ? new Error('Auth failed (main namespace)') : undefined));
  io.on('connection', (socket) => {
    getId(socket);
    socket.on('hi', () => socket.emit('hi'));
    socket.on('echo', (x, ack) => ack(x));
    socket.on('ack', () => {
      socket.emit('ack', (a, b) => {
        if (a === 5 && b.test)
          socket.emit('got it');
      });
    });
    socket.on('getAckDate', (data, ack) => ack(new Date()));
    socket.on('getDate', () => socket.emit('takeDate', new Date()));
    socket.on('getDateObj', () => socket.emit('takeDateObj', { date: new Date() }));
    socket.on('getUtf8', () => {
      for (const text of ['てすと', 'Я Б Г Д Ж Й', 'Ä ä Ü ü ß', 'utf8 — string', 'utf8 — string'])
        socket.emit('takeUtf8', text);
    });
    socket.on('false', () => socket.emit('false', false));
    socket.on('doge', () => socket.emit('doge', Buffer.from('asdfasdf')));
    socket.on('buffa', (bin) => { if (Buffer.isBuffer(bin)) socket.emit('buffack'); });
    socket.on('jsonbuff', (data) => {
      if (data.hello === 'lol' && Buffer.isBuffer(data.message) && data.goodbye === 'gotcha')
        socket.emit('jsonbuff-ack');
    });
    let first = false;
    socket.on('abuff1', (bin) => { first = Buffer.isBuffer(bin); });
    socket.on('abuff2', () => { if (first) socket.emit('abuff2-ack'); });
    socket.on('getbin', () => socket.emit('takebin', Buffer.from('asdfasdf')));
    socket.on('getHandshake', (ack) => ack(socket.handshake));
  });
}

// Where clients of former major versions meet; see fixture-old-clients.c.
function
oldClients (host, port)
{
  let io;
  const server = serve(host, port, (n) => `listening on ${n}`, () => io.close());
  server.on('request', notFound);
  io = new Server(server, { pingInterval: 300, ...times(), allowEIO3: true, serveClient: false, ...withParser() });
  const watch = io.of('/watch');
  const withoutAck = (args) => (typeof args.at(-1) === 'function' ? args.slice(0, -1) : args);
  const serveNamespace = (nsp) => nsp.on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
    socket.on('disconnect', (reason) => watch.emit('gone', socket.id, reason));
    socket.on('echo', (...args) => {
      if (typeof args.at(-1) === 'function')
        args.at(-1)(...withoutAck(args));
      else
        socket.emit('echo', ...args);
    });
    socket.on('ask', (...args) => socket.emit('question', ...withoutAck(args), (...answer) => socket.emit('answer', ...answer)));
    socket.on('join', (room, ack) => { socket.join(room); ack(); });
    socket.on('say', (room, ...args) => socket.to(room).emit('said', ...withoutAck(args)));
    socket.on('who', (ack) => ack({ id: socket.id, protocol: socket.conn.protocol, transport: socket.conn.transport.name }));
    socket.on('leave me', () => socket.disconnect());
    socket.on('cut me', () => socket.disconnect(true));
  });
  const refuse = (data) => (socket, next) => next(Object.assign(new Error('no'), { data }));
  serveNamespace(io.of('/'));
  serveNamespace(io.of('/adm'));
  io.use((socket, next) => next(socket.handshake.query.fail === undefined ? undefined : new Error('not here')));
  io.of('/deny').use(refuse());
  io.of('/deny2').use(refuse({ c: 1 }));
  io.of('/deny3').use(refuse(0));
}

function
listenAddress (text)
{
  const match = /^tcp:\[?([^\]]*)\]?:(\d+)$/.exec(text);
  if (!match)
    throw new Error(`--listen is "${text}", expected tcp:HOST:PORT`);
  return [match[1], Number(match[2])];
}

// The first form of sio-server: rooms with acks, round trips, and the page at /.
function
daemon (values)
{
  const [host, port] = listenAddress(values.listen.at(-1));
  let io;
  const server = serve(host, port, (n) => `listening on http://${host}:${n}/`, () => io.close());
  server.on('request', (req, res) => {
    if (new URL(req.url, 'http://localhost').pathname !== '/')
      return notFound(req, res);
    const page = readFileSync(path.join(here, '..', '..', 'sio-server', 'page', 'index.html'), 'utf8');
    return res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page.replaceAll('@SIO_PATH@', values.path));
  });
  io = new Server(server, {
    path: values.path,
    serveClient: values['client-dir'] !== undefined,
    cors: values['cors-origin'].length > 0 ? { origin: values['cors-origin'].includes('*') ? '*' : values['cors-origin'] } : undefined,
  });
  const take = (args) => (typeof args.at(-1) === 'function' ? args.pop() : () => {});
  for (const name of ['/', ...values.namespace])
    io.of(name).on('connection', (socket) => {
      socket.on('join', (room, ...rest) => {
        const ack = take(rest);
        if (typeof room !== 'string' || room === '')
          return ack({ ok: false, error: 'the room is not a text' });
        socket.join(room);
        return ack({ ok: true, room });
      });
      socket.on('leave', (room, ...rest) => {
        const ack = take(rest);
        if (!socket.rooms.has(room))
          return ack({ ok: false, error: `not in room "${room}"` });
        socket.leave(room);
        return ack({ ok: true, room });
      });
      socket.on('latency', (...args) => take(args)());
      socket.on('room', (room, event, ...args) => {
        const ack = take(args);
        if (!socket.rooms.has(room))
          return ack({ ok: false, error: `not in room "${room}"` });
        socket.to(room).emit(event, room, socket.id, ...args);
        return ack({ ok: true });
      });
    });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'fixture': { type: 'string', default: 'socket-v5' },
    'parser': { type: 'string', default: 'json' },
    'port': { type: 'string', default: '0' },
    'ping-timeout': { type: 'string', default: '200' },
    'connect-timeout': { type: 'string', default: '1000' },
    'host': { type: 'string', default: '127.0.0.1' },
    'listen': { type: 'string', multiple: true, default: ['tcp:127.0.0.1:3000'] },
    'path': { type: 'string', default: '/socket.io' },
    'cors-origin': { type: 'string', multiple: true, default: [] },
    'namespace': { type: 'string', multiple: true, default: [] },
    'client-dir': { type: 'string' },
    'log-level': { type: 'string' },
  },
});

const fixtures = {
  'engine-v4': engineV4,
  'engine-v3': (host, port) => engineV4(host, port, { allowEIO3: true }),
  'socket-v5': socketV5,
  'old-clients': oldClients,
  client,
};
if (positionals[0] === 'sio-server')
  daemon(values);
else if (positionals[0] === 'conformance-server' && fixtures[values.fixture])
  fixtures[values.fixture](values.host, Number(values.port));
else
  {
    process.stderr.write('usage: reference-server.mjs conformance-server --fixture engine-v4|engine-v3|socket-v5|old-clients|client --port N\n'
      + '       reference-server.mjs sio-server --listen tcp:HOST:PORT\n');
    process.exit(2);
  }
