/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-feature.h"
#include "sios-room-policy.h"

G_BEGIN_DECLS

/* What applies to sockets of @ns now; a reload makes another one. */
SiosRoomPolicy *sios_auto_rooms_get_policy (SiosFeatures *features, SioNamespace *ns);

G_END_DECLS
