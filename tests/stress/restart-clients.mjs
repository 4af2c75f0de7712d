// SPDX-License-Identifier: LGPL-2.1-or-later
// restart-clients.mjs URL N FIRST: N official clients that listen to a room, or with N = 0 one that sends numbered
// events to it. Commands on standard input, one JSON object for each on standard output.

import readline from 'node:readline';
import { load } from '../interop/lib/npm.mjs';

const { io } = load('socket.io-client');
const [url, n, first] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const ROOM = 'load';
const ACK_TIMEOUT = 3000;
const errors = {};
const reasons = {};

const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
const count = (table, name) => { table[name] = (table[name] ?? 0) + 1; };

// One in ten polls, one begins with polling as by default, the others use WebSockets at once.
function
transportsOf (index)
{
  return [['polling'], ['polling', 'websocket']][index % 10] ?? ['websocket'];
}

function
open (index)
{
  const socket = io(url, { forceNew: true, transports: transportsOf(index) });
  socket.on('connect_error', (error) => {
    const { description } = error;
    count(errors, `${error.message}: ${description?.error?.message ?? description?.message ?? description ?? ''}`);
  });
  socket.on('disconnect', (reason) => count(reasons, reason));
  return socket;
}

class Listener
{
  last = 0; // number of the latest event
  repeated = 0;
  wrong = []; // what came in place of the next number
  connects = 0;
  recovered = 0;

  constructor (index)
  {
    this.socket = open(index);
    this.socket.on('connect', () => {
      this.connects++;
      if (this.socket.recovered)
        this.recovered++;
    });
    this.socket.on('tick', (_room, _sender, number) => {
      if (number === this.last + 1)
        this.last = number;
      else if (number <= this.last)
        this.repeated++;
      else
        {
          this.wrong.push([this.last, number]);
          this.last = number;
        }
    });
  }

  async join () { await this.socket.emitWithAck('join', ROOM); }
}

async function
listeners ()
{
  const all = Array.from({ length: n }, (_, i) => new Listener(first + i));
  await Promise.all(all.map((one) => one.join()));
  say({ joined: n });
  for await (const _ of readline.createInterface({ input: process.stdin }))
    say({
      connected: all.filter(({ socket }) => socket.connected).length,
      connects: all.reduce((sum, one) => sum + one.connects, 0),
      recovered: all.reduce((sum, one) => sum + one.recovered, 0),
      least: Math.min(...all.map(({ last }) => last)),
      repeated: Math.max(...all.map(({ repeated }) => repeated)),
      wrong: all.flatMap(({ wrong }) => wrong).slice(0, 10),
      errors,
      reasons,
    });
}

// What is on its way when the connection ends may be lost: it is sent until it was acknowledged, and so may come twice.
async function
sender ()
{
  const socket = open(2);
  let number = 0;
  let again = 0;
  let running = true;

  await socket.emitWithAck('join', ROOM);
  say({ joined: 0 });
  const commands = readline.createInterface({ input: process.stdin });
  const started = new Promise((resolve) => commands.once('line', resolve));
  const done = (async () => {
    await started;
    while (running)
      {
        number++;
        for (let sent = false; !sent;)
          {
            if (!socket.connected)
              {
                await new Promise((resolve) => socket.once('connect', resolve));
                continue;
              }
            // Not kept by the client while there is no connection.
            sent = await Promise.race([
              socket.timeout(ACK_TIMEOUT).emitWithAck('room', ROOM, 'tick', number).then(({ ok }) => ok === true, () => false),
              new Promise((resolve) => socket.once('disconnect', () => resolve(false))),
            ]);
            if (!sent)
              again++;
          }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
  })();
  for await (const line of commands)
    {
      if (line === 'stop')
        {
          running = false;
          await done;
        }
      say({ number, again, connected: socket.connected ? 1 : 0, recovered: socket.recovered, errors, reasons });
    }
}

await (n === 0 ? sender() : listeners());
process.exit(0);
