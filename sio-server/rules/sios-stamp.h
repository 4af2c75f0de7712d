/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "2026-01-31T12:00:00.000Z", as Date.prototype.toISOString () writes it; @time in µs since 1970.
 */
void sios_append_timestamp (GString *out, gint64 time);
/* A new id: UUID version 7 (RFC 9562), which sort by time; @time in µs since 1970. 36 characters.
 */
void sios_append_id (GString *out, gint64 time);
/* As a JSON string, with its quotes; @text is UTF-8. */
void sios_append_json_string (GString *out, const char *text);

G_END_DECLS
