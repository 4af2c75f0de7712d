/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio-parts-private.h"
#include "sio-error.h"

/* GET and POST of long-polling: at most one of each at a time (protocol.md §1.9, §1.10). */

static void
receive_payload (SioEioClient *self, GByteArray *body)
{
  g_autoptr (GBytes) raw = g_bytes_new_take (g_memdup2 (body->data, body->len), body->len);
  g_autoptr (GBytes) valid = sio_utf8_repair (raw);
  gsize length;
  g_autofree guint8 *text = NULL;
  guint8 *cursor;

  /* Nothing is not a packet, and must not be asked for again and again (protocol.md §1.8). */
  if (body->len == 0)
    {
      sio_eio_client_fail (
          self, "transport error",
          g_error_new (SIO_ERROR, SIO_ERROR_PROTOCOL, "server error: malformed packet (empty)"));
      return;
    }

  g_clear_pointer (&raw, g_bytes_unref);
  text = g_bytes_unref_to_data (g_steal_pointer (&valid), &length);
  for (cursor = text; cursor != NULL && self->state != SIO_SESSION_CLOSED;)
    {
      SioEioPacket packet;

      if (!sio_eio_payload_next (&cursor, text + length, &packet))
        {
          sio_eio_client_fail (
              self, "transport error",
              g_error_new (SIO_ERROR, SIO_ERROR_PROTOCOL, "server error: malformed packet"));
          break;
        }
      if (!sio_eio_client_receive (self, &packet))
        break;
    }
}

static void
got_cb (SioEioClient *self, GByteArray *body, const GError *error)
{
  if (self->state == SIO_SESSION_OPENING && body != NULL)
    sio_eio_client_measured (self);
  if (body == NULL)
    {
      self->get_active = FALSE;
      sio_eio_client_fail (self, "transport error", g_error_copy (error));
      return;
    }
  receive_payload (self, body);
  self->get_active = FALSE;
  if (self->state == SIO_SESSION_CLOSED || self->transport != SIO_TRANSPORT_POLLING)
    return;
  if (self->upgrading)
    sio_eio_upgrade_check (self);
  else if (!self->sent_close)
    sio_eio_polling_get (self);
}

void
sio_eio_polling_get (SioEioClient *self)
{
  g_autoptr (SoupMessage) message = NULL;

  if (self->get_active)
    return;
  message = sio_eio_client_new_message (self, "GET", SIO_TRANSPORT_POLLING);
  if (message == NULL)
    return;
  self->get_active = TRUE;
  self->asked_time = g_get_monotonic_time ();
  sio_eio_request_send (self, message, got_cb);
}

static void
posted_cb (SioEioClient *self, GByteArray *body, const GError *error)
{
  self->post_active = FALSE;
  if (error != NULL)
    {
      sio_eio_client_fail (self, "transport error", g_error_copy (error));
      return;
    }
  sio_eio_client_measured (self);
  if (self->upgrading)
    sio_eio_upgrade_check (self);
  else
    sio_eio_client_flush (self);
  sio_eio_client_continue_closing (self);
}

/* How the official client counts (protocol.md §5.7). */
static gsize
payload_size (const SioEioOut *out)
{
  gsize length = g_bytes_get_size (out->bytes);

  return out->is_binary ? (length * 133 + 99) / 100 : length;
}

static GBytes *
collect_batch (SioEioClient *self)
{
  static const guint8 separator = SIO_EIO_SEPARATOR;
  GByteArray *payload = g_byte_array_new ();
  gsize size = 1;
  SioEioOut *out;

  while ((out = g_queue_peek_head (&self->queue)) != NULL)
    {
      gsize length;
      const void *data;

      size += payload_size (out);
      if (payload->len > 0)
        {
          size += 2;
          if (self->max_payload > 0 && size > self->max_payload)
            break;
          g_byte_array_append (payload, &separator, 1);
        }
      out = sio_eio_client_pop (self);
      data = g_bytes_get_data (out->bytes, &length);
      if (out->is_binary)
        sio_eio_payload_append_binary (payload, data, length);
      else
        g_byte_array_append (payload, data, (guint) length);
      sio_eio_out_free (out);
    }
  return g_byte_array_free_to_bytes (payload);
}

void
sio_eio_polling_flush (SioEioClient *self)
{
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GBytes) payload = NULL;

  if (self->post_active || self->upgrading || g_queue_is_empty (&self->queue))
    return;
  message = sio_eio_client_new_message (self, "POST", SIO_TRANSPORT_POLLING);
  if (message == NULL)
    return;
  /* Lets libsoup use a connection that is there; it repeats by the method, so not this. */
  soup_message_add_flags (message, SOUP_MESSAGE_IDEMPOTENT);
  payload = collect_batch (self);
  soup_message_set_request_body_from_bytes (message, "text/plain;charset=UTF-8", payload);
  self->post_active = TRUE;
  self->asked_time = g_get_monotonic_time ();
  sio_eio_request_send (self, message, posted_cb);
}
