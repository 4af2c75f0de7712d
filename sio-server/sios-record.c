/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-record.h"

#include <string.h>

#define MAX_FIELDS 16
#define PERIOD_US (10 * G_USEC_PER_SEC)
#define MAX_PER_PERIOD 10
#define MAX_SHOWN 97 /* bytes, without the sign that tells that there was more */

static const struct
{
  const char *id;
  GLogLevelFlags level;
  gboolean limited; /* peers can cause any number */
} kinds[SIOS_N_RECORDS] = {
  /* clang-format off */
  [SIOS_RECORD_STARTED] = { "ae7d283b761847bab86e8e5bf5580645", G_LOG_LEVEL_MESSAGE, FALSE },
  [SIOS_RECORD_STOPPING] = { "fa88160cfd7b4bcf908c996965a6bf94", G_LOG_LEVEL_MESSAGE, FALSE },
  [SIOS_RECORD_DRAINING] = { "6224fbd4b06e4465af0c980bd760cc69", G_LOG_LEVEL_MESSAGE, FALSE },
  [SIOS_RECORD_RELOADED] = { "afa7014182b7446699d145f0e4e5dee7", G_LOG_LEVEL_MESSAGE, FALSE },
  [SIOS_RECORD_RELOAD_FAILED] = { "35d6a0410eeb4b2f91cac1a6be8c5f5e", G_LOG_LEVEL_WARNING, FALSE },
  [SIOS_RECORD_FEW_DESCRIPTORS] = { "45b650f113544a0dae65e34a269398fe", G_LOG_LEVEL_WARNING, FALSE },
  [SIOS_RECORD_NO_DESCRIPTORS] = { "bd218f123ed64d5e9450f3e1cbb338c3", G_LOG_LEVEL_WARNING, TRUE },
  [SIOS_RECORD_LIMIT_REACHED] = { "df56a167c4694982ba766aeed6014b0f", G_LOG_LEVEL_WARNING, TRUE },
  [SIOS_RECORD_REFUSED] = { "da33413ec8254f95974e7386c1f4e414", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_RATE_LIMITED] = { "144c0823397746cdaed21cbad8e581d6", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_EVENT_REFUSED] = { "3b1bb03dab3641d780407408cd34d671", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_SLOW_CONSUMER] = { "fc58e7d35c2b4b7099bb936c3ca01ddb", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_VIOLATION] = { "fbf9f22e26534b88ac6b62dcc8b3838a", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_DISCONNECTED] = { "220d5789f7c141ecb8656892cdf461b2", G_LOG_LEVEL_INFO, FALSE },
  [SIOS_RECORD_AUTH_FAILED] = { "f4b79597e0804144b593df5e9dec5fe8", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_AUTH_EXPIRED] = { "b6c023accc254a70a7c1e73b146dae52", G_LOG_LEVEL_MESSAGE, TRUE },
  [SIOS_RECORD_KEYS_UNREACHABLE] = { "4eb509ba379a4234ae01589e4af966c0", G_LOG_LEVEL_WARNING, TRUE },
  [SIOS_RECORD_AUDIT] = { "35fe367d28e64cf9b3f254f535637d51", G_LOG_LEVEL_MESSAGE, FALSE },
  [SIOS_RECORD_CONTROL_DENIED] = { "2ccd3f8ade604597a93609d42480f4e0", G_LOG_LEVEL_WARNING, TRUE },
  /* clang-format on */
};

typedef struct
{
  gint64 start; /* of the period */
  guint n_written;
  guint64 n_left_out;
} Limit;

/* Guards limits. */
static GMutex mutex;
static Limit limits[SIOS_N_RECORDS];

/* FALSE if there were too many; @n_left_out is how many were not written since the last one. */
static gboolean
may_write (SiosRecord record, guint64 *n_left_out)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  Limit *limit = &limits[record];
  gint64 now = g_get_monotonic_time ();

  if (limit->start == 0 || now - limit->start >= PERIOD_US)
    {
      limit->start = now;
      limit->n_written = 0;
    }
  if (kinds[record].limited && limit->n_written >= MAX_PER_PERIOD)
    {
      limit->n_left_out++;
      return FALSE;
    }
  limit->n_written++;
  *n_left_out = limit->n_left_out;
  limit->n_left_out = 0;
  return TRUE;
}

static void
add_field (GLogField *fields, gsize *n_fields, const char *name, const char *value)
{
  if (value == NULL || *n_fields == MAX_FIELDS)
    return;
  fields[*n_fields] = (GLogField){ name, value, -1 };
  ++*n_fields;
}

void
sios_record_write (SiosRecord record, const SiosField *fields, const char *format, ...)
{
  GLogField all[MAX_FIELDS];
  gsize n_fields = 0;
  guint64 n_left_out;
  g_autofree char *text = NULL;
  g_autofree char *left_out = NULL;
  va_list args;

  if (!may_write (record, &n_left_out))
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (n_left_out > 0)
    {
      g_autofree char *whole = g_strdup_printf (
          "%s (%" G_GUINT64_FORMAT " of this kind were left out before)", text, n_left_out);

      g_free (text);
      text = g_steal_pointer (&whole);
      left_out = g_strdup_printf ("%" G_GUINT64_FORMAT, n_left_out);
    }
  add_field (all, &n_fields, "MESSAGE", text);
  add_field (all, &n_fields, "MESSAGE_ID", kinds[record].id);
  add_field (all, &n_fields, "PRIORITY",
             kinds[record].level == G_LOG_LEVEL_WARNING   ? "4"
             : kinds[record].level == G_LOG_LEVEL_MESSAGE ? "5"
                                                          : "6");
  add_field (all, &n_fields, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add_field (all, &n_fields, "SIO_LEFT_OUT", left_out);
  for (guint i = 0; fields != NULL && fields[i].name != NULL; i++)
    add_field (all, &n_fields, fields[i].name, fields[i].value);
  g_log_structured_array (kinds[record].level, all, n_fields);
}

char *
sios_record_shorten (const char *text)
{
  gsize length = strlen (text);
  g_autofree char *valid = g_utf8_make_valid (text, MIN (length, 4 * MAX_SHOWN));
  GString *shown = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar letter = g_utf8_get_char (c);

      if (shown->len + g_unichar_to_utf8 (letter, NULL) > MAX_SHOWN)
        {
          g_string_append (shown, "…");
          break;
        }
      g_string_append_unichar (shown, g_unichar_iscntrl (letter) ? '?' : letter);
    }
  return g_string_free (shown, FALSE);
}

const char *
sios_record_get_id (SiosRecord record)
{
  return kinds[record].id;
}
