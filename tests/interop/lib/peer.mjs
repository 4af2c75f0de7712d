// SPDX-License-Identifier: LGPL-2.1-or-later
// A polling session that drives itself, with the same face as Ws: send(), next(), closed.

import { Buffer } from 'node:buffer';
import { Polling, Ws, decodePayload, deferred, encodePayload, within } from './wire.mjs';

export class PollingPeer
{
  #queue = [];
  #waiters = [];
  #closed = deferred();
  #posts = Promise.resolve();
  #over = false;

  static async session (port, prefix)
  {
    const peer = new PollingPeer();
    peer.polling = await Polling.open(port, prefix);
    peer.handshake = peer.polling.handshake;
    peer.sid = peer.polling.sid;
    peer.loop();
    return peer;
  }

  async loop ()
  {
    while (!this.#over)
      {
        let res;
        try
          {
            res = await this.polling.get();
          }
        catch (error)
          {
            this.#end({ error });
            return;
          }
        if (res.status !== 200)
          {
            this.#end({ status: res.status, text: res.text });
            return;
          }
        for (const packet of decodePayload(res.text))
          {
            if (packet === '2')
              this.send('3');
            else if (packet === '1')
              this.#end({ payload: res.text });
            else if (packet !== '6')
              this.#take(packet[0] === 'b' ? Buffer.from(packet.slice(1), 'base64') : packet);
          }
      }
  }

  #take (packet)
  {
    const waiter = this.#waiters.shift();
    if (waiter)
      waiter.resolve(packet);
    else
      this.#queue.push(packet);
  }

  #end (how)
  {
    this.#over = true;
    this.#closed.resolve(how);
    for (const waiter of this.#waiters.splice(0))
      waiter.reject(new Error(`closed instead of a message: ${JSON.stringify(how)}`));
  }

  // Each call is one payload; payloads go one after the other.
  send (...packets)
  {
    const payload = encodePayload(...packets.map((packet) => (Buffer.isBuffer(packet) ? `b${packet.toString('base64')}` : packet)));
    this.#posts = this.#posts.then(() => this.polling.post(payload)).catch(() => {});
  }

  next ()
  {
    if (this.#queue.length > 0)
      return Promise.resolve(this.#queue.shift());
    if (this.#over)
      return Promise.reject(new Error('closed'));
    const waiter = deferred();
    this.#waiters.push(waiter);
    waiter.promise.catch(() => {});
    return within(waiter.promise, 'next packet');
  }

  get closed () { return within(this.#closed.promise, () => `end of the session (queued: ${JSON.stringify(this.#queue).slice(0, 200)})`); }

  async close ()
  {
    this.#over = true;
    this.send('1');
    await this.#posts;
    this.#end({});
  }
}

class WebSocketPeer extends Ws
{
  send (...packets)
  {
    for (const packet of packets)
      super.send(packet);
  }
}

export const transports = {
  polling: (port, prefix) => PollingPeer.session(port, prefix),
  websocket: (port, prefix) => WebSocketPeer.session(port, prefix),
};
