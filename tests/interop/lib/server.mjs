// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts the server under test, waits until it says that it listens, and looks at its end.
//
// SIO_INTEROP_TARGET=sio (default) tests our programs, SIO_INTEROP_TARGET=node the reference
// server on socket.io from npm. SIO_CONFORMANCE_SERVER and SIO_SERVER name our programs,
// SIO_GI_SERVER (a JSON array) a server in another language.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { after, before } from 'node:test';
import { clientDir } from './npm.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const top = path.resolve(here, '..', '..', '..');
export const buildDir = process.env.SIO_BUILD_DIR ?? path.join(top, '_build');

export const target = process.env.SIO_INTEROP_TARGET ?? 'sio';
export const isNode = target === 'node';
if (target !== 'sio' && target !== 'node')
  throw new Error(`SIO_INTEROP_TARGET is "${target}", expected "sio" or "node"`);

/* --soup: the same suites with an application's SoupServer in front. */
const extraArgs = (isNode ? '' : process.env.SIO_CONFORMANCE_ARGS ?? '').split(' ').filter((arg) => arg !== '');

const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 60_000;
const KEPT_LINES = 400;

export function
commandFor (program)
{
  if (program === 'gi-server')
    return JSON.parse(process.env.SIO_GI_SERVER);
  if (isNode)
    return [process.execPath, path.join(here, '..', 'reference-server.mjs'), program];
  if (program === 'conformance-server')
    return [process.env.SIO_CONFORMANCE_SERVER ?? path.join(buildDir, 'tests', 'conformance', program)];
  return [process.env.SIO_SERVER ?? path.join(buildDir, 'sio-server', program)];
}

export class Server
{
  #child;
  #lines = [];
  #exited;

  // program: "conformance-server" or "sio-server"
  constructor (program, args, env = {})
  {
    const [file, ...first] = commandFor(program);
    this.name = program;
    this.#child = spawn(file, [...first, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, G_DEBUG: 'fatal-criticals', G_MESSAGES_DEBUG: '', ...env },
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ error }));
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid () { return this.#child.pid; }
  get output () { return this.#lines.join('\n'); }

  // Resident memory in KiB. It says nothing under the address sanitizer, which keeps what was freed for a while.
  get rss () { return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]); }
  get sanitised () { return /lib(clang_rt\.)?asan/.test(readFileSync(`/proc/${this.pid}/maps`, 'utf8')); }

  #keep (line)
  {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES)
      this.#lines.shift();
  }

  async ready ()
  {
    readline.createInterface({ input: this.#child.stderr }).on('line', (line) => this.#keep(line));

    const listening = new Promise((resolve) => {
      readline.createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.#keep(line);
        const match = /listening on (?:https?:\/\/\S*:(\d+)\S*|(\d+)$)/.exec(line);
        if (match)
          resolve(Number(match[1] ?? match[2]));
      });
    });
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.name} did not say "listening on" within ${START_TIMEOUT} ms:\n${this.output}`)), START_TIMEOUT);
    });
    const gone = this.#exited.then(({ error, code, signal }) => {
      throw error ?? new Error(`${this.name} ended at its start (code ${code}, signal ${signal}):\n${this.output}`);
    });
    try
      {
        this.port = await Promise.race([listening, late, gone]);
      }
    catch (error)
      {
        this.#child.kill('SIGKILL');
        throw error;
      }
    finally
      {
        clearTimeout(timer);
        gone.catch(() => {});
      }
    return this;
  }

  get url () { return `http://127.0.0.1:${this.port}`; }

  // Ends the server with SIGTERM and throws if it had died before, crashed, or logged a critical.
  async stop ()
  {
    const early = this.#child.exitCode !== null || this.#child.signalCode !== null;
    this.#child.kill('SIGTERM');
    let timer;
    const late = new Promise((resolve) => { timer = setTimeout(() => resolve(null), STOP_TIMEOUT); });
    const end = await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    if (end === null)
      {
        this.#child.kill('SIGKILL');
        throw new Error(`${this.name} did not end within ${STOP_TIMEOUT} ms after SIGTERM:\n${this.output}`);
      }
    if (early)
      throw new Error(`${this.name} ended during the tests (code ${end.code}, signal ${end.signal}):\n${this.output}`);
    if (end.code !== 0 && end.signal !== 'SIGTERM')
      throw new Error(`${this.name} ended with code ${end.code}, signal ${end.signal}:\n${this.output}`);
    if (/(CRITICAL \*\*|-CRITICAL|ERROR: (Address|Leak)Sanitizer|runtime error:)/.test(this.output))
      throw new Error(`${this.name} logged what must not happen:\n${this.output}`);
    return end;
  }

  // As a power cut would.
  async kill ()
  {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  get exited () { return this.#exited; }
}

// Clients of a busy machine have a minute to answer, where that time is not what is tested.
export function
startConformance (fixture, { port = 0, args = [], env = {}, pingTimeout = 60_000, connectTimeout = 60_000 } = {})
{
  return new Server('conformance-server', [
    '--fixture', fixture, '--port', String(port), '--ping-timeout', String(pingTimeout), '--connect-timeout', String(connectTimeout),
    ...extraArgs, ...args,
  ], env).ready();
}

export function
startDaemon ({ port = 0, args = [], client = true, env = {} } = {})
{
  const all = ['--listen', `tcp:127.0.0.1:${port}`, ...args];
  if (client)
    all.push('--client-dir', clientDir);
  return new Server('sio-server', all, { SIO_CLIENT_DIR: '', ...env }).ready();
}

// One server for all tests of a file (or of a describe block).
export function
useServer (start)
{
  const holder = { server: null, get port () { return this.server.port; }, get url () { return this.server.url; } };
  before(async () => { holder.server = await start(); });
  after(async () => { await holder.server?.stop(); });
  return holder;
}

export async function
freePort ()
{
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
