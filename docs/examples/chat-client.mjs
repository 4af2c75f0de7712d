// SPDX-License-Identifier: LGPL-2.1-or-later
import { io } from 'socket.io-client';

const socket = io("http://localhost:3000/chat");
socket.on("said", (text) => console.log(text));
socket.emit("say", "hello", () => console.log("delivered"));
