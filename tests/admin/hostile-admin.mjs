// SPDX-License-Identifier: LGPL-2.1-or-later
// A server that answers administrators with whatever may go wrong. Prints "listening on PORT TLSPORT"; nobody should
// trust the certificate of the second one. The path of a connection chooses the script: http://localhost:PORT/SCRIPT/?EIO=4&…; most are for WebSocket only. Scripts that leave the
// connection usable end with the socket "marker".

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { load } from '../interop/lib/npm.mjs';

const { WebSocketServer } = load('ws');
const { Server } = load('socket.io');
const msgpack = load('socket.io-msgpack-parser');
const NSP = '/admin';
const FEATURES = ['EMIT', 'JOIN', 'LEAVE', 'DISCONNECT', 'MJOIN', 'MLEAVE', 'MDISCONNECT', 'AGGREGATED_EVENTS',
                  'ALL_EVENTS'];
const VALUES = [null, true, 0, -1, 1.5, 1e308, -1e308, '', 'x', '/', [], {}, [[[]]], { a: null }, [null], [{}]];
const EVENTS = ['session', 'config', 'server_stats', 'all_sockets', 'socket_connected', 'socket_updated',
                'socket_disconnected', 'room_joined', 'room_left', 'event_received', 'event_sent', 'unheard of', ''];
const visits = new Map(); // script → how often it ran

class Peer {
  constructor (ws, auth) { Object.assign(this, { ws, auth }); }

  raw (data) { this.ws.send(data); }

  event (...args) { this.raw(`42${NSP},${JSON.stringify(args)}`); }

  connect () { this.raw(`40${NSP},{"sid":"me"}`); }

  config (features = FEATURES) { this.event('config', { supportedFeatures: features }); }

  begin () { this.connect(); this.config(); }

  mark (id = 'marker') { this.event('socket_connected', { id, nsp: '/', rooms: [id] }, '2026-11-21T00:26:10.467Z'); }

  // until what was sent is on its way
  async drain () {
    while (this.ws.bufferedAmount > 0 && this.ws.readyState === 1)
      await pause(5);
  }
}

function pause (ms) { return new Promise((resolve) => setTimeout(resolve, ms)); }

// Some 950 bytes of JSON, as from a browser.
function socket (i, nsp = '/') {
  return { id: `socket${String(i).padStart(14, '0')}`, clientId: `client${i}`, transport: 'websocket', nsp,
    data: { userId: `user${i % 100}` },
    handshake: { address: '203.0.113.7', headers: { host: 'example.org', 'user-agent': 'M'.repeat(300),
      cookie: 'c'.repeat(300) }, query: { EIO: '4', transport: 'websocket' }, issued: 1795220770000, secure: true,
    time: 'Sat Nov 21 2026 00:26:10 GMT+0000 (Coordinated Universal Time)', url: '/socket.io/', xdomain: true },
    rooms: [`socket${String(i).padStart(14, '0')}`, `room${i % 50}`] };
}

const list = (n) => Array.from({ length: n }, (_, i) => socket(i));

const scripts = {
  missing (peer) {
    peer.begin();
    for (const name of EVENTS)
      for (let n = 0; n < 4; n++)
        peer.event(name, ...['/', 'a', 'b', 'c'].slice(0, n));
    for (const key of Object.keys(socket(0)))
      {
        const { [key]: gone, ...rest } = socket(1);

        peer.event('socket_connected', rest);
        peer.event('all_sockets', [rest]);
      }
    peer.mark();
  },

  types (peer) {
    peer.begin();
    // the first ones would end everything
    for (const name of EVENTS)
      for (const a of VALUES)
        {
          peer.event(name, a);
          for (const b of VALUES)
            peer.event(name, '/', b, a, a);
        }
    for (const key of Object.keys(socket(0)))
      for (const value of VALUES)
        {
          peer.event('socket_connected', { ...socket(1), [key]: value });
          peer.event('socket_updated', { ...socket(0), [key]: value });
          peer.event('all_sockets', [{ ...socket(1), [key]: value }, value]);
        }
    for (const key of Object.keys(socket(0).handshake))
      for (const value of VALUES)
        peer.event('socket_connected', { ...socket(1), handshake: { ...socket(1).handshake, [key]: value } });
    peer.config();
    peer.mark();
  },

  list (peer) {
    peer.begin();
    peer.event('all_sockets', list(10000));
    peer.mark();
  },

  // the same list again and again
  async lists (peer) {
    const text = `42${NSP},${JSON.stringify(['all_sockets', list(10000)])}`;

    peer.begin();
    for (let i = 0; i < 15; i++)
      {
        peer.raw(text);
        await peer.drain();
      }
    peer.mark();
  },

  // 100 000 events in a second
  async flood (peer) {
    peer.begin();
    peer.event('all_sockets', list(1000));
    for (let i = 0; i < 100; i++)
      {
        for (let j = 0; j < 100; j++)
          {
            const { id } = socket((i * 100 + j) % 1000);

            for (let k = 0; k < 4; k++)
              peer.event(k % 2 ? 'room_left' : 'room_joined', '/', `r${j % 7}`, id, 't');
            for (let k = 0; k < 3; k++)
              peer.event('event_received', '/', id, ['tick', k], 't');
            peer.event('socket_connected', { id: `s${j}`, nsp: '/', rooms: [] }, 't');
            peer.event('socket_updated', { id, nsp: '/', data: { k: j } });
            peer.event('socket_disconnected', '/', `s${j}`, 'transport close', 't');
          }
        await pause(8);
      }
    peer.mark();
  },

  unknown (peer) {
    peer.begin();
    for (let i = 0; i < 10000; i++)
      {
        peer.event('room_joined', `/n${i}`, `r${i}`, `id${i}`, 't');
        peer.event('room_left', '/', `r${i}`, `id${i}`, 't');
        peer.event('socket_disconnected', '/', `id${i}`, 'x', 't');
        peer.event('socket_updated', { nsp: '/', id: `id${i}`, transport: 'x', data: {} });
      }
    peer.mark();
  },

  // names and values that no server has
  strings (peer) {
    const long = 'ä'.repeat(2 * 1024 * 1024);

    peer.begin();
    peer.event('session', long);
    for (const key of ['id', 'nsp', 'clientId', 'transport', 'data'])
      peer.event('socket_connected', { ...socket(1), [key]: long });
    peer.event('all_sockets', [{ ...socket(2), data: { long }, rooms: [long, 'small'] }, { ...socket(3), id: long }]);
    peer.event('room_joined', '/', long, socket(2).id, 't');
    peer.event('socket_disconnected', '/', 'x', long, 't');
    peer.event('server_stats', { serverId: long, hostname: long });
    peer.event('server_stats', { serverId: 'a', hostname: long, namespaces: [{ name: long, socketsCount: 1 }],
      aggregatedEvents: [{ type: 'rawDisconnection', subType: long, count: 1 }] });
    peer.event('event_received', '/', 'x', [long], 't');
    peer.mark();
  },

  rooms (peer) {
    peer.begin();
    peer.event('all_sockets', [{ ...socket(0), rooms: Array.from({ length: 20000 }, (_, i) => `a${i}`) }]);
    for (let i = 0; i < 20000; i++)
      peer.event('room_joined', '/', `b${i}`, socket(0).id, 't');
    for (let i = 0; i < 20; i++)
      peer.event('socket_connected', { ...socket(0), rooms: Array.from({ length: 9000 }, (_, j) => `c${i} ${j}`) }, 't');
    peer.mark();
  },

  // one namespace for each socket
  namespaces (peer) {
    peer.mark();
    peer.begin();
    for (let i = 0; i < 30000; i++)
      peer.event('socket_connected', { id: `x${i}`, nsp: `/n${i}`, rooms: [] }, 't');
    for (let i = 0; i < 30000; i++)
      peer.event('socket_disconnected', `/n${i}`, `x${i}`, 'y', 't');
    peer.mark('end');
  },

  deep (peer) {
    peer.begin();
    peer.mark();
    peer.raw(`42${NSP},["all_sockets",${'['.repeat(100000)}${']'.repeat(100000)}]`);
  },

  malformed (peer) {
    peer.begin();
    peer.mark();
    peer.raw(`42${NSP},["all_sockets",[{"id":`);
  },

  bytes (peer) {
    peer.begin();
    peer.mark();
    peer.raw(Buffer.from([1, 2, 3]));
  },

  binary (peer) {
    const place = (num) => ({ _placeholder: true, num });

    peer.begin();
    for (const args of [
      ['event_received', '/', 'id', ['hello', 'a', place(0)], 't'],
      ['event_sent', place(0), place(0), place(0)],
      ['all_sockets', [{ ...socket(1), data: { blob: place(0) } }, place(0), { ...socket(2), id: place(0) }]],
      ['all_sockets', place(0)],
      ['socket_connected', { ...socket(3), data: place(0), rooms: [place(0)], handshake: place(0) }],
      ['socket_updated', { ...socket(3), data: place(0), transport: place(0) }],
      ['server_stats', { serverId: place(0), namespaces: place(0), aggregatedEvents: [place(0)] }],
      ['config', { supportedFeatures: [place(0), ...FEATURES] }], ['session', place(0)],
      ['room_joined', '/', place(0), socket(3).id], ['socket_disconnected', '/', socket(1).id, place(0)] ])
      {
        peer.raw(`451-${NSP},${JSON.stringify(args)}`);
        peer.raw(Buffer.from([0, 1, 255]));
      }
    peer.mark();
  },

  never (peer) { peer.connect(); peer.mark(); },

  async late (peer) {
    peer.connect();
    peer.event('server_stats', { serverId: 'a', namespaces: [{ name: '/seen', socketsCount: 0 }] });
    peer.mark('before');
    await pause(1500);
    peer.config();
    peer.mark();
  },

  twice (peer) {
    peer.begin();
    peer.mark('first');
    peer.config();
    peer.config(['AGGREGATED_EVENTS', 'EMIT']);
    peer.config(['AGGREGATED_EVENTS', 'EMIT', 'ALL_EVENTS']);
    peer.mark();
  },

  // everything before the answer to the connection
  early (peer) {
    peer.event('session', '0123456789abcdef');
    peer.config();
    peer.event('all_sockets', [socket(1)]);
    peer.connect();
    peer.mark();
  },

  // tells a session that is none, and asks who it is once more
  async session (peer, visit) {
    if (visit > 0 && (typeof peer.auth.username !== 'string' || typeof peer.auth.password !== 'string'))
      {
        peer.raw(`44${NSP},{"message":"no password"}`);
        return;
      }
    peer.begin();
    if (visit > 0)
      peer.mark();
    for (const value of VALUES.filter((value) => typeof value !== 'string'))
      peer.event('session', value);
    await peer.drain();
    if (visit === 0)
      peer.ws.close();
  },

  // a session that the server knows no more
  async forgotten (peer, visit) {
    if (visit === 0)
      {
        peer.begin();
        peer.event('session', '0123456789abcdef');
        await peer.drain();
        peer.ws.close();
      }
    else if (peer.auth.sessionId !== undefined)
      peer.raw(`44${NSP},{"message":"invalid credentials"}`);
    else if (peer.auth.password === 'secret')
      {
        peer.begin();
        peer.mark();
      }
  },

  stats (peer) {
    const counts = [-1, 0, 1, 1.5, 1e15, 9e15, 9007199254740993, 1e300, -1e300, '1', null, true, [], {}];
    const many = Array.from({ length: 10000 }, (_, i) => i);

    peer.begin();
    for (const n of counts)
      for (let i = 0; i < 3; i++)
        peer.event('server_stats', { serverId: `s${i}`, hostname: n, pid: n, uptime: n, clientsCount: n,
          pollingClientsCount: n, namespaces: [{ name: '/', socketsCount: n }, n, { name: n }],
          aggregatedEvents: ['rawConnection', 'rawDisconnection', 'packetsIn', 'packetsOut', 'bytesIn', 'bytesOut', n]
            .flatMap((type) => Array(50).fill({ timestamp: n, type, subType: n, count: n })) });
    // no numbers of JavaScript
    for (const n of ['1e999', '-1e999', '-0', '123456789012345678901234567890'])
      peer.raw(`42${NSP},["server_stats",{"serverId":"s","clientsCount":${n},"uptime":${n},"pid":${n}}]`);
    peer.event('server_stats', { serverId: 'many',
      namespaces: many.map((i) => ({ name: `/n${i}`, socketsCount: i })),
      aggregatedEvents: many.map((i) => ({ type: 'rawDisconnection', subType: `reason ${i}`, count: 1 })) });
    for (const i of many)
      peer.event('server_stats', { serverId: `server ${i}`, clientsCount: 1 });
    peer.mark();
  },

  // Three servers behind one connection: one falls silent, then all of them do, then one is back.
  async cluster (peer) {
    const tell = (...names) => names.forEach((name, i) => peer.event('server_stats', { serverId: name, pid: i + 1,
      clientsCount: 10, pollingClientsCount: 1, namespaces: [{ name: '/', socketsCount: 5 }],
      aggregatedEvents: [{ timestamp: 1, type: 'rawConnection', count: 2 }] }));

    peer.begin();
    peer.mark();
    tell('a', 'b', 'c');
    for (let i = 0; i < 11; i++)
      {
        await pause(1000);
        tell('a', 'b');
      }
    await pause(11000);
    tell('b');
  },

  // another password is asked for after the connection broke
  async changed (peer, visit) {
    if (visit > 0 && peer.auth.password !== 'other')
      {
        peer.raw(`44${NSP},{"message":"invalid credentials"}`);
        return;
      }
    peer.begin();
    if (visit > 0)
      peer.mark();
    await peer.drain();
    if (visit === 0)
      peer.ws.close();
  },

  // the connection breaks in the middle of the list
  async middle (peer) {
    peer.begin();
    peer.event('all_sockets', list(100));
    await peer.drain();
    const head = Buffer.alloc(10);

    head[0] = 0x81;
    head[1] = 127;
    head.writeBigUInt64BE(9500000n, 2);
    peer.ws._socket.write(head);
    peer.ws._socket.write(`42${NSP},["all_sockets",[${JSON.stringify(socket(1)).repeat(100)}`, () => peer.ws.terminate());
  },

  refused (peer) { peer.raw(`44${NSP},{"message":"authentication failed"}`); },

  nowhere (peer) { peer.raw(`44${NSP},{"message":"Invalid namespace"}`); },

  kicked (peer) { peer.begin(); peer.mark(); peer.raw(`41${NSP},`); },

  // some packets that make no sense here
  packets (peer) {
    peer.begin();
    for (const text of [`43${NSP},7["late"]`, `43${NSP},0[]`, `42${NSP},5["config",{"supportedFeatures":[]}]`,
                        `40${NSP},{"sid":"other"}`, '42["config",{}]', '42/other,["config",{}]', '6', '3', '2'])
      peer.raw(text);
    peer.config();
    peer.mark();
  },
};

function answer (request, response) {
  const name = new URL(request.url, 'http://localhost').pathname.split('/')[1];

  if (name === 'redirect')
    response.writeHead(302, { location: request.url }).end();
  else if (name === 'transport')
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"code":0,"message":"Transport unknown"}');
  else if (name === 'page')
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Welcome</title>'.repeat(1000));
  else if (name === 'opens')
    response.writeHead(200, { 'content-type': 'text/plain' }).end('0{"sid":null,"upgrades":7,"pingInterval":"x"}');
  else
    response.writeHead(404).end();
}

const http = createServer(answer);
const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const packed = new Server({ parser: msgpack, path: '/msgpack/' });

packed.of(NSP).on('connection', (socket) => socket.emit('config', { supportedFeatures: FEATURES }));
http.on('upgrade', (request, tcp, head) => {
  const name = new URL(request.url, 'http://localhost').pathname.split('/')[1];

  if (name === 'msgpack')
    return;
  if (!(name in scripts))
    {
      tcp.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      return;
    }
  wss.handleUpgrade(request, tcp, head, (ws) => {
    ws.on('error', () => {});
    ws.send('0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    ws.on('message', (data) => {
      const text = data.toString();

      if (!text.startsWith(`40${NSP},`))
        return;
      const visit = visits.get(name) ?? 0;

      visits.set(name, visit + 1);
      Promise.resolve(scripts[name](new Peer(ws, JSON.parse(text.slice(3 + NSP.length))), visit)).catch(() => ws.terminate());
    });
  });
});
packed.attach(http, { destroyUpgrade: false });

const pem = execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
  '-days', '2', '-subj', '/CN=somebody else', '-keyout', '-', '-out', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
const https = createTlsServer({ key: pem, cert: pem }, answer);

https.on('tlsClientError', () => {});
http.listen(0, () => https.listen(0, () =>
  console.log(`listening on ${http.address().port} ${https.address().port}`)));
process.stdin.on('end', () => process.exit(0)).resume();
