/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-backend.h"

G_DEFINE_INTERFACE (SioaBackend, sioa_backend, G_TYPE_OBJECT)
G_DEFINE_QUARK (sioa - error, sioa_error)

enum
{
  STATE_CHANGED,
  CHANGES,
  SAMPLE,
  EVENT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
sioa_backend_default_init (SioaBackendInterface *iface)
{
  signals[STATE_CHANGED] = g_signal_new ("state-changed", SIOA_TYPE_BACKEND, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHANGES] = g_signal_new ("changes", SIOA_TYPE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_PTR_ARRAY);
  signals[SAMPLE] = g_signal_new ("sample", SIOA_TYPE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[EVENT] =
      g_signal_new ("event", SIOA_TYPE_BACKEND, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    5, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN, G_TYPE_STRING, G_TYPE_INT64);
}

void
sioa_backend_open (SioaBackend *self)
{
  SIOA_BACKEND_GET_IFACE (self)->open (self);
}

void
sioa_backend_close (SioaBackend *self)
{
  SIOA_BACKEND_GET_IFACE (self)->close (self);
}

SioaState
sioa_backend_get_state (SioaBackend *self)
{
  return SIOA_BACKEND_GET_IFACE (self)->get_state (self);
}

const GError *
sioa_backend_get_error (SioaBackend *self)
{
  return SIOA_BACKEND_GET_IFACE (self)->get_error (self);
}

SioaFeatures
sioa_backend_get_features (SioaBackend *self)
{
  return SIOA_BACKEND_GET_IFACE (self)->get_features (self);
}

gint64
sioa_backend_get_rtt (SioaBackend *self)
{
  return SIOA_BACKEND_GET_IFACE (self)->get_rtt (self);
}

void
sioa_backend_get_socket_async (SioaBackend *self,
                               const char *nsp,
                               const char *id,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  SIOA_BACKEND_GET_IFACE (self)->get_socket_async (self, nsp, id, cancellable, callback, user_data);
}

SioaSocketRecord *
sioa_backend_get_socket_finish (SioaBackend *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
sioa_backend_emit_async (SioaBackend *self,
                         const SioaTarget *target,
                         const char *event,
                         const char *args,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  SIOA_BACKEND_GET_IFACE (self)->emit_async (self, target, event, args, cancellable, callback,
                                             user_data);
}

void
sioa_backend_join_async (SioaBackend *self,
                         const SioaTarget *target,
                         const char *room,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  SIOA_BACKEND_GET_IFACE (self)->join_async (self, target, room, cancellable, callback, user_data);
}

void
sioa_backend_leave_async (SioaBackend *self,
                          const SioaTarget *target,
                          const char *room,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  SIOA_BACKEND_GET_IFACE (self)->leave_async (self, target, room, cancellable, callback, user_data);
}

void
sioa_backend_disconnect_async (SioaBackend *self,
                               const SioaTarget *target,
                               gboolean close,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  SIOA_BACKEND_GET_IFACE (self)->disconnect_async (self, target, close, cancellable, callback,
                                                   user_data);
}

gint64
sioa_backend_act_finish (SioaBackend *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

void
sioa_backend_watch_events (SioaBackend *self, gboolean watch)
{
  SioaBackendInterface *iface = SIOA_BACKEND_GET_IFACE (self);

  if (iface->watch_events != NULL)
    iface->watch_events (self, watch);
}

void
sioa_backend_state_changed (SioaBackend *self)
{
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

void
sioa_backend_take_changes (SioaBackend *self, GPtrArray *changes)
{
  if (changes->len > 0)
    g_signal_emit (self, signals[CHANGES], 0, changes);
  g_ptr_array_unref (changes);
}

void
sioa_backend_tell_sample (SioaBackend *self, SioaSample *sample)
{
  g_signal_emit (self, signals[SAMPLE], 0, sample);
}

gboolean
sioa_backend_wants_events (SioaBackend *self)
{
  return g_signal_has_handler_pending (self, signals[EVENT], 0, TRUE);
}

void
sioa_backend_tell_event (SioaBackend *self,
                         const char *nsp,
                         const char *id,
                         gboolean received,
                         const char *args,
                         gint64 time)
{
  g_signal_emit (self, signals[EVENT], 0, nsp, id, received, args, time);
}
