// SPDX-License-Identifier: LGPL-2.1-or-later
// The server's side of a connection of an administrator, and what it may tell.

export const NSP = '/admin';
export const FEATURES = ['EMIT', 'JOIN', 'LEAVE', 'DISCONNECT', 'MJOIN', 'MLEAVE', 'MDISCONNECT', 'AGGREGATED_EVENTS',
                  'ALL_EVENTS'];
export const VALUES = [null, true, 0, -1, 1.5, 1e308, -1e308, '', 'x', '/', [], {}, [[[]]], { a: null }, [null], [{}]];
export const EVENTS = ['session', 'config', 'server_stats', 'all_sockets', 'socket_connected', 'socket_updated',
                'socket_disconnected', 'room_joined', 'room_left', 'event_received', 'event_sent', 'unheard of', ''];

export class Peer {
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

export function pause (ms) { return new Promise((resolve) => setTimeout(resolve, ms)); }

// Some 950 bytes of JSON, as from a browser.
export function socket (i, nsp = '/') {
  return { id: `socket${String(i).padStart(14, '0')}`, clientId: `client${i}`, transport: 'websocket', nsp,
    data: { userId: `user${i % 100}` },
    handshake: { address: '203.0.113.7', headers: { host: 'example.org', 'user-agent': 'M'.repeat(300),
      cookie: 'c'.repeat(300) }, query: { EIO: '4', transport: 'websocket' }, issued: 1795220770000, secure: true,
    time: 'Sat Nov 21 2026 00:26:10 GMT+0000 (Coordinated Universal Time)', url: '/socket.io/', xdomain: true },
    rooms: [`socket${String(i).padStart(14, '0')}`, `room${i % 50}`] };
}

export const list = (n) => Array.from({ length: n }, (_, i) => socket(i));

const STATS = { serverId: 's', hostname: 'h', pid: 1, uptime: 1.5, clientsCount: 2, pollingClientsCount: 1,
  namespaces: [{ name: '/', socketsCount: 2 }],
  aggregatedEvents: [{ timestamp: 1795220770000, type: 'rawDisconnection', subType: 'transport close', count: 1 }] };

// One of each event that there is, as it should be.
export const messages = () => structuredClone([
  ['session', '0123456789abcdef'],
  ['config', { supportedFeatures: FEATURES }],
  ['server_stats', STATS],
  ['all_sockets', list(3)],
  ['socket_connected', socket(1), '2026-11-21T00:26:10.467Z'],
  ['socket_updated', { id: socket(1).id, nsp: '/', data: { userId: 'b' }, transport: 'polling' }],
  ['socket_disconnected', '/', socket(2).id, 'transport close', '2026-11-21T00:26:10.467Z'],
  ['room_joined', '/', 'den', socket(1).id, '2026-11-21T00:26:10.467Z'],
  ['room_left', '/', 'room1', socket(1).id, '2026-11-21T00:26:10.467Z'],
  ['event_received', '/', socket(1).id, ['hello', 1], '2026-11-21T00:26:10.467Z'],
  ['event_sent', '/', socket(1).id, ['hello', 1], '2026-11-21T00:26:10.467Z'],
]);

// Calls change (PATH) for each place within, however deep, but for the name of the event.
export function each (value, change, path = []) {
  for (const key of Object.keys(value))
    {
      if (path.length > 0 || key !== '0')
        change([...path, key]);
      if (typeof value[key] === 'object' && value[key] !== null)
        each(value[key], change, [...path, key]);
    }
}

export function holder (value, path) { return path.slice(0, -1).reduce((inner, key) => inner[key], value); }
