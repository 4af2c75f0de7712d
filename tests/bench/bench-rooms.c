/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <sio.h>
#include <stdlib.h>

#include "sio-handshake-private.h"
#include "sio-namespace-private.h"

/* What rooms cost by themselves: joining, leaving, walking over members, with nobody looking, with
 * a handler of the adapter's signals, with a SioRoom, and with a list model that is listened to.
 * The sockets have no connections. Prints one line for each. */

static int n_sockets = 10000;
static int n_rounds = 20;

static const GOptionEntry entries[] = {
  { "sockets", 'n', 0, G_OPTION_ARG_INT, &n_sockets, "Members of the room (default: 10000)", "N" },
  { "rounds", 'r', 0, G_OPTION_ARG_INT, &n_rounds, "How often (default: 20)", "N" },
  { NULL }
};

typedef enum
{
  NOBODY,
  SIGNALS,
  OTHER_ROOM,
  ROOM,
  MODEL,
  N_MODES
} Mode;

static const char *const mode_names[] = {
  "nobody looks", "adapter signals", "another room is looked at", "SioRoom", "list model",
};

static guint64 n_events;

static void
joined_cb (SioAdapter *adapter, const char *room, SioSocket *socket, gpointer user_data)
{
  n_events++;
}

static void
changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  n_events++;
}

static void
visit_cb (SioSocket *socket, gpointer user_data)
{
  n_events++;
}

static double
per_second (gint64 start, double n)
{
  return n * G_USEC_PER_SEC / (double) MAX (g_get_monotonic_time () - start, 1);
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (double *values)
{
  qsort (values, (gsize) n_rounds, sizeof (double), compare_doubles);
  return values[n_rounds / 2];
}

static void
measure (SioNamespace *ns, SioSocket **sockets, Mode mode)
{
  static const char *const rooms[] = { "room", NULL };
  SioAdapter *adapter = sio_namespace_get_adapter (ns);
  g_autoptr (SioTarget) target = sio_target_new (rooms, NULL, SIO_EMIT_NONE, 0);
  g_autoptr (SioRoom) room = NULL;
  g_autoptr (GListModel) members = NULL;
  g_autofree double *joins = g_new (double, n_rounds);
  g_autofree double *walks = g_new (double, n_rounds);
  g_autofree double *leaves = g_new (double, n_rounds);
  gulong handlers[2] = { 0, 0 };
  double bytes = 0;

  if (mode == SIGNALS)
    {
      handlers[0] = g_signal_connect (adapter, "join-room", G_CALLBACK (joined_cb), NULL);
      handlers[1] = g_signal_connect (adapter, "leave-room", G_CALLBACK (joined_cb), NULL);
    }
  else if (mode == OTHER_ROOM)
    room = sio_namespace_get_room (ns, "other");
  else if (mode == ROOM || mode == MODEL)
    room = sio_namespace_get_room (ns, "room");
  if (mode == MODEL)
    {
      members = sio_room_get_members (room);
      g_signal_connect (members, "items-changed", G_CALLBACK (changed_cb), NULL);
    }

  for (int r = 0; r < n_rounds; r++)
    {
      gsize before = mallinfo2 ().uordblks;
      gint64 start = g_get_monotonic_time ();

      for (int i = 0; i < n_sockets; i++)
        sio_socket_join (sockets[i], "room");
      joins[r] = per_second (start, n_sockets);
      bytes = (double) (mallinfo2 ().uordblks - before) / n_sockets;

      start = g_get_monotonic_time ();
      for (int i = 0; i < 10; i++)
        sio_adapter_foreach_socket (adapter, target, visit_cb, NULL);
      walks[r] = per_second (start, 10.0 * n_sockets);

      /* from the front, so that the last one moves each time */
      start = g_get_monotonic_time ();
      for (int i = 0; i < n_sockets; i++)
        sio_socket_leave (sockets[i], "room");
      leaves[r] = per_second (start, n_sockets);
    }
  g_print ("%-26s  %6.2f M joins/s  %6.2f M leaves/s  %7.1f M visits/s  %4.0f bytes/member\n",
           mode_names[mode], median (joins) / 1e6, median (leaves) / 1e6, median (walks) / 1e6,
           bytes);
  for (guint i = 0; i < 2; i++)
    g_clear_signal_handler (&handlers[i], adapter);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (SioHandshake) handshake = sio_handshake_new (NULL, NULL, 0);
  g_autoptr (SioServer) server = sio_server_new ();
  SioNamespace *ns = sio_server_of (server, "/bench");
  g_autofree SioSocket **sockets = NULL;
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, "What rooms cost, without any connection.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_sockets < 1 || n_rounds < 1)
    {
      g_printerr ("bench-rooms: %s\n",
                  error != NULL ? error->message : "numbers have to be at least 1");
      return 2;
    }
  sockets = g_new (SioSocket *, n_sockets);
  for (int i = 0; i < n_sockets; i++)
    {
      sockets[i] = sio_socket_new (ns, NULL, NULL, handshake);
      sio_namespace_connect_socket (ns, sockets[i]);
    }
  for (Mode mode = 0; mode < N_MODES; mode++)
    measure (ns, sockets, mode);
  for (int i = 0; i < n_sockets; i++)
    {
      sio_socket_close (sockets[i], FALSE);
      g_object_unref (sockets[i]);
    }
  return 0;
}
