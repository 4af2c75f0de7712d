/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

static gboolean
check_range (const char *name, double value, double low, double high, GError **error)
{
  if (value >= low && value <= high)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s must be between %g and %g, not %g", name, low, high, value);
  return FALSE;
}

static gboolean
check_options (const BenchOptions *options, GError **error)
{
  if (!check_range ("--connections", options->connections, 1, 1000000, error) ||
      !check_range ("--duration", options->duration, 0.01, 1e7, error) ||
      !check_range ("--warmup", options->warmup, 0, 1e7, error) ||
      !check_range ("--payload", options->payload, BENCH_STAMP_LEN, 1 << 24, error) ||
      !check_range ("--rate", options->rate, 0, 1e8, error) ||
      !check_range ("--pipeline", options->pipeline, 1, 10000, error) ||
      !check_range ("--senders", options->senders, 0, options->connections, error) ||
      !check_range ("--room-size", options->room_size, 2, 1000000, error) ||
      !check_range ("--concurrency", options->concurrency, 1, 100000, error) ||
      !check_range ("--rounds", options->rounds, 1, 10000, error) ||
      !check_range ("--settle", options->settle, 0, 3600, error) ||
      !check_range ("--timeout", options->timeout, 0.1, 3600, error))
    return FALSE;
  if (options->nsp[0] != '/' || strchr (options->nsp, ',') != NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "a namespace begins with \"/\" and has no comma, unlike \"%s\"", options->nsp);
      return FALSE;
    }
  for (guint i = 0; options->headers != NULL && options->headers[i] != NULL; i++)
    if (strchr (options->headers[i], ':') == NULL || strpbrk (options->headers[i], "\r\n") != NULL)
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "--header wants \"Name: value\", not \"%s\"", options->headers[i]);
        return FALSE;
      }
  return TRUE;
}

static char *
scenario_list (void)
{
  GString *text = g_string_new ("Scenarios:\n");

  for (guint i = 0; bench_scenarios[i].name != NULL; i++)
    g_string_append_printf (text, "  %-16s %s\n", bench_scenarios[i].name,
                            bench_scenarios[i].summary);
  g_string_append (text,
                   "\nExamples:\n"
                   "  sio-bench --connections 1000 --duration 5 echo http://127.0.0.1:3000\n"
                   "  sio-bench -c 1000 --rate 20000 --pid $(pidof -s node) --json ack "
                   "http://localhost:3000/chat\n"
                   "\nExit status: 0 without errors, 1 when there were errors, 2 for wrong usage.");
  return g_string_free (text, FALSE);
}

gboolean
bench_options_parse (BenchOptions *o, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "connections", 'c', 0, G_OPTION_ARG_INT, &o->connections, "Connections to open (default 100)",
      "N" },
    { "duration", 'd', 0, G_OPTION_ARG_DOUBLE, &o->duration,
      "Length of the measurement (default 5)", "SECONDS" },
    { "warmup", 'w', 0, G_OPTION_ARG_DOUBLE, &o->warmup,
      "Traffic before the measurement (default 1)", "SECONDS" },
    { "payload", 's', 0, G_OPTION_ARG_INT, &o->payload,
      "Characters in each message, at least 16 (default 32)", "BYTES" },
    { "rate", 'r', 0, G_OPTION_ARG_DOUBLE, &o->rate,
      "Messages per second in total, sent by the clock", "N" },
    { "pipeline", 'p', 0, G_OPTION_ARG_INT, &o->pipeline,
      "Without --rate: unanswered messages per sender (default 1)", "N" },
    { "senders", 0, 0, G_OPTION_ARG_INT, &o->senders,
      "Sending connections of broadcast (default 1) or per room (default all)", "N" },
    { "room-size", 0, 0, G_OPTION_ARG_INT, &o->room_size, "Connections per room (default 10)",
      "N" },
    { "concurrency", 'C', 0, G_OPTION_ARG_INT, &o->concurrency, "Handshakes at a time (default 64)",
      "N" },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &o->rounds, "Rounds of churn (default 10)", "N" },
    { "settle", 0, 0, G_OPTION_ARG_DOUBLE, &o->settle, "Pause before memory is read (default 0.5)",
      "SECONDS" },
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &o->timeout,
      "Limit for handshakes and late answers (default 10)", "SECONDS" },
    { "path", 0, 0, G_OPTION_ARG_STRING, &o->path, "Path of the server (default /socket.io/)",
      "PATH" },
    { "namespace", 'n', 0, G_OPTION_ARG_STRING, &o->nsp, "Namespace (default: the path of the URL)",
      "NAME" },
    { "auth", 0, 0, G_OPTION_ARG_STRING, &o->auth, "JSON object to connect with", "JSON" },
    { "header", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &o->headers,
      "Additional HTTP header; may be repeated", "NAME: VALUE" },
    { "deflate", 'z', 0, G_OPTION_ARG_NONE, &o->deflate, "Offer compression of WebSocket messages",
      NULL },
    { "pid", 0, 0, G_OPTION_ARG_INT, &o->pid,
      "Process of the server: also report its CPU time and memory", "PID" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &o->json,
      "One JSON object on standard output, the table on standard error", NULL },
    { "progress", 0, 0, G_OPTION_ARG_NONE, &o->progress,
      "Report each second even when not on a terminal", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "No progress, and no table with --json",
      NULL },
    { "allow-errors", 0, 0, G_OPTION_ARG_NONE, &o->allow_errors,
      "Exit with status 0 in spite of errors", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("SCENARIO URL");
  g_autofree char *description = scenario_list ();

  *o = (BenchOptions){
    .connections = 100,
    .duration = 5,
    .warmup = 1,
    .payload = 32,
    .pipeline = 1,
    .room_size = 10,
    .concurrency = 64,
    .rounds = 10,
    .settle = 0.5,
    .timeout = 10,
  };
  g_option_context_set_summary (context,
                                "Measures Socket.IO servers over WebSocket and HTTP long polling.");
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

void
bench_options_clear (BenchOptions *options)
{
  g_clear_pointer (&options->path, g_free);
  g_clear_pointer (&options->nsp, g_free);
  g_clear_pointer (&options->auth, g_free);
  g_clear_pointer (&options->headers, g_strfreev);
}

static void
complete_options (BenchOptions *options, const char *url_path)
{
  if (options->nsp == NULL)
    options->nsp = g_strdup (url_path != NULL && url_path[0] == '/' ? url_path : "/");
  if (options->path == NULL)
    options->path = g_strdup ("/socket.io/");
  else
    {
      g_autofree char *given = g_steal_pointer (&options->path);

      options->path = g_strconcat (given[0] == '/' ? "" : "/", given,
                                   g_str_has_suffix (given, "/") ? "" : "/", NULL);
    }
}

/* As in the JavaScript client the path of the URL is the namespace and its query goes into the
 * handshake. */
gboolean
bench_target_parse (BenchTarget *target, BenchOptions *options, const char *url, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED_QUERY, &local_error);
  const char *scheme;

  memset (target, 0, sizeof *target);
  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "\"%s\" is not a URL like http://127.0.0.1:3000%s%s", url,
                   local_error != NULL ? ": " : "",
                   local_error != NULL ? local_error->message : "");
      return FALSE;
    }
  scheme = g_uri_get_scheme (uri);
  if (g_str_equal (scheme, "https") || g_str_equal (scheme, "wss"))
    {
      g_set_error (
          error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "%s is not supported, because TLS would measure this program rather than the server; "
          "use the plain http port behind the TLS proxy",
          scheme);
      return FALSE;
    }
  if (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "ws"))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected http://…, not %s://…",
                   scheme);
      return FALSE;
    }
  target->url = g_strdup (url);
  target->host = g_strdup (g_uri_get_host (uri));
  target->port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : 80;
  target->host_header = g_strdup_printf (strchr (target->host, ':') != NULL ? "[%s]:%d" : "%s:%d",
                                         target->host, target->port);
  if (g_uri_get_query (uri) != NULL && g_uri_get_query (uri)[0] != '\0')
    target->query = g_strdup (g_uri_get_query (uri));
  complete_options (options, g_uri_get_path (uri));
  return check_options (options, error);
}

gboolean
bench_target_resolve (BenchTarget *target, GError **error)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  g_autofree char *port = g_strdup_printf ("%d", target->port);
  int code = getaddrinfo (target->host, port, &hints, &found);

  if (code != 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "cannot find the host \"%s\": %s",
                   target->host, gai_strerror (code));
      return FALSE;
    }
  memcpy (&target->address, found->ai_addr, found->ai_addrlen);
  target->address_len = found->ai_addrlen;
  freeaddrinfo (found);
  return TRUE;
}

void
bench_target_clear (BenchTarget *target)
{
  g_clear_pointer (&target->url, g_free);
  g_clear_pointer (&target->host, g_free);
  g_clear_pointer (&target->host_header, g_free);
  g_clear_pointer (&target->query, g_free);
}
