/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-room-index-private.h"

#define MIN_SOCKETS 4
#define MIN_MEMBERSHIPS 2

SioRoomIndex *
sio_room_index_new (const char *name)
{
  SioRoomIndex *self = g_new0 (SioRoomIndex, 1);

  self->name = g_strdup (name);
  return self;
}

static void
room_free (SioRoomIndex *self)
{
  g_free (self->sockets);
  g_free (self->memberships);
  g_free (self->name);
  g_free (self);
}

void
sio_room_index_close (SioRoomIndex *self)
{
  self->closed = TRUE;
  if (self->busy == 0)
    room_free (self);
}

guint
sio_room_index_get_size (SioRoomIndex *self)
{
  return self->n - self->n_holes;
}

/* Place in the socket's list, -1 if it is not in the room. Both lists know; the shorter one is
 * asked, so that neither large rooms nor sockets in many rooms cost much. */
static int
find (SioRoomIndex *self, SioSocket *socket)
{
  SioMemberships *memberships = socket->memberships;

  if (memberships == NULL)
    return -1;
  if (self->n < memberships->n)
    {
      for (guint i = 0; i < self->n; i++)
        {
          if (self->sockets[i] == socket)
            return (int) self->memberships[i];
        }
      return -1;
    }
  /* Leaving all rooms starts with the last one. */
  for (guint i = memberships->n; i > 0; i--)
    {
      if (memberships->items[i - 1].room == self)
        return (int) i - 1;
    }
  return -1;
}

static guint
add_membership (SioSocket *socket, SioRoomIndex *room, guint index)
{
  SioMemberships *memberships = socket->memberships;
  guint n = memberships != NULL ? memberships->n : 0;

  if (memberships == NULL || n == memberships->n_alloc)
    {
      guint n_alloc = MAX (MIN_MEMBERSHIPS, n * 2);

      memberships =
          g_realloc (memberships, sizeof *memberships + n_alloc * sizeof memberships->items[0]);
      memberships->n_alloc = n_alloc;
      socket->memberships = memberships;
    }
  memberships->items[n].room = room;
  memberships->items[n].index = index;
  memberships->n = n + 1;
  return n;
}

static void
remove_membership (SioSocket *socket, guint place)
{
  SioMemberships *memberships = socket->memberships;

  memberships->n--;
  if (place != memberships->n)
    {
      memberships->items[place] = memberships->items[memberships->n];
      memberships->items[place].room->memberships[memberships->items[place].index] = place;
    }
  if (memberships->n == 0)
    g_clear_pointer (&socket->memberships, g_free);
}

gboolean
sio_room_index_has (SioRoomIndex *self, SioSocket *socket)
{
  return find (self, socket) >= 0;
}

gboolean
sio_room_index_add (SioRoomIndex *self, SioSocket *socket)
{
  if (find (self, socket) >= 0)
    return FALSE;
  if (self->n == self->n_alloc)
    {
      self->n_alloc = MAX (MIN_SOCKETS, self->n_alloc * 2);
      self->sockets = g_renew (SioSocket *, self->sockets, self->n_alloc);
      self->memberships = g_renew (guint, self->memberships, self->n_alloc);
    }
  self->sockets[self->n] = socket;
  self->memberships[self->n] = add_membership (socket, self, self->n);
  self->n++;
  return TRUE;
}

/* Moves the socket at @from to @to. */
static void
move (SioRoomIndex *self, guint from, guint to)
{
  SioSocket *socket = self->sockets[from];

  self->sockets[to] = socket;
  self->memberships[to] = self->memberships[from];
  socket->memberships->items[self->memberships[to]].index = to;
}

gboolean
sio_room_index_remove (SioRoomIndex *self, SioSocket *socket)
{
  int place = find (self, socket);
  guint index;

  if (place < 0)
    return FALSE;
  index = socket->memberships->items[place].index;
  remove_membership (socket, (guint) place);

  if (self->busy > 0)
    {
      self->sockets[index] = NULL;
      self->n_holes++;
      return TRUE;
    }
  self->n--;
  if (index != self->n)
    move (self, self->n, index);
  return TRUE;
}

SioRoomIndex *
sio_room_index_of_socket (SioSocket *socket)
{
  SioMemberships *memberships = socket->memberships;

  return memberships != NULL ? memberships->items[memberships->n - 1].room : NULL;
}

void
sio_room_index_begin_walk (SioRoomIndex *self)
{
  self->busy++;
}

void
sio_room_index_end_walk (SioRoomIndex *self)
{
  guint n = 0;

  if (--self->busy > 0)
    return;
  if (self->closed)
    {
      room_free (self);
      return;
    }
  if (self->n_holes == 0)
    return;
  for (guint i = 0; i < self->n; i++)
    {
      if (self->sockets[i] == NULL)
        continue;
      if (i != n)
        move (self, i, n);
      n++;
    }
  self->n = n;
  self->n_holes = 0;
}
