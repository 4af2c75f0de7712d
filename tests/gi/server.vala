// SPDX-License-Identifier: LGPL-2.1-or-later
// A server in Vala, as a user would write it; serve.test.mjs talks to it.

// A room that somebody wants to be told about.
class Watched : Object {
    private Sio.Room room;
    private ListModel members;
    private string[] log = {};

    public Watched (Sio.Room room) {
        this.room = room;
        members = room.get_members ();
        members.items_changed.connect ((position, removed, added) => {
            log += "%u,%u,%u".printf (position, removed, added);
        });
        room.joined.connect ((socket) => {
            log += "+%u".printf (room.n_members);
        });
        room.left.connect ((socket) => {
            log += "-%u".printf (room.n_members);
        });
    }

    public Json.Node report () {
        var builder = new Json.Builder ();
        builder.begin_array ().begin_array ().begin_array ();
        foreach (unowned var line in log)
            builder.add_string_value (line);
        builder.end_array ().begin_array ();
        for (var i = 0; i < members.get_n_items (); i++)
            builder.add_string_value (((Sio.Socket) members.get_item (i)).get_id ());
        builder.end_array ().end_array ().end_array ();
        return builder.get_root ();
    }
}

static uint64 sum (Variant dict, string key) {
    uint64 total = 0;
    string name;
    uint64 n;
    var iter = dict.lookup_value (key, null).iterator ();
    while (iter.next ("{st}", out name, out n))
        total += n;
    return total;
}

class ChatServer : Object {
    private HashTable<string, Watched> watched = new HashTable<string, Watched> (str_hash, str_equal);
    private Sio.Server server = new Sio.Server ();
    // Both forms of the same: methods and a dictionary.
    private Variant report_stats (string ns) {
        var stats = server.get_stats ();
        var dict = stats.to_variant ();
        uint64 received = 0;
        uint64 handled = 0;
        uint64 round_trips = 0;
        uint sessions = 0;
        string name;
        uint n;

        foreach (unowned var event in stats.list_events ())
            if (event.get_namespace () == ns && event.get_event () == "add") {
                received = event.get_n_received ();
                handled = event.get_times ().get_count ();
            }
        var iter = dict.lookup_value ("sessions", null).iterator ();
        while (iter.next ("{su}", out name, out n))
            if (name == "polling" || name == "websocket")
                sessions += n;
        dict.lookup ("round-trips", "(tta(tt))", out round_trips, null, null);
        return new Variant ("((ubttbbbbb))",
            stats.get_n_sockets (ns),
            stats.get_n_sessions (Sio.Transport.POLLING | Sio.Transport.WEBSOCKET) == sessions,
            received,
            handled,
            stats.get_n_disconnected (null) == sum (dict, "disconnected"),
            stats.get_n_refused (null) == sum (dict, "refused"),
            stats.get_round_trips ().get_count () == round_trips,
            ns in stats.list_namespaces (),
            stats.get_memory (null) == sum (dict, "memory"));
    }

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
        chat.on ("watch", (socket, message) => {
            unowned var name = message.get_args ().get_string (0);
            watched[name] = new Watched (socket.get_namespace ().get_room (name));
            message.reply (null);
        });
        chat.on ("report", (socket, message) => {
            message.reply (new Sio.Args.from_node (watched[message.get_args ().get_string (0)].report ()));
        });
        chat.on ("enter", (socket, message) => {
            socket.join (message.get_args ().get_string (0));
            message.reply (null);
        });
        chat.on ("leave", (socket, message) => {
            socket.leave (message.get_args ().get_string (0));
            message.reply (null);
        });
        chat.on ("vote", (socket, message) => {
            vote.begin (socket, message);
        });
        chat.on ("stats", (socket, message) => {
            message.reply (new Sio.Args.from_variant (report_stats (socket.get_namespace ().get_name ())));
        });
        chat.on ("who", (socket, message) => {
            who.begin (socket, message);
        });
        try {
            unowned var rooms = server.of_regex (new Regex ("^/room-[0-9]+$"));
            rooms.use_event ((socket, message, task) => {
                if (message.get_event () == "old")
                    Sio.middleware_accept_as (task, "where", null);
                else
                    Sio.middleware_accept (task);
            });
            rooms.on ("where", (socket, message) => {
                message.reply (new Sio.Args.from_string (socket.get_namespace ().get_name ()));
            });
        } catch (Error error) {
            warning ("%s", error.message);
        }
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

    // What came until the time was up is there, and why some is missing.
    private async void vote (Sio.Socket socket, Sio.Message message) {
        var builder = new Json.Builder ();
        builder.begin_array ().begin_array ();
        try {
            var room = message.get_args ().get_string (0);
            var responses = yield socket.get_namespace ().to (room).emit_with_ack_async ("vote", null, 200, null);
            builder.add_boolean_value (responses.is_complete ()).add_int_value (responses.get_n_expected ());
            builder.begin_array ();
            foreach (unowned var args in responses.list ())
                builder.add_string_value (args.get_string (0));
            builder.end_array ();
            unowned var error = responses.get_error ();
            if (error != null)
                builder.add_string_value (error.message);
            else
                builder.add_null_value ();
        } catch (Error error) {
            builder.add_string_value (error.message);
        }
        builder.end_array ().end_array ();
        message.reply (new Sio.Args.from_node (builder.get_root ()));
    }

    private async void who (Sio.Socket socket, Sio.Message message) {
        var builder = new Json.Builder ();
        builder.begin_array ().begin_array ();
        try {
            string[] rooms = { message.get_args ().get_string (0) };
            var sockets = yield socket.get_namespace ().to_rooms (rooms).fetch_sockets_async (null);
            foreach (unowned var found in sockets) {
                builder.begin_array ().add_string_value (found.get_id ()).begin_array ();
                var names = new GenericArray<string> ();
                foreach (unowned var name in found.list_rooms ())
                    names.add (name);
                names.sort (strcmp);
                foreach (unowned var name in names)
                    builder.add_string_value (name);
                builder.end_array ().add_boolean_value (found.get_socket () != null).end_array ();
            }
        } catch (Error error) {
            builder.add_string_value (error.message);
        }
        builder.end_array ().end_array ();
        message.reply (new Sio.Args.from_node (builder.get_root ()));
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
