/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioc-output.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <unistd.h>

static gboolean
write_all (int fd, const char *data, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);
      int code = errno;

      if (n >= 0)
        {
          data += n;
          length -= (gsize) n;
        }
      else if (code == EAGAIN)
        {
          struct pollfd pollfd = { fd, POLLOUT, 0 };

          /* Somebody else made it so; whoever reads sets the pace. */
          poll (&pollfd, 1, -1);
        }
      else if (code != EINTR)
        {
          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                       "standard output cannot be written: %s", g_strerror (code));
          return FALSE;
        }
    }
  return TRUE;
}

GString *
sioc_record_new (const char *type, const char *nsp)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  GString *record = g_string_sized_new (256);
  g_autofree char *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");

  g_string_printf (record, "{\"time\":\"%s.%03dZ\",\"type\":\"%s\"", seconds,
                   g_date_time_get_microsecond (now) / 1000, type);
  if (nsp != NULL)
    sioc_record_add_string (record, "namespace", nsp);
  return record;
}

void
sioc_record_add_string (GString *record, const char *name, const char *value)
{
  g_string_append_printf (record, ",\"%s\":", name);
  sioc_json_append_string (record, value);
}

void
sioc_record_add_args (GString *record, const char *name, SioArgs *args)
{
  g_string_append_printf (record, ",\"%s\":", name);
  sioc_json_append_args (record, args);
}

void
sioc_record_add_node (GString *record, const char *name, JsonNode *node)
{
  g_string_append_printf (record, ",\"%s\":", name);
  sioc_json_append_node (record, node);
}

void
sioc_record_add_literal (GString *record, const char *name, const char *json)
{
  g_string_append_printf (record, ",\"%s\":%s", name, json);
}

void
sioc_record_add_number (GString *record, const char *name, gint64 value)
{
  g_string_append_printf (record, ",\"%s\":%" G_GINT64_FORMAT, name, value);
}

gboolean
sioc_record_write (GString *record, GError **error)
{
  gboolean ok;

  g_string_append (record, "}\n");
  ok = write_all (STDOUT_FILENO, record->str, record->len, error);
  g_string_free (record, TRUE);
  return ok;
}
