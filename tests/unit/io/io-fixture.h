/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sio-channel-private.h"

/* What a connection under test may run over. */
typedef enum
{
  IO_SOCKETPAIR,
  IO_TCP,
  IO_UNIX,
  IO_TLS,
  IO_N_KINDS
} IoKind;

extern const char *const io_kind_names[IO_N_KINDS];

/* Adds @func once for each kind, as "@path/<kind>". */
void io_add_for_all_kinds (const char *path, void (*func) (gconstpointer kind));

/* One iteration of the default context, at most some milliseconds long. */
void io_iterate (void);

/* Iterates until @condition holds. The guard is for broken code only. */
#define io_wait_for(condition)                                                                     \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 io_guard = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;                           \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > io_guard)                                                    \
          g_error ("%s:%d: no end of waiting for %s", __FILE__, __LINE__, #condition);             \
        io_iterate ();                                                                             \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* Two connected non-blocking sockets. */
void io_connect (IoKind kind, int fds[2]);
void io_set_buffers (int fd, int bytes);
/* The two ends of a connection, fds[0] being the server's for TLS. */
void io_streams_tls (int fds[2], GIOStream *streams[2]);
void io_channels (SioReactor *reactor, IoKind kind, SioChannel *channels[2]);

/* The peer: collects what it receives, and sends whatever it is told to. */
typedef struct
{
  SioChannel *channel;
  GByteArray *in;
  gboolean eof;
  gboolean failed;
  gboolean paused;
} IoPeer;

void io_peer_init (IoPeer *peer, SioChannel *channel);
void io_peer_clear (IoPeer *peer);
void io_peer_pause (IoPeer *peer, gboolean paused);
/* Iterates until all is written or the connection fails. */
void io_peer_send (IoPeer *peer, gconstpointer data, gsize length);
void io_peer_send_all (IoPeer *peer, GByteArray *data);

/* Appends a masked frame. */
void io_frame (GByteArray *to, guint8 first, gconstpointer payload, gsize length);
