// SPDX-License-Identifier: LGPL-2.1-or-later
// Official clients for tests in another language. Commands come as lines of JSON on standard input,
// answers and what happens leave as lines of JSON on standard output:
//   {"do":"open","url":…,"n":2,"options":{…}}  → {"ids":[…]}
//     (with "again":true in the options it connects again whenever the server disconnects it)
//   {"do":"emit","id":…,"args":["event",…]}    → {"ack":[…]} with "ack":true, else {"ok":true}
//   {"do":"close","ids":[…]}                   → {"ok":true}
//   whatever a client gets                     → {"id":…,"event":…,"args":[…]} or {"id":…,"disconnected":reason}

import readline from 'node:readline';
import { load } from '../interop/lib/npm.mjs';

const { io } = load('socket.io-client');
const clients = new Map();

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

function
open (url, options)
{
  return new Promise((resolve, reject) => {
    const socket = io(url, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
    socket.once('connect', () => {
      const { id } = socket;
      clients.set(id, socket);
      socket.onAny((event, ...args) => print({ id, event, args }));
      socket.on('disconnect', (reason) => {
        print({ id, disconnected: reason });
        if (options.again)
          socket.connect();
      });
      resolve(id);
    });
    socket.once('connect_error', (error) => reject(error));
  });
}

const commands = {
  async open ({ url, n = 1, options = {} })
  {
    const ids = [];
    for (let i = 0; i < n; i++)
      ids.push(await open(url, options));
    return { ids };
  },
  async emit ({ id, args, ack = false })
  {
    const socket = clients.get(id);
    if (ack)
      return { ack: [await socket.emitWithAck(...args)] };
    socket.emit(...args);
    return { ok: true };
  },
  async close ({ ids })
  {
    for (const id of ids)
      clients.get(id)?.disconnect();
    return { ok: true };
  },
};

for await (const line of readline.createInterface({ input: process.stdin }))
  {
    const command = JSON.parse(line);
    try
      {
        print({ reply: await commands[command.do](command) });
      }
    catch (error)
      {
        print({ reply: { error: error.message } });
      }
  }
process.exit(0);
