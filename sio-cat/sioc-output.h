/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioc-json.h"

G_BEGIN_DECLS

/* One record: {"time":"…","type":"…", and what is added. */
GString *sioc_record_new (const char *type, const char *nsp);
void sioc_record_add_string (GString *record, const char *name, const char *value);
void sioc_record_add_args (GString *record, const char *name, SioArgs *args);
void sioc_record_add_node (GString *record, const char *name, JsonNode *node);
void sioc_record_add_literal (GString *record, const char *name, const char *json);
void sioc_record_add_number (GString *record, const char *name, gint64 value);
/* Writes it as one line to standard output, and frees it. */
gboolean sioc_record_write (GString *record, GError **error);

G_END_DECLS
