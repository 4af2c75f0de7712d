/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* The events that clients of a namespace can use without any code on the server:
 *
 *   join (room, ack), leave (room, ack)
 *   room (room, event, …, ack)   to the others in a room of one's own; they get
 *                                event (room, sender's id, …)
 *   latency (…, ack)             answered at once
 *
 * Acks are {"ok":true} or {"ok":false,"error":"…"}. */
void sios_rooms_serve (SioNamespace *ns);

G_END_DECLS
