/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-connect-private.h"

#include <string.h>

#include "sio-adapter-private.h"
#include "sio-handshake.h"
#include "sio-server-private.h"

/* What recovery adds to the life of a socket: protocol.md §3.7, §4.10. */

static SioRecovery *
get_recovery (SioNamespace *ns)
{
  SioServer *server = sio_namespace_get_server (ns);

  return server != NULL ? server->recovery : NULL;
}

/* Finds `pid` and `offset` in what the client sent as authentication. */
static gboolean
find_members (const char *auth, SioJsonSlice *pid, SioJsonSlice *offset)
{
  const char *cursor = auth + 1;
  const char *end = auth + strlen (auth) - 1;
  SioJsonSlice key;
  SioJsonSlice value;

  if (auth[0] != '{')
    return FALSE;
  while (sio_json_next_item (&cursor, end, &key) && sio_json_next_item (&cursor, end, &value))
    {
      if (sio_json_string_equal (&key, "pid"))
        *pid = value;
      else if (sio_json_string_equal (&key, "offset"))
        *offset = value;
    }
  return pid->type != SIO_JSON_NONE;
}

static void
set_state (SioSocket *socket, SioRecoveryState *state)
{
  const char *id = sio_recovery_state_get_id (state);

  if (socket->has_long_id)
    g_free (socket->long_id);
  socket->has_long_id = strlen (id) > SIO_ID_LENGTH;
  if (socket->has_long_id)
    socket->long_id = g_strdup (id);
  else
    g_strlcpy (socket->short_id, id, sizeof socket->short_id);
  g_clear_pointer (&socket->data, json_node_unref);
  socket->data = sio_recovery_state_dup_data (state);
  socket->recovered = TRUE;
  socket->recovery = sio_recovery_session_new (sio_recovery_state_get_pid (state));
  socket->recovery->state = sio_recovery_state_ref (state);
}

void
sio_recovery_forget (SioSocket *socket)
{
  if (socket->has_long_id)
    g_free (socket->long_id);
  socket->has_long_id = FALSE;
  sio_id_generate (socket->short_id);
  sio_socket_set_data (socket, NULL);
  socket->recovered = FALSE;
  g_clear_pointer (&socket->recovery, sio_recovery_session_unref);
}

static void
restored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioSocket) socket = user_data;
  g_autoptr (SioRecoveryState) state = NULL;
  g_autoptr (GError) error = NULL;
  SioNamespace *ns = socket->ns;
  SioRecovery *recovery = get_recovery (ns);

  state = sio_adapter_restore_session_finish (SIO_ADAPTER (source), result, &error);
  if (socket->state != SIO_SOCKET_CONNECTING || recovery == NULL)
    return;
  if (state != NULL && sio_namespace_get_socket (ns, sio_recovery_state_get_id (state)) != NULL)
    g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_FAILED,
                 "another socket has the id of the session");
  if (error != NULL)
    sio_recovery_count_refused (recovery, sio_namespace_get_name (ns), error);
  else
    set_state (socket, state);
  sio_namespace_admit (ns, socket, socket->recovered && recovery->skip_middlewares);
}

static gboolean
knows_recovery (SioSocket *socket)
{
  return !sio_socket_is_eio3 (socket) && !sio_socket_is_plain (socket);
}

gboolean
sio_recovery_begin (SioNamespace *ns, SioSocket *socket)
{
  SioRecovery *recovery = get_recovery (ns);
  const char *auth = sio_handshake_get_auth_json (socket->handshake);
  SioJsonSlice pid = { .type = SIO_JSON_NONE };
  SioJsonSlice offset = { .type = SIO_JSON_NONE };
  g_autoptr (GError) error = NULL;
  g_autofree char *pid_text = NULL;
  g_autofree char *offset_text = NULL;
  gsize length;

  /* Clients of Socket.IO 1 and 2 (§3.8) and plain ones know nothing of it, whatever their query
   * says. */
  if (auth == NULL || recovery == NULL || !knows_recovery (socket) ||
      !find_members (auth, &pid, &offset))
    return FALSE;
  if (!recovery->enabled)
    g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_DISABLED,
                 "a client asks for its session, but recovery is off");
  else if (pid.type != SIO_JSON_STRING ||
           (offset.type != SIO_JSON_STRING && offset.type != SIO_JSON_NONE) ||
           pid.length > SIO_RECOVERY_MAX_NAME)
    g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_MALFORMED,
                 "expected short strings as pid and offset");
  else
    {
      pid_text = sio_json_string_decode (&pid, &length);
      if (strlen (pid_text) != length)
        g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_MALFORMED,
                     "there is a U+0000 in the pid");
    }
  if (error != NULL)
    {
      sio_recovery_count_refused (recovery, sio_namespace_get_name (ns), error);
      return FALSE;
    }
  /* It may be any text that an event ended with: protocol.md §3.7. */
  if (offset.type == SIO_JSON_STRING)
    offset_text = sio_json_string_decode (&offset, &length);
  sio_adapter_restore_session_async (sio_namespace_get_adapter (ns), pid_text, offset_text, NULL,
                                     restored_cb, g_object_ref (socket));
  return TRUE;
}

static gboolean
replay (SioRecovery *recovery, SioSocket *socket, GPtrArray *missed)
{
  for (guint i = 0; i < missed->len; i++)
    {
      SioOutgoing *outgoing = sio_packet_get_outgoing (g_ptr_array_index (missed, i),
                                                       sio_namespace_get_parser (socket->ns));

      /* May end the session. */
      if (socket->session != NULL && outgoing != NULL)
        sio_session_send (socket->session, outgoing, SIO_SEND_DEFAULT);
      if (socket->state != SIO_SOCKET_CONNECTING)
        return FALSE;
    }
  recovery->n_recovered++;
  recovery->n_replayed += missed->len;
  return TRUE;
}

gboolean
sio_recovery_accept (SioNamespace *ns, SioSocket *socket)
{
  SioRecovery *recovery = get_recovery (ns);
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  g_autoptr (GPtrArray) missed = NULL;
  g_autoptr (GError) error = NULL;

  if (recovery == NULL)
    return TRUE;
  if (socket->recovered)
    {
      missed = sio_adapter_list_missed (adapter, socket->recovery->state, &error);
      if (missed != NULL && sio_namespace_get_socket (ns, sio_socket_peek_id (socket)) != NULL)
        g_set_error (&error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_FAILED,
                     "another socket has the id of the session");
      if (error != NULL)
        {
          /* It was there when the middlewares were asked. The client gets a new one when it
           * comes again. */
          sio_recovery_count_refused (recovery, sio_namespace_get_name (ns), error);
          if (socket->session != NULL)
            sio_session_discard (socket->session);
          return FALSE;
        }
      if (!replay (recovery, socket, missed))
        return FALSE;
      g_info ("%s: recovered %s, %u events missed", sio_namespace_get_name (ns),
              sio_socket_peek_id (socket), missed->len);
    }
  else if (recovery->enabled && knows_recovery (socket))
    socket->recovery = sio_recovery_session_new (NULL);
  if (socket->recovery != NULL && SIO_IS_MEMORY_ADAPTER (adapter))
    sio_memory_adapter_begin_session (SIO_MEMORY_ADAPTER (adapter), socket);
  return TRUE;
}

void
sio_recovery_rejoin (SioNamespace *ns, SioSocket *socket)
{
  g_autoptr (SioRecoveryState) state = NULL;
  const char *const *rooms;

  /* Handlers may have closed it already. */
  if (socket->state != SIO_SOCKET_CONNECTED || socket->recovery == NULL)
    return;
  state = g_steal_pointer (&socket->recovery->state);
  if (state == NULL)
    return;
  rooms = sio_recovery_state_get_rooms (state);
  /* It was allowed to be in all of them, maybe because of this. */
  socket->extra_rooms = MIN (g_strv_length ((char **) rooms), G_MAXUINT16);
  sio_adapter_add_all (sio_namespace_get_adapter (ns), socket, rooms);
  socket->extra_rooms = 0;
}

char *
sio_recovery_format_connect (SioSocket *socket)
{
  GString *json;

  if (socket->recovery == NULL)
    return g_strconcat ("{\"sid\":\"", sio_socket_peek_id (socket), "\"}", NULL);
  json = g_string_new ("{\"sid\":");
  sio_json_write_string (json, sio_socket_peek_id (socket), -1);
  g_string_append (json, ",\"pid\":");
  sio_json_write_string (json, socket->recovery->pid, -1);
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* protocol.md §4.7 */
static gboolean
is_recoverable (const char *reason)
{
  static const char *const reasons[] = { "transport close",
                                         "transport error",
                                         "ping timeout",
                                         "server shutting down",
                                         "forced close",
                                         "forced server close",
                                         NULL };

  return g_strv_contains (reasons, reason);
}

gboolean
sio_recovery_persist (SioNamespace *ns, SioSocket *socket, const char *reason)
{
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  g_autoptr (SioRecoveryState) state = NULL;
  g_auto (GStrv) rooms = NULL;
  guint n = 0;

  if (!is_recoverable (reason))
    return FALSE;
  rooms = sio_adapter_list_socket_rooms (adapter, socket);
  for (guint i = 0; rooms[i] != NULL; i++)
    {
      if (g_str_equal (rooms[i], sio_socket_peek_id (socket)))
        g_free (rooms[i]);
      else
        rooms[n++] = rooms[i];
    }
  rooms[n] = NULL;
  state =
      sio_recovery_state_new (sio_socket_peek_id (socket), socket->recovery->pid,
                              (const char *const *) rooms, socket->data, NULL, g_get_real_time ());
  sio_adapter_persist_session (adapter, socket, state);
  return TRUE;
}
