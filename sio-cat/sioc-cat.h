/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioc-options.h"

G_BEGIN_DECLS

/* What the exit status tells. */
typedef enum
{
  SIOC_EXIT_OK,
  SIOC_EXIT_FAILED,
  SIOC_EXIT_USAGE,
  SIOC_EXIT_REFUSED,
  SIOC_EXIT_TIMEOUT,
  SIOC_EXIT_UNREACHABLE,
  SIOC_EXIT_LOST
} SiocExit;

typedef struct _SiocCat SiocCat;

/* Calls @done once, when everything has left. @options have to stay. */
SiocCat *sioc_cat_new (const SiocOptions *options,
                       void (*done) (int status, gpointer user_data),
                       gpointer user_data);
void sioc_cat_end (SiocCat *self, int status);
void sioc_cat_free (SiocCat *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiocCat, sioc_cat_free)

G_END_DECLS
