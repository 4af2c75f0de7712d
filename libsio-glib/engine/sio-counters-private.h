/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-histogram-private.h"

G_BEGIN_DECLS

/* Why requests and connections are refused; the first ones are the codes of protocol.md §1.4. */
typedef enum
{
  SIO_REFUSED_TRANSPORT,
  SIO_REFUSED_SID,
  SIO_REFUSED_METHOD,
  SIO_REFUSED_REQUEST,
  SIO_REFUSED_FORBIDDEN,
  SIO_REFUSED_PROTOCOL,
  SIO_REFUSED_FULL,    /* max-connections */
  SIO_REFUSED_ADDRESS, /* max-connections-per-address */
  SIO_REFUSED_DRAINING,
  SIO_N_REFUSED
} SioRefused;

/* How sessions end, §1.15. */
typedef enum
{
  SIO_ENDED_TRANSPORT_CLOSE,
  SIO_ENDED_TRANSPORT_ERROR,
  SIO_ENDED_PING_TIMEOUT,
  SIO_ENDED_PARSE_ERROR,
  SIO_ENDED_FORCED_CLOSE,
  SIO_N_ENDED
} SioEnded;

/* What clients do beyond limits that count for each socket. */
typedef enum
{
  SIO_LIMITED_RATE,  /* events that come too often */
  SIO_LIMITED_SIZE,  /* events that are too large */
  SIO_LIMITED_ROOMS, /* rooms that are too many */
  SIO_N_LIMITED
} SioLimited;

/* What an engine counts, from its beginning on. */
typedef struct
{
  guint64 packets_in;
  guint64 packets_out;
  guint64 bytes_in;  /* of packets, without framing */
  guint64 bytes_out; /* the same */
  guint64 opened;
  guint64 upgraded;
  guint64 refused[SIO_N_REFUSED];
  guint64 ended[SIO_N_ENDED];
  guint64 limited[SIO_N_LIMITED]; /* enforced or not */
  guint64 dropped;                /* volatile messages */
  guint64 slow;                   /* sessions ended because they read too slowly */
  guint n_websocket;              /* sessions there are that use it */
  guint n_plain;                  /* of plain WebSocket clients, among those */
  guint n_eio3;                   /* of clients of Engine.IO 3 */
  guint64 info_bytes;             /* that the requests of these sessions take */
  SioTimes round_trips;
} SioEngineCounters;

const char *sio_refused_to_string (SioRefused refused);
const char *sio_limited_to_string (SioLimited limited);
const char *sio_ended_to_string (SioEnded ended);
/* @reason: one of SIO_REASON_… */
SioEnded sio_ended_from_reason (const char *reason);

G_END_DECLS
