// SPDX-License-Identifier: LGPL-2.1-or-later
// A server that answers administrators with whatever may go wrong. Prints "listening on PORT TLSPORT"; nobody should
// trust the certificate of the second one. The path of a connection chooses the script: http://localhost:PORT/SCRIPT/?EIO=4&…;
// most are for WebSocket only. Scripts that leave the connection usable end with the socket "marker".

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { load } from '../interop/lib/npm.mjs';
import events from './hostile-events.mjs';
import floods from './hostile-floods.mjs';
import links from './hostile-links.mjs';
import { FEATURES, NSP, Peer } from './hostile-peer.mjs';

const { WebSocketServer } = load('ws');
const { Server } = load('socket.io');
const msgpack = load('socket.io-msgpack-parser');
const scripts = { ...events, ...floods, ...links };
// Beginnings of a connection, in the place of the one of Engine.IO.
const GREETINGS = ['0{}', '0[', '0null', '0{"sid":5,"pingInterval":-1,"pingTimeout":1e999}', 'hello', '', '2', '40/admin,{}',
  Buffer.from([0, 1]), `0{"sid":"${'x'.repeat(100000)}","upgrades":{},"pingInterval":0,"pingTimeout":0,"maxPayload":-5}`];
const visits = new Map(); // script → how often it ran

function answer (request, response) {
  const name = new URL(request.url, 'http://localhost').pathname.split('/')[1];

  if (name === 'silent')
    return;
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
  if (!(name in scripts) && name !== 'mute')
    {
      tcp.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      return;
    }
  wss.handleUpgrade(request, tcp, head, (ws) => {
    ws.on('error', () => {});
    if (name === 'mute')
      return;
    if (name === 'greetings')
      {
        const visit = visits.get(name) ?? 0;

        visits.set(name, visit + 1);
        if (visit < GREETINGS.length)
          {
            ws.send(GREETINGS[visit]);
            return;
          }
      }
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
