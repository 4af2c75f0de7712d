/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-msgpack-parser.h"

#include "sio-error.h"
#include "sio-msgpack-private.h"
#include "sio-packet-private.h"

/**
 * SioMsgpackParser:
 *
 * Packets in the MessagePack format, as the npm package `socket.io-msgpack-parser` 3 has them.
 *
 * A packet is one binary message, with binary data in its place, so that there is no limit of ten
 * attachments. The types of arguments are those of JSON and binary data. Of what only MessagePack
 * has, dates arrive as ISO strings and `undefined` as JSON would have it; an extension of any
 * other type arrives as an array of its type and its data.
 *
 * A packet is refused, as everything that breaks the protocol, if it has binary data and beside
 * it an object with a member `_placeholder` that is true, because one could not tell that from
 * binary data in JSON; if it has binary data in the credentials; and for the event names that are
 * reserved, which the package lets through.
 *
 * Since: 0.1
 */
struct _SioMsgpackParser
{
  GObject parent_instance;

  guint max_attachments;
  SioDecoder *decoder; /* the last one made: it keeps no state and serves all connections */
};

#define SIO_TYPE_MSGPACK_DECODER (sio_msgpack_decoder_get_type ())
G_DECLARE_FINAL_TYPE (SioMsgpackDecoder, sio_msgpack_decoder, SIO, MSGPACK_DECODER, GObject)

struct _SioMsgpackDecoder
{
  GObject parent_instance;

  guint max_depth;
  guint max_attachments;
};

static void decoder_iface_init (SioDecoderInterface *iface);
static void parser_iface_init (SioParserInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioMsgpackDecoder,
                               sio_msgpack_decoder,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIO_TYPE_DECODER, decoder_iface_init))

G_DEFINE_FINAL_TYPE_WITH_CODE (SioMsgpackParser,
                               sio_msgpack_parser,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIO_TYPE_PARSER, parser_iface_init))

enum
{
  PROP_0,
  PROP_MAX_ATTACHMENTS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static SioPacket *
decode (SioDecoder *decoder, GBytes *message, gboolean is_text, GError **error)
{
  SioMsgpackDecoder *self = SIO_MSGPACK_DECODER (decoder);
  SioMsgpackPacket packet;
  SioPacket *result;

  if (is_text)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "expected a binary message with msgpack, got text");
      return NULL;
    }
  if (!sio_msgpack_decode (message, self->max_depth, self->max_attachments, &packet, error))
    return NULL;
  result =
      sio_packet_new_parts (packet.type, packet.nsp->str, packet.nsp->len, packet.id,
                            packet.json != NULL ? packet.json->str : NULL,
                            packet.json != NULL ? packet.json->len : 0, packet.attachments, error);
  sio_msgpack_packet_clear (&packet);
  return result;
}

static void
decoder_iface_init (SioDecoderInterface *iface)
{
  iface->decode = decode;
}

static void
sio_msgpack_decoder_class_init (SioMsgpackDecoderClass *klass)
{
}

static void
sio_msgpack_decoder_init (SioMsgpackDecoder *self)
{
}

static gboolean
encode (SioParser *parser, SioPacket *packet, SioParserOutput *output, GError **error)
{
  gsize length;
  const char *json = sio_packet_peek_json (packet, &length);
  g_autoptr (GBytes) bytes = sio_msgpack_encode (
      sio_packet_get_packet_type (packet), sio_packet_get_namespace (packet),
      sio_packet_get_id (packet), json, length, sio_packet_peek_attachments (packet));

  sio_parser_output_add_bytes (output, bytes);
  return TRUE;
}

static SioDecoder *
create_decoder (SioParser *parser, guint max_depth)
{
  SioMsgpackParser *self = SIO_MSGPACK_PARSER (parser);
  SioMsgpackDecoder *decoder = (SioMsgpackDecoder *) self->decoder;

  if (decoder == NULL || decoder->max_depth != max_depth)
    {
      g_clear_object (&self->decoder);
      decoder = g_object_new (SIO_TYPE_MSGPACK_DECODER, NULL);
      decoder->max_depth = max_depth;
      decoder->max_attachments = self->max_attachments;
      self->decoder = SIO_DECODER (decoder);
    }
  return g_object_ref (self->decoder);
}

static void
parser_iface_init (SioParserInterface *iface)
{
  iface->encode = encode;
  iface->create_decoder = create_decoder;
}

static void
sio_msgpack_parser_dispose (GObject *object)
{
  SioMsgpackParser *self = SIO_MSGPACK_PARSER (object);

  g_clear_object (&self->decoder);

  G_OBJECT_CLASS (sio_msgpack_parser_parent_class)->dispose (object);
}

static void
sio_msgpack_parser_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioMsgpackParser *self = SIO_MSGPACK_PARSER (object);

  switch (prop_id)
    {
    case PROP_MAX_ATTACHMENTS:
      g_value_set_uint (value, self->max_attachments);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_msgpack_parser_set_property (GObject *object,
                                 guint prop_id,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  SioMsgpackParser *self = SIO_MSGPACK_PARSER (object);

  switch (prop_id)
    {
    case PROP_MAX_ATTACHMENTS:
      sio_msgpack_parser_set_max_attachments (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_msgpack_parser_class_init (SioMsgpackParserClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sio_msgpack_parser_dispose;
  object_class->get_property = sio_msgpack_parser_get_property;
  object_class->set_property = sio_msgpack_parser_set_property;

  /**
   * SioMsgpackParser:max-attachments:
   *
   * How many pieces of binary data a packet that comes in may have. Counts for new connections.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ATTACHMENTS] =
      g_param_spec_uint ("max-attachments", NULL, NULL, 0, G_MAXUINT16, SIO_MSGPACK_MAX_ATTACHMENTS,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sio_msgpack_parser_init (SioMsgpackParser *self)
{
  self->max_attachments = SIO_MSGPACK_MAX_ATTACHMENTS;
}

/**
 * sio_msgpack_parser_new:
 *
 * Makes a parser.
 *
 * Returns: (transfer full): a new parser
 *
 * Since: 0.1
 */
SioMsgpackParser *
sio_msgpack_parser_new (void)
{
  return g_object_new (SIO_TYPE_MSGPACK_PARSER, NULL);
}

/**
 * sio_msgpack_parser_get_max_attachments: (get-property max-attachments)
 * @self: a parser
 *
 * Gets how many pieces of binary data a packet that comes in may have.
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
sio_msgpack_parser_get_max_attachments (SioMsgpackParser *self)
{
  g_return_val_if_fail (SIO_IS_MSGPACK_PARSER (self), 0);

  return self->max_attachments;
}

/**
 * sio_msgpack_parser_set_max_attachments: (set-property max-attachments)
 * @self: a parser
 * @max_attachments: how many
 *
 * Sets how many pieces of binary data a packet that comes in may have. Counts for new
 * connections.
 *
 * Since: 0.1
 */
void
sio_msgpack_parser_set_max_attachments (SioMsgpackParser *self, guint max_attachments)
{
  g_return_if_fail (SIO_IS_MSGPACK_PARSER (self));
  g_return_if_fail (max_attachments <= G_MAXUINT16);

  if (self->max_attachments == max_attachments)
    return;
  self->max_attachments = max_attachments;
  g_clear_object (&self->decoder);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_ATTACHMENTS]);
}
