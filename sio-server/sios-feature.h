/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sios-config.h"

G_BEGIN_DECLS

typedef struct _SiosFeatures SiosFeatures;

/* One thing the daemon can do. Each is a file of its own, knows no other, and is listed in
 * sios-features.c; its keys are in sios-keys.c. All functions but create are optional. */
typedef struct
{
  const char *name; /* also the member of the statistics */
  gpointer (*create) (SiosFeatures *features);
  void (*destroy) (gpointer self);
  /* At the start, before anything listens, and after each reload. */
  void (*configure) (gpointer self, SiosConfig *config);
  /* A socket connected to any namespace. */
  void (*connected) (gpointer self, SioSocket *socket);
  void (*disconnected) (gpointer self, SioSocket *socket);
  /* TRUE if the event is done; the next feature sees it otherwise. */
  gboolean (*event) (gpointer self, SioSocket *socket, SioMessage *message);
  /* Adds members to a JSON object, each with a comma behind. */
  void (*statistics) (gpointer self, GString *json);
} SiosFeature;

/* All features, and what they see of @server. */
SiosFeatures *sios_features_new (SioServer *server);
void sios_features_free (SiosFeatures *self);
SioServer *sios_features_get_server (SiosFeatures *self);
/* The first time, and after a reload. Namespaces that @config names are made. */
void sios_features_configure (SiosFeatures *self, SiosConfig *config);
/* Members for a JSON object, each with a comma behind. */
void sios_features_append_statistics (SiosFeatures *self, GString *json);

extern const SiosFeature sios_settings_feature;
extern const SiosFeature sios_page_feature;
extern const SiosFeature sios_status_feature;
extern const SiosFeature sios_rooms_feature;
extern const SiosFeature sios_default_feature;

G_END_DECLS
