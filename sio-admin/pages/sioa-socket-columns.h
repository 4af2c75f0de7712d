/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-columns.h"

G_BEGIN_DECLS

/* What tables show of sockets. */
#define SIOA_N_SOCKET_COLUMNS 12
extern const SioaColumn sioa_socket_columns[SIOA_N_SOCKET_COLUMNS];

G_END_DECLS
