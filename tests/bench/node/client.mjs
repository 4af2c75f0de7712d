// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What bench-client does, with the official client.
//
// Usage: node client.mjs [--transport NAME] [--count N] [--pipeline N] [--payload BYTES] [--modules DIRECTORY] emit|ack URL

import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    transport: { type: "string", default: "websocket" },
    count: { type: "string", default: "100000" },
    pipeline: { type: "string", default: "1000" },
    payload: { type: "string", default: "32" },
    modules: { type: "string", default: process.env.SIO_NODE_MODULES ?? "" },
  },
});
const [scenario, url] = positionals;
const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(resolve(options.modules || join(here, "..", "..", "npm")), "package.json"));
const { io } = require("socket.io-client");

const count = Number(options.count);
const pipeline = Number(options.pipeline);
const text = "x".repeat(Number(options.payload));
const socket = io(url, { transports: [options.transport], upgrade: false, perMessageDeflate: false });

function fail(problem) {
  console.error(`client.mjs: ${problem}`);
  process.exit(1);
}

setTimeout(() => fail("it takes too long"), 120_000).unref();
socket.on("connect_error", (error) => fail(error.message));
socket.on("disconnect", fail);
socket.once("connect", () => {
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();

  function done() {
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const used = process.cpuUsage(cpu);
    console.log(
      JSON.stringify({
        scenario,
        count,
        seconds,
        rate: Math.round(count / seconds),
        client_cpu_us_each: (used.user + used.system) / count,
      }),
    );
    process.exit(0);
  }

  if (scenario === "emit") {
    for (let i = 0; i < count; i++) socket.emit("sink", text);
    socket.emit("ack", "end", done);
    return;
  }
  let sent = 0;
  let answered = 0;
  function send() {
    while (sent < count && sent - answered < pipeline) {
      sent++;
      socket.emit("ack", text, () => {
        answered++;
        if (answered === count) done();
        else send();
      });
    }
  }
  send();
});
