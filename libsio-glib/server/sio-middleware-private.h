/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-chain-private.h"
#include "sio-server-types.h"

G_BEGIN_DECLS

/* @refusal is NULL, or the payload of CONNECT_ERROR. */
typedef void (*SioDecidedFunc) (SioSocket *socket, const char *refusal);

/* Asks the middlewares of namespaces about a client: calls @decided once, maybe before
 * sio_chain_run_start () returns, unless the run is cancelled. */
SioChainRun *sio_middleware_run_new (SioSocket *socket,
                                     SioChain *const *chains,
                                     guint n_chains,
                                     SioDecidedFunc decided);

/* What sio_middleware_accept_as () said. NULL means that it stays as it is. */
typedef struct
{
  char *event;
  SioArgs *args;
} SioRewrite;

/* (nullable) (transfer none) */
SioRewrite *sio_middleware_get_rewrite (GTask *task);

G_END_DECLS
