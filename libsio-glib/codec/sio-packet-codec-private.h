/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-json-private.h"
#include "sio-types.h"

G_BEGIN_DECLS

/* Socket.IO v5 packets as text (protocol.md §3.1–3.2) */

#define SIO_PACKET_MAX_ATTACHMENTS 10
/* Bytes; a peer chooses the name, and it may be kept and logged. */
#define SIO_PACKET_MAX_NAMESPACE 1024
#define SIO_PACKET_MAX_ID G_GINT64_CONSTANT (9007199254740992) /* 2^53 */

typedef struct
{
  guint max_depth;
  guint max_attachments;
  guint max_namespace; /* 0 is SIO_PACKET_MAX_NAMESPACE */
} SioPacketLimits;

/* Slices point into the text that was parsed. */
typedef struct
{
  SioPacketType type;
  guint n_attachments;
  const char *nsp; /* "/" when omitted */
  gsize nsp_length;
  gint64 id;        /* -1: none */
  SioJsonScan json; /* json.value.type is SIO_JSON_NONE if there was no payload */
} SioPacketView;

/* Text without the Engine.IO digit; must be valid UTF-8. All rules of protocol.md
 * §3.2 with the corrections of Appendix C (an EVENT without payload is invalid, no
 * white space in ids or in front of the payload, an empty packet is an error). An ACK without
 * id is valid and has nobody to go to. A namespace has no U+0000.
 * @limits may be NULL for the defaults. Allocates nothing on success. Errors are
 * SIO_ERROR_PROTOCOL, or what sio_json_scan () says of the payload. */
gboolean sio_packet_parse (const char *text,
                           gsize length,
                           const SioPacketLimits *limits,
                           SioPacketView *view,
                           GError **error);

/* Appends `<type>[<n>-][<nsp>,][<id>]`; the JSON follows. @id is -1 for none, @nsp
 * is left out when it is "/". */
void sio_packet_append_prefix (
    GString *out, SioPacketType type, guint n_attachments, const char *nsp, gint64 id);

/* For the arguments of a binary packet: checks that every placeholder object anywhere in
 * @json (scanned before) has a `num` that is an integer in 0 … @n_attachments - 1 (§3.2.7).
 * A placeholder is an object with a member `_placeholder` that is true. */
gboolean
sio_packet_check_placeholders (const char *json, gsize length, guint n_attachments, GError **error);

/* TRUE if @slice (a JSON string) is one of the reserved event names. */
gboolean sio_packet_is_reserved_event (const SioJsonSlice *slice);
gboolean sio_event_name_is_reserved (const char *name);

G_END_DECLS
