#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server in Python, as a user would write it; serve.test.mjs talks to it."""

import json
import signal
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio  # noqa: E402


WATCHED = {}
SERVER = None


def json_args(text):
    return Sio.Args.new_from_json(text, -1)


def said(socket, message):
    """The same arguments to everybody else in the room, never decoded."""
    socket.to("lobby").emit_message("said", message)
    message.reply(None)


def add(_socket, message):
    args = message.get_args()
    message.reply(json_args(f"[{args.get_int64(0) + args.get_int64(1)}]"))


def reverse(_socket, message):
    data = message.get_args().get_bytes(0).get_data()
    message.reply(Sio.Args.new_from_bytes(GLib.Bytes.new(data[::-1])))


def ask_back(socket, message):
    def answered(source, result):
        try:
            answer = source.emit_with_ack_finish(result)
            message.reply(Sio.Args.new_from_string(f"you said {answer.get_string(0)}"))
        except GLib.Error as error:
            message.reply(Sio.Args.new_from_string(f"failed: {error.message}"))

    socket.emit_with_ack_async("question", Sio.Args.new_from_string("how are you?"), 5000, None, answered)


def watch(socket, message):
    """Looks at a room from now on."""
    name = message.get_args().get_string(0)
    room = socket.get_namespace().get_room(name)
    members = room.get_members()
    log = []
    members.connect("items-changed", lambda _model, *change: log.append(",".join(map(str, change))))
    room.connect("joined", lambda room, _socket: log.append(f"+{room.props.n_members}"))
    room.connect("left", lambda room, _socket: log.append(f"-{room.props.n_members}"))
    WATCHED[name] = (room, members, log)
    message.reply(None)


def report(_socket, message):
    _room, members, log = WATCHED[message.get_args().get_string(0)]
    ids = [members.get_item(i).get_id() for i in range(members.get_n_items())]
    message.reply(json_args(json.dumps([[log, ids]])))


def enter(socket, message):
    socket.join(message.get_args().get_string(0))
    message.reply(None)


def leave(socket, message):
    socket.leave(message.get_args().get_string(0))
    message.reply(None)


def vote(socket, message):
    """What came until the time was up is there, and why some is missing."""

    def voted(source, result):
        responses = source.emit_with_ack_finish(result)
        error = responses.get_error()
        message.reply(
            json_args(
                json.dumps(
                    [
                        [
                            responses.is_complete(),
                            responses.get_n_expected(),
                            [args.get_string(0) for args in responses.list()],
                            error.message if error else None,
                        ]
                    ]
                )
            )
        )

    room = message.get_args().get_string(0)
    socket.get_namespace().to(room).emit_with_ack_async("vote", None, 200, None, voted)


def who(socket, message):
    def found(source, result):
        sockets = source.fetch_sockets_finish(result)
        message.reply(json_args(json.dumps([[[s.get_id(), sorted(s.list_rooms()), s.get_socket() is not None] for s in sockets]])))

    socket.get_namespace().to_rooms([message.get_args().get_string(0)]).fetch_sockets_async(None, found)


def knows_itself(socket):
    session = socket.get_session()
    return (
        socket.get_n_events() > 0
        and session.get_n_bytes_in() > session.get_n_packets_in() > 0
        and session.get_n_bytes_out() > session.get_n_packets_out() > 0
        and socket.get_connect_time() >= socket.get_handshake().get_time()
        and Sio.event_is_reserved("connect")
    )


def stats(socket, message):
    """Both forms of the same: methods and a dictionary."""
    taken = SERVER.get_stats()
    namespace = socket.get_namespace().get_name()
    added = next(e for e in taken.list_events() if e.get_namespace() == namespace and e.get_event() == "add")
    table = taken.to_variant().unpack()
    round_trips = taken.get_round_trips()
    answer = [
        taken.get_n_sockets(namespace),
        taken.get_n_sessions(Sio.Transport.POLLING | Sio.Transport.WEBSOCKET) == sum(table["sessions"][t] for t in ("polling", "websocket")),
        added.get_n_received(),
        added.get_times().get_count(),
        taken.get_n_disconnected(None) == sum(table["disconnected"].values()),
        taken.get_n_refused("middleware") == table["refused"]["middleware"],
        round_trips.get_count() == table["round-trips"][0],
        namespace in taken.list_namespaces() and knows_itself(socket),
        taken.get_memory(None) == sum(table["memory"].values()),
    ]
    message.reply(json_args(json.dumps([answer])))


def connection(_namespace, socket):
    socket.props.extra_rooms = 1
    assert socket.get_extra_rooms() == 1 and not socket.is_in("lobby")
    socket.join("lobby")
    assert socket.is_in("lobby") and socket.is_in(socket.get_id())
    socket.connect("disconnected", lambda s, reason, _detail: print(f"disconnected: {reason}", flush=True))


def authenticate(_namespace, socket, task):
    """Answers later, as one that asks a database would."""

    def decide():
        auth = socket.get_handshake().get_auth()
        token = auth.get_object().get_string_member_with_default("token", "") if auth else ""
        if token == "secret":
            Sio.middleware_accept(task)
        else:
            Sio.middleware_reject(task, "wrong token", None)
        return GLib.SOURCE_REMOVE

    GLib.idle_add(decide)


def rename(_socket, message, task):
    if message.get_event() == "old":
        Sio.middleware_accept_as(task, "where", None)
    else:
        Sio.middleware_accept(task)


def main():
    global SERVER
    SERVER = server = Sio.Server()
    chat = server.of("/chat")
    chat.connect("connection", connection)
    chat.on("say", said)
    chat.on("add", add)
    chat.on("reverse", reverse)
    chat.on("ask back", ask_back)
    chat.on("watch", watch)
    chat.on("report", report)
    chat.on("enter", enter)
    chat.on("leave", leave)
    chat.on("vote", vote)
    chat.on("who", who)
    chat.on("stats", stats)
    server.of("/private").use(authenticate)
    rooms = server.of_regex(GLib.Regex.new("^/room-[0-9]+$", 0, 0))
    rooms.use_event(rename)
    rooms.on("where", lambda socket, message: message.reply(Sio.Args.new_from_string(socket.get_namespace().get_name())))

    server.listen("tcp:127.0.0.1:0")
    loop = GLib.MainLoop()

    def stop():
        def closed(source, result):
            source.close_finish(result)
            loop.quit()

        server.close_async(None, closed)
        return GLib.SOURCE_REMOVE

    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, stop)
    for address in server.get_engine().list_addresses():
        print(f"listening on {address}", flush=True)
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
