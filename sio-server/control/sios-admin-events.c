/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "sios-admin.h"

/* What admins are told of. Each event is written once and sent to all of them; without admins
 * nothing is watched. */

#define TICK_MS 1000
#define TICKS_PER_STATS 2
/* Then they are sent at once; so they never wait for long nor grow. */
#define MAX_PUT_OFF 1000
#define MAX_AGGREGATED 256
#define TIME_LENGTH (sizeof "2026-11-21T00:26:10.467Z")

/* How connections end: sio_stats_get_n_ended () */
static const char *const end_reasons[] = { "transport close", "transport error", "ping timeout",
                                           "parse error", "forced close" };

/* Of one namespace, as long as it is watched. */
typedef struct
{
  SiosAdminEvents *events;
  SioNamespace *ns;
  SioAdapter *adapter;
  guint received; /* handlers of events; 0 while they are paused */
  guint sent;
} Watched;

typedef struct
{
  guint64 opened;
  guint64 ended[G_N_ELEMENTS (end_reasons)];
  guint64 packets_in;
  guint64 bytes_in;
  guint64 packets_out;
  guint64 bytes_out;
} Sample;

typedef struct
{
  gint64 time; /* of the second, in ms since 1970 */
  const char *type;
  const char *reason; /* NULL but of ends */
  guint64 count;
} Aggregate;

struct _SiosAdminEvents
{
  SiosAdmin *admin;
  guint tick; /* runs while there are admins */
  guint n_ticks;
  Sample last;
  GArray *aggregates;
  GPtrArray *watched;  /* NULL unless admins are told of everything */
  GHashTable *polling; /* SioSession → GPtrArray of SioSocket; may change their transport */
  gulong upgrade_hook;
  guint n_events_left; /* of this second */
  GQueue put_off;      /* SioArgs of room_left */
  guint put_off_source;
  gint64 time_second; /* that time_text is of */
  char time_text[TIME_LENGTH];
};

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  g_signal_handlers_disconnect_by_data (watched->adapter, watched);
  if (watched->received != 0)
    sio_namespace_off (watched->ns, watched->received);
  if (watched->sent != 0)
    sio_namespace_off (watched->ns, watched->sent);
  g_object_unref (watched->adapter);
  g_object_unref (watched->ns);
  g_free (watched);
}

SiosAdminEvents *
sios_admin_events_new (SiosAdmin *admin)
{
  SiosAdminEvents *self = g_new0 (SiosAdminEvents, 1);

  self->admin = admin;
  self->aggregates = g_array_new (FALSE, FALSE, sizeof (Aggregate));
  return self;
}

gboolean
sios_admin_events_is_detailed (SiosAdminEvents *self)
{
  return self->watched != NULL;
}

/* As JSON writes a date of JavaScript. */
static void
add_time (SiosAdminEvents *self, SioArgsBuilder *builder)
{
  gint64 ms = g_get_real_time () / 1000;

  if (self->time_second != ms / 1000)
    {
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (ms / 1000);

      self->time_second = ms / 1000;
      g_snprintf (self->time_text, TIME_LENGTH, "%04d-%02d-%02dT%02d:%02d:%02d.000Z",
                  g_date_time_get_year (time), g_date_time_get_month (time),
                  g_date_time_get_day_of_month (time), g_date_time_get_hour (time),
                  g_date_time_get_minute (time), g_date_time_get_second (time));
    }
  for (guint i = 0, part = (guint) (ms % 1000); i < 3; i++, part /= 10)
    self->time_text[TIME_LENGTH - 3 - i] = (char) ('0' + part % 10);
  sio_args_builder_add_string (builder, self->time_text);
}

static void
emit (SiosAdminEvents *self, const char *event, SioArgsBuilder *builder)
{
  sio_namespace_emit (self->admin->ns, event, sio_args_builder_end (builder));
}

/* room_left: behind the socket_disconnected that comes later in the same turn. */

static void
send_put_off (SiosAdminEvents *self)
{
  SioArgs *args;

  g_clear_handle_id (&self->put_off_source, g_source_remove);
  while ((args = g_queue_pop_head (&self->put_off)) != NULL)
    sio_namespace_emit (self->admin->ns, "room_left", args);
}

static gboolean
put_off_cb (gpointer user_data)
{
  SiosAdminEvents *self = user_data;

  self->put_off_source = 0;
  send_put_off (self);
  return G_SOURCE_REMOVE;
}

static void
put_off (SiosAdminEvents *self, SioArgs *args)
{
  g_queue_push_tail (&self->put_off, args);
  if (self->put_off.length >= MAX_PUT_OFF)
    send_put_off (self);
  else if (self->put_off_source == 0)
    self->put_off_source = g_idle_add_full (G_PRIORITY_DEFAULT, put_off_cb, self, NULL);
}

static SioArgs *
make_room_args (SiosAdminEvents *self, SioSocket *socket, const char *room)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  sio_args_builder_add_string (builder, sio_namespace_get_name (sio_socket_get_namespace (socket)));
  sio_args_builder_add_string (builder, room);
  sio_args_builder_add_string (builder, sio_socket_get_id (socket));
  add_time (self, builder);
  return sio_args_builder_end (builder);
}

static void
join_room_cb (SioAdapter *adapter, const char *room, SioSocket *socket, Watched *watched)
{
  SiosAdminEvents *self = watched->events;

  /* Its own one is told of when it is connected: an admin must not get events before the answer
   * that it is in. */
  if (strcmp (room, sio_socket_get_id (socket)) == 0)
    return;
  sios_admin_list_touch (self->admin->list, socket);
  sio_namespace_emit (self->admin->ns, "room_joined", make_room_args (self, socket, room));
}

static void
leave_room_cb (SioAdapter *adapter, const char *room, SioSocket *socket, Watched *watched)
{
  SiosAdminEvents *self = watched->events;

  sios_admin_list_touch (self->admin->list, socket);
  put_off (self, make_room_args (self, socket, room));
}

/* Sockets and their transports */

void
sios_admin_events_watch (SiosAdminEvents *self, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  GPtrArray *sockets;

  if (self->polling == NULL || session == NULL ||
      sio_session_get_transport (session) != SIO_TRANSPORT_POLLING)
    return;
  sockets = g_hash_table_lookup (self->polling, session);
  if (sockets == NULL)
    {
      sockets = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (self->polling, g_object_ref (session), sockets);
    }
  if (!g_ptr_array_find (sockets, socket, NULL))
    g_ptr_array_add (sockets, g_object_ref (socket));
}

static void
unwatch (SiosAdminEvents *self, SioSocket *socket)
{
  SioSession *session = sio_socket_get_session (socket);
  GPtrArray *sockets = self->polling != NULL && session != NULL
                           ? g_hash_table_lookup (self->polling, session)
                           : NULL;

  if (sockets != NULL && g_ptr_array_remove_fast (sockets, socket) && sockets->len == 0)
    g_hash_table_remove (self->polling, session);
}

static void
send_upgraded (SiosAdminEvents *self, SioSocket *socket)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();

  sios_admin_list_touch (self->admin->list, socket);
  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "id");
  sio_args_builder_add_string (builder, sio_socket_get_id (socket));
  sio_args_builder_set_member_name (builder, "nsp");
  sio_args_builder_add_string (builder, sio_namespace_get_name (sio_socket_get_namespace (socket)));
  sio_args_builder_set_member_name (builder, "transport");
  sio_args_builder_add_string (builder, "websocket");
  sio_args_builder_end_object (builder);
  emit (self, "socket_updated", builder);
}

static gboolean
upgraded_cb (GSignalInvocationHint *hint, guint n_values, const GValue *values, gpointer user_data)
{
  SiosAdminEvents *self = user_data;
  gpointer session;
  gpointer sockets;

  if (self->polling == NULL ||
      !g_hash_table_steal_extended (self->polling, g_value_get_object (&values[0]), &session,
                                    &sockets))
    return TRUE;
  for (guint i = 0; i < ((GPtrArray *) sockets)->len; i++)
    send_upgraded (self, g_ptr_array_index ((GPtrArray *) sockets, i));
  g_ptr_array_unref (sockets);
  g_object_unref (session);
  return TRUE;
}

void
sios_admin_events_connected (SiosAdminEvents *self, SioSocket *socket)
{
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (self->watched == NULL)
    return;
  sios_admin_list_add (self->admin->list, socket);
  sios_admin_events_watch (self, socket);
  sio_namespace_emit (self->admin->ns, "room_joined",
                      make_room_args (self, socket, sio_socket_get_id (socket)));
  builder = sio_args_builder_new ();
  sios_admin_list_write (builder, socket);
  add_time (self, builder);
  emit (self, "socket_connected", builder);
}

void
sios_admin_events_disconnected (SiosAdminEvents *self, SioSocket *socket, const char *reason)
{
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (self->watched == NULL)
    return;
  sios_admin_list_remove (self->admin->list, socket);
  unwatch (self, socket);
  builder = sio_args_builder_new ();
  sio_args_builder_add_string (builder, sio_namespace_get_name (sio_socket_get_namespace (socket)));
  sio_args_builder_add_string (builder, sio_socket_get_id (socket));
  sio_args_builder_add_string (builder, reason);
  add_time (self, builder);
  emit (self, "socket_disconnected", builder);
}

/* Events of clients. The Admin UI shows the last 1000; so many in a second are sent, and then there
 * is nothing that watches until the next second begins. */

static gsize
get_size (SioArgs *args)
{
  gsize size = strlen (sio_args_get_json (args));

  for (guint i = 0; i < sio_args_get_n_attachments (args); i++)
    size += g_bytes_get_size (sio_args_get_attachment (args, i));
  return size;
}

static void pause_events (SiosAdminEvents *self);

static void
send_event (Watched *watched, const char *event, SioSocket *socket, SioMessage *message)
{
  SiosAdminEvents *self = watched->events;
  g_autoptr (SioArgsBuilder) builder = NULL;
  SioArgs *args;
  gsize size;

  /* The rest of a broadcast. */
  if (self->n_events_left == 0)
    return;
  builder = sio_args_builder_new ();
  args = sio_message_get_args (message);
  size = get_size (args);
  sio_args_builder_add_string (builder, sio_namespace_get_name (watched->ns));
  sio_args_builder_add_string (builder, sio_socket_get_id (socket));
  sio_args_builder_begin_array (builder);
  sio_args_builder_add_string (builder, sio_message_get_event (message));
  if (size <= self->admin->settings.max_event_bytes)
    sio_args_builder_add_args (builder, args, 0);
  else
    {
      g_autofree char *text = g_strdup_printf ("(%" G_GSIZE_FORMAT " bytes)", size);

      sio_args_builder_add_string (builder, text);
    }
  sio_args_builder_end_array (builder);
  add_time (self, builder);
  emit (self, event, builder);
  if (self->admin->settings.max_events_per_second > 0 && self->n_events_left > 0 &&
      --self->n_events_left == 0)
    pause_events (self);
}

static void
received_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  send_event (user_data, "event_received", socket, message);
}

static void
sent_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  send_event (user_data, "event_sent", socket, message);
}

static void
pause_events (SiosAdminEvents *self)
{
  if (self->watched == NULL)
    return;
  self->admin->counters.n_pauses++;
  for (guint i = 0; i < self->watched->len; i++)
    {
      Watched *watched = g_ptr_array_index (self->watched, i);

      if (watched->received == 0)
        continue;
      sio_namespace_off (watched->ns, watched->received);
      sio_namespace_off (watched->ns, watched->sent);
      watched->received = 0;
      watched->sent = 0;
    }
}

static void
resume_events (SiosAdminEvents *self)
{
  guint max = self->admin->settings.max_events_per_second;

  self->n_events_left = max > 0 ? max : 1;
  for (guint i = 0; self->watched != NULL && i < self->watched->len; i++)
    {
      Watched *watched = g_ptr_array_index (self->watched, i);

      if (watched->received != 0 || watched->ns == self->admin->ns)
        continue;
      watched->received = sio_namespace_prepend_any (watched->ns, received_cb, watched, NULL);
      watched->sent = sio_namespace_on_any_outgoing (watched->ns, sent_cb, watched, NULL);
    }
}

/* Numbers */

static void
take_sample (SiosAdminEvents *self, Sample *sample)
{
  g_autoptr (SioStats) stats = sio_server_get_stats (self->admin->server);

  sample->opened = sio_stats_get_n_opened (stats);
  for (guint i = 0; i < G_N_ELEMENTS (end_reasons); i++)
    sample->ended[i] = sio_stats_get_n_ended (stats, end_reasons[i]);
  sample->packets_in = sio_stats_get_n_packets_in (stats);
  sample->bytes_in = sio_stats_get_n_bytes_in (stats);
  sample->packets_out = sio_stats_get_n_packets_out (stats);
  sample->bytes_out = sio_stats_get_n_bytes_out (stats);
}

static void
aggregate (SiosAdminEvents *self, gint64 time, const char *type, const char *reason, guint64 count)
{
  Aggregate next = { time, type, reason, count };

  if (count > 0 && self->aggregates->len < MAX_AGGREGATED)
    g_array_append_val (self->aggregates, next);
}

static void
aggregate_all (SiosAdminEvents *self)
{
  /* What the past second brought. */
  gint64 time = (g_get_real_time () / G_USEC_PER_SEC - 1) * 1000;
  Sample now;

  take_sample (self, &now);
  aggregate (self, time, "rawConnection", NULL, now.opened - self->last.opened);
  for (guint i = 0; i < G_N_ELEMENTS (end_reasons); i++)
    aggregate (self, time, "rawDisconnection", end_reasons[i], now.ended[i] - self->last.ended[i]);
  aggregate (self, time, "packetsIn", NULL, now.packets_in - self->last.packets_in);
  aggregate (self, time, "bytesIn", NULL, now.bytes_in - self->last.bytes_in);
  aggregate (self, time, "packetsOut", NULL, now.packets_out - self->last.packets_out);
  aggregate (self, time, "bytesOut", NULL, now.bytes_out - self->last.bytes_out);
  self->last = now;
}

static void
add_number (SioArgsBuilder *builder, const char *name, gint64 value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_int64 (builder, value);
}

static void
add_string (SioArgsBuilder *builder, const char *name, const char *value)
{
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, value);
}

static void
write_namespaces (SiosAdminEvents *self, SioArgsBuilder *builder)
{
  sio_args_builder_begin_array (builder);
  for (guint i = 0; i < self->admin->namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (self->admin->namespaces, i);

      sio_args_builder_begin_object (builder);
      add_string (builder, "name", sio_namespace_get_name (ns));
      add_number (builder, "socketsCount", sio_namespace_get_n_sockets (ns));
      sio_args_builder_end_object (builder);
    }
  sio_args_builder_end_array (builder);
}

/* Without @aggregates an update for one admin, of which the others have to get them. */
static SioArgs *
make_stats (SiosAdminEvents *self, GArray *aggregates)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioStats) stats = sio_server_get_stats (self->admin->server);
  const char *id = self->admin->settings.server_id;
  guint n_polling = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_POLLING);
  guint n_websocket = sio_stats_get_n_sessions (stats, SIO_TRANSPORT_WEBSOCKET);

  sio_args_builder_begin_object (builder);
  add_string (builder, "serverId", *id != '\0' ? id : g_get_host_name ());
  add_string (builder, "hostname", g_get_host_name ());
  add_number (builder, "pid", getpid ());
  sio_args_builder_set_member_name (builder, "uptime");
  sio_args_builder_add_double (
      builder,
      (double) (g_get_monotonic_time () - sio_stats_get_start_time (stats)) / G_USEC_PER_SEC);
  add_number (builder, "clientsCount", n_polling + n_websocket);
  add_number (builder, "pollingClientsCount", n_polling);
  sio_args_builder_set_member_name (builder, "aggregatedEvents");
  sio_args_builder_begin_array (builder);
  for (guint i = 0; aggregates != NULL && i < aggregates->len; i++)
    {
      const Aggregate *next = &g_array_index (aggregates, Aggregate, i);

      sio_args_builder_begin_object (builder);
      add_number (builder, "timestamp", next->time);
      add_string (builder, "type", next->type);
      if (next->reason != NULL)
        add_string (builder, "subType", next->reason);
      add_number (builder, "count", (gint64) next->count);
      sio_args_builder_end_object (builder);
    }
  sio_args_builder_end_array (builder);
  sio_args_builder_set_member_name (builder, "namespaces");
  write_namespaces (self, builder);
  sio_args_builder_end_object (builder);
  return sio_args_builder_end (builder);
}

void
sios_admin_events_send_stats (SiosAdminEvents *self, SioSocket *socket)
{
  sio_socket_emit (socket, "server_stats", make_stats (self, NULL));
}

static gboolean
tick_cb (gpointer user_data)
{
  SiosAdminEvents *self = user_data;

  aggregate_all (self);
  resume_events (self);
  if (++self->n_ticks % TICKS_PER_STATS == 0)
    {
      SioArgs *args = make_stats (self, self->aggregates);

      g_array_set_size (self->aggregates, 0);
      sio_namespace_emit (self->admin->ns, "server_stats", args);
    }
  return G_SOURCE_CONTINUE;
}

/* Beginning and ending */

static gboolean
is_watched (SiosAdminEvents *self, SioNamespace *ns)
{
  for (guint i = 0; i < self->watched->len; i++)
    if (((Watched *) g_ptr_array_index (self->watched, i))->ns == ns)
      return TRUE;
  return FALSE;
}

static void
watch_namespace (SiosAdminEvents *self, SioNamespace *ns)
{
  Watched *watched = g_new0 (Watched, 1);

  watched->events = self;
  watched->ns = g_object_ref (ns);
  watched->adapter = g_object_ref (sio_namespace_get_adapter (ns));
  g_signal_connect (watched->adapter, "join-room", G_CALLBACK (join_room_cb), watched);
  g_signal_connect (watched->adapter, "leave-room", G_CALLBACK (leave_room_cb), watched);
  g_ptr_array_add (self->watched, watched);
}

static void
begin_details (SiosAdminEvents *self)
{
  if (self->watched == NULL)
    {
      /* The class has the signal once it is there. */
      g_type_class_unref (g_type_class_ref (SIO_TYPE_SESSION));
      self->watched = g_ptr_array_new_with_free_func (watched_free);
      self->polling =
          g_hash_table_new_full (NULL, NULL, g_object_unref, (GDestroyNotify) g_ptr_array_unref);
      self->upgrade_hook = g_signal_add_emission_hook (
          g_signal_lookup ("upgraded", SIO_TYPE_SESSION), 0, upgraded_cb, self, NULL);
    }
  for (guint i = 0; i < self->admin->namespaces->len; i++)
    {
      SioNamespace *ns = g_ptr_array_index (self->admin->namespaces, i);

      if (!is_watched (self, ns))
        watch_namespace (self, ns);
    }
  resume_events (self);
}

static void
end_details (SiosAdminEvents *self)
{
  if (self->watched == NULL)
    return;
  g_signal_remove_emission_hook (g_signal_lookup ("upgraded", SIO_TYPE_SESSION),
                                 self->upgrade_hook);
  g_clear_handle_id (&self->put_off_source, g_source_remove);
  g_queue_clear_full (&self->put_off, (GDestroyNotify) sio_args_unref);
  g_clear_pointer (&self->watched, g_ptr_array_unref);
  g_clear_pointer (&self->polling, g_hash_table_unref);
  sios_admin_list_stop (self->admin->list);
}

void
sios_admin_events_update (SiosAdminEvents *self)
{
  gboolean wanted = g_hash_table_size (self->admin->admins) > 0;

  if (wanted && self->tick == 0)
    {
      take_sample (self, &self->last);
      self->tick = g_timeout_add (TICK_MS, tick_cb, self);
    }
  else if (!wanted)
    {
      g_clear_handle_id (&self->tick, g_source_remove);
      g_array_set_size (self->aggregates, 0);
    }
  if (wanted && self->admin->settings.development)
    begin_details (self);
  else
    end_details (self);
}

void
sios_admin_events_free (SiosAdminEvents *self)
{
  end_details (self);
  g_clear_handle_id (&self->tick, g_source_remove);
  g_array_unref (self->aggregates);
  g_free (self);
}
