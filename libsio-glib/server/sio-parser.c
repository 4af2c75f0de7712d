/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-parser.h"

#include <string.h>

#include "sio-packet-private.h"
#include "sio-parser-private.h"

/**
 * SioParser:
 *
 * Translates between packets and the messages that travel over a connection.
 *
 * Both sides must use the same one. The form that everybody understands is built in and is what
 * is used without a parser; [class@Sio.MsgpackParser] is the other that official clients have.
 * Set one with [property@Sio.Server:parser] or [property@Sio.Manager:parser].
 *
 * An implementation encodes packets, once for all receivers, and makes a [iface@Sio.Decoder] for
 * each connection. It may be shared by any number of servers and managers of one main context.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (SioParser, sio_parser, G_TYPE_OBJECT)

/**
 * SioDecoder:
 *
 * Makes packets of the messages of one connection.
 *
 * A decoder that keeps nothing between messages may serve several connections.
 *
 * What peers send is to be expected to be wrong or malicious: a decoder must bound what it keeps.
 * How large a message can be is bounded already, see [property@Sio.Engine:max-payload].
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (SioDecoder, sio_decoder, G_TYPE_OBJECT)

/**
 * SioParserOutput:
 *
 * Takes the messages of which a packet consists: at most one text, which goes first, and any
 * number of binary messages.
 *
 * Since: 0.1
 */
struct _SioParserOutput
{
  guint ref_count;
  GString *text;
  GPtrArray *bytes;
};

G_DEFINE_BOXED_TYPE (SioParserOutput,
                     sio_parser_output,
                     sio_parser_output_ref,
                     sio_parser_output_unref)

static void
sio_parser_default_init (SioParserInterface *iface)
{
}

static void
sio_decoder_default_init (SioDecoderInterface *iface)
{
}

/**
 * sio_parser_output_new:
 *
 * Makes an empty output, for calling [method@Sio.Parser.encode].
 *
 * Returns: (transfer full): a new output
 *
 * Since: 0.1
 */
SioParserOutput *
sio_parser_output_new (void)
{
  SioParserOutput *self = g_new0 (SioParserOutput, 1);

  self->ref_count = 1;
  return self;
}

/**
 * sio_parser_output_ref:
 * @self: an output
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioParserOutput *
sio_parser_output_ref (SioParserOutput *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

/**
 * sio_parser_output_unref:
 * @self: (transfer full): an output
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_parser_output_unref (SioParserOutput *self)
{
  g_return_if_fail (self != NULL);

  if (--self->ref_count > 0)
    return;
  if (self->text != NULL)
    g_string_free (self->text, TRUE);
  g_clear_pointer (&self->bytes, g_ptr_array_unref);
  g_free (self);
}

/**
 * sio_parser_output_set_text:
 * @self: an output
 * @text: UTF-8 without U+0000
 * @length: its length in bytes, -1 if it ends with NUL
 *
 * Sets the text message of the packet, which is sent before all binary ones.
 *
 * Since: 0.1
 */
void
sio_parser_output_set_text (SioParserOutput *self, const char *text, gssize length)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (text != NULL);

  if (length < 0)
    length = (gssize) strlen (text);
  g_return_if_fail (g_utf8_validate_len (text, (gsize) length, NULL));

  if (self->text == NULL)
    self->text = g_string_sized_new ((gsize) length);
  g_string_truncate (self->text, 0);
  g_string_append_len (self->text, text, length);
}

/**
 * sio_parser_output_add_bytes:
 * @self: an output
 * @bytes: data, maybe empty
 *
 * Appends a binary message.
 *
 * Since: 0.1
 */
void
sio_parser_output_add_bytes (SioParserOutput *self, GBytes *bytes)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (bytes != NULL);

  if (self->bytes == NULL)
    self->bytes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (self->bytes, g_bytes_ref (bytes));
}

/**
 * sio_parser_output_get_text:
 * @self: an output
 *
 * Gets the text message.
 *
 * Returns: (transfer none) (nullable): the text, `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
sio_parser_output_get_text (SioParserOutput *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text != NULL ? self->text->str : NULL;
}

/**
 * sio_parser_output_get_n_bytes:
 * @self: an output
 *
 * Gets the number of binary messages.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_parser_output_get_n_bytes (SioParserOutput *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->bytes != NULL ? self->bytes->len : 0;
}

/**
 * sio_parser_output_get_bytes:
 * @self: an output
 * @i: number of the binary message
 *
 * Gets a binary message.
 *
 * Returns: (transfer none) (nullable): the data, `NULL` if there are not so many
 *
 * Since: 0.1
 */
GBytes *
sio_parser_output_get_bytes (SioParserOutput *self, guint i)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->bytes == NULL || i >= self->bytes->len)
    return NULL;
  return g_ptr_array_index (self->bytes, i);
}

/**
 * sio_parser_encode:
 * @self: a parser
 * @packet: a packet of any type
 * @output: where the messages go; empty
 * @error: return location for an error
 *
 * Makes the messages of a packet.
 *
 * There must be at least one. A packet that cannot be encoded is dropped with a warning.
 *
 * Returns: `TRUE`, or `FALSE` with @error set
 *
 * Since: 0.1
 */
gboolean
sio_parser_encode (SioParser *self, SioPacket *packet, SioParserOutput *output, GError **error)
{
  SioParserInterface *iface;

  g_return_val_if_fail (SIO_IS_PARSER (self), FALSE);
  g_return_val_if_fail (packet != NULL, FALSE);
  g_return_val_if_fail (output != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  iface = SIO_PARSER_GET_IFACE (self);
  g_return_val_if_fail (iface->encode != NULL, FALSE);
  return iface->encode (self, packet, output, error);
}

/**
 * sio_parser_create_decoder:
 * @self: a parser
 * @max_depth: how many levels of arrays and objects a packet may have, the list of arguments
 *   included
 *
 * Makes what decodes the messages of one connection.
 *
 * Returns: (transfer full): a decoder
 *
 * Since: 0.1
 */
SioDecoder *
sio_parser_create_decoder (SioParser *self, guint max_depth)
{
  SioParserInterface *iface;

  g_return_val_if_fail (SIO_IS_PARSER (self), NULL);

  iface = SIO_PARSER_GET_IFACE (self);
  g_return_val_if_fail (iface->create_decoder != NULL, NULL);
  return iface->create_decoder (self, max_depth);
}

/**
 * sio_decoder_decode:
 * @self: a decoder
 * @message: a message as it came
 * @is_text: `TRUE` if it is text, which is UTF-8 then
 * @error: return location for an error
 *
 * Takes the next message.
 *
 * Make packets with [ctor@Sio.Packet.new], which checks them. After an error the connection is
 * closed.
 *
 * Returns: (transfer full) (nullable): the packet that the message completes; `NULL` without
 *   @error set if more messages belong to it
 *
 * Since: 0.1
 */
SioPacket *
sio_decoder_decode (SioDecoder *self, GBytes *message, gboolean is_text, GError **error)
{
  SioDecoderInterface *iface;

  g_return_val_if_fail (SIO_IS_DECODER (self), NULL);
  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  iface = SIO_DECODER_GET_IFACE (self);
  g_return_val_if_fail (iface->decode != NULL, NULL);
  return iface->decode (self, message, is_text, error);
}

/**
 * sio_decoder_reset:
 * @self: a decoder
 *
 * Forgets a packet that is not complete. Called when the connection is over.
 *
 * Since: 0.1
 */
void
sio_decoder_reset (SioDecoder *self)
{
  SioDecoderInterface *iface;

  g_return_if_fail (SIO_IS_DECODER (self));

  iface = SIO_DECODER_GET_IFACE (self);
  if (iface->reset != NULL)
    iface->reset (self);
}

SioOutgoing *
sio_parser_encode_outgoing (SioParser *self, SioPacket *packet)
{
  g_autoptr (SioParserOutput) output = sio_parser_output_new ();
  g_autoptr (GError) error = NULL;
  SioPart part;

  if (!sio_parser_encode (self, packet, output, &error))
    {
      g_warning ("%s: dropped a packet that %s cannot encode: %s",
                 sio_packet_get_namespace (packet), G_OBJECT_TYPE_NAME (self),
                 error != NULL ? error->message : "no reason given");
      return NULL;
    }
  if (output->text != NULL)
    {
      part = (SioPart){ output->text->str, output->text->len };
      return sio_outgoing_new (&part, 1, output->bytes);
    }
  if (output->bytes != NULL)
    return sio_outgoing_new_binaries (output->bytes);
  g_warning ("%s: dropped a packet of which %s made no message", sio_packet_get_namespace (packet),
             G_OBJECT_TYPE_NAME (self));
  return NULL;
}

gboolean
sio_decoder_take (SioDecoder *self,
                  GBytes *message,
                  gboolean is_text,
                  SioPacket **packet,
                  const SioPacketView **view,
                  GError **error)
{
  g_autoptr (GError) own_error = NULL;

  *packet = sio_decoder_decode (self, message, is_text, &own_error);
  if (own_error != NULL)
    {
      g_clear_pointer (packet, sio_packet_unref);
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }
  if (*packet == NULL)
    return TRUE;
  *view = sio_packet_peek_view (*packet, error);
  if (*view != NULL)
    return TRUE;
  g_clear_pointer (packet, sio_packet_unref);
  return FALSE;
}
