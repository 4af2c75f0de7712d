/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-record.h"

G_BEGIN_DECLS

/* A server, however it is reached: by D-Bus, by its admin namespace, or made up. Backends connect
 * again by themselves until they are closed. Everything happens in the main context of the thread
 * that made them. */
#define SIOA_TYPE_BACKEND (sioa_backend_get_type ())
G_DECLARE_INTERFACE (SioaBackend, sioa_backend, SIOA, BACKEND, GObject)

typedef enum
{
  SIOA_STATE_CLOSED,
  SIOA_STATE_CONNECTING,
  SIOA_STATE_OPEN,
  SIOA_STATE_STALE,   /* open, but the server has been silent for too long */
  SIOA_STATE_WAITING, /* the connection broke; another attempt follows */
  SIOA_STATE_FAILED   /* it makes no sense to try again before something is changed */
} SioaState;

typedef enum
{
  SIOA_CAN_EMIT = 1 << 0,
  SIOA_CAN_JOIN = 1 << 1,
  SIOA_CAN_LEAVE = 1 << 2,
  SIOA_CAN_DISCONNECT = 1 << 3,
  SIOA_CAN_MANY = 1 << 4,    /* the same with several sockets or rooms at once */
  SIOA_HAS_SOCKETS = 1 << 5, /* lists sockets and rooms */
  SIOA_HAS_EVENTS = 1 << 6,  /* shows what is sent and received */
  SIOA_HAS_LATENCY = 1 << 7, /* measures the round trips of its clients */
  SIOA_HAS_COUNTS = 1 << 8   /* tells how many an emit reached */
} SioaFeatures;

/* Why a backend failed, or cannot do something. */
#define SIOA_ERROR (sioa_error_quark ())
GQuark sioa_error_quark (void);

typedef enum
{
  SIOA_ERROR_FAILED,
  SIOA_ERROR_UNREACHABLE,  /* nobody listens there, no such name */
  SIOA_ERROR_NOT_SOCKETIO, /* somebody else answers: a wrong address or path */
  SIOA_ERROR_NAMESPACE,    /* there is no such namespace, or it is not one for administration */
  SIOA_ERROR_CREDENTIALS,
  SIOA_ERROR_TLS,
  SIOA_ERROR_DENIED, /* by polkit, or the server is read-only */
  SIOA_ERROR_ARGUMENTS
} SioaError;

/* To whom: sockets and rooms are of one namespace; nothing at all is everybody in it. */
typedef struct
{
  const char *nsp;
  const char *const *rooms; /* or ids; NULL */
  const char *user;         /* NULL */
} SioaTarget;

struct _SioaBackendInterface
{
  GTypeInterface parent_iface;

  void (*open) (SioaBackend *self);
  void (*close) (SioaBackend *self);
  SioaState (*get_state) (SioaBackend *self);
  /* Why it is not open; NULL while it is. */
  const GError *(*get_error) (SioaBackend *self);
  SioaFeatures (*get_features) (SioaBackend *self);
  /* Round trip of the backend's own connection in microseconds, or SIOA_UNKNOWN. */
  gint64 (*get_rtt) (SioaBackend *self);
  /* Everything about one socket, if there is more than its record has. NULL: there is not. This and
   * all below are GTasks: of a SioaSocketRecord here, of an integer there. */
  void (*get_socket_async) (SioaBackend *self,
                            const char *nsp,
                            const char *id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
  /* Each ends with how many sockets it concerned, or SIOA_UNKNOWN. */
  void (*emit_async) (SioaBackend *self,
                      const SioaTarget *target,
                      const char *event,
                      const char *args, /* a JSON list */
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
  void (*join_async) (SioaBackend *self,
                      const SioaTarget *target,
                      const char *room,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
  void (*leave_async) (SioaBackend *self,
                       const SioaTarget *target,
                       const char *room,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
  void (*disconnect_async) (SioaBackend *self,
                            const SioaTarget *target,
                            gboolean close, /* the connection, not only this namespace */
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
  /* NULL: the server tells of events in any case. */
  void (*watch_events) (SioaBackend *self, gboolean watch);
};

/* Signals:
 *   state-changed ()
 *   changes (GPtrArray of SioaChange)   at most once for each iteration of the main loop
 *   sample (SioaSample)                 some seconds apart
 *   event (nsp, id, received, JSON list beginning with the event's name, time)  SIOA_HAS_EVENTS
 * only, and only while sioa_backend_watch_events () asked for them is it sure to come
 */

void sioa_backend_open (SioaBackend *self);
void sioa_backend_close (SioaBackend *self);
SioaState sioa_backend_get_state (SioaBackend *self);
const GError *sioa_backend_get_error (SioaBackend *self);
SioaFeatures sioa_backend_get_features (SioaBackend *self);
gint64 sioa_backend_get_rtt (SioaBackend *self);
void sioa_backend_get_socket_async (SioaBackend *self,
                                    const char *nsp,
                                    const char *id,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SioaSocketRecord *
sioa_backend_get_socket_finish (SioaBackend *self, GAsyncResult *result, GError **error);
void sioa_backend_emit_async (SioaBackend *self,
                              const SioaTarget *target,
                              const char *event,
                              const char *args,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
void sioa_backend_join_async (SioaBackend *self,
                              const SioaTarget *target,
                              const char *room,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
void sioa_backend_leave_async (SioaBackend *self,
                               const SioaTarget *target,
                               const char *room,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
void sioa_backend_disconnect_async (SioaBackend *self,
                                    const SioaTarget *target,
                                    gboolean close,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gint64 sioa_backend_act_finish (SioaBackend *self, GAsyncResult *result, GError **error);
/* Each listener says when it begins, and when it ends. */
void sioa_backend_watch_events (SioaBackend *self, gboolean watch);

/* For implementations. */
void sioa_backend_state_changed (SioaBackend *self);
/* @changes: (transfer full) */
void sioa_backend_take_changes (SioaBackend *self, GPtrArray *changes);
void sioa_backend_tell_sample (SioaBackend *self, SioaSample *sample);
/* Whether anybody listens to "event": there may be very many of them. */
gboolean sioa_backend_wants_events (SioaBackend *self);
void sioa_backend_tell_event (SioaBackend *self,
                              const char *nsp,
                              const char *id,
                              gboolean received,
                              const char *args,
                              gint64 time);

G_END_DECLS
