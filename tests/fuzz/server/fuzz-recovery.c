/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>

#include <sio.h>

#include "sio-recovery-image-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What was understood is bounded by the input, and, written again, the same. */
static void
check (SioRecoveryImage *image, gsize size)
{
  g_autoptr (GBytes) written = sio_recovery_image_write (image);
  g_autoptr (GError) error = NULL;
  g_autoptr (SioRecoveryImage) again = sio_recovery_image_read (written, &error);
  g_autoptr (GBytes) rewritten = NULL;
  guint n = 0;

  g_assert_no_error (error);
  rewritten = sio_recovery_image_write (again);
  g_assert_true (g_bytes_equal (written, rewritten));
  for (guint i = 0; i < image->logs->len; i++)
    {
      const SioImageLog *log = g_ptr_array_index (image->logs, i);

      g_assert_cmpuint (log->head - log->tail, ==, log->packets->len);
      n += log->packets->len + log->sessions->len;
    }
  g_assert_cmpuint (n, <=, size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (SioRecoveryImage) image = sio_recovery_image_read (bytes, &error);

  if (image == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  else
    check (image, size);
  return 0;
}
