/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-config.h"
#include "sios-identity.h"
#include "sios-metric.h"

G_BEGIN_DECLS

typedef struct _SiosFeatures SiosFeatures;

/* One thing the daemon can do. Each is a file of its own and is listed in sios-features.c; its keys
 * are in sios-keys.c. One that offers something to others has a header for that. All functions but
 * create are optional. */
typedef struct
{
  const char *name;
  gpointer (*create) (SiosFeatures *features);
  void (*destroy) (gpointer self);
  /* Reads and checks what keys of @config refer to, such as files, and adds all that is wrong to
   * @problems. May be called in any thread, before there is a server and for --check-config. The
   * result is what sios_config_get_prepared () gives, also in any thread, and is never changed. */
  gpointer (*prepare) (SiosConfig *config, GPtrArray *problems);
  GDestroyNotify release;
  /* At the start, before anything listens, and after each reload. Cannot fail. */
  void (*configure) (gpointer self, SiosConfig *config);
  /* Listens on addresses of its own; once, before the server listens on its own. */
  gboolean (*listen) (gpointer self, SiosConfig *config, GError **error);
  /* Once for each namespace, before clients can connect to it. */
  void (*namespace_added) (gpointer self, SioNamespace *ns);
  /* A socket connected to any namespace. */
  void (*connected) (gpointer self, SioSocket *socket);
  void (*disconnected) (gpointer self, SioSocket *socket, const char *reason);
  /* A connected socket showed another token, of the same user. sios_socket_get_identity () has the
   * new identity already; roles and groups may differ from those of @old. */
  void (*identity_changed) (gpointer self, SioSocket *socket, SiosIdentity *old);
  /* TRUE if the event is done; the next feature sees it otherwise. */
  gboolean (*event) (gpointer self, SioSocket *socket, SioMessage *message);
  /* Calls @func for each number; those of one group, and of one name, one after another. */
  void (*metrics) (gpointer self, SiosMetricFunc func, gpointer user_data);
} SiosFeature;

/* Reads and checks everything, as sios_config_load (), and lets features prepare. Blocks. */
SiosConfig *sios_features_load_config (const SiosSources *sources, GPtrArray *problems);

/* All features, and what they see of @server. */
SiosFeatures *sios_features_new (SioServer *server);
void sios_features_free (SiosFeatures *self);
SioServer *sios_features_get_server (SiosFeatures *self);
/* The instance that @feature made. */
gpointer sios_features_get (SiosFeatures *self, const SiosFeature *feature);
/* The first time, and after a reload. Namespaces that @config names are made. */
void sios_features_configure (SiosFeatures *self, SiosConfig *config);
/* Tells all of them; the feature that changed it does. */
void sios_features_identity_changed (SiosFeatures *self, SioSocket *socket, SiosIdentity *old);
/* Once, at the end of the start. */
gboolean sios_features_listen (SiosFeatures *self, SiosConfig *config, GError **error);
void sios_features_visit_metrics (SiosFeatures *self, SiosMetricFunc func, gpointer user_data);

extern const SiosFeature sios_settings_feature;
extern const SiosFeature sios_admin_feature;
extern const SiosFeature sios_control_feature;
extern const SiosFeature sios_auth_feature;
extern const SiosFeature sios_journal_feature;
extern const SiosFeature sios_dbus_feature;
extern const SiosFeature sios_limits_feature;
extern const SiosFeature sios_page_feature;
extern const SiosFeature sios_status_feature;
extern const SiosFeature sios_auto_rooms_feature;
extern const SiosFeature sios_rules_feature;
extern const SiosFeature sios_rooms_feature;
extern const SiosFeature sios_room_announce_feature;
extern const SiosFeature sios_default_feature;

G_END_DECLS
