/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-rule.h"

G_BEGIN_DECLS

/* Items of keys, between their text and the rule. NULL or FALSE with an error. */
gboolean sios_addition_parse (const char *text, SiosAddition *addition, GError **error);
gboolean sios_length_limit_parse (const char *text, SiosLengthLimit *limit, GError **error);
gboolean sios_shadow_parse (const char *text, guint *bits, GError **error);
gboolean sios_track_parse (const char *text, char **name, SiosTrackAction *action, GError **error);
/* Adds to what @rule requires; the arrays of it are there. @roles and @groups collect names. */
gboolean sios_requirement_parse (
    const char *text, SiosRule *rule, GPtrArray *roles, GPtrArray *groups, GError **error);
void sios_addition_clear (gpointer addition);
void sios_length_limit_clear (gpointer limit);

G_END_DECLS
