// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The peer that sio-bench compares with: socket.io on Node.js, set up as its performance guide advises. Its behaviour is that
// of bench-server.
//
// Usage: node server.mjs [--port PORT] [--host ADDRESS] [--modules DIRECTORY] [--deflate]

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    deflate: { type: "boolean", default: false },
    host: { type: "string", default: "127.0.0.1" },
    modules: { type: "string", default: process.env.SIO_NODE_MODULES ?? "" },
  },
});

const here = dirname(fileURLToPath(import.meta.url));
const modules = resolve(options.modules || join(here, "..", "..", "npm"));
if (!existsSync(join(modules, "node_modules", "socket.io"))) {
  console.error(
    `there is no socket.io below ${modules}: run "npm ci" there, or give a directory that has it with --modules`,
  );
  process.exit(2);
}
const require = createRequire(join(modules, "package.json"));
const { Server } = require("socket.io");

const httpServer = createServer();
const io = new Server(httpServer, {
  serveClient: false,
  perMessageDeflate: options.deflate,
  httpCompression: false,
});

// Keeping the first request of every connection costs memory, and nothing here looks at it.
io.engine.on("connection", (rawSocket) => {
  rawSocket.request = null;
});

io.on("connection", (socket) => {
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("ack", (value, ack) => ack(value));
  socket.on("bcast", (...args) => io.emit("bcast", ...args));
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack?.();
  });
  socket.on("room", (room, ...args) => socket.to(room).emit("room", ...args));
});

httpServer.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
httpServer.listen({ port: Number(options.port), host: options.host, backlog: 4096 }, () => {
  console.log(`listening on ${httpServer.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
