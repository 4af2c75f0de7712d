/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIOS_CONFIG_MAX_BYTES (1024 * 1024)

/* One line of a configuration: key=value, or a [group] on its own, whose @key is NULL. */
typedef struct
{
  char *group;
  char *key;
  char *raw;    /* the value with its escapes */
  char *origin; /* FILE:LINE, or an option */
} SiosEntry;

SiosEntry *sios_entry_new (const char *group, const char *key, const char *raw, const char *origin);
void sios_entry_free (SiosEntry *entry);

/* Reads text in the format of GKeyFile, which does not tell lines. Adds SiosEntry to @entries and
 * lines that say what is wrong to @problems, as many as there are. */
void sios_config_scan (
    const char *name, const char *text, gsize length, GPtrArray *entries, GPtrArray *problems);

/* The same for a file, which has to be there. Blocks. */
void sios_config_scan_file (const char *path, GPtrArray *entries, GPtrArray *problems);

/* The same for a file, and for all of DIRECTORY/conf.d/ that end in .conf, in the order of their
 * names. Blocks. A missing file is no problem unless @required. */
void sios_config_scan_files (const char *path,
                             gboolean required,
                             GPtrArray *entries,
                             GPtrArray *problems);

G_END_DECLS
