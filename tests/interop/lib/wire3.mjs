// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine.IO 3 by hand: both payload framings, sessions on long-polling and on WebSocket.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { Ws, assertUnknownSid, request, within } from './wire.mjs';

export const PREFIX = '/engine.io/';

// A packet is a string with its digit, or a Buffer that is a binary message.
const asText = (packet) => (typeof packet === 'string' ? packet : `b4${packet.toString('base64')}`);

export const encodeText = (...packets) => packets.map((packet) => `${asText(packet).length}:${asText(packet)}`).join('');

export function
encodeBinary (...packets)
{
  return Buffer.concat(packets.map((packet) => {
    const data = typeof packet === 'string' ? Buffer.from(packet) : Buffer.concat([Buffer.of(4), packet]);
    return Buffer.concat([Buffer.of(typeof packet === 'string' ? 0 : 1, ...[...String(data.length)].map(Number), 255), data]);
  }));
}

export function
decodeText (text)
{
  const packets = [];
  while (text !== '')
    {
      const head = /^(\d+):/.exec(text);
      assert.ok(head, `length of a packet expected at ${JSON.stringify(text.slice(0, 40))}`);
      const end = head[0].length + Number(head[1]);
      assert.ok(end <= text.length, `${head[1]} characters expected in ${JSON.stringify(text.slice(0, 40))}`);
      packets.push(text.slice(head[0].length, end));
      text = text.slice(end);
    }
  return packets;
}

export function
decodeBinary (data)
{
  const packets = [];
  while (data.length > 0)
    {
      const stop = data.indexOf(255);
      assert.ok(data[0] <= 1 && stop > 1);
      const length = Number([...data.subarray(1, stop)].join(''));
      const body = data.subarray(stop + 1, stop + 1 + length);
      assert.equal(body.length, length);
      if (data[0] === 1)
        assert.equal(body[0], 4);
      packets.push(data[0] === 0 ? body.toString('utf8') : Buffer.from(body.subarray(1)));
      data = data.subarray(stop + 1 + length);
    }
  return packets;
}

export class Polling3
{
  #pending = [];

  constructor (port)
  {
    this.port = port;
  }

  static async open (port, query = '')
  {
    const session = new Polling3(port);
    const res = await request(port, `${PREFIX}?EIO=3&transport=polling${query}`);
    assert.equal(res.status, 200, res.text);
    const [packet, ...more] = decodeText(res.text);
    assert.deepEqual(more, []);
    assert.equal(packet[0], '0');
    session.handshake = JSON.parse(packet.slice(1));
    session.response = res;
    session.sid = session.handshake.sid;
    return session;
  }

  get path () { return `${PREFIX}?EIO=3&transport=polling&sid=${this.sid}`; }

  get (options) { return request(this.port, this.path, options); }

  post (body, options = {})
  {
    return request(this.port, this.path, { method: 'POST', headers: { 'Content-Type': 'text/plain;charset=UTF-8' }, ...options, body });
  }

  postBinary (body) { return this.post(body, { headers: { 'Content-Type': 'application/octet-stream' } }); }

  async send (...packets)
  {
    const res = await this.post(encodeText(...packets));
    assert.equal(res.status, 200, res.text);
    assert.equal(res.text, 'ok');
  }

  async next ()
  {
    while (this.#pending.length === 0)
      {
        const res = await this.get();
        assert.equal(res.status, 200, res.text);
        this.#pending.push(...(res.headers['content-type'] === 'application/octet-stream' ? decodeBinary(res.body) : decodeText(res.text)));
      }
    return this.#pending.shift();
  }

  async assertAlive (text = 'alive')
  {
    await this.send(`4${text}`);
    assert.equal(await this.next(), `4${text}`);
  }

  async assertGone ()
  {
    assertUnknownSid(await this.get());
  }

  // A GET that is known to be held: the request has been sent and a later one was served.
  async hold (query = '')
  {
    const held = request(this.port, `${this.path}${query}`, { ownConnection: true });
    held.catch(() => {});
    await within(once(held.request, 'finish'), 'held GET');
    await request(this.port, `${PREFIX}?EIO=3&transport=polling&sid=none`, { ownConnection: true });
    return { response: held };
  }
}

export async function
openWs3 (port, query = '', options = {})
{
  const ws = await Ws.open(port, `${PREFIX}?EIO=3&transport=websocket${query}`, { pong: false, ...options });
  const first = await ws.next();
  assert.equal(first[0], '0');
  ws.handshake = JSON.parse(first.slice(1));
  ws.sid = ws.handshake.sid;
  return ws;
}
