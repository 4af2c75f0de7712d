#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A parser written in Python, on a server and a client. Prints TAP."""

import base64
import json
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, GObject, Sio  # noqa: E402


class ListDecoder(GObject.Object, Sio.Decoder):
    __gtype_name__ = "ListDecoder"
    n_reset = 0

    def do_decode(self, message, is_text):
        if not is_text:
            raise GLib.Error("expected text", "sio-error-quark", Sio.Error.PROTOCOL)
        try:
            kind, namespace, ack_id, data, attachments = json.loads(message.get_data())
        except (TypeError, ValueError) as error:
            raise GLib.Error(f"not a list of five: {error}", "sio-error-quark", Sio.Error.PROTOCOL)
        data = json.dumps(data) if data is not None else None
        attachments = [GLib.Bytes.new(base64.b64decode(text)) for text in attachments]
        return Sio.Packet.new(Sio.PacketType(kind), namespace, ack_id, data, attachments)

    def do_reset(self):
        ListDecoder.n_reset += 1


class ListParser(GObject.Object, Sio.Parser):
    """Packets as [type, namespace, id, data, attachments]."""

    __gtype_name__ = "ListParser"
    n_encoded = 0

    def do_encode(self, packet, output):
        self.n_encoded += 1
        text = packet.dup_json()
        attachments = [packet.get_attachment(i).get_data() for i in range(packet.get_n_attachments())]
        if text is not None and "unspeakable" in text:
            raise GLib.Error("no words for it", "sio-error-quark", Sio.Error.FAILED)
        item = [
            int(packet.get_packet_type()),
            packet.get_namespace(),
            packet.get_id(),
            json.loads(text) if text is not None else None,
            [base64.b64encode(data).decode() for data in attachments],
        ]
        output.set_text(json.dumps(item), -1)
        return True

    def do_create_decoder(self, max_depth):
        assert max_depth == 64
        return ListDecoder()


n_tests = 0
failed = False


def check(name, ok):
    global n_tests, failed
    n_tests += 1
    failed = failed or not ok
    print(f"{'ok' if ok else 'not ok'} {n_tests} - {name}", flush=True)


def wait(condition):
    context = GLib.MainContext.default()
    late = []
    timeout = GLib.timeout_add_seconds(10, lambda: late.append(True) or GLib.SOURCE_CONTINUE)
    while not condition() and not late:
        context.iteration(True)
    GLib.source_remove(timeout)
    return not late


def main():
    server_parser = ListParser()
    client_parser = ListParser()
    server = Sio.Server(parser=server_parser)
    heard = []
    answers = []
    errors = []

    def echo(socket, message):
        message.reply(Sio.Args.new_from_json(message.get_json(), -1) if message.get_args().get_n_attachments() == 0
                      else Sio.Args.new_from_bytes(message.get_args().get_bytes(0)))

    server.of("/").on("echo", echo)
    server.of("/").on("tell all", lambda socket, message: server.emit("told", Sio.Args.new_from_string("é")))
    server.of("/").connect("connection", lambda ns, socket: socket.connect("error", lambda s, e: errors.append(e.message)))
    server.listen("tcp:127.0.0.1:0")
    uri = server.get_engine().list_addresses()[0]

    clients = []
    for transport in ("polling", "websocket", "websocket"):
        manager = Sio.Manager(uri=uri, parser=client_parser)
        manager.set_transports([transport])
        client = manager.get_client("/")
        client.on("told", lambda c, message: heard.append(message.get_json()))
        client.open()
        clients.append(client)
    check("connects", wait(lambda: all(client.is_connected() for client in clients)))

    def answered(client, result):
        answers.append(client.emit_with_ack_finish(result))

    for client in clients:
        client.emit_with_ack_async("echo", Sio.Args.new_from_json('[{"a":[1,"é"]}]', -1), 5000, None, answered)
    check("answers", wait(lambda: len(answers) == 3) and all(a.get_json() == '[{"a": [1, "\\u00e9"]}]' for a in answers))
    answers.clear()
    clients[1].emit_with_ack_async("echo", Sio.Args.new_from_bytes(GLib.Bytes.new(b"\0\1")), 5000, None, answered)
    check("binary data", wait(lambda: answers) and answers[0].get_bytes(0).get_data() == b"\0\1")

    before = server_parser.n_encoded
    clients[0].emit("tell all", None)
    check("a broadcast", wait(lambda: len(heard) == 3) and heard == ['["\\u00e9"]'] * 3)
    check("is encoded once", server_parser.n_encoded == before + 1)

    # The text form has a reserved name for it: whatever the parser decodes is checked.
    try:
        Sio.Packet.new(Sio.PacketType.EVENT, "/", -1, '["disconnect"]', [])
        check("a packet that is none", False)
    except GLib.Error as error:
        check("a packet that is none", error.matches(GLib.quark_from_string("sio-error-quark"), Sio.Error.PROTOCOL))

    # One that cannot be encoded is dropped, with a warning, and nothing else happens.
    GLib.log_set_writer_func(lambda level, fields, n, data: GLib.LogWriterOutput.HANDLED, None)
    clients[2].emit("unspeakable", None)
    answers.clear()
    clients[2].emit_with_ack_async("echo", None, 5000, None, answered)
    check("what cannot be encoded is dropped", wait(lambda: answers) and clients[2].is_connected())

    # A client without the parser is not understood.
    stranger = Sio.Manager(uri=uri).get_client("/")
    reasons = []
    stranger.get_manager().set_reconnection(False)
    stranger.get_manager().connect("closed", lambda m, reason, details: reasons.append(reason))
    stranger.open()
    check("another form closes the connection", wait(lambda: reasons))

    for client in clients:
        client.close()
    check("decoders hear of the end", wait(lambda: ListDecoder.n_reset >= 7))
    print(f"1..{n_tests}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
