// SPDX-License-Identifier: LGPL-2.1-or-later
// Scripts of hostile-admin.mjs: what is told makes no sense.

import { EVENTS, FEATURES, NSP, VALUES, each, holder, messages, socket } from './hostile-peer.mjs';

export default {
  // each member of each event missing, or of another type
  members (peer) {
    peer.begin();
    messages().forEach((whole, i) => each(whole, (path) => {
      const without = messages()[i];
      const place = holder(without, path);

      if (Array.isArray(place))
        place.splice(Number(path.at(-1)), 1);
      else
        delete place[path.at(-1)];
      peer.event(...without);
      for (const value of VALUES)
        {
          const changed = messages()[i];

          holder(changed, path)[path.at(-1)] = value;
          peer.event(...changed);
        }
    }));
    peer.config();
    peer.mark();
  },

  // what JSON.stringify () would not write
  numbers (peer) {
    peer.begin();
    for (const n of ['1e999', '-1e999', '-0', '1e-999', '123456789012345678901234567890', '-9223372036854775809',
                     '18446744073709551616', '0.1e-1', '253402300800000', '8640000000000001'])
      for (const whole of messages())
        {
          const text = JSON.stringify(whole);

          // in place of each number, and of each string but the first
          for (const { index, 0: found } of text.matchAll(/(?<=[:[,])(-?\d[\d.]*|"[^"]*")(?=[,\]}])/g))
            if (index > 1)
              peer.raw(`42${NSP},${text.slice(0, index)}${n}${text.slice(index + found.length)}`);
        }
    peer.config();
    peer.mark();
  },

  // as deep as a message may be
  nested (peer) {
    const deep = (n, open, inner, close) => JSON.parse(`${open.repeat(n)}${inner}${close.repeat(n)}`);

    peer.begin();
    for (const value of [deep(56, '[', '1', ']'), deep(56, '{"a":', '1', '}'), deep(28, '[{"token":', '"x"', '}]')])
      {
        peer.event('socket_connected', { ...socket(1), data: value, rooms: value, handshake: value });
        peer.event('all_sockets', [{ ...socket(1), data: value }, value]);
        peer.event('server_stats', { serverId: 'a', namespaces: value, aggregatedEvents: value });
        peer.event('event_received', '/', socket(1).id, value, 't');
        peer.event('config', { supportedFeatures: value });
      }
    peer.config();
    peer.mark();
  },

  duplicates (peer) {
    peer.begin();
    peer.event('all_sockets', [socket(1), socket(1), { ...socket(1), rooms: ['other', 'other', socket(1).id] },
      { ...socket(1), nsp: '/chat' }, { ...socket(2), rooms: [socket(1).id, socket(2).id] }]);
    for (let i = 0; i < 3; i++)
      {
        peer.event('socket_connected', socket(3), 't');
        peer.event('room_joined', '/', 'den', socket(3).id, 't');
        peer.event('server_stats', { serverId: 'a', namespaces: Array(3).fill({ name: '/', socketsCount: 1 }) });
      }
    for (let i = 0; i < 3; i++)
      peer.event('socket_disconnected', '/', socket(2).id, 'x', 't');
    peer.raw(`42${NSP},["socket_connected",{"id":"a","id":"${socket(4).id}","nsp":"/x","nsp":"/","rooms":[],"rooms":["den"]}]`);
    peer.mark();
  },

  // names that people could not type
  names (peer) {
    const odd = ['\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', '\u0007\u001b[2J', '\u202egnp.exe', '<b>&amp;</i>', '%s%n%d',
      '\n\n\n', '_____', 'a\u0301'.repeat(200), '\uffff', '\ufeff', ' ', '__proto__', '🙂'.repeat(300), '"\\', '../../x'];

    peer.begin();
    odd.forEach((name, i) => {
      peer.event('socket_connected', { ...socket(i), transport: name, data: { userId: name, [name]: name },
        rooms: [name], handshake: { address: name, headers: { [name]: name }, query: { [name]: [name] } } }, 't');
      peer.event('socket_connected', { ...socket(i), id: name, rooms: [name] }, 't');
      peer.event('socket_connected', { ...socket(i), nsp: name, rooms: [] }, 't');
      peer.event('room_joined', '/', name, name, 't');
      peer.event('event_received', '/', name, [name, name], 't');
      peer.event('server_stats', { serverId: name, hostname: name, clientsCount: 1, namespaces: [{ name, socketsCount: 1 }],
        aggregatedEvents: [{ type: 'rawDisconnection', subType: name, count: 1 }] });
    });
    peer.mark();
  },

  // Changed at random; the visit is the seed.
  fuzz (peer, visit) {
    let seed = visit + 1;
    const random = (n) => {
      seed = (Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
      return seed % n;
    };
    const pick = (list) => list[random(list.length)];
    const change = (message) => {
      const paths = [];

      each(message, (path) => paths.push(path));
      const path = pick(paths);
      const place = holder(message, path);

      switch (random(5))
        {
        case 0: place[path.at(-1)] = structuredClone(pick(VALUES)); break;
        case 1: place[path.at(-1)] = pick(pick(messages())); break;
        case 2: place[random(3)] = place[path.at(-1)]; break;
        case 3: Array.isArray(place) ? place.splice(random(3), 1) : delete place[path.at(-1)]; break;
        default: place[path.at(-1)] = Array(random(50)).fill(place[path.at(-1)]); break;
        }
    };

    peer.begin();
    for (let i = 0; i < 3000; i++)
      {
        const message = pick(messages());

        for (let n = random(4); n > 0 && message.length > 1; n--)
          change(message);
        peer.event(typeof message[0] === 'string' ? message[0] : pick(EVENTS), ...message.slice(1));
      }
    peer.config();
    peer.mark();
  },

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
};
