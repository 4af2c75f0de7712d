/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-target.h"

/**
 * SioTarget:
 *
 * The sockets a broadcast is meant for, as adapters see it.
 *
 * A socket matches if it is in any of the rooms, or if there are none, and in none of the
 * excepted ones. The id of a socket is a room with that socket in it. It is immutable.
 *
 * Since: 0.1
 */
struct _SioTarget
{
  gatomicrefcount ref_count;
  SioEmitFlags flags;
  guint timeout;
  char **rooms;
  char **except;
};

G_DEFINE_BOXED_TYPE (SioTarget, sio_target, sio_target_ref, sio_target_unref)

static const char *const no_rooms[] = { NULL };

/**
 * sio_target_new:
 * @rooms: (array zero-terminated=1) (nullable): rooms, any of which a socket has to be in
 * @except: (array zero-terminated=1) (nullable): rooms, none of which a socket may be in
 * @flags: how to send
 * @timeout: how long to wait for answers in ms, 0 for the default of the operation
 *
 * Makes a target.
 *
 * Returns: (transfer full): a new target
 *
 * Since: 0.1
 */
SioTarget *
sio_target_new (const char *const *rooms,
                const char *const *except,
                SioEmitFlags flags,
                guint timeout)
{
  SioTarget *self = g_new0 (SioTarget, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->flags = flags;
  self->timeout = timeout;
  if (rooms != NULL && rooms[0] != NULL)
    self->rooms = g_strdupv ((char **) rooms);
  if (except != NULL && except[0] != NULL)
    self->except = g_strdupv ((char **) except);
  return self;
}

/**
 * sio_target_ref:
 * @self: a target
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioTarget *
sio_target_ref (SioTarget *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_target_unref:
 * @self: (transfer full): a target
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_target_unref (SioTarget *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_strfreev (self->rooms);
  g_strfreev (self->except);
  g_free (self);
}

/**
 * sio_target_get_rooms:
 * @self: a target
 *
 * Gets the rooms, any of which a socket has to be in.
 *
 * Returns: (transfer none) (array zero-terminated=1): names of rooms; none means all sockets
 *
 * Since: 0.1
 */
const char *const *
sio_target_get_rooms (SioTarget *self)
{
  g_return_val_if_fail (self != NULL, no_rooms);

  return self->rooms != NULL ? (const char *const *) self->rooms : no_rooms;
}

/**
 * sio_target_get_except:
 * @self: a target
 *
 * Gets the rooms, none of which a socket may be in.
 *
 * Returns: (transfer none) (array zero-terminated=1): names of rooms
 *
 * Since: 0.1
 */
const char *const *
sio_target_get_except (SioTarget *self)
{
  g_return_val_if_fail (self != NULL, no_rooms);

  return self->except != NULL ? (const char *const *) self->except : no_rooms;
}

/**
 * sio_target_get_flags:
 * @self: a target
 *
 * Gets how to send.
 *
 * Returns: flags
 *
 * Since: 0.1
 */
SioEmitFlags
sio_target_get_flags (SioTarget *self)
{
  g_return_val_if_fail (self != NULL, SIO_EMIT_NONE);

  return self->flags;
}

/**
 * sio_target_get_timeout:
 * @self: a target
 *
 * Gets how long to wait for answers.
 *
 * Returns: the time in ms, 0 for the default of the operation
 *
 * Since: 0.1
 */
guint
sio_target_get_timeout (SioTarget *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->timeout;
}
