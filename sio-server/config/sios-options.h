/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config.h"

G_BEGIN_DECLS

/* What the command line asks for. */
typedef struct
{
  SiosSources *sources;
  gboolean show_version;
  gboolean check_config;
  gboolean print_config;
} SiosOptions;

/* FALSE with an error of one line when the command line is wrong. */
gboolean sios_options_parse (SiosOptions *self, int *argc, char ***argv, GError **error);
void sios_options_clear (SiosOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiosOptions, sios_options_clear)

G_END_DECLS
