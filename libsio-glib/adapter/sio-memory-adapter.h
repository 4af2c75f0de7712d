/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-adapter.h"

G_BEGIN_DECLS

#define SIO_TYPE_MEMORY_ADAPTER (sio_memory_adapter_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_DERIVABLE_TYPE (SioMemoryAdapter, sio_memory_adapter, SIO, MEMORY_ADAPTER, SioAdapter)

/**
 * SioMemoryAdapterClass:
 * @parent_class: the parent class
 *
 * Class structure, for adapters derived from this one.
 *
 * Since: 0.1
 */
struct _SioMemoryAdapterClass
{
  SioAdapterClass parent_class;

  /*< private >*/
  gpointer _reserved[8];
};

G_END_DECLS
