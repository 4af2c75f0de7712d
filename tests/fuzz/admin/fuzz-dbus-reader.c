/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sio.h>
#include <stdint.h>
#include <string.h>

#include "sioa-dbus-private.h"
#include "sioa-dbus-reader.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The first byte says what the rest is: a row with its rooms, details or statistics, as text or as
 * D-Bus has them in memory; else lines of the stream of events. */

#define ROW_TYPE "(" SIOA_DBUS_ROW "as)"

static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

static void
check_count (gint64 count)
{
  g_assert_cmpint (count, >=, SIOA_UNKNOWN);
}

static void
check_json (const char *json)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *list = g_strdup_printf ("[%s]", json);
  g_autoptr (SioArgs) args = sio_args_new_from_json (list, -1, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (sio_args_get_length (args), ==, 1);
}

static void
check_record (SioaSocketRecord *record)
{
  check_text (record->id);
  check_text (record->nsp);
  check_text (record->transport);
  check_text (record->address);
  check_text (record->user);
  g_assert_true (record->user == NULL || *record->user != '\0');
  check_count (record->rtt);
  g_assert_cmpint (record->rtt, !=, 0);
  check_count (record->connected_at);
  check_count (record->events_in);
  check_count (record->bytes_in);
  check_count (record->bytes_out);
  for (guint i = 0; record->rooms != NULL && record->rooms[i] != NULL; i++)
    {
      check_text (record->rooms[i]);
      g_assert_cmpstr (record->rooms[i], !=, record->id);
    }
  if (record->handshake != NULL)
    check_json (record->handshake);
}

static void
read_row (GVariant *variant)
{
  g_autoptr (GVariant) row = g_variant_get_child_value (variant, 0);
  g_autoptr (GVariant) rooms = g_variant_get_child_value (variant, 1);
  g_autoptr (SioaSocketRecord) with = sioa_dbus_read_row (row, rooms);
  g_autoptr (SioaSocketRecord) without = sioa_dbus_read_row (row, NULL);

  check_record (with);
  check_record (without);
  g_assert_null (with->handshake);
  g_assert_cmpstr (with->id, ==, without->id);
}

static void
read_details (GVariant *variant)
{
  g_autoptr (SioaSocketRecord) record = sioa_dbus_read_details (variant);

  if (record == NULL)
    return;
  check_record (record);
  g_assert_nonnull (record->handshake);
}

static void
read_stats (GVariant *variant)
{
  g_autoptr (SioaSample) sample = sioa_dbus_read_stats (variant, 1);
  GHashTableIter iter;
  gpointer name;

  g_assert_cmpint (sample->time, ==, 1);
  check_count (sample->connections);
  check_count (sample->rooms);
  check_count (sample->events_in);
  check_count (sample->bytes_out);
  check_count (sample->memory);
  check_count (sample->cpu);
  check_count (sample->errors);
  check_count (sample->disconnected);
  check_count (sample->refused);
  check_count (sample->started_at);
  g_hash_table_iter_init (&iter, sample->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    check_text (name);
  g_hash_table_iter_init (&iter, sample->reasons);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    check_text (name);
}

static void
read_lines (const char *line, size_t size)
{
  const char *end = line + size;

  while (line < end)
    {
      const char *behind = memchr (line, '\n', (size_t) (end - line));
      gsize length = (gsize) ((behind != NULL ? behind : end) - line);
      g_auto (SioaDBusEvent) event = { 0 };

      if (sioa_dbus_read_event (line, length, &event))
        {
          check_text (event.nsp);
          check_text (event.id);
          g_assert_cmpint (event.time, >, 0);
          check_json (event.args);
        }
      else
        g_assert_null (event.nsp);
      line = behind != NULL ? behind + 1 : end;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const struct
  {
    const char *type;
    void (*read) (GVariant *variant);
  } readers[] = { { ROW_TYPE, read_row }, { "a{sv}", read_details }, { "a{sv}", read_stats } };
  const guint n_readers = G_N_ELEMENTS (readers);
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *text = NULL;
  guint kind;

  if (size == 0)
    return 0;
  kind = data[0] % 8;
  text = g_strndup ((const char *) data + 1, size - 1);
  if (kind < n_readers)
    {
      /* As g_variant_print () writes it: easier to read in a corpus. */
      if (g_utf8_validate (text, -1, NULL))
        variant = g_variant_parse (G_VARIANT_TYPE (readers[kind].type), text, NULL, NULL, NULL);
      if (variant != NULL)
        readers[kind].read (variant);
    }
  else if (kind < 2 * n_readers)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (data + 1, size - 1);
      g_autoptr (GVariant) loose = g_variant_ref_sink (
          g_variant_new_from_bytes (G_VARIANT_TYPE (readers[kind - n_readers].type), bytes, FALSE));

      /* GDBus lets nothing else pass. */
      variant = g_variant_get_normal_form (loose);
      readers[kind - n_readers].read (variant);
    }
  else
    read_lines ((const char *) data + 1, size - 1);
  return 0;
}
