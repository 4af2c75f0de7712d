/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-caller.h"
#include "sios-feature.h"
#include "sios-revocations.h"

G_BEGIN_DECLS

/* All that can be done to the running server, for D-Bus, the HTTP API and the Admin UI alike. Who
 * calls has asked before whether the caller may: acts are not refused here for want of permission,
 * but every one is recorded, with its outcome. */

#define SIOS_TYPE_CONTROL (sios_control_get_type ())

G_DECLARE_FINAL_TYPE (SiosControl, sios_control, SIOS, CONTROL, GObject)

/* What one call may ask for. */
#define SIOS_CONTROL_MAX_PAGE 1000
#define SIOS_CONTROL_MAX_IDS 1000
#define SIOS_CONTROL_MAX_ROOMS 100
#define SIOS_CONTROL_MAX_NAME 200 /* bytes of a room or an event */
#define SIOS_CONTROL_MAX_TEXT 256 /* bytes that are looked for */
#define SIOS_CONTROL_MAX_ANNOUNCEMENT 4096
#define SIOS_CONTROL_MAX_JSON (1024 * 1024)

#define SIOS_CONTROL_ERROR (sios_control_error_quark ())

typedef enum
{
  SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
  SIOS_CONTROL_ERROR_NOT_FOUND,
  SIOS_CONTROL_ERROR_OUT_OF_SYNC, /* the list that a page was asked of is gone */
  SIOS_CONTROL_ERROR_LIMIT_EXCEEDED,
  SIOS_CONTROL_ERROR_ACCESS_DENIED,
  SIOS_CONTROL_ERROR_NOT_SUPPORTED,
  SIOS_CONTROL_ERROR_FAILED,
  SIOS_CONTROL_N_ERRORS
} SiosControlError;

GQuark sios_control_error_quark (void);
/* "OutOfSync": the last part of the name on D-Bus, and the code in JSON. */
const char *sios_control_error_to_string (SiosControlError code);

/* The instance that the daemon made. */
SiosControl *sios_control_get (SiosFeatures *features);
SioServer *sios_control_get_server (SiosControl *self);
/* Lists, and acts on all namespaces, leave this one out. */
void sios_control_hide_namespace (SiosControl *self, const char *name);

/* Lists. */

typedef struct
{
  const char *ns;   /* NULL: any, as all that follow */
  const char *room; /* may be an id */
  const char *user;
  const char *text; /* part of the id, the user or the address; upper case is the same */
  SioTransport transport;
  gint64 connected_before; /* µs since 1970 */
  guint min_latency;       /* µs of a round trip */
} SiosSocketFilter;

typedef struct
{
  const char *sort; /* NULL, or one of sios_control_list_sort_keys () */
  gboolean descending;
  guint64 revision; /* 0 makes a new list; that of an earlier page continues it */
  guint offset;
  guint limit; /* 1 to SIOS_CONTROL_MAX_PAGE */
} SiosPageRequest;

typedef struct
{
  GPtrArray *sockets; /* element-type SioSocket; those that left meanwhile are missing */
  GArray *rooms;      /* element-type SiosRoomRow; the same */
  guint total;        /* of the whole list */
  guint64 revision;
} SiosPage;

/* What lists show of a socket. Strings are valid UTF-8 and belong to the socket: as long as it is
 * held and nothing else runs. */
typedef struct
{
  const char *id;
  const char *ns;
  const char *user;    /* NULL: nobody was authenticated */
  const char *address; /* "" if it is local */
  const char *transport;
  gint64 connected_at; /* µs since 1970 */
  guint latency;       /* µs of the last round trip; 0: not measured yet */
  guint n_rooms;       /* without its own */
  guint64 buffered;    /* bytes that wait for it */
  guint64 packets_in;  /* of its connection, as the next three */
  guint64 packets_out;
  guint64 bytes_in;
  guint64 bytes_out;
  guint64 events; /* that it sent to the namespace */
} SiosSocketRow;

typedef struct
{
  char *ns;
  char *name;
  guint n_members;
} SiosRoomRow;

typedef struct
{
  const char *name;
  guint n_sockets;
  guint n_rooms;
} SiosNamespaceRow;

/* Of sockets; the first one is the default. */
const char *const *sios_control_list_sort_keys (void);
/* @caller only tells whose list it is. Lists are kept for 30 s after their last use, a few for each
 * caller. NULL with an error. */
SiosPage *sios_control_list_sockets (SiosControl *self,
                                     const SiosCaller *caller,
                                     const SiosSocketFilter *filter,
                                     const SiosPageRequest *request,
                                     GError **error);
/* Sort keys "name" and "members". @ns and @text may be NULL. */
SiosPage *sios_control_list_rooms (SiosControl *self,
                                   const SiosCaller *caller,
                                   const char *ns,
                                   const char *text,
                                   const SiosPageRequest *request,
                                   GError **error);
void sios_page_free (SiosPage *page);
/* Who called from there is gone: so are its lists. */
void sios_control_forget_address (SiosControl *self, SiosCallerKind kind, const char *address);
/* element-type SiosNamespaceRow; names as long as nothing else runs. (transfer full) */
GArray *sios_control_list_namespaces (SiosControl *self);
/* The sockets of a user, SIOS_CONTROL_MAX_PAGE at most. (transfer full) */
GPtrArray *sios_control_list_user (SiosControl *self, const char *user);

/* The socket in whatever namespace. (transfer none) NULL with an error. */
SioSocket *sios_control_find_socket (SiosControl *self, const char *id, GError **error);
void sios_socket_row_init (SiosSocketRow *row, SioSocket *socket);
/* Everything that is known of a socket, without secrets: floating, a{sv}. */
GVariant *sios_control_describe_socket (SiosControl *self, SioSocket *socket);

/* Statistics, at most a quarter of a second old. (transfer none) */
SioStats *sios_control_get_stats (SiosControl *self);
/* As sio_stats_to_variant (), "log-level", and "metrics", a(sssst): group, name, label and its
 * value
 * ("" if there is none), value. Floating, a{sv}. */
GVariant *sios_control_dup_stats (SiosControl *self);

/* Acts. Those with @n tell how many sockets they concerned. */

/* The union of what is not NULL, without @except; all sockets if there is nothing. An empty list
 * stands for nobody. */
typedef struct
{
  const char *ns; /* NULL: all */
  const char *const *rooms;
  const char *const *ids;
  const char *user;
  const char *const *except; /* rooms and ids; NULL for none */
} SiosRecipients;

/* FALSE with an error; @what is "room" or the like. */
gboolean sios_control_check_name (const char *what, const char *name, GError **error);
/* One JSON array, read strictly. */
SioArgs *sios_control_parse_args (const char *json, gssize length, GError **error);

gboolean sios_control_disconnect (SiosControl *self,
                                  const SiosCaller *caller,
                                  const SiosRecipients *target,
                                  gboolean close_connection,
                                  guint *n,
                                  GError **error);
/* @n: of those that are in all of the rooms now */
gboolean sios_control_join (SiosControl *self,
                            const SiosCaller *caller,
                            const SiosRecipients *target,
                            const char *const *rooms,
                            guint *n,
                            GError **error);
gboolean sios_control_leave (SiosControl *self,
                             const SiosCaller *caller,
                             const SiosRecipients *target,
                             const char *const *rooms,
                             guint *n,
                             GError **error);
/* @args: (transfer none) */
gboolean sios_control_emit (SiosControl *self,
                            const SiosCaller *caller,
                            const SiosRecipients *target,
                            const char *event,
                            SioArgs *args,
                            guint *n,
                            GError **error);
/* The event "announcement" with {"title","text","severity","time"}; severity is info, warning or
 * critical. */
gboolean sios_control_announce (SiosControl *self,
                                const SiosCaller *caller,
                                const SiosRecipients *target,
                                const char *title,
                                const char *text,
                                const char *severity,
                                guint *n,
                                GError **error);

/* @until in seconds since 1970; 0: as long as tokens may be valid. Sockets that came with such a
 * token are disconnected. */
gboolean sios_control_revoke (SiosControl *self,
                              const SiosCaller *caller,
                              SiosRevocationKind kind,
                              const char *name,
                              gint64 until,
                              guint *n,
                              GError **error);
gboolean sios_control_unrevoke (SiosControl *self,
                                const SiosCaller *caller,
                                SiosRevocationKind kind,
                                const char *name,
                                GError **error);
/* After one of these: when it is sure to outlive the process, so that it may be acknowledged. */
void sios_control_keep_revocations_async (SiosControl *self,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
/* The control may be gone. */
gboolean sios_control_keep_revocations_finish (GAsyncResult *result, GError **error);
void sios_control_list_revocations (SiosControl *self, SiosRevocationFunc func, gpointer user_data);

/* One of error, warning, notice, info, debug; until the configuration is read again. */
gboolean sios_control_set_log_level (SiosControl *self,
                                     const SiosCaller *caller,
                                     const char *level,
                                     GError **error);
void sios_control_reload_async (SiosControl *self,
                                const SiosCaller *caller,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* What needs a restart, one line each. (transfer full) */
char **sios_control_reload_finish (SiosControl *self, GAsyncResult *result, GError **error);
/* Accepts no more connections, and ends those there are within @timeout ms; 0: what is
 * configured. */
void sios_control_drain_async (SiosControl *self,
                               const SiosCaller *caller,
                               guint timeout,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean sios_control_drain_finish (SiosControl *self, GAsyncResult *result, GError **error);

/* Accepts connections again. */
gboolean sios_control_resume (SiosControl *self, const SiosCaller *caller, GError **error);

/* The caller may not, or could not prove who it is: recorded and counted. */
void sios_control_deny (SiosControl *self,
                        const SiosCaller *caller,
                        const char *action,
                        const char *target,
                        const char *why);
/* An act that was done elsewhere: recorded and counted. */
void sios_control_done (SiosControl *self,
                        const SiosCaller *caller,
                        const char *action,
                        const char *target);

/* What the daemon itself does. */
typedef struct
{
  void (*reload_async) (gpointer host, GAsyncReadyCallback callback, gpointer user_data);
  /* Warnings; an error tells all that is wrong. */
  char **(*reload_finish) (gpointer host, GAsyncResult *result, GError **error);
  void (*drain_async) (gpointer host,
                       guint timeout,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
  gboolean (*drain_finish) (gpointer host, GAsyncResult *result, GError **error);
  void (*resume) (gpointer host);
  void (*hold_start) (gpointer host);
  void (*release_start) (gpointer host);
} SiosHost;

/* @host outlives what it is asked for. */
void sios_control_set_host (SiosControl *self, const SiosHost *functions, gpointer host);
/* The daemon is not ready before each hold was released; while it starts. */
void sios_control_hold_start (SiosControl *self);
void sios_control_release_start (SiosControl *self);

/* Changes. They cost nothing while nobody watches. */

typedef enum
{
  SIOS_TOPIC_SOCKETS = 1 << 0,
  SIOS_TOPIC_ROOMS = 1 << 1
} SiosTopics;

#define SIOS_CONTROL_MAX_CHANGES 500

typedef struct
{
  char *id;
  char *ns;
  const char *reason;
} SiosGoneRow;

/* What happened since the last time, each socket and room once. */
typedef struct
{
  gboolean overflow;  /* too much: list again; the rest is empty */
  GPtrArray *added;   /* element-type SioSocket */
  GPtrArray *updated; /* the same: rooms, transport, user */
  GArray *removed;    /* element-type SiosGoneRow */
  GArray *rooms;      /* element-type SiosRoomRow; without members if it is gone */
} SiosChanges;

typedef struct _SiosWatch SiosWatch;
typedef void (*SiosWatchFunc) (const SiosChanges *changes, gpointer user_data);

/* @func is called @interval ms after the first change, not more often than that. */
SiosWatch *sios_control_watch (
    SiosControl *self, SiosTopics topics, guint interval, SiosWatchFunc func, gpointer user_data);
void sios_control_unwatch (SiosControl *self, SiosWatch *watch);
/* While it is paused, changes are gathered and @func is not called. */
void sios_control_pause_watch (SiosControl *self, SiosWatch *watch, gboolean paused);
/* A socket's user or data changed. */
void sios_control_socket_updated (SiosControl *self, SioSocket *socket);

/* Reading along. It costs nothing while nobody does. */

typedef enum
{
  SIOS_TAP_CONNECTED,
  SIOS_TAP_DISCONNECTED,
  SIOS_TAP_RECEIVED, /* an event of the client, which nothing refused */
  SIOS_TAP_SENT
} SiosTapKind;

typedef struct
{
  SiosTapKind kind;
  SioSocket *socket;
  SioMessage *message; /* of events */
  const char *reason;  /* of SIOS_TAP_DISCONNECTED */
} SiosTapRecord;

typedef struct _SiosTap SiosTap;
typedef void (*SiosTapFunc) (const SiosTapRecord *record, gpointer user_data);

/* @outgoing: also SIOS_TAP_SENT. @func may end this tap, but no other. */
SiosTap *
sios_control_tap (SiosControl *self, gboolean outgoing, SiosTapFunc func, gpointer user_data);
void sios_control_untap (SiosControl *self, SiosTap *tap);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosPage, sios_page_free)

G_END_DECLS
