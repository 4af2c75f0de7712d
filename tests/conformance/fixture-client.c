/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fixtures.h"

/* The server of the official client's own test suite. */

#define ALLOW_DELAY_MS 10

static gboolean
allow_cb (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
allow_request_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  g_timeout_add (ALLOW_DELAY_MS, allow_cb, g_object_ref (task));
}

static SioArgs *
args_from_json (const char *json)
{
  g_autoptr (GError) error = NULL;
  SioArgs *args = sio_args_new_from_json (json, -1, &error);

  g_assert_no_error (error);
  return args;
}

static SioArgs *
args_with_bytes (const char *json, const char *data)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, strlen (data));
  g_autoptr (GError) error = NULL;
  GBytes *attachments[] = { bytes };
  SioArgs *args = sio_args_new_from_json_with_attachments (json, -1, attachments, 1, &error);

  g_assert_no_error (error);
  return args;
}

static SioArgs *
first_arg (SioMessage *message)
{
  g_autofree char *json = sio_args_dup_arg_json (sio_message_get_args (message), 0);
  g_autofree char *list = g_strdup_printf ("[%s]", json != NULL ? json : "null");

  return args_from_json (list);
}

static SioArgs *
handshake_args (SioSocket *socket)
{
  g_autoptr (JsonNode) node = sio_handshake_to_json_node (sio_socket_get_handshake (socket));

  return sio_args_new_from_node (node);
}

static void
get_id_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, sio_args_new_from_string (sio_socket_get_id (socket)));
}

static void
hi_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit (socket, "hi", NULL);
}

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, first_arg (message));
}

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioSocket *socket = SIO_SOCKET (source);
  g_autoptr (SioArgs) args = sio_socket_emit_with_ack_finish (socket, result, NULL);
  JsonNode *object = args != NULL ? sio_args_get_node (args, 1) : NULL;

  if (object != NULL && sio_args_get_int64 (args, 0) == 5 && JSON_NODE_HOLDS_OBJECT (object) &&
      json_object_get_boolean_member_with_default (json_node_get_object (object), "test", FALSE))
    sio_socket_emit (socket, "got it", NULL);
}

static void
ack_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_with_ack_async (socket, "ack", NULL, 0, NULL, answer_cb, NULL);
}

static char *
now_text (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  return g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", g_date_time_get_year (now),
                          g_date_time_get_month (now), g_date_time_get_day_of_month (now),
                          g_date_time_get_hour (now), g_date_time_get_minute (now),
                          g_date_time_get_second (now), g_date_time_get_microsecond (now) / 1000);
}

static void
get_ack_date_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autofree char *now = now_text ();

  sio_message_reply (message, sio_args_new_from_string (now));
}

static void
get_date_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autofree char *now = now_text ();

  sio_socket_emit (socket, "takeDate", sio_args_new_from_string (now));
}

static void
get_date_object_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  g_autofree char *now = now_text ();
  g_autofree char *json = g_strdup_printf ("[{\"date\":\"%s\"}]", now);

  sio_socket_emit (socket, "takeDateObj", args_from_json (json));
}

static void
get_utf8_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  static const char *const texts[] = { "てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string",
                                       "utf8 — string" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    sio_socket_emit (socket, "takeUtf8", sio_args_new_from_string (texts[i]));
}

static void
false_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit (socket, "false", args_from_json ("[false]"));
}

static void
doge_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit (socket, "doge",
                   args_with_bytes ("[{\"_placeholder\":true,\"num\":0}]", "asdfasdf"));
}

static void
getbin_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit (socket, "takebin",
                   args_with_bytes ("[{\"_placeholder\":true,\"num\":0}]", "asdfasdf"));
}

static void
get_handshake_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_message_reply (message, handshake_args (socket));
}

/* Expects data in the first argument, or a string; then emits the event user_data. */
static void
expect_bytes_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (sio_args_get_bytes (sio_message_get_args (message), 0) != NULL)
    sio_socket_emit (socket, user_data, NULL);
}

static void
expect_any_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (sio_args_get_length (sio_message_get_args (message)) > 0)
    sio_socket_emit (socket, user_data, NULL);
}

/* {hello:"lol", message:binary, goodbye:"gotcha"} */
static void
jsonbuff_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioArgs *args = sio_message_get_args (message);
  JsonNode *node = sio_args_get_node (args, 0);
  JsonObject *object;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  object = json_node_get_object (node);
  if (g_strcmp0 (json_object_get_string_member_with_default (object, "hello", NULL), "lol") == 0 &&
      json_object_has_member (object, "message") &&
      sio_args_lookup_bytes (args, json_object_get_member (object, "message")) != NULL)
    sio_socket_emit (socket, user_data, NULL);
}

/* Of two events in order, the first only counts. */
static void
remember_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (sio_args_get_bytes (sio_message_get_args (message), 0) != NULL)
    g_object_set_data (G_OBJECT (socket), user_data, GINT_TO_POINTER (TRUE));
}

static void
abuff2_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (g_object_get_data (G_OBJECT (socket), "abuff1") != NULL)
    sio_socket_emit (socket, "abuff2-ack", NULL);
}

static void
blob2_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  const char *text = sio_args_get_string (sio_message_get_args (message), 0);

  if (g_object_get_data (G_OBJECT (socket), "blob1") != NULL && g_strcmp0 (text, "second") == 0)
    g_object_set_data (G_OBJECT (socket), "blob2", GINT_TO_POINTER (TRUE));
}

static void
blob3_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  if (g_object_get_data (G_OBJECT (socket), "blob2") != NULL &&
      sio_args_get_bytes (sio_message_get_args (message), 0) != NULL)
    sio_socket_emit (socket, "blob3-ack", NULL);
}

static void
middleware_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  g_autofree char *fail = sio_handshake_dup_query_value (sio_socket_get_handshake (socket), "fail");

  if (fail != NULL && *fail != '\0')
    sio_middleware_reject (task, "Auth failed (main namespace)", NULL);
  else
    sio_middleware_accept (task);
}

static void
refuse_cb (SioNamespace *ns, SioSocket *socket, GTask *task, gpointer user_data)
{
  sio_middleware_reject (task, "Auth failed (custom namespace)", NULL);
}

static void
abc_connection_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  sio_socket_emit (socket, "handshake", handshake_args (socket));
}

static void
serve_root (SioNamespace *ns)
{
  static const struct
  {
    const char *event;
    SioEventFunc func;
    const char *data;
  } handlers[] = {
    { "hi", hi_cb, NULL },
    { "echo", echo_cb, NULL },
    { "ack", ack_cb, NULL },
    { "getAckDate", get_ack_date_cb, NULL },
    { "getDate", get_date_cb, NULL },
    { "getDateObj", get_date_object_cb, NULL },
    { "getUtf8", get_utf8_cb, NULL },
    { "false", false_cb, NULL },
    { "doge", doge_cb, NULL },
    { "buffa", expect_bytes_cb, "buffack" },
    { "jsonbuff", jsonbuff_cb, "jsonbuff-ack" },
    { "abuff1", remember_cb, "abuff1" },
    { "abuff2", abuff2_cb, NULL },
    { "blob", expect_bytes_cb, "back" },
    { "jsonblob", expect_any_cb, "jsonblob-ack" },
    { "blob1", remember_cb, "blob1" },
    { "blob2", blob2_cb, NULL },
    { "blob3", blob3_cb, NULL },
    { "getbin", getbin_cb, NULL },
    { "getHandshake", get_handshake_cb, NULL },
    { "getId", get_id_cb, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    sio_namespace_on (ns, handlers[i].event, handlers[i].func, (gpointer) handlers[i].data, NULL);
  sio_namespace_use (ns, middleware_cb, NULL, NULL);
}

SioServer *
fixture_client_start (void)
{
  SioServer *server = sio_server_new ();
  SioEngine *engine = sio_server_get_engine (server);
  static const char *const plain[] = { "/timeout_socket", "/valid", "/asd" };

  sio_engine_set_ping_interval (engine, 2000);
  sio_engine_set_allow_eio3 (engine, TRUE);
  sio_recovery_set_enabled (sio_server_get_recovery (server), TRUE);
  sio_engine_set_allow_request (engine, allow_request_cb, NULL, NULL);
  serve_root (sio_server_of (server, "/"));
  sio_namespace_on (sio_server_of (server, "/foo"), "getId", get_id_cb, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    sio_server_of (server, plain[i]);
  g_signal_connect (sio_server_of (server, "/abc"), "connection", G_CALLBACK (abc_connection_cb),
                    NULL);
  sio_namespace_use (sio_server_of (server, "/no"), refuse_cb, NULL, NULL);
  return server;
}
