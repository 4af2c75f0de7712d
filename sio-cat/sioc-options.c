/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioc-options.h"

#include <math.h>
#include <string.h>

#include "sioc-json.h"

#define AUTH_VARIABLE "SIO_CAT_AUTH"
#define DEFAULT_ACK_TIMEOUT 10.0
#define MAX_SECONDS 1e6

/* As they were written. */
typedef struct
{
  char **namespaces;
  char **headers;
  char **query;
  char **transports;
  char *auth;
  char *reply;
  char *ca_file;
  char *cert_file;
  char *key_file;
  double ack_timeout;
  double timeout;
  double reconnect_delay;
  double reconnect_delay_max;
  gboolean strings;
} Raw;

static void
raw_clear (Raw *raw)
{
  g_strfreev (raw->namespaces);
  g_strfreev (raw->headers);
  g_strfreev (raw->query);
  g_strfreev (raw->transports);
  g_free (raw->auth);
  g_free (raw->reply);
  g_free (raw->ca_file);
  g_free (raw->cert_file);
  g_free (raw->key_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Raw, raw_clear)

#define usage_error(error, ...)                                                                    \
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, __VA_ARGS__)

/* The text, or with @ what the file has, so that secrets need not be arguments. */
static char *
read_value (const char *value, GError **error)
{
  g_autofree char *contents = NULL;

  if (value[0] != '@')
    return g_strdup (value);
  if (!g_file_get_contents (value + 1, &contents, NULL, error))
    return NULL;
  return g_strdup (g_strchomp (contents));
}

static gboolean
read_seconds (double seconds, const char *option, guint *ms, GError **error)
{
  if (!isfinite (seconds) || seconds < 0 || seconds > MAX_SECONDS)
    {
      usage_error (error, "%s expects seconds from 0 to %.0f", option, MAX_SECONDS);
      return FALSE;
    }
  *ms = seconds > 0 && seconds < 0.001 ? 1 : (guint) (seconds * 1000);
  return TRUE;
}

static gboolean
read_header (SiocOptions *self, const char *line, GError **error)
{
  const char *colon = strchr (line, ':');
  g_autofree char *name = colon != NULL ? g_strndup (line, (gsize) (colon - line)) : NULL;
  g_autofree char *value = colon != NULL ? g_strstrip (g_strdup (colon + 1)) : NULL;

  if (name == NULL || *name == '\0' || strpbrk (name, " \t\r\n") != NULL ||
      strpbrk (value, "\r\n") != NULL || !g_str_is_ascii (name))
    {
      /* Not shown: it may be a secret. */
      usage_error (error, "--header expects \"NAME: VALUE\"");
      return FALSE;
    }
  g_ptr_array_add (self->headers, g_steal_pointer (&name));
  g_ptr_array_add (self->headers, g_steal_pointer (&value));
  return TRUE;
}

static gboolean
read_headers (SiocOptions *self, const Raw *raw, GError **error)
{
  for (guint i = 0; raw->headers != NULL && raw->headers[i] != NULL; i++)
    {
      g_autofree char *text = read_value (raw->headers[i], error);
      g_auto (GStrv) lines = NULL;

      if (text == NULL)
        return FALSE;
      lines = g_strsplit (text, "\n", -1);
      for (guint j = 0; lines[j] != NULL; j++)
        if (*g_strstrip (lines[j]) != '\0' && !read_header (self, lines[j], error))
          return FALSE;
    }
  return TRUE;
}

static gboolean
read_auth (SiocOptions *self, const Raw *raw, GError **error)
{
  const char *given = raw->auth != NULL ? raw->auth : g_getenv (AUTH_VARIABLE);
  g_autofree char *text = NULL;

  if (given == NULL)
    return TRUE;
  text = read_value (given, error);
  if (text == NULL)
    return FALSE;
  self->auth = sioc_json_read_object (text, strlen (text), NULL);
  if (self->auth == NULL)
    usage_error (error, "%s expects a JSON object, such as {\"token\":\"…\"}, or @FILE",
                 raw->auth != NULL ? "--auth" : AUTH_VARIABLE);
  return self->auth != NULL;
}

static gboolean
read_reply (SiocOptions *self, const Raw *raw, GError **error)
{
  g_autofree char *list = NULL;

  if (raw->reply == NULL)
    return TRUE;
  /* An array is the list of arguments, anything else the only one. */
  list = raw->reply[strspn (raw->reply, " \t\r\n")] == '[' ? g_strdup (raw->reply)
                                                           : g_strdup_printf ("[%s]", raw->reply);
  self->reply = sioc_json_read_args (list, strlen (list), NULL);
  if (self->reply == NULL)
    usage_error (error, "--reply expects JSON, got \"%s\"", raw->reply);
  return self->reply != NULL;
}

static gboolean
read_tls (SiocOptions *self, const Raw *raw, GError **error)
{
  if (raw->ca_file != NULL)
    {
      g_autofree char *path = g_canonicalize_filename (raw->ca_file, NULL);

      self->tls_database = g_tls_file_database_new (path, error);
      if (self->tls_database == NULL)
        return FALSE;
    }
  if (raw->key_file != NULL && raw->cert_file == NULL)
    {
      usage_error (error, "--key needs --cert");
      return FALSE;
    }
  if (raw->cert_file != NULL)
    {
      self->tls_certificate = g_tls_certificate_new_from_files (
          raw->cert_file, raw->key_file != NULL ? raw->key_file : raw->cert_file, error);
      return self->tls_certificate != NULL;
    }
  return TRUE;
}

static gboolean
add_query (GString *query, const char *pair, GError **error)
{
  const char *value = strchr (pair, '=');
  g_autofree char *name = value != NULL ? g_strndup (pair, (gsize) (value - pair)) : NULL;

  if (name == NULL || *name == '\0')
    {
      usage_error (error, "--query expects NAME=VALUE, got \"%s\"", pair);
      return FALSE;
    }
  if (query->len > 0)
    g_string_append_c (query, '&');
  g_string_append_uri_escaped (query, name, NULL, FALSE);
  g_string_append_c (query, '=');
  g_string_append_uri_escaped (query, value + 1, NULL, FALSE);
  return TRUE;
}

static gboolean
read_namespaces (SiocOptions *self, const Raw *raw, const char *path, GError **error)
{
  if (raw->namespaces != NULL)
    {
      for (guint i = 0; raw->namespaces[i] != NULL; i++)
        if (raw->namespaces[i][0] != '/' || strchr (raw->namespaces[i], ',') != NULL)
          {
            usage_error (error,
                         "--namespace expects a name that begins with a slash and has no comma, "
                         "got \"%s\"",
                         raw->namespaces[i]);
            return FALSE;
          }
      self->namespaces = g_strdupv (raw->namespaces);
    }
  else
    {
      /* A comma would end the name on the wire. */
      g_auto (GStrv) parts = g_strsplit (*path == '/' ? path : "/", ",", -1);

      self->namespaces = g_new0 (char *, 2);
      self->namespaces[0] = g_strjoinv ("%2C", parts);
    }
  return TRUE;
}

static gboolean
read_url (SiocOptions *self, const Raw *raw, const char *text, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, &reason);
  g_autoptr (GString) query = g_string_new (NULL);
  const char *scheme;

  if (uri == NULL)
    {
      usage_error (error, "\"%s\" is not a URL: %s", text, reason->message);
      return FALSE;
    }
  scheme = g_uri_get_scheme (uri);
  if (!g_strv_contains ((const char *const[]){ "http", "https", "ws", "wss", NULL }, scheme))
    {
      usage_error (error, "expected a URL with http, https, ws or wss, got \"%s\"", text);
      return FALSE;
    }
  if (g_uri_get_query (uri) != NULL)
    g_string_append (query, g_uri_get_query (uri));
  for (guint i = 0; raw->query != NULL && raw->query[i] != NULL; i++)
    if (!add_query (query, raw->query[i], error))
      return FALSE;
  self->url =
      g_uri_join (SOUP_HTTP_URI_FLAGS, scheme, NULL, g_uri_get_host (uri), g_uri_get_port (uri),
                  g_uri_get_path (uri), query->len > 0 ? query->str : NULL, NULL);
  return read_namespaces (self, raw, g_uri_get_path (uri), error);
}

static gboolean
read_event (SiocOptions *self, gboolean strings, int n, char **words, GError **error)
{
  g_autoptr (GString) list = g_string_new ("[");

  if (n == 0)
    return TRUE;
  for (int i = 0; i < n; i++)
    if (!g_utf8_validate (words[i], -1, NULL))
      {
        usage_error (error, "arguments have to be UTF-8");
        return FALSE;
      }
  self->event = g_strdup (words[0]);
  for (int i = 1; i < n; i++)
    {
      g_autofree char *json = g_strdup_printf ("[%s]", words[i]);
      g_autoptr (SioArgs) one = NULL;

      if (!strings)
        one = sio_args_new_from_json (json, -1, NULL);
      if (i > 1)
        g_string_append_c (list, ',');
      /* "1,2" would be two. */
      if (one != NULL && sio_args_get_length (one) == 1)
        g_string_append (list, words[i]);
      else
        sioc_json_append_string (list, words[i]);
    }
  g_string_append_c (list, ']');
  self->args = sioc_json_read_args (list->str, list->len, error);
  return self->args != NULL;
}

gboolean
sioc_event_is_reserved (const char *event)
{
  static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", NULL
  };

  return g_strv_contains (reserved, event);
}

static gboolean
check (SiocOptions *self, const Raw *raw, GError **error)
{
  if (self->event != NULL && sioc_event_is_reserved (self->event))
    {
      usage_error (error, "\"%s\" is a reserved name and cannot be emitted", self->event);
      return FALSE;
    }
  for (guint i = 0; raw->transports != NULL && raw->transports[i] != NULL; i++)
    if (strcmp (raw->transports[i], "polling") != 0 &&
        strcmp (raw->transports[i], "websocket") != 0)
      {
        usage_error (error, "--transport expects polling or websocket, got \"%s\"",
                     raw->transports[i]);
        return FALSE;
      }
  if (self->path != NULL && self->path[0] != '/')
    {
      usage_error (error, "--path expects a path that begins with a slash, got \"%s\"", self->path);
      return FALSE;
    }
  if (self->count < 0)
    {
      usage_error (error, "--count expects a number from 1");
      return FALSE;
    }
  if (self->reconnect_attempts < 0)
    {
      usage_error (error, "--reconnect-attempts expects a number, 0 for ever");
      return FALSE;
    }
  if (self->quiet && self->verbose)
    {
      usage_error (error, "--quiet and --verbose exclude each other");
      return FALSE;
    }
  return read_seconds (raw->ack_timeout, "--ack-timeout", &self->ack_timeout, error) &&
         read_seconds (raw->timeout, "--timeout", &self->timeout, error) &&
         read_seconds (raw->reconnect_delay, "--reconnect-delay", &self->reconnect_delay, error) &&
         read_seconds (raw->reconnect_delay_max, "--reconnect-delay-max",
                       &self->reconnect_delay_max, error);
}

static gboolean
parse_command_line (SiocOptions *self, Raw *raw, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "namespace", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &raw->namespaces,
      "Namespace, instead of the path of the URL; may be repeated", "NAME" },
    { "auth", 'a', 0, G_OPTION_ARG_STRING, &raw->auth,
      "Credentials: a JSON object, or a file with one (default: $" AUTH_VARIABLE ")",
      "JSON|@FILE" },
    { "header", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &raw->headers,
      "HTTP header of every request, or a file with some; may be repeated", "NAME: VALUE|@FILE" },
    { "query", 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->query,
      "Add to the query of the URL; may be repeated", "NAME=VALUE" },
    { "path", 0, 0, G_OPTION_ARG_STRING, &self->path,
      "Path of Socket.IO on the server (default: /socket.io/)", "PATH" },
    { "transport", 't', 0, G_OPTION_ARG_STRING_ARRAY, &raw->transports,
      "polling or websocket; may be repeated (default: polling, then websocket)", "NAME" },
    { "stdin", 'i', 0, G_OPTION_ARG_NONE, &self->standard_input,
      "Emit what comes on standard input, one JSON text in a line", NULL },
    { "strings", 's', 0, G_OPTION_ARG_NONE, &raw->strings, "Take every ARG as a string", NULL },
    { "ack", 'k', 0, G_OPTION_ARG_NONE, &self->ack, "Wait for acknowledgements and print them",
      NULL },
    { "ack-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &raw->ack_timeout,
      "How long to wait for each (default: 10)", "SECONDS" },
    { "reply", 'r', 0, G_OPTION_ARG_STRING, &raw->reply,
      "Acknowledge events of the server with this; an array has several arguments", "JSON" },
    { "event", 'e', 0, G_OPTION_ARG_STRING_ARRAY, &self->events,
      "Print only events of this name; may be repeated", "NAME" },
    { "listen", 'l', 0, G_OPTION_ARG_NONE, &self->listen, "Go on when everything has been emitted",
      NULL },
    { "count", 'c', 0, G_OPTION_ARG_INT, &self->count, "End after this many events", "N" },
    { "timeout", 'w', 0, G_OPTION_ARG_DOUBLE, &raw->timeout, "End after this time", "SECONDS" },
    { "no-reconnect", 0, 0, G_OPTION_ARG_NONE, &self->no_reconnect,
      "End when the connection cannot be made, or is lost", NULL },
    { "reconnect-attempts", 0, 0, G_OPTION_ARG_INT, &self->reconnect_attempts,
      "End after this many attempts to reconnect (default: none)", "N" },
    { "reconnect-delay", 0, 0, G_OPTION_ARG_DOUBLE, &raw->reconnect_delay,
      "Wait before the first attempt; doubles with each (default: 1)", "SECONDS" },
    { "reconnect-delay-max", 0, 0, G_OPTION_ARG_DOUBLE, &raw->reconnect_delay_max,
      "Longest wait between attempts (default: 5)", "SECONDS" },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->ca_file,
      "Certificates of authorities to trust, instead of the system's (PEM)", "FILE" },
    { "cert", 0, 0, G_OPTION_ARG_FILENAME, &raw->cert_file, "Certificate of the client (PEM)",
      "FILE" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &raw->key_file,
      "Key of that certificate, unless it is in the same file", "FILE" },
    { "insecure", 0, 0, G_OPTION_ARG_NONE, &self->insecure, "Accept any certificate of the server",
      NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet,
      "Print events and acknowledgements, not the state of the connection", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose,
      "Print also attempts and changes of transport", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("URL [EVENT [ARG…]]");

  g_option_context_set_summary (
      context, "A Socket.IO client for the shell: prints events as lines of JSON, and emits them.");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

/* GOption leaves "--" where something follows that looks like an option, such as -5. */
static int
remove_dashes (char **words, int n)
{
  for (int i = 0; i < n; i++)
    if (strcmp (words[i], "--") == 0)
      {
        memmove (words + i, words + i + 1, sizeof *words * (gsize) (n - i - 1));
        return n - 1;
      }
  return n;
}

gboolean
sioc_options_parse (SiocOptions *self, int *argc, char ***argv, GError **error)
{
  g_auto (Raw) raw = { 0 };
  char **words;
  int n;

  memset (self, 0, sizeof *self);
  self->headers = g_ptr_array_new_with_free_func (g_free);
  raw.ack_timeout = DEFAULT_ACK_TIMEOUT;
  if (!parse_command_line (self, &raw, argc, argv, error))
    return FALSE;
  if (self->show_version)
    return TRUE;
  words = *argv + 1;
  n = remove_dashes (words, *argc - 1);
  if (n == 0)
    {
      usage_error (error, "expected a URL; try --help");
      return FALSE;
    }
  if (!read_url (self, &raw, words[0], error) ||
      !read_event (self, raw.strings, n - 1, words + 1, error) || !check (self, &raw, error))
    return FALSE;
  self->transports = g_steal_pointer (&raw.transports);
  return read_reply (self, &raw, error) && read_headers (self, &raw, error) &&
         read_auth (self, &raw, error) && read_tls (self, &raw, error);
}

void
sioc_options_clear (SiocOptions *self)
{
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->namespaces, g_strfreev);
  g_clear_pointer (&self->event, g_free);
  g_clear_pointer (&self->args, sio_args_unref);
  g_clear_pointer (&self->auth, json_node_unref);
  g_clear_pointer (&self->headers, g_ptr_array_unref);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->transports, g_strfreev);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->tls_certificate);
  g_clear_pointer (&self->reply, sio_args_unref);
  g_clear_pointer (&self->events, g_strfreev);
}
