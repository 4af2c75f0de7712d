/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-backend.h"
#include "sioa-place.h"
#include "sioa-socket.h"

G_BEGIN_DECLS

/* What is known of a server: its sockets, rooms and namespaces as live lists. Changes are applied
 * in short steps, so that the main loop stays free however many there are. */
#define SIOA_TYPE_STORE (sioa_store_get_type ())
G_DECLARE_FINAL_TYPE (SioaStore, sioa_store, SIOA, STORE, GObject)

SioaStore *sioa_store_new (SioaBackend *backend);
/* of SioaSocket */
GListModel *sioa_store_get_sockets (SioaStore *self);
/* of SioaPlace */
GListModel *sioa_store_get_rooms (SioaStore *self);
GListModel *sioa_store_get_namespaces (SioaStore *self);
/* Faster than going through the list. */
void sioa_store_foreach_socket (SioaStore *self, GFunc func, gpointer user_data);
SioaSocket *sioa_store_find_socket (SioaStore *self, const char *nsp, const char *id);
SioaPlace *sioa_store_find_room (SioaStore *self, const char *nsp, const char *room);
/* Rows compare as they are now: all lists of them have to be sorted at once. */
void sioa_store_settle (SioaStore *self);
/* Changes that came and are not applied yet. */
guint sioa_store_get_n_pending (SioaStore *self);
/* Applies all of them now: for tests, and before something is counted. */
void sioa_store_catch_up (SioaStore *self);

G_END_DECLS
