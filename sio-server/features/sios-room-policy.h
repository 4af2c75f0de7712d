/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config.h"
#include "sios-identity.h"

G_BEGIN_DECLS

/* Who may be in which room of a namespace: the rooms that clients are put into because of who they
 * are, those that they may choose, and how rooms are called. Made of the keys of [namespace NAME];
 * immutable.
 *
 * Automatic rooms are user:ID, all-users, group:G, admin-room and tenant:T. Their names are
 * reserved: no client joins or leaves such a room by itself, unless this kind is switched off
 * (auto-rooms=) and a pattern of join= begins with its name. */
typedef struct _SiosRoomPolicy SiosRoomPolicy;

/* In the order of the words of auto-rooms. */
typedef enum
{
  SIOS_AUTO_ROOM_USER = 1 << 0,
  SIOS_AUTO_ROOM_ALL_USERS = 1 << 1,
  SIOS_AUTO_ROOM_GROUPS = 1 << 2,
  SIOS_AUTO_ROOM_ADMIN = 1 << 3,
  SIOS_AUTO_ROOM_TENANT = 1 << 4
} SiosAutoRooms;

typedef enum
{
  SIOS_ROOM_ALLOWED,
  SIOS_ROOM_BAD_NAME,    /* empty, too long, or with control characters */
  SIOS_ROOM_WRONG_FORM,  /* user_1 for user:1 */
  SIOS_ROOM_RESERVED,    /* an automatic one, or another socket's */
  SIOS_ROOM_NOT_ALLOWED, /* by no pattern */
  SIOS_ROOM_TOO_MANY,
  SIOS_ROOM_NOT_IN,
  SIOS_N_ROOM_ANSWERS
} SiosRoomAnswer;

/* For keys: whether @text is a pattern of join=. */
gboolean sios_room_policy_check_pattern (const char *text, GError **error);

SiosRoomPolicy *sios_room_policy_new (SiosConfig *config, const char *namespace_name);
void sios_room_policy_free (SiosRoomPolicy *self);
/* Whether all sockets would be in the same rooms. */
gboolean sios_room_policy_equal (SiosRoomPolicy *self, SiosRoomPolicy *other);

/* Names of the automatic rooms of @identity. */
GPtrArray *sios_room_policy_list_automatic (SiosRoomPolicy *self, SiosIdentity *identity);
/* Whether @room is one of those that sockets are put into, whoever they are. */
gboolean sios_room_policy_is_automatic (SiosRoomPolicy *self, const char *room);

/* Whether the name is a good one for a room, as clients choose them. */
gboolean sios_room_policy_check_name (SiosRoomPolicy *self, const char *room);
/* Whether a client may join @room; @identity may be NULL. @hint is set to the right form of a name
 * that is close to one (transfer full), else to NULL. */
SiosRoomAnswer sios_room_policy_check (SiosRoomPolicy *self,
                                       SiosIdentity *identity,
                                       const char *room,
                                       char **hint);
/* Whether a socket that is in @room stays there now that it is of @identity: not in automatic rooms
 * of others, nor in those that a pattern with {…} gives to others. Rooms that no pattern tells of
 * are those that administrators chose. */
gboolean sios_room_policy_keeps (SiosRoomPolicy *self, SiosIdentity *identity, const char *room);

/* Whether others in a room are told who comes and goes. */
gboolean sios_room_policy_get_announces (SiosRoomPolicy *self);
/* Whether clients may use the events at all. */
gboolean sios_room_policy_get_enabled (SiosRoomPolicy *self);
guint sios_room_policy_get_max_length (SiosRoomPolicy *self);

/* "not-allowed", for metrics and records, and "ROOM_NOT_ALLOWED", for clients. */
const char *sios_room_answer_get_name (SiosRoomAnswer answer);
const char *sios_room_answer_get_code (SiosRoomAnswer answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosRoomPolicy, sios_room_policy_free)

G_END_DECLS
