/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* GIO has no setting for the least version of TLS, and GnuTLS goes down to 1.0 on some systems.
 * So the client's first words are looked at before it gets them. */

typedef struct _SioEngine SioEngine;

typedef enum
{
  SIO_TLS_HELLO_INCOMPLETE,
  SIO_TLS_HELLO_GOOD,  /* the client speaks TLS 1.2 or later */
  SIO_TLS_HELLO_OLD,   /* it does not */
  SIO_TLS_HELLO_OTHER, /* this is no TLS */
} SioTlsHelloResult;

#define SIO_TLS_HELLO_MAX (5 + 16384)

SioTlsHelloResult sio_tls_hello_check (const guint8 *data, gsize length);

/* Waits for the ClientHello, then gives the connection to libsoup. Takes @fd. */
void sio_tls_hello_start (SioEngine *engine, int fd, const char *address);
/* Ends all of @engine's that still wait. */
void sio_tls_hello_end_all (SioEngine *engine);

G_END_DECLS
