/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-api.h"
#include "sios-feature.h"
#include "sios-gate.h"
#include "sios-metrics.h"

/* In the order in which they are configured and see events. */
static const SiosFeature *const features[] = {
  /* clang-format off */
  &sios_settings_feature, /* the path has to be set before others serve below or beside it */
  &sios_limits_feature, /* whether the system grants them */
  &sios_journal_feature, /* before those whose addresses it watches */
  &sios_admin_feature, /* tells of sockets before others do something with them */
  &sios_auth_feature, /* who it is, before others decide */
  &sios_gate_feature, /* where the API is, before those who serve there */
  &sios_control_feature,
  &sios_dbus_feature,
  &sios_page_feature,
  &sios_status_feature,
  &sios_metrics_feature,
  &sios_api_feature,
  &sios_auto_rooms_feature,
  &sios_rules_feature, /* what is configured counts more than what the server knows */
  &sios_rooms_feature,
  &sios_room_announce_feature,
  &sios_default_feature, /* takes what nobody else did */
  /* clang-format on */
};

struct _SiosFeatures
{
  SioServer *server;
  gpointer instances[G_N_ELEMENTS (features)];
  GHashTable *namespaces; /* those that are watched */
};

SiosConfig *
sios_features_load_config (const SiosSources *sources, GPtrArray *problems)
{
  g_autoptr (SiosConfig) config = sios_config_load (sources, problems);

  for (guint i = 0; config != NULL && i < G_N_ELEMENTS (features); i++)
    if (features[i]->prepare != NULL)
      sios_config_set_prepared (config, features[i]->name, features[i]->prepare (config, problems),
                                features[i]->release);
  return problems->len == 0 ? g_steal_pointer (&config) : NULL;
}

SiosFeatures *
sios_features_new (SioServer *server)
{
  SiosFeatures *self = g_new0 (SiosFeatures, 1);

  self->server = server;
  self->namespaces = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    self->instances[i] = features[i]->create (self);
  return self;
}

void
sios_features_free (SiosFeatures *self)
{
  GHashTableIter iter;
  gpointer ns;

  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, &ns, NULL))
    {
      g_autoptr (GPtrArray) sockets = sio_namespace_list_sockets (ns);

      g_signal_handlers_disconnect_by_data (ns, self);
      sio_namespace_off_any (ns);
      for (guint i = 0; i < sockets->len; i++)
        g_signal_handlers_disconnect_by_data (g_ptr_array_index (sockets, i), self);
    }
  g_hash_table_unref (self->namespaces);
  /* Later ones may use earlier ones. */
  for (guint i = G_N_ELEMENTS (features); i-- > 0;)
    if (features[i]->destroy != NULL)
      features[i]->destroy (self->instances[i]);
  g_free (self);
}

SioServer *
sios_features_get_server (SiosFeatures *self)
{
  return self->server;
}

gpointer
sios_features_get (SiosFeatures *self, const SiosFeature *feature)
{
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i] == feature)
      return self->instances[i];
  g_return_val_if_reached (NULL);
}

static void
disconnected_cb (SioSocket *socket, const char *reason, const char *description, SiosFeatures *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->disconnected != NULL)
      features[i]->disconnected (self->instances[i], socket, reason);
}

static void
connection_cb (SioNamespace *ns, SioSocket *socket, SiosFeatures *self)
{
  g_signal_connect (socket, "disconnected", G_CALLBACK (disconnected_cb), self);
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->connected != NULL)
      features[i]->connected (self->instances[i], socket);
}

static void
event_cb (SioSocket *socket, SioMessage *message, gpointer user_data)
{
  SiosFeatures *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->event != NULL && features[i]->event (self->instances[i], socket, message))
      return;
}

void
sios_features_configure (SiosFeatures *self, SiosConfig *config)
{
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");

  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->configure != NULL)
      features[i]->configure (self->instances[i], config);
  for (guint i = 0; names[i] != NULL; i++)
    {
      SioNamespace *ns = sio_server_of (self->server, names[i]);

      if (!g_hash_table_add (self->namespaces, g_object_ref (ns)))
        continue;
      for (guint j = 0; j < G_N_ELEMENTS (features); j++)
        if (features[j]->namespace_added != NULL)
          features[j]->namespace_added (self->instances[j], ns);
      g_signal_connect (ns, "connection", G_CALLBACK (connection_cb), self);
      sio_namespace_on_any (ns, event_cb, self, NULL);
    }
}

void
sios_features_identity_changed (SiosFeatures *self, SioSocket *socket, SiosIdentity *old)
{
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->identity_changed != NULL)
      features[i]->identity_changed (self->instances[i], socket, old);
}

gboolean
sios_features_listen (SiosFeatures *self, SiosConfig *config, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->listen != NULL && !features[i]->listen (self->instances[i], config, error))
      return FALSE;
  return TRUE;
}

void
sios_features_visit_metrics (SiosFeatures *self, SiosMetricFunc func, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    if (features[i]->metrics != NULL)
      features[i]->metrics (self->instances[i], func, user_data);
}
