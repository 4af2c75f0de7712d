/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio3-payload-private.h"
#include "sio-transport-private.h"

/* Payloads of clients of Engine.IO 3, §2.1–2.3. */

/* Clients that take scripts only get text in them. @payload: (transfer full) */
static GBytes *
wrap (SioSession *session, GBytes *payload)
{
  g_autoptr (GBytes) text = payload;
  g_autofree char *index = NULL;

  if (!sio_session_is_jsonp (session))
    return g_steal_pointer (&text);
  /* It is that of the handshake, whatever the single polls say. */
  index = sio_request_info_dup_query_value (sio_session_get_request_info (session), "j");
  return sio_eio3_wrap_jsonp (index != NULL ? index : "", text);
}

/* Whether the payload is binary: if it has to be, and the client takes it. */
static gboolean
wants_binary (SioSession *session, GPtrArray *packets)
{
  if (!sio_session_takes_binary (session))
    return FALSE;
  for (guint i = 0; i < packets->len; i++)
    if (sio_outgoing_has_binary (g_ptr_array_index (packets, i)))
      return TRUE;
  return FALSE;
}

GBytes *
sio_polling_eio3_encode (SioSession *session, GPtrArray *packets, const char **content_type)
{
  gboolean binary = wants_binary (session, packets);
  GByteArray *payload;

  *content_type = binary ? "application/octet-stream" : SIO_POLLING_TEXT_TYPE;
  if (packets->len == 1)
    return wrap (session, g_bytes_ref (sio_outgoing_get_eio3_polling (
                              g_ptr_array_index (packets, 0), binary)));

  payload = g_byte_array_new ();
  for (guint i = 0; i < packets->len; i++)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (
          sio_outgoing_get_eio3_polling (g_ptr_array_index (packets, i), binary), &length);

      g_byte_array_append (payload, data, (guint) length);
    }
  return wrap (session, g_byte_array_free_to_bytes (payload));
}

GBytes *
sio_polling_eio3_encode_types (SioSession *session, const char *types)
{
  GByteArray *payload = g_byte_array_new ();

  for (; *types != '\0'; types++)
    sio_eio3_append_text (payload, types, 1);
  return wrap (session, g_byte_array_free_to_bytes (payload));
}

gboolean
sio_polling_eio3_receive (
    SioSession *session, SioPayloadKind kind, guint8 *body, gsize length, SioPacketResult *result)
{
  SioEio3Reader reader;

  sio_eio3_reader_init (&reader, body, length, kind == SIO_PAYLOAD_BINARY);
  while (*result == SIO_PACKET_CONTINUE)
    {
      SioEioPacket packet;

      switch (sio_eio3_reader_next (&reader, &packet))
        {
        case SIO_EIO3_PACKET:
          *result = sio_session_handle_packet (session, (char) packet.type, packet.is_binary,
                                               (guint8 *) packet.data, packet.length);
          break;
        case SIO_EIO3_NOTHING:
          return TRUE;
        case SIO_EIO3_MALFORMED:
        default:
          return FALSE;
        }
    }
  return TRUE;
}
