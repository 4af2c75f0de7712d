/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Watches what the keys of one large object cost. JsonObject hashes with g_str_hash (), for
 * which anybody can choose keys that collide: 1 MB of them took 11 seconds to insert. */
typedef struct _SioJsonKeyGuard SioJsonKeyGuard;

/* Smaller objects cannot cost much. */
#define SIO_JSON_KEY_GUARD_MIN 64

SioJsonKeyGuard *sio_json_key_guard_new (void);
void sio_json_key_guard_free (SioJsonKeyGuard *self);

/* To be called before @key is looked up in @object, which then gets it. FALSE: the
 * keys were chosen to collide. */
gboolean sio_json_key_guard_take (SioJsonKeyGuard *self, JsonObject *object, const char *key);

G_END_DECLS
