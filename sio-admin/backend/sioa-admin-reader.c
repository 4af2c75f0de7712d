/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-admin-reader.h"

#include <math.h>
#include <string.h>

/* Beyond what any server has: more would only fill the memory. */
#define MAX_SOCKETS 200000
#define MAX_ROOMS 10000
#define MAX_SERVERS 1000
#define MAX_NAMES 1000
/* Names that are longer are none. What a socket carries is left out beyond its limit, and a list of
 * sockets ends where all of it together reaches its own. */
#define MAX_NAME_LENGTH 4096
#define MAX_JSON_LENGTH (256 * 1024)
#define MAX_SOCKETS_SIZE (G_GINT64_CONSTANT (256) * 1024 * 1024)
/* Of a counter, which JavaScript could not tell any more either. */
#define MAX_COUNT (G_GINT64_CONSTANT (1) << 53)
/* The year 9999: beyond, there are no dates. */
#define MAX_TIME_MS (G_GINT64_CONSTANT (253402300799) * 1000)
/* A server that is silent for so long no longer counts. */
#define STALE_US (10 * G_USEC_PER_SEC)

/* The name that @iter is at; NULL for anything else. */
static char *
get_string (const SioArgsIter *iter)
{
  g_autofree char *string =
      sio_args_iter_get_arg_type (iter) == SIO_ARG_STRING ? sio_args_iter_dup_string (iter) : NULL;

  if (string == NULL || strlen (string) > MAX_NAME_LENGTH)
    return NULL;
  return g_steal_pointer (&string);
}

/* The value that @iter is at as JSON; NULL if it is too long to be kept. */
static char *
get_json (const SioArgsIter *iter)
{
  g_autofree char *json = sio_args_iter_dup_json (iter);

  if (json == NULL || strlen (json) > MAX_JSON_LENGTH)
    return NULL;
  return g_steal_pointer (&json);
}

/* An argument that is a name; NULL for anything else. */
static const char *
get_name (SioArgs *args, guint n)
{
  const char *name = sio_args_get_string (args, n);

  return name != NULL && strlen (name) <= MAX_NAME_LENGTH ? name : NULL;
}

static void
set_string (char **string, const SioArgsIter *iter)
{
  g_free (*string);
  *string = get_string (iter);
}

/* NAN for anything else. */
static double
get_number (const SioArgsIter *iter)
{
  return sio_args_iter_get_arg_type (iter) == SIO_ARG_NUMBER ? sio_args_iter_get_double (iter)
                                                             : NAN;
}

/* The number as an integer that is not negative, or SIOA_UNKNOWN. */
static gint64
get_count (const SioArgsIter *iter)
{
  double number = get_number (iter);

  return number >= 0 && number < 9e15 ? (gint64) number : SIOA_UNKNOWN;
}

static void
read_rooms (SioaSocketRecord *record, const SioArgsIter *list)
{
  g_autoptr (GPtrArray) rooms = g_ptr_array_new_with_free_func (g_free);
  SioArgsIter iter;

  if (!sio_args_iter_enter (list, &iter))
    return;
  while (rooms->len < MAX_ROOMS && sio_args_iter_next (&iter))
    {
      g_autofree char *room = get_string (&iter);

      if (room != NULL && strcmp (room, record->id) != 0)
        g_ptr_array_add (rooms, g_steal_pointer (&room));
    }
  g_ptr_array_add (rooms, NULL);
  g_strfreev (record->rooms);
  record->rooms = (char **) g_ptr_array_steal (rooms, NULL);
}

static void
read_handshake (SioaSocketRecord *record, const SioArgsIter *object)
{
  SioArgsIter iter;

  if (!sio_args_iter_enter (object, &iter))
    return;
  g_free (record->handshake);
  record->handshake = get_json (object);
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "address"))
      set_string (&record->address, &iter);
    else if (sio_args_iter_key_equals (&iter, "issued") && get_count (&iter) != SIOA_UNKNOWN &&
             get_count (&iter) <= MAX_TIME_MS)
      record->connected_at = get_count (&iter) * 1000;
}

/* Whoever keeps a user in the data of a socket calls it so. */
static void
read_data (const SioArgsIter *object, char **data, char **user)
{
  static const char *const names[] = { "userId", "user", "username" };
  SioArgsIter iter;

  g_free (*data);
  *data = get_json (object);
  if (!sio_args_iter_enter (object, &iter))
    return;
  while (sio_args_iter_next (&iter))
    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      if (sio_args_iter_key_equals (&iter, names[i]) &&
          sio_args_iter_get_arg_type (&iter) == SIO_ARG_STRING)
        set_string (user, &iter);
}

/* NULL if it has no name. */
static SioaSocketRecord *
read_socket (const SioArgsIter *object)
{
  g_autofree char *id = NULL;
  g_autofree char *nsp = NULL;
  g_autoptr (SioaSocketRecord) record = NULL;
  SioArgsIter iter;

  if (!sio_args_iter_enter (object, &iter))
    return NULL;
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "id"))
      set_string (&id, &iter);
    else if (sio_args_iter_key_equals (&iter, "nsp"))
      set_string (&nsp, &iter);
  if (id == NULL || nsp == NULL || *id == '\0' || *nsp == '\0')
    return NULL;
  record = sioa_socket_record_new (nsp, id);
  sio_args_iter_enter (object, &iter);
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "clientId"))
      set_string (&record->client_id, &iter);
    else if (sio_args_iter_key_equals (&iter, "transport"))
      set_string (&record->transport, &iter);
    else if (sio_args_iter_key_equals (&iter, "rooms"))
      read_rooms (record, &iter);
    else if (sio_args_iter_key_equals (&iter, "handshake"))
      read_handshake (record, &iter);
    else if (sio_args_iter_key_equals (&iter, "data"))
      read_data (&iter, &record->data, &record->user);
  return g_steal_pointer (&record);
}

GPtrArray *
sioa_admin_read_sockets (SioArgs *args, GCancellable *cancellable)
{
  GPtrArray *changes = sioa_changes_new ();
  SioArgsIter iter, sockets;
  gint64 size = 0;

  sioa_changes_add (changes, SIOA_CHANGE_RESET, NULL, NULL, NULL);
  sio_args_iter_init (&iter, args);
  if (!sio_args_iter_next (&iter) || !sio_args_iter_enter (&iter, &sockets))
    return changes;
  while (changes->len <= MAX_SOCKETS && size < MAX_SOCKETS_SIZE &&
         !g_cancellable_is_cancelled (cancellable) && sio_args_iter_next (&sockets))
    {
      SioaSocketRecord *record = read_socket (&sockets);

      if (record == NULL)
        continue;
      size += (gint64) sioa_socket_record_get_size (record);
      sioa_changes_add_socket (changes, record);
    }
  return changes;
}

static void
read_update (SioArgs *args, GPtrArray *changes)
{
  g_autofree char *id = NULL;
  g_autofree char *nsp = NULL;
  g_autofree char *transport = NULL;
  g_autofree char *data = NULL;
  g_autofree char *user = NULL;
  SioArgsIter iter, members;

  sio_args_iter_init (&iter, args);
  if (!sio_args_iter_next (&iter) || !sio_args_iter_enter (&iter, &members))
    return;
  while (sio_args_iter_next (&members))
    if (sio_args_iter_key_equals (&members, "id"))
      set_string (&id, &members);
    else if (sio_args_iter_key_equals (&members, "nsp"))
      set_string (&nsp, &members);
    else if (sio_args_iter_key_equals (&members, "transport"))
      set_string (&transport, &members);
    else if (sio_args_iter_key_equals (&members, "data"))
      read_data (&members, &data, &user);
  if (id == NULL || nsp == NULL)
    return;
  if (transport != NULL)
    sioa_changes_add (changes, SIOA_CHANGE_TRANSPORT, nsp, id, transport);
  if (data == NULL)
    return;
  sioa_changes_add (changes, SIOA_CHANGE_DATA, nsp, id, data);
  /* Servers tell of a socket before the application knows whose it is. */
  sioa_changes_add (changes, SIOA_CHANGE_USER, nsp, id, user);
}

gboolean
sioa_admin_read_change (const char *event, SioArgs *args, GPtrArray *changes)
{
  /* Which argument is what: see the table of events in the protocol of the Admin UI. */
  static const struct
  {
    const char *event;
    SioaChangeKind kind;
    guint nsp, id, text;
  } moves[] = { { "socket_disconnected", SIOA_CHANGE_SOCKET_GONE, 0, 1, 2 },
                { "room_joined", SIOA_CHANGE_JOINED, 0, 2, 1 },
                { "room_left", SIOA_CHANGE_LEFT, 0, 2, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (moves); i++)
    if (strcmp (event, moves[i].event) == 0)
      {
        const char *nsp = get_name (args, moves[i].nsp);
        const char *id = get_name (args, moves[i].id);
        const char *text = get_name (args, moves[i].text);

        if (nsp != NULL && id != NULL && (text != NULL || moves[i].kind == SIOA_CHANGE_SOCKET_GONE))
          sioa_changes_add (changes, moves[i].kind, nsp, id, text);
        return TRUE;
      }
  if (strcmp (event, "socket_updated") == 0)
    {
      read_update (args, changes);
      return TRUE;
    }
  if (strcmp (event, "socket_connected") == 0)
    {
      SioArgsIter iter;
      SioaSocketRecord *record;

      sio_args_iter_init (&iter, args);
      record = sio_args_iter_next (&iter) ? read_socket (&iter) : NULL;
      if (record != NULL)
        sioa_changes_add_socket (changes, record);
      return TRUE;
    }
  return FALSE;
}

gboolean
sioa_admin_read_config (SioArgs *args, SioaAdminFeatures *features)
{
  /* In the order of the bits. */
  static const char *const names[] = { "EMIT",      "JOIN",   "LEAVE",       "DISCONNECT",
                                       "MJOIN",     "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS",
                                       "ALL_EVENTS" };
  SioArgsIter iter, members, list;
  gboolean found = FALSE;

  *features = 0;
  sio_args_iter_init (&iter, args);
  if (!sio_args_iter_next (&iter) || !sio_args_iter_enter (&iter, &members))
    return FALSE;
  while (sio_args_iter_next (&members))
    {
      if (!sio_args_iter_key_equals (&members, "supportedFeatures") ||
          sio_args_iter_get_arg_type (&members) != SIO_ARG_ARRAY ||
          !sio_args_iter_enter (&members, &list))
        continue;
      found = TRUE;
      while (sio_args_iter_next (&list))
        for (guint i = 0; i < G_N_ELEMENTS (names); i++)
          if (sio_args_iter_string_equals (&list, names[i]))
            *features |= 1u << i;
    }
  /* Servers that know of neither show everything. */
  if ((*features & SIOA_ADMIN_AGGREGATED_EVENTS) == 0)
    *features |= SIOA_ADMIN_ALL_EVENTS;
  return found;
}

/* Sums that only grow. */
typedef struct
{
  gint64 time; /* of its last news, monotonic */
  char *hostname;
  gint64 pid;
  gint64 started_at;
  gint64 connections;
  gint64 polling;
  GHashTable *namespaces; /* name → guint64 * */
} Server;

struct _SioaAdminStats
{
  GHashTable *servers; /* id → Server */
  gint64 connected;
  gint64 disconnected;
  gint64 events_in, events_out;
  gint64 bytes_in, bytes_out;
  GHashTable *reasons; /* name → guint64 * */
};

static void
server_free (Server *server)
{
  g_free (server->hostname);
  g_hash_table_unref (server->namespaces);
  g_free (server);
}

SioaAdminStats *
sioa_admin_stats_new (void)
{
  SioaAdminStats *self = g_new0 (SioaAdminStats, 1);

  self->servers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) server_free);
  self->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
sioa_admin_stats_free (SioaAdminStats *self)
{
  g_hash_table_unref (self->servers);
  g_hash_table_unref (self->reasons);
  g_free (self);
}

/* Sums of what others tell must not run over. */
static void
add_up (gint64 *sum, gint64 count)
{
  *sum = MIN (*sum + count, MAX_COUNT);
}

static void
add_count (GHashTable *counts, const char *name, gint64 count)
{
  guint64 *sum = g_hash_table_lookup (counts, name);

  if (sum == NULL && g_hash_table_size (counts) >= MAX_NAMES)
    return;
  if (sum == NULL)
    {
      sum = g_new0 (guint64, 1);
      g_hash_table_insert (counts, g_strdup (name), sum);
    }
  *sum = MIN (*sum + (guint64) count, MAX_COUNT);
}

static void
read_aggregated (SioaAdminStats *self, const SioArgsIter *object)
{
  g_autofree char *type = NULL;
  g_autofree char *sub_type = NULL;
  gint64 count = SIOA_UNKNOWN;
  SioArgsIter iter;

  if (!sio_args_iter_enter (object, &iter))
    return;
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "type"))
      set_string (&type, &iter);
    else if (sio_args_iter_key_equals (&iter, "subType"))
      set_string (&sub_type, &iter);
    else if (sio_args_iter_key_equals (&iter, "count"))
      count = get_count (&iter);
  /* No second brings more. */
  if (type == NULL || count == SIOA_UNKNOWN || count > G_GINT64_CONSTANT (1) << 48)
    return;
  if (strcmp (type, "rawConnection") == 0)
    add_up (&self->connected, count);
  else if (strcmp (type, "rawDisconnection") == 0)
    {
      add_up (&self->disconnected, count);
      add_count (self->reasons, sub_type != NULL ? sub_type : "unknown", count);
    }
  else if (strcmp (type, "packetsIn") == 0)
    add_up (&self->events_in, count);
  else if (strcmp (type, "packetsOut") == 0)
    add_up (&self->events_out, count);
  else if (strcmp (type, "bytesIn") == 0)
    add_up (&self->bytes_in, count);
  else if (strcmp (type, "bytesOut") == 0)
    add_up (&self->bytes_out, count);
}

static void
read_namespace (Server *server, const SioArgsIter *object)
{
  g_autofree char *name = NULL;
  gint64 count = 0;
  SioArgsIter iter;

  if (!sio_args_iter_enter (object, &iter))
    return;
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "name"))
      set_string (&name, &iter);
    else if (sio_args_iter_key_equals (&iter, "socketsCount"))
      count = MAX (0, get_count (&iter));
  if (name != NULL)
    add_count (server->namespaces, name, count);
}

static void
read_server (SioaAdminStats *self, Server *server, const SioArgsIter *object)
{
  SioArgsIter iter, list;

  sio_args_iter_enter (object, &iter);
  g_hash_table_remove_all (server->namespaces);
  while (sio_args_iter_next (&iter))
    if (sio_args_iter_key_equals (&iter, "hostname"))
      set_string (&server->hostname, &iter);
    else if (sio_args_iter_key_equals (&iter, "pid"))
      server->pid = get_count (&iter);
    else if (sio_args_iter_key_equals (&iter, "uptime"))
      {
        double uptime = get_number (&iter);

        /* 30 years. */
        server->started_at = uptime >= 0 && uptime < 1e9
                                 ? g_get_real_time () - (gint64) (uptime * G_USEC_PER_SEC)
                                 : SIOA_UNKNOWN;
      }
    else if (sio_args_iter_key_equals (&iter, "clientsCount"))
      server->connections = get_count (&iter);
    else if (sio_args_iter_key_equals (&iter, "pollingClientsCount"))
      server->polling = get_count (&iter);
    else if (sio_args_iter_key_equals (&iter, "aggregatedEvents") &&
             sio_args_iter_enter (&iter, &list))
      while (sio_args_iter_next (&list))
        read_aggregated (self, &list);
    else if (sio_args_iter_key_equals (&iter, "namespaces") && sio_args_iter_enter (&iter, &list))
      while (sio_args_iter_next (&list))
        read_namespace (server, &list);
}

static gint64
add_known (gint64 sum, gint64 value)
{
  return value == SIOA_UNKNOWN ? sum : MIN (MAX (sum, 0) + value, MAX_COUNT);
}

SioaSample *
sioa_admin_stats_sum_up (SioaAdminStats *self, gint64 now)
{
  /* What is counted goes on whichever servers come and go, so this is one server to the history. */
  SioaSample *sample = sioa_sample_new ("");
  GHashTableIter iter, names;
  gpointer value, name, count;
  guint n_servers = 0;
  Server *only = NULL;

  sample->time = now;
  sample->connected = self->connected;
  sample->disconnected = self->disconnected;
  sample->events_in = self->events_in;
  sample->events_out = self->events_out;
  sample->bytes_in = self->bytes_in;
  sample->bytes_out = self->bytes_out;
  g_hash_table_iter_init (&iter, self->servers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Server *server = value;

      if (now - server->time > STALE_US)
        continue;
      n_servers++;
      only = server;
      sample->connections = add_known (sample->connections, server->connections);
      sample->polling = add_known (sample->polling, server->polling);
      g_hash_table_iter_init (&names, server->namespaces);
      while (g_hash_table_iter_next (&names, &name, &count))
        sioa_sample_add_namespace (sample, name, *(guint64 *) count);
    }
  if (n_servers == 1)
    {
      sample->hostname = g_strdup (only->hostname);
      sample->pid = only->pid;
      sample->started_at = only->started_at;
    }
  g_hash_table_iter_init (&iter, self->reasons);
  while (g_hash_table_iter_next (&iter, &name, &count))
    sioa_sample_add_reason (sample, name, *(guint64 *) count);
  return sample;
}

gboolean
sioa_admin_stats_read (SioaAdminStats *self, SioArgs *args, gint64 now)
{
  g_autofree char *id = NULL;
  SioArgsIter iter, members;
  Server *server;

  sio_args_iter_init (&iter, args);
  if (!sio_args_iter_next (&iter) || sio_args_iter_get_arg_type (&iter) != SIO_ARG_OBJECT ||
      !sio_args_iter_enter (&iter, &members))
    return FALSE;
  while (sio_args_iter_next (&members))
    if (sio_args_iter_key_equals (&members, "serverId"))
      set_string (&id, &members);
  if (id == NULL)
    return FALSE;
  server = g_hash_table_lookup (self->servers, id);
  if (server == NULL)
    {
      if (g_hash_table_size (self->servers) >= MAX_SERVERS)
        return FALSE;
      server = g_new0 (Server, 1);
      server->pid = SIOA_UNKNOWN;
      server->started_at = SIOA_UNKNOWN;
      server->connections = SIOA_UNKNOWN;
      server->polling = SIOA_UNKNOWN;
      server->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (self->servers, g_strdup (id), server);
    }
  server->time = now;
  read_server (self, server, &iter);
  return TRUE;
}
