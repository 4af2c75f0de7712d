// SPDX-License-Identifier: LGPL-2.1-or-later
// A TCP proxy whose connections can be cut, after a number of bytes, too.

import net from 'node:net';
import { once } from 'node:events';

export class CutProxy
{
  #pairs = new Set();
  #left = Infinity;

  static async start (port)
  {
    const proxy = new CutProxy();
    proxy.port = port;
    proxy.server = net.createServer({ noDelay: true }, (client) => proxy.#accept(client));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  #accept (client)
  {
    const server = net.connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    const pair = { client, server };
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    this.#pairs.add(pair);
    for (const socket of [client, server])
      {
        socket.on('error', end);
        socket.on('close', end);
      }
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => {
      /* Not at the end of an answer: a polling client would not notice. */
      if (data.length <= this.#left)
        {
          this.#left -= data.length;
          client.write(data);
          return;
        }
      /* A part arrives, the rest gets lost. */
      this.#pairs.delete(pair);
      client.end(data.subarray(0, this.#left), () => client.destroy());
      server.resetAndDestroy();
      this.#left = Infinity;
    });
  }

  // All connections, now. The server sees a reset.
  cut ()
  {
    for (const { client, server } of [...this.#pairs])
      {
        client.destroy();
        server.resetAndDestroy();
      }
    this.#pairs.clear();
  }

  // The client is cut off, the server notices nothing.
  cutClients ()
  {
    for (const pair of [...this.#pairs])
      {
        pair.server.removeAllListeners('close');
        pair.client.removeAllListeners('close');
        pair.client.destroy();
        pair.server.removeAllListeners('data');
        pair.server.resume();
      }
  }

  // A connection breaks after so many more bytes from the server.
  cutAfter (bytes) { this.#left = bytes; }

  get n () { return this.#pairs.size; }

  async stop ()
  {
    for (const { client, server } of this.#pairs)
      {
        client.destroy();
        server.destroy();
      }
    this.server.close();
    await once(this.server, 'close');
  }
}
