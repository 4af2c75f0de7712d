/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-config-file.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What is accepted means to GKeyFile the same. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) sios_entry_free);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GKeyFile) key_file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  sios_config_scan ("f", (const char *) data, size, entries, problems);
  g_assert_cmpuint (entries->len, <=, size);
  /* It knows no other white space at the ends of lines. */
  if (problems->len > 0 || entries->len == 0 || memchr (data, '\0', size) != NULL ||
      memchr (data, '\r', size) != NULL || memchr (data, '\v', size) != NULL ||
      memchr (data, '\f', size) != NULL)
    return 0;
  g_key_file_load_from_data (key_file, (const char *) data, size, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < entries->len; i++)
    {
      const SiosEntry *entry = g_ptr_array_index (entries, i);
      g_autofree char *raw = NULL;

      g_assert_true (g_key_file_has_group (key_file, entry->group));
      if (entry->key == NULL)
        continue;
      raw = g_key_file_get_value (key_file, entry->group, entry->key, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_strchomp (raw), ==, entry->raw);
    }
  return 0;
}
