/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* permessage-deflate is on. Events ask for answers of a certain size, which can be compressed
 * well. */

#define MAX_SIZE (4 * 1024 * 1024)

static SioArgs *
make_args (SioMessage *message)
{
  gint64 size = CLAMP (sio_args_get_int64 (sio_message_get_args (message), 0), 0, MAX_SIZE);
  g_autoptr (GString) text = g_string_new (NULL);

  while (text->len < (gsize) size)
    g_string_append_printf (text, "line %" G_GSIZE_FORMAT " of some text; ", text->len % 1000);
  g_string_truncate (text, (gsize) size);
  return sio_args_new_from_string (text->str);
}

static void
big_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit (socket, "big", make_args (message));
}

static void
big_plain_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_full (socket, "big", make_args (message), SIO_EMIT_NO_COMPRESS);
}

static void
news_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_emit (sio_socket_get_namespace (socket), "news", make_args (message));
}

static void
news_plain_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);

  sio_broadcast_emit (sio_broadcast_compress (sio_namespace_except (ns, "nobody"), FALSE), "news",
                      make_args (message));
}

static void
binary_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  gint64 size = CLAMP (sio_args_get_int64 (sio_message_get_args (message), 0), 0, MAX_SIZE);
  g_autoptr (GBytes) zeros = g_bytes_new_take (g_malloc0 ((gsize) size), (gsize) size);
  g_autoptr (GError) error = NULL;
  GBytes *attachments[] = { zeros };
  SioArgs *args = sio_args_new_from_json_with_attachments ("[{\"_placeholder\":true,\"num\":0}]",
                                                           -1, attachments, 1, &error);

  g_assert_no_error (error);
  sio_socket_emit (socket, "binary", args);
}

/* Acknowledges with what came. */
static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_ref (sio_message_get_args (message)));
}

SioServer *
fixture_compression_start (void)
{
  SioServer *server = sio_server_new ();
  SioNamespace *ns = sio_server_of (server, "/");

  sio_engine_set_max_payload (sio_server_get_engine (server), MAX_SIZE);
  sio_engine_set_per_message_deflate (sio_server_get_engine (server), TRUE);
  sio_namespace_on (ns, "big", big_cb, NULL, NULL);
  sio_namespace_on (ns, "big-plain", big_plain_cb, NULL, NULL);
  sio_namespace_on (ns, "news", news_cb, NULL, NULL);
  sio_namespace_on (ns, "news-plain", news_plain_cb, NULL, NULL);
  sio_namespace_on (ns, "binary", binary_cb, NULL, NULL);
  sio_namespace_on (ns, "echo", echo_cb, NULL, NULL);
  return server;
}
