/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Standard input by lines, without blocking. */
typedef struct _SiocInput SiocInput;

/* FALSE: the line was not taken; it comes again after sioc_input_resume (). */
typedef gboolean (*SiocLineFunc) (const char *line, gsize length, guint number, gpointer user_data);
/* @error is NULL at the end of the input. */
typedef void (*SiocEndFunc) (const GError *error, gpointer user_data);

SiocInput *sioc_input_new (int fd, SiocLineFunc line, SiocEndFunc end, gpointer user_data);
void sioc_input_resume (SiocInput *self);
void sioc_input_free (SiocInput *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiocInput, sioc_input_free)

G_END_DECLS
