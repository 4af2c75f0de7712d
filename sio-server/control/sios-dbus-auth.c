/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "sios-dbus-private.h"

/* On the system bus PolicyKit decides about everybody but root. Where it is not there, the members
 * of one group may all, and nobody else may anything. On other buses the caller has to be the user
 * that we are. */

#define MAX_PENDING 128
#define MAX_PENDING_OF_SENDER 16
#define MAX_KNOWN 256
#define ANSWER_MS (10 * 1000)
#define PASSWORD_MS (5 * 60 * 1000)

typedef struct
{
  guint32 uid;
  gboolean in_group;
} Credentials;

struct _SiosDbusAuth
{
  GDBusConnection *connection;
  const SiosDbusSettings *settings;
  GCancellable *cancellable;
  GHashTable *known;   /* sender → Credentials; unique names are never used again */
  GHashTable *pending; /* element-type Check */
};

typedef struct
{
  SiosDbusAuth *auth;
  GDBusMethodInvocation *invocation;
  SiosPermissions permission;
  SiosDbusAuthFunc func;
  gpointer user_data;
  Credentials credentials;
  gboolean is_known;
  gboolean may_ask; /* the user for a password */
  char *cancellation_id;
} Check;

SiosDbusAuth *
sios_dbus_auth_new (GDBusConnection *connection, const SiosDbusSettings *settings)
{
  SiosDbusAuth *self = g_new0 (SiosDbusAuth, 1);

  self->connection = g_object_ref (connection);
  self->settings = settings;
  self->cancellable = g_cancellable_new ();
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->pending = g_hash_table_new (NULL, NULL);
  return self;
}

void
sios_dbus_auth_free (SiosDbusAuth *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    ((Check *) key)->auth = NULL;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->known);
  g_object_unref (self->connection);
  g_free (self);
}

/* Takes @error. */
static void
check_end (Check *check, GError *error)
{
  g_autofree char *name = NULL;
  SiosCaller caller = { SIOS_CALLER_DBUS, NULL,
                        g_dbus_method_invocation_get_sender (check->invocation) };

  if (check->auth == NULL)
    {
      g_clear_error (&error);
      sios_dbus_return_error (check->invocation,
                              g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_FAILED,
                                                   "the server is leaving the bus"));
    }
  else
    {
      g_hash_table_remove (check->auth->pending, check);
      if (check->is_known)
        caller.name = name = g_strdup_printf ("uid %u", check->credentials.uid);
      check->func (check->invocation, &caller, error, check->user_data);
      g_clear_error (&error);
    }
  g_free (check->cancellation_id);
  g_free (check);
}

static void
deny (Check *check, const char *why)
{
  check_end (check,
             g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_ACCESS_DENIED, why));
}

/* Whether PolicyKit is not there, rather than of another opinion. */
static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_EXEC_FAILED) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_FAILED);
}

/* Nobody waits for the password dialog any more. */
static void
cancel_question (Check *check)
{
  if (check->auth != NULL)
    g_dbus_connection_call (check->auth->connection, "org.freedesktop.PolicyKit1",
                            "/org/freedesktop/PolicyKit1/Authority",
                            "org.freedesktop.PolicyKit1.Authority", "CancelCheckAuthorization",
                            g_variant_new ("(s)", check->cancellation_id), NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MS, NULL, NULL, NULL);
}

static void
polkit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  gboolean allowed;
  gboolean challenge;

  if (answer != NULL)
    {
      g_variant_get (answer, "((bb@a{ss}))", &allowed, &challenge, NULL);
      if (allowed)
        check_end (check, NULL);
      else if (challenge && !check->may_ask)
        deny (check, "PolicyKit wants a password; allow interactive authorization");
      else
        deny (check, "PolicyKit does not allow it");
    }
  else if (is_absent (error) && check->credentials.in_group)
    check_end (check, NULL);
  else if (is_absent (error))
    deny (check, "PolicyKit is not there, and the caller is neither root nor in the group of "
                 "administrators");
  else
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        cancel_question (check);
      g_info ("PolicyKit: %s", error->message);
      deny (check, "PolicyKit did not answer");
    }
}

static const char *
get_action (SiosPermissions permission)
{
  switch ((guint) permission)
    {
    case SIOS_PERMISSION_READ:
      return SIOS_DBUS_INTERFACE ".read";
    case SIOS_PERMISSION_MANAGE:
      return SIOS_DBUS_INTERFACE ".manage";
    case SIOS_PERMISSION_EMIT:
      return SIOS_DBUS_INTERFACE ".emit";
    case SIOS_PERMISSION_CONFIGURE:
      return SIOS_DBUS_INTERFACE ".configure";
    case SIOS_PERMISSION_INSPECT:
    default:
      return SIOS_DBUS_INTERFACE ".inspect";
    }
}

static void
ask_polkit (Check *check)
{
  static guint last_question;
  GDBusMessage *message = g_dbus_method_invocation_get_message (check->invocation);
  GVariantBuilder subject;
  GVariantBuilder details;

  check->may_ask = (g_dbus_message_get_flags (message) &
                    G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
  check->cancellation_id = g_strdup_printf ("sio-server-%d-%u", getpid (), ++last_question);
  g_variant_builder_init (&subject, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &subject, "{sv}", "name",
      g_variant_new_string (g_dbus_method_invocation_get_sender (check->invocation)));
  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&details, "{ss}", "method",
                         g_dbus_method_invocation_get_method_name (check->invocation));
  g_dbus_connection_call (
      check->auth->connection, "org.freedesktop.PolicyKit1",
      "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
      "CheckAuthorization",
      g_variant_new ("((sa{sv})sa{ss}us)", "system-bus-name", &subject,
                     get_action (check->permission), &details, check->may_ask ? 1 : 0,
                     check->cancellation_id),
      G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
      check->may_ask ? PASSWORD_MS : ANSWER_MS, check->auth->cancellable, polkit_cb, check);
}

static void
decide (Check *check)
{
  const SiosDbusSettings *settings = check->auth->settings;

  if (check->permission == 0)
    check_end (check, NULL);
  else if (!settings->system)
    {
      if (check->credentials.uid == getuid ())
        check_end (check, NULL);
      else
        deny (check, "the caller is another user than the server");
    }
  else if (check->credentials.uid == 0)
    check_end (check, NULL);
  else
    ask_polkit (check);
}

static gboolean
is_in_group (GVariant *credentials, gint64 group)
{
  g_autoptr (GVariant) groups =
      g_variant_lookup_value (credentials, "UnixGroupIDs", G_VARIANT_TYPE ("au"));
  const guint32 *gids;
  gsize n;

  if (group < 0 || groups == NULL)
    return FALSE;
  gids = g_variant_get_fixed_array (groups, &n, sizeof *gids);
  for (gsize i = 0; i < n; i++)
    if (gids[i] == group)
      return TRUE;
  return FALSE;
}

static void
credentials_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) dict = NULL;

  if (check->auth == NULL)
    {
      check_end (check, NULL);
      return;
    }
  if (answer != NULL)
    g_variant_get (answer, "(@a{sv})", &dict);
  if (dict == NULL || !g_variant_lookup (dict, "UnixUserID", "u", &check->credentials.uid))
    {
      deny (check, "the bus does not tell who the caller is");
      return;
    }
  check->credentials.in_group = is_in_group (dict, check->auth->settings->admin_group);
  check->is_known = TRUE;
  if (g_hash_table_size (check->auth->known) >= MAX_KNOWN)
    g_hash_table_remove_all (check->auth->known);
  g_hash_table_replace (check->auth->known,
                        g_strdup (g_dbus_method_invocation_get_sender (check->invocation)),
                        g_memdup2 (&check->credentials, sizeof check->credentials));
  decide (check);
}

static guint
count_pending (SiosDbusAuth *self, const char *sender)
{
  GHashTableIter iter;
  gpointer key;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (strcmp (g_dbus_method_invocation_get_sender (((Check *) key)->invocation), sender) == 0)
      n++;
  return n;
}

void
sios_dbus_auth_check (SiosDbusAuth *self,
                      GDBusMethodInvocation *invocation,
                      SiosPermissions permission,
                      SiosDbusAuthFunc func,
                      gpointer user_data)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  const Credentials *known = g_hash_table_lookup (self->known, sender);
  Check *check = g_new0 (Check, 1);

  check->auth = self;
  check->invocation = invocation;
  check->permission = permission;
  check->func = func;
  check->user_data = user_data;
  if (g_hash_table_size (self->pending) >= MAX_PENDING ||
      count_pending (self, sender) >= MAX_PENDING_OF_SENDER)
    {
      check_end (check, g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
                                             "too many calls wait for PolicyKit; try again later"));
      return;
    }
  g_hash_table_add (self->pending, check);
  if (known != NULL)
    {
      check->credentials = *known;
      check->is_known = TRUE;
      decide (check);
      return;
    }
  g_dbus_connection_call (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionCredentials", g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(a{sv})"),
      G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, self->cancellable, credentials_cb, check);
}
