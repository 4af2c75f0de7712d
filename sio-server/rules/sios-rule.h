/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-config.h"
#include "sios-rate.h"
#include "sios-schema.h"
#include "sios-template.h"

G_BEGIN_DECLS

/* [event NAME] as it is followed: all files are read, all templates are parsed. Immutable. */

typedef enum
{
  SIOS_ACK_NONE,
  SIOS_ACK_OK,
  SIOS_ACK_COUNT,
  SIOS_ACK_ID
} SiosAck;

/* What may be refused; bits of "shadow" by the same order. */
typedef enum
{
  SIOS_REFUSAL_NOT_AUTHENTICATED,
  SIOS_REFUSAL_ROLE,
  SIOS_REFUSAL_GROUP,
  SIOS_REFUSAL_NOT_IN_ROOM,
  SIOS_REFUSAL_RATE,
  SIOS_REFUSAL_SCHEMA,
  SIOS_REFUSAL_TOO_LONG,
  SIOS_REFUSAL_BAD_ARGUMENT,
  SIOS_REFUSAL_LIMIT, /* of what is tracked */
  SIOS_N_REFUSALS
} SiosRefusal;

/* "RATE_LIMITED" */
const char *sios_refusal_get_code (SiosRefusal refusal);
/* "rate-limited" */
const char *sios_refusal_get_name (SiosRefusal refusal);

typedef enum
{
  SIOS_FIELD_TIMESTAMP,    /* "2026-01-31T12:00:00.000Z" */
  SIOS_FIELD_TIMESTAMP_MS, /* since 1970 */
  SIOS_FIELD_ID,
  SIOS_FIELD_USER_ID,
  SIOS_FIELD_SOCKET_ID,
  SIOS_FIELD_ROLE,
  SIOS_FIELD_TENANT,
  SIOS_FIELD_EVENT,
  SIOS_N_FIELDS
} SiosFieldKind;

typedef struct
{
  SiosFieldKind field;
  char *member; /* what it is called, as JSON with quotes and colon */
} SiosAddition;

#define SIOS_RULE_MAX_EMISSIONS 8

/* What is sent, and to whom. */
typedef struct
{
  GPtrArray *names;  /* SiosTemplate; empty: the same name */
  GPtrArray *to;     /* SiosTemplate; empty: nobody */
  GArray *additions; /* SiosAddition */
  gboolean include_sender;
  gboolean has_open_names; /* some depend on the event */
} SiosEmission;

typedef struct
{
  guint n;
  char **path;
  char *text;
  guint64 max;
} SiosLengthLimit;

/* [track NAME] */
typedef struct
{
  char *name;
  char *event;
  gint64 timeout;  /* µs; 0 for none */
  gint64 interval; /* µs between two updates of a room; 0 for none */
  guint max_listed;
  guint max_rooms; /* of one socket */
} SiosTrack;

typedef enum
{
  SIOS_TRACK_NONE,
  SIOS_TRACK_ADD,
  SIOS_TRACK_REMOVE
} SiosTrackAction;

typedef struct
{
  guint index;        /* in the table */
  char *name;         /* as in the group */
  gsize prefix;       /* bytes before the star */
  const char *suffix; /* after it; NULL: no star */
  gboolean deep;      /* two stars: what they stand for may have colons */
  gboolean needs_identity;
  gboolean needs_args; /* they are looked at */
  gboolean require_auth;
  gboolean require_in_rooms;
  char **roles;         /* any of them; empty: none is needed */
  char **groups;        /* the same */
  GPtrArray *member_of; /* SiosTemplate: all of them */
  GPtrArray *schemas;   /* SiosSchema, one for each argument; empty: none */
  GArray *lengths;      /* SiosLengthLimit */
  SiosRate rate;
  gboolean rate_per_socket;
  guint shadow; /* bits of SiosRefusal */
  SiosAck ack;
  gboolean pass_on;
  SiosTrackAction track_action;
  SiosTrack *track;     /* owned by the table */
  GPtrArray *emissions; /* SiosEmission; the first is that of the rule itself */
} SiosRule;

typedef struct
{
  GPtrArray *rules;       /* SiosRule */
  GHashTable *namespaces; /* name → SiosRuleMap, of those that have rules */
  GPtrArray *tracks;      /* SiosTrack */
} SiosRuleTable;

typedef struct _SiosRuleMap SiosRuleMap;

/* Never NULL; reads files; adds what is wrong to @problems. */
SiosRuleTable *sios_rule_table_new (SiosConfig *config, GPtrArray *problems);
void sios_rule_table_free (SiosRuleTable *self);

/* An exact name first, then the pattern with the longest beginning. @matched (out): what the star
 * stands for. */
const SiosRule *sios_rule_map_find (const SiosRuleMap *self,
                                    const char *event,
                                    const char **matched,
                                    gsize *matched_length);

/* For the table of keys: of one item each. */
gboolean sios_rule_check_name (const char *name);
gboolean sios_rule_check_event_name (const char *text, GError **error);
gboolean sios_rule_check_template (const char *text, GError **error);
gboolean sios_rule_check_addition (const char *text, GError **error);
gboolean sios_rule_check_requirement (const char *text, GError **error);
gboolean sios_rule_check_length (const char *text, GError **error);
gboolean sios_rule_check_rate (const char *text, GError **error);
gboolean sios_rule_check_shadow (const char *text, GError **error);
gboolean sios_rule_check_track (const char *text, GError **error);
gboolean sios_rule_check_track_name (const char *name);
gboolean sios_rule_check_reserved (const char *text, GError **error);
/* The protocol has its own use of this name. */
gboolean sios_rule_is_reserved (const char *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosRuleTable, sios_rule_table_free)

G_END_DECLS
