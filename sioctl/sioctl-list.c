/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sioctl-commands.h"
#include "sioctl-output.h"

/* Commands that show what there is. */

#define PAGE 1000
/* The list is made anew when it changed too much meanwhile. */
#define MAX_TRIES 5

gboolean
sioctl_parse_duration (const char *text, guint64 *us, GError **error)
{
  static const struct
  {
    const char *unit;
    guint64 us;
  } units[] = { { "ms", 1000 },
                { "s", G_USEC_PER_SEC },
                { "min", 60 * G_USEC_PER_SEC },
                { "h", 3600 * (guint64) G_USEC_PER_SEC },
                { "d", 86400 * (guint64) G_USEC_PER_SEC } };
  gsize length = strspn (text, "0123456789");
  g_autofree char *digits = g_strndup (text, length);
  guint64 number;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (strcmp (text + length, units[i].unit) == 0 &&
        g_ascii_string_to_unsigned (digits, 10, 1, 1000000, &number, NULL))
      {
        *us = number * units[i].us;
        return TRUE;
      }
  sioctl_set_usage_error (
      error, "expected a duration such as 200ms, 90s, 30min, 12h or 7d, got \"%s\"", text);
  return FALSE;
}

GVariant *
sioctl_make_filter (const SioctlOptions *options, gint64 now, GError **error)
{
  guint64 age = 0;
  guint64 latency = 0;
  GVariantBuilder builder;
  const struct
  {
    const char *name;
    const char *value;
  } strings[] = { { "namespace", options->nsp },
                  { "user", options->user },
                  { "text", options->text },
                  { "transport", options->transport },
                  { "room", options->rooms != NULL ? options->rooms[0] : NULL } };

  if (options->rooms != NULL && options->rooms[1] != NULL)
    {
      sioctl_set_usage_error (error, "--room can be given once here");
      return NULL;
    }
  if ((options->older_than != NULL && !sioctl_parse_duration (options->older_than, &age, error)) ||
      (options->slower_than != NULL &&
       !sioctl_parse_duration (options->slower_than, &latency, error)))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    if (strings[i].value != NULL)
      g_variant_builder_add (&builder, "{sv}", strings[i].name,
                             g_variant_new_string (strings[i].value));
  if (age > 0)
    g_variant_builder_add (&builder, "{sv}", "connected-before",
                           g_variant_new_uint64 ((guint64) now - MIN (age, (guint64) now)));
  if (latency > 0)
    g_variant_builder_add (&builder, "{sv}", "min-latency",
                           g_variant_new_uint32 ((guint32) MIN (latency, G_MAXUINT32)));
  return g_variant_builder_end (&builder);
}

/* All pages of one list, each an array of rows. */
static GPtrArray *
read_pages (Sioctl *ctl,
            const char *method,
            const char *reply_type,
            const SioctlOptions *options,
            GError **error)
{
  g_autoptr (GVariant) filter = sioctl_make_filter (options, g_get_real_time (), error);

  if (filter == NULL)
    return NULL;
  g_variant_ref_sink (filter);
  for (guint tries = 1;; tries++)
    {
      g_autoptr (GPtrArray) pages =
          g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
      g_autoptr (GError) problem = NULL;
      guint64 revision = 0;
      guint limit = options->limit > 0 ? (guint) options->limit : G_MAXUINT;
      guint offset = 0;
      guint total = 0;

      do
        {
          g_autoptr (GVariant) reply = sioctl_call (
              ctl, method,
              g_variant_new ("(@a{sv}sbtuu)", filter, options->sort != NULL ? options->sort : "",
                             options->reverse, revision, offset, MIN (PAGE, limit - offset)),
              reply_type, &problem);

          if (reply == NULL)
            break;
          g_ptr_array_add (pages, g_variant_get_child_value (reply, 0));
          g_variant_get_child (reply, 1, "u", &total);
          g_variant_get_child (reply, 2, "t", &revision);
          offset += PAGE;
        }
      while (offset < MIN (total, limit));
      if (problem == NULL)
        return g_steal_pointer (&pages);
      if (tries < MAX_TRIES)
        {
          g_autofree char *name = g_dbus_error_get_remote_error (problem);

          if (g_strcmp0 (name, "org.sioglib.Server1.Error.OutOfSync") == 0)
            continue;
        }
      g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
}

typedef struct
{
  const char *id, *nsp, *user, *address, *transport;
  gint64 since;
  guint32 latency, n_rooms;
  guint64 buffered, packets_in, packets_out, bytes_in, bytes_out, events;
} Row;

static void
read_row (GVariant *variant, Row *row)
{
  g_variant_get (variant, "(&s&s&s&s&sxuutttttt)", &row->id, &row->nsp, &row->user, &row->address,
                 &row->transport, &row->since, &row->latency, &row->n_rooms, &row->buffered,
                 &row->packets_in, &row->packets_out, &row->bytes_in, &row->bytes_out,
                 &row->events);
}

GVariant *
sioctl_describe_socket (GVariant *variant)
{
  GVariantBuilder builder;
  Row row;

  read_row (variant, &row);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "id", g_variant_new_string (row.id));
  g_variant_builder_add (&builder, "{sv}", "namespace", g_variant_new_string (row.nsp));
  g_variant_builder_add (&builder, "{sv}", "user", g_variant_new_string (row.user));
  g_variant_builder_add (&builder, "{sv}", "address", g_variant_new_string (row.address));
  g_variant_builder_add (&builder, "{sv}", "transport", g_variant_new_string (row.transport));
  g_variant_builder_add (&builder, "{sv}", "connectedAt", g_variant_new_int64 (row.since / 1000));
  g_variant_builder_add (&builder, "{sv}", "latencyUsec", g_variant_new_uint32 (row.latency));
  g_variant_builder_add (&builder, "{sv}", "rooms", g_variant_new_uint32 (row.n_rooms));
  g_variant_builder_add (&builder, "{sv}", "bufferedBytes", g_variant_new_uint64 (row.buffered));
  g_variant_builder_add (&builder, "{sv}", "packetsIn", g_variant_new_uint64 (row.packets_in));
  g_variant_builder_add (&builder, "{sv}", "packetsOut", g_variant_new_uint64 (row.packets_out));
  g_variant_builder_add (&builder, "{sv}", "bytesIn", g_variant_new_uint64 (row.bytes_in));
  g_variant_builder_add (&builder, "{sv}", "bytesOut", g_variant_new_uint64 (row.bytes_out));
  g_variant_builder_add (&builder, "{sv}", "events", g_variant_new_uint64 (row.events));
  return g_variant_builder_end (&builder);
}

static char *
or_dash (const char *text)
{
  return *text != '\0' ? sioctl_clean (text) : g_strdup ("-");
}

static void
add_row (SioctlTable *table, GVariant *variant)
{
  Row row;

  read_row (variant, &row);
  sioctl_table_add (table, sioctl_clean (row.id));
  sioctl_table_add (table, sioctl_clean (row.nsp));
  sioctl_table_add (table, or_dash (row.user));
  sioctl_table_add (table, or_dash (row.address));
  sioctl_table_add (table, sioctl_clean (row.transport));
  sioctl_table_add (table, sioctl_format_age (row.since));
  sioctl_table_add (table, sioctl_format_time (row.latency));
  sioctl_table_add (table, g_strdup_printf ("%u", row.n_rooms));
  sioctl_table_add (table, g_strdup_printf ("%" G_GUINT64_FORMAT, row.events));
  sioctl_table_add (table, sioctl_format_size (row.bytes_in));
  sioctl_table_add (table, sioctl_format_size (row.bytes_out));
  sioctl_table_add (table, sioctl_format_size (row.buffered));
}

/* For programs such as xargs: each line is one name. */
static void
print_name (GVariant *row, gsize column)
{
  g_autofree char *name = NULL;
  g_autofree char *clean = NULL;

  g_variant_get_child (row, column, "s", &name);
  clean = sioctl_clean (name);
  g_print ("%s\n", clean);
}

static const char *const socket_titles[] = { "ID",   "NAMESPACE", "USER",   "ADDRESS", "TRANSPORT",
                                             ">AGE", ">RTT",      ">ROOMS", ">EVENTS", ">IN",
                                             ">OUT", ">WAITING",  NULL };

static gboolean
run_sockets (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) pages =
      read_pages (ctl, "ListSockets", "(" SIOCTL_SOCKET_ROWS "ut)", options, error);
  g_autoptr (SioctlTable) table = sioctl_table_new (socket_titles);

  if (pages == NULL)
    return FALSE;
  for (guint i = 0; i < pages->len; i++)
    {
      GVariantIter iter;
      GVariant *row;

      g_variant_iter_init (&iter, g_ptr_array_index (pages, i));
      while (g_variant_iter_loop (&iter, "@(sssssxuutttttt)", &row))
        if (ctl->json)
          sioctl_print_json (sioctl_describe_socket (row));
        else if (options->quiet)
          print_name (row, 0);
        else
          add_row (table, row);
    }
  if (!ctl->json && !options->quiet)
    sioctl_table_print (table);
  return TRUE;
}

static gboolean
run_rooms (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  static const char *const titles[] = { "NAMESPACE", "ROOM", ">MEMBERS", NULL };
  g_autoptr (GPtrArray) pages = read_pages (ctl, "ListRooms", "(a(ssu)ut)", options, error);
  g_autoptr (SioctlTable) table = sioctl_table_new (titles);

  if (pages == NULL)
    return FALSE;
  for (guint i = 0; i < pages->len; i++)
    {
      GVariantIter iter;
      GVariant *row;

      g_variant_iter_init (&iter, g_ptr_array_index (pages, i));
      while (g_variant_iter_loop (&iter, "@(ssu)", &row))
        {
          const char *nsp, *room;
          guint n;

          g_variant_get (row, "(&s&su)", &nsp, &room, &n);
          if (ctl->json)
            {
              sioctl_print_json (g_variant_new_parsed (
                  "{'namespace': <%s>, 'room': <%s>, 'members': <%u>}", nsp, room, n));
              continue;
            }
          if (options->quiet)
            {
              print_name (row, 1);
              continue;
            }
          sioctl_table_add (table, sioctl_clean (nsp));
          sioctl_table_add (table, sioctl_clean (room));
          sioctl_table_add (table, g_strdup_printf ("%u", n));
        }
    }
  if (!ctl->json && !options->quiet)
    sioctl_table_print (table);
  return TRUE;
}

static gboolean
run_namespaces (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  static const char *const titles[] = { "NAMESPACE", ">SOCKETS", ">ROOMS", NULL };
  g_autoptr (GVariant) reply = sioctl_call (ctl, "ListNamespaces", NULL, "(a(suu))", error);
  g_autoptr (SioctlTable) table = sioctl_table_new (titles);
  g_autoptr (GVariantIter) iter = NULL;
  const char *nsp;
  guint n_sockets, n_rooms;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(a(suu))", &iter);
  while (g_variant_iter_next (iter, "(&suu)", &nsp, &n_sockets, &n_rooms))
    if (ctl->json)
      sioctl_print_json (g_variant_new_parsed (
          "{'namespace': <%s>, 'sockets': <%u>, 'rooms': <%u>}", nsp, n_sockets, n_rooms));
    else if (options->quiet)
      {
        g_autofree char *clean = sioctl_clean (nsp);

        g_print ("%s\n", clean);
      }
    else
      {
        sioctl_table_add (table, sioctl_clean (nsp));
        sioctl_table_add (table, g_strdup_printf ("%u", n_sockets));
        sioctl_table_add (table, g_strdup_printf ("%u", n_rooms));
      }
  if (!ctl->json && !options->quiet)
    sioctl_table_print (table);
  return TRUE;
}

static gboolean
run_socket (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_autoptr (GVariant) reply =
      sioctl_call (ctl, "GetSocket", g_variant_new ("(s)", arguments[0]), "(a{sv})", error);
  g_autoptr (GVariant) details = NULL;

  if (reply == NULL)
    return FALSE;
  details = g_variant_get_child_value (reply, 0);
  if (ctl->json)
    sioctl_print_json (details);
  else
    sioctl_print_dictionary (details);
  return TRUE;
}

static gboolean
run_revocations (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  static const char *const titles[] = { "KIND", "NAME", "SINCE", "UNTIL", NULL };
  g_autoptr (GVariant) reply = sioctl_call (ctl, "ListRevocations", NULL, "(a(ssxx))", error);
  g_autoptr (SioctlTable) table = sioctl_table_new (titles);
  g_autoptr (GVariantIter) iter = NULL;
  const char *kind, *name;
  gint64 since, until;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(a(ssxx))", &iter);
  while (g_variant_iter_next (iter, "(&s&sxx)", &kind, &name, &since, &until))
    if (ctl->json)
      sioctl_print_json (
          g_variant_new_parsed ("{'kind': <%s>, 'name': <%s>, 'since': <%x>, 'until': <%x>}", kind,
                                name, since / 1000, until / 1000));
    else
      {
        sioctl_table_add (table, g_strdup (kind));
        sioctl_table_add (table, sioctl_clean (name));
        sioctl_table_add (table, sioctl_format_date (since));
        sioctl_table_add (table, sioctl_format_date (until));
      }
  if (!ctl->json)
    sioctl_table_print (table);
  return TRUE;
}

static gboolean
run_stats (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (ctl, "GetStats", NULL, "(a{sv})", error);
  g_autoptr (GVariant) stats = NULL;

  if (reply == NULL)
    return FALSE;
  stats = g_variant_get_child_value (reply, 0);
  if (ctl->json)
    sioctl_print_json (stats);
  else
    sioctl_print_dictionary (stats);
  return TRUE;
}

const SioctlCommand sioctl_list_commands[] = {
  { "sockets", NULL, "List sockets", 0, 0,
    SIOCTL_TAKES_SELECTION | SIOCTL_TAKES_ORDER | SIOCTL_TAKES_SORT | SIOCTL_TAKES_QUIET,
    run_sockets },
  { "socket", "ID", "Show all that is known of a socket", 1, 1, SIOCTL_TAKES_IDS, run_socket },
  { "rooms", NULL, "List rooms", 0, 0,
    SIOCTL_TAKES_NAMESPACE | SIOCTL_TAKES_ORDER | SIOCTL_TAKES_ROOM_SORT | SIOCTL_TAKES_QUIET,
    run_rooms },
  { "namespaces", NULL, "List namespaces", 0, 0, SIOCTL_TAKES_QUIET, run_namespaces },
  { "revocations", NULL, "List revoked users and tokens", 0, 0, 0, run_revocations },
  { "stats", NULL, "Show all numbers", 0, 0, 0, run_stats },
  { NULL },
};
