/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-packet.h"
#include "sio-recovery-state.h"
#include "sio-responses.h"
#include "sio-server-event.h"
#include "sio-target.h"

G_BEGIN_DECLS

#define SIO_TYPE_ADAPTER (sio_adapter_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_DERIVABLE_TYPE (SioAdapter, sio_adapter, SIO, ADAPTER, GObject)

/**
 * SioClientCountFunc:
 * @n_clients: how many clients of one server got the event
 * @user_data: what was given along with the function
 *
 * Reports how many answers to expect from one server. Called once for each server.
 *
 * Since: 0.1
 */
typedef void (*SioClientCountFunc) (guint n_clients, gpointer user_data);

/**
 * SioAdapterClass:
 * @parent_class: the parent class
 * @add_all: puts a socket into rooms
 * @del: takes a socket out of a room
 * @del_all: takes a socket out of all its rooms
 * @broadcast: sends a packet to all matching sockets, of other processes, too, unless the target
 *   is local
 * @broadcast_with_ack: the same, collecting answers
 * @foreach_socket: visits the matching sockets of this process
 * @list_socket_rooms: names of the rooms that a socket is in
 * @list_rooms: names of the rooms of this process
 * @get_room_size: number of sockets of this process in a room
 * @list_room_sockets: sockets of this process in a room
 * @fetch_sockets_async: finds matching sockets
 * @fetch_sockets_finish: finishes @fetch_sockets_async
 * @add_sockets_async: puts all matching sockets into rooms
 * @add_sockets_finish: finishes @add_sockets_async
 * @del_sockets_async: takes all matching sockets out of rooms
 * @del_sockets_finish: finishes @del_sockets_async
 * @disconnect_sockets_async: disconnects all matching sockets
 * @disconnect_sockets_finish: finishes @disconnect_sockets_async
 * @server_count_async: counts the servers that share the namespace
 * @server_count_finish: finishes @server_count_async
 * @server_side_emit_async: sends an event to the other servers
 * @server_side_emit_finish: finishes @server_side_emit_async
 * @close_async: releases what the adapter holds outside of the process
 * @close_finish: finishes @close_async
 * @persist_session: keeps what is left of a socket, which is still in its rooms, for
 *   the time that its client may come back; may go on after it returned
 * @restore_session_async: finds what was kept of the session that a client asks for, if all that
 *   it missed can be told; the offset is that of the last event it received, `NULL` if there
 *   was none
 * @restore_session_finish: finishes @restore_session_async; errors of the domain
 *   [error@Sio.RecoveryError] say why not
 * @list_missed: the packets that a restored client has not got, up to this moment: the socket
 *   is connected next
 * @get_n_rooms: number of rooms that @list_rooms lists, which is what counts them unless there is
 *   a quicker way
 *
 * The virtual functions of an adapter.
 *
 * All of those that only look at or act on sockets of this process have an implementation in
 * [class@Sio.MemoryAdapter], which is what adapters for several processes should derive from and
 * chain up to.
 *
 * Since: 0.1
 */
struct _SioAdapterClass
{
  GObjectClass parent_class;

  void (*add_all) (SioAdapter *self, SioSocket *socket, const char *const *rooms);
  void (*del) (SioAdapter *self, SioSocket *socket, const char *room);
  void (*del_all) (SioAdapter *self, SioSocket *socket);

  void (*broadcast) (SioAdapter *self, SioPacket *packet, SioTarget *target);
  void (*broadcast_with_ack) (SioAdapter *self,
                              SioPacket *packet,
                              SioTarget *target,
                              SioClientCountFunc count_func,
                              SioAckFunc ack_func,
                              gpointer user_data,
                              GDestroyNotify destroy);

  void (*foreach_socket) (SioAdapter *self,
                          SioTarget *target,
                          SioSocketFunc func,
                          gpointer user_data);
  char **(*list_socket_rooms) (SioAdapter *self, SioSocket *socket);
  char **(*list_rooms) (SioAdapter *self);
  guint (*get_room_size) (SioAdapter *self, const char *room);
  GPtrArray *(*list_room_sockets) (SioAdapter *self, const char *room);

  void (*fetch_sockets_async) (SioAdapter *self,
                               SioTarget *target,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
  GPtrArray *(*fetch_sockets_finish) (SioAdapter *self, GAsyncResult *result, GError **error);
  void (*add_sockets_async) (SioAdapter *self,
                             SioTarget *target,
                             const char *const *rooms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
  gboolean (*add_sockets_finish) (SioAdapter *self, GAsyncResult *result, GError **error);
  void (*del_sockets_async) (SioAdapter *self,
                             SioTarget *target,
                             const char *const *rooms,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
  gboolean (*del_sockets_finish) (SioAdapter *self, GAsyncResult *result, GError **error);
  void (*disconnect_sockets_async) (SioAdapter *self,
                                    SioTarget *target,
                                    gboolean close_connection,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
  gboolean (*disconnect_sockets_finish) (SioAdapter *self, GAsyncResult *result, GError **error);

  void (*server_count_async) (SioAdapter *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
  guint (*server_count_finish) (SioAdapter *self, GAsyncResult *result, GError **error);
  void (*server_side_emit_async) (SioAdapter *self,
                                  const char *event,
                                  SioArgs *args,
                                  gboolean wants_replies,
                                  guint timeout,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
  SioResponses *(*server_side_emit_finish) (SioAdapter *self, GAsyncResult *result, GError **error);

  void (*close_async) (SioAdapter *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
  gboolean (*close_finish) (SioAdapter *self, GAsyncResult *result, GError **error);

  void (*persist_session) (SioAdapter *self, SioSocket *socket, SioRecoveryState *state);
  void (*restore_session_async) (SioAdapter *self,
                                 const char *pid,
                                 const char *offset,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
  SioRecoveryState *(*restore_session_finish) (SioAdapter *self,
                                               GAsyncResult *result,
                                               GError **error);
  GPtrArray *(*list_missed) (SioAdapter *self, SioRecoveryState *state, GError **error);
  guint (*get_n_rooms) (SioAdapter *self);

  /*< private >*/
  gpointer _reserved[11];
};

SIO_AVAILABLE_IN_0_1
SioNamespace *sio_adapter_get_namespace (SioAdapter *self);

SIO_AVAILABLE_IN_0_1
void sio_adapter_add_all (SioAdapter *self, SioSocket *socket, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
void sio_adapter_del (SioAdapter *self, SioSocket *socket, const char *room);
SIO_AVAILABLE_IN_0_1
void sio_adapter_del_all (SioAdapter *self, SioSocket *socket);
SIO_AVAILABLE_IN_0_1
void sio_adapter_broadcast (SioAdapter *self, SioPacket *packet, SioTarget *target);
SIO_AVAILABLE_IN_0_1
void sio_adapter_broadcast_with_ack (SioAdapter *self,
                                     SioPacket *packet,
                                     SioTarget *target,
                                     SioClientCountFunc count_func,
                                     SioAckFunc ack_func,
                                     gpointer user_data,
                                     GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_adapter_foreach_socket (SioAdapter *self,
                                 SioTarget *target,
                                 SioSocketFunc func,
                                 gpointer user_data);
SIO_AVAILABLE_IN_0_1
char **sio_adapter_list_socket_rooms (SioAdapter *self, SioSocket *socket);
SIO_AVAILABLE_IN_0_1
char **sio_adapter_list_rooms (SioAdapter *self);
SIO_AVAILABLE_IN_0_1
guint sio_adapter_get_n_rooms (SioAdapter *self);
SIO_AVAILABLE_IN_0_1
guint sio_adapter_get_room_size (SioAdapter *self, const char *room);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_adapter_list_room_sockets (SioAdapter *self, const char *room);
SIO_AVAILABLE_IN_0_1
void sio_adapter_fetch_sockets_async (SioAdapter *self,
                                      SioTarget *target,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
SIO_AVAILABLE_IN_0_1
GPtrArray *
sio_adapter_fetch_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_add_sockets_async (SioAdapter *self,
                                    SioTarget *target,
                                    const char *const *rooms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_adapter_add_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_del_sockets_async (SioAdapter *self,
                                    SioTarget *target,
                                    const char *const *rooms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_adapter_del_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_disconnect_sockets_async (SioAdapter *self,
                                           SioTarget *target,
                                           gboolean close_connection,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_adapter_disconnect_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_server_count_async (SioAdapter *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
guint sio_adapter_server_count_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_server_side_emit_async (SioAdapter *self,
                                         const char *event,
                                         SioArgs *args,
                                         gboolean wants_replies,
                                         guint timeout,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *
sio_adapter_server_side_emit_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_close_async (SioAdapter *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_adapter_close_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_adapter_persist_session (SioAdapter *self, SioSocket *socket, SioRecoveryState *state);
SIO_AVAILABLE_IN_0_1
void sio_adapter_restore_session_async (SioAdapter *self,
                                        const char *pid,
                                        const char *offset,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioRecoveryState *
sio_adapter_restore_session_finish (SioAdapter *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_adapter_list_missed (SioAdapter *self, SioRecoveryState *state, GError **error);

/* For implementations. */
SIO_AVAILABLE_IN_0_1
void sio_adapter_room_created (SioAdapter *self, const char *room);
SIO_AVAILABLE_IN_0_1
void sio_adapter_room_joined (SioAdapter *self, const char *room, SioSocket *socket);
SIO_AVAILABLE_IN_0_1
void sio_adapter_room_left (SioAdapter *self, const char *room, SioSocket *socket);
SIO_AVAILABLE_IN_0_1
void sio_adapter_room_deleted (SioAdapter *self, const char *room);
SIO_AVAILABLE_IN_0_1
void sio_adapter_receive_server_event (SioAdapter *self, SioServerEvent *event);

G_END_DECLS
