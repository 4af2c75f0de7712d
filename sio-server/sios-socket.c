/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-socket.h"

static G_DEFINE_QUARK (sios - identity, identity)

SiosIdentity *
sios_socket_get_identity (SioSocket *socket)
{
  return g_object_get_qdata (G_OBJECT (socket), identity_quark ());
}

void
sios_socket_set_identity (SioSocket *socket, SiosIdentity *identity)
{
  g_object_set_qdata_full (G_OBJECT (socket), identity_quark (),
                           identity != NULL ? sios_identity_ref (identity) : NULL,
                           (GDestroyNotify) sios_identity_unref);
}

void
sios_socket_add_data (SioSocket *socket, SioArgsBuilder *builder)
{
  JsonNode *data = sio_socket_get_data (socket);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  sio_args_builder_begin_object (builder);
  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    {
      json_object_iter_init (&iter, json_node_get_object (data));
      while (json_object_iter_next (&iter, &name, &value))
        if (*name != '_')
          {
            sio_args_builder_set_member_name (builder, name);
            sio_args_builder_add_node (builder, value);
          }
    }
  sio_args_builder_end_object (builder);
}
