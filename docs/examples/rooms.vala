// SPDX-License-Identifier: LGPL-2.1-or-later
// A chat with rooms: join, say, ask everybody in a room and collect the answers. Who loses the
// connection gets back into the rooms, also after a restart.

class RoomChat : Object {
    private Sio.Server server = new Sio.Server ();
    private unowned Sio.Namespace chat;
    private File sessions;

    construct {
        sessions = File.new_build_filename (Environment.get_variable ("STATE_DIRECTORY") ?? ".", "rooms.sessions");
        chat = server.of ("/chat");
        chat.use (authenticate);
        chat.on ("join", on_join);
        chat.on ("say", (socket, message) => {
            unowned var room = message.get_args ().get_string (0);
            unowned var text = message.get_args ().get_string (1);
            if (room == null || text == null)
                return;
            socket.to (room).emit ("said", new Sio.Args.from_variant (new Variant ("(sss)", room, name_of (socket), text)));
            message.reply (null);
        });
        chat.on ("ask", (socket, message) => ask.begin (socket, message));
    }

    private void authenticate (Sio.Namespace ns, Sio.Socket socket, Task task) {
        var auth = socket.get_handshake ().get_auth ();
        if (auth != null && auth.get_object ().get_string_member_with_default ("name", "") != "") {
            socket.set_data (auth);
            Sio.middleware_accept (task);
        } else {
            Sio.middleware_reject (task, "tell your name in auth", null);
        }
    }

    private static string name_of (Sio.Socket socket) {
        return socket.get_data ().get_object ().get_string_member ("name");
    }

    private void on_join (Sio.Socket socket, Sio.Message message) {
        unowned var room = message.get_args ().get_string (0);
        if (room == null)
            return; // it was no string
        socket.join (room);
        socket.to (room).emit ("joined", new Sio.Args.from_variant (new Variant ("(ss)", room, name_of (socket))));
        message.reply (new Sio.Args.from_variant (new Variant ("(u)", chat.get_room (room).get_n_members ())));
    }

    private async void ask (Sio.Socket socket, Sio.Message message) {
        unowned var room = message.get_args ().get_string (0);
        if (room == null)
            return;
        var question = message.get_args ().slice (1);
        string[] answers = {};
        var complete = false;
        try {
            var responses = yield socket.to (room).emit_with_ack_async ("question", question, 5000, null);
            for (var i = 0; i < responses.get_length (); i++)
                answers += responses.get_args (i).get_string (0) ?? "";
            complete = responses.is_complete ();
        } catch (Error error) {
            warning ("%s", error.message);
        }
        message.reply (new Sio.Args.from_variant (new Variant ("(^asb)", answers, complete)));
    }

    public async void start () throws Error {
        server.recovery.enabled = true;
        try {
            yield server.recovery.load_async (sessions, null, null);
        } catch (IOError.NOT_FOUND error) {
            // This is the first time.
        }
        server.listen ("tcp:localhost:3000");
    }

    public async void stop () throws Error {
        yield server.close_async (null);
        yield server.recovery.save_async (sessions, null, null);
    }
}

int main () {
    var loop = new MainLoop ();
    var chat = new RoomChat ();

    chat.start.begin ((object, result) => {
        try {
            chat.start.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
            loop.quit ();
        }
    });
    Unix.signal_add (ProcessSignal.TERM, () => {
        chat.stop.begin (() => loop.quit ());
        return Source.REMOVE;
    });
    loop.run ();
    return 0;
}
