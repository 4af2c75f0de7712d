/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-record.h"

G_BEGIN_DECLS

/* A socket of a server, as a row of lists. Stays the same object while the socket lives; the signal
 * "changed" tells of any difference. */
#define SIOA_TYPE_SOCKET (sioa_socket_get_type ())
G_DECLARE_FINAL_TYPE (SioaSocket, sioa_socket, SIOA, SOCKET, GObject)

/* Of more, the ones that were joined first are kept. */
#define SIOA_SOCKET_MAX_ROOMS 10000

SioaSocket *sioa_socket_new (SioaSocketRecord *record);
/* All but the rooms, which change one by one. */
SioaSocketRecord *sioa_socket_get_record (SioaSocket *self);
const char *sioa_socket_get_id (SioaSocket *self);
const char *sioa_socket_get_nsp (SioaSocket *self);
/* Rooms in the order in which they were joined; the array belongs to the row. */
const char *const *sioa_socket_get_rooms (SioaSocket *self, guint *n_rooms);
gboolean sioa_socket_is_in (SioaSocket *self, const char *room);
/* FALSE once it is disconnected; somebody may still look at it. */
gboolean sioa_socket_is_alive (SioaSocket *self);
/* Why it ended; NULL if that is not known. */
const char *sioa_socket_get_reason (SioaSocket *self);

/* As they were when lists were last sorted: in between nothing may change by which they are. */
SioaSocketRecord *sioa_socket_get_settled (SioaSocket *self);
guint sioa_socket_get_settled_n_rooms (SioaSocket *self);

/* For the store. */
void sioa_socket_settle (SioaSocket *self);
void sioa_socket_set_record (SioaSocket *self, SioaSocketRecord *record);
void sioa_socket_set_transport (SioaSocket *self, const char *transport);
void sioa_socket_set_data (SioaSocket *self, const char *data);
gboolean sioa_socket_join (SioaSocket *self, const char *room);
gboolean sioa_socket_leave (SioaSocket *self, const char *room);
void sioa_socket_end (SioaSocket *self, const char *reason);
void sioa_socket_set_user (SioaSocket *self, const char *user);
void sioa_socket_changed (SioaSocket *self);
/* Bytes, roughly, with what the rooms cost that only this one is in. */
gsize sioa_socket_get_size (SioaSocket *self);

G_END_DECLS
