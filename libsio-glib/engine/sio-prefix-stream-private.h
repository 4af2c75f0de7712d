/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A stream that reads some bytes from memory, then from its base stream. */
#define SIO_TYPE_PREFIX_STREAM (sio_prefix_stream_get_type ())

G_DECLARE_FINAL_TYPE (SioPrefixStream, sio_prefix_stream, SIO, PREFIX_STREAM, GIOStream)

GIOStream *sio_prefix_stream_new (GIOStream *base, GBytes *prefix);
/* (transfer none) */
GIOStream *sio_prefix_stream_get_base (SioPrefixStream *self);

G_END_DECLS
