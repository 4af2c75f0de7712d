/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-socket-columns.h"

#include <glib/gi18n.h>
#include <math.h>

#include "sioa-socket.h"
#include "sioa-unit.h"

#define RECORD(row) (sioa_socket_get_record (SIOA_SOCKET (row)))

static char *
get_id (gpointer row)
{
  return g_strdup (RECORD (row)->id);
}

static char *
get_nsp (gpointer row)
{
  return g_strdup (RECORD (row)->nsp);
}

static char *
get_user (gpointer row)
{
  return g_strdup (RECORD (row)->user);
}

static char *
get_address (gpointer row)
{
  return g_strdup (RECORD (row)->address);
}

static char *
get_transport (gpointer row)
{
  return g_strdup (RECORD (row)->transport);
}

static char *
get_rooms (gpointer row)
{
  return g_strjoinv (", ", (char **) sioa_socket_get_rooms (SIOA_SOCKET (row), NULL));
}

static char *
get_age (gpointer row)
{
  gint64 since = RECORD (row)->connected_at;

  return sioa_unit_format_duration (since == SIOA_UNKNOWN ? -1
                                                          : MAX (0, g_get_real_time () - since));
}

static char *
format (SioaUnit unit, gint64 value)
{
  return sioa_unit_format (unit, value == SIOA_UNKNOWN ? NAN : (double) value);
}

static char *
get_latency (gpointer row)
{
  return format (SIOA_UNIT_TIME, RECORD (row)->rtt);
}

static char *
get_events_in (gpointer row)
{
  return format (SIOA_UNIT_COUNT, RECORD (row)->events_in);
}

static char *
get_events_out (gpointer row)
{
  return format (SIOA_UNIT_COUNT, RECORD (row)->events_out);
}

static char *
get_bytes_out (gpointer row)
{
  return format (SIOA_UNIT_BYTES, RECORD (row)->bytes_out);
}

static char *
get_bytes_in (gpointer row)
{
  return format (SIOA_UNIT_BYTES, RECORD (row)->bytes_in);
}

#define COMPARE_STRINGS(field)                                                                     \
  static int compare_##field (gconstpointer a, gconstpointer b, gpointer user_data)                \
  {                                                                                                \
    return g_strcmp0 (sioa_socket_get_settled ((gpointer) a)->field,                               \
                      sioa_socket_get_settled ((gpointer) b)->field);                              \
  }
#define COMPARE_NUMBERS(field)                                                                     \
  static int compare_##field (gconstpointer a, gconstpointer b, gpointer user_data)                \
  {                                                                                                \
    gint64 first = sioa_socket_get_settled ((gpointer) a)->field;                                  \
    gint64 second = sioa_socket_get_settled ((gpointer) b)->field;                                 \
    return (first > second) - (first < second);                                                    \
  }

COMPARE_STRINGS (id)
COMPARE_STRINGS (nsp)
COMPARE_STRINGS (user)
COMPARE_STRINGS (address)
COMPARE_STRINGS (transport)
COMPARE_NUMBERS (rtt)
COMPARE_NUMBERS (events_in)
COMPARE_NUMBERS (events_out)
COMPARE_NUMBERS (bytes_in)
COMPARE_NUMBERS (bytes_out)

static int
compare_rooms (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint first = sioa_socket_get_settled_n_rooms ((gpointer) a);
  guint second = sioa_socket_get_settled_n_rooms ((gpointer) b);

  return (first > second) - (first < second);
}

/* Who has been there longest is the oldest. */
static int
compare_age (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = sioa_socket_get_settled ((gpointer) a)->connected_at;
  gint64 second = sioa_socket_get_settled ((gpointer) b)->connected_at;

  return (first < second) - (first > second);
}

const SioaColumn sioa_socket_columns[SIOA_N_SOCKET_COLUMNS] = {
  { "id", NC_ ("column", "ID"), get_id, compare_id, FALSE, TRUE, 150 },
  { "namespace", NC_ ("column", "Namespace"), get_nsp, compare_nsp, FALSE, TRUE, 90 },
  { "user", NC_ ("column", "User"), get_user, compare_user, FALSE, TRUE, 90 },
  { "address", NC_ ("column", "Address"), get_address, compare_address, FALSE, TRUE, 120 },
  { "transport", NC_ ("column", "Transport"), get_transport, compare_transport, FALSE, TRUE, 90 },
  { "rooms", NC_ ("column", "Rooms"), get_rooms, compare_rooms, FALSE, TRUE, 0 },
  { "connected", NC_ ("column", "Connected"), get_age, compare_age, TRUE, TRUE, 105 },
  { "latency", NC_ ("column", "Latency"), get_latency, compare_rtt, TRUE, TRUE, 80 },
  { "events-in", NC_ ("column", "Received"), get_events_in, compare_events_in, TRUE, FALSE, 90 },
  { "events-out", NC_ ("column", "Sent"), get_events_out, compare_events_out, TRUE, FALSE, 90 },
  { "bytes-in", NC_ ("column", "Data received"), get_bytes_in, compare_bytes_in, TRUE, FALSE, 100 },
  { "bytes-out", NC_ ("column", "Data sent"), get_bytes_out, compare_bytes_out, TRUE, FALSE, 100 },
};
