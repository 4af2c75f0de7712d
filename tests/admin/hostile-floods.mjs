// SPDX-License-Identifier: LGPL-2.1-or-later
// Scripts of hostile-admin.mjs: more is told than anybody can read.

import { NSP, list, pause, socket } from './hostile-peer.mjs';

export default {
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
};
