// SPDX-License-Identifier: LGPL-2.1-or-later

async void say (Sio.Client client, string text) {
    try {
        yield client.emit_with_ack_async ("say", new Sio.Args.from_string (text), 5000, null);
        print ("delivered\n");
    } catch (Error error) {
        print ("%s\n", error.message);
    }
}

int main (string[] args) {
    var client = new Sio.Client (args.length > 1 ? args[1] : "http://localhost:3000/chat");

    client.notify["state"].connect (() => {
        if (client.get_state () == Sio.ClientState.RECONNECTING)
            print ("no connection\n");
    });
    client.connect_error.connect ((error, data) => printerr ("%s\n", error.message));
    client.on ("said", (client, message) => print ("%s\n", message.get_args ().get_string (0)));
    client.open ();

    // Kept until there is a connection.
    say.begin (client, "hello");
    new MainLoop ().run ();
    return 0;
}
