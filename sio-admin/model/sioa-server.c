/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-server.h"

#include <glib/gi18n.h>

#include "sioa-sum.h"

struct _SioaServer
{
  GObject parent_instance;

  char *name;
  char *id; /* NULL */
  SioaBackend *backend;
  SioaStore *store;
  SioaHistory *history;
  SioaRemote *remote; /* NULL */
  gboolean production;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioaServer, sioa_server, G_TYPE_OBJECT)

static void
sioa_server_dispose (GObject *object)
{
  SioaServer *self = SIOA_SERVER (object);

  if (self->backend != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->backend, self);
      sioa_backend_close (self->backend);
    }
  g_clear_object (&self->store);
  g_clear_object (&self->history);
  g_clear_object (&self->backend);

  G_OBJECT_CLASS (sioa_server_parent_class)->dispose (object);
}

static void
sioa_server_finalize (GObject *object)
{
  g_free (SIOA_SERVER (object)->name);
  g_free (SIOA_SERVER (object)->id);
  g_clear_pointer (&SIOA_SERVER (object)->remote, sioa_remote_free);

  G_OBJECT_CLASS (sioa_server_parent_class)->finalize (object);
}

static void
sioa_server_class_init (SioaServerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_server_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_server_finalize;

  signals[CHANGED] = g_signal_new ("changed", SIOA_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sioa_server_init (SioaServer *self)
{
}

static void
state_cb (SioaBackend *backend, SioaServer *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
sample_cb (SioaBackend *backend, SioaSample *sample, SioaServer *self)
{
  gint64 rtt = sioa_backend_get_rtt (backend);

  if ((sioa_backend_get_features (backend) & SIOA_HAS_LATENCY) == 0 && rtt != SIOA_UNKNOWN)
    sioa_history_add_round_trip (self->history, sample->time, rtt);
  sioa_history_add (self->history, sample);
}

SioaServer *
sioa_server_new_with_history (const char *name, SioaBackend *backend, SioaHistory *history)
{
  SioaServer *self = g_object_new (SIOA_TYPE_SERVER, NULL);

  self->name = g_strdup (name);
  self->backend = g_object_ref (backend);
  self->store = sioa_store_new (backend);
  self->history = g_object_ref (history);
  g_signal_connect (backend, "state-changed", G_CALLBACK (state_cb), self);
  return self;
}

SioaServer *
sioa_server_new (const char *name, SioaBackend *backend)
{
  g_autoptr (SioaHistory) history = sioa_history_new ();
  SioaServer *self = sioa_server_new_with_history (name, backend, history);

  g_signal_connect (backend, "sample", G_CALLBACK (sample_cb), self);
  return self;
}

const char *
sioa_server_get_name (SioaServer *self)
{
  return self->name;
}

const char *
sioa_server_get_id (SioaServer *self)
{
  return self->remote != NULL ? self->remote->id : self->id;
}

void
sioa_server_set_id (SioaServer *self, const char *id)
{
  g_free (self->id);
  self->id = g_strdup (id);
}

SioaBackend *
sioa_server_get_backend (SioaServer *self)
{
  return self->backend;
}

SioaStore *
sioa_server_get_store (SioaServer *self)
{
  return self->store;
}

SioaHistory *
sioa_server_get_history (SioaServer *self)
{
  return self->history;
}

gint64
sioa_server_count_rooms (SioaServer *self)
{
  SioaSample *sample = sioa_history_get_sample (self->history);

  if (sample != NULL && sample->rooms != SIOA_UNKNOWN)
    return sample->rooms;
  if ((sioa_backend_get_features (self->backend) & SIOA_HAS_SOCKETS) == 0)
    return SIOA_UNKNOWN;
  return g_list_model_get_n_items (sioa_store_get_rooms (self->store));
}

char *
sioa_server_describe_state (SioaServer *self)
{
  const GError *error = sioa_backend_get_error (self->backend);

  if (SIOA_IS_SUM (self->backend))
    return sioa_sum_describe (SIOA_SUM (self->backend));
  switch (sioa_backend_get_state (self->backend))
    {
    case SIOA_STATE_OPEN:
      return g_strdup (_ ("Connected"));
    case SIOA_STATE_CONNECTING:
      return g_strdup (_ ("Connecting…"));
    case SIOA_STATE_STALE:
      return g_strdup (_ ("No news from the server"));
    case SIOA_STATE_WAITING:
      return error != NULL ? g_strdup_printf (_ ("Connecting again: %s"), error->message)
                           : g_strdup (_ ("Connecting again"));
    case SIOA_STATE_FAILED:
      return g_strdup (error != NULL ? error->message : _ ("Not connected"));
    case SIOA_STATE_CLOSED:
    default:
      return g_strdup (_ ("Not connected"));
    }
}

gboolean
sioa_server_is_production (SioaServer *self)
{
  return self->production;
}

void
sioa_server_set_production (SioaServer *self, gboolean production)
{
  if (self->production == production)
    return;
  self->production = production;
  g_signal_emit (self, signals[CHANGED], 0);
}

const SioaRemote *
sioa_server_get_remote (SioaServer *self)
{
  return self->remote;
}

void
sioa_server_set_remote (SioaServer *self, const SioaRemote *remote)
{
  g_clear_pointer (&self->remote, sioa_remote_free);
  self->remote = sioa_remote_copy (remote);
  g_free (self->name);
  self->name = g_strdup (*remote->name != '\0' ? remote->name : remote->uri);
  self->production = remote->production;
  g_signal_emit (self, signals[CHANGED], 0);
}
