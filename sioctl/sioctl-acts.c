/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>
#include <string.h>

#include "sioctl-commands.h"
#include "sioctl-output.h"

/* Commands that change something. */

#define MAX_IDS 1000

GVariant *
sioctl_make_target (const SioctlOptions *options)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (options->nsp != NULL)
    g_variant_builder_add (&builder, "{sv}", "namespace", g_variant_new_string (options->nsp));
  if (options->rooms != NULL)
    g_variant_builder_add (&builder, "{sv}", "rooms",
                           g_variant_new_strv ((const char *const *) options->rooms, -1));
  if (options->ids != NULL)
    g_variant_builder_add (&builder, "{sv}", "ids",
                           g_variant_new_strv ((const char *const *) options->ids, -1));
  if (options->user != NULL)
    g_variant_builder_add (&builder, "{sv}", "user", g_variant_new_string (options->user));
  if (options->except != NULL)
    g_variant_builder_add (&builder, "{sv}", "except",
                           g_variant_new_strv ((const char *const *) options->except, -1));
  return g_variant_builder_end (&builder);
}

/* The arguments of an event as one JSON list. */
static char *
make_args (char **arguments, gboolean strings, GError **error)
{
  g_autoptr (SioArgsBuilder) builder = sio_args_builder_new ();
  g_autoptr (SioArgs) args = NULL;

  for (guint i = 0; arguments[i] != NULL; i++)
    if (strings)
      sio_args_builder_add_string (builder, arguments[i]);
    else if (!sio_args_builder_add_json (builder, arguments[i], -1, error))
      {
        g_prefix_error (
            error,
            "argument %u is not JSON (put strings into '\"…\"', or give --strings): ", i + 1);
        (*error)->domain = G_OPTION_ERROR;
        (*error)->code = G_OPTION_ERROR_BAD_VALUE;
        return NULL;
      }
  args = sio_args_builder_end (builder);
  return g_strdup (sio_args_get_json (args));
}

static void
tell_count (Sioctl *ctl, guint n, const char *one, const char *many)
{
  if (ctl->json)
    sioctl_print_json (g_variant_new_parsed ("{'n': <%u>}", n));
  else
    g_print ("%u %s\n", n, n == 1 ? one : many);
}

static void
tell_done (Sioctl *ctl)
{
  if (ctl->json)
    sioctl_print_json (g_variant_new_parsed ("{'ok': <true>}"));
}

static gboolean
call_counting (Sioctl *ctl, const char *method, GVariant *args, guint *n, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (ctl, method, args, "(u)", error);

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(u)", n);
  return TRUE;
}

static gboolean
emit (Sioctl *ctl, GVariant *target, char **arguments, gboolean strings, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (target);
  g_autofree char *args = make_args (arguments + 1, strings, error);
  guint n;

  if (args == NULL ||
      !call_counting (ctl, "Emit", g_variant_new ("(@a{sv}ss)", owned, arguments[0], args), &n,
                      error))
    return FALSE;
  tell_count (ctl, n, "recipient", "recipients");
  return TRUE;
}

static gboolean
run_emit (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  /* A forgotten option must not reach everybody. */
  if (options->rooms == NULL && options->ids == NULL && options->user == NULL)
    {
      sioctl_set_usage_error (error,
                              "emit wants --room, --id or --user; broadcast is for everybody");
      return FALSE;
    }
  return emit (ctl, sioctl_make_target (options), arguments, options->strings, error);
}

static gboolean
run_broadcast (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return emit (ctl, sioctl_make_target (options), arguments, options->strings, error);
}

static gboolean
run_announce (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  guint n;

  if (!call_counting (ctl, "Announce",
                      g_variant_new ("(@a{sv}sss)", sioctl_make_target (options), arguments[0],
                                     arguments[1] != NULL ? arguments[1] : "",
                                     options->severity != NULL ? options->severity : "info"),
                      &n, error))
    return FALSE;
  tell_count (ctl, n, "recipient", "recipients");
  return TRUE;
}

/* The ids of sockets that are asked for, and were there at @now. */
static char **
find_ids (Sioctl *ctl, const SioctlOptions *options, gint64 now, GError **error)
{
  g_autoptr (GVariant) filter = sioctl_make_filter (options, now, error);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) rows = NULL;
  char **ids;

  if (filter == NULL)
    return NULL;
  g_variant_ref_sink (filter);
  if (options->older_than == NULL)
    {
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (filter);
      GVariant *with_time;

      g_variant_dict_insert (&dict, "connected-before", "t", (guint64) now);
      with_time = g_variant_ref_sink (g_variant_dict_end (&dict));
      g_variant_unref (filter);
      filter = with_time;
    }
  reply = sioctl_call (
      ctl, "ListSockets",
      g_variant_new ("(@a{sv}sbtuu)", filter, "", FALSE, (guint64) 0, 0u, (guint) MAX_IDS),
      "(" SIOCTL_SOCKET_ROWS "ut)", error);
  if (reply == NULL)
    return NULL;
  rows = g_variant_get_child_value (reply, 0);
  ids = g_new0 (char *, g_variant_n_children (rows) + 1);
  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

      g_variant_get_child (row, 0, "s", &ids[i]);
    }
  return ids;
}

static gboolean
disconnect (Sioctl *ctl, const SioctlOptions *options, char **ids, guint *n, GError **error)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (options->close)
    g_variant_builder_add (&builder, "{sv}", "close-connection", g_variant_new_boolean (TRUE));
  return call_counting (ctl, "DisconnectSockets",
                        g_variant_new ("(^as@a{sv})", ids, g_variant_builder_end (&builder)), n,
                        error);
}

static gboolean
run_kick (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  gboolean by_filter = options->nsp != NULL || options->user != NULL || options->rooms != NULL ||
                       options->text != NULL || options->transport != NULL ||
                       options->older_than != NULL || options->slower_than != NULL;
  /* Clients that come back meanwhile are left alone, so that this ends. */
  gint64 now = g_get_real_time ();
  guint total = 0;
  guint n;

  /* A forgotten option must not reach everybody. */
  if (by_filter == (arguments[0] != NULL))
    {
      sioctl_set_usage_error (
          error, "kick wants either ids, or one of --user, --room, --namespace, --text, "
                 "--transport, --older-than and --slower-than");
      return FALSE;
    }
  if (!by_filter && !disconnect (ctl, options, arguments, &total, error))
    return FALSE;
  while (by_filter)
    {
      g_auto (GStrv) ids = find_ids (ctl, options, now, error);

      if (ids == NULL || (ids[0] != NULL && !disconnect (ctl, options, ids, &n, error)))
        return FALSE;
      /* None, or all of them left by themselves. */
      if (ids[0] == NULL || n == 0)
        break;
      total += n;
    }
  tell_count (ctl, total, "socket", "sockets");
  return TRUE;
}

/* ROOM ID… */
static gboolean
move (Sioctl *ctl, const char *method, char **arguments, GError **error)
{
  const char *rooms[] = { arguments[0], NULL };
  guint n;

  if (!call_counting (ctl, method, g_variant_new ("(^as^as)", arguments + 1, rooms), &n, error))
    return FALSE;
  tell_count (ctl, n, "socket", "sockets");
  return TRUE;
}

static gboolean
run_join (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return move (ctl, "JoinRooms", arguments, error);
}

static gboolean
run_leave (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return move (ctl, "LeaveRooms", arguments, error);
}

static gboolean
run_revoke (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  guint64 lasting = 0;
  guint n;

  if (options->lasting != NULL && !sioctl_parse_duration (options->lasting, &lasting, error))
    return FALSE;
  if (!call_counting (ctl, "Revoke",
                      g_variant_new ("(sst)", arguments[0], arguments[1],
                                     lasting > 0 ? (guint64) g_get_real_time () + lasting : 0),
                      &n, error))
    return FALSE;
  tell_count (ctl, n, "socket disconnected", "sockets disconnected");
  return TRUE;
}

static gboolean
call_plain (Sioctl *ctl, const char *method, GVariant *args, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (ctl, method, args, "()", error);

  if (reply == NULL)
    return FALSE;
  tell_done (ctl);
  return TRUE;
}

static gboolean
run_unrevoke (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return call_plain (ctl, "Unrevoke", g_variant_new ("(ss)", arguments[0], arguments[1]), error);
}

static gboolean
run_reload (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call (ctl, "ReloadConfiguration", NULL, "(as)", error);
  g_auto (GStrv) warnings = NULL;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(^as)", &warnings);
  if (ctl->json)
    sioctl_print_json (g_variant_new_parsed ("{'warnings': <%^as>}", warnings));
  for (guint i = 0; !ctl->json && warnings[i] != NULL; i++)
    {
      g_autofree char *clean = sioctl_clean (warnings[i]);

      g_print ("%s\n", clean);
    }
  return TRUE;
}

static gboolean
run_drain (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  /* The answer comes when everybody has gone. */
  ctl->timeout_ms = G_MAXINT;
  return call_plain (ctl, "Drain", g_variant_new ("(u)", (guint) options->timeout * 1000), error);
}

static gboolean
run_resume (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return call_plain (ctl, "Resume", NULL, error);
}

static gboolean
run_log_level (Sioctl *ctl, const SioctlOptions *options, char **arguments, GError **error)
{
  return call_plain (ctl, "SetLogLevel", g_variant_new ("(s)", arguments[0]), error);
}

const SioctlCommand sioctl_act_commands[] = {
  { "emit", "EVENT [ARG…]", "Send an event to rooms, sockets or a user", 1, G_MAXUINT,
    SIOCTL_TAKES_TARGET | SIOCTL_TAKES_EXCEPT | SIOCTL_TAKES_STRINGS, run_emit },
  { "broadcast", "EVENT [ARG…]", "Send an event to everybody", 1, G_MAXUINT,
    SIOCTL_TAKES_EXCEPT | SIOCTL_TAKES_STRINGS, run_broadcast },
  { "announce", "TITLE [TEXT]", "Send an announcement for people", 1, 2,
    SIOCTL_TAKES_TARGET | SIOCTL_TAKES_EXCEPT | SIOCTL_TAKES_SEVERITY, run_announce },
  { "kick", "[ID…]", "Disconnect sockets, by id or as \"sockets\" selects them", 0, MAX_IDS,
    SIOCTL_TAKES_SELECTION | SIOCTL_TAKES_CLOSE | SIOCTL_TAKES_IDS, run_kick },
  { "join", "ROOM ID…", "Put sockets into a room", 2, MAX_IDS + 1, SIOCTL_TAKES_IDS, run_join },
  { "leave", "ROOM ID…", "Take sockets out of a room", 2, MAX_IDS + 1, SIOCTL_TAKES_IDS,
    run_leave },
  { "revoke", "user|token NAME", "Refuse a token, or all tokens of a user", 2, 2,
    SIOCTL_TAKES_DURATION, run_revoke },
  { "unrevoke", "user|token NAME", "Take that back", 2, 2, 0, run_unrevoke },
  { "reload", NULL, "Read the configuration again", 0, 0, 0, run_reload },
  { "drain", NULL, "Accept nobody, and let all go at a pace", 0, 0, SIOCTL_TAKES_TIMEOUT,
    run_drain },
  { "resume", NULL, "Accept clients again", 0, 0, 0, run_resume },
  { "log-level", "LEVEL", "error, warning, notice, info or debug", 1, 1, 0, run_log_level },
  { NULL },
};
