/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether @text is one of the addresses of server.listen. */
gboolean sios_listen_check (const char *text, GError **error);

/* What the library understands: unix:PATH:MODE becomes unix:PATH,mode=MODE, and systemd:NAME
 * the descriptors of that name that were passed. */
char **sios_listen_expand (const char *text, GError **error);

/* All descriptors that were passed, whatever their names are; NULL if there are none. */
char **sios_listen_all_passed (void);

/* Forgets the variables of socket activation, so that no child takes them for its own. To be
 * called before there are threads. */
void sios_listen_init (void);

G_END_DECLS
