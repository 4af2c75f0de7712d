/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-dbus-reader.h"

#include <sio.h>
#include <string.h>

static char *
dup_filled (const char *text)
{
  return text != NULL && *text != '\0' ? g_strdup (text) : NULL;
}

static gint64
to_count (guint64 number)
{
  return (gint64) MIN (number, G_MAXINT64);
}

/* A moment of people's clock in microseconds. */
static gint64
to_time (gint64 time)
{
  return time > 0 ? time : SIOA_UNKNOWN;
}

/* Without the room of its own. */
static void
take_rooms (SioaSocketRecord *record, GVariant *rooms)
{
  g_autofree const char **names = g_variant_get_strv (rooms, NULL);
  guint n = 0;

  g_strfreev (record->rooms);
  record->rooms = g_new0 (char *, g_strv_length ((char **) names) + 1);
  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], record->id) != 0)
      record->rooms[n++] = g_strdup (names[i]);
}

SioaSocketRecord *
sioa_dbus_read_row (GVariant *row, GVariant *rooms)
{
  const char *id, *nsp, *user, *address, *transport;
  gint64 connected_at;
  guint32 rtt, n_rooms;
  guint64 buffered, packets_in, packets_out, bytes_in, bytes_out, events;
  SioaSocketRecord *record;

  g_variant_get (row, "(&s&s&s&s&sxuutttttt)", &id, &nsp, &user, &address, &transport,
                 &connected_at, &rtt, &n_rooms, &buffered, &packets_in, &packets_out, &bytes_in,
                 &bytes_out, &events);
  record = sioa_socket_record_new (nsp, id);
  record->user = dup_filled (user);
  record->address = dup_filled (address);
  record->transport = dup_filled (transport);
  record->connected_at = to_time (connected_at);
  record->rtt = rtt > 0 ? (gint64) rtt : SIOA_UNKNOWN;
  record->bytes_in = to_count (bytes_in);
  record->bytes_out = to_count (bytes_out);
  record->events_in = to_count (events);
  if (rooms != NULL)
    take_rooms (record, rooms);
  return record;
}

static void
add_strings (SioArgsBuilder *builder, GVariant *details, const char *key)
{
  g_autoptr (GVariant) strings = g_variant_lookup_value (details, key, G_VARIANT_TYPE ("a{ss}"));
  GVariantIter iter;
  const char *name, *value;

  if (strings == NULL)
    return;
  sio_args_builder_set_member_name (builder, key);
  sio_args_builder_begin_object (builder);
  g_variant_iter_init (&iter, strings);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    {
      sio_args_builder_set_member_name (builder, name);
      sio_args_builder_add_string (builder, value);
    }
  sio_args_builder_end_object (builder);
}

static void
add_flag (SioArgsBuilder *builder, GVariant *details, const char *key, const char *name)
{
  gboolean flag;

  if (!g_variant_lookup (details, key, "b", &flag))
    return;
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_boolean (builder, flag);
}

static void
add_names (SioArgsBuilder *builder, GVariant *details, const char *key)
{
  g_autofree const char **names = NULL;

  if (!g_variant_lookup (details, key, "^a&s", &names))
    return;
  sio_args_builder_set_member_name (builder, key);
  sio_args_builder_begin_array (builder);
  for (guint i = 0; names[i] != NULL; i++)
    sio_args_builder_add_string (builder, names[i]);
  sio_args_builder_end_array (builder);
}

/* The members that servers on Node have, and what is known besides. */
static char *
make_handshake (GVariant *details)
{
  static const char *const texts[] = { "tenant", "token-id" };
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioArgs) args = NULL;
  guint32 protocol;

  sio_args_builder_begin_object (builder);
  add_strings (builder, details, "headers");
  add_strings (builder, details, "query");
  add_flag (builder, details, "secure", "secure");
  add_flag (builder, details, "cross-domain", "xdomain");
  add_flag (builder, details, "recovered", "recovered");
  if (g_variant_lookup (details, "protocol", "u", &protocol))
    {
      sio_args_builder_set_member_name (builder, "protocol");
      sio_args_builder_add_int64 (builder, protocol);
    }
  add_names (builder, details, "roles");
  add_names (builder, details, "groups");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *text;

      if (!g_variant_lookup (details, texts[i], "&s", &text))
        continue;
      sio_args_builder_set_member_name (builder, texts[i]);
      sio_args_builder_add_string (builder, text);
    }
  sio_args_builder_end_object (builder);
  args = sio_args_builder_end (builder);
  return sio_args_dup_arg_json (args, 0);
}

static void
read_count (GVariant *dict, const char *key, gint64 *count)
{
  guint64 number;

  if (g_variant_lookup (dict, key, "t", &number))
    *count = to_count (number);
}

SioaSocketRecord *
sioa_dbus_read_details (GVariant *details)
{
  g_autoptr (GVariant) rooms =
      g_variant_lookup_value (details, "rooms", G_VARIANT_TYPE_STRING_ARRAY);
  SioaSocketRecord *record;
  const char *id, *nsp, *text;
  gint64 connected_at;
  guint32 rtt;

  if (!g_variant_lookup (details, "id", "&s", &id) ||
      !g_variant_lookup (details, "namespace", "&s", &nsp))
    return NULL;
  record = sioa_socket_record_new (nsp, id);
  if (g_variant_lookup (details, "user", "&s", &text))
    record->user = dup_filled (text);
  if (g_variant_lookup (details, "address", "&s", &text))
    record->address = dup_filled (text);
  if (g_variant_lookup (details, "transport", "&s", &text))
    record->transport = dup_filled (text);
  if (g_variant_lookup (details, "data", "&s", &text))
    record->data = g_strdup (text);
  if (g_variant_lookup (details, "connected-at", "x", &connected_at))
    record->connected_at = to_time (connected_at);
  if (g_variant_lookup (details, "latency-usec", "u", &rtt) && rtt > 0)
    record->rtt = rtt;
  read_count (details, "bytes-in", &record->bytes_in);
  read_count (details, "bytes-out", &record->bytes_out);
  read_count (details, "events", &record->events_in);
  if (rooms != NULL)
    take_rooms (record, rooms);
  record->handshake = make_handshake (details);
  return record;
}

/* Statistics. */

static guint64
sum_up (GVariant *stats, const char *key, SioaSample *reasons)
{
  g_autoptr (GVariant) dict = g_variant_lookup_value (stats, key, G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *name;
  guint64 count;
  guint64 sum = 0;

  if (dict == NULL)
    return 0;
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&st}", &name, &count))
    {
      sum += count;
      if (reasons != NULL && count > 0)
        sioa_sample_add_reason (reasons, name, count);
    }
  return sum;
}

/* a(tt): the longest time of a range, and how many. Its ranges are finer than ours. */
static void
fill_buckets (guint64 *buckets, GVariant *ranges)
{
  GVariantIter iter;
  guint64 longest, count;

  g_variant_iter_init (&iter, ranges);
  while (g_variant_iter_next (&iter, "(tt)", &longest, &count))
    buckets[sioa_bucket_for (to_count (longest))] += count;
}

static void
read_namespaces (GVariant *stats, SioaSample *sample)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (stats, "namespaces", G_VARIANT_TYPE ("a(suu)"));
  GVariantIter iter;
  const char *name;
  guint32 n_sockets, n_rooms;

  if (list == NULL)
    return;
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&suu)", &name, &n_sockets, &n_rooms))
    sioa_sample_add_namespace (sample, name, n_sockets);
}

static void
read_latency (GVariant *stats, SioaSample *sample)
{
  g_autoptr (GVariant) trips =
      g_variant_lookup_value (stats, "round-trips", G_VARIANT_TYPE ("(tta(tt))"));
  g_autoptr (GVariant) ranges = NULL;

  if (trips == NULL)
    return;
  ranges = g_variant_get_child_value (trips, 2);
  fill_buckets (sample->latency, ranges);
  sample->has_latency = TRUE;
}

static void
read_namespace_latency (GVariant *stats, SioaSample *sample)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (stats, "namespace-round-trips", G_VARIANT_TYPE ("a(stta(tt))"));
  GVariantIter iter;
  const char *nsp;
  guint64 count, sum;
  GVariant *next;

  if (list == NULL)
    return;
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&stt@a(tt))", &nsp, &count, &sum, &next))
    {
      g_autoptr (GVariant) ranges = next;

      fill_buckets (sioa_buckets_of (&sample->trips, nsp), ranges);
    }
}

static void
read_events (GVariant *stats, SioaSample *sample)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (stats, "events", G_VARIANT_TYPE ("a(ssbtttta(tt))"));
  GVariantIter iter;
  const char *nsp, *event;
  gboolean others;
  guint64 received, bytes, refused, sum;
  GVariant *next;

  if (list == NULL)
    return;
  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&s&sbtttt@a(tt))", &nsp, &event, &others, &received, &bytes,
                              &refused, &sum, &next))
    {
      g_autoptr (GVariant) ranges = next;
      g_autofree char *name = g_strconcat (nsp, " ", others ? "…" : event, NULL);

      fill_buckets (sioa_buckets_of (&sample->events, name), ranges);
    }
}

SioaSample *
sioa_dbus_read_stats (GVariant *stats, gint64 now)
{
  SioaSample *sample = sioa_sample_new ("dbus");
  g_autoptr (GVariant) sessions =
      g_variant_lookup_value (stats, "sessions", G_VARIANT_TYPE ("a{su}"));
  guint32 number;
  gint64 time, real_time;

  sample->time = now;
  sample->hostname = g_strdup (g_get_host_name ());
  /* The clock of the start is not that of people. */
  if (g_variant_lookup (stats, "start-time", "x", &sample->epoch) &&
      g_variant_lookup (stats, "time", "x", &time) &&
      g_variant_lookup (stats, "real-time", "x", &real_time) && sample->epoch >= 0 &&
      time >= sample->epoch && real_time > 0)
    sample->started_at = to_time (real_time - (time - sample->epoch));
  if (g_variant_lookup (stats, "pid", "u", &number))
    sample->pid = number;
  if (sessions != NULL && g_variant_lookup (sessions, "polling", "u", &number))
    sample->polling = sample->connections = number;
  if (sessions != NULL && g_variant_lookup (sessions, "websocket", "u", &number))
    sample->connections += number;
  if (g_variant_lookup (stats, "rooms", "u", &number))
    sample->rooms = number;
  read_count (stats, "packets-in", &sample->events_in);
  read_count (stats, "packets-out", &sample->events_out);
  read_count (stats, "bytes-in", &sample->bytes_in);
  read_count (stats, "bytes-out", &sample->bytes_out);
  read_count (stats, "connected", &sample->connected);
  read_count (stats, "violations", &sample->errors);
  read_count (stats, "resident-bytes", &sample->memory);
  read_count (stats, "cpu-usec", &sample->cpu);
  sample->disconnected = to_count (sum_up (stats, "disconnected", sample));
  sample->refused = to_count (sum_up (stats, "refused", NULL) + sum_up (stats, "limited", NULL));
  read_namespaces (stats, sample);
  read_latency (stats, sample);
  read_namespace_latency (stats, sample);
  read_events (stats, sample);
  return sample;
}

/* The stream of events. */

void
sioa_dbus_event_clear (SioaDBusEvent *event)
{
  g_clear_pointer (&event->nsp, g_free);
  g_clear_pointer (&event->id, g_free);
  g_clear_pointer (&event->args, g_free);
}

static void
set_string (char **string, const SioArgsIter *iter)
{
  g_free (*string);
  *string =
      sio_args_iter_get_arg_type (iter) == SIO_ARG_STRING ? sio_args_iter_dup_string (iter) : NULL;
}

static char *
join_args (const char *name, const SioArgsIter *list)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioArgs) args = NULL;
  SioArgsIter iter;

  sio_args_builder_add_string (builder, name);
  if (list != NULL && sio_args_iter_enter (list, &iter))
    while (sio_args_iter_next (&iter))
      {
        g_autofree char *json = sio_args_iter_dup_json (&iter);

        if (!sio_args_builder_add_json (builder, json, -1, NULL))
          sio_args_builder_add_null (builder);
      }
  args = sio_args_builder_end (builder);
  return g_strdup (sio_args_get_json (args));
}

gboolean
sioa_dbus_read_event (const char *line, gsize length, SioaDBusEvent *event)
{
  g_autofree char *list = g_strdup_printf ("[%.*s]", (int) MIN (length, G_MAXINT), line);
  g_autoptr (SioArgs) args = sio_args_new_from_json (list, -1, NULL);
  g_autofree char *name = NULL;
  SioArgsIter iter, members, arguments;
  gboolean has_arguments = FALSE;
  gint64 time;

  *event = (SioaDBusEvent){ .time = g_get_real_time () };
  if (args == NULL)
    return FALSE;
  sio_args_iter_init (&iter, args);
  if (!sio_args_iter_next (&iter) || !sio_args_iter_enter (&iter, &members))
    return FALSE;
  while (sio_args_iter_next (&members))
    if (sio_args_iter_key_equals (&members, "namespace"))
      set_string (&event->nsp, &members);
    else if (sio_args_iter_key_equals (&members, "id"))
      set_string (&event->id, &members);
    else if (sio_args_iter_key_equals (&members, "event"))
      set_string (&name, &members);
    else if (sio_args_iter_key_equals (&members, "direction"))
      event->received = sio_args_iter_get_arg_type (&members) == SIO_ARG_STRING &&
                        sio_args_iter_string_equals (&members, "in");
    else if (sio_args_iter_key_equals (&members, "time") &&
             sio_args_iter_get_arg_type (&members) == SIO_ARG_NUMBER &&
             sio_args_iter_get_int64 (&members, &time) && time > 0 && time < G_MAXINT64 / 1000)
      event->time = time * 1000;
    else if (sio_args_iter_key_equals (&members, "args") &&
             sio_args_iter_get_arg_type (&members) == SIO_ARG_ARRAY)
      {
        arguments = members;
        has_arguments = TRUE;
      }
  if (name == NULL || event->nsp == NULL || event->id == NULL)
    {
      sioa_dbus_event_clear (event);
      return FALSE;
    }
  event->args = join_args (name, has_arguments ? &arguments : NULL);
  return TRUE;
}
