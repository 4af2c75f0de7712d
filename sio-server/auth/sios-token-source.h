/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Where tokens are in a handshake. The first place that has one counts: a bad token there is not
 * made up for by a good one elsewhere. */
typedef struct _SiosTokenSource SiosTokenSource;

#define SIOS_TOKEN_SOURCE_DEFAULT "auth:token, authorization"

/* @text: places in their order, separated by commas: "auth:NAME" (a member of what the client gave
 * as auth), "authorization" (the header, scheme Bearer), "query:NAME", "cookie:NAME" */
SiosTokenSource *sios_token_source_new (const char *text, GError **error);
void sios_token_source_free (SiosTokenSource *self);
/* A new string, or NULL. “Bearer ” in front of it is taken away wherever it was. */
char *sios_token_source_find (SiosTokenSource *self, SioHandshake *handshake);
/* What follows “Bearer ” in @text, or NULL if it does not begin with that. */
const char *sios_token_skip_bearer (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosTokenSource, sios_token_source_free)

G_END_DECLS
