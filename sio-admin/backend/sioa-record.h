/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What backends tell, whatever their server speaks. All of it is counted, and not changed once a
 * backend gave it away. Strings are valid UTF-8; NULL is what the server does not tell. Times are
 * in microseconds; those of a clock are since 1970. */

#define SIOA_UNKNOWN (-1)

typedef struct
{
  gatomicrefcount ref_count;
  char *id;
  char *nsp;       /* id and nsp together name a socket */
  char *client_id; /* several sockets may share a connection */
  char *transport; /* "websocket", "polling", … */
  char *address;
  char *user;
  char **rooms;        /* never NULL; without that of its own id */
  gint64 connected_at; /* SIOA_UNKNOWN */
  gint64 rtt;          /* SIOA_UNKNOWN */
  gint64 bytes_in;     /* SIOA_UNKNOWN, the next ones too */
  gint64 bytes_out;
  gint64 events_in;
  gint64 events_out;
  char *data;      /* JSON */
  char *handshake; /* JSON: an object with headers, query, url, secure, … */
} SioaSocketRecord;

SioaSocketRecord *sioa_socket_record_new (const char *nsp, const char *id);
SioaSocketRecord *sioa_socket_record_ref (SioaSocketRecord *self);
void sioa_socket_record_unref (SioaSocketRecord *self);
/* Bytes, roughly. */
gsize sioa_socket_record_get_size (SioaSocketRecord *self);

/* One step of what changed, in the order in which it did. */
typedef enum
{
  SIOA_CHANGE_RESET,       /* all that was known is void: what follows is all there is */
  SIOA_CHANGE_SOCKET,      /* a new socket, or everything about a known one */
  SIOA_CHANGE_SOCKET_GONE, /* nsp, id, reason */
  SIOA_CHANGE_JOINED,      /* nsp, id, room */
  SIOA_CHANGE_LEFT,        /* nsp, id, room */
  SIOA_CHANGE_TRANSPORT,   /* nsp, id, text: the transport */
  SIOA_CHANGE_DATA,        /* nsp, id, text: JSON */
  SIOA_CHANGE_NAMESPACE,   /* nsp: exists, though it may be empty */
  SIOA_CHANGE_NAMESPACE_GONE,
  SIOA_CHANGE_USER /* nsp, id, text: the user, who may be NULL */
} SioaChangeKind;

typedef struct
{
  SioaChangeKind kind;
  SioaSocketRecord *socket;
  char *nsp;
  char *id;
  char *text; /* room, reason, transport or data */
} SioaChange;

void sioa_change_free (SioaChange *change);

/* Several of them: boxed, element-type SioaChange. */
GPtrArray *sioa_changes_new (void);
void sioa_changes_add (
    GPtrArray *changes, SioaChangeKind kind, const char *nsp, const char *id, const char *text);
/* @socket: (transfer full) */
void sioa_changes_add_socket (GPtrArray *changes, SioaSocketRecord *socket);

/* Round trips in buckets: bucket i counts those of at most bounds[i], the last one all others. */
#define SIOA_N_BUCKETS 24
extern const gint64 sioa_bucket_bounds[SIOA_N_BUCKETS - 1];
guint sioa_bucket_for (gint64 time);

/* A server at one moment. Counters only grow, until the server starts again (started_at differs).
 */
typedef struct
{
  gatomicrefcount ref_count;
  gint64 time; /* monotonic, of this computer */
  char *server_id;
  gint64 epoch;
  char *hostname;
  gint64 pid;
  gint64 started_at;
  gint64 connections;
  gint64 polling;
  gint64 rooms;
  gint64 events_in; /* SIOA_UNKNOWN, as any that the server does not tell */
  gint64 events_out;
  gint64 bytes_in;
  gint64 bytes_out;
  gint64 connected;    /* counters of connections … */
  gint64 disconnected; /* … that came and went */
  gint64 errors;
  gint64 refused;
  gint64 memory;          /* bytes */
  gint64 cpu;             /* microseconds of processor time used */
  GHashTable *reasons;    /* of disconnections: name → guint64 *, counters */
  GHashTable *namespaces; /* name → guint64 *, sockets */
  gboolean has_latency;
  guint64 latency[SIOA_N_BUCKETS];
  GHashTable *trips;  /* round trips by namespace: name → guint64[SIOA_N_BUCKETS]; NULL */
  GHashTable *events; /* handling times: "NSP EVENT" → guint64[SIOA_N_BUCKETS]; NULL */
} SioaSample;

SioaSample *sioa_sample_new (const char *server_id);
SioaSample *sioa_sample_ref (SioaSample *self);
void sioa_sample_unref (SioaSample *self);
void sioa_sample_add_reason (SioaSample *self, const char *reason, guint64 count);
/* Sets of buckets by name, as trips and events; made when there are none. Returns those of @name.
 */
guint64 *sioa_buckets_of (GHashTable **table, const char *name);
void sioa_sample_add_namespace (SioaSample *self, const char *nsp, guint64 n_sockets);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaSocketRecord, sioa_socket_record_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaSample, sioa_sample_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaChange, sioa_change_free)

G_END_DECLS
