// SPDX-License-Identifier: LGPL-2.1-or-later

int main () {
    var server = new Sio.Server ();
    unowned var chat = server.of ("/chat");

    chat.connection.connect ((socket) => socket.join ("lobby"));
    chat.on ("say", (socket, message) => {
        socket.to ("lobby").emit_message ("said", message);
        message.reply (null);
    });
    try {
        server.listen ("tcp:localhost:3000");
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    new MainLoop ().run ();
    return 0;
}
