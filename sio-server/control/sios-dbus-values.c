/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sios-dbus-private.h"
#include "sios-dbus-rows.h"

/* Names of rooms that are told of one socket. */
#define MAX_ROOMS_TOLD 100

static void
set_target (const SiosDbusKey *key, GVariant *value)
{
  if (strcmp (key->type, "as") == 0)
    {
      g_free (*(gpointer *) key->target);
      *(const char ***) key->target = g_variant_get_strv (value, NULL);
    }
  else if (strcmp (key->type, "s") == 0)
    *(const char **) key->target = g_variant_get_string (value, NULL);
  else
    g_variant_get (value, key->type, key->target);
}

gboolean
sios_dbus_read_dict (GVariant *dict, const SiosDbusKey *keys, guint n_keys, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *next;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &next))
    {
      g_autoptr (GVariant) value = next;
      guint i = 0;

      while (i < n_keys && strcmp (keys[i].name, name) != 0)
        i++;
      if (i == n_keys)
        {
          g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                       "there is no key \"%.100s\"", name);
          return FALSE;
        }
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE (keys[i].type)))
        {
          g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                       "expected the type %s for the key \"%s\", got %.20s", keys[i].type,
                       keys[i].name, g_variant_get_type_string (value));
          return FALSE;
        }
      /* Strings stay those of the dictionary. */
      set_target (&keys[i], value);
    }
  return TRUE;
}

GVariant *
sios_dbus_socket_rows (GPtrArray *sockets)
{
  SiosDbusRows rows;

  sios_dbus_rows_init (&rows, sizeof (guint64), sockets->len);
  for (guint i = 0; i < sockets->len; i++)
    {
      SiosSocketRow row;

      sios_socket_row_init (&row, g_ptr_array_index (sockets, i));
      sios_dbus_rows_begin (&rows);
      sios_dbus_rows_add_string (&rows, row.id);
      sios_dbus_rows_add_string (&rows, row.ns);
      sios_dbus_rows_add_string (&rows, row.user != NULL ? row.user : "");
      sios_dbus_rows_add_string (&rows, row.address);
      sios_dbus_rows_add_string (&rows, row.transport);
      sios_dbus_rows_add_uint64 (&rows, (guint64) row.connected_at);
      sios_dbus_rows_add_uint32 (&rows, row.latency);
      sios_dbus_rows_add_uint32 (&rows, row.n_rooms);
      sios_dbus_rows_add_uint64 (&rows, row.buffered);
      sios_dbus_rows_add_uint64 (&rows, row.packets_in);
      sios_dbus_rows_add_uint64 (&rows, row.packets_out);
      sios_dbus_rows_add_uint64 (&rows, row.bytes_in);
      sios_dbus_rows_add_uint64 (&rows, row.bytes_out);
      sios_dbus_rows_add_uint64 (&rows, row.events);
      sios_dbus_rows_end (&rows);
    }
  return sios_dbus_rows_finish (&rows, "a(sssssxuutttttt)");
}

GVariant *
sios_dbus_rooms_of (GPtrArray *sockets)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aas"));
  for (guint i = 0; i < sockets->len; i++)
    {
      SioSocket *socket = g_ptr_array_index (sockets, i);
      const char *id = sio_socket_get_id (socket);
      g_auto (GStrv) rooms = sio_socket_list_rooms (socket);
      guint n = 0;

      g_variant_builder_open (&builder, G_VARIANT_TYPE_STRING_ARRAY);
      for (guint j = 0; rooms[j] != NULL && n < MAX_ROOMS_TOLD; j++)
        if (strcmp (rooms[j], id) != 0)
          {
            g_variant_builder_add (&builder, "s", rooms[j]);
            n++;
          }
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

GVariant *
sios_dbus_room_rows (GArray *rooms)
{
  SiosDbusRows rows;

  sios_dbus_rows_init (&rows, sizeof (guint32), rooms->len);
  for (guint i = 0; i < rooms->len; i++)
    {
      const SiosRoomRow *row = &g_array_index (rooms, SiosRoomRow, i);

      sios_dbus_rows_begin (&rows);
      sios_dbus_rows_add_string (&rows, row->ns);
      sios_dbus_rows_add_string (&rows, row->name);
      sios_dbus_rows_add_uint32 (&rows, row->n_members);
      sios_dbus_rows_end (&rows);
    }
  return sios_dbus_rows_finish (&rows, "a(ssu)");
}

void
sios_dbus_return_error (GDBusMethodInvocation *invocation, GError *error)
{
  SiosControlError code = error->domain == SIOS_CONTROL_ERROR ? (SiosControlError) error->code
                                                              : SIOS_CONTROL_ERROR_FAILED;
  g_autofree char *name =
      g_strconcat (SIOS_DBUS_INTERFACE ".Error.", sios_control_error_to_string (code), NULL);

  g_dbus_method_invocation_return_dbus_error (invocation, name, error->message);
  g_error_free (error);
}

void
sios_dbus_call_return (const SiosDbusCall *call, GVariant *value)
{
  g_dbus_method_invocation_return_value (call->invocation, value);
}

/* Takes @error. */
void
sios_dbus_call_fail (const SiosDbusCall *call, GError *error)
{
  sios_dbus_return_error (call->invocation, error);
}

void
sios_dbus_call_return_number (const SiosDbusCall *call, gboolean done, guint n, GError *error)
{
  if (done)
    sios_dbus_call_return (call, g_variant_new ("(u)", n));
  else
    sios_dbus_call_fail (call, error);
}
