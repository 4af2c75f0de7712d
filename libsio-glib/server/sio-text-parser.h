/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-parser.h"

G_BEGIN_DECLS

#define SIO_TYPE_TEXT_PARSER (sio_text_parser_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioTextParser, sio_text_parser, SIO, TEXT_PARSER, GObject)

SIO_AVAILABLE_IN_0_1
SioTextParser *sio_text_parser_new (void);

G_END_DECLS
