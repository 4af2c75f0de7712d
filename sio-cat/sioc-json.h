/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Appends an array on one line. Binary data is {"$bytes":"base64"}. What could steer a terminal
 * is escaped. */
void sioc_json_append_args (GString *line, SioArgs *args);
void sioc_json_append_string (GString *line, const char *text);
void sioc_json_append_node (GString *line, JsonNode *node);

/* The other way round; @text is an array. */
SioArgs *sioc_json_read_args (const char *text, gsize length, GError **error);
SioArgs *sioc_json_args_from_node (JsonNode *node, GError **error);

/* One value that is an object, or NULL with @error set. */
JsonNode *sioc_json_read_object (const char *text, gsize length, GError **error);

G_END_DECLS
