/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sios-caller.h"

G_BEGIN_DECLS

/* Tokens of the HTTP API. Immutable; kept as digests only. */
typedef struct _SiosTokens SiosTokens;

/* Lines of NAME:TOKEN or NAME:TOKEN:PERMISSIONS, where permissions are some of read, manage, emit,
 * configure and inspect, separated by commas, or "all"; without any it is read. Empty lines and
 * those that begin with # are passed over. All that is wrong is added to @problems, with @where and
 * the line, never with a token. NULL if there was any. */
SiosTokens *
sios_tokens_parse (const char *text, gsize length, const char *where, GPtrArray *problems);
/* Reads @key, a path or credential:NAME. Blocks. */
SiosTokens *sios_tokens_load (const char *key, GPtrArray *problems);
void sios_tokens_free (SiosTokens *self);

guint sios_tokens_get_length (SiosTokens *self);
/* The name of the one that is @token; NULL if none is. Takes as long for any token. */
const char *sios_tokens_find (SiosTokens *self, const char *token, SiosPermissions *permissions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosTokens, sios_tokens_free)

G_END_DECLS
