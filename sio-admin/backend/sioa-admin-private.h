/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

#include "sioa-admin-backend.h"
#include "sioa-admin-reader.h"

G_BEGIN_DECLS

/* The class is spread over sioa-admin-*.c. */
struct _SioaAdminBackend
{
  GObject parent_instance;

  char *uri;
  char *nsp;
  char *path;
  char *user;
  char *password;
  gboolean by_token; /* the password is one */
  char *session_id;  /* in place of the password, while the server knows it */
  gboolean websocket_only;

  SioClient *client; /* NULL while closed */
  SioaState state;
  GError *error;
  SioaFeatures features;
  SioaAdminStats *stats;
  GHashTable *namespaces; /* those that the server told of */
  GPtrArray *changes;     /* to be told in the next iteration of the main loop */
  GCancellable *reading;  /* not NULL while a thread reads the list of all sockets */
  SioArgs *unread;        /* the next list, which waits for that thread */
  gboolean configured;    /* the server said what it can do */
  guint changes_id;
  guint sample_id;
  guint config_id;
  guint login_id;
  guint stale_id;
};

/* sioa-admin-backend.c. Takes @error. */
void sioa_admin_backend_set_state (SioaAdminBackend *self, SioaState state, GError *error);

/* sioa-admin-news.c: a SioClientEventFunc for all that the server tells. */
void sioa_admin_news_event (SioClient *client, SioMessage *message, gpointer user_data);

/* sioa-admin-acts.c */
void sioa_admin_acts_init (SioaBackendInterface *iface);

G_END_DECLS
