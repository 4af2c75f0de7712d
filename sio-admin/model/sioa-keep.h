/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A key file that is read once and written when told to, in the background, readable for its owner
 * only. */
#define SIOA_TYPE_KEEP (sioa_keep_get_type ())
G_DECLARE_FINAL_TYPE (SioaKeep, sioa_keep, SIOA, KEEP, GObject)

/* A file that cannot be understood is set aside as "PATH.broken". */
SioaKeep *sioa_keep_new (const char *path);
/* To be changed by its owner. */
GKeyFile *sioa_keep_get_file (SioaKeep *self);
void sioa_keep_save (SioaKeep *self);
/* Writes what is not written yet and waits for it: before the program ends. */
void sioa_keep_flush (SioaKeep *self);

G_END_DECLS
