// SPDX-License-Identifier: LGPL-2.1-or-later
// Talks to sio-server with rules=chat: node rules-client.mjs URL
import { io } from 'socket.io-client';

const socket = io(process.argv[2]);
const { ok } = await socket.emitWithAck('room:join', 'conversation:7');
const { id, error } = await socket.emitWithAck('message:send', { conversationId: 7, content: 'hello' });
console.log(ok && id !== undefined ? 'sent' : `refused: ${error}`);
socket.disconnect();
