/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sioa-socket.h"

G_BEGIN_DECLS

/* Which sockets a list shows: all that fit everything that is asked for. */
#define SIOA_TYPE_SOCKET_FILTER (sioa_socket_filter_get_type ())
G_DECLARE_FINAL_TYPE (SioaSocketFilter, sioa_socket_filter, SIOA, SOCKET_FILTER, GtkFilter)

SioaSocketFilter *sioa_socket_filter_new (void);
/* Anywhere in id, user, address, transport or a room, whatever the case; NULL or "": anything. */
void sioa_socket_filter_set_text (SioaSocketFilter *self, const char *text);
/* NULL: any. */
void sioa_socket_filter_set_nsp (SioaSocketFilter *self, const char *nsp);
void sioa_socket_filter_set_room (SioaSocketFilter *self, const char *room);
/* All of the name; NULL or "": any. */
void sioa_socket_filter_set_user (SioaSocketFilter *self, const char *user);
void sioa_socket_filter_set_transport (SioaSocketFilter *self, const char *transport);
/* Connected for at least this long, in seconds; 0: any. */
void sioa_socket_filter_set_min_age (SioaSocketFilter *self, gint64 seconds);
/* A round trip of at least this many milliseconds; 0: any. */
void sioa_socket_filter_set_min_latency (SioaSocketFilter *self, gint64 milliseconds);
/* What sockets are like has changed. */
void sioa_socket_filter_refresh (SioaSocketFilter *self);
gboolean sioa_socket_filter_is_empty (SioaSocketFilter *self);

G_END_DECLS
