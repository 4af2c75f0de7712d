// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms, broadcasts, their acknowledgements, and the management of sockets, with the official client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe } from 'node:test';
import { load } from './lib/npm.mjs';
import { startConformance, useServer } from './lib/server.mjs';
import { eventually, test, within } from './lib/wire.mjs';

const { io } = load('socket.io-client');
const server = useServer(() => startConformance('features'));
const NAMES = ['ann', 'bob', 'cat', 'dan'];

for (const transports of [['polling'], ['websocket']])
  describe(transports[0], () => {
    let all;

    const ask = (name, ...args) => all[name].timeout(60_000).emitWithAck(...args);
    const id = (name) => all[name].id;

    // Who hears an event that ann makes the server send? Everybody gets a last one afterwards.
    async function
    hearers (what)
    {
      const heard = new Set();
      const ends = NAMES.filter((name) => all[name].connected).map((name) => {
        all[name].removeAllListeners();
        all[name].on('said', (...args) => {
          assert.deepEqual(args, ['x', { n: 1 }]);
          assert.ok(!heard.has(name), `${name} hears it twice`);
          heard.add(name);
        });
        return within(once(all[name], 'end'), 'end');
      });
      await ask('ann', 'emit', what, 'said', 'x', { n: 1 });
      await ask('ann', 'emit', {}, 'end');
      await Promise.all(ends);
      return [...heard].sort();
    }

    beforeEach(async () => {
      all = {};
      await Promise.all(NAMES.map(async (name) => {
        all[name] = io(`${server.url}/rooms`, { forceNew: true, reconnection: false, transports });
        await within(once(all[name], 'connect'), 'connect');
      }));
      assert.equal(await ask('ann', 'join', { to: [id('ann'), id('bob')], rooms: ['r', 'q'] }), true);
      assert.equal(await ask('ann', 'join', { to: [id('bob'), id('cat')], rooms: ['s'] }), true);
    });

    afterEach(() => {
      for (const socket of Object.values(all))
        socket.disconnect();
    });

    const cases = [
      [{}, ['ann', 'bob', 'cat', 'dan']],
      [{ from: 'socket' }, ['bob', 'cat', 'dan']],
      [{ to: ['r'] }, ['ann', 'bob']],
      [{ to: ['r', 's', 'q'] }, ['ann', 'bob', 'cat']],
      [{ to: ['none'] }, []],
      [{ from: 'socket', to: ['r'] }, ['bob']],
      [{ except: ['s'] }, ['ann', 'dan']],
      [{ except: ['r', 's'] }, ['dan']],
      [{ to: ['r'], except: ['s'] }, ['ann']],
      [{ from: 'socket', except: ['s'] }, ['dan']],
      [{ local: true, to: ['s'] }, ['bob', 'cat']],
      [{ compress: false, to: ['s'] }, ['bob', 'cat']],
      [{ timeout: 1, to: ['s'] }, ['bob', 'cat']],
    ];
    for (const [what, expected] of cases)
      test(`emits to ${JSON.stringify(what)}`, async () => {
        assert.deepEqual(await hearers(what), expected);
      });

    test('emits to and except ids', async () => {
      assert.deepEqual(await hearers({ to: [id('cat')] }), ['cat']);
      assert.deepEqual(await hearers({ except: [id('cat'), id('ann')] }), ['bob', 'dan']);
    });

    test('emits volatile to who can take it', async () => {
      const heard = within(once(all.dan, 'said'), 'said');
      // With polling it needs a request that waits: until there is one, it is dropped.
      const timer = setInterval(() => all.ann.emit('emit', { volatile: true, to: [id('dan')] }, 'said', 'v', () => {}), 30);
      try
        {
          assert.deepEqual(await heard, ['v']);
        }
      finally
        {
          clearInterval(timer);
        }
    });

    test('collects acknowledgements', async () => {
      all.bob.on('vote', (n, answer) => setTimeout(() => answer(`bob ${n}`, 'more'), 60));
      all.cat.on('vote', (n, answer) => answer(`cat ${n}`));
      assert.deepEqual(await ask('ann', 'ask', { to: ['s'] }, 'vote', 7), [true, 2, 'cat 7', 'bob 7']);
      assert.deepEqual(await ask('ann', 'ask', { to: ['none'] }, 'vote', 7), [true, 0]);
    });

    test('keeps the answers that came in time', async () => {
      all.cat.on('vote', (answer) => answer('cat'));
      await eventually(async () => assert.deepEqual(await ask('ann', 'ask', { to: ['s'], timeout: 200 }, 'vote'), [false, 2, 'cat']));
    });

    test('waits to the end for who disconnects, and says so', async () => {
      all.cat.on('vote', (answer) => answer('cat'));
      all.bob.on('vote', () => all.bob.disconnect());
      assert.deepEqual(await ask('ann', 'ask', { to: ['s'], timeout: 2000 }, 'vote'), [false, 2, 'cat']);
    });

    test('fetches sockets', async () => {
      const found = await ask('ann', 'fetch', { to: ['s'] });
      assert.deepEqual(found.map((socket) => socket.id).sort(), [id('bob'), id('cat')].sort());
      const bob = found.find((socket) => socket.id === id('bob'));
      assert.deepEqual(bob.rooms.sort(), [id('bob'), 'q', 'r', 's'].sort());
      assert.equal(bob.handshake.address, '127.0.0.1');
      assert.equal(bob.handshake.query.transport, transports[0]);
      assert.equal((await ask('ann', 'fetch', {})).length, 4);
      assert.equal((await ask('ann', 'fetch', { from: 'socket' })).length, 3);
    });

    test('asks a socket that was fetched', async () => {
      const noted = within(once(all.dan, 'noted'), 'noted');
      all.dan.on('question', (answer) => answer('fine'));
      assert.equal(await ask('ann', 'ask remote', id('dan'), 60_000), 'fine');
      await noted;
      assert.equal(await ask('ann', 'ask remote', id('cat'), 50), 'operation has timed out');
    });

    test('makes sockets join and leave', async () => {
      await ask('ann', 'join', { from: 'socket', except: ['s'], rooms: ['t', 'u'] });
      assert.deepEqual(await hearers({ to: ['t'] }), ['dan']);
      await ask('ann', 'leave', { to: ['u'], rooms: ['t'] });
      assert.deepEqual(await hearers({ to: ['t'] }), []);
      assert.deepEqual(await hearers({ to: ['u'] }), ['dan']);
    });

    test('disconnects sockets', async () => {
      const reasons = ['bob', 'cat'].map((name) => within(once(all[name], 'disconnect'), 'disconnect'));
      await ask('ann', 'disconnect sockets', { to: ['s'] });
      for (const [reason] of await Promise.all(reasons))
        assert.equal(reason, 'io server disconnect');
      assert.deepEqual(await hearers({}), ['ann', 'dan']);
      assert.equal((await ask('ann', 'fetch', { to: ['r'] })).length, 1);
    });

    test('disconnects sockets with their connections', async () => {
      const closed = within(once(all.dan.io.engine, 'close'), 'close');
      await ask('ann', 'disconnect sockets', { to: [id('dan')], close: true });
      await closed;
    });
  });
