/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-servers.h"

#include <string.h>

#include "sioa-admin-backend.h"
#include "sioa-keep.h"

struct _SioaServers
{
  GObject parent_instance;

  GListStore *list;
  SioaKeep *keep;
  SioaKeyring *keyring;
};

G_DEFINE_FINAL_TYPE (SioaServers, sioa_servers, G_TYPE_OBJECT)

SioaBackend *
sioa_servers_make_backend (const SioaRemote *remote)
{
  SioaAdminBackend *backend = sioa_admin_backend_new (remote->uri, remote->nsp);

  sioa_admin_backend_set_path (backend, remote->path);
  sioa_admin_backend_set_websocket_only (backend, remote->websocket_only);
  sioa_servers_set_secret (SIOA_BACKEND (backend), remote, NULL);
  return SIOA_BACKEND (backend);
}

void
sioa_servers_set_secret (SioaBackend *backend, const SioaRemote *remote, const char *secret)
{
  if (remote->by_token)
    sioa_admin_backend_set_token (SIOA_ADMIN_BACKEND (backend), secret);
  else
    sioa_admin_backend_set_credentials (SIOA_ADMIN_BACKEND (backend), remote->user, secret);
}

static void
open_with (SioaServer *server, const char *password)
{
  SioaBackend *backend = sioa_server_get_backend (server);

  sioa_servers_set_secret (backend, sioa_server_get_remote (server), password);
  sioa_backend_open (backend);
}

typedef struct
{
  GListStore *list;
  SioaServer *server;
} Opening;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Opening *opening = user_data;
  char *password = sioa_keyring_lookup_finish (SIOA_KEYRING (source), result);

  /* It may have been removed, or opened with another password, while the keyring was locked. */
  if (g_list_store_find (opening->list, opening->server, NULL) &&
      sioa_backend_get_state (sioa_server_get_backend (opening->server)) == SIOA_STATE_CLOSED)
    open_with (opening->server, password);
  sioa_password_free (password);
  g_object_unref (opening->list);
  g_object_unref (opening->server);
  g_free (opening);
}

static SioaServer *
make_server (const SioaRemote *remote)
{
  g_autoptr (SioaBackend) backend = sioa_servers_make_backend (remote);
  SioaServer *server = sioa_server_new (remote->name, backend);

  sioa_server_set_remote (server, remote);
  return server;
}

void
sioa_servers_load (SioaServers *self)
{
  GKeyFile *file = sioa_keep_get_file (self->keep);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_autoptr (SioaRemote) remote = sioa_remote_load (file, groups[i]);
      g_autoptr (SioaServer) server = NULL;
      Opening *opening;

      if (remote == NULL)
        {
          g_warning ("The saved server “%s” has no valid address", groups[i]);
          continue;
        }
      server = make_server (remote);
      g_list_store_append (self->list, server);
      if (!sioa_remote_has_secret (remote))
        {
          sioa_backend_open (sioa_server_get_backend (server));
          continue;
        }
      opening = g_new0 (Opening, 1);
      opening->list = g_object_ref (self->list);
      opening->server = g_object_ref (server);
      sioa_keyring_lookup_async (self->keyring, remote->uri, remote->user, NULL, looked_up_cb,
                                 opening);
    }
}

SioaKeyring *
sioa_servers_get_keyring (SioaServers *self)
{
  return self->keyring;
}

/* Position of the one with that ID, or the number of all. */
static guint
find (SioaServers *self, const char *id, SioaServer **server)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->list));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SioaServer) item = g_list_model_get_item (G_LIST_MODEL (self->list), i);
      const SioaRemote *remote = sioa_server_get_remote (item);

      if (remote != NULL && strcmp (remote->id, id) == 0)
        {
          *server = item;
          return i;
        }
    }
  return n;
}

/* Entries of the same server may share a password. */
static void
forget_password (SioaServers *self, const SioaRemote *remote)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->list)); i++)
    {
      g_autoptr (SioaServer) item = g_list_model_get_item (G_LIST_MODEL (self->list), i);
      const SioaRemote *other = sioa_server_get_remote (item);

      if (other != NULL && strcmp (other->uri, remote->uri) == 0 &&
          strcmp (other->user, remote->user) == 0)
        return;
    }
  sioa_keyring_forget (self->keyring, remote->uri, remote->user);
}

static void
store_password (SioaServers *self, const SioaRemote *remote, const char *password)
{
  if (password != NULL && *password != '\0')
    sioa_keyring_store (self->keyring, remote->uri, remote->user, password);
}

SioaServer *
sioa_servers_add_guest (SioaServers *self, const char *uri)
{
  g_autoptr (SioaRemote) remote = sioa_remote_new ();
  g_autoptr (SioaServer) server = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->list)); i++)
    {
      g_autoptr (SioaServer) item = g_list_model_get_item (G_LIST_MODEL (self->list), i);
      const SioaRemote *other = sioa_server_get_remote (item);

      if (other != NULL && strcmp (other->uri, uri) == 0)
        return item;
    }
  g_free (remote->uri);
  remote->uri = g_strdup (uri);
  remote->is_guest = TRUE;
  server = make_server (remote);
  g_list_store_append (self->list, server);
  sioa_backend_open (sioa_server_get_backend (server));
  return server;
}

SioaServer *
sioa_servers_set (SioaServers *self, const SioaRemote *remote, const char *password)
{
  SioaServer *old = NULL;
  guint position = find (self, remote->id, &old);
  g_autoptr (SioaServer) server = NULL;

  sioa_remote_save (remote, sioa_keep_get_file (self->keep));
  sioa_keep_save (self->keep);
  if (old != NULL && sioa_remote_is_same (remote, sioa_server_get_remote (old)))
    {
      /* What was seen of it stays. */
      sioa_server_set_remote (old, remote);
      sioa_servers_set_password (self, old, password);
      return old;
    }
  server = make_server (remote);
  if (old != NULL)
    {
      g_autoptr (SioaRemote) before = sioa_remote_copy (sioa_server_get_remote (old));
      gpointer item = server;

      g_list_store_splice (self->list, position, 1, &item, 1);
      forget_password (self, before);
    }
  else
    g_list_store_append (self->list, server);
  store_password (self, remote, password);
  open_with (server, password);
  return server;
}

void
sioa_servers_set_password (SioaServers *self, SioaServer *server, const char *password)
{
  store_password (self, sioa_server_get_remote (server), password);
  open_with (server, password);
}

void
sioa_servers_remove (SioaServers *self, SioaServer *server)
{
  g_autoptr (SioaRemote) remote = sioa_remote_copy (sioa_server_get_remote (server));
  guint position;

  sioa_backend_close (sioa_server_get_backend (server));
  if (g_list_store_find (self->list, server, &position))
    g_list_store_remove (self->list, position);
  forget_password (self, remote);
  g_key_file_remove_group (sioa_keep_get_file (self->keep), remote->id, NULL);
  sioa_keep_save (self->keep);
}

/* Groups are in the order of the list. */
static void
save_order (SioaServers *self)
{
  GKeyFile *file = sioa_keep_get_file (self->keep);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->list)); i++)
    {
      g_autoptr (SioaServer) item = g_list_model_get_item (G_LIST_MODEL (self->list), i);
      const SioaRemote *remote = sioa_server_get_remote (item);

      if (remote == NULL || remote->is_guest)
        continue;
      g_key_file_remove_group (file, remote->id, NULL);
      sioa_remote_save (remote, file);
    }
  sioa_keep_save (self->keep);
}

gboolean
sioa_servers_move (SioaServers *self, SioaServer *server, int step)
{
  guint position;
  gint64 target;
  g_autoptr (SioaServer) other = NULL;
  gpointer items[2];

  if (!g_list_store_find (self->list, server, &position))
    return FALSE;
  target = (gint64) position + (step < 0 ? -1 : 1);
  if (target < 0)
    return FALSE;
  other = g_list_model_get_item (G_LIST_MODEL (self->list), (guint) target);
  if (other == NULL || sioa_server_get_remote (other) == NULL)
    return FALSE;
  /* One change, so that who is selected stays so. */
  items[0] = step < 0 ? server : other;
  items[1] = step < 0 ? other : server;
  g_object_ref (server);
  g_list_store_splice (self->list, MIN (position, (guint) target), 2, items, 2);
  g_object_unref (server);
  save_order (self);
  return TRUE;
}

void
sioa_servers_flush (SioaServers *self)
{
  sioa_keep_flush (self->keep);
}

static void
sioa_servers_finalize (GObject *object)
{
  SioaServers *self = SIOA_SERVERS (object);

  g_object_unref (self->list);
  g_object_unref (self->keep);
  g_object_unref (self->keyring);

  G_OBJECT_CLASS (sioa_servers_parent_class)->finalize (object);
}

static void
sioa_servers_class_init (SioaServersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sioa_servers_finalize;
}

static void
sioa_servers_init (SioaServers *self)
{
  self->keyring = sioa_keyring_new ();
}

SioaServers *
sioa_servers_new (GListStore *list, const char *path)
{
  SioaServers *self = g_object_new (SIOA_TYPE_SERVERS, NULL);
  g_autofree char *usual =
      g_build_filename (g_get_user_config_dir (), "sio-admin", "servers.conf", NULL);

  self->list = g_object_ref (list);
  self->keep = sioa_keep_new (path != NULL ? path : usual);
  return self;
}
