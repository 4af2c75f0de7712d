/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names of rooms and events that are built with colons, such as conversation:42.
 *
 *   *        one or more characters, but no colon: conversation:* is not conversation:42:admins
 *   **       one or more characters
 *   {name}   a value of the variable, exactly; one with a colon counts only at the end of the
 *            pattern, so that {tenant}:{user} cannot mean two different pairs
 *   \        in front of * { } \ takes their meaning away
 *
 * All else stands for itself. Matching takes time in proportion to the lengths of pattern and text
 * and the number of values, whatever they are. */
typedef struct _SiosPattern SiosPattern;

#define SIOS_PATTERN_MAX_LENGTH 256 /* of a pattern, in bytes */
#define SIOS_PATTERN_MAX_TEXT 4096  /* nothing longer matches */

/* The values of the variable of this number, NULL or an empty array for none; they stay as they
 * are until the next call. Empty values never match. */
typedef const char *const *(*SiosPatternFunc) (guint variable, gpointer user_data);

/* @variables are the names that are allowed, ended by NULL; NULL for none. NULL with
 * G_OPTION_ERROR. */
SiosPattern *sios_pattern_new (const char *text, const char *const *variables, GError **error);
void sios_pattern_free (SiosPattern *self);

/* As it was written. */
const char *sios_pattern_get_text (const SiosPattern *self);
/* What all that matches begins with, "" if that is not known. */
const char *sios_pattern_get_prefix (const SiosPattern *self);
gboolean sios_pattern_has_variables (const SiosPattern *self);

/* Without @func variables may have any value. */
gboolean sios_pattern_match (const SiosPattern *self,
                             const char *text,
                             SiosPatternFunc func,
                             gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosPattern, sios_pattern_free)

G_END_DECLS
