/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SioTransport:
 * @SIO_TRANSPORT_POLLING: HTTP long-polling
 * @SIO_TRANSPORT_WEBSOCKET: WebSocket
 *
 * The ways Engine.IO packets travel.
 *
 * Since: 0.1
 */
typedef enum /*< flags >*/
{
  SIO_TRANSPORT_POLLING = 1 << 0,
  SIO_TRANSPORT_WEBSOCKET = 1 << 1
} SioTransport;

/**
 * SioSessionState:
 * @SIO_SESSION_OPENING: the handshake is not finished
 * @SIO_SESSION_OPEN: messages go both ways
 * @SIO_SESSION_CLOSING: nothing is accepted any more, buffered messages still leave
 * @SIO_SESSION_CLOSED: over
 *
 * States of an Engine.IO session.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_SESSION_OPENING,
  SIO_SESSION_OPEN,
  SIO_SESSION_CLOSING,
  SIO_SESSION_CLOSED
} SioSessionState;

/**
 * SioPacketType:
 * @SIO_PACKET_CONNECT: asks for a namespace, or lets in
 * @SIO_PACKET_DISCONNECT: leaves a namespace
 * @SIO_PACKET_EVENT: an event, with or without attachments
 * @SIO_PACKET_ACK: the answer to an event, with or without attachments
 * @SIO_PACKET_CONNECT_ERROR: refuses a namespace
 * @SIO_PACKET_BINARY_EVENT: how the text form marks an event with attachments
 * @SIO_PACKET_BINARY_ACK: how the text form marks an answer with attachments
 *
 * Types of Socket.IO packets; the values are those of the protocol.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_PACKET_CONNECT,
  SIO_PACKET_DISCONNECT,
  SIO_PACKET_EVENT,
  SIO_PACKET_ACK,
  SIO_PACKET_CONNECT_ERROR,
  SIO_PACKET_BINARY_EVENT,
  SIO_PACKET_BINARY_ACK
} SioPacketType;

/**
 * SioSlowConsumerPolicy:
 * @SIO_SLOW_CONSUMER_POLICY_CLOSE: volatile messages are nothing special: they wait like others,
 * and any message that does not fit ends the session
 * @SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE: a volatile message never waits: it is dropped if the
 * client has not taken what was sent before, or is not polling at the moment. Others wait, and one
 * that does not fit ends the session
 * @SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE: all messages wait. If one does not fit, volatile
 *   messages that wait are dropped, the oldest first and, because that is cheaper, a sixteenth of
 * the budget at a time; always whole messages, and none that has begun to leave. If that does not
 * make enough room, nothing is dropped but the message itself if it is volatile; if not, it ends
 * the session
 *
 * What happens to clients that read more slowly than they are sent to. What fits is a matter of
 * [property@Sio.Engine:max-buffered-bytes].
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_SLOW_CONSUMER_POLICY_CLOSE,
  SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE,
  SIO_SLOW_CONSUMER_POLICY_DROP_OLDEST_VOLATILE
} SioSlowConsumerPolicy;

/**
 * SioEventLimitAction:
 * @SIO_EVENT_LIMIT_ACTION_COUNT: it is counted, and handled like others
 * @SIO_EVENT_LIMIT_ACTION_DROP: it is counted and dropped
 * @SIO_EVENT_LIMIT_ACTION_DISCONNECT: it is counted and dropped, and the client's connection is
 * closed
 *
 * What happens to an event beyond a limit.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_EVENT_LIMIT_ACTION_COUNT,
  SIO_EVENT_LIMIT_ACTION_DROP,
  SIO_EVENT_LIMIT_ACTION_DISCONNECT
} SioEventLimitAction;

/**
 * SioIncidentKind:
 * @SIO_INCIDENT_REFUSED: a request was refused
 * @SIO_INCIDENT_MAX_CONNECTIONS: a connection or session beyond
 *   [property@Sio.Engine:max-connections]
 * @SIO_INCIDENT_MAX_CONNECTIONS_PER_ADDRESS: one beyond
 *   [property@Sio.Engine:max-connections-per-address]
 * @SIO_INCIDENT_NO_DESCRIPTORS: the process has no descriptors or memory for another connection
 * @SIO_INCIDENT_TLS: a TLS handshake failed
 * @SIO_INCIDENT_VIOLATION: a session was ended because of what its client did
 * @SIO_INCIDENT_SLOW_CONSUMER: a session was ended because its client read too slowly
 * @SIO_INCIDENT_EVENT_RATE: a socket sent events faster than a limit allows
 * @SIO_INCIDENT_EVENT_SIZE: a socket sent an event larger than a limit allows
 * @SIO_INCIDENT_ROOMS: a socket was to join more than [property@Sio.Server:max-rooms-per-socket]
 * @SIO_INCIDENT_NAMESPACES: a client asked for a namespace when there were too many
 *
 * What a server refused, ended or limited.
 *
 * Since: 0.1
 */
typedef enum
{
  SIO_INCIDENT_REFUSED,
  SIO_INCIDENT_MAX_CONNECTIONS,
  SIO_INCIDENT_MAX_CONNECTIONS_PER_ADDRESS,
  SIO_INCIDENT_NO_DESCRIPTORS,
  SIO_INCIDENT_TLS,
  SIO_INCIDENT_VIOLATION,
  SIO_INCIDENT_SLOW_CONSUMER,
  SIO_INCIDENT_EVENT_RATE,
  SIO_INCIDENT_EVENT_SIZE,
  SIO_INCIDENT_ROOMS,
  SIO_INCIDENT_NAMESPACES
} SioIncidentKind;

G_END_DECLS
