/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sioctl-commands.h"

static const SioctlCommand *const commands[] = { sioctl_live_commands, sioctl_list_commands,
                                                 sioctl_act_commands };

static const SioctlCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    for (const SioctlCommand *command = commands[i]; command->name != NULL; command++)
      if (strcmp (command->name, name) == 0)
        return command;
  return NULL;
}

static char *
describe_commands (void)
{
  GString *text = g_string_new ("Commands:\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    for (const SioctlCommand *command = commands[i]; command->name != NULL; command++)
      {
        g_autofree char *usage = g_strjoin (" ", command->name, command->arguments, NULL);
        int space = 28 - (int) g_utf8_strlen (usage, -1);

        g_string_append_printf (text, "  %s%*s%s\n", usage, MAX (1, space), "", command->summary);
      }
  g_string_append (text, "\nsioctl COMMAND --help tells the options of a command.\n\n"
                         "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no server on the bus, 4 "
                         "not allowed.");
  return g_string_free (text, FALSE);
}

typedef struct
{
  gboolean session;
  gboolean system;
  char *address;
  char *name;
  gboolean json;
  gboolean version;
  SioctlOptions command;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->address);
  g_free (options->name);
  g_free (options->command.nsp);
  g_strfreev (options->command.rooms);
  g_strfreev (options->command.ids);
  g_free (options->command.user);
  g_free (options->command.text);
  g_free (options->command.transport);
  g_free (options->command.sort);
  g_strfreev (options->command.except);
  g_free (options->command.severity);
  g_free (options->command.lasting);
  g_free (options->command.event);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The options of @command; of NULL, those before any command. */
static void
add_entries (GOptionContext *context, Options *o, const SioctlCommand *command)
{
  SioctlOptions *c = &o->command;
  const GOptionEntry general[] = {
    { "system", 0, 0, G_OPTION_ARG_NONE, &o->system, "The server on the system bus (the default)",
      NULL },
    { "session", 0, 0, G_OPTION_ARG_NONE, &o->session, "The server on the session bus", NULL },
    { "address", 0, 0, G_OPTION_ARG_STRING, &o->address, "The server on the bus of this address",
      "ADDRESS" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &o->name,
      "Its name on the bus (default: org.sioglib.Server1)", "NAME" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &o->json, "One JSON object a line, for programs", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version and exit", NULL },
    { NULL }
  };
  const struct
  {
    SioctlTakes takes;
    GOptionEntry entry;
  } entries[] = {
    { SIOCTL_TAKES_FILTER | SIOCTL_TAKES_TARGET | SIOCTL_TAKES_TRAFFIC,
      { "namespace", 'n', 0, G_OPTION_ARG_STRING, &c->nsp, "Only this namespace", "NAME" } },
    { SIOCTL_TAKES_ROOM | SIOCTL_TAKES_TARGET,
      { "room", 'r', 0, G_OPTION_ARG_STRING_ARRAY, &c->rooms, "Only this room", "NAME" } },
    { SIOCTL_TAKES_TARGET | SIOCTL_TAKES_TRAFFIC,
      { "id", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &c->ids, "Only this socket", "ID" } },
    { SIOCTL_TAKES_FILTER | SIOCTL_TAKES_TARGET | SIOCTL_TAKES_TRAFFIC,
      { "user", 'u', 0, G_OPTION_ARG_STRING, &c->user, "Only this user", "NAME" } },
    { SIOCTL_TAKES_TARGET,
      { "except", 'x', 0, G_OPTION_ARG_STRING_ARRAY, &c->except, "Not this room or socket",
        "NAME" } },
    { SIOCTL_TAKES_SEARCH,
      { "text", 't', 0, G_OPTION_ARG_STRING, &c->text, "Only with this text in a name", "TEXT" } },
    { SIOCTL_TAKES_SEARCH,
      { "transport", 0, 0, G_OPTION_ARG_STRING, &c->transport, "polling or websocket", "NAME" } },
    { SIOCTL_TAKES_SEARCH | SIOCTL_TAKES_REFRESH,
      { "sort", 's', 0, G_OPTION_ARG_STRING, &c->sort,
        "In the order of connected, id, namespace, user, address, transport, latency, buffered, "
        "events, packets-in, packets-out, bytes-in, bytes-out; rooms: name, members",
        "KEY" } },
    { SIOCTL_TAKES_SEARCH,
      { "reverse", 0, 0, G_OPTION_ARG_NONE, &c->reverse, "The largest first", NULL } },
    { SIOCTL_TAKES_SEARCH, { "limit", 0, 0, G_OPTION_ARG_INT, &c->limit, "At most so many", "N" } },
    { SIOCTL_TAKES_STRINGS,
      { "strings", 0, 0, G_OPTION_ARG_NONE, &c->strings, "Arguments are strings, not JSON",
        NULL } },
    { SIOCTL_TAKES_CLOSE,
      { "close", 0, 0, G_OPTION_ARG_NONE, &c->close, "Also their connections", NULL } },
    { SIOCTL_TAKES_SEVERITY,
      { "severity", 0, 0, G_OPTION_ARG_STRING, &c->severity, "info, warning or critical",
        "NAME" } },
    { SIOCTL_TAKES_DURATION,
      { "for", 0, 0, G_OPTION_ARG_STRING, &c->lasting,
        "How long, for example 12h (default: as configured)", "TIME" } },
    { SIOCTL_TAKES_TIMEOUT,
      { "timeout", 0, 0, G_OPTION_ARG_INT, &c->timeout,
        "How long it may take (default: as configured)", "SECONDS" } },
    { SIOCTL_TAKES_REFRESH,
      { "interval", 0, 0, G_OPTION_ARG_DOUBLE, &c->interval, "How often (default: 2)",
        "SECONDS" } },
    { SIOCTL_TAKES_REFRESH | SIOCTL_TAKES_TRAFFIC,
      { "count", 'c', 0, G_OPTION_ARG_INT, &c->count, "End after so many", "N" } },
    { SIOCTL_TAKES_TRAFFIC,
      { "event", 'e', 0, G_OPTION_ARG_STRING, &c->event, "Only this event", "NAME" } },
    { SIOCTL_TAKES_TRAFFIC,
      { "outgoing", 'o', 0, G_OPTION_ARG_NONE, &c->outgoing, "Also what is sent to clients",
        NULL } },
    { SIOCTL_TAKES_TRAFFIC,
      { "payload", 'p', 0, G_OPTION_ARG_NONE, &c->payload, "Also what is in the events", NULL } },
  };

  g_option_context_add_main_entries (context, general, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      const GOptionEntry one[] = { entries[i].entry, { NULL } };

      if (command != NULL && (command->takes & entries[i].takes) != 0)
        g_option_context_add_main_entries (context, one, NULL);
    }
}

/* The first word that is no option, and no value of one of the general options. */
static const SioctlCommand *
guess_command (int argc, char **argv, const char **word)
{
  *word = NULL;
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "--address") == 0 || strcmp (argv[i], "--name") == 0)
      i++;
    else if (argv[i][0] != '-')
      {
        *word = argv[i];
        return find_command (argv[i]);
      }
  return NULL;
}

static gboolean
parse (int *argc, char ***argv, Options *options, const SioctlCommand **command, GError **error)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autofree char *summary = NULL;
  g_autofree char *parameters = NULL;
  const char *word;
  guint n;

  *command = guess_command (*argc, *argv, &word);
  if (word != NULL && *command == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                   "there is no command \"%s\"; sioctl --help lists them", word);
      return FALSE;
    }
  parameters = *command != NULL ? g_strjoin (" ", (*command)->name, (*command)->arguments, NULL)
                                : g_strdup ("COMMAND");
  context = g_option_context_new (parameters);
  summary = *command != NULL ? g_strdup_printf ("%s.", (*command)->summary)
                             : g_strdup ("Steer sio-server over D-Bus.");
  g_option_context_set_summary (context, summary);
  if (*command == NULL)
    {
      g_autofree char *list = describe_commands ();

      g_option_context_set_description (context, list);
      *command = find_command ("status");
    }
  add_entries (context, options, *command);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  n = (guint) *argc - (word != NULL ? 2 : 1);
  if (n < (*command)->min || n > (*command)->max)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "usage: sioctl %s", parameters);
      return FALSE;
    }
  if (options->command.interval < 0.1 || options->command.timeout < 0 || options->command.limit < 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--interval is at least 0.1, --timeout and --limit not negative");
      return FALSE;
    }
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { .command = { .interval = 2 } };
  g_auto (Sioctl) ctl = { .timeout_ms = 30000 };
  g_autoptr (GError) error = NULL;
  const SioctlCommand *command;

  setlocale (LC_ALL, "");
  if (!parse (&argc, &argv, &options, &command, &error))
    {
      g_printerr ("sioctl: %s\n", error->message);
      return SIOCTL_EXIT_USAGE;
    }
  if (options.version)
    {
      g_print ("sioctl %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  ctl.json = options.json;
  if (!sioctl_connect (&ctl, options.address, options.session && !options.system,
                       options.name != NULL ? options.name : "org.sioglib.Server1", &error) ||
      !command->run (&ctl, &options.command, argv + MIN (argc, 2), &error))
    return sioctl_fail (error);
  return EXIT_SUCCESS;
}
