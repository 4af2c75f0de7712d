/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-store-private.h"

#include <string.h>

/* To and from the form that outlives the process. */

static char *
valid_name (const char *name)
{
  return g_utf8_make_valid (name, -1);
}

static char **
valid_names (const char *const *names)
{
  GPtrArray *copy = g_ptr_array_new ();

  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (copy, valid_name (names[i]));
  g_ptr_array_add (copy, NULL);
  return (char **) g_ptr_array_free (copy, FALSE);
}

/* A socket that is connected is saved as if it lost its connection now. */
static SioRecoveryState *
state_of_socket (SioRecoverySession *session, gint64 real_now)
{
  g_autoptr (GPtrArray) rooms = g_ptr_array_new ();

  for (guint i = 0; session->stays != NULL && i < session->stays->len; i++)
    {
      SioStay *stay = &g_array_index (session->stays, SioStay, i);

      if (stay->left == G_MAXUINT64)
        g_ptr_array_add (rooms, stay->room);
    }
  g_ptr_array_add (rooms, NULL);
  return sio_recovery_state_new (sio_socket_peek_id (session->socket), session->pid,
                                 (const char *const *) rooms->pdata, session->socket->data, NULL,
                                 real_now);
}

static SioImageSession *
save_session (SioRecoveryStore *self, SioRecoverySession *session, gint64 real_now)
{
  SioImageSession *image = sio_image_session_new ();
  gboolean connected = session->socket != NULL;

  image->state =
      connected ? state_of_socket (session, real_now) : sio_recovery_state_ref (session->state);
  image->start = session->start;
  image->older = session->older;
  image->first = session->first;
  image->last = session->last;
  image->floor = session->floor;
  image->end =
      connected && session->socket->state == SIO_SOCKET_CONNECTED ? self->log.head : session->end;
  image->end = MAX (image->end, image->last);
  for (guint i = 0; session->stays != NULL && i < session->stays->len; i++)
    {
      SioStay *stay = &g_array_index (session->stays, SioStay, i);
      SioImageStay copy = { valid_name (stay->room), stay->joined, stay->left };

      g_array_append_val (image->stays, copy);
    }
  return image;
}

static SioImagePacket *
save_packet (const SioLogEntry *entry, gint64 monotonic_now, gint64 real_now)
{
  SioImagePacket *image = sio_image_packet_new ();
  guint n = sio_packet_get_n_attachments (entry->packet);

  image->time = real_now - (monotonic_now - entry->time);
  image->rooms = valid_names (sio_target_get_rooms (entry->target));
  image->except = valid_names (sio_target_get_except (entry->target));
  image->json = sio_packet_dup_json (entry->packet);
  if (n > 0)
    image->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (image->attachments,
                     g_bytes_ref (sio_packet_get_attachment (entry->packet, i)));
  return image;
}

SioImageLog *
sio_recovery_store_save (SioRecoveryStore *self, const char *namespace_name)
{
  gint64 monotonic_now = g_get_monotonic_time ();
  gint64 real_now = g_get_real_time ();
  SioImageLog *image;
  SioLogLimits limits;
  GHashTableIter iter;
  gpointer value;

  if (!sio_recovery_store_is_needed (self))
    return NULL;
  sio_recovery_get_log_limits (self->settings, &limits);
  sio_recovery_log_expire (&self->log, &limits, monotonic_now);
  image = sio_image_log_new ();
  image->name = g_strdup (namespace_name);
  image->epoch = g_strdup (self->log.epoch);
  image->head = self->log.head;
  image->tail = self->log.tail;
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SioRecoverySession *session = value;

      if (session->queued ? session->expires > monotonic_now : session->socket != NULL)
        g_ptr_array_add (image->sessions, save_session (self, session, real_now));
    }
  for (guint64 n = self->log.tail + 1; n <= self->log.head; n++)
    g_ptr_array_add (image->packets,
                     save_packet (sio_recovery_log_get (&self->log, n), monotonic_now, real_now));
  return image;
}

static gboolean
load_session (SioRecoveryStore *self, const SioImageSession *image, gint64 real_now)
{
  gint64 duration = (gint64) self->settings->max_disconnection_duration * 1000;
  gint64 time = sio_recovery_state_get_time (image->state);
  /* A clock that was set back must not make them last longer. */
  gint64 age = time <= real_now && time >= 0 ? real_now - time : 0;
  const char *pid = sio_recovery_state_get_pid (image->state);
  SioRecoverySession *session;

  if (age >= duration || g_hash_table_contains (self->sessions, pid))
    return FALSE;
  session = sio_recovery_session_new (pid);
  session->store = self;
  session->start = image->start;
  session->older = image->older;
  session->first = image->first;
  session->last = image->last;
  session->end = image->end;
  session->floor = image->floor;
  for (guint i = 0; i < image->stays->len; i++)
    {
      const SioImageStay *stay = &g_array_index (image->stays, SioImageStay, i);

      sio_recovery_session_add_stay (session, stay->room, stay->joined, stay->left);
    }
  session->state = sio_recovery_state_ref (image->state);
  session->expires = g_get_monotonic_time () + duration - age;
  g_hash_table_insert (self->sessions, session->pid, session);
  sio_recovery_store_queue (self, session);
  return TRUE;
}

static SioPacket *
load_packet (const SioImagePacket *image, const char *namespace_name)
{
  g_autoptr (SioArgs) args = sio_args_new_from_json_with_attachments (
      image->json, -1, image->attachments != NULL ? (GBytes **) image->attachments->pdata : NULL,
      image->attachments != NULL ? image->attachments->len : 0, NULL);

  return args != NULL ? sio_packet_new_from_args (namespace_name, args, NULL) : NULL;
}

gboolean
sio_recovery_store_load (SioRecoveryStore *self,
                         const SioImageLog *image,
                         const char *namespace_name)
{
  gint64 monotonic_now = g_get_monotonic_time ();
  gint64 real_now = g_get_real_time ();
  SioLogLimits limits;

  if (self->log.head > 0 || sio_recovery_store_is_needed (self))
    return FALSE;
  sio_recovery_get_log_limits (self->settings, &limits);
  memcpy (self->log.epoch, image->epoch, SIO_LOG_EPOCH_LENGTH);
  self->log.head = self->log.tail = image->tail;
  for (guint i = 0; i < image->packets->len; i++)
    {
      const SioImagePacket *saved = g_ptr_array_index (image->packets, i);
      SioPacket *packet = load_packet (saved, namespace_name);
      g_autoptr (SioTarget) target = NULL;

      if (packet == NULL)
        {
          /* Whoever missed it, or one before it, is not recovered. */
          sio_recovery_log_clear (&self->log);
          self->log.head = self->log.tail = image->tail + i + 1;
          continue;
        }
      target = sio_target_new ((const char *const *) saved->rooms,
                               (const char *const *) saved->except, SIO_EMIT_NONE, 0);
      sio_recovery_log_append (&self->log, packet, target,
                               monotonic_now - CLAMP (real_now - saved->time, 0, limits.max_age),
                               &limits);
    }
  for (guint i = 0; i < image->sessions->len; i++)
    load_session (self, g_ptr_array_index (image->sessions, i), real_now);
  return TRUE;
}
