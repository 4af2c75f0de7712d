/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-socket-private.h"

G_BEGIN_DECLS

/* What the in-memory adapter knows of a room: its sockets side by side, and for each its place in
 * the socket's own list of rooms, so that leaving costs the same in rooms of any size. */
typedef struct
{
  char *name;
  SioSocket **sockets;
  guint *memberships; /* place of this room in sockets[i]->memberships */
  guint n;            /* places in use, holes included */
  guint n_alloc;
  guint n_holes;
  guint busy;      /* somebody walks over it: nothing moves, who leaves becomes a hole */
  gboolean closed; /* nobody is in it; freed when nobody walks over it any more */
} SioRoomIndex;

/* The rooms of a socket. */
struct _SioMemberships
{
  guint n;
  guint n_alloc;
  struct
  {
    SioRoomIndex *room;
    guint index;
  } items[];
};

SioRoomIndex *sio_room_index_new (const char *name);
/* Nobody is in it. */
void sio_room_index_close (SioRoomIndex *self);
guint sio_room_index_get_size (SioRoomIndex *self);

gboolean sio_room_index_has (SioRoomIndex *self, SioSocket *socket);
/* How many rooms the socket is in. */
static inline guint
sio_room_index_count (SioSocket *socket)
{
  return socket->memberships != NULL ? socket->memberships->n : 0;
}
/* FALSE if it is in there already. */
gboolean sio_room_index_add (SioRoomIndex *self, SioSocket *socket);
/* FALSE if it is not in there. */
gboolean sio_room_index_remove (SioRoomIndex *self, SioSocket *socket);
/* A room the socket is in, NULL if there is none. */
SioRoomIndex *sio_room_index_of_socket (SioSocket *socket);

void sio_room_index_begin_walk (SioRoomIndex *self);
/* May free the room. */
void sio_room_index_end_walk (SioRoomIndex *self);

G_END_DECLS
