/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "sios-schema.h"
#include "sios-template.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The input is TEMPLATE \n SCHEMA \n ARGUMENTS, any of which may be nonsense. What a template
 * becomes has to be a name that stays in its scheme; what is wrong has to be told in UTF-8. */

static void
check_template (const char *text, SioArgs *args)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SiosTemplate) template = sios_template_new (text, &error);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *problem = NULL;
  SiosTemplateValues values = { "SID", NULL, "a:b", "b", 1, args };
  SiosTemplateResult result;
  gsize prefix = strcspn (text, "{");

  if (template == NULL)
    {
      g_assert_nonnull (error);
      return;
    }
  g_assert_no_error (error);
  if (args == NULL || sios_template_get_kind (template) != SIOS_TEMPLATE_NAME)
    return;
  result = sios_template_expand (template, &values, TRUE, out, &problem);
  g_assert_cmpint (problem != NULL, ==,
                   result == SIOS_TEMPLATE_BAD_ARGUMENT || result == SIOS_TEMPLATE_NO_IDENTITY);
  if (problem != NULL)
    g_assert_true (g_utf8_validate (problem, -1, NULL));
  if (result != SIOS_TEMPLATE_DONE)
    return;
  g_assert_cmpuint (out->len, <=, SIOS_TEMPLATE_MAX_LENGTH);
  g_assert_true (g_utf8_validate (out->str, (gssize) out->len, NULL));
  g_assert_cmpmem (out->str, prefix, text, prefix);
  for (gsize i = 0; i < out->len; i++)
    g_assert_false (g_ascii_iscntrl (out->str[i]));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  const char *end = text + size;
  const char *schema_text = size > 0 ? memchr (text, '\n', size) : NULL;
  const char *args_text =
      schema_text != NULL ? memchr (schema_text + 1, '\n', end - schema_text - 1) : NULL;
  g_autofree char *template =
      g_strndup (text, schema_text != NULL ? (gsize) (schema_text - text) : size);
  g_autoptr (SioArgs) args =
      args_text != NULL ? sio_args_new_from_json (args_text + 1, end - args_text - 1, NULL) : NULL;
  g_autoptr (SiosSchema) schema = NULL;
  g_autoptr (GError) error = NULL;

  check_template (template, args);
  if (args_text == NULL)
    return 0;
  schema = sios_schema_new (schema_text + 1, args_text - schema_text - 1, &error);
  if (schema == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  g_assert_no_error (error);
  for (guint i = 0; args != NULL && i < 3; i++)
    {
      g_autofree char *problem = NULL;

      g_assert_cmpint (sios_schema_check (schema, args, i, &problem), ==, problem == NULL);
      if (problem != NULL)
        {
          g_assert_cmpuint (strlen (problem), <, 1000);
          g_assert_true (g_utf8_validate (problem, -1, NULL));
        }
    }
  return 0;
}
