/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-control.h"

G_BEGIN_DECLS

#define SIOS_DBUS_PATH "/org/sioglib/Server1"
#define SIOS_DBUS_INTERFACE "org.sioglib.Server1"

/* What is configured. */
typedef struct
{
  gboolean system;         /* PolicyKit decides; else the caller has to be our own user */
  gint64 admin_group;      /* gid of those who may all where there is no PolicyKit; -1: nobody */
  guint max_subscriptions; /* in all */
  guint max_streams;
  gsize stream_buffer;  /* bytes that wait for the reader of one */
  guint reader_timeout; /* ms without a sign of a subscriber or reader */
} SiosDbusSettings;

/* Who may: sios-dbus-auth.c. */
typedef struct _SiosDbusAuth SiosDbusAuth;

/* @caller and @error are valid during the call. */
typedef void (*SiosDbusAuthFunc) (GDBusMethodInvocation *invocation,
                                  const SiosCaller *caller,
                                  const GError *error,
                                  gpointer user_data);

SiosDbusAuth *sios_dbus_auth_new (GDBusConnection *connection, const SiosDbusSettings *settings);
/* What is asked is answered with an error; the functions are not called any more. */
void sios_dbus_auth_free (SiosDbusAuth *self);
/* Whether the sender may. @permission 0: only who it is. */
void sios_dbus_auth_check (SiosDbusAuth *self,
                           GDBusMethodInvocation *invocation,
                           SiosPermissions permission,
                           SiosDbusAuthFunc func,
                           gpointer user_data);

/* Who watches: sios-dbus-subscriptions.c. */
typedef struct _SiosDbusSubscriptions SiosDbusSubscriptions;

SiosDbusSubscriptions *sios_dbus_subscriptions_new (GDBusConnection *connection,
                                                    SiosControl *control,
                                                    const SiosDbusSettings *settings);
void sios_dbus_subscriptions_free (SiosDbusSubscriptions *self);
/* 0 with an error. */
guint sios_dbus_subscriptions_add (SiosDbusSubscriptions *self,
                                   const SiosCaller *caller,
                                   const char *const *topics,
                                   GVariant *options,
                                   GError **error);
gboolean
sios_dbus_subscriptions_remove (SiosDbusSubscriptions *self, const char *sender, guint cookie);
/* All that it has. */
void sios_dbus_subscriptions_forget (SiosDbusSubscriptions *self, const char *sender);
guint sios_dbus_subscriptions_get_n (SiosDbusSubscriptions *self);
/* Since the start. */
guint64 sios_dbus_subscriptions_get_n_dropped (SiosDbusSubscriptions *self);

/* Who reads along: sios-dbus-stream.c. */
typedef struct _SiosDbusStreams SiosDbusStreams;

SiosDbusStreams *sios_dbus_streams_new (SiosControl *control, const SiosDbusSettings *settings);
void sios_dbus_streams_free (SiosDbusStreams *self);
/* Takes @fd. */
gboolean sios_dbus_streams_open (
    SiosDbusStreams *self, const SiosCaller *caller, int fd, GVariant *filter, GError **error);
guint sios_dbus_streams_get_n (SiosDbusStreams *self);
/* Lines that no reader got, and readers that were given up. */
guint64 sios_dbus_streams_get_n_lost (SiosDbusStreams *self);
guint64 sios_dbus_streams_get_n_cut (SiosDbusStreams *self);

/* The methods: sios-dbus-service.c. One for each connection. */
typedef struct
{
  GDBusConnection *connection;
  SiosControl *control;
  SiosDbusAuth *auth;
  SiosDbusSubscriptions *subscriptions;
  SiosDbusStreams *streams;
  gint64 started_at;   /* µs since 1970 */
  GHashTable *senders; /* name → watch of the name, as a pointer */
  guint object_id;
  guint log_id;
} SiosDbusService;

SiosDbusService *sios_dbus_service_new (GDBusConnection *connection,
                                        SiosControl *control,
                                        const SiosDbusSettings *settings,
                                        gint64 started_at,
                                        GError **error);
void sios_dbus_service_free (SiosDbusService *self);
/* @always: however many there are. */
void sios_dbus_service_watch_sender (SiosDbusService *self, const char *sender, gboolean always);

/* org.freedesktop.LogControl1: sios-dbus-log.c. 0 with an error. */
guint sios_dbus_log_register (SiosDbusService *service, GError **error);

/* One call that may. */
typedef struct
{
  SiosDbusService *service;
  const SiosCaller *caller;
  GDBusMethodInvocation *invocation;
  GVariant *arguments;
} SiosDbusCall;

/* sios-dbus-lists.c and sios-dbus-acts.c */
void sios_dbus_list_sockets (const SiosDbusCall *call);
void sios_dbus_list_sockets_with_rooms (const SiosDbusCall *call);
void sios_dbus_list_rooms (const SiosDbusCall *call);
void sios_dbus_list_namespaces (const SiosDbusCall *call);
void sios_dbus_list_user_sockets (const SiosDbusCall *call);
void sios_dbus_get_socket (const SiosDbusCall *call);
void sios_dbus_get_stats (const SiosDbusCall *call);
void sios_dbus_list_revocations (const SiosDbusCall *call);
void sios_dbus_disconnect_sockets (const SiosDbusCall *call);
void sios_dbus_join_rooms (const SiosDbusCall *call);
void sios_dbus_leave_rooms (const SiosDbusCall *call);
void sios_dbus_emit (const SiosDbusCall *call);
void sios_dbus_broadcast (const SiosDbusCall *call);
void sios_dbus_announce (const SiosDbusCall *call);
void sios_dbus_revoke (const SiosDbusCall *call);
void sios_dbus_unrevoke (const SiosDbusCall *call);

/* Arguments and results: sios-dbus-values.c. */

/* One key of a dictionary of options; the target has the type's C form, for "as" a container to be
 * freed. */
typedef struct
{
  const char *name;
  const char *type;
  gpointer target;
} SiosDbusKey;

/* FALSE with an error for unknown keys and other types; keys that are missing leave the target. */
gboolean
sios_dbus_read_dict (GVariant *dict, const SiosDbusKey *keys, guint n_keys, GError **error);
GVariant *sios_dbus_socket_rows (GPtrArray *sockets);
/* For each of @sockets the names of its rooms. */
GVariant *sios_dbus_rooms_of (GPtrArray *sockets);
GVariant *sios_dbus_room_rows (GArray *rooms);
/* Takes @error. */
void sios_dbus_return_error (GDBusMethodInvocation *invocation, GError *error);
void sios_dbus_call_return (const SiosDbusCall *call, GVariant *value);
/* Takes @error. */
void sios_dbus_call_fail (const SiosDbusCall *call, GError *error);
/* @n, or unless it is done @error, which is taken. */
void sios_dbus_call_return_number (const SiosDbusCall *call, gboolean done, guint n, GError *error);

G_END_DECLS
