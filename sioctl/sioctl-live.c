/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <sio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sioctl-commands.h"
#include "sioctl-output.h"

/* Commands that show what is going on: status, top and events. */

#define MAX_LINE (1 << 20)

typedef struct
{
  char *version;
  gint64 started_at;
  gint64 time; /* of the statistics, monotonic */
  guint connections, sockets, rooms, polling;
  guint64 packets_in, packets_out, bytes_in, bytes_out, buffered;
  guint64 refused, limited;
  guint64 p50, p95, p99;
  char *log_level;
} Status;

static void
status_clear (Status *status)
{
  g_free (status->version);
  g_free (status->log_level);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Status, status_clear)

static guint64
sum_of (GVariant *stats, const char *name)
{
  g_autoptr (GVariantIter) iter = NULL;
  guint64 sum = 0;
  guint64 count;

  if (!g_variant_lookup (stats, name, "a{st}", &iter))
    return 0;
  while (g_variant_iter_next (iter, "{st}", NULL, &count))
    sum += count;
  return sum;
}

/* Upper bound of the range in which the quantile is. */
static guint64
find_quantile (GVariant *stats, double quantile)
{
  g_autoptr (GVariantIter) iter = NULL;
  guint64 count = 0;
  guint64 bound = 0;
  guint64 seen = 0;
  guint64 n;

  if (!g_variant_lookup (stats, "round-trips", "(tta(tt))", &count, NULL, &iter))
    return 0;
  while (g_variant_iter_next (iter, "(tt)", &bound, &n))
    {
      seen += n;
      if ((double) seen >= quantile * (double) count)
        break;
    }
  return bound;
}

static gboolean
get_status (Sioctl *ctl, Status *status, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (ctl, "GetStats", NULL, "(a{sv})", error);
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariantIter) sessions = NULL;
  const char *kind;
  guint n;

  if (reply == NULL)
    return FALSE;
  stats = g_variant_get_child_value (reply, 0);
  g_variant_lookup (stats, "time", "x", &status->time);
  g_variant_lookup (stats, "start-time", "x", &status->started_at);
  g_variant_lookup (stats, "connections", "u", &status->connections);
  g_variant_lookup (stats, "sockets", "u", &status->sockets);
  g_variant_lookup (stats, "rooms", "u", &status->rooms);
  g_variant_lookup (stats, "packets-in", "t", &status->packets_in);
  g_variant_lookup (stats, "packets-out", "t", &status->packets_out);
  g_variant_lookup (stats, "bytes-in", "t", &status->bytes_in);
  g_variant_lookup (stats, "bytes-out", "t", &status->bytes_out);
  g_variant_lookup (stats, "buffered-bytes", "t", &status->buffered);
  g_variant_lookup (stats, "log-level", "s", &status->log_level);
  if (g_variant_lookup (stats, "sessions", "a{su}", &sessions))
    while (g_variant_iter_next (sessions, "{&su}", &kind, &n))
      if (strcmp (kind, "polling") == 0)
        status->polling = n;
  status->refused = sum_of (stats, "refused");
  status->limited = sum_of (stats, "limited");
  status->p50 = find_quantile (stats, 0.5);
  status->p95 = find_quantile (stats, 0.95);
  status->p99 = find_quantile (stats, 0.99);
  return TRUE;
}

static gboolean
get_property (Sioctl *ctl, const char *name, const char *format, gpointer value, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      ctl->bus, ctl->name, "/org/sioglib/Server1", "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", "org.sioglib.Server1", name), G_VARIANT_TYPE ("(v)"),
      G_DBUS_CALL_FLAGS_NONE, ctl->timeout_ms, NULL, error);
  g_autoptr (GVariant) variant = NULL;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(v)", &variant);
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE (format)))
    g_variant_get (variant, format, value);
  return TRUE;
}

static gboolean
run_status (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_auto (Status) status = { 0 };
  guint64 started = 0;
  g_autofree char *age = NULL;
  g_autofree char *date = NULL;
  g_autofree char *p50 = NULL;
  g_autofree char *p95 = NULL;
  g_autofree char *p99 = NULL;
  g_autofree char *in = NULL;
  g_autofree char *out = NULL;
  g_autofree char *waiting = NULL;

  if (!get_property (ctl, "Version", "s", &status.version, error) ||
      !get_property (ctl, "StartedAt", "t", &started, error) || !get_status (ctl, &status, error))
    return FALSE;
  if (ctl->json)
    {
      sioctl_print_json (g_variant_new_parsed (
          "{'version': <%s>, 'startedAt': <%t>, 'connections': <%u>, 'polling': <%u>, 'sockets': "
          "<%u>, 'rooms': <%u>, 'packetsIn': <%t>, 'packetsOut': <%t>, 'bytesIn': <%t>, "
          "'bytesOut': <%t>, 'bufferedBytes': <%t>, 'refused': <%t>, 'limited': <%t>, "
          "'latencyUsec': <{'p50': <%t>, 'p95': <%t>, 'p99': <%t>}>, 'logLevel': <%s>}",
          status.version != NULL ? status.version : "", started / 1000, status.connections,
          status.polling, status.sockets, status.rooms, status.packets_in, status.packets_out,
          status.bytes_in, status.bytes_out, status.buffered, status.refused, status.limited,
          status.p50, status.p95, status.p99, status.log_level != NULL ? status.log_level : ""));
      return TRUE;
    }
  age = sioctl_format_age ((gint64) started);
  date = sioctl_format_date ((gint64) started);
  p50 = sioctl_format_time (status.p50);
  p95 = sioctl_format_time (status.p95);
  p99 = sioctl_format_time (status.p99);
  in = sioctl_format_size (status.bytes_in);
  out = sioctl_format_size (status.bytes_out);
  waiting = sioctl_format_size (status.buffered);
  g_print ("sio-server %s, up for %s (since %s)\n", status.version, age, date);
  g_print ("connections  %u (%u by polling)\n", status.connections, status.polling);
  g_print ("sockets      %u in %u rooms\n", status.sockets, status.rooms);
  g_print ("packets      %" G_GUINT64_FORMAT " in, %" G_GUINT64_FORMAT " out\n", status.packets_in,
           status.packets_out);
  g_print ("bytes        %s in, %s out, %s waiting\n", in, out, waiting);
  g_print ("latency      p50 %s, p95 %s, p99 %s\n", p50, p95, p99);
  g_print ("refused      %" G_GUINT64_FORMAT " handshakes, %" G_GUINT64_FORMAT " events\n",
           status.refused, status.limited);
  g_print ("log level    %s\n", status.log_level);
  return TRUE;
}

/* Keys are read one by one while this is set. */
static struct termios old_terminal;
static gboolean terminal_changed;

static void
restore_terminal (void)
{
  if (terminal_changed)
    tcsetattr (STDIN_FILENO, TCSANOW, &old_terminal);
  terminal_changed = FALSE;
}

static void
change_terminal (void)
{
  struct termios terminal;

  if (!isatty (STDIN_FILENO) || tcgetattr (STDIN_FILENO, &old_terminal) < 0)
    return;
  terminal = old_terminal;
  terminal.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  terminal_changed = tcsetattr (STDIN_FILENO, TCSANOW, &terminal) == 0;
}

/* 0 when nobody pressed one in time. */
static char
wait_for_key (double seconds)
{
  struct pollfd fd = { STDIN_FILENO, POLLIN, 0 };
  char key = 0;

  if (!terminal_changed)
    g_usleep ((gulong) (seconds * G_USEC_PER_SEC));
  else if (poll (&fd, 1, (int) (seconds * 1000)) == 1 && read (STDIN_FILENO, &key, 1) != 1)
    key = 'q';
  return key;
}

static char *
format_rate (guint64 now, guint64 before, double seconds)
{
  return g_strdup_printf ("%.0f/s", seconds > 0 ? (double) (now - before) / seconds : 0);
}

static gboolean
append_sockets (Sioctl *ctl, const char *sort, guint n, guint width, GString *text, GError **error)
{
  static const char *const titles[] = { "ID",   "NAMESPACE", "USER", "ADDRESS", "TRANSPORT", ">AGE",
                                        ">RTT", ">EVENTS",   ">IN",  ">OUT",    ">WAITING",  NULL };
  g_autoptr (GVariant) reply =
      sioctl_call (ctl, "ListSockets",
                   g_variant_new ("(a{sv}sbtuu)", NULL, sort, TRUE, (guint64) 0, 0u, MAX (1, n)),
                   "(" SIOCTL_SOCKET_ROWS "ut)", error);
  g_autoptr (SioctlTable) table = sioctl_table_new (titles);
  g_autoptr (GVariantIter) rows = NULL;
  g_autofree char *formatted = NULL;
  const char *id, *nsp, *user, *address, *transport;
  gint64 since;
  guint32 latency;
  guint64 buffered, bytes_in, bytes_out, events;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(" SIOCTL_SOCKET_ROWS "ut)", &rows, NULL, NULL);
  while (g_variant_iter_next (rows, "(&s&s&s&s&sxuutttttt)", &id, &nsp, &user, &address, &transport,
                              &since, &latency, NULL, &buffered, NULL, NULL, &bytes_in, &bytes_out,
                              &events))
    {
      sioctl_table_add (table, sioctl_clean (id));
      sioctl_table_add (table, sioctl_clean (nsp));
      sioctl_table_add (table, sioctl_clean (user));
      sioctl_table_add (table, sioctl_clean (address));
      sioctl_table_add (table, sioctl_clean (transport));
      sioctl_table_add (table, sioctl_format_age (since));
      sioctl_table_add (table, sioctl_format_time (latency));
      sioctl_table_add (table, g_strdup_printf ("%" G_GUINT64_FORMAT, events));
      sioctl_table_add (table, sioctl_format_size (bytes_in));
      sioctl_table_add (table, sioctl_format_size (bytes_out));
      sioctl_table_add (table, sioctl_format_size (buffered));
    }
  formatted = sioctl_table_format (table, n, width);
  g_string_append (text, formatted);
  return TRUE;
}

static char *
format_top (Status *now, Status *before)
{
  double seconds = before->time != 0 ? (double) (now->time - before->time) / G_USEC_PER_SEC : 0;
  g_autofree char *packets_in = format_rate (now->packets_in, before->packets_in, seconds);
  g_autofree char *packets_out = format_rate (now->packets_out, before->packets_out, seconds);
  g_autofree char *bytes_in = format_rate (now->bytes_in / 1000, before->bytes_in / 1000, seconds);
  g_autofree char *bytes_out =
      format_rate (now->bytes_out / 1000, before->bytes_out / 1000, seconds);
  g_autofree char *waiting = sioctl_format_size (now->buffered);
  g_autofree char *p50 = sioctl_format_time (now->p50);
  g_autofree char *p99 = sioctl_format_time (now->p99);

  return g_strdup_printf (
      "connections %u (%u polling)  sockets %u  rooms %u  latency p50 %s p99 %s\n"
      "packets in %s out %s  kB in %s out %s  waiting %s  refused %" G_GUINT64_FORMAT
      "  limited %" G_GUINT64_FORMAT "\n\n",
      now->connections, now->polling, now->sockets, now->rooms, p50, p99, packets_in, packets_out,
      bytes_in, bytes_out, waiting, now->refused, now->limited);
}

static gboolean
run_top (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  static const struct
  {
    char key;
    const char *sort;
  } sorts[] = { { 'l', "latency" },  { 'w', "buffered" },  { 'e', "events" },
                { 'i', "bytes-in" }, { 'o', "bytes-out" }, { 'c', "connected" } };
  const char *sort = options->sort != NULL ? options->sort : "bytes-out";
  gboolean on_terminal = isatty (STDOUT_FILENO);
  g_auto (Status) before = { 0 };
  gboolean ok = TRUE;

  if (on_terminal)
    {
      change_terminal ();
      atexit (restore_terminal);
    }
  for (int i = 0; options->count <= 0 || i < options->count; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      struct winsize size = { 0 };
      Status now = { 0 };
      g_autofree char *head = NULL;
      char key;

      if (on_terminal)
        ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
      ok = get_status (ctl, &now, error);
      head = ok ? format_top (&now, &before) : NULL;
      status_clear (&before);
      before = now;
      if (!ok)
        break;
      g_string_append (text, head);
      ok = append_sockets (ctl, sort, size.ws_row > 8 ? size.ws_row - 6u : 20, size.ws_col, text,
                           error);
      if (!ok)
        break;
      /* From the upper left corner, over what was there. */
      if (on_terminal)
        g_print ("\033[H\033[2J%s", text->str);
      else
        g_print ("%s\n", text->str);
      if (options->count > 0 && i + 1 == options->count)
        break;
      key = wait_for_key (options->interval);
      if (key == 'q')
        break;
      for (guint j = 0; j < G_N_ELEMENTS (sorts); j++)
        if (sorts[j].key == key)
          sort = sorts[j].sort;
    }
  restore_terminal ();
  return ok;
}

static char *
get_member (SioArgs *args, const char *name)
{
  const char *path[] = { name, NULL };
  SioArgsIter iter;
  g_autofree char *text = NULL;

  if (!sio_args_iter_init_path (&iter, args, 0, path))
    return g_strdup ("");
  if (sio_args_iter_get_arg_type (&iter) == SIO_ARG_STRING)
    text = sio_args_iter_dup_string (&iter);
  else
    text = sio_args_iter_dup_json (&iter);
  return text != NULL ? sioctl_clean (text) : g_strdup ("");
}

/* For people: one line of words. */
static void
print_event (const char *line)
{
  g_autofree char *list = g_strconcat ("[", line, "]", NULL);
  g_autoptr (SioArgs) args = sio_args_new_from_json (list, -1, NULL);
  static const char *const names[] = { "type",  "direction", "namespace", "id",     "user",
                                       "event", "bytes",     "args",      "reason", "n" };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *time = NULL;
  g_autofree char *date = NULL;

  if (args == NULL)
    return;
  time = get_member (args, "time");
  date = sioctl_format_date (g_ascii_strtoll (time, NULL, 10) * 1000);
  g_string_append (text, date);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = get_member (args, names[i]);

      if (*value != '\0')
        g_string_append_printf (text, "  %s", value);
    }
  g_print ("%s\n", text->str);
}

static GVariant *
make_event_filter (const SioctlOptions *options)
{
  GVariantBuilder builder;
  const struct
  {
    const char *name;
    const char *value;
  } strings[] = { { "namespace", options->nsp },
                  { "user", options->user },
                  { "id", options->ids != NULL ? options->ids[0] : NULL },
                  { "event", options->event } };

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    if (strings[i].value != NULL)
      g_variant_builder_add (&builder, "{sv}", strings[i].name,
                             g_variant_new_string (strings[i].value));
  if (options->outgoing)
    g_variant_builder_add (&builder, "{sv}", "outgoing", g_variant_new_boolean (TRUE));
  if (options->payload)
    g_variant_builder_add (&builder, "{sv}", "payload", g_variant_new_boolean (TRUE));
  return g_variant_builder_end (&builder);
}

static gboolean
run_events (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GString) line = g_string_new (NULL);
  int ends[2];
  int handle;
  int n = 0;
  char buffer[4096];
  ssize_t length;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "no pipe: %s",
                   g_strerror (errno));
      return FALSE;
    }
  handle = g_unix_fd_list_append (fds, ends[1], error);
  /* The end of the server is the only one then, and its end is seen. */
  close (ends[1]);
  if (handle >= 0)
    reply = sioctl_call_with_fd (ctl, "OpenEventStream",
                                 g_variant_new ("(h@a{sv})", handle, make_event_filter (options)),
                                 fds, error);
  g_clear_object (&fds);
  while (reply != NULL && (options->count <= 0 || n < options->count) &&
         (length = read (ends[0], buffer, sizeof buffer)) > 0)
    for (ssize_t i = 0; i < length; i++)
      if (buffer[i] != '\n')
        {
          if (line->len < MAX_LINE)
            g_string_append_c (line, buffer[i]);
        }
      else if (options->count <= 0 || n < options->count)
        {
          if (ctl->json)
            g_print ("%s\n", line->str);
          else
            print_event (line->str);
          g_string_set_size (line, 0);
          n++;
        }
  close (ends[0]);
  return reply != NULL;
}

const SioctlCommand sioctl_live_commands[] = {
  { "status", NULL, "Show the most important numbers (the default)", 0, 0, 0, run_status },
  { "top", NULL, "Show numbers and the busiest sockets, again and again", 0, 0,
    SIOCTL_TAKES_REFRESH, run_top },
  { "events", NULL, "Show what clients send, as it comes", 0, 0, SIOCTL_TAKES_TRAFFIC, run_events },
  { NULL },
};
