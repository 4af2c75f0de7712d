/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>

#include "sio-reactor-private.h"

G_BEGIN_DECLS

/* Accepts connections on one listening socket, and goes on doing so after the process ran
 * out of descriptors. */
typedef struct _SioListener SioListener;

/* Takes @fd, a non-blocking, connected socket. */
typedef void (*SioListenerFunc) (SioListener *listener,
                                 int fd,
                                 const struct sockaddr_storage *peer,
                                 gpointer user_data);

/* Takes @fd, a non-blocking listening socket. */
SioListener *sio_listener_new (SioReactor *reactor,
                               int fd,
                               gboolean tls,
                               SioListenerFunc func,
                               gpointer user_data,
                               GError **error);
/* Accepting failed for want of descriptors or memory; @text says where and why. TRUE: it was told,
 * and is not logged. */
typedef gboolean (*SioListenerExhaustedFunc) (SioListener *listener,
                                              const char *text,
                                              gpointer user_data);
/* @func gets the same user_data as the other one. */
void sio_listener_set_exhausted_func (SioListener *self, SioListenerExhaustedFunc func);
/* Closes the socket; a Unix socket's file is removed if @unlink_path is set. */
void sio_listener_free (SioListener *self);
void sio_listener_set_unlink_path (SioListener *self, const char *path);
gboolean sio_listener_is_tls (SioListener *self);
gboolean sio_listener_is_unix (SioListener *self);
/* `http://127.0.0.1:3000/`, `https://…`, or `unix:/path` */
char *sio_listener_dup_uri (SioListener *self);
guint64 sio_listener_get_n_exhausted (SioListener *self);

G_END_DECLS
