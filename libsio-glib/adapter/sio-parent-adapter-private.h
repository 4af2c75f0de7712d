/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-adapter.h"

G_BEGIN_DECLS

/* The adapter of a parent namespace: passes everything on to those of its children. */
#define SIO_TYPE_PARENT_ADAPTER (sio_parent_adapter_get_type ())

G_DECLARE_FINAL_TYPE (SioParentAdapter, sio_parent_adapter, SIO, PARENT_ADAPTER, SioAdapter)

G_END_DECLS
