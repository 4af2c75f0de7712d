// SPDX-License-Identifier: LGPL-2.1-or-later
// A user of the chat rules: node chat-user.mjs URL TOKEN
import { io } from 'socket.io-client';

const [url, token] = process.argv.slice(2);
const socket = io(url, { auth: { token } });

socket.on('connect_error', (error) => console.log(error.message, error.data));
socket.on('message:receive', ({ userId, content }) => console.log(`${userId} says ${content}`));
socket.on('connect', async () => {
  console.log(await socket.emitWithAck('room:join', 'conversation:7'));
  console.log(await socket.emitWithAck('message:send', { conversationId: 7, content: 'hello' }));
});
