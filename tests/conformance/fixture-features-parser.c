/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* What goes to several clients, for forms of packets other than the usual one. */

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioMessage) message = user_data;
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioResponses) responses =
      sio_namespace_emit_with_ack_finish (SIO_NAMESPACE (source), result, NULL);

  for (guint i = 0; responses != NULL && i < sio_responses_get_length (responses); i++)
    sio_args_builder_add_args (builder, sio_responses_get_args (responses, i), 0);
  sio_message_reply (message, sio_args_builder_end (builder));
}

/* Asks everybody, and answers with all answers. */
static void
ask_all_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_emit_with_ack_async (sio_socket_get_namespace (socket), "question",
                                     sio_args_ref (sio_message_get_args (message)), 5000, NULL,
                                     answered_cb, sio_message_ref (message));
}

static void
tell_all_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_emit_message (sio_socket_get_namespace (socket), "told", message);
}

static void
volatile_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_full (socket, "perhaps", sio_args_ref (sio_message_get_args (message)),
                        SIO_EMIT_VOLATILE);
}

/* More than the text form allows. */
static void
many_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  for (guint8 i = 0; i < 20; i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (&i, 1);

      sio_args_builder_add_bytes (builder, bytes);
    }
  sio_socket_emit (socket, "many", sio_args_builder_end (builder));
}

void
fixture_features_parser (SioServer *server)
{
  SioNamespace *ns = sio_server_of (server, "/parser");

  sio_namespace_on (ns, "ask all", ask_all_cb, NULL, NULL);
  sio_namespace_on (ns, "tell all", tell_all_cb, NULL, NULL);
  sio_namespace_on (ns, "volatile", volatile_cb, NULL, NULL);
  sio_namespace_on (ns, "many", many_cb, NULL, NULL);
}
