// SPDX-License-Identifier: LGPL-2.1-or-later
// A proxy that understands CONNECT and leads to one port of this host, whatever it is asked for.
// Usage: connect-proxy.mjs PORT. Prints "listening on PORT".

import http from 'node:http';
import net from 'node:net';

const proxy = http.createServer((request, response) => response.writeHead(501).end());

proxy.on('connect', (request, down, head) => {
  const up = net.connect(Number(process.argv[2]), '127.0.0.1', () => {
    down.write('HTTP/1.1 200 Connection established\r\n\r\n');
    up.write(head);
    up.pipe(down);
    down.pipe(up);
  });
  const end = () => { up.destroy(); down.destroy(); };

  up.on('error', end);
  down.on('error', end);
});
proxy.listen(0, '127.0.0.1', () => process.stdout.write(`listening on ${proxy.address().port}\n`));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
