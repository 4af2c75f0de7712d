/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
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
  gboolean no_ask;
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
  g_free (options->command.older_than);
  g_free (options->command.slower_than);
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
    { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &o->no_ask,
      "Fail instead of asking for a password", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &o->version, "Print the version and exit", NULL },
    { NULL }
  };
  const struct
  {
    SioctlTakes takes;
    GOptionEntry entry;
  } entries[] = {
    { SIOCTL_TAKES_NAMESPACE | SIOCTL_TAKES_SELECTION | SIOCTL_TAKES_EXCEPT | SIOCTL_TAKES_TRAFFIC,
      { "namespace", 'n', 0, G_OPTION_ARG_STRING, &c->nsp, "Only this namespace", "NAME" } },
    { SIOCTL_TAKES_SELECTION,
      { "room", 'r', 0, G_OPTION_ARG_STRING_ARRAY, &c->rooms, "Only this room", "NAME" } },
    { SIOCTL_TAKES_TARGET,
      { "room", 'r', 0, G_OPTION_ARG_STRING_ARRAY, &c->rooms, "To this room; may be repeated",
        "NAME" } },
    { SIOCTL_TAKES_TRAFFIC,
      { "id", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &c->ids, "Only this socket", "ID" } },
    { SIOCTL_TAKES_TARGET,
      { "id", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &c->ids, "To this socket; may be repeated",
        "ID" } },
    { SIOCTL_TAKES_SELECTION | SIOCTL_TAKES_TRAFFIC,
      { "user", 'u', 0, G_OPTION_ARG_STRING, &c->user, "Only this user", "NAME" } },
    { SIOCTL_TAKES_TARGET,
      { "user", 'u', 0, G_OPTION_ARG_STRING, &c->user, "To this user", "NAME" } },
    { SIOCTL_TAKES_EXCEPT,
      { "except", 'x', 0, G_OPTION_ARG_STRING_ARRAY, &c->except,
        "Not to this room or socket; may be repeated", "NAME" } },
    { SIOCTL_TAKES_SELECTION,
      { "text", 't', 0, G_OPTION_ARG_STRING, &c->text,
        "Only with this text in the id, the user or the address", "TEXT" } },
    { SIOCTL_TAKES_ROOM_SORT,
      { "text", 't', 0, G_OPTION_ARG_STRING, &c->text, "Only with this text in the name",
        "TEXT" } },
    { SIOCTL_TAKES_SELECTION,
      { "transport", 0, 0, G_OPTION_ARG_STRING, &c->transport, "Only polling, or only websocket",
        "NAME" } },
    { SIOCTL_TAKES_SELECTION,
      { "older-than", 0, 0, G_OPTION_ARG_STRING, &c->older_than,
        "Only connected for longer than, for example, 12h", "TIME" } },
    { SIOCTL_TAKES_SELECTION,
      { "slower-than", 0, 0, G_OPTION_ARG_STRING, &c->slower_than,
        "Only with round trips of at least, for example, 200ms", "TIME" } },
    { SIOCTL_TAKES_SORT | SIOCTL_TAKES_REFRESH,
      { "sort", 's', 0, G_OPTION_ARG_STRING, &c->sort,
        "In the order of connected, id, namespace, user, address, transport, latency, buffered, "
        "events, packets-in, packets-out, bytes-in or bytes-out",
        "KEY" } },
    { SIOCTL_TAKES_ROOM_SORT,
      { "sort", 's', 0, G_OPTION_ARG_STRING, &c->sort, "In the order of name or members", "KEY" } },
    { SIOCTL_TAKES_ORDER,
      { "reverse", 0, 0, G_OPTION_ARG_NONE, &c->reverse, "The largest first", NULL } },
    { SIOCTL_TAKES_ORDER,
      { "limit", 'l', 0, G_OPTION_ARG_INT, &c->limit, "At most so many", "N" } },
    { SIOCTL_TAKES_QUIET,
      { "quiet", 'q', 0, G_OPTION_ARG_NONE, &c->quiet, "Only ids or names, one a line", NULL } },
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
    { SIOCTL_TAKES_TRAFFIC,
      { "max-payload", 0, 0, G_OPTION_ARG_INT, &c->max_payload,
        "Leave out what is larger than this (default: 4096)", "BYTES" } },
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
check_values (Options *options, GError **error)
{
  const SioctlOptions *c = &options->command;

  if ((options->address != NULL) + options->session + options->system > 1)
    sioctl_set_usage_error (error, "--system, --session and --address exclude each other");
  else if (!(c->interval >= 0.1 && c->interval <= 86400))
    sioctl_set_usage_error (error, "--interval is 0.1 to 86400 seconds");
  else if (c->timeout < 0 || c->timeout > 86400)
    sioctl_set_usage_error (error, "--timeout is 0 to 86400 seconds");
  else if (c->limit < 0 || c->count < 0 || c->max_payload < 0)
    sioctl_set_usage_error (error, "--limit, --count and --max-payload are not negative");
  else
    return TRUE;
  return FALSE;
}

/* Ids may begin with "-", and be copied from a table all the same: no option looks like that. */
static GPtrArray *
take_ids (int *argc, char **argv)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  int n = 0;

  for (int i = 0; i < *argc; i++)
    if (argv[i][0] == '-' && strlen (argv[i]) == 20 && strchr (argv[i], '=') == NULL)
      g_ptr_array_add (ids, argv[i]);
    else
      argv[n++] = argv[i];
  *argc = n;
  argv[n] = NULL;
  return g_steal_pointer (&ids);
}

/* On success what is left at the beginning of @argv are arguments of @command. */
static gboolean
parse (int *argc, char ***argv, Options *options, const SioctlCommand **command, GError **error)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autofree char *summary = NULL;
  g_autofree char *parameters = NULL;
  g_autoptr (GPtrArray) ids = NULL;
  const char *word;
  gboolean literal = FALSE;
  guint n = 0;

  *command = guess_command (*argc, *argv, &word);
  if (word != NULL && *command == NULL)
    {
      sioctl_set_usage_error (
          error,
          "there is no command \"%s\"; sioctl --help lists them, and their options come after "
          "them",
          word);
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
  if (((*command)->takes & SIOCTL_TAKES_IDS) != 0)
    ids = take_ids (argc, *argv);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  /* Without the command, and without what says that options are over. */
  for (int i = word != NULL ? 2 : 1; i < *argc; i++)
    if (!literal && strcmp ((*argv)[i], "--") == 0)
      literal = TRUE;
    else
      (*argv)[n++] = (*argv)[i];
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    (*argv)[n++] = g_ptr_array_index (ids, i);
  (*argv)[n] = NULL;
  if (n < (*command)->min || n > (*command)->max)
    {
      sioctl_set_usage_error (error, "usage: sioctl %s", parameters);
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (!g_utf8_validate ((*argv)[i], -1, NULL))
      {
        sioctl_set_usage_error (error, "argument %u is not UTF-8", i + 1);
        return FALSE;
      }
  return check_values (options, error);
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { .command = { .interval = 2 } };
  /* Long enough for a password. */
  g_auto (Sioctl) ctl = { .timeout_ms = 120000 };
  g_autoptr (GError) error = NULL;
  const SioctlCommand *command;

  setlocale (LC_ALL, "");
  if (!parse (&argc, &argv, &options, &command, &error))
    {
      /* GOption has some of domains of its own. */
      error->domain = G_OPTION_ERROR;
      return sioctl_fail (error);
    }
  if (options.version)
    {
      g_print ("sioctl %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  ctl.json = options.json;
  ctl.ask = !options.no_ask;
  if (!sioctl_connect (&ctl, options.address, options.session,
                       options.name != NULL ? options.name : "org.sioglib.Server1", &error) ||
      !command->run (&ctl, &options.command, argv, &error))
    return sioctl_fail (error);
  if (fflush (stdout) != 0 || ferror (stdout))
    {
      g_printerr ("sioctl: cannot write the output: %s\n", g_strerror (errno));
      return SIOCTL_EXIT_FAILED;
    }
  return EXIT_SUCCESS;
}
