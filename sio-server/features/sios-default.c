/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-auto-rooms.h"
#include "sios-reply.h"

/* What becomes of events that no other feature knows: the key "default" of namespaces. */

typedef enum
{
  RULE_DROP,
  RULE_RELAY,
  RULE_REJECT
} Rule;

typedef struct
{
  SiosFeatures *features;
  GHashTable *rules; /* name of the namespace → Rule */
  guint64 n_dropped;
  guint64 n_relayed;
  guint64 n_rejected;
} Default;

static gpointer
default_create (SiosFeatures *features)
{
  Default *self = g_new0 (Default, 1);

  self->features = features;
  self->rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
default_destroy (gpointer data)
{
  Default *self = data;

  g_hash_table_unref (self->rules);
  g_free (self);
}

static void
default_configure (gpointer data, SiosConfig *config)
{
  Default *self = data;
  g_auto (GStrv) names = sios_config_list_names (config, "namespace");

  g_hash_table_remove_all (self->rules);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *group = g_strconcat ("namespace ", names[i], NULL);

      g_hash_table_insert (self->rules, g_strdup (names[i]),
                           GUINT_TO_POINTER (sios_config_get_integer (config, group, "default")));
    }
}

/* To the others in the rooms that @socket joined: neither in the room of its own id, where nobody
 * else is, nor in those that it was put into, such as all-users. */
static void
relay (Default *self, SioSocket *socket, SioMessage *message)
{
  SiosRoomPolicy *policy =
      sios_auto_rooms_get_policy (self->features, sio_socket_get_namespace (socket));
  g_auto (GStrv) all = sio_socket_list_rooms (socket);
  g_autoptr (GPtrArray) rooms = g_ptr_array_new ();

  for (guint i = 0; all[i] != NULL; i++)
    if (strcmp (all[i], sio_socket_get_id (socket)) != 0 &&
        !sios_room_policy_is_automatic (policy, all[i]))
      g_ptr_array_add (rooms, all[i]);
  if (rooms->len == 0)
    {
      sios_reply_error (message, "join a room first");
      return;
    }
  g_ptr_array_add (rooms, NULL);
  sio_broadcast_emit_message (sio_socket_to_rooms (socket, (const char *const *) rooms->pdata),
                              sio_message_get_event (message), message);
  sios_reply_ok (message, NULL);
}

static gboolean
default_event (gpointer data, SioSocket *socket, SioMessage *message)
{
  Default *self = data;
  const char *name = sio_namespace_get_name (sio_socket_get_namespace (socket));
  g_autofree char *text = NULL;

  switch ((Rule) GPOINTER_TO_UINT (g_hash_table_lookup (self->rules, name)))
    {
    case RULE_RELAY:
      self->n_relayed++;
      relay (self, socket, message);
      break;
    case RULE_REJECT:
      self->n_rejected++;
      text = g_strdup_printf ("unknown event \"%.100s\"", sio_message_get_event (message));
      /* A cut name may end inside of a letter. */
      if (!g_utf8_validate (text, -1, NULL))
        {
          g_free (text);
          text = g_strdup ("unknown event");
        }
      sios_reply_error (message, text);
      break;
    case RULE_DROP:
    default:
      self->n_dropped++;
    }
  return TRUE;
}

static void
default_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  Default *self = data;
  const SiosMetric metrics[] = {
    { "unknown_events", "dropped", SIOS_METRIC_COUNTER, "Unknown events that were dropped.", NULL,
      NULL, self->n_dropped },
    { "unknown_events", "relayed", SIOS_METRIC_COUNTER,
      "Unknown events that were given to the others in the sender's rooms.", NULL, NULL,
      self->n_relayed },
    { "unknown_events", "rejected", SIOS_METRIC_COUNTER, "Unknown events that were refused.", NULL,
      NULL, self->n_rejected },
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
}

const SiosFeature sios_default_feature = {
  .name = "default",
  .create = default_create,
  .destroy = default_destroy,
  .configure = default_configure,
  .event = default_event,
  .metrics = default_metrics,
};
