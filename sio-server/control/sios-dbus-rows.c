/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-dbus-rows.h"

#include <string.h>

#define ROW_BYTES 160 /* of most */

void
sios_dbus_rows_init (SiosDbusRows *self, guint alignment, guint n)
{
  memset (self, 0, sizeof *self);
  self->bytes = g_byte_array_sized_new (n * ROW_BYTES);
  self->ends = g_array_sized_new (FALSE, FALSE, sizeof (gsize), n);
  self->alignment = alignment;
}

static void
pad (SiosDbusRows *self, guint alignment)
{
  static const guint8 zeros[8];
  guint n = -self->bytes->len & (alignment - 1);

  g_byte_array_append (self->bytes, zeros, n);
}

/* What is not of a fixed size is found by where it ends, counted in as few bytes as reach over the
 * whole container, with these. */
static guint
get_offset_size (gsize length, gsize n)
{
  if (length + n <= G_MAXUINT8)
    return 1;
  if (length + 2 * n <= G_MAXUINT16)
    return 2;
  return length + 4 * n <= G_MAXUINT32 ? 4 : 8;
}

static void
add_offset (SiosDbusRows *self, gsize offset, guint size)
{
  guint64 value = GUINT64_TO_LE (offset);

  g_byte_array_append (self->bytes, (const guint8 *) &value, size);
}

void
sios_dbus_rows_begin (SiosDbusRows *self)
{
  pad (self, self->alignment);
  self->start = self->bytes->len;
  self->n_strings = 0;
}

void
sios_dbus_rows_add_string (SiosDbusRows *self, const char *text)
{
  g_assert (self->n_strings < G_N_ELEMENTS (self->strings));

  g_byte_array_append (self->bytes, (const guint8 *) text, (guint) strlen (text) + 1);
  self->strings[self->n_strings++] = self->bytes->len - self->start;
}

void
sios_dbus_rows_add_uint32 (SiosDbusRows *self, guint32 value)
{
  pad (self, sizeof value);
  g_byte_array_append (self->bytes, (const guint8 *) &value, sizeof value);
}

void
sios_dbus_rows_add_uint64 (SiosDbusRows *self, guint64 value)
{
  pad (self, sizeof value);
  g_byte_array_append (self->bytes, (const guint8 *) &value, sizeof value);
}

void
sios_dbus_rows_end (SiosDbusRows *self)
{
  guint size = get_offset_size (self->bytes->len - self->start, self->n_strings);
  gsize end;

  /* The last one comes first. */
  for (guint i = self->n_strings; i-- > 0;)
    add_offset (self, self->strings[i], size);
  end = self->bytes->len;
  g_array_append_val (self->ends, end);
}

GVariant *
sios_dbus_rows_finish (SiosDbusRows *self, const char *type)
{
  guint size = get_offset_size (self->bytes->len, self->ends->len);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < self->ends->len; i++)
    add_offset (self, g_array_index (self->ends, gsize, i), size);
  g_clear_pointer (&self->ends, g_array_unref);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&self->bytes));
  return g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, TRUE);
}
