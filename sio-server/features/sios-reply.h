/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Acknowledgements of the daemon's own events: {"ok":true}, with the room if there is one. */
void sios_reply_ok (SioMessage *message, const char *room);
/* {"ok":false,"error":"…"} */
void sios_reply_error (SioMessage *message, const char *text);

G_END_DECLS
