/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-dbus-backend.h"

G_BEGIN_DECLS

#define SIOA_DBUS_PATH "/org/sioglib/Server1"
#define SIOA_DBUS_INTERFACE "org.sioglib.Server1"
#define SIOA_DBUS_ERROR SIOA_DBUS_INTERFACE ".Error."
#define SIOA_DBUS_ROW "(sssssxuutttttt)"
/* What one call may ask for. */
#define SIOA_DBUS_MAX_PAGE 1000
#define SIOA_DBUS_MAX_IDS 1000
#define SIOA_DBUS_MAX_ROOMS 100

typedef struct _SioaDBusEvents SioaDBusEvents;

/* The class is spread over sioa-dbus-*.c. */
struct _SioaDBusBackend
{
  GObject parent_instance;

  GBusType bus;
  char *address;
  char *name;

  SioaState state;
  GError *error;
  GCancellable *opening; /* until the bus is there; NULL while closed */
  GDBusConnection *connection;
  guint name_watch;
  guint retry_id;

  /* One server, from its appearance on the bus to its end. */
  char *owner;         /* unique name; NULL while nobody is there */
  GCancellable *calls; /* of this session */
  guint signal_id;
  guint32 cookie; /* 0: not subscribed */
  guint stale_id;
  gint64 rtt;
  gint64 ping_sent;       /* 0: none is under way */
  GHashTable *namespaces; /* names that were told */

  /* Listing. */
  GHashTable *known; /* keys of the sockets that were told */
  GHashTable *seen;  /* those of this pass; NULL between passes */
  guint64 revision;
  guint offset;
  gboolean slow;  /* only to have newer figures */
  gboolean again; /* something was missed */
  guint n_errors; /* in a row */
  guint n_passes;
  guint list_id;

  guint n_watchers; /* of events */
  gboolean events_denied;
  SioaDBusEvents *events;
};

/* sioa-dbus-backend.c. Both take @error. */
void sioa_dbus_backend_fail (SioaDBusBackend *self, GError *error);
/* As it came from a call: what it means for people, in SIOA_ERROR. */
GError *sioa_dbus_translate (GError *error);
/* Whoever the server asks may be asked for a password if @interactive. @callback is called with a
 * reference to @self as user data, which it takes. */
void sioa_dbus_backend_call (SioaDBusBackend *self,
                             const char *method,
                             GVariant *args,
                             const char *reply_type,
                             gboolean interactive,
                             GAsyncReadyCallback callback);

/* sioa-dbus-list.c */
void sioa_dbus_list_begin (SioaDBusBackend *self);
void sioa_dbus_list_end (SioaDBusBackend *self);
void sioa_dbus_list_changed (SioaDBusBackend *self, GVariant *changes);
gboolean sioa_dbus_list_knows (SioaDBusBackend *self, const char *nsp, const char *id);

/* sioa-dbus-acts.c */
void sioa_dbus_acts_init (SioaBackendInterface *iface);

/* sioa-dbus-events.c. Opens and closes the stream as it is wanted and possible. */
void sioa_dbus_events_update (SioaDBusBackend *self);

G_END_DECLS
