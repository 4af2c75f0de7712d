/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-packet.h"

G_BEGIN_DECLS

typedef struct _SioParserOutput SioParserOutput;

#define SIO_TYPE_PARSER_OUTPUT (sio_parser_output_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_parser_output_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioParserOutput *sio_parser_output_new (void);
SIO_AVAILABLE_IN_0_1
SioParserOutput *sio_parser_output_ref (SioParserOutput *self);
SIO_AVAILABLE_IN_0_1
void sio_parser_output_unref (SioParserOutput *self);
SIO_AVAILABLE_IN_0_1
void sio_parser_output_set_text (SioParserOutput *self, const char *text, gssize length);
SIO_AVAILABLE_IN_0_1
void sio_parser_output_add_bytes (SioParserOutput *self, GBytes *bytes);
SIO_AVAILABLE_IN_0_1
const char *sio_parser_output_get_text (SioParserOutput *self);
SIO_AVAILABLE_IN_0_1
guint sio_parser_output_get_n_bytes (SioParserOutput *self);
SIO_AVAILABLE_IN_0_1
GBytes *sio_parser_output_get_bytes (SioParserOutput *self, guint i);

#define SIO_TYPE_DECODER (sio_decoder_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_INTERFACE (SioDecoder, sio_decoder, SIO, DECODER, GObject)

/**
 * SioDecoderInterface:
 * @parent_iface: the parent interface
 * @decode: takes the next message, see [method@Sio.Decoder.decode]
 * @reset: forgets an incomplete packet, see [method@Sio.Decoder.reset]; may be `NULL`
 *
 * The virtual functions of a decoder.
 *
 * Since: 0.1
 */
struct _SioDecoderInterface
{
  GTypeInterface parent_iface;

  SioPacket *(*decode) (SioDecoder *self, GBytes *message, gboolean is_text, GError **error);
  void (*reset) (SioDecoder *self);
};

SIO_AVAILABLE_IN_0_1
SioPacket *sio_decoder_decode (SioDecoder *self, GBytes *message, gboolean is_text, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_decoder_reset (SioDecoder *self);

#define SIO_TYPE_PARSER (sio_parser_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_INTERFACE (SioParser, sio_parser, SIO, PARSER, GObject)

/**
 * SioParserInterface:
 * @parent_iface: the parent interface
 * @encode: makes messages of a packet, see [method@Sio.Parser.encode]
 * @create_decoder: makes what decodes the messages of one connection, see
 *   [method@Sio.Parser.create_decoder]
 *
 * The virtual functions of a parser.
 *
 * Since: 0.1
 */
struct _SioParserInterface
{
  GTypeInterface parent_iface;

  gboolean (*encode) (SioParser *self, SioPacket *packet, SioParserOutput *output, GError **error);
  SioDecoder *(*create_decoder) (SioParser *self, guint max_depth);
};

SIO_AVAILABLE_IN_0_1
gboolean
sio_parser_encode (SioParser *self, SioPacket *packet, SioParserOutput *output, GError **error);
SIO_AVAILABLE_IN_0_1
SioDecoder *sio_parser_create_decoder (SioParser *self, guint max_depth);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioParserOutput, sio_parser_output_unref)

G_END_DECLS
