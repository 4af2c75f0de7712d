// SPDX-License-Identifier: LGPL-2.1-or-later
const socket = new WebSocket("wss://chat.example.org/ws?namespace=/chat&token=secret");
const answers = new Map();
let number = 0;

function emit(event, data, answered) {
  if (answered) answers.set(++number, answered);
  socket.send(JSON.stringify({ event, data, ack: answered && number }));
}

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.event === undefined) {
    answers.get(message.ack)?.(message.data);
    answers.delete(message.ack);
  } else if (message.event === "connect") {
    emit("say", "hello", () => console.log("delivered"));
  } else if (message.event === "said") {
    console.log(message.data);
  }
};
socket.onclose = ({ code, reason }) => console.log("closed", code, reason);
