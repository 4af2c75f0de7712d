/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-server-types.h"

G_BEGIN_DECLS

#define SIO_TYPE_ARGS (sio_args_get_type ())
#define SIO_TYPE_ARGS_BUILDER (sio_args_builder_get_type ())

/**
 * SioArgType:
 * @SIO_ARG_NONE: there is no such argument
 * @SIO_ARG_NULL: `null`
 * @SIO_ARG_BOOLEAN: `true` or `false`
 * @SIO_ARG_NUMBER: a number
 * @SIO_ARG_STRING: a string
 * @SIO_ARG_ARRAY: an array
 * @SIO_ARG_OBJECT: an object
 * @SIO_ARG_BYTES: binary data
 *
 * Types of an argument.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_ARG_NONE,
  SIO_ARG_NULL,
  SIO_ARG_BOOLEAN,
  SIO_ARG_NUMBER,
  SIO_ARG_STRING,
  SIO_ARG_ARRAY,
  SIO_ARG_OBJECT,
  SIO_ARG_BYTES
} SioArgType;

SIO_AVAILABLE_IN_0_1
GType sio_args_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new (const char *format, ...) G_GNUC_MALLOC;
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_variant (GVariant *variant);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_node (JsonNode *node);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_json (const char *text, gssize length, GError **error);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_json_with_attachments (
    const char *text, gssize length, GBytes **attachments, gsize n_attachments, GError **error);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_string (const char *text);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_new_from_bytes (GBytes *bytes);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_ref (SioArgs *self);
SIO_AVAILABLE_IN_0_1
void sio_args_unref (SioArgs *self);

SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_slice (SioArgs *self, guint first);

SIO_AVAILABLE_IN_0_1
SioArgs *
sio_args_set_members (SioArgs *self, guint n, const char *members, gssize length, GError **error);

SIO_AVAILABLE_IN_0_1
guint sio_args_get_length (SioArgs *self);
SIO_AVAILABLE_IN_0_1
SioArgType sio_args_get_arg_type (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
const char *sio_args_get_string (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
gint64 sio_args_get_int64 (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
double sio_args_get_double (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_get_boolean (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
GBytes *sio_args_get_bytes (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_args_get_node (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
JsonArray *sio_args_get_array (SioArgs *self);
SIO_AVAILABLE_IN_0_1
const char *sio_args_get_json (SioArgs *self);
SIO_AVAILABLE_IN_0_1
char *sio_args_dup_arg_json (SioArgs *self, guint n);
SIO_AVAILABLE_IN_0_1
guint sio_args_get_n_attachments (SioArgs *self);
SIO_AVAILABLE_IN_0_1
GBytes *sio_args_get_attachment (SioArgs *self, guint i);
SIO_AVAILABLE_IN_0_1
GBytes *sio_args_lookup_bytes (SioArgs *self, JsonNode *node);

SIO_AVAILABLE_IN_0_1
GType sio_args_builder_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioArgsBuilder *sio_args_builder_new (void);
SIO_AVAILABLE_IN_0_1
SioArgsBuilder *sio_args_builder_ref (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_unref (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_string (SioArgsBuilder *self, const char *value);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_int64 (SioArgsBuilder *self, gint64 value);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_double (SioArgsBuilder *self, double value);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_boolean (SioArgsBuilder *self, gboolean value);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_null (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_node (SioArgsBuilder *self, JsonNode *node);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_variant (SioArgsBuilder *self, GVariant *variant);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_bytes (SioArgsBuilder *self, GBytes *bytes);
SIO_AVAILABLE_IN_0_1
gboolean
sio_args_builder_add_json (SioArgsBuilder *self, const char *text, gssize length, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_args (SioArgsBuilder *self, SioArgs *args, guint first);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_add_handshake (SioArgsBuilder *self, SioHandshake *handshake);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_begin_array (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_end_array (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_begin_object (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_set_member_name (SioArgsBuilder *self, const char *name);
SIO_AVAILABLE_IN_0_1
void sio_args_builder_end_object (SioArgsBuilder *self);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_args_builder_end (SioArgsBuilder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioArgs, sio_args_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioArgsBuilder, sio_args_builder_unref)

G_END_DECLS
