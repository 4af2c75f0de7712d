/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-verifier.h"

G_BEGIN_DECLS

/* A directory of keys and tokens, made by OpenSSL through Node */
void tokens_make (void);
void tokens_remove (void);

/* Contents of a file there */
char *tokens_read (const char *name, gsize *length);
/* The token NAME.jwt */
char *tokens_get (const char *name);
/* Adds NAME.pem, NAME.jwks, or "secret". */
void tokens_add_keys (SiosKeyset *keys, const char *name);

/* Waits for the answer. */
SiosIdentity *tokens_verify (SiosVerifier *verifier, const char *token, GError **error);
/* Both fail the test unless NAME.jwt is let in, or refused for that reason. */
void tokens_accept (SiosVerifier *verifier, const char *name);
void tokens_refuse (SiosVerifier *verifier, const char *name, SiosAuthReason reason);

G_END_DECLS
