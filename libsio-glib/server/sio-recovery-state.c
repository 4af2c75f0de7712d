/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-state-private.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-error.h"

/**
 * SioRecoveryState:
 *
 * What is left of a socket whose client lost its connection, as adapters keep it.
 *
 * It has one serialised form, [method@Sio.RecoveryState.to_variant], for files and for adapters
 * that keep it elsewhere. It is immutable.
 *
 * Since: 0.1
 */
struct _SioRecoveryState
{
  gatomicrefcount ref_count;
  char *id;
  char *pid;
  char **rooms;
  char *data; /* JSON */
  char *offset;
  gint64 time;
};

G_DEFINE_BOXED_TYPE (SioRecoveryState,
                     sio_recovery_state,
                     sio_recovery_state_ref,
                     sio_recovery_state_unref)

void
sio_pid_generate (char pid[SIO_PID_LENGTH + 1])
{
  char ids[2][SIO_ID_LENGTH + 1];

  sio_id_generate (ids[0]);
  sio_id_generate (ids[1]);
  memcpy (pid, ids[0], SIO_ID_LENGTH);
  memcpy (pid + SIO_ID_LENGTH, ids[1], SIO_PID_LENGTH - SIO_ID_LENGTH);
  pid[SIO_PID_LENGTH] = '\0';
}

/**
 * sio_recovery_state_new:
 * @id: id of the socket
 * @pid: the secret the client shows to get it back
 * @rooms: (array zero-terminated=1) (nullable): rooms the socket was in
 * @data: (nullable): what the application kept with it; copied
 * @offset: (nullable): position in the log of the adapter at which the client was disconnected
 * @time: when it was disconnected, in µs since 1970 in UTC
 *
 * Makes a state.
 *
 * Returns: (transfer full): a new state
 *
 * Since: 0.1
 */
SioRecoveryState *
sio_recovery_state_new (const char *id,
                        const char *pid,
                        const char *const *rooms,
                        JsonNode *data,
                        const char *offset,
                        gint64 time)
{
  SioRecoveryState *self;

  g_return_val_if_fail (id != NULL, NULL);
  g_return_val_if_fail (pid != NULL, NULL);

  self = g_new0 (SioRecoveryState, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->id = g_strdup (id);
  self->pid = g_strdup (pid);
  self->rooms = rooms != NULL ? g_strdupv ((char **) rooms) : g_new0 (char *, 1);
  for (guint i = 0; self->rooms[i] != NULL; i++)
    {
      char *name = self->rooms[i];

      self->rooms[i] = g_utf8_make_valid (name, -1);
      g_free (name);
    }
  if (data != NULL)
    {
      GString *json = g_string_new (NULL);

      sio_json_write (json, data);
      self->data = g_string_free (json, FALSE);
    }
  self->offset = g_strdup (offset);
  self->time = time;
  return self;
}

static gboolean
check_name (const char *what, const char *name, gboolean may_be_empty, GError **error)
{
  gsize length = strlen (name);

  if ((length > 0 || may_be_empty) && length <= SIO_RECOVERY_MAX_NAME)
    return TRUE;
  g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
               "%s of a saved session has %" G_GSIZE_FORMAT " bytes, expected 1 to %d", what,
               length, SIO_RECOVERY_MAX_NAME);
  return FALSE;
}

/**
 * sio_recovery_state_new_from_variant:
 * @variant: what [method@Sio.RecoveryState.to_variant] returned, maybe long ago and elsewhere
 * @error: return location for an error
 *
 * Reads a serialised state, which need not be trusted.
 *
 * Errors: `SIO_ERROR_INVALID_ARGUMENT` if it is not one, or of another version.
 *
 * Returns: (transfer full): a new state, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioRecoveryState *
sio_recovery_state_new_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (SioRecoveryState) self = NULL;
  guint version;

  g_return_val_if_fail (variant != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (SIO_RECOVERY_STATE_TYPE)))
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "a saved session has the type %s, expected %s",
                   g_variant_get_type_string (variant), SIO_RECOVERY_STATE_TYPE);
      return NULL;
    }
  self = g_new0 (SioRecoveryState, 1);
  g_atomic_ref_count_init (&self->ref_count);
  g_variant_get (variant, SIO_RECOVERY_STATE_TYPE, &version, &self->id, &self->pid, NULL,
                 &self->data, &self->offset, &self->time);
  g_variant_get_child (variant, 3, "^as", &self->rooms);
  if (version != SIO_RECOVERY_STATE_VERSION)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "a saved session is of version %u, expected %d", version,
                   SIO_RECOVERY_STATE_VERSION);
      return NULL;
    }
  if (!check_name ("id", self->id, FALSE, error) || !check_name ("pid", self->pid, FALSE, error))
    return NULL;
  for (guint i = 0; self->rooms[i] != NULL; i++)
    {
      if (!check_name ("a room", self->rooms[i], TRUE, error))
        return NULL;
    }
  if (self->data != NULL &&
      !sio_json_scan (self->data, strlen (self->data), SIO_ARGS_MAX_DEPTH, NULL, error))
    {
      g_prefix_error (error, "data of a saved session: ");
      return NULL;
    }
  return g_steal_pointer (&self);
}

/**
 * sio_recovery_state_to_variant:
 * @self: a state
 *
 * Serialises it as `(ussasmsmsx)`: version 1, id, pid, rooms, data as JSON, offset, time.
 *
 * Who can read it can take the session over: keep it like a password.
 *
 * Returns: (transfer none): a floating value
 *
 * Since: 0.1
 */
GVariant *
sio_recovery_state_to_variant (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_variant_new ("(uss^asmsmsx)", SIO_RECOVERY_STATE_VERSION, self->id, self->pid,
                        self->rooms, self->data, self->offset, self->time);
}

/**
 * sio_recovery_state_ref:
 * @self: a state
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioRecoveryState *
sio_recovery_state_ref (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_recovery_state_unref:
 * @self: (transfer full): a state
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_recovery_state_unref (SioRecoveryState *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->id);
  g_free (self->pid);
  g_strfreev (self->rooms);
  g_free (self->data);
  g_free (self->offset);
  g_free (self);
}

/**
 * sio_recovery_state_get_id:
 * @self: a state
 *
 * Gets the id of the socket.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
sio_recovery_state_get_id (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

/**
 * sio_recovery_state_get_pid:
 * @self: a state
 *
 * Gets the secret that the client shows to get its session back.
 *
 * Returns: (transfer none): the secret
 *
 * Since: 0.1
 */
const char *
sio_recovery_state_get_pid (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pid;
}

/**
 * sio_recovery_state_get_rooms:
 * @self: a state
 *
 * Gets the rooms the socket was in, without its id.
 *
 * Returns: (transfer none) (array zero-terminated=1): names of rooms
 *
 * Since: 0.1
 */
const char *const *
sio_recovery_state_get_rooms (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->rooms;
}

/**
 * sio_recovery_state_dup_data:
 * @self: a state
 *
 * Copies what the application kept with the socket.
 *
 * Returns: (transfer full) (nullable): any value
 *
 * Since: 0.1
 */
JsonNode *
sio_recovery_state_dup_data (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->data == NULL)
    return NULL;
  return sio_json_read (self->data, strlen (self->data), SIO_ARGS_MAX_DEPTH, NULL);
}

/**
 * sio_recovery_state_get_offset:
 * @self: a state
 *
 * Gets the position in the log of the adapter at which the client was disconnected.
 *
 * Returns: (transfer none) (nullable): the position, in the adapter's own form
 *
 * Since: 0.1
 */
const char *
sio_recovery_state_get_offset (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->offset;
}

/**
 * sio_recovery_state_get_time:
 * @self: a state
 *
 * Gets when the client was disconnected.
 *
 * Returns: µs since 1970 in UTC
 *
 * Since: 0.1
 */
gint64
sio_recovery_state_get_time (SioRecoveryState *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->time;
}

gsize
sio_recovery_state_get_memory (SioRecoveryState *self)
{
  gsize size = sizeof (SioRecoveryState) + strlen (self->id) + strlen (self->pid) + 32;

  for (guint i = 0; self->rooms[i] != NULL; i++)
    size += strlen (self->rooms[i]) + sizeof (char *) + 16;
  if (self->data != NULL)
    size += strlen (self->data) + 16;
  return size;
}
