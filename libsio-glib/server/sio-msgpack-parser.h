/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-parser.h"

G_BEGIN_DECLS

#define SIO_TYPE_MSGPACK_PARSER (sio_msgpack_parser_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioMsgpackParser, sio_msgpack_parser, SIO, MSGPACK_PARSER, GObject)

SIO_AVAILABLE_IN_0_1
SioMsgpackParser *sio_msgpack_parser_new (void);
SIO_AVAILABLE_IN_0_1
guint sio_msgpack_parser_get_max_attachments (SioMsgpackParser *self);
SIO_AVAILABLE_IN_0_1
void sio_msgpack_parser_set_max_attachments (SioMsgpackParser *self, guint max_attachments);

G_END_DECLS
