/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is kept of the HTTP request that opened a session: one block of memory,
 * taken apart when somebody asks. Immutable, reference-counted. */
typedef struct _SioRequestInfo SioRequestInfo;

/* @headers: `name NUL value NUL` one after the other, in @headers_length bytes; names are put
 * into lower case */
SioRequestInfo *sio_request_info_new (const char *remote_address,
                                      gboolean secure,
                                      const char *url,
                                      gsize url_length,
                                      const char *headers,
                                      gsize headers_length);
SioRequestInfo *sio_request_info_ref (SioRequestInfo *self);
void sio_request_info_unref (SioRequestInfo *self);

/* Path and query as the client sent them. */
/* Bytes in memory. */
gsize sio_request_info_get_size (SioRequestInfo *self);
const char *sio_request_info_get_url (SioRequestInfo *self);
/* Raw query without the question mark, "" if none. */
const char *sio_request_info_get_query (SioRequestInfo *self);
/* Decoded value of a query parameter, the last one wins; NULL if absent. (transfer full) */
char *sio_request_info_dup_query_value (SioRequestInfo *self, const char *name);
/* The first of that name, which compares without case; NULL if absent. */
const char *sio_request_info_get_header (SioRequestInfo *self, const char *name);
/* Walks over the headers in lower case: start with *position = 0. */
gboolean sio_request_info_next_header (SioRequestInfo *self,
                                       guint *position,
                                       const char **name,
                                       const char **value);
/* Numeric address of the peer, "" for Unix sockets. */
const char *sio_request_info_get_remote_address (SioRequestInfo *self);
gboolean sio_request_info_is_secure (SioRequestInfo *self);
/* µs since 1970 */
gint64 sio_request_info_get_time (SioRequestInfo *self);

/* Query parameters as URLSearchParams reads them. */
char *sio_query_dup_value (const char *query, const char *name);
/* (transfer full) (element-type utf8 utf8): all parameters, decoded, the last one wins */
GHashTable *sio_query_parse (const char *query);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioRequestInfo, sio_request_info_unref)

G_END_DECLS
