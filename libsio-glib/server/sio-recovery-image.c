/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-image-private.h"

#include <string.h>

#include "sio-error.h"
#include "sio-recovery-log-private.h"

#define SESSION_TYPE "(" SIO_RECOVERY_STATE_TYPE "tttttta(stt))"
#define PACKET_TYPE "(xasassaay)"
#define LOG_TYPE "(sstta" SESSION_TYPE "a" PACKET_TYPE ")"
#define FILE_TYPE "(suxa" LOG_TYPE ")"

/* No log gets there, and sums do not overflow. */
#define MAX_NUMBER (G_GUINT64_CONSTANT (1) << 60)

static void
stay_clear (gpointer data)
{
  g_free (((SioImageStay *) data)->room);
}

SioImageSession *
sio_image_session_new (void)
{
  SioImageSession *self = g_new0 (SioImageSession, 1);

  self->stays = g_array_new (FALSE, FALSE, sizeof (SioImageStay));
  g_array_set_clear_func (self->stays, stay_clear);
  return self;
}

static void
session_free (gpointer data)
{
  SioImageSession *self = data;

  g_clear_pointer (&self->state, sio_recovery_state_unref);
  g_array_unref (self->stays);
  g_free (self);
}

SioImagePacket *
sio_image_packet_new (void)
{
  return g_new0 (SioImagePacket, 1);
}

static void
packet_free (gpointer data)
{
  SioImagePacket *self = data;

  g_strfreev (self->rooms);
  g_strfreev (self->except);
  g_free (self->json);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

SioImageLog *
sio_image_log_new (void)
{
  SioImageLog *self = g_new0 (SioImageLog, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->sessions = g_ptr_array_new_with_free_func (session_free);
  self->packets = g_ptr_array_new_with_free_func (packet_free);
  return self;
}

SioImageLog *
sio_image_log_ref (SioImageLog *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sio_image_log_unref (SioImageLog *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->name);
  g_free (self->epoch);
  g_ptr_array_unref (self->sessions);
  g_ptr_array_unref (self->packets);
  g_free (self);
}

SioRecoveryImage *
sio_recovery_image_new (void)
{
  SioRecoveryImage *self = g_new0 (SioRecoveryImage, 1);

  self->logs = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_image_log_unref);
  return self;
}

void
sio_recovery_image_free (SioRecoveryImage *self)
{
  g_ptr_array_unref (self->logs);
  g_free (self);
}

guint
sio_recovery_image_count_sessions (SioRecoveryImage *self)
{
  guint n = 0;

  for (guint i = 0; i < self->logs->len; i++)
    n += ((SioImageLog *) g_ptr_array_index (self->logs, i))->sessions->len;
  return n;
}

static GVariant *
write_session (const SioImageSession *session)
{
  GVariantBuilder stays;

  g_variant_builder_init (&stays, G_VARIANT_TYPE ("a(stt)"));
  for (guint i = 0; i < session->stays->len; i++)
    {
      const SioImageStay *stay = &g_array_index (session->stays, SioImageStay, i);

      g_variant_builder_add (&stays, "(stt)", stay->room, stay->joined, stay->left);
    }
  return g_variant_new ("(@" SIO_RECOVERY_STATE_TYPE "tttttta(stt))",
                        sio_recovery_state_to_variant (session->state), session->start,
                        session->older, session->first, session->last, session->end, session->floor,
                        &stays);
}

static GVariant *
write_packet (const SioImagePacket *packet)
{
  GVariantBuilder attachments;

  g_variant_builder_init (&attachments, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; packet->attachments != NULL && i < packet->attachments->len; i++)
    g_variant_builder_add_value (
        &attachments, g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                g_ptr_array_index (packet->attachments, i), TRUE));
  return g_variant_new ("(x^as^assaay)", packet->time, packet->rooms, packet->except, packet->json,
                        &attachments);
}

GBytes *
sio_recovery_image_write (SioRecoveryImage *self)
{
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GVariant) swapped = NULL;
  GVariantBuilder logs;

  g_variant_builder_init (&logs, G_VARIANT_TYPE ("a" LOG_TYPE));
  for (guint i = 0; i < self->logs->len; i++)
    {
      const SioImageLog *log = g_ptr_array_index (self->logs, i);
      GVariantBuilder sessions;
      GVariantBuilder packets;

      g_variant_builder_init (&sessions, G_VARIANT_TYPE ("a" SESSION_TYPE));
      for (guint j = 0; j < log->sessions->len; j++)
        g_variant_builder_add_value (&sessions,
                                     write_session (g_ptr_array_index (log->sessions, j)));
      g_variant_builder_init (&packets, G_VARIANT_TYPE ("a" PACKET_TYPE));
      for (guint j = 0; j < log->packets->len; j++)
        g_variant_builder_add_value (&packets, write_packet (g_ptr_array_index (log->packets, j)));
      g_variant_builder_add (&logs, LOG_TYPE, log->name, log->epoch, log->head, log->tail,
                             &sessions, &packets);
    }
  variant = g_variant_ref_sink (g_variant_new ("(suxa" LOG_TYPE ")", SIO_RECOVERY_MAGIC,
                                               SIO_RECOVERY_VERSION, self->time, &logs));
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    swapped = g_variant_byteswap (variant);
  return g_variant_get_data_as_bytes (swapped != NULL ? swapped : variant);
}

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT, "not a file of saved sessions: %s",
               what);
  return FALSE;
}

static gboolean
read_stays (GVariant *variant, SioImageSession *session, GError **error)
{
  GVariantIter iter;
  SioImageStay stay;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "(stt)", &stay.room, &stay.joined, &stay.left))
    {
      g_array_append_val (session->stays, stay);
      if (strlen (stay.room) > SIO_RECOVERY_MAX_NAME || stay.joined > stay.left)
        return fail (error, "a stay in a room ends before it starts");
    }
  return TRUE;
}

static gboolean
read_session (GVariant *variant, SioImageLog *log, GError **error)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) stays = NULL;
  SioImageSession *session = sio_image_session_new ();

  g_ptr_array_add (log->sessions, session);
  g_variant_get (variant, "(@" SIO_RECOVERY_STATE_TYPE "tttttt@a(stt))", &state, &session->start,
                 &session->older, &session->first, &session->last, &session->end, session->floor,
                 &stays);
  session->state = sio_recovery_state_new_from_variant (state, error);
  if (session->state == NULL)
    return FALSE;
  if (session->start > session->older || session->older > session->last ||
      session->last > session->end || session->end > log->head || session->first > session->last ||
      session->floor > log->head)
    return fail (error, "positions of a session do not fit together");
  return read_stays (stays, session, error);
}

static gboolean
read_packet (GVariant *variant, SioImageLog *log, GError **error)
{
  g_autoptr (GVariant) attachments = NULL;
  SioImagePacket *packet = sio_image_packet_new ();
  gsize n;

  g_ptr_array_add (log->packets, packet);
  g_variant_get (variant, "(x^as^ass@aay)", &packet->time, &packet->rooms, &packet->except,
                 &packet->json, &attachments);
  n = g_variant_n_children (attachments);
  if (n > G_MAXUINT16)
    return fail (error, "a packet has too many attachments");
  if (n > 0)
    packet->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (attachments, i);

      /* A copy: the packet must not keep the whole file. */
      g_ptr_array_add (packet->attachments,
                       g_bytes_new (g_variant_get_data (child), g_variant_get_size (child)));
    }
  return TRUE;
}

static gboolean
read_log (GVariant *variant, SioRecoveryImage *image, GError **error)
{
  g_autoptr (GVariant) sessions = NULL;
  g_autoptr (GVariant) packets = NULL;
  SioImageLog *log = sio_image_log_new ();
  GVariantIter iter;
  GVariant *child;
  gboolean ok = TRUE;

  g_ptr_array_add (image->logs, log);
  g_variant_get (variant, "(sstt@a" SESSION_TYPE "@a" PACKET_TYPE ")", &log->name, &log->epoch,
                 &log->head, &log->tail, &sessions, &packets);
  if (log->name[0] != '/' || strlen (log->name) > SIO_RECOVERY_MAX_NAME)
    return fail (error, "the name of a namespace does not start with a slash");
  if (strlen (log->epoch) != SIO_LOG_EPOCH_LENGTH || !sio_recovery_epoch_is_valid (log->epoch))
    return fail (error, "the epoch of a log is not one");
  if (log->head > MAX_NUMBER || log->tail > log->head ||
      log->head - log->tail != g_variant_n_children (packets))
    return fail (error, "positions of a log do not fit its packets");

  g_variant_iter_init (&iter, sessions);
  while (ok && (child = g_variant_iter_next_value (&iter)) != NULL)
    {
      ok = read_session (child, log, error);
      g_variant_unref (child);
    }
  g_variant_iter_init (&iter, packets);
  while (ok && (child = g_variant_iter_next_value (&iter)) != NULL)
    {
      ok = read_packet (child, log, error);
      g_variant_unref (child);
    }
  return ok;
}

SioRecoveryImage *
sio_recovery_image_read (GBytes *bytes, GError **error)
{
  g_autoptr (SioRecoveryImage) image = sio_recovery_image_new ();
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GVariant) logs = NULL;
  const char *magic;
  GVariantIter iter;
  GVariant *child;
  guint version;

  variant =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (FILE_TYPE), bytes, FALSE));
  /* Also keeps small files from standing for large values. */
  if (!g_variant_is_normal_form (variant))
    {
      fail (error, "its structure is damaged");
      return NULL;
    }
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    {
      GVariant *swapped = g_variant_byteswap (variant);

      g_variant_unref (variant);
      variant = swapped;
    }
  g_variant_get (variant, "(&sux@a" LOG_TYPE ")", &magic, &version, &image->time, &logs);
  if (!g_str_equal (magic, SIO_RECOVERY_MAGIC))
    {
      fail (error, "it starts with something else");
      return NULL;
    }
  if (version != SIO_RECOVERY_VERSION)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "the saved sessions are of version %u, expected %d", version,
                   SIO_RECOVERY_VERSION);
      return NULL;
    }
  g_variant_iter_init (&iter, logs);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      gboolean ok = read_log (child, image, error);

      g_variant_unref (child);
      if (!ok)
        return NULL;
    }
  return g_steal_pointer (&image);
}
