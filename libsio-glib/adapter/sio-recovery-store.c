/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-recovery-store-private.h"

#include <string.h>

#include "sio-engine.h"
#include "sio-packet-private.h"
#include "sio-server.h"

/* What is over its time is refused at once; this is how long its memory may stay. */
#define MIN_SWEEP_MS 1000
#define MAX_SWEEP_MS 30000
/* Rooms a socket has left whose packets may still be in the log. */
#define MAX_PAST_STAYS 256
/* With so many stays a table is made to find them. */
#define MANY_STAYS 16

static void
stay_clear (gpointer data)
{
  g_free (((SioStay *) data)->room);
}

SioRecoverySession *
sio_recovery_session_new (const char *pid)
{
  gsize length = pid != NULL ? strlen (pid) : SIO_PID_LENGTH;
  SioRecoverySession *self = g_malloc0 (sizeof (SioRecoverySession) + length + 1);

  self->ref_count = 1;
  self->link.data = self;
  if (pid != NULL)
    memcpy (self->pid, pid, length + 1);
  else
    sio_pid_generate (self->pid);
  return self;
}

SioRecoverySession *
sio_recovery_session_ref (SioRecoverySession *self)
{
  self->ref_count++;
  return self;
}

void
sio_recovery_session_unref (SioRecoverySession *self)
{
  if (--self->ref_count > 0)
    return;
  g_clear_pointer (&self->stays, g_array_unref);
  g_clear_pointer (&self->own_target, sio_target_unref);
  g_clear_pointer (&self->state, sio_recovery_state_unref);
  g_free (self);
}

void
sio_recovery_session_mark_end (SioRecoverySession *self)
{
  if (self->store != NULL)
    self->end = self->store->log.head;
}

SioTarget *
sio_recovery_session_get_target (SioRecoverySession *self, SioSocket *socket)
{
  const char *rooms[] = { sio_socket_peek_id (socket), NULL };

  if (self->own_target == NULL)
    self->own_target = sio_target_new (rooms, NULL, SIO_EMIT_NONE, 0);
  return self->own_target;
}

static void
forget_past_stays (SioRecoverySession *self)
{
  guint n_past = 0;

  for (guint i = 0; i < self->stays->len;)
    {
      SioStay *stay = &g_array_index (self->stays, SioStay, i);

      if (stay->left <= self->store->log.tail)
        g_array_remove_index (self->stays, i);
      else
        {
          n_past += stay->left != G_MAXUINT64;
          i++;
        }
    }
  /* They lie in the order in which they began: as good as any. */
  for (guint i = 0; n_past > MAX_PAST_STAYS && i < self->stays->len;)
    {
      SioStay *stay = &g_array_index (self->stays, SioStay, i);

      if (stay->left == G_MAXUINT64)
        {
          i++;
          continue;
        }
      self->floor = MAX (self->floor, stay->left);
      g_array_remove_index (self->stays, i);
      n_past--;
    }
}

static SioStay *
find_open_stay (SioRecoverySession *self, const char *room)
{
  for (guint i = 0; self->stays != NULL && i < self->stays->len; i++)
    {
      SioStay *stay = &g_array_index (self->stays, SioStay, i);

      if (stay->left == G_MAXUINT64 && g_str_equal (stay->room, room))
        return stay;
    }
  return NULL;
}

void
sio_recovery_session_add_stay (SioRecoverySession *self,
                               const char *room,
                               guint64 joined,
                               guint64 left)
{
  SioStay stay = { g_strdup (room), joined, left };

  if (self->stays == NULL)
    {
      self->stays = g_array_new (FALSE, FALSE, sizeof (SioStay));
      g_array_set_clear_func (self->stays, stay_clear);
    }
  g_array_append_val (self->stays, stay);
}

void
sio_recovery_session_joined (SioRecoverySession *self, SioSocket *socket, const char *room)
{
  if (self->socket != socket || self->store == NULL ||
      g_str_equal (room, sio_socket_peek_id (socket)) || find_open_stay (self, room) != NULL)
    return;
  sio_recovery_session_add_stay (self, room, self->store->log.head, G_MAXUINT64);
}

void
sio_recovery_session_left (SioRecoverySession *self, SioSocket *socket, const char *room)
{
  SioStay *stay;

  if (self->socket != socket || self->store == NULL)
    return;
  stay = find_open_stay (self, room);
  if (stay == NULL)
    return;
  stay->left = self->store->log.head;
  if (stay->left == stay->joined)
    g_array_remove_index (self->stays, (guint) (stay - (SioStay *) (gpointer) self->stays->data));
  if (self->stays->len > MAX_PAST_STAYS)
    forget_past_stays (self);
}

static void
unqueue (SioRecoveryStore *self, SioRecoverySession *session)
{
  if (!session->queued)
    return;
  g_queue_unlink (&self->stored, &session->link);
  self->stored_bytes -= session->bytes;
  session->queued = FALSE;
  g_clear_pointer (&session->state, sio_recovery_state_unref);
}

static void
forget (SioRecoveryStore *self, SioRecoverySession *session)
{
  unqueue (self, session);
  session->socket = NULL;
  session->store = NULL;
  g_hash_table_remove (self->sessions, session->pid);
}

static void sweep_cb (SioDeadline *deadline);

static void
arm_sweep (SioRecoveryStore *self)
{
  g_autoptr (SioDeadlineList) list = NULL;

  if (sio_deadline_is_armed (&self->sweep))
    return;
  list =
      sio_deadline_list_get (self->reactor, CLAMP (self->settings->max_disconnection_duration / 4,
                                                   MIN_SWEEP_MS, MAX_SWEEP_MS));
  sio_deadline_arm (&self->sweep, list);
}

static void
sweep_cb (SioDeadline *deadline)
{
  SioRecoveryStore *self = deadline->data;
  gint64 now = g_get_monotonic_time ();
  SioRecoverySession *session;
  SioLogLimits limits;

  while ((session = g_queue_peek_head (&self->stored)) != NULL && session->expires <= now)
    forget (self, session);
  sio_recovery_get_log_limits (self->settings, &limits);
  sio_recovery_log_expire (&self->log, &limits, now);
  if (!sio_recovery_store_is_needed (self))
    sio_recovery_log_clear (&self->log);
  if (self->stored.length > 0 || self->log.tail < self->log.head)
    arm_sweep (self);
}

SioRecoveryStore *
sio_recovery_store_new (SioRecovery *settings, SioReactor *reactor)
{
  SioRecoveryStore *self = g_new0 (SioRecoveryStore, 1);

  self->settings = g_object_ref (settings);
  self->reactor = sio_reactor_ref (reactor);
  sio_recovery_log_init (&self->log);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify) sio_recovery_session_unref);
  g_queue_init (&self->stored);
  sio_deadline_init (&self->sweep, sweep_cb, self);
  return self;
}

void
sio_recovery_store_free (SioRecoveryStore *self)
{
  GHashTableIter iter;
  gpointer value;

  sio_deadline_disarm (&self->sweep);
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SioRecoverySession *session = value;

      session->store = NULL;
      session->socket = NULL;
    }
  g_hash_table_unref (self->sessions);
  sio_recovery_log_clear (&self->log);
  sio_reactor_unref (self->reactor);
  g_object_unref (self->settings);
  g_free (self);
}

/* A session with its entry in the table. */
#define SESSION_SIZE (sizeof (SioRecoverySession) + 96)

guint64
sio_recovery_store_get_size (SioRecoveryStore *self)
{
  return self->log.bytes + (guint64) self->log.capacity * sizeof (SioLogEntry) +
         g_hash_table_size (self->sessions) * (guint64) SESSION_SIZE + self->stored_bytes;
}

gboolean
sio_recovery_store_is_needed (SioRecoveryStore *self)
{
  return g_hash_table_size (self->sessions) > 0;
}

SioPacket *
sio_recovery_store_log (
    SioRecoveryStore *self, SioPacket *packet, SioTarget *target, guint64 *number, guint64 *tail)
{
  char offset[SIO_LOG_OFFSET_SIZE];
  SioPacket *logged;
  SioLogLimits limits;

  *number = self->log.head + 1;
  sio_recovery_log_format (&self->log, *number, offset);
  logged = sio_packet_new_with_offset (packet, offset);
  sio_recovery_get_log_limits (self->settings, &limits);
  sio_recovery_log_append (&self->log, sio_packet_ref (logged), target, g_get_monotonic_time (),
                           &limits);
  *tail = self->log.tail;
  arm_sweep (self);
  return logged;
}

void
sio_recovery_store_attach (SioRecoveryStore *self, SioSocket *socket, const char *const *rooms)
{
  SioRecoverySession *session = socket->recovery;
  SioRecoverySession *old = g_hash_table_lookup (self->sessions, session->pid);

  if (old != NULL && old->queued)
    {
      g_autoptr (SioRecoveryState) state = g_steal_pointer (&session->state);

      socket->recovery = sio_recovery_session_ref (old);
      sio_recovery_session_unref (session);
      session = old;
      unqueue (self, session);
      /* For sio_recovery_rejoin (). */
      session->state = g_steal_pointer (&state);
      session->older = session->resume;
      session->first = session->resume_first;
      session->last = MAX (session->resume, session->resume_last);
    }
  else
    {
      session->store = self;
      session->start = session->older = session->last = self->log.head;
      g_hash_table_replace (self->sessions, session->pid, sio_recovery_session_ref (session));
    }
  session->socket = socket;
  for (guint i = 0; rooms[i] != NULL; i++)
    sio_recovery_session_joined (session, socket, rooms[i]);
}

void
sio_recovery_store_detach (SioRecoveryStore *self, SioSocket *socket)
{
  if (socket->recovery->store == self && socket->recovery->socket == socket)
    forget (self, socket->recovery);
}

/* Its state and expiry are set. */
void
sio_recovery_store_queue (SioRecoveryStore *self, SioRecoverySession *session)
{
  GList *after = self->stored.tail;

  session->bytes = sizeof (SioRecoverySession) + sio_recovery_state_get_memory (session->state) +
                   (session->stays != NULL ? session->stays->len * (sizeof (SioStay) + 32) : 0);
  while (after != NULL && ((SioRecoverySession *) after->data)->expires > session->expires)
    after = after->prev;
  if (after == NULL)
    g_queue_push_head_link (&self->stored, &session->link);
  else
    g_queue_insert_after_link (&self->stored, after, &session->link);
  self->stored_bytes += session->bytes;
  session->queued = TRUE;
  while (self->stored.length > self->settings->max_sessions ||
         self->stored_bytes > self->settings->max_session_bytes)
    forget (self, self->stored.head->data);
  arm_sweep (self);
}

void
sio_recovery_store_persist (SioRecoveryStore *self, SioSocket *socket, SioRecoveryState *state)
{
  SioRecoverySession *session = socket->recovery;

  if (session->store != self || session->socket != socket)
    return;
  session->socket = NULL;
  g_clear_pointer (&session->state, sio_recovery_state_unref);
  session->state = sio_recovery_state_ref (state);
  session->expires =
      g_get_monotonic_time () + (gint64) self->settings->max_disconnection_duration * 1000;
  sio_recovery_store_queue (self, session);
}

/* Who was in which room when. */
typedef struct
{
  SioRecoverySession *session;
  const char *id;
  GHashTable *by_room; /* room → number + 1 of its first stay; NULL to look at all */
  guint *next;         /* of the same room, number + 1 */
} Presence;

static void
presence_init (Presence *self, SioRecoverySession *session, const char *id)
{
  guint n = session->stays != NULL ? session->stays->len : 0;

  *self = (Presence){ .session = session, .id = id };
  if (n < MANY_STAYS)
    return;
  self->by_room = g_hash_table_new (g_str_hash, g_str_equal);
  self->next = g_new0 (guint, n);
  for (guint i = 0; i < n; i++)
    {
      char *room = g_array_index (session->stays, SioStay, i).room;

      self->next[i] = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_room, room));
      g_hash_table_insert (self->by_room, room, GUINT_TO_POINTER (i + 1));
    }
}

static void
presence_clear (Presence *self)
{
  g_clear_pointer (&self->by_room, g_hash_table_unref);
  g_clear_pointer (&self->next, g_free);
}

static gboolean
was_in_room (const Presence *self, const char *room, guint64 number)
{
  GArray *stays = self->session->stays;

  if (g_str_equal (room, self->id))
    return TRUE;
  if (self->by_room != NULL)
    {
      guint i = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_room, room));

      for (; i > 0; i = self->next[i - 1])
        {
          const SioStay *stay = &g_array_index (stays, SioStay, i - 1);

          if (number > stay->joined && number <= stay->left)
            return TRUE;
        }
      return FALSE;
    }
  for (guint i = 0; stays != NULL && i < stays->len; i++)
    {
      const SioStay *stay = &g_array_index (stays, SioStay, i);

      if (number > stay->joined && number <= stay->left && g_str_equal (stay->room, room))
        return TRUE;
    }
  return FALSE;
}

static gboolean
was_meant (const Presence *self, SioTarget *target, guint64 number)
{
  const char *const *rooms = sio_target_get_rooms (target);
  const char *const *except = sio_target_get_except (target);
  gboolean meant = rooms[0] == NULL;

  for (guint i = 0; !meant && rooms[i] != NULL; i++)
    meant = was_in_room (self, rooms[i], number);
  for (guint i = 0; meant && except[i] != NULL; i++)
    meant = !was_in_room (self, except[i], number);
  return meant;
}

/* The client has all that was sent to it up to number @at. Finds the number after which all that
 * it missed is in the log. */
static gboolean
locate (
    SioRecoveryStore *self, SioRecoverySession *session, guint64 at, guint64 *from, GError **error)
{
  guint64 tail = self->log.tail;

  if (at > session->last)
    {
      g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNKNOWN_OFFSET,
                   "the client claims an event that was not sent to it");
      return FALSE;
    }
  if (at == session->last)
    {
      /* All arrived, however long ago that was. */
      *from = MAX (session->end, at);
      if (*from >= tail)
        return TRUE;
    }
  else if (at >= session->floor && at >= tail)
    {
      *from = at;
      return TRUE;
    }
  else if (at >= session->floor && at >= session->older && session->first > tail)
    {
      /* What was sent after it began only lately. */
      *from = tail;
      return TRUE;
    }
  g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_LOST_POSITION,
               "events that the client missed are not in the log any more");
  return FALSE;
}

static GPtrArray *
collect_missed (SioRecoveryStore *self,
                SioRecoverySession *session,
                guint64 at,
                guint64 *first,
                guint64 *last,
                GError **error)
{
  GPtrArray *missed;
  Presence presence;
  guint64 from;

  if (!locate (self, session, at, &from, error))
    return NULL;
  presence_init (&presence, session, sio_recovery_state_get_id (session->state));
  missed = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_packet_unref);
  *first = *last = 0;
  for (guint64 n = from + 1; n <= self->log.head; n++)
    {
      const SioLogEntry *entry = sio_recovery_log_get (&self->log, n);

      if (!was_meant (&presence, entry->target, n))
        continue;
      if (*first == 0)
        *first = n;
      *last = n;
      g_ptr_array_add (missed, sio_packet_ref (entry->packet));
    }
  presence_clear (&presence);
  return missed;
}

/* What the client says about itself, as a number of the log. */
static gboolean
interpret_offset (SioRecoveryStore *self,
                  SioRecoverySession *session,
                  const char *offset,
                  guint64 *at,
                  GError **error)
{
  const SioLogEntry *entry;
  Presence presence;
  gboolean known;

  *at = session->start;
  /* Without one it never received an event. One of another log, or of a session before this one,
   * is what official clients send if they received nothing in this one (protocol.md §3.7). */
  if (offset == NULL)
    return TRUE;
  switch (sio_recovery_log_parse (&self->log, offset, at))
    {
    case SIO_OFFSET_OURS:
      if (*at > session->start)
        break;
      *at = session->start;
      return TRUE;
    case SIO_OFFSET_FOREIGN:
      return TRUE;
    case SIO_OFFSET_OTHER:
    default:
      /* The last argument of a volatile event took the place of the offset. If events were sent
       * to the client, nobody knows how many of them it has. */
      if (session->last == session->start)
        return TRUE;
      g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNKNOWN_OFFSET,
                   "the client sent something else than an offset, such as the last argument of a "
                   "volatile event");
      return FALSE;
    }

  entry = sio_recovery_log_get (&self->log, *at);
  presence_init (&presence, session, sio_recovery_state_get_id (session->state));
  known = entry == NULL || *at < session->floor || was_meant (&presence, entry->target, *at);
  presence_clear (&presence);
  if (!known)
    g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNKNOWN_OFFSET,
                 "the offset is one of an event for others");
  return known;
}

static gboolean
check_size (SioRecoveryStore *self, GPtrArray *missed, GError **error)
{
  SioServer *server = self->settings->server;
  guint64 budget =
      server != NULL ? sio_engine_get_max_buffered_bytes (sio_server_get_engine (server)) : 0;
  guint64 bytes = 0;

  for (guint i = 0; i < missed->len; i++)
    bytes += sio_packet_get_memory (g_ptr_array_index (missed, i));
  /* Half of it: there will be other things to send. */
  if (budget == 0 || bytes <= budget / 2)
    return TRUE;
  g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_TOO_MUCH,
               "the client missed %" G_GUINT64_FORMAT " bytes of events, at most %" G_GUINT64_FORMAT
               " are sent again",
               bytes, budget / 2);
  return FALSE;
}

/* Its client is here again before the end of the old connection was noticed. */
static void
take_over (SioSocket *socket)
{
  g_autoptr (SioSocket) hold = g_object_ref (socket);
  g_autoptr (SioSession) session = socket->session != NULL ? g_object_ref (socket->session) : NULL;

  sio_socket_disconnected (socket, SIO_REASON_TRANSPORT_CLOSE,
                           "the client came back on another connection");
  if (session != NULL && sio_session_get_state (session) != SIO_SESSION_CLOSED)
    sio_session_discard (session);
}

static SioRecoverySession *
find (SioRecoveryStore *self, const char *pid, GError **error)
{
  SioRecoverySession *session = g_hash_table_lookup (self->sessions, pid);

  if (session != NULL && session->socket != NULL)
    {
      take_over (session->socket);
      session = g_hash_table_lookup (self->sessions, pid);
    }
  if (session == NULL || !session->queued)
    {
      g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_UNKNOWN_SESSION,
                   "the session is not known");
      return NULL;
    }
  return session;
}

SioRecoveryState *
sio_recovery_store_restore (SioRecoveryStore *self,
                            const char *pid,
                            const char *offset,
                            GError **error)
{
  SioRecoverySession *session = find (self, pid, error);
  g_autoptr (GPtrArray) missed = NULL;
  guint64 first;
  guint64 last;

  if (session == NULL)
    return NULL;
  if (session->expires <= g_get_monotonic_time ())
    {
      g_set_error (error, SIO_RECOVERY_ERROR, SIO_RECOVERY_ERROR_EXPIRED,
                   "the client came back too late");
      forget (self, session);
      return NULL;
    }
  if (!interpret_offset (self, session, offset, &session->resume, error))
    {
      forget (self, session);
      return NULL;
    }
  missed = collect_missed (self, session, session->resume, &first, &last, error);
  if (missed == NULL || !check_size (self, missed, error))
    {
      /* The client gets a new one and will not ask again. */
      forget (self, session);
      return NULL;
    }
  return sio_recovery_state_ref (session->state);
}

GPtrArray *
sio_recovery_store_list_missed (SioRecoveryStore *self, SioRecoveryState *state, GError **error)
{
  SioRecoverySession *session = find (self, sio_recovery_state_get_pid (state), error);
  g_autoptr (GPtrArray) missed = NULL;

  if (session == NULL)
    return NULL;
  missed = collect_missed (self, session, session->resume, &session->resume_first,
                           &session->resume_last, error);
  if (missed == NULL || !check_size (self, missed, error))
    return NULL;
  return g_steal_pointer (&missed);
}
