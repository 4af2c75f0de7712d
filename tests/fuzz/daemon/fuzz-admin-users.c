/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib.h>

#include "sios-admin-users.h"

/* Files with passwords: no crash, and either users or a reason. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (SiosAdminUsers) users =
      sios_admin_users_parse ((const char *) data, size, "admin", "FILE", problems);

  g_assert_true ((users == NULL) == (problems->len > 0));
  g_assert_true (users == NULL || sios_admin_users_get_length (users) > 0);
  for (guint i = 0; i < problems->len; i++)
    g_assert_true (g_utf8_validate (g_ptr_array_index (problems, i), -1, NULL));
  return 0;
}
