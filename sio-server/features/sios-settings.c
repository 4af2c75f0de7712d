/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-cors.h"
#include "sios-feature.h"
#include "sios-log.h"

/* Keys that are settings of the library. */

typedef struct
{
  SioServer *server;
  gboolean started;
} Settings;

static gpointer
settings_create (SiosFeatures *features)
{
  Settings *self = g_new0 (Settings, 1);

  self->server = sios_features_get_server (features);
  return self;
}

static GObject *
get_target (Settings *self, SiosTarget target)
{
  switch (target)
    {
    case SIOS_TARGET_ENGINE:
      return G_OBJECT (sio_server_get_engine (self->server));
    case SIOS_TARGET_SERVER:
      return G_OBJECT (self->server);
    case SIOS_TARGET_RECOVERY:
      return G_OBJECT (sio_server_get_recovery (self->server));
    case SIOS_TARGET_NONE:
    default:
      return NULL;
    }
}

static void
set_property (GObject *object, const char *name, const SiosValue *value)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);
  g_auto (GValue) gvalue = G_VALUE_INIT;

  g_value_init (&gvalue, G_PARAM_SPEC_VALUE_TYPE (spec));
  switch (G_TYPE_FUNDAMENTAL (G_PARAM_SPEC_VALUE_TYPE (spec)))
    {
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (&gvalue, value->boolean);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (&gvalue, (guint) value->integer);
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (&gvalue, value->integer);
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (&gvalue, value->number);
      break;
    case G_TYPE_ENUM:
      g_value_set_enum (&gvalue, (int) value->integer);
      break;
    case G_TYPE_FLAGS:
      g_value_set_flags (&gvalue, (guint) value->integer);
      break;
    default:
      g_assert_not_reached ();
    }
  g_object_set_property (object, name, &gvalue);
}

static void
apply_cors (SioEngine *engine, SiosConfig *config)
{
  g_autoptr (SioCors) cors =
      sios_cors_new (sios_config_get_list (config, "server", "cors-origins"),
                     sios_config_get_boolean (config, "server", "cors-credentials"));

  sio_engine_set_cors (engine, cors);
}

static void
apply_cookie (SioEngine *engine, SiosConfig *config)
{
  const char *name = sios_config_get_string (config, "server", "cookie");
  SoupCookie *cookie;

  if (*name == '\0')
    {
      sio_engine_set_cookie (engine, NULL);
      return;
    }
  cookie =
      soup_cookie_new (name, "", "", sios_config_get_string (config, "server", "cookie-path"), -1);
  soup_cookie_set_http_only (cookie, TRUE);
  soup_cookie_set_secure (cookie, sios_config_get_boolean (config, "server", "cookie-secure"));
  soup_cookie_set_same_site_policy (
      cookie, (SoupSameSitePolicy) sios_config_get_integer (config, "server", "cookie-same-site"));
  sio_engine_set_cookie (engine, cookie);
  soup_cookie_free (cookie);
}

/* What cannot change while the server runs. */
static void
apply_once (Settings *self, SiosConfig *config)
{
  const char *websocket_path = sios_config_get_string (config, "server", "websocket-path");
  const char *client_dir = sios_config_get_string (config, "server", "client-dir");
  g_autoptr (GError) error = NULL;

  sio_engine_set_path (sio_server_get_engine (self->server),
                       sios_config_get_string (config, "server", "path"));
  if (*websocket_path != '\0')
    sio_server_set_websocket_path (self->server, websocket_path);
  if (*client_dir != '\0' && !sio_server_load_client_bundle (self->server, client_dir, &error))
    g_message ("The browser client is not served: %s. Name the directory with --client-dir",
               error->message);
}

static void
settings_configure (gpointer data, SiosConfig *config)
{
  Settings *self = data;
  SioEngine *engine = sio_server_get_engine (self->server);
  guint n_keys;
  const SiosKey *keys = sios_keys_list (&n_keys);

  sios_log_set_level_by_name (
      sios_log_list_levels ()[sios_config_get_integer (config, "server", "log-level")]);
  if (!self->started)
    apply_once (self, config);
  self->started = TRUE;
  for (guint i = 0; i < n_keys; i++)
    if (keys[i].target != SIOS_TARGET_NONE)
      set_property (get_target (self, keys[i].target), keys[i].property,
                    sios_config_get (config, keys[i].group, keys[i].name));
  apply_cors (engine, config);
  apply_cookie (engine, config);
  /* The key's entries were checked. */
  sio_engine_set_trusted_proxies (engine,
                                  sios_config_get_list (config, "server", "trusted-proxies"), NULL);
  sio_engine_set_tls_certificate (engine, sios_config_get_certificate (config));
}

const SiosFeature sios_settings_feature = {
  .name = "settings",
  .create = settings_create,
  .destroy = g_free,
  .configure = settings_configure,
};
