/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Any text of a peer, without what would steer a terminal. */
char *sioctl_clean (const char *text);
/* "2 d 3 h", "4 min", "12.3 ms", "1.2 MB" */
char *sioctl_format_age (gint64 since_us);
char *sioctl_format_time (guint64 us);
char *sioctl_format_size (guint64 bytes);
/* "2026-11-21 16:05:12", local time */
char *sioctl_format_date (gint64 us);
/* One line of JSON: strict, whatever strings hold. @value may be floating. */
void sioctl_print_json (GVariant *value);
/* One that is JSON already: without what would steer a terminal. */
void sioctl_print_json_line (const char *json);
/* For people: names and values, those that hold others over several lines. */
void sioctl_print_dictionary (GVariant *dictionary);

/* Columns as wide as what is in them. */
typedef struct _SioctlTable SioctlTable;

/* @titles ends with NULL; those that begin with ">" are of numbers. */
SioctlTable *sioctl_table_new (const char *const *titles);
/* (transfer full) */
void sioctl_table_add (SioctlTable *self, char *text);
/* At most @max_rows, 0 for all, and @max_width columns, 0 for any. */
char *sioctl_table_format (SioctlTable *self, guint max_rows, guint max_width);
void sioctl_table_print (SioctlTable *self);
void sioctl_table_free (SioctlTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioctlTable, sioctl_table_free)

G_END_DECLS
