/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What operators look for in the journal. Each kind has a MESSAGE_ID that never changes, and an
 * entry in data/sio-server.catalog with cause and remedy. */
typedef enum
{
  SIOS_RECORD_STARTED,
  SIOS_RECORD_STOPPING,
  SIOS_RECORD_DRAINING,
  SIOS_RECORD_RELOADED,
  SIOS_RECORD_RELOAD_FAILED,
  SIOS_RECORD_FEW_DESCRIPTORS, /* fewer than max-connections needs */
  SIOS_RECORD_NO_DESCRIPTORS,  /* EMFILE and the like */
  SIOS_RECORD_LIMIT_REACHED,   /* connections in all or of an address, sessions, rooms */
  SIOS_RECORD_REFUSED,         /* a handshake, for another reason */
  SIOS_RECORD_RATE_LIMITED,
  SIOS_RECORD_EVENT_REFUSED, /* by a rule: schema, room, role, size */
  SIOS_RECORD_SLOW_CONSUMER,
  SIOS_RECORD_VIOLATION,    /* a session ended because of what its client did */
  SIOS_RECORD_DISCONNECTED, /* any client left; only if log-disconnects is on */
  SIOS_RECORD_AUTH_FAILED,
  SIOS_RECORD_AUTH_EXPIRED,
  SIOS_RECORD_KEYS_UNREACHABLE, /* a JWKS */
  SIOS_RECORD_AUDIT,
  SIOS_RECORD_CONTROL_DENIED,
  SIOS_N_RECORDS
} SiosRecord;

typedef struct
{
  const char *name;  /* "SIO_SID", in capitals; NULL ends the list */
  const char *value; /* NULL: the field is left out */
} SiosField;

/* @fields may be NULL. Common ones: SIO_SID, SIO_NAMESPACE, SIO_EVENT, SIO_ROOM, SIO_USER, SIO_PEER
 * (the address), SIO_CODE (why, for programs). Never payloads, tokens or passwords. What peers
 * cause is written ten times in ten seconds for each kind at most; the next record then says how
 * many were left out. Peers' strings must be shortened and made valid before. */
void sios_record_write (SiosRecord record, const SiosField *fields, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* What may be shown of what a peer chose: 100 bytes of UTF-8, without control characters. */
char *sios_record_shorten (const char *text);

/* 32 hexadecimal digits */
const char *sios_record_get_id (SiosRecord record);

G_END_DECLS
