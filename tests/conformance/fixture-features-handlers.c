/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "fixtures.h"

/* Namespaces, middlewares and handlers: features-handlers.test.mjs says what is expected. */

static void
echo_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, "echo", message);
}

static void
where_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SioNamespace *ns = sio_socket_get_namespace (socket);

  sio_message_reply (message, sio_args_new ("s", sio_namespace_get_name (ns)));
}

/* Tells everybody in all children. */
static void
shout_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_namespace_emit_message (user_data, "shouted", message);
}

static void
welcome_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  sio_socket_emit (socket, "welcome",
                   sio_args_new ("s", sio_namespace_get_name (sio_socket_get_namespace (socket))));
}

typedef struct
{
  GTask *task;
  gboolean allowed;
} Decision;

static gboolean
decision_cb (gpointer user_data)
{
  g_autofree Decision *decision = user_data;
  g_autoptr (GTask) task = decision->task;

  g_task_return_boolean (task, decision->allowed);
  return G_SOURCE_REMOVE;
}

/* Those who know the word get what they ask for. */
static void
name_cb (SioNamespace *parent,
         const char *name,
         SioHandshake *handshake,
         GTask *task,
         gpointer user_data)
{
  const char *auth = sio_handshake_get_auth_json (handshake);
  Decision *decision = g_new (Decision, 1);

  *decision = (Decision){ g_object_ref (task), strstr (auth, "\"sesame\"") != NULL };
  g_timeout_add (10, decision_cb, decision);
}

/* "slow" takes its time, "secret" is refused, "old" is called "new". */
static void
event_cb (SioSocket *socket, SioMessage *message, GTask *task, gpointer user_data)
{
  const char *event = sio_message_get_event (message);

  if (g_str_equal (event, "slow"))
    {
      Decision *decision = g_new (Decision, 1);

      *decision = (Decision){ g_object_ref (task), TRUE };
      g_timeout_add (50, decision_cb, decision);
    }
  else if (g_str_equal (event, "secret"))
    sio_middleware_reject (task, "not for you", NULL);
  else if (g_str_equal (event, "old"))
    sio_middleware_accept_as (task, "new", sio_args_new ("s", "rewritten"));
  else
    sio_middleware_accept (task);
}

static void
refused_cb (SioSocket *socket, GError *error, gpointer user_data)
{
  sio_socket_emit (socket, "refused", sio_args_new ("s", error->message));
}

static void
named_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  sio_socket_emit_message (socket, sio_message_get_event (message), message);
}

/* Counts what is sent to a socket. */
static void
outgoing_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (socket), "outgoing"));

  g_object_set_data (G_OBJECT (socket), "outgoing", GUINT_TO_POINTER (n + 1));
}

static void
count_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (socket), "outgoing"));

  sio_message_reply (message, sio_args_new ("i", (int) n));
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, gpointer user_data)
{
  g_signal_connect (socket, "error", G_CALLBACK (refused_cb), NULL);
}

static void
request_cb (SioEngine *engine, SioRequest *request, GTask *task, gpointer user_data)
{
  g_autofree char *deny = sio_request_dup_query_value (request, "forbid");

  sio_request_set_response_header (request, "X-Features", "handlers");
  if (deny != NULL)
    sio_middleware_reject (task, "forbidden", NULL);
  else
    sio_middleware_accept (task);
}

void
fixture_features_handlers (SioServer *server)
{
  static const char *const events[] = { "slow", "fast", "secret", "new" };
  g_autoptr (GRegex) regex = g_regex_new ("^/dynamic-\\d+$", 0, 0, NULL);
  SioNamespace *handlers = sio_server_of (server, "/handlers");
  SioNamespace *dynamic = sio_server_of_regex (server, regex);
  SioNamespace *asked = sio_server_of_func (server, name_cb, NULL, NULL);

  sio_server_set_cleanup_empty_child_namespaces (server, TRUE);
  sio_engine_use (sio_server_get_engine (server), request_cb, NULL, NULL);

  sio_namespace_on (handlers, "echo", echo_cb, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    sio_namespace_on (handlers, events[i], named_cb, NULL, NULL);
  sio_namespace_on (handlers, "count", count_cb, NULL, NULL);
  sio_namespace_use_event (handlers, event_cb, NULL, NULL);
  sio_namespace_on_any_outgoing (handlers, outgoing_cb, NULL, NULL);
  g_signal_connect (handlers, "connection", G_CALLBACK (connection_cb), NULL);

  sio_namespace_on (dynamic, "where", where_cb, NULL, NULL);
  sio_namespace_on (dynamic, "shout", shout_cb, dynamic, NULL);
  g_signal_connect (dynamic, "connection", G_CALLBACK (welcome_cb), NULL);
  sio_namespace_on (asked, "where", where_cb, NULL, NULL);
}
