/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-options.h"

#include <string.h>

#define DEFAULT_ADDRESS "tcp:localhost:3000"
#define DEFAULT_PATH "/socket.io"

static gboolean
parse_log_level (const char *name, GLogLevelFlags *level, GError **error)
{
  static const struct
  {
    const char *name;
    GLogLevelFlags level;
  } levels[] = { { "error", G_LOG_LEVEL_CRITICAL },
                 { "warning", G_LOG_LEVEL_WARNING },
                 { "notice", G_LOG_LEVEL_MESSAGE },
                 { "info", G_LOG_LEVEL_INFO },
                 { "debug", G_LOG_LEVEL_DEBUG } };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (strcmp (levels[i].name, name) == 0)
      {
        *level = levels[i].level;
        return TRUE;
      }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--log-level expects error, warning, notice, info or debug, got \"%s\"", name);
  return FALSE;
}

static gboolean
check (SiosOptions *self, GError **error)
{
  if (self->path[0] != '/')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--path expects a path that begins with a slash, got \"%s\"", self->path);
      return FALSE;
    }
  /* Everything below "/" would be Socket.IO's, and the built-in page out of reach. */
  if (strspn (self->path, "/") == strlen (self->path))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--path expects more than slashes, for example %s", DEFAULT_PATH);
      return FALSE;
    }
  return TRUE;
}

gboolean
sios_options_parse (SiosOptions *self, int *argc, char ***argv, GError **error)
{
  g_autofree char *log_level = NULL;
  const GOptionEntry entries[] = {
    { "listen", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &self->listen,
      "Where to listen: tcp:HOST:PORT, unix:PATH[,mode=0660][,group=NAME] or fd:NUMBER; may be "
      "repeated (default: " DEFAULT_ADDRESS ")",
      "ADDRESS" },
    { "path", 0, 0, G_OPTION_ARG_STRING, &self->path,
      "Path of Socket.IO (default: " DEFAULT_PATH ")", "PATH" },
    { "namespace", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &self->namespaces,
      "Serve this namespace besides /; may be repeated", "NAME" },
    { "cors-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->cors_origins,
      "Let pages of this origin connect, or of any with *; may be repeated", "ORIGIN" },
    { "client-dir", 0, 0, G_OPTION_ARG_FILENAME, &self->client_dir,
      "Where the browser client's files are (socket.io.js and others)", "DIR" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &log_level,
      "error, warning, notice, info or debug (default: info)", "LEVEL" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  memset (self, 0, sizeof *self);
  self->log_level = G_LOG_LEVEL_INFO;
  g_option_context_set_summary (
      context, "A Socket.IO server that is ready to run: rooms, chat and latency without code.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "unexpected argument \"%s\"; try --help", (*argv)[1]);
      return FALSE;
    }
  if (log_level != NULL && !parse_log_level (log_level, &self->log_level, error))
    return FALSE;

  if (self->listen == NULL)
    self->listen = g_strdupv ((char *[]){ (char *) DEFAULT_ADDRESS, NULL });
  if (self->path == NULL)
    self->path = g_strdup (DEFAULT_PATH);
  if (self->client_dir == NULL)
    self->client_dir = g_strdup (g_getenv ("SIO_CLIENT_DIR"));
  if (self->client_dir == NULL)
    self->client_dir = g_strdup (SIO_CLIENT_BUNDLE_DIR);
  return check (self, error);
}

void
sios_options_clear (SiosOptions *self)
{
  g_clear_pointer (&self->listen, g_strfreev);
  g_clear_pointer (&self->namespaces, g_strfreev);
  g_clear_pointer (&self->cors_origins, g_strfreev);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->client_dir, g_free);
}
