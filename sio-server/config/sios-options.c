/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-options.h"

#include <string.h>

/* Options that are short forms of keys of [server] */
typedef struct
{
  char **listen;
  char **namespaces;
  char **cors_origins;
  char *path;
  char *client_dir;
  char *log_level;
} Shorthands;

static void
shorthands_clear (Shorthands *self)
{
  g_strfreev (self->listen);
  g_strfreev (self->namespaces);
  g_strfreev (self->cors_origins);
  g_free (self->path);
  g_free (self->client_dir);
  g_free (self->log_level);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Shorthands, shorthands_clear)

static void
add (GPtrArray *entries, const char *key, const char *text, const char *origin)
{
  g_autofree char *raw = text != NULL ? sios_escape (text, FALSE) : NULL;

  if (text != NULL)
    g_ptr_array_add (entries, sios_entry_new ("server", key, raw, origin));
}

static void
add_list (GPtrArray *entries, const char *key, char **items, const char *origin)
{
  g_autoptr (GString) raw = g_string_new (NULL);

  if (items == NULL)
    return;
  for (guint i = 0; items[i] != NULL; i++)
    {
      g_autofree char *item = sios_escape (items[i], TRUE);

      g_string_append_printf (raw, "%s;", item);
    }
  g_ptr_array_add (entries, sios_entry_new ("server", key, raw->str, origin));
}

static void
add_shorthands (SiosSources *sources, const Shorthands *given)
{
  add_list (sources->entries, "listen", given->listen, "--listen");
  add (sources->entries, "path", given->path, "--path");
  add_list (sources->entries, "cors-origins", given->cors_origins, "--cors-origin");
  add (sources->entries, "client-dir", given->client_dir, "--client-dir");
  add (sources->entries, "log-level", given->log_level, "--log-level");
  for (guint i = 0; given->namespaces != NULL && given->namespaces[i] != NULL; i++)
    {
      const char *name = given->namespaces[i];
      g_autofree char *group = g_strdup_printf ("namespace %s%s", *name == '/' ? "" : "/", name);

      g_ptr_array_add (sources->entries, sios_entry_new (group, NULL, NULL, "--namespace"));
    }
  add (sources->defaults, "client-dir", g_getenv ("SIO_CLIENT_DIR"), "$SIO_CLIENT_DIR");
  add (sources->defaults, "rules-dir", g_getenv ("SIO_RULES_DIR"), "$SIO_RULES_DIR");
}

gboolean
sios_options_parse (SiosOptions *self, int *argc, char ***argv, GError **error)
{
  g_auto (Shorthands) given = { 0 };
  g_auto (GStrv) sets = NULL;
  g_autofree char *config = NULL;
  gboolean session = FALSE;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config,
      "Configuration to read, with the conf.d beside it (default: " SIOS_CONFIG_FILE ")", "FILE" },
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &sets,
      "Set one key, whatever files say; may be repeated", "GROUP.KEY=VALUE" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &self->check_config,
      "Tell all that is wrong with the configuration, and exit", NULL },
    { "print-config", 0, 0, G_OPTION_ARG_NONE, &self->print_config,
      "Print the configuration and where it comes from, and exit", NULL },
    { "listen", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &given.listen,
      "Where to listen: tcp:HOST:PORT, tls:HOST:PORT, unix:PATH[:MODE], systemd:NAME or "
      "fd:NUMBER; may be repeated (server.listen)",
      "ADDRESS" },
    { "path", 0, 0, G_OPTION_ARG_STRING, &given.path, "Path of Socket.IO (server.path)", "PATH" },
    { "namespace", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &given.namespaces,
      "Serve this namespace besides /; may be repeated ([namespace NAME])", "NAME" },
    { "cors-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &given.cors_origins,
      "Let pages of this origin connect, or of any with *; may be repeated (server.cors-origins)",
      "ORIGIN" },
    { "client-dir", 0, 0, G_OPTION_ARG_FILENAME, &given.client_dir,
      "Where the browser client's files are (server.client-dir)", "DIR" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &given.log_level,
      "error, warning, notice, info or debug (server.log-level)", "LEVEL" },
    { "session", 0, 0, G_OPTION_ARG_NONE, &session,
      "Be steered over the session bus, by oneself (dbus.bus=session)", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->show_version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  memset (self, 0, sizeof *self);
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

  self->sources = sios_sources_new ();
  self->sources->required = config != NULL;
  self->sources->path = config != NULL ? g_steal_pointer (&config) : g_strdup (SIOS_CONFIG_FILE);
  add_shorthands (self->sources, &given);
  if (session)
    g_ptr_array_add (self->sources->entries,
                     sios_entry_new ("dbus", "bus", "session", "--session"));
  for (guint i = 0; sets != NULL && sets[i] != NULL; i++)
    if (!sios_sources_add_set (self->sources, sets[i], error))
      return FALSE;
  return TRUE;
}

void
sios_options_clear (SiosOptions *self)
{
  g_clear_pointer (&self->sources, sios_sources_free);
}
