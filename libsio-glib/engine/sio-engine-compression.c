/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"

/* Settings of compression. */

void
sio_engine_fill_compression_properties (GParamSpec **properties)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * SioEngine:http-compression:
   *
   * Whether the answers to polling requests are compressed for clients that accept it (gzip or
   * deflate), from [property@Sio.Engine:http-compression-threshold] on. Answers of more than
   * a mebibyte are not: that would hold up all other clients.
   *
   * Since: 0.1
   */
  properties[0] = g_param_spec_boolean ("http-compression", NULL, NULL, TRUE, flags);

  /**
   * SioEngine:http-compression-threshold:
   *
   * Bytes that the answer to a polling request has at least if it is compressed.
   *
   * Since: 0.1
   */
  properties[1] = g_param_spec_uint ("http-compression-threshold", NULL, NULL, 0, G_MAXINT,
                                     SIO_COMPRESSION_THRESHOLD, flags);

  /**
   * SioEngine:per-message-deflate:
   *
   * Whether messages over a WebSocket may be compressed (the extension permessage-deflate of
   * RFC 7692, which nearly all clients offer). Counts for WebSockets that open later.
   *
   * It is off by default, because it takes more time than it saves in a fast network.
   * Messages are compressed each by itself, so that connections need no memory for it, and an
   * event that goes to many clients is compressed once; those of more than a mebibyte are
   * sent as they are. Chosen for single events with [flags@Sio.EmitFlags].
   *
   * Since: 0.1
   */
  properties[2] = g_param_spec_boolean ("per-message-deflate", NULL, NULL, FALSE, flags);

  /**
   * SioEngine:per-message-deflate-threshold:
   *
   * Bytes that a message has at least if it is compressed.
   *
   * Since: 0.1
   */
  properties[3] = g_param_spec_uint ("per-message-deflate-threshold", NULL, NULL, 0, G_MAXINT,
                                     SIO_COMPRESSION_THRESHOLD, flags);

  /**
   * SioEngine:max-inflate-ratio:
   *
   * How many times larger a compressed message of a client may become; 0 is without limit.
   * Messages of up to a mebibyte may become so by any number, and [property@Sio.Engine:max-payload]
   * holds for what comes out. A client that exceeds one of them is disconnected with the close
   * code 1009, before the rest is looked at. Counts for WebSockets that open later.
   *
   * Since: 0.1
   */
  properties[4] = g_param_spec_uint ("max-inflate-ratio", NULL, NULL, 0, G_MAXUINT16,
                                     SIO_MAX_INFLATE_RATIO, flags);
}

/**
 * sio_engine_get_http_compression:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:http-compression].
 *
 * Returns: `TRUE` if they are
 *
 * Since: 0.1
 */
gboolean
sio_engine_get_http_compression (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->http_compression;
}

/**
 * sio_engine_set_http_compression:
 * @self: the engine
 * @compress: whether to
 *
 * Sets [property@Sio.Engine:http-compression].
 *
 * Since: 0.1
 */
void
sio_engine_set_http_compression (SioEngine *self, gboolean compress)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  compress = !!compress;

  if (self->http_compression == compress)
    return;
  self->http_compression = compress;
  g_object_notify (G_OBJECT (self), "http-compression");
}

/**
 * sio_engine_get_http_compression_threshold:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:http-compression-threshold].
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint
sio_engine_get_http_compression_threshold (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->http_compression_threshold;
}

/**
 * sio_engine_set_http_compression_threshold:
 * @self: the engine
 * @bytes: bytes
 *
 * Sets [property@Sio.Engine:http-compression-threshold].
 *
 * Since: 0.1
 */
void
sio_engine_set_http_compression_threshold (SioEngine *self, guint bytes)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (bytes <= G_MAXINT);

  if (self->http_compression_threshold == bytes)
    return;
  self->http_compression_threshold = bytes;
  g_object_notify (G_OBJECT (self), "http-compression-threshold");
}

/**
 * sio_engine_get_per_message_deflate:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:per-message-deflate].
 *
 * Returns: `TRUE` if they may be
 *
 * Since: 0.1
 */
gboolean
sio_engine_get_per_message_deflate (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->per_message_deflate;
}

/**
 * sio_engine_set_per_message_deflate:
 * @self: the engine
 * @deflate: whether to
 *
 * Sets [property@Sio.Engine:per-message-deflate].
 *
 * Since: 0.1
 */
void
sio_engine_set_per_message_deflate (SioEngine *self, gboolean deflate)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  deflate = !!deflate;

  if (self->per_message_deflate == deflate)
    return;
  self->per_message_deflate = deflate;
  g_object_notify (G_OBJECT (self), "per-message-deflate");
}

/**
 * sio_engine_get_per_message_deflate_threshold:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:per-message-deflate-threshold].
 *
 * Returns: bytes
 *
 * Since: 0.1
 */
guint
sio_engine_get_per_message_deflate_threshold (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->per_message_deflate_threshold;
}

/**
 * sio_engine_set_per_message_deflate_threshold:
 * @self: the engine
 * @bytes: bytes
 *
 * Sets [property@Sio.Engine:per-message-deflate-threshold].
 *
 * Since: 0.1
 */
void
sio_engine_set_per_message_deflate_threshold (SioEngine *self, guint bytes)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (bytes <= G_MAXINT);

  if (self->per_message_deflate_threshold == bytes)
    return;
  self->per_message_deflate_threshold = bytes;
  sio_engine_update_config (self);
  g_object_notify (G_OBJECT (self), "per-message-deflate-threshold");
}

/**
 * sio_engine_get_max_inflate_ratio:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:max-inflate-ratio].
 *
 * Returns: the ratio, 0 if there is no limit
 *
 * Since: 0.1
 */
guint
sio_engine_get_max_inflate_ratio (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->max_inflate_ratio;
}

/**
 * sio_engine_set_max_inflate_ratio:
 * @self: the engine
 * @ratio: how many times larger, at most 65535; 0 for any
 *
 * Sets [property@Sio.Engine:max-inflate-ratio].
 *
 * Since: 0.1
 */
void
sio_engine_set_max_inflate_ratio (SioEngine *self, guint ratio)
{
  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (ratio <= G_MAXUINT16);

  if (self->max_inflate_ratio == ratio)
    return;
  self->max_inflate_ratio = ratio;
  sio_engine_update_config (self);
  g_object_notify (G_OBJECT (self), "max-inflate-ratio");
}
