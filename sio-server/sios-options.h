/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the command line asks for. */
typedef struct
{
  char **listen;
  char **namespaces;
  char **cors_origins;
  char *path;
  char *client_dir;
  GLogLevelFlags log_level; /* the least important level that is shown */
  gboolean show_version;
} SiosOptions;

/* FALSE with an error of one line when the command line is wrong. */
gboolean sios_options_parse (SiosOptions *self, int *argc, char ***argv, GError **error);
void sios_options_clear (SiosOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiosOptions, sios_options_clear)

G_END_DECLS
