/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes an array of structures in the form in which GVariant keeps them. A builder makes three
 * blocks of memory and a look-up of types for each field; a page has 7000 of them. Strings and
 * numbers have to come in the order of @type; strings are valid UTF-8, the last field is a number,
 * and the widest of them is of @alignment bytes. */
typedef struct
{
  GByteArray *bytes;
  GArray *ends; /* of structures */
  gsize start;  /* of the structure that is written */
  gsize strings[8];
  guint n_strings;
  guint alignment;
} SiosDbusRows;

void sios_dbus_rows_init (SiosDbusRows *self, guint alignment, guint n);
void sios_dbus_rows_begin (SiosDbusRows *self);
void sios_dbus_rows_add_string (SiosDbusRows *self, const char *text);
void sios_dbus_rows_add_uint32 (SiosDbusRows *self, guint32 value);
void sios_dbus_rows_add_uint64 (SiosDbusRows *self, guint64 value);
void sios_dbus_rows_end (SiosDbusRows *self);
/* Floating. @self is empty then. */
GVariant *sios_dbus_rows_finish (SiosDbusRows *self, const char *type);

G_END_DECLS
