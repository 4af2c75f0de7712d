/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-adapter.h"

G_BEGIN_DECLS

void sio_adapter_class_init_defaults (SioAdapterClass *klass);

G_END_DECLS
