/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-tokens.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Either there are problems, or each line is a token that is found. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosTokens) tokens = sios_tokens_parse ((const char *) data, size, "file", problems);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  g_assert_cmpint (tokens == NULL, ==, problems->len > 0);
  if (tokens == NULL)
    return 0;
  text = g_strndup ((const char *) data, size);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = NULL;
      SiosPermissions permissions = 0;

      g_strstrip (lines[i]);
      if (lines[i][0] == '\0' || lines[i][0] == '#')
        continue;
      parts = g_strsplit (lines[i], ":", 3);
      g_assert_cmpstr (sios_tokens_find (tokens, parts[1], &permissions), ==, parts[0]);
      g_assert_cmpuint (permissions, !=, 0);
      n++;
    }
  g_assert_cmpuint (sios_tokens_get_length (tokens), ==, n);
  return 0;
}
