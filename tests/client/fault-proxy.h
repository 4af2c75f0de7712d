/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A TCP proxy that breaks connections where it is told to. */
typedef struct _FaultProxy FaultProxy;

typedef enum
{
  FAULT_NONE,
  FAULT_CUT,      /* reset at once */
  FAULT_TRUNCATE, /* the first half arrives, then it is closed */
  FAULT_STALL,    /* nothing arrives in either direction for a while, then it is closed */
  FAULT_DELAY,    /* it only arrives later */
  N_FAULTS
} FaultKind;

/* Asked for each chunk of data that arrives: number @chunk in its direction of connection number
 * @connection, both from 0. @ms is how long a stall or delay takes. */
typedef FaultKind (*FaultFunc) (
    guint connection, gboolean upwards, guint chunk, guint *ms, gpointer user_data);

FaultProxy *fault_proxy_new (guint server_port, FaultFunc func, gpointer user_data);
guint fault_proxy_get_port (FaultProxy *self);
/* How many faults there were. */
guint fault_proxy_get_n_faults (FaultProxy *self);
void fault_proxy_free (FaultProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FaultProxy, fault_proxy_free)

G_END_DECLS
