/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-middleware-private.h"

#include <string.h>

#include "sio-args.h"
#include "sio-error.h"
#include "sio-json-private.h"
#include "sio-namespace-private.h"
#include "sio-socket-private.h"

#define REFUSAL_DATA "sio-refusal-data"
#define REWRITE "sio-rewrite"

typedef struct
{
  SioSocket *socket; /* the source of the tasks, which the run holds */
  SioDecidedFunc decided;
} Connecting;

/* What the client's library takes for nothing. */
static gboolean
is_false (const char *json)
{
  return strcmp (json, "null") == 0 || strcmp (json, "false") == 0 || strcmp (json, "0") == 0 ||
         strcmp (json, "\"\"") == 0;
}

static char *
format_refusal (SioSocket *socket, const char *message, const char *data)
{
  GString *json = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (message, -1);

  /* protocol.md §3.8: one of the two */
  if (sio_socket_is_eio3 (socket))
    {
      if (data != NULL && !is_false (data))
        g_string_append (json, data);
      else
        sio_json_write_string (json, valid, -1);
      return g_string_free (json, FALSE);
    }
  g_string_append (json, "{\"message\":");

  sio_json_write_string (json, valid, -1);
  if (data != NULL)
    {
      g_string_append (json, ",\"data\":");
      g_string_append (json, data);
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static void
invoke_connecting (SioChainRun *run, GCallback func, GTask *task, gpointer user_data)
{
  Connecting *connecting = sio_chain_run_get_subject (run);

  ((SioMiddlewareFunc) func) (sio_socket_get_namespace (connecting->socket), connecting->socket,
                              task, user_data);
}

static void
connecting_done (SioChainRun *run, const GError *error, GTask *task)
{
  Connecting *connecting = sio_chain_run_get_subject (run);
  g_autofree char *refusal = NULL;

  if (error != NULL)
    refusal =
        format_refusal (connecting->socket, error->message,
                        task != NULL ? g_object_get_data (G_OBJECT (task), REFUSAL_DATA) : NULL);
  connecting->decided (connecting->socket, refusal);
}

SioChainRun *
sio_middleware_run_new (SioSocket *socket,
                        SioChain *const *chains,
                        guint n_chains,
                        SioDecidedFunc decided)
{
  static const SioChainKind kind = { .name = "[sio] middleware",
                                     .invoke = invoke_connecting,
                                     .done = connecting_done,
                                     .free_subject = g_free };
  Connecting *connecting = g_new (Connecting, 1);

  *connecting = (Connecting){ socket, decided };
  return sio_chain_run_new (&kind, socket, connecting, chains, n_chains);
}

/**
 * sio_middleware_accept:
 * @task: the task a middleware got
 *
 * Lets a client, an event or a request pass, to the next middleware if there is one.
 *
 * Since: 0.1
 */
void
sio_middleware_accept (GTask *task)
{
  g_return_if_fail (G_IS_TASK (task));

  sio_chain_announce (task, NULL);
  g_task_return_boolean (task, TRUE);
}

static void
rewrite_free (gpointer data)
{
  SioRewrite *rewrite = data;

  g_free (rewrite->event);
  g_clear_pointer (&rewrite->args, sio_args_unref);
  g_free (rewrite);
}

SioRewrite *
sio_middleware_get_rewrite (GTask *task)
{
  return g_object_get_data (G_OBJECT (task), REWRITE);
}

/**
 * sio_middleware_accept_as:
 * @task: the task an event middleware got
 * @event: (nullable): another name for the event, or `NULL` to keep it; not one of the reserved
 *   names such as `connect`
 * @args: (transfer full) (nullable): other arguments, or `NULL` to keep them
 *
 * Lets an event pass in another form, to the next middleware if there is one.
 *
 * From then on there is another message, which is the one to be answered.
 *
 * Since: 0.1
 */
void
sio_middleware_accept_as (GTask *task, const char *event, SioArgs *args)
{
  SioRewrite *rewrite;

  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (event == NULL || sio_event_check (event));

  rewrite = g_new (SioRewrite, 1);
  *rewrite = (SioRewrite){ g_strdup (event), args };
  g_object_set_data_full (G_OBJECT (task), REWRITE, rewrite, rewrite_free);
  sio_middleware_accept (task);
}

/**
 * sio_middleware_reject:
 * @task: the task a middleware got
 * @message: what is wrong
 * @data: (nullable): more about it
 *
 * Refuses a client, an event or a request.
 *
 * A client gets message and data with its `connect_error` event. A refused event is told to
 * [signal@Sio.Socket::error], with @message only; the client does not learn of it. A refused
 * request is answered with status 400, without either.
 *
 * Since: 0.1
 */
void
sio_middleware_reject (GTask *task, const char *message, JsonNode *data)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (message != NULL);

  if (data != NULL)
    {
      GString *json = g_string_new (NULL);

      sio_json_write (json, data);
      g_object_set_data_full (G_OBJECT (task), REFUSAL_DATA, g_string_free (json, FALSE), g_free);
    }
  error = g_error_new_literal (SIO_ERROR, SIO_ERROR_REJECTED, message);
  sio_chain_announce (task, error);
  g_task_return_error (task, g_steal_pointer (&error));
}
