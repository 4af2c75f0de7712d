/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-reactor-private.h"

G_BEGIN_DECLS

/* Non-blocking bytes: on a bare descriptor, or on a GIOStream with pollable
 * streams (TLS), whose socket is watched by the same epoll descriptor. */
typedef struct _SioChannel SioChannel;

typedef enum
{
  SIO_IO_OK,
  SIO_IO_WOULD_BLOCK,
  SIO_IO_EOF,
  SIO_IO_ERROR
} SioIoStatus;

typedef enum
{
  SIO_CHANNEL_READABLE = 1 << 0,
  SIO_CHANNEL_WRITABLE = 1 << 1
} SioChannelInterest;

/* @ready is what can be tried now; hang-ups and errors show as readable. */
typedef void (*SioChannelFunc) (SioChannel *channel, SioChannelInterest ready, gpointer user_data);

/* Takes @fd, which must be non-blocking. */
SioChannel *sio_channel_new_fd (SioReactor *reactor, int fd);
/* Keeps @stream alive. If the stream is based on a socket, its descriptor is
 * watched; other pollable streams get GSources of their own. */
SioChannel *sio_channel_new_stream (SioReactor *reactor, GIOStream *stream);
/* Closes the channel; no callback comes after it. Safe inside callbacks. */
void sio_channel_free (SioChannel *channel);
/* Bytes of one on a bare descriptor. */
gsize sio_channel_get_size (void);
/* The same for a channel on a bare descriptor, which the caller has then. */
int sio_channel_steal_fd (SioChannel *channel);
/* The same for a channel on a stream, which was given to sio_channel_new_stream (). */
GIOStream *sio_channel_steal_stream (SioChannel *channel);

void sio_channel_set_func (SioChannel *channel, SioChannelFunc func, gpointer user_data);
/* Nothing is watched until the first call. */
gboolean
sio_channel_set_interest (SioChannel *channel, SioChannelInterest interest, GError **error);
SioChannelInterest sio_channel_get_interest (SioChannel *channel);

/* On SIO_IO_ERROR @error is set (no allocation happens for the other results).
 * A short read from a stream channel need not mean that nothing is left; the
 * channel calls back again by itself then. */
SioIoStatus
sio_channel_read (SioChannel *channel, void *buffer, gsize length, gsize *n_read, GError **error);
/* After SIO_IO_WOULD_BLOCK or a short write the next call must begin with the
 * bytes that were not taken: TLS may have encrypted them already. */
SioIoStatus sio_channel_writev (SioChannel *channel,
                                const GOutputVector *vectors,
                                guint n_vectors,
                                gsize *n_written,
                                GError **error);
/* Half-close: no more writing. */
void sio_channel_shutdown_write (SioChannel *channel);
/* Bytes that the channel has taken without saying so: TLS has encrypted them. They must come again.
 */
gsize sio_channel_get_committed (SioChannel *self);
int sio_channel_get_fd (SioChannel *channel);

G_END_DECLS
