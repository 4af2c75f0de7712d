/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Acknowledgements of the daemon's own events, for those who ask for one. */

/* {"ok":true}, with the room if there is one. */
void sios_reply_ok (SioMessage *message, const char *room);
/* {"ok":true,"room":"…","members":3} */
void sios_reply_members (SioMessage *message, const char *room, guint n_members);
/* {"ok":false,"error":"…"} */
void sios_reply_error (SioMessage *message, const char *text);
/* {"ok":false,"code":"ROOM_RESERVED","error":"…"}; @hint, what would have been right, may be NULL.
 */
void sios_reply_refusal (SioMessage *message, const char *code, const char *text, const char *hint);

G_END_DECLS
