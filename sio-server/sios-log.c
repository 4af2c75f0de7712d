/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-log.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = { "error", "warning", "notice", "info", "debug", NULL };
static const GLogLevelFlags levels[] = { G_LOG_LEVEL_CRITICAL, G_LOG_LEVEL_WARNING,
                                         G_LOG_LEVEL_MESSAGE, G_LOG_LEVEL_INFO, G_LOG_LEVEL_DEBUG };
static GLogLevelFlags least_level;
static gboolean use_journal;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  /* The flags grow with unimportance. */
  if ((level & G_LOG_LEVEL_MASK) > least_level)
    return G_LOG_WRITER_HANDLED;
  if (use_journal && g_log_writer_journald (level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

void
sios_log_set_level (GLogLevelFlags level)
{
  least_level = level;
  g_log_set_debug_enabled (level >= G_LOG_LEVEL_DEBUG);
}

const char *const *
sios_log_list_levels (void)
{
  return names;
}

gboolean
sios_log_set_level_by_name (const char *name)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0)
      {
        sios_log_set_level (levels[i]);
        return TRUE;
      }
  return FALSE;
}

const char *
sios_log_get_level_name (void)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (levels[i] == least_level)
      return names[i];
  return names[0];
}

void
sios_log_init (void)
{
  sios_log_set_level (G_LOG_LEVEL_INFO);
  use_journal = g_log_writer_is_journald (fileno (stderr));
  /* Standard output is for what programs read, such as the address. */
  g_log_writer_default_set_use_stderr (TRUE);
  g_log_set_writer_func (writer, NULL, NULL);
}
