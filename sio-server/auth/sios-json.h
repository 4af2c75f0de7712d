/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Reads one JSON object with the strict reader of the library, which bounds depth. An object with
 * a member twice, at any depth, is refused: two readers might see two different tokens. */
JsonNode *sios_json_read_object (const char *text, gsize length, GError **error);

/* base64url without padding, as RFC 7515 has it. NULL if there is any other character, or bits
 * that belong to no byte are set, so that there is but one spelling. Never NULL for no bytes. */
guint8 *sios_base64url_decode (const char *text, gsize length, gsize *decoded_length);

/* The member that @path names: "/a/b" is a JSON pointer (RFC 6901); else a member of that very
 * name (which may be a URL), or one within objects, "a.b". NULL if there is none. */
JsonNode *sios_json_lookup (JsonObject *object, const char *path);

G_END_DECLS
