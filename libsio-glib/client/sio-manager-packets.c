/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-client-private.h"
#include "sio-error.h"
#include "sio-parser-private.h"

/* Puts packets together and takes them to their namespaces. */

void
sio_manager_clear_partial (SioManager *self)
{
  g_clear_pointer (&self->partial_text, g_free);
  g_clear_pointer (&self->partial_attachments, g_ptr_array_unref);
}

/* The server let a client in that was closed meanwhile. */
static void
leave (SioManager *self, const char *nsp, SioClient *client)
{
  g_autofree char *prefix = strcmp (nsp, "/") == 0 ? g_strdup ("") : g_strconcat (nsp, ",", NULL);
  g_autoptr (SioOutgoing) outgoing =
      sio_encode_control (self->parser, '0' + SIO_PACKET_DISCONNECT, prefix, NULL);

  if (client != NULL)
    client->connect_sent = FALSE;
  sio_manager_send (self, outgoing);
}

static void
dispatch (SioManager *self, const SioPacketView *view, GPtrArray *attachments)
{
  char name[64];
  g_autofree char *long_name = NULL;
  const char *key = name;
  SioClient *client;

  if (view->nsp_length < sizeof name)
    {
      memcpy (name, view->nsp, view->nsp_length);
      name[view->nsp_length] = '\0';
    }
  else
    key = long_name = g_strndup (view->nsp, view->nsp_length);
  client = g_hash_table_lookup (self->clients, key);
  if (client == NULL || !client->active)
    {
      if (view->type == SIO_PACKET_CONNECT)
        leave (self, key, client);
      else if (client != NULL && view->type == SIO_PACKET_CONNECT_ERROR)
        client->connect_sent = FALSE;
      return;
    }
  g_object_ref (client);
  sio_client_receive (client, view, attachments);
  g_object_unref (client);
}

static void
receive_encoded (SioManager *self, GBytes *message, gboolean is_text)
{
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (GError) error = NULL;
  const SioPacketView *view;

  if (!sio_decoder_take (self->decoder, message, is_text, &packet, &view, &error))
    sio_manager_parse_error (self, error);
  else if (packet != NULL)
    dispatch (self, view, sio_packet_peek_attachments (packet));
}

void
sio_manager_receive_text (SioManager *self, const char *text, gsize length)
{
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  SioPacketView view;

  if (self->decoder != NULL)
    {
      g_autoptr (GBytes) message = g_bytes_new (text, length);

      receive_encoded (self, message, TRUE);
      return;
    }
  if (self->partial_text != NULL)
    g_set_error (&error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                 "got plaintext data when reconstructing a packet");
  else
    sio_packet_parse (text, length, NULL, &view, &error);
  if (error != NULL)
    {
      sio_manager_parse_error (self, error);
      return;
    }
  if (view.n_attachments == 0)
    {
      dispatch (self, &view, NULL);
      return;
    }
  self->partial_text = g_memdup2 (text, length);
  self->partial_length = length;
  self->partial_expected = view.n_attachments;
  self->partial_attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
sio_manager_receive_binary (SioManager *self, GBytes *bytes)
{
  g_autoptr (SioManager) hold = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) attachments = NULL;
  SioPacketView view;

  if (self->decoder != NULL)
    {
      receive_encoded (self, bytes, FALSE);
      return;
    }
  if (self->partial_text == NULL)
    {
      g_set_error (&error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "got binary data when not reconstructing a packet");
      sio_manager_parse_error (self, error);
      return;
    }
  g_ptr_array_add (self->partial_attachments, g_bytes_ref (bytes));
  if (self->partial_attachments->len < self->partial_expected)
    return;
  text = g_steal_pointer (&self->partial_text);
  attachments = g_steal_pointer (&self->partial_attachments);
  if (!sio_packet_parse (text, self->partial_length, NULL, &view, &error) ||
      !sio_packet_check_placeholders (view.json.value.text, view.json.value.length,
                                      attachments->len, &error))
    {
      sio_manager_parse_error (self, error);
      return;
    }
  dispatch (self, &view, attachments);
}
