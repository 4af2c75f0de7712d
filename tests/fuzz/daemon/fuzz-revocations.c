/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-revocations.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What is read is written again, and reads the same; what is not read adds nothing. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (SiosRevocations) list = sios_revocations_new (1000);
  g_autoptr (SiosRevocations) back = sios_revocations_new (1000);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (!sios_revocations_read (list, (const char *) data, size, 100, &error))
    {
      g_assert_nonnull (error);
      g_assert_cmpuint (sios_revocations_get_count (list), ==, 0);
      return 0;
    }
  text = sios_revocations_write (list, 100);
  g_assert_true (sios_revocations_read (back, text, strlen (text), 100, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (sios_revocations_get_count (back), ==, sios_revocations_get_count (list));
  return 0;
}
