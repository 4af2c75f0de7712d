/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-text-parser.h"

#include "sio-error.h"
#include "sio-packet-private.h"

/**
 * SioTextParser:
 *
 * The form of packets that is used without a parser, as a parser: text, followed by the
 * attachments.
 *
 * For parsers that change it only a little. Setting it as a parser changes nothing but speed.
 *
 * Packets that come in may have at most ten attachments, as with official peers.
 *
 * Since: 0.1
 */
struct _SioTextParser
{
  GObject parent_instance;
};

#define SIO_TYPE_TEXT_DECODER (sio_text_decoder_get_type ())
G_DECLARE_FINAL_TYPE (SioTextDecoder, sio_text_decoder, SIO, TEXT_DECODER, GObject)

struct _SioTextDecoder
{
  GObject parent_instance;

  SioPacketLimits limits;
  GBytes *text; /* of a packet whose attachments are still coming */
  guint n_expected;
  GPtrArray *attachments;
};

static void decoder_iface_init (SioDecoderInterface *iface);
static void parser_iface_init (SioParserInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioTextDecoder,
                               sio_text_decoder,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIO_TYPE_DECODER, decoder_iface_init))

G_DEFINE_FINAL_TYPE_WITH_CODE (SioTextParser,
                               sio_text_parser,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIO_TYPE_PARSER, parser_iface_init))

static void
reset (SioDecoder *decoder)
{
  SioTextDecoder *self = SIO_TEXT_DECODER (decoder);

  g_clear_pointer (&self->text, g_bytes_unref);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
}

static SioPacket *
make_packet (const SioPacketView *view, GPtrArray *attachments, GError **error)
{
  return sio_packet_new_parts (view->type, view->nsp, view->nsp_length, view->id,
                               view->json.value.text, view->json.value.length, attachments, error);
}

static SioPacket *
decode_text (SioTextDecoder *self, GBytes *message, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (message, &length);
  SioPacketView view;

  if (!sio_packet_parse (text != NULL ? text : "", length, &self->limits, &view, error))
    return NULL;
  if (view.n_attachments == 0)
    return make_packet (&view, NULL, error);
  self->text = g_bytes_ref (message);
  self->n_expected = view.n_attachments;
  self->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return NULL;
}

static SioPacket *
decode_binary (SioTextDecoder *self, GBytes *message, GError **error)
{
  SioPacket *packet = NULL;
  SioPacketView view;
  const char *text;
  gsize length;

  g_ptr_array_add (self->attachments, g_bytes_ref (message));
  if (self->attachments->len < self->n_expected)
    return NULL;
  text = g_bytes_get_data (self->text, &length);
  if (sio_packet_parse (text, length, &self->limits, &view, error))
    packet = make_packet (&view, self->attachments, error);
  reset (SIO_DECODER (self));
  return packet;
}

static SioPacket *
decode (SioDecoder *decoder, GBytes *message, gboolean is_text, GError **error)
{
  SioTextDecoder *self = SIO_TEXT_DECODER (decoder);

  if (is_text && self->text == NULL)
    return decode_text (self, message, error);
  if (!is_text && self->text != NULL)
    return decode_binary (self, message, error);
  g_set_error_literal (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                       is_text ? "got plaintext data when reconstructing a packet"
                               : "got binary data when not reconstructing a packet");
  return NULL;
}

static void
decoder_iface_init (SioDecoderInterface *iface)
{
  iface->decode = decode;
  iface->reset = reset;
}

static void
sio_text_decoder_dispose (GObject *object)
{
  reset (SIO_DECODER (object));

  G_OBJECT_CLASS (sio_text_decoder_parent_class)->dispose (object);
}

static void
sio_text_decoder_class_init (SioTextDecoderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sio_text_decoder_dispose;
}

static void
sio_text_decoder_init (SioTextDecoder *self)
{
  self->limits.max_attachments = SIO_PACKET_MAX_ATTACHMENTS;
}

static gboolean
encode (SioParser *parser, SioPacket *packet, SioParserOutput *output, GError **error)
{
  GPtrArray *attachments = sio_packet_peek_attachments (packet);
  gsize length;
  const char *text = sio_packet_peek_text (packet, &length);

  sio_parser_output_set_text (output, text, (gssize) length);
  for (guint i = 0; attachments != NULL && i < attachments->len; i++)
    sio_parser_output_add_bytes (output, g_ptr_array_index (attachments, i));
  return TRUE;
}

static SioDecoder *
create_decoder (SioParser *parser, guint max_depth)
{
  SioTextDecoder *decoder = g_object_new (SIO_TYPE_TEXT_DECODER, NULL);

  decoder->limits.max_depth = max_depth;
  return SIO_DECODER (decoder);
}

static void
parser_iface_init (SioParserInterface *iface)
{
  iface->encode = encode;
  iface->create_decoder = create_decoder;
}

static void
sio_text_parser_class_init (SioTextParserClass *klass)
{
}

static void
sio_text_parser_init (SioTextParser *self)
{
}

/**
 * sio_text_parser_new:
 *
 * Makes a parser.
 *
 * Returns: (transfer full): a new parser
 *
 * Since: 0.1
 */
SioTextParser *
sio_text_parser_new (void)
{
  return g_object_new (SIO_TYPE_TEXT_PARSER, NULL);
}
