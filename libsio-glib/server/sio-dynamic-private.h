/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-handshake.h"
#include "sio-server.h"

G_BEGIN_DECLS

typedef enum
{
  SIO_LOOKUP_FOUND,
  SIO_LOOKUP_NONE,
  SIO_LOOKUP_TOO_MANY
} SioLookupResult;

/* A name that no namespace has, while the parents are asked whether to make one. */
typedef struct _SioLookup SioLookup;

typedef void (*SioLookupFunc) (SioLookup *lookup,
                               SioNamespace *ns,
                               SioLookupResult result,
                               gpointer user_data);

/* Calls @func once, maybe before sio_lookup_start () returns, unless it is cancelled. */
SioLookup *sio_lookup_new (SioServer *server,
                           const char *name,
                           gsize length,
                           SioHandshake *handshake,
                           SioLookupFunc func,
                           gpointer user_data);
void sio_lookup_start (SioLookup *self);
/* Nobody waits for it any more. Takes the reference. */
void sio_lookup_cancel (SioLookup *self);
SioLookup *sio_lookup_ref (SioLookup *self);
void sio_lookup_unref (SioLookup *self);
const char *sio_lookup_get_name (SioLookup *self);
SioHandshake *sio_lookup_get_handshake (SioLookup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioLookup, sio_lookup_unref)

/* The parent of a namespace that the application makes, or NULL. */
SioNamespace *sio_dynamic_find_parent (SioServer *server, const char *name);
void sio_dynamic_adopt (SioNamespace *parent, SioNamespace *ns);
/* It stays, although a client asked for it first. */
void sio_dynamic_pin (SioNamespace *ns);
/* The parts of sio-namespace.c. */
void sio_dynamic_namespace_finalize (SioNamespace *self);

G_END_DECLS
