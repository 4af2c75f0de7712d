/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-dbus-private.h"

/* Methods that change something. */

void
sios_dbus_disconnect_sockets (const SiosDbusCall *call)
{
  g_autofree const char **ids = NULL;
  g_autoptr (GVariant) options = NULL;
  gboolean close_connection = FALSE;
  const SiosDbusKey keys[] = { { "close-connection", "b", &close_connection } };
  SiosRecipients target = { 0 };
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get (call->arguments, "(^a&s@a{sv})", &ids, &options);
  target.ids = ids;
  done = sios_dbus_read_dict (options, keys, G_N_ELEMENTS (keys), &error) &&
         sios_control_disconnect (call->service->control, call->caller, &target, close_connection,
                                  &n, &error);
  sios_dbus_call_return_number (call, done, n, error);
}

void
sios_dbus_join_rooms (const SiosDbusCall *call)
{
  g_autofree const char **ids = NULL;
  g_autofree const char **rooms = NULL;
  SiosRecipients target = { 0 };
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get (call->arguments, "(^a&s^a&s)", &ids, &rooms);
  target.ids = ids;
  done = sios_control_join (call->service->control, call->caller, &target, rooms, &n, &error);
  sios_dbus_call_return_number (call, done, n, error);
}

void
sios_dbus_leave_rooms (const SiosDbusCall *call)
{
  g_autofree const char **ids = NULL;
  g_autofree const char **rooms = NULL;
  SiosRecipients target = { 0 };
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get (call->arguments, "(^a&s^a&s)", &ids, &rooms);
  target.ids = ids;
  done = sios_control_leave (call->service->control, call->caller, &target, rooms, &n, &error);
  sios_dbus_call_return_number (call, done, n, error);
}

/* What a target points to. */
typedef struct
{
  GVariant *dict;
  const char **rooms;
  const char **ids;
  const char **except;
} TargetHold;

static void
target_hold_clear (TargetHold *hold)
{
  g_clear_pointer (&hold->dict, g_variant_unref);
  g_free (hold->rooms);
  g_free (hold->ids);
  g_free (hold->except);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TargetHold, target_hold_clear)

static gboolean
read_target (const SiosDbusCall *call, SiosRecipients *target, TargetHold *hold, GError **error)
{
  const SiosDbusKey keys[] = {
    { "namespace", "s", &target->ns }, { "user", "s", &target->user },
    { "rooms", "as", &hold->rooms },   { "ids", "as", &hold->ids },
    { "except", "as", &hold->except },
  };

  hold->dict = g_variant_get_child_value (call->arguments, 0);
  if (!sios_dbus_read_dict (hold->dict, keys, G_N_ELEMENTS (keys), error))
    return FALSE;
  target->rooms = hold->rooms;
  target->ids = hold->ids;
  target->except = hold->except;
  return TRUE;
}

static void
emit_to (const SiosDbusCall *call, const SiosRecipients *target)
{
  g_autoptr (SioArgs) args = NULL;
  const char *event;
  const char *json;
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get_child (call->arguments, 1, "&s", &event);
  g_variant_get_child (call->arguments, 2, "&s", &json);
  args = sios_control_parse_args (json, -1, &error);
  done = args != NULL &&
         sios_control_emit (call->service->control, call->caller, target, event, args, &n, &error);
  sios_dbus_call_return_number (call, done, n, error);
}

void
sios_dbus_emit (const SiosDbusCall *call)
{
  g_auto (TargetHold) hold = { 0 };
  SiosRecipients target = { 0 };
  GError *error = NULL;

  if (read_target (call, &target, &hold, &error))
    emit_to (call, &target);
  else
    sios_dbus_call_fail (call, error);
}

void
sios_dbus_broadcast (const SiosDbusCall *call)
{
  SiosRecipients target = { 0 };

  g_variant_get_child (call->arguments, 0, "&s", &target.ns);
  if (*target.ns == '\0')
    target.ns = NULL;
  emit_to (call, &target);
}

void
sios_dbus_announce (const SiosDbusCall *call)
{
  g_auto (TargetHold) hold = { 0 };
  SiosRecipients target = { 0 };
  const char *title;
  const char *text;
  const char *severity;
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get_child (call->arguments, 1, "&s", &title);
  g_variant_get_child (call->arguments, 2, "&s", &text);
  g_variant_get_child (call->arguments, 3, "&s", &severity);
  done = read_target (call, &target, &hold, &error) &&
         sios_control_announce (call->service->control, call->caller, &target, title, text,
                                severity, &n, &error);
  sios_dbus_call_return_number (call, done, n, error);
}

/* FALSE with an error. */
static gboolean
parse_kind (const char *text, SiosRevocationKind *kind, GError **error)
{
  if (strcmp (text, "user") == 0)
    *kind = SIOS_REVOKE_USER;
  else if (strcmp (text, "token") == 0)
    *kind = SIOS_REVOKE_TOKEN;
  else
    {
      g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                   "expected user or token as the kind, got \"%.100s\"", text);
      return FALSE;
    }
  return TRUE;
}

/* A revocation that is acknowledged has to outlive the process. */
typedef struct
{
  GDBusMethodInvocation *invocation;
  GVariant *answer; /* (transfer full) (nullable) */
} Kept;

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Kept *kept = user_data;
  g_autoptr (GVariant) answer = kept->answer;
  GError *error = NULL;

  if (sios_control_keep_revocations_finish (result, &error))
    g_dbus_method_invocation_return_value (kept->invocation, answer);
  else
    sios_dbus_return_error (kept->invocation, error);
}

static void
return_when_kept (const SiosDbusCall *call, GVariant *answer)
{
  Kept kept = { call->invocation, answer != NULL ? g_variant_ref_sink (answer) : NULL };

  sios_control_keep_revocations_async (call->service->control, kept_cb,
                                       g_memdup2 (&kept, sizeof kept));
}

void
sios_dbus_revoke (const SiosDbusCall *call)
{
  SiosRevocationKind kind;
  const char *text;
  const char *name;
  guint64 until;
  GError *error = NULL;
  guint n = 0;
  gboolean done;

  g_variant_get (call->arguments, "(&s&st)", &text, &name, &until);
  done = parse_kind (text, &kind, &error) &&
         sios_control_revoke (call->service->control, call->caller, kind, name,
                              (gint64) (MIN (until, G_MAXINT64) / G_USEC_PER_SEC), &n, &error);
  if (done)
    return_when_kept (call, g_variant_new ("(u)", n));
  else
    sios_dbus_call_fail (call, error);
}

void
sios_dbus_unrevoke (const SiosDbusCall *call)
{
  SiosRevocationKind kind;
  const char *text;
  const char *name;
  GError *error = NULL;

  g_variant_get (call->arguments, "(&s&s)", &text, &name);
  if (parse_kind (text, &kind, &error) &&
      sios_control_unrevoke (call->service->control, call->caller, kind, name, &error))
    return_when_kept (call, NULL);
  else
    sios_dbus_call_fail (call, error);
}
