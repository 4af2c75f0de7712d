/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* A part of JSON Schema (2020-12): type, enum, const; properties, required, additionalProperties,
 * minProperties, maxProperties; items, minItems, maxItems; minLength, maxLength, pattern; minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum; allOf, anyOf, oneOf, not; $defs and $ref within the
 * file. Keywords that only describe are passed over, all others are an error, because they would
 * check nothing. The type "binary" is Socket.IO's. Immutable, may be used by any thread. */
typedef struct _SiosSchema SiosSchema;

#define SIOS_SCHEMA_MAX_BYTES (256 * 1024)
/* Strings that are longer do not match any pattern. */
#define SIOS_SCHEMA_MAX_PATTERN_BYTES 1024
/* How much one value may cost to check. */
#define SIOS_SCHEMA_MAX_STEPS 100000

/* NULL with G_OPTION_ERROR, which says where. */
SiosSchema *sios_schema_new (const char *text, gsize length, GError **error);
SiosSchema *sios_schema_new_from_file (const char *path, GError **error);
void sios_schema_free (SiosSchema *self);

/* Checks argument @n. @problem (out, transfer full): what was expected where, if it does not fit;
 * valid UTF-8, and short. */
gboolean sios_schema_check (const SiosSchema *self, SioArgs *args, guint n, char **problem);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosSchema, sios_schema_free)

G_END_DECLS
