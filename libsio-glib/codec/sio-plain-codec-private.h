/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-packet-codec-private.h"

G_BEGIN_DECLS

/* Socket.IO packets as plain WebSocket clients write them, one JSON object each:
 *
 *   {"event":"say","data":"hello","ack":7}     an event with one argument; data and ack are
 * optional
 *   {"event":"say","args":["hello",2]}         several arguments
 *   {"ack":7,"data":…} or {"ack":7,"args":[…]} the answer to an event
 *
 * {"_base64":"AQID"} anywhere in data or args is binary. CONNECT, CONNECT_ERROR and DISCONNECT show
 * as the events connect, connect_error and disconnect. */

#define SIO_PLAIN_BINARY "_base64"

/* Makes a packet in text form of @text, which must be valid UTF-8. @prefix is the namespace of the
 * connection with a comma, "" for the default one. Binary values are appended to *attachments
 * (element-type GBytes), which is made when it is needed. Other members are passed over. Errors are
 * SIO_ERROR_PROTOCOL, or what sio_json_scan () says. */
gboolean sio_plain_decode (const char *text,
                           gsize length,
                           const char *prefix,
                           const SioPacketLimits *limits,
                           GString *out,
                           GPtrArray **attachments,
                           GError **error);

/* The other way round, for packets that we made ourselves. The last @n_hidden arguments are left
 * out. */
GString *sio_plain_encode (const char *text, gsize length, GPtrArray *attachments, guint n_hidden);

G_END_DECLS
