// SPDX-License-Identifier: LGPL-2.1-or-later
// Scripts of hostile-admin.mjs: connections and logins that go wrong.

import { FEATURES, NSP, VALUES, list, pause, socket } from './hostile-peer.mjs';

// Refusals that say nothing sensible, and one that ends them.
const REFUSALS = ['', 'null', '"text"', '5', '[]', '{}', '{"message":5}', '{"message":null}', '{"message":""}',
  '{"message":{"a":1}}', '{"message":"<b>no</b> &amp; %s"}', `{"message":${JSON.stringify('ä'.repeat(100000))}}`,
  '{"data":{"message":"x"}}', '{"message":"a\\u0000b"}'];

// What comes instead of a binary message that was announced.
const ATTACHMENTS = [['42/admin,["config",{}]'], ['2', '42/admin,["config",{}]'], [], [Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1)]];

export default {
  refusals (peer, visit) {
    if (visit < REFUSALS.length)
      peer.raw(`44${NSP},${REFUSALS[visit]}`);
    else
      {
        peer.begin();
        peer.mark();
      }
  },

  // the connection ends after each of the messages of a login
  async drops (peer, visit) {
    const steps = [() => peer.connect(), () => peer.config(), () => peer.event('session', 'x'),
      () => peer.event('server_stats', { serverId: 'a', clientsCount: 1 }), () => peer.event('all_sockets', list(500)),
      () => peer.mark()];

    for (const step of steps.slice(0, visit))
      step();
    await peer.drain();
    if (visit < steps.length)
      peer.ws.terminate();
  },

  attachments (peer, visit) {
    peer.begin();
    if (visit < ATTACHMENTS.length)
      {
        peer.raw(`452-${NSP},["all_sockets",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`);
        ATTACHMENTS[visit].forEach((data) => peer.raw(data));
        if (visit === 2)
          peer.raw(`452-${NSP},["all_sockets"]`);
      }
    else if (visit === ATTACHMENTS.length)
      {
        peer.raw(`451-${NSP},["config",{"_placeholder":true,"num":7}]`);
        peer.raw(Buffer.alloc(1));
      }
    else
      peer.mark();
  },

  nan (peer) {
    peer.begin();
    peer.mark();
    peer.raw(`42${NSP},["server_stats",{"serverId":"a","clientsCount":NaN}]`);
  },

  greetings (peer) { peer.begin(); peer.mark(); },

  // no answer to the login
  deaf () {},

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
