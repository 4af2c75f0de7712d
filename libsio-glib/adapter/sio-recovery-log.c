/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-log-private.h"

#include <string.h>

#include "sio-id-private.h"
#include "sio-packet-private.h"

#define MIN_CAPACITY 16
#define MAX_CAPACITY (1u << 30)

void
sio_recovery_log_init (SioRecoveryLog *log)
{
  char id[SIO_ID_LENGTH + 1];

  *log = (SioRecoveryLog){ 0 };
  sio_id_generate (id);
  memcpy (log->epoch, id, SIO_LOG_EPOCH_LENGTH);
}

static SioLogEntry *
place (SioRecoveryLog *log, guint64 number)
{
  return &log->ring[number & (log->capacity - 1)];
}

static void
drop_first (SioRecoveryLog *log)
{
  SioLogEntry *entry = place (log, ++log->tail);

  log->bytes -= entry->bytes;
  sio_packet_unref (entry->packet);
  sio_target_unref (entry->target);
}

void
sio_recovery_log_clear (SioRecoveryLog *log)
{
  while (log->tail < log->head)
    drop_first (log);
  g_clear_pointer (&log->ring, g_free);
  log->capacity = 0;
}

static void
grow (SioRecoveryLog *log)
{
  guint capacity = log->capacity > 0 ? log->capacity * 2 : MIN_CAPACITY;
  SioLogEntry *ring = g_new (SioLogEntry, capacity);

  for (guint64 n = log->tail + 1; n <= log->head; n++)
    ring[n & (capacity - 1)] = *place (log, n);
  g_free (log->ring);
  log->ring = ring;
  log->capacity = capacity;
}

void
sio_recovery_log_expire (SioRecoveryLog *log, const SioLogLimits *limits, gint64 now)
{
  while (log->tail < log->head &&
         (log->head - log->tail > limits->max_packets || log->bytes > limits->max_bytes ||
          now - place (log, log->tail + 1)->time > limits->max_age))
    drop_first (log);
  if (log->tail == log->head && log->capacity > MIN_CAPACITY)
    sio_recovery_log_clear (log);
}

void
sio_recovery_log_append (SioRecoveryLog *log,
                         SioPacket *packet,
                         SioTarget *target,
                         gint64 time,
                         const SioLogLimits *limits)
{
  SioLogEntry *entry;

  if (log->head - log->tail >= log->capacity)
    {
      sio_recovery_log_expire (log, limits, time);
      if (log->head - log->tail >= log->capacity && log->capacity < MAX_CAPACITY)
        grow (log);
      else if (log->head - log->tail >= log->capacity)
        drop_first (log);
    }
  entry = place (log, ++log->head);
  entry->packet = packet;
  entry->target = sio_target_ref (target);
  entry->time = time;
  entry->bytes = sio_packet_get_memory (packet) + sizeof (SioLogEntry);
  log->bytes += entry->bytes;
  if (log->head - log->tail > limits->max_packets || log->bytes > limits->max_bytes)
    sio_recovery_log_expire (log, limits, time);
}

const SioLogEntry *
sio_recovery_log_get (SioRecoveryLog *log, guint64 number)
{
  return number > log->tail && number <= log->head ? place (log, number) : NULL;
}

void
sio_recovery_log_format (SioRecoveryLog *log, guint64 number, char offset[SIO_LOG_OFFSET_SIZE])
{
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  char reversed[16];
  guint n = 0;
  char *p = offset + SIO_LOG_EPOCH_LENGTH;

  memcpy (offset, log->epoch, SIO_LOG_EPOCH_LENGTH);
  *p++ = '-';
  do
    {
      reversed[n++] = digits[number % 36];
      number /= 36;
    }
  while (number > 0);
  while (n > 0)
    *p++ = reversed[--n];
  *p = '\0';
}

gboolean
sio_recovery_epoch_is_valid (const char *epoch)
{
  for (guint i = 0; i < SIO_LOG_EPOCH_LENGTH; i++)
    {
      if (!g_ascii_isalnum (epoch[i]) && epoch[i] != '-' && epoch[i] != '_')
        return FALSE;
    }
  return epoch[SIO_LOG_EPOCH_LENGTH] == '\0';
}

SioOffsetKind
sio_recovery_log_parse (SioRecoveryLog *log, const char *offset, guint64 *number)
{
  gsize length = strlen (offset);
  const char *p = offset + SIO_LOG_EPOCH_LENGTH + 1;
  char epoch[SIO_LOG_EPOCH_LENGTH + 1] = { 0 };
  guint64 value = 0;

  /* Twelve digits hold 2^62: nothing overflows, and no log gets there. */
  if (length < SIO_LOG_EPOCH_LENGTH + 2 || length > SIO_LOG_EPOCH_LENGTH + 1 + 12)
    return SIO_OFFSET_OTHER;
  memcpy (epoch, offset, SIO_LOG_EPOCH_LENGTH);
  if (!sio_recovery_epoch_is_valid (epoch) || offset[SIO_LOG_EPOCH_LENGTH] != '-')
    return SIO_OFFSET_OTHER;
  for (; *p != '\0'; p++)
    {
      if (!g_ascii_isdigit (*p) && !(*p >= 'a' && *p <= 'z'))
        return SIO_OFFSET_OTHER;
      value = value * 36 + (guint64) (g_ascii_isdigit (*p) ? *p - '0' : *p - 'a' + 10);
    }
  if (memcmp (epoch, log->epoch, SIO_LOG_EPOCH_LENGTH) != 0)
    return SIO_OFFSET_FOREIGN;
  *number = value;
  return SIO_OFFSET_OURS;
}
