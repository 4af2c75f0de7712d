/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sioa-admin-private.h"

/* What the server tells: what it can do, its figures, its sockets and what becomes of them. */

/* Servers tell their figures every two seconds. */
#define STALE_S 10
/* What a server tells must not fill the memory. */
#define MAX_NAMESPACES 10000
#define MAX_SESSION_LENGTH 4096

static gboolean
tell_changes_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;
  GPtrArray *changes = self->changes;

  self->changes_id = 0;
  self->changes = sioa_changes_new ();
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  return G_SOURCE_REMOVE;
}

/* Those that come while the list of all sockets is read are about what is in it. */
static void
plan_to_tell (SioaAdminBackend *self)
{
  if (self->changes->len > 0 && self->reading == NULL && self->changes_id == 0)
    /* No lower than messages, which might never leave room for it. */
    self->changes_id = g_idle_add_full (G_PRIORITY_DEFAULT, tell_changes_cb, self, NULL);
}

/* TRUE if it was not known. */
static gboolean
know_namespace (SioaAdminBackend *self, const char *name)
{
  if (g_hash_table_contains (self->namespaces, name) ||
      g_hash_table_size (self->namespaces) >= MAX_NAMESPACES)
    return FALSE;
  return g_hash_table_add (self->namespaces, g_strdup (name));
}

static void
add_namespace (SioaAdminBackend *self, const char *name)
{
  if (know_namespace (self, name))
    sioa_changes_add (self->changes, SIOA_CHANGE_NAMESPACE, name, NULL, NULL);
}

/* After a reset, those that are known all the same. */
static void
tell_namespaces (SioaAdminBackend *self, GPtrArray *changes)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    sioa_changes_add (changes, SIOA_CHANGE_NAMESPACE, name, NULL, NULL);
}

static gboolean
stale_cb (gpointer user_data)
{
  SioaAdminBackend *self = user_data;

  self->stale_id = 0;
  if (self->state == SIOA_STATE_OPEN)
    sioa_admin_backend_set_state (self, SIOA_STATE_STALE, NULL);
  return G_SOURCE_REMOVE;
}

static void
watch_for_silence (SioaAdminBackend *self)
{
  g_clear_handle_id (&self->stale_id, g_source_remove);
  self->stale_id = g_timeout_add_seconds (STALE_S, stale_cb, self);
}

static SioaFeatures
translate_features (SioaAdminFeatures features)
{
  static const struct
  {
    SioaAdminFeatures all;
    SioaFeatures feature;
  } table[] = { { SIOA_ADMIN_EMIT, SIOA_CAN_EMIT },
                { SIOA_ADMIN_JOIN, SIOA_CAN_JOIN },
                { SIOA_ADMIN_LEAVE, SIOA_CAN_LEAVE },
                { SIOA_ADMIN_DISCONNECT, SIOA_CAN_DISCONNECT },
                { SIOA_ADMIN_MJOIN | SIOA_ADMIN_MLEAVE | SIOA_ADMIN_MDISCONNECT, SIOA_CAN_MANY },
                { SIOA_ADMIN_ALL_EVENTS, SIOA_HAS_SOCKETS | SIOA_HAS_EVENTS } };
  SioaFeatures translated = 0;

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if ((features & table[i].all) == table[i].all)
      translated |= table[i].feature;
  return translated;
}

static void
config_cb (SioaAdminBackend *self, SioArgs *args)
{
  SioaAdminFeatures features;

  if (!sioa_admin_read_config (args, &features))
    return;
  g_clear_handle_id (&self->config_id, g_source_remove);
  watch_for_silence (self);
  if (self->configured && self->state == SIOA_STATE_OPEN &&
      self->features == translate_features (features))
    return;
  self->features = translate_features (features);
  /* Without the list, this is all that there is to begin with. */
  if (!self->configured && (self->features & SIOA_HAS_SOCKETS) == 0)
    {
      g_ptr_array_set_size (self->changes, 0);
      sioa_changes_add (self->changes, SIOA_CHANGE_RESET, NULL, NULL, NULL);
      tell_namespaces (self, self->changes);
    }
  self->configured = TRUE;
  sioa_admin_backend_set_state (self, SIOA_STATE_OPEN, NULL);
}

static gboolean
sample_cb (gpointer user_data)
{
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  g_autoptr (SioaSample) sample = sioa_admin_stats_sum_up (self->stats, g_get_monotonic_time ());
  GHashTableIter iter;
  gpointer name;

  self->sample_id = 0;
  g_hash_table_iter_init (&iter, sample->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    add_namespace (self, name);
  plan_to_tell (self);
  watch_for_silence (self);
  if (self->state == SIOA_STATE_STALE)
    sioa_admin_backend_set_state (self, SIOA_STATE_OPEN, NULL);
  sioa_backend_tell_sample (SIOA_BACKEND (self), sample);
  return G_SOURCE_REMOVE;
}

/* Many servers may answer at once: they are summed up once for all. */
static void
stats_cb (SioaAdminBackend *self, SioArgs *args)
{
  if (sioa_admin_stats_read (self->stats, args, g_get_monotonic_time ()) && self->sample_id == 0)
    self->sample_id = g_idle_add_full (G_PRIORITY_DEFAULT, sample_cb, self, NULL);
}

static void
read_thread (GTask *task, gpointer source, gpointer args, GCancellable *cancellable)
{
  g_autoptr (GPtrArray) changes = sioa_admin_read_sockets (args, cancellable);

  /* Then nobody wants it: thousands of sockets are given up here, not in the main loop. */
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_steal_pointer (&changes), (GDestroyNotify) g_ptr_array_unref);
}

static void read_list (SioaAdminBackend *self, SioArgs *args);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioaAdminBackend *self = SIOA_ADMIN_BACKEND (source);
  g_autoptr (GPtrArray) changes = g_task_propagate_pointer (G_TASK (result), NULL);

  /* The end came between. */
  if (self->reading != g_task_get_cancellable (G_TASK (result)))
    return;
  g_clear_object (&self->reading);
  if (self->unread != NULL)
    {
      g_autoptr (SioArgs) args = g_steal_pointer (&self->unread);

      read_list (self, args);
      return;
    }
  if (changes == NULL)
    return;
  tell_namespaces (self, changes);
  for (guint i = 0; i < changes->len; i++)
    {
      SioaChange *change = g_ptr_array_index (changes, i);

      if (change->socket != NULL)
        know_namespace (self, change->socket->nsp);
    }
  g_ptr_array_extend_and_steal (changes, g_steal_pointer (&self->changes));
  self->changes = g_steal_pointer (&changes);
  plan_to_tell (self);
}

static void
read_list (SioaAdminBackend *self, SioArgs *args)
{
  g_autoptr (GTask) task = NULL;

  self->reading = g_cancellable_new ();
  task = g_task_new (self, self->reading, read_cb, NULL);
  g_task_set_source_tag (task, read_list);
  g_task_set_task_data (task, sio_args_ref (args), (GDestroyNotify) sio_args_unref);
  g_task_run_in_thread (task, read_thread);
}

static void
all_sockets_cb (SioaAdminBackend *self, SioArgs *args)
{
  g_clear_handle_id (&self->changes_id, g_source_remove);
  /* What came before is in the list. */
  g_ptr_array_set_size (self->changes, 0);
  if (self->reading == NULL)
    {
      read_list (self, args);
      return;
    }
  /* One at a time, and only the newest waits: servers may tell it again and again. */
  g_cancellable_cancel (self->reading);
  g_clear_pointer (&self->unread, sio_args_unref);
  self->unread = sio_args_ref (args);
}

/* nsp, id, [event, …], timestamp */
static void
traffic_cb (SioaAdminBackend *self, SioArgs *args, gboolean received)
{
  const char *nsp, *id;

  if (!sioa_backend_wants_events (SIOA_BACKEND (self)))
    return;
  nsp = sio_args_get_string (args, 0);
  id = sio_args_get_string (args, 1);
  if (nsp != NULL && id != NULL && sio_args_get_arg_type (args, 2) == SIO_ARG_ARRAY)
    {
      g_autofree char *event = sio_args_dup_arg_json (args, 2);

      sioa_backend_tell_event (SIOA_BACKEND (self), nsp, id, received, event, g_get_real_time ());
    }
}

static void
change_cb (SioaAdminBackend *self, const char *event, SioArgs *args)
{
  const SioaChange *change;
  guint n = self->changes->len;

  sioa_admin_read_change (event, args, self->changes);
  if (self->changes->len == n)
    return;
  change = g_ptr_array_index (self->changes, n);
  if (change->socket != NULL)
    know_namespace (self, change->socket->nsp);
}

void
sioa_admin_news_event (SioClient *client, SioMessage *message, gpointer user_data)
{
  /* Whoever hears of a state may drop it. */
  g_autoptr (SioaAdminBackend) self = g_object_ref (user_data);
  const char *event = sio_message_get_event (message);
  SioArgs *args = sio_message_get_args (message);

  if (strcmp (event, "config") == 0)
    config_cb (self, args);
  else if (strcmp (event, "server_stats") == 0)
    stats_cb (self, args);
  else if (strcmp (event, "all_sockets") == 0)
    all_sockets_cb (self, args);
  else if (strcmp (event, "session") == 0)
    {
      const char *id = sio_args_get_string (args, 0);

      g_clear_pointer (&self->session_id, g_free);
      if (id != NULL && strlen (id) <= MAX_SESSION_LENGTH)
        self->session_id = g_strdup (id);
    }
  else if (strcmp (event, "event_received") == 0 || strcmp (event, "event_sent") == 0)
    traffic_cb (self, args, event[6] == 'r');
  else
    change_cb (self, event, args);
  if (self->client == client)
    plan_to_tell (self);
}
