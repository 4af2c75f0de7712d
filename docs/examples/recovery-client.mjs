// SPDX-License-Identifier: LGPL-2.1-or-later
const socket = io("http://localhost:3000/chat", { auth: { name: "Ann" } });

// Who was recovered is in its rooms already.
socket.on("connect", () => {
  if (!socket.recovered) socket.emit("join", "lobby");
});
socket.on("said", (room, name, text) => console.log(`${name}: ${text}`));
