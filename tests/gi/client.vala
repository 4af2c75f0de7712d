// SPDX-License-Identifier: LGPL-2.1-or-later
// A client in Vala, as a user would write it, talks to the official server. Usage: client SERVER.MJS

class Peer : Object {
    private Subprocess process;
    public uint16 port;

    public Peer (string script, uint16 wanted = 0) throws Error {
        process = new Subprocess (SubprocessFlags.STDIN_PIPE | SubprocessFlags.STDOUT_PIPE,
                                  "node", script, "--port", wanted.to_string ());
        var line = new DataInputStream (process.get_stdout_pipe ()).read_line ();
        assert (line != null && line.has_prefix ("listening on "));
        port = (uint16) int.parse (line.substring (13));
    }

    public void kill () {
        process.force_exit ();
        try {
            process.wait ();
        } catch (Error error) {
            assert_not_reached ();
        }
    }
}

string script;

// Until a property has a value.
async void state_is (Sio.Client client, Sio.ClientState state) {
    if (client.get_state () == state)
        return;
    var id = client.notify["state"].connect (() => {
        if (client.get_state () == state)
            Idle.add (state_is.callback);
    });
    while (client.get_state () != state)
        yield;
    client.disconnect (id);
}

Sio.Args strings (string first, ...) {
    var builder = new Sio.ArgsBuilder ();
    var rest = va_list ();
    for (unowned string? text = first; text != null; text = rest.arg<string?> ())
        builder.add_string (text);
    return builder.end ();
}

async void flows (Peer peer, string transport) throws Error {
    var client = new Sio.Client ("http://127.0.0.1:%u/foo".printf (peer.port));
    var seen = new GenericArray<string> ();
    client.get_manager ().set_transports ({ transport });
    client.connected.connect (() => seen.add ("connected"));
    client.disconnected.connect ((reason, details) => seen.add (reason));
    client.on ("bounce", (client, message) => {
        seen.add ("bounce " + message.get_json ());
        Idle.add (flows.callback);
    });
    client.on ("doge", (client, message) => {
        unowned var bytes = message.get_args ().get_bytes (0);
        seen.add ("doge " + (string) Bytes.unref_to_data (bytes));
        Idle.add (flows.callback);
    });
    client.on ("question", (client, message) => {
        assert (message.wants_reply ());
        message.reply (strings ("because"));
    });
    client.on ("answered", (client, message) => {
        seen.add ("answered " + message.get_json ());
        Idle.add (flows.callback);
    });
    client.on_any ((client, message) => seen.add ("any " + message.get_event ()));
    client.open ();
    yield state_is (client, Sio.ClientState.CONNECTED);
    assert (client.get_id () != null && client.is_connected ());

    client.emit ("bounce", new Sio.Args.from_variant (new Variant ("(sxb)", "text", 42, true)));
    yield;
    client.emit ("doge", null);
    yield;
    client.emit ("ask", strings ("why"));
    yield;

    var answer = yield client.emit_with_ack_async ("echo", strings ("one", "two"), 5000, null);
    seen.add ("ack " + answer.get_json ());
    uint8[] data = { 0, 1, 255 };
    answer = yield client.emit_with_ack_async ("echo", new Sio.Args.from_bytes (new Bytes (data)), 5000, null);
    assert (answer.get_bytes (0).compare (new Bytes (data)) == 0);
    try {
        yield client.emit_with_ack_async ("never", null, 20, null);
        assert_not_reached ();
    } catch (Sio.Error.TIMEOUT error) {
        seen.add ("timeout");
    }
    client.close ();
    yield state_is (client, Sio.ClientState.DISCONNECTED);

    string[] expected = {
        "connected", "any bounce", "bounce [\"text\",42,true]", "any doge", "doge asdfasdf", "any question",
        "any answered", "answered [\"because\"]", "ack [\"one\",\"two\"]", "timeout", "io client disconnect",
    };
    assert_cmpstr (string.joinv ("|", seen.data), CompareOperator.EQ, string.joinv ("|", expected));
}

// Credentials that are made for each connection.
async void credentials (Peer peer) throws Error {
    var client = new Sio.Client ("http://127.0.0.1:%u/auth".printf (peer.port));
    var asked = 0;
    string? got = null;
    client.set_auth_func ((client, task) => {
        var token = ++asked;
        // Later, as one that asks somebody else would.
        Idle.add (() => {
            var auth = new Json.Object ();
            auth.set_int_member ("token", token);
            var node = new Json.Node (Json.NodeType.OBJECT);
            node.set_object (auth);
            Sio.auth_return (task, node);
            return Source.REMOVE;
        });
    });
    client.on ("auth", (client, message) => {
        got = message.get_json ();
        Idle.add (credentials.callback);
    });
    for (var i = 1; i <= 2; i++) {
        client.open ();
        yield;
        assert_cmpstr (got, CompareOperator.EQ, "[{\"token\":%d}]".printf (i));
        client.close ();
    }

    var refused = new Sio.Client ("http://127.0.0.1:%u/no".printf (peer.port));
    string? problem = null;
    refused.connect_error.connect ((error, data) => {
        assert (error is Sio.Error.REJECTED);
        problem = "%s %lld".printf (error.message, data.get_object ().get_int_member ("code"));
        Idle.add (credentials.callback);
    });
    refused.open ();
    yield;
    assert_cmpstr (problem, CompareOperator.EQ, "Auth failed (custom namespace) 42");
    assert (!refused.is_active ());
}

// A server that dies and comes back; what is emitted meanwhile is kept.
async void restart () throws Error {
    var peer = new Peer (script);
    var port = peer.port;
    var client = new Sio.Client ("http://127.0.0.1:%u/foo".printf (port));
    var manager = client.get_manager ();
    var attempts = 0;
    manager.reconnection_delay = 20;
    manager.reconnection_delay_max = 100;
    client.reconnect_attempt.connect ((attempt) => attempts++);
    client.open ();
    yield state_is (client, Sio.ClientState.CONNECTED);

    peer.kill ();
    yield state_is (client, Sio.ClientState.RECONNECTING);
    assert (client.reason == "transport close" || client.reason == "transport error");
    string? kept = null;
    client.emit_with_ack_async.begin ("echo", strings ("kept"), 0, null, (object, result) => {
        try {
            kept = client.emit_with_ack_async.end (result).get_json ();
        } catch (Error error) {
            kept = error.message;
        }
        Idle.add (restart.callback);
    });
    client.max_buffered_events = 1;
    assert (!client.emit ("hi", null)); // there is no room for a second one
    assert (!client.emit_full ("hi", null, Sio.EmitFlags.VOLATILE));

    peer = new Peer (script, port);
    yield;
    assert_cmpstr (kept, CompareOperator.EQ, "[\"kept\"]");
    assert (attempts > 0 && client.is_connected ());
    // Until the connection is really gone.
    yield manager.close_async (null);
    assert (client.get_state () == Sio.ClientState.DISCONNECTED);
    peer.kill ();
}

async void all (MainLoop loop) throws Error {
    var peer = new Peer (script);
    yield flows (peer, "polling");
    yield flows (peer, "websocket");
    print ("ok 1 - events, acknowledgements and binary data\n");
    yield credentials (peer);
    print ("ok 2 - credentials\n");
    peer.kill ();
    yield restart ();
    print ("ok 3 - a server that dies and comes back\n1..3\n");
    loop.quit ();
}

int main (string[] args) {
    var loop = new MainLoop ();
    script = args[1];
    Timeout.add_seconds (40, () => {
        error ("it takes too long");
    });
    all.begin (loop, (object, result) => {
        try {
            all.end (result);
        } catch (Error failure) {
            error ("%s", failure.message);
        }
    });
    loop.run ();
    return 0;
}
