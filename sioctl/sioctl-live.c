/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <signal.h>
#include <sio.h>
#include <stdlib.h>
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
  gint64 started_at;
  gint64 time; /* of the statistics, monotonic */
  guint sockets, rooms, polling, websocket;
  guint64 packets_in, packets_out, bytes_in, bytes_out, buffered;
  guint64 refused, limited;
  guint64 p50, p95, p99;
  char *log_level;
} Status;

static void
status_clear (Status *status)
{
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
  g_variant_lookup (stats, "sockets", "u", &status->sockets);
  g_variant_lookup (stats, "rooms", "u", &status->rooms);
  g_variant_lookup (stats, "packets-in", "t", &status->packets_in);
  g_variant_lookup (stats, "packets-out", "t", &status->packets_out);
  g_variant_lookup (stats, "bytes-in", "t", &status->bytes_in);
  g_variant_lookup (stats, "bytes-out", "t", &status->bytes_out);
  g_variant_lookup (stats, "buffered-bytes", "t", &status->buffered);
  g_variant_lookup (stats, "log-level", "s", &status->log_level);
  if (g_variant_lookup (stats, "sessions", "a{su}", &sessions))
    {
      while (g_variant_iter_next (sessions, "{&su}", &kind, &n))
        if (strcmp (kind, "polling") == 0)
          status->polling = n;
        else if (strcmp (kind, "websocket") == 0)
          status->websocket = n;
    }
  status->refused = sum_of (stats, "refused");
  status->limited = sum_of (stats, "limited");
  status->p50 = find_quantile (stats, 0.5);
  status->p95 = find_quantile (stats, 0.95);
  status->p99 = find_quantile (stats, 0.99);
  return TRUE;
}

static GVariant *
describe_status (const Status *status)
{
  GVariantBuilder builder;
  const struct
  {
    const char *name;
    guint64 value;
  } numbers[] = { { "websocket", status->websocket },    { "polling", status->polling },
                  { "sockets", status->sockets },        { "rooms", status->rooms },
                  { "packetsIn", status->packets_in },   { "packetsOut", status->packets_out },
                  { "bytesIn", status->bytes_in },       { "bytesOut", status->bytes_out },
                  { "bufferedBytes", status->buffered }, { "refused", status->refused },
                  { "limited", status->limited } };

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_builder_add (&builder, "{sv}", numbers[i].name,
                           g_variant_new_uint64 (numbers[i].value));
  g_variant_builder_add_parsed (&builder,
                                "{'latencyUsec', <{'p50': <%t>, 'p95': <%t>, 'p99': <%t>}>}",
                                status->p50, status->p95, status->p99);
  g_variant_builder_add (&builder, "{sv}", "logLevel",
                         g_variant_new_string (status->log_level != NULL ? status->log_level : ""));
  return g_variant_builder_end (&builder);
}

static gboolean
run_status (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_auto (Status) status = { 0 };
  g_autoptr (GVariant) version = sioctl_get_property (ctl, "Version", "s", error);
  g_autoptr (GVariant) started_at =
      version != NULL ? sioctl_get_property (ctl, "StartedAt", "t", error) : NULL;
  guint64 started;
  g_autofree char *age = NULL;
  g_autofree char *date = NULL;
  g_autofree char *p50 = NULL;
  g_autofree char *p95 = NULL;
  g_autofree char *p99 = NULL;
  g_autofree char *in = NULL;
  g_autofree char *out = NULL;
  g_autofree char *waiting = NULL;

  if (started_at == NULL || !get_status (ctl, &status, error))
    return FALSE;
  started = g_variant_get_uint64 (started_at);
  if (ctl->json)
    {
      g_autoptr (GVariant) described = g_variant_ref_sink (describe_status (&status));
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (described);

      g_variant_dict_insert_value (&dict, "version", version);
      g_variant_dict_insert (&dict, "startedAt", "t", started / 1000);
      sioctl_print_json (g_variant_dict_end (&dict));
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
  g_print ("sio-server %s, up for %s (since %s)\n", g_variant_get_string (version, NULL), age,
           date);
  g_print ("clients      %u by WebSocket, %u by polling\n", status.websocket, status.polling);
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
static volatile sig_atomic_t terminal_changed;

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
  struct termios terminal = old_terminal;

  terminal.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  terminal_changed = tcsetattr (STDIN_FILENO, TCSANOW, &terminal) == 0;
}

/* The shell goes on with this terminal. */
static void
on_end (int number)
{
  restore_terminal ();
  signal (number, SIG_DFL);
  raise (number);
}

/* The shell had it meanwhile; poll () ends in any case. */
static void
on_change (int number)
{
  if (number == SIGCONT && terminal_changed)
    change_terminal ();
}

static void
take_terminal (void)
{
  static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
  struct sigaction end = { .sa_handler = on_end };
  struct sigaction change = { .sa_handler = on_change };

  if (!isatty (STDIN_FILENO) || tcgetattr (STDIN_FILENO, &old_terminal) < 0)
    return;
  atexit (restore_terminal);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    sigaction (ends[i], &end, NULL);
  sigaction (SIGCONT, &change, NULL);
  sigaction (SIGWINCH, &change, NULL);
  change_terminal ();
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

static GVariant *
list_top (Sioctl *ctl, const char *sort, guint n, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (
      ctl, "ListSockets",
      g_variant_new ("(a{sv}sbtuu)", NULL, sort, TRUE, (guint64) 0, 0u, CLAMP (n, 1, 1000)),
      "(" SIOCTL_SOCKET_ROWS "ut)", error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static char *
format_sockets (GVariant *rows, guint width)
{
  static const char *const titles[] = { "ID",   "NAMESPACE", "USER", "ADDRESS", "TRANSPORT", ">AGE",
                                        ">RTT", ">EVENTS",   ">IN",  ">OUT",    ">WAITING",  NULL };
  g_autoptr (SioctlTable) table = sioctl_table_new (titles);
  const char *id, *nsp, *user, *address, *transport;
  gint64 since;
  guint32 latency;
  guint64 buffered, bytes_in, bytes_out, events;
  GVariantIter iter;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&s&sxuutttttt)", &id, &nsp, &user, &address,
                              &transport, &since, &latency, NULL, &buffered, NULL, NULL, &bytes_in,
                              &bytes_out, &events))
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
  return sioctl_table_format (table, 0, width);
}

static void
print_top_json (const Status *status, GVariant *rows)
{
  g_autoptr (GVariant) described = g_variant_ref_sink (describe_status (status));
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (described);
  GVariantBuilder sockets;

  g_variant_builder_init (&sockets, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

      g_variant_builder_add_value (&sockets, sioctl_describe_socket (row));
    }
  g_variant_dict_insert_value (&dict, "busiest", g_variant_builder_end (&sockets));
  g_variant_dict_insert (&dict, "time", "x", g_get_real_time () / 1000);
  sioctl_print_json (g_variant_dict_end (&dict));
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
      "clients %u WebSocket %u polling  sockets %u  rooms %u  latency p50 %s p99 %s\n"
      "packets in %s out %s  kB in %s out %s  waiting %s  refused %" G_GUINT64_FORMAT
      "  limited %" G_GUINT64_FORMAT "\n",
      now->websocket, now->polling, now->sockets, now->rooms, p50, p99, packets_in, packets_out,
      bytes_in, bytes_out, waiting, now->refused, now->limited);
}

/* Between two rounds: FALSE to end. */
static gboolean
obey_key (char key, const char **sort)
{
  static const struct
  {
    char key;
    const char *sort;
  } sorts[] = { { 'l', "latency" },  { 'w', "buffered" },  { 'e', "events" },
                { 'i', "bytes-in" }, { 'o', "bytes-out" }, { 'c', "connected" } };

  for (guint i = 0; i < G_N_ELEMENTS (sorts); i++)
    if (sorts[i].key == key)
      *sort = sorts[i].sort;
  return key != 'q';
}

static gboolean
run_top (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  const char *sort = options->sort != NULL ? options->sort : "bytes-out";
  gboolean on_terminal = isatty (STDOUT_FILENO) && !ctl->json;
  g_auto (Status) before = { 0 };

  if (on_terminal)
    take_terminal ();
  for (int i = 1;; i++)
    {
      g_autofree char *head = NULL;
      g_autofree char *sockets = NULL;
      g_autoptr (GVariant) rows = NULL;
      struct winsize size = { 0 };
      Status now = { 0 };

      if (on_terminal)
        ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
      if (get_status (ctl, &now, error))
        rows = list_top (ctl, sort, size.ws_row > 8 ? size.ws_row - 7u : 20, error);
      if (rows == NULL)
        {
          status_clear (&now);
          return FALSE;
        }
      head = format_top (&now, &before);
      status_clear (&before);
      before = now;
      sockets = format_sockets (rows, size.ws_col);
      if (ctl->json)
        print_top_json (&now, rows);
      else if (on_terminal)
        /* From the upper left corner, over what was there. */
        g_print ("\033[H\033[2J%s"
                 "by %s; order: Out In Events Latency Waiting Connected, Quit\n%s",
                 head, sort, sockets);
      else
        g_print ("%s\n%s\n", head, sockets);
      if (i == options->count || !obey_key (wait_for_key (options->interval), &sort))
        return TRUE;
    }
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
  if (options->max_payload > 0)
    g_variant_builder_add (&builder, "{sv}", "max-payload",
                           g_variant_new_uint32 ((guint32) options->max_payload));
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

  if (options->ids != NULL && options->ids[1] != NULL)
    {
      sioctl_set_usage_error (error, "--id can be given once here");
      return FALSE;
    }
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
          g_autofree char *valid = g_utf8_make_valid (line->str, (gssize) line->len);

          if (ctl->json)
            sioctl_print_json_line (valid);
          else
            print_event (valid);
          g_string_set_size (line, 0);
          n++;
        }
  close (ends[0]);
  if (reply == NULL || (options->count > 0 && n >= options->count))
    return reply != NULL;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       "the server ended the stream: it ends, or this was not read for too long");
  return FALSE;
}

const SioctlCommand sioctl_live_commands[] = {
  { "status", NULL, "Show the most important numbers (the default)", 0, 0, 0, run_status },
  { "top", NULL, "Show numbers and the busiest sockets, again and again", 0, 0,
    SIOCTL_TAKES_REFRESH, run_top },
  { "events", NULL, "Show what clients send, as it comes", 0, 0, SIOCTL_TAKES_TRAFFIC, run_events },
  { NULL },
};
