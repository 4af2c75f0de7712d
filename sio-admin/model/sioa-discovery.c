/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-discovery.h"

#include "sioa-dbus-backend.h"

#define PATIENCE_MS (60 * 1000)

typedef struct
{
  SioaDiscovery *discovery;
  GBusType bus;
  char *name;
  guint watch_id;
  guint remove_id;
  SioaServer *server; /* NULL while it is not in the list */
} Place;

struct _SioaDiscovery
{
  GObject parent_instance;

  GListStore *servers;
  GPtrArray *places;
  guint patience;
};

G_DEFINE_FINAL_TYPE (SioaDiscovery, sioa_discovery, G_TYPE_OBJECT)

static void
place_free (gpointer data)
{
  Place *place = data;

  g_clear_handle_id (&place->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&place->remove_id, g_source_remove);
  g_clear_object (&place->server);
  g_free (place->name);
  g_free (place);
}

static gboolean
remove_cb (gpointer user_data)
{
  Place *place = user_data;
  g_autoptr (SioaServer) server = g_steal_pointer (&place->server);
  guint position;

  place->remove_id = 0;
  sioa_backend_close (sioa_server_get_backend (server));
  if (g_list_store_find (place->discovery->servers, server, &position))
    g_list_store_remove (place->discovery->servers, position);
  return G_SOURCE_REMOVE;
}

static void
appeared_cb (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  Place *place = user_data;
  g_autoptr (SioaDBusBackend) backend = NULL;

  /* The end of a bus is not the end of this program. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_clear_handle_id (&place->remove_id, g_source_remove);
  /* It connects again by itself. */
  if (place->server != NULL)
    return;
  backend = sioa_dbus_backend_new (place->bus, NULL, NULL);
  place->server = sioa_server_new (place->name, SIOA_BACKEND (backend));
  sioa_server_set_id (place->server, place->bus == G_BUS_TYPE_SYSTEM ? "system" : "session");
  g_list_store_append (place->discovery->servers, place->server);
  sioa_backend_open (SIOA_BACKEND (backend));
}

static void
vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Place *place = user_data;

  if (connection != NULL)
    g_dbus_connection_set_exit_on_close (connection, FALSE);
  if (place->server != NULL && place->remove_id == 0)
    place->remove_id = g_timeout_add (place->discovery->patience, remove_cb, place);
}

void
sioa_discovery_watch (SioaDiscovery *self, GBusType bus, const char *name)
{
  Place *place = g_new0 (Place, 1);

  place->discovery = self;
  place->bus = bus;
  place->name = g_strdup (name);
  g_ptr_array_add (self->places, place);
  place->watch_id = g_bus_watch_name (bus, SIOA_DBUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      appeared_cb, vanished_cb, place, NULL);
}

void
sioa_discovery_set_patience (SioaDiscovery *self, guint milliseconds)
{
  self->patience = milliseconds;
}

static void
sioa_discovery_dispose (GObject *object)
{
  SioaDiscovery *self = SIOA_DISCOVERY (object);

  g_ptr_array_set_size (self->places, 0);
  g_clear_object (&self->servers);

  G_OBJECT_CLASS (sioa_discovery_parent_class)->dispose (object);
}

static void
sioa_discovery_finalize (GObject *object)
{
  g_ptr_array_unref (SIOA_DISCOVERY (object)->places);

  G_OBJECT_CLASS (sioa_discovery_parent_class)->finalize (object);
}

static void
sioa_discovery_class_init (SioaDiscoveryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_discovery_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_discovery_finalize;
}

static void
sioa_discovery_init (SioaDiscovery *self)
{
  self->places = g_ptr_array_new_with_free_func (place_free);
  self->patience = PATIENCE_MS;
}

SioaDiscovery *
sioa_discovery_new (GListStore *servers)
{
  SioaDiscovery *self = g_object_new (SIOA_TYPE_DISCOVERY, NULL);

  self->servers = g_object_ref (servers);
  return self;
}
