/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where to listen, as written by people: `tcp:HOST:PORT`, `tls:HOST:PORT`,
 * `unix:PATH[,mode=0660][,group=NAME]`, `fd:NUMBER`. HOST is a numeric address (IPv6 in
 * brackets), `localhost` (both loopback addresses) or `*` (all addresses). */
typedef struct
{
  gboolean tls;
  gboolean localhost;
  gboolean any;
  char *host; /* numeric; NULL for unix and fd */
  guint16 port;
  char *path;  /* unix */
  int mode;    /* unix; -1: leave it */
  char *group; /* unix */
  int fd;      /* -1 if it is no open descriptor */
} SioAddress;

SioAddress *sio_address_parse (const char *text, GError **error);
void sio_address_free (SioAddress *self);

/* Non-blocking, close-on-exec, listening sockets (element-type int). An `fd:` address is
 * duplicated, so that the caller keeps its own. */
GArray *sio_address_listen (SioAddress *self, int backlog, GError **error);

/* Text of a bound socket's own address: `127.0.0.1:3000`, `[::1]:3000`, or a path. */
char *sio_address_describe (int fd, gboolean *is_unix);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioAddress, sio_address_free)

G_END_DECLS
