/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sios-keyset.h"

G_BEGIN_DECLS

#define SIOS_TYPE_JWKS (sios_jwks_get_type ())
G_DECLARE_FINAL_TYPE (SiosJwks, sios_jwks, SIOS, JWKS, GObject)

/* A JWK set of a URL, kept fresh. Times in milliseconds. */
typedef struct
{
  guint timeout;      /* of one fetch, whatever the server does */
  guint min_lifetime; /* bounds of what Cache-Control says */
  guint max_lifetime;
  guint default_lifetime; /* without Cache-Control */
  guint retry;            /* after a failure, doubled each time up to min_lifetime */
  guint cooldown;         /* between two fetches for keys that are not known */
  gsize max_size;         /* in bytes */
} SiosJwksLimits;

/* 10 s, 1 min to 24 h, 1 h, 1 s, 30 s, 256 KiB */
extern const SiosJwksLimits sios_jwks_default_limits;

typedef void (*SiosJwksFunc) (SiosJwks *self, gpointer user_data);

/* https, or http of this machine, else an error. */
gboolean sios_jwks_check_url (const char *url, GError **error);
/* The same; redirections are not followed. @authorities: whom to trust in place of the system's,
 * or NULL. */
SiosJwks *sios_jwks_new (const char *url,
                         const SiosJwksLimits *limits,
                         GTlsDatabase *authorities,
                         GError **error);
/* Fetches now and again before it is too old. Signal "changed" (gboolean some_gone) follows, or
 * "failed" (GError), with the keys from before still there. */
void sios_jwks_start (SiosJwks *self);
void sios_jwks_stop (SiosJwks *self);
/* The last good one, however old; NULL before. (transfer none) */
SiosKeyset *sios_jwks_get_keys (SiosJwks *self);
/* Asks for a fetch because a key is not known. @func comes, exactly once and later, when it is
 * done, well or not, or stopped. FALSE if none is allowed so soon, or too many wait already. */
gboolean sios_jwks_wait (SiosJwks *self, SiosJwksFunc func, gpointer user_data);
guint64 sios_jwks_get_n_fetches (SiosJwks *self);
guint64 sios_jwks_get_n_failures (SiosJwks *self);

G_END_DECLS
