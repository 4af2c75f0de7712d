/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-api-body.h"

/* What changes something. */

#define MAX_SECONDS (10LL * 365 * 24 * 60 * 60)
#define MAX_MS (24 * 60 * 60 * 1000)

static GError *
invalid (const char *text)
{
  return g_error_new_literal (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT, text);
}

/* The members of a body that tell whom an act concerns. */
typedef struct
{
  const char *ns;
  const char *user;
  char **sockets;
  char **targets; /* rooms */
  char **except;
  gboolean all;
} Whom;

static void
whom_clear (Whom *self)
{
  g_strfreev (self->sockets);
  g_strfreev (self->targets);
  g_strfreev (self->except);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Whom, whom_clear)

#define WHOM "namespace", "user", "sockets", "room", "except", "all"

static gboolean
read_whom (SiosApiBody *body, Whom *whom, GError **error)
{
  return sios_api_body_get_string (body, "namespace", &whom->ns, error) &&
         sios_api_body_get_string (body, "user", &whom->user, error) &&
         sios_api_body_get_strings (body, "sockets", &whom->sockets, error) &&
         sios_api_body_get_strings (body, "room", &whom->targets, error) &&
         sios_api_body_get_strings (body, "except", &whom->except, error) &&
         sios_api_body_get_boolean (body, "all", &whom->all, error);
}

static SiosRecipients
get_recipients (const Whom *whom)
{
  return (SiosRecipients){ .ns = whom->ns,
                           .rooms = (const char *const *) whom->targets,
                           .ids = (const char *const *) whom->sockets,
                           .user = whom->user,
                           .except = (const char *const *) whom->except };
}

/* A member that was forgotten must not stand for everybody. */
static gboolean
check_whom (const Whom *whom, GError **error)
{
  gboolean some = whom->user != NULL || whom->sockets != NULL || whom->targets != NULL;

  if (some != whom->all)
    return TRUE;
  g_propagate_error (error, some ? invalid ("expected either \"all\" or some of \"user\", "
                                            "\"sockets\" and \"room\"")
                                 : invalid ("expected \"user\", \"sockets\" or \"room\", or "
                                            "\"all\":true for everybody"));
  return FALSE;
}

static void
answer_number (SiosApiCall *self, const char *name, const char *value, const char *number, guint n)
{
  SioArgsBuilder *builder = sio_args_builder_new ();

  sios_begin_object (builder, NULL);
  if (name != NULL)
    sios_put_string (builder, name, value);
  sios_put_number (builder, number, n);
  sio_args_builder_end_object (builder);
  sios_api_call_answer (self, builder);
}

/* @user and @room: whom the path names, or NULL */
static void
broadcast (SiosApiCall *self, const char *user, const char *room)
{
  static const char *const members[] = { "event", "data", "namespace", "except", NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  g_auto (Whom) whom = { NULL };
  const char *rooms[] = { room, NULL };
  const char *event = NULL;
  g_autoptr (SioArgs) args = NULL;
  SiosRecipients recipients;
  GError *error = NULL;
  guint n;

  if (body == NULL)
    return;
  if (sios_api_body_get_string (body, "event", &event, &error) && read_whom (body, &whom, &error) &&
      event == NULL)
    error = invalid ("expected as \"event\" the name of an event");
  if (error == NULL)
    args = sios_api_body_dup_args (body, "data", &error);
  if (error == NULL)
    {
      recipients = get_recipients (&whom);
      recipients.user = user;
      recipients.rooms = room != NULL ? rooms : NULL;
      sios_control_emit (self->control, &caller, &recipients, event, args, &n, &error);
    }
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_number (self, "event", event, "recipientCount", n);
}

void
sios_api_broadcast (SiosApiCall *self)
{
  broadcast (self, NULL, NULL);
}

void
sios_api_broadcast_user (SiosApiCall *self)
{
  broadcast (self, self->parameter, NULL);
}

void
sios_api_broadcast_room (SiosApiCall *self)
{
  broadcast (self, NULL, self->parameter);
}

void
sios_api_announce (SiosApiCall *self)
{
  static const char *const members[] = { "title", "text", "severity", WHOM, NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  g_auto (Whom) whom = { NULL };
  const char *title = "";
  const char *text = "";
  const char *severity = "info";
  SiosRecipients recipients;
  GError *error = NULL;
  guint n;

  if (body == NULL)
    return;
  if (sios_api_body_get_string (body, "title", &title, &error) &&
      sios_api_body_get_string (body, "text", &text, &error) &&
      sios_api_body_get_string (body, "severity", &severity, &error) &&
      read_whom (body, &whom, &error))
    {
      recipients = get_recipients (&whom);
      sios_control_announce (self->control, &caller, &recipients, title, text, severity, &n,
                             &error);
    }
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_number (self, "title", title, "recipientCount", n);
}

typedef gboolean (*ChangeFunc) (SiosControl *control,
                                const SiosCaller *caller,
                                const SiosRecipients *recipients,
                                const char *const *rooms,
                                guint *n,
                                GError **error);

static void
change_rooms (SiosApiCall *self, ChangeFunc func)
{
  static const char *const members[] = { "rooms", WHOM, NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  g_auto (Whom) whom = { NULL };
  g_auto (GStrv) rooms = NULL;
  SiosRecipients recipients;
  GError *error = NULL;
  guint n;

  if (body == NULL)
    return;
  if (sios_api_body_get_strings (body, "rooms", &rooms, &error) &&
      read_whom (body, &whom, &error) && check_whom (&whom, &error))
    {
      recipients = get_recipients (&whom);
      func (self->control, &caller, &recipients, (const char *const *) rooms, &n, &error);
    }
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_number (self, NULL, NULL, "socketCount", n);
}

void
sios_api_join (SiosApiCall *self)
{
  change_rooms (self, sios_control_join);
}

void
sios_api_leave (SiosApiCall *self)
{
  change_rooms (self, sios_control_leave);
}

void
sios_api_disconnect (SiosApiCall *self)
{
  static const char *const members[] = { "close", WHOM, NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  g_auto (Whom) whom = { NULL };
  gboolean close = FALSE;
  SiosRecipients recipients;
  GError *error = NULL;
  guint n;

  if (body == NULL)
    return;
  if (sios_api_body_get_boolean (body, "close", &close, &error) &&
      read_whom (body, &whom, &error) && check_whom (&whom, &error))
    {
      recipients = get_recipients (&whom);
      sios_control_disconnect (self->control, &caller, &recipients, close, &n, &error);
    }
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_number (self, NULL, NULL, "socketCount", n);
}

/* "user" or "token" */
static gboolean
read_revocation (SiosApiBody *body, SiosRevocationKind *kind, const char **name, GError **error)
{
  const char *user = NULL;
  const char *token = NULL;

  if (!sios_api_body_get_string (body, "user", &user, error) ||
      !sios_api_body_get_string (body, "token", &token, error))
    return FALSE;
  *kind = user != NULL ? SIOS_REVOKE_USER : SIOS_REVOKE_TOKEN;
  *name = user != NULL ? user : token;
  if ((user == NULL) != (token == NULL) && **name != '\0')
    return TRUE;
  g_propagate_error (error, invalid ("expected either \"user\", the id of a user, or \"token\", "
                                     "the id of a token (jti)"));
  return FALSE;
}

/* One that is acknowledged has to outlive the process. */
typedef struct
{
  SiosApiCall *call;
  SiosRevocationKind kind;
  char *name; /* NULL for the end of one */
  guint n;
} Kept;

static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Kept *kept = user_data;
  SiosApiCall *self = kept->call;
  GError *error = NULL;

  if (!sios_control_keep_revocations_finish (result, &error))
    sios_api_call_fail (self, error);
  else if (kept->name != NULL)
    answer_number (self, kept->kind == SIOS_REVOKE_USER ? "user" : "token", kept->name,
                   "socketCount", kept->n);
  else
    sios_call_answer_data (self->call, g_strdup ("{}"));
  g_free (kept->name);
  sios_api_call_free (self);
}

static void
answer_when_kept (SiosApiCall *self, SiosRevocationKind kind, const char *name, guint n)
{
  Kept kept = { sios_api_call_copy (self), kind, g_strdup (name), n };

  sios_control_keep_revocations_async (self->control, kept_cb, g_memdup2 (&kept, sizeof kept));
}

void
sios_api_revoke (SiosApiCall *self)
{
  static const char *const members[] = { "user", "token", "seconds", NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  SiosRevocationKind kind = SIOS_REVOKE_USER;
  const char *name = NULL;
  guint64 seconds = 0;
  GError *error = NULL;
  guint n = 0;

  if (body == NULL)
    return;
  if (read_revocation (body, &kind, &name, &error) &&
      sios_api_body_get_number (body, "seconds", MAX_SECONDS, &seconds, &error))
    sios_control_revoke (self->control, &caller, kind, name,
                         seconds > 0 ? g_get_real_time () / G_USEC_PER_SEC + (gint64) seconds : 0,
                         &n, &error);
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_when_kept (self, kind, name, n);
}

void
sios_api_unrevoke (SiosApiCall *self)
{
  static const char *const members[] = { "user", "token", NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  SiosRevocationKind kind = SIOS_REVOKE_USER;
  const char *name = NULL;
  GError *error = NULL;

  if (body == NULL)
    return;
  if (read_revocation (body, &kind, &name, &error))
    sios_control_unrevoke (self->control, &caller, kind, name, &error);
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    answer_when_kept (self, kind, NULL, 0);
}

void
sios_api_log_level (SiosApiCall *self)
{
  static const char *const members[] = { "level", NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  const char *level = "";
  GError *error = NULL;

  if (body == NULL)
    return;
  if (sios_api_body_get_string (body, "level", &level, &error))
    sios_control_set_log_level (self->control, &caller, level, &error);
  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    sios_call_answer_data (self->call, g_strdup ("{}"));
}

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosApiCall *self = user_data;
  GError *error = NULL;
  g_auto (GStrv) warnings = sios_control_reload_finish (SIOS_CONTROL (source), result, &error);
  SioArgsBuilder *builder;

  if (error != NULL)
    sios_api_call_fail (self, error);
  else
    {
      builder = sio_args_builder_new ();
      sios_begin_object (builder, NULL);
      sios_begin_array (builder, "warnings");
      for (guint i = 0; warnings[i] != NULL; i++)
        sio_args_builder_add_string (builder, warnings[i]);
      sio_args_builder_end_array (builder);
      sio_args_builder_end_object (builder);
      sios_api_call_answer (self, builder);
    }
  sios_api_call_free (self);
}

void
sios_api_reload (SiosApiCall *self)
{
  SiosCaller caller = sios_call_get_caller (self->call);

  sios_control_reload_async (self->control, &caller, reloaded_cb, sios_api_call_copy (self));
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosApiCall *self = user_data;
  GError *error = NULL;

  if (sios_control_drain_finish (SIOS_CONTROL (source), result, &error))
    sios_call_answer_data (self->call, g_strdup ("{}"));
  else
    sios_api_call_fail (self, error);
  sios_api_call_free (self);
}

void
sios_api_drain (SiosApiCall *self)
{
  static const char *const members[] = { "timeoutMs", NULL };
  g_autoptr (SiosApiBody) body = sios_api_body_read (self, members);
  SiosCaller caller = sios_call_get_caller (self->call);
  guint64 timeout = 0;
  GError *error = NULL;

  if (body == NULL)
    return;
  if (sios_api_body_get_number (body, "timeoutMs", MAX_MS, &timeout, &error))
    sios_control_drain_async (self->control, &caller, (guint) timeout, drained_cb,
                              sios_api_call_copy (self));
  else
    sios_api_call_fail (self, error);
}

void
sios_api_resume (SiosApiCall *self)
{
  SiosCaller caller = sios_call_get_caller (self->call);
  GError *error = NULL;

  if (sios_control_resume (self->control, &caller, &error))
    sios_call_answer_data (self->call, g_strdup ("{}"));
  else
    sios_api_call_fail (self, error);
}
