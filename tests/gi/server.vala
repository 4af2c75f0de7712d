// SPDX-License-Identifier: LGPL-2.1-or-later
// A server in Vala, as a user would write it; serve.test.mjs talks to it.

class ChatServer : Object {
    private Sio.Server server = new Sio.Server ();
    private MainLoop loop = new MainLoop ();

    construct {
        unowned var chat = server.of ("/chat");
        chat.connection.connect ((socket) => {
            socket.join ("lobby");
            socket.disconnected.connect ((reason, detail) => {
                print ("disconnected: %s\n", reason);
                stdout.flush ();
            });
        });
        chat.on ("say", (socket, message) => {
            socket.to ("lobby").emit_message ("said", message);
            message.reply (null);
        });
        chat.on ("add", (socket, message) => {
            unowned var args = message.get_args ();
            var sum = args.get_int64 (0) + args.get_int64 (1);
            message.reply (new Sio.Args.from_variant (new Variant ("(x)", sum)));
        });
        chat.on ("reverse", (socket, message) => {
            var data = Bytes.unref_to_data (message.get_args ().get_bytes (0));
            var reversed = new uint8[data.length];
            for (var i = 0; i < data.length; i++)
                reversed[i] = data[data.length - 1 - i];
            message.reply (new Sio.Args.from_bytes (new Bytes (reversed)));
        });
        chat.on ("ask back", (socket, message) => {
            ask_back.begin (socket, message);
        });
        server.of ("/private").use ((ns, socket, task) => {
            authenticate.begin (socket, task);
        });
    }

    private async void ask_back (Sio.Socket socket, Sio.Message message) {
        string text;
        try {
            var answer = yield socket.emit_with_ack_async ("question", new Sio.Args.from_string ("how are you?"), 5000, null);
            text = "you said %s".printf (answer.get_string (0));
        } catch (Error error) {
            text = "failed: %s".printf (error.message);
        }
        message.reply (new Sio.Args.from_string (text));
    }

    // Answers later, as one that asks a database would.
    private async void authenticate (Sio.Socket socket, Task task) {
        Idle.add (authenticate.callback);
        yield;
        var auth = socket.get_handshake ().get_auth ();
        if (auth != null && auth.get_object ().get_string_member_with_default ("token", "") == "secret")
            Sio.middleware_accept (task);
        else
            Sio.middleware_reject (task, "wrong token", null);
    }

    private async void stop () {
        try {
            yield server.close_async (null);
        } catch (Error error) {
            warning ("%s", error.message);
        }
        loop.quit ();
    }

    public int run () {
        try {
            server.listen ("tcp:127.0.0.1:0");
        } catch (Error error) {
            printerr ("%s\n", error.message);
            return 1;
        }
        GLib.Unix.signal_add (Posix.Signal.TERM, () => {
            stop.begin ();
            return Source.REMOVE;
        });
        foreach (unowned var address in server.get_engine ().list_addresses ())
            print ("listening on %s\n", address);
        stdout.flush ();
        loop.run ();
        return 0;
    }

    public static int main (string[] args) {
        return new ChatServer ().run ();
    }
}
