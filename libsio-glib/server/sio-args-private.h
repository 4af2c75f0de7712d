/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-args.h"
#include "sio-json-private.h"

G_BEGIN_DECLS

/* What the application hands over may nest deeper than what peers may send. */
#define SIO_ARGS_MAX_DEPTH 1024

/* @list is valid JSON items separated by commas, without brackets; @attachments (element-type
 * GBytes, transfer none, nullable) are shared. */
SioArgs *sio_args_new_raw (const char *list, gsize length, GPtrArray *attachments);
/* The items without brackets. */
const char *sio_args_peek_list (SioArgs *self, gsize *length);
/* The items from number @first on. */
const char *sio_args_peek_list_from (SioArgs *self, guint first, gsize *length);
GPtrArray *sio_args_peek_attachments (SioArgs *self);

/* Number of the attachment that an object stands for, -1 if it is an ordinary one. */
gint64 sio_args_get_placeholder (const SioJsonSlice *object);
/* Whether @self has that attachment. */
gboolean sio_args_is_placeholder (SioArgs *self, const SioJsonSlice *object);

/* Append JSON; binary values go to *attachments, made at the first one. */
void sio_args_append_bytes (GString *out, GBytes *bytes, GPtrArray **attachments);
void sio_args_append_variant (GString *out, GVariant *value, GPtrArray **attachments);
SioArgs *sio_args_new_from_string_builder (GString *list, GPtrArray *attachments);

G_END_DECLS
