/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-deadline-private.h"
#include "sio-eio-client-private.h"
#include "sio-manager.h"
#include "sio-parser.h"

G_BEGIN_DECLS

#define SIO_MANAGER_PATH "/socket.io/"
#define SIO_MANAGER_MAX_PAYLOAD (64 * 1024 * 1024)

struct _SioManager
{
  GObject parent_instance;

  char *uri;
  char *path;
  char **transports;
  GHashTable *headers; /* char * → char * */
  gboolean upgrade;
  gboolean try_all_transports;
  gboolean remember_upgrade;
  gboolean force_base64;
  gboolean compress;
  gboolean cookies;
  guint request_timeout;
  guint timeout;
  guint max_payload;
  GTlsDatabase *tls_database;
  GTlsDatabase *extra_authorities;
  GTlsCertificate *tls_certificate;
  SioParser *parser; /* NULL: packets are text */

  gboolean reconnection;
  guint reconnection_attempts; /* 0: for ever */
  guint reconnection_delay;
  guint reconnection_delay_max;
  double randomization_factor;
  gboolean watch_network;
  gboolean watch_sleep;
  SioMeteredPolicy metered_policy;

  SoupSession *session;
  SoupCookieJar *cookie_jar; /* of the present connection, if cookies are wanted */
  SioReactor *reactor;
  SioLinger *linger;
  GHashTable *clients; /* char * → SioClient *, which hold us and take themselves out */

  /* sio-manager-connection.c */
  SioClientState state;
  SioEioClient *eio;
  gboolean is_open; /* the Engine.IO handshake is through */
  gboolean skip_reconnect;
  gboolean upgraded_last;
  gboolean in_attempt; /* the present connection is a try to reconnect */
  gboolean hurry;      /* a connection that ends now is made again at once */
  SioWaitingFor waiting_for;
  gint64 started_time; /* when connecting began the last time */
  guint attempt;
  gint64 next_attempt_time; /* real time in µs, 0: none */
  GSource *retry;
  SioDeadline open_deadline;
  gint64 rtt_notified;
  double rtt;
  SioDecoder *decoder; /* of the connection, if there is a parser */

  /* sio-manager-desktop.c */
  GNetworkMonitor *network_monitor; /* NULL: the default one */
  struct _SioNetworkWatch *network_watch;
  struct _SioSleepMonitor *sleep_monitor;
  gboolean asleep;

  /* a binary packet whose attachments are still coming */
  char *partial_text;
  gsize partial_length;
  guint partial_expected;
  GPtrArray *partial_attachments;
};

/* sio-manager-properties.c */
typedef enum
{
  SIO_MANAGER_NOTIFY_STATE,
  SIO_MANAGER_NOTIFY_ATTEMPT,
  SIO_MANAGER_NOTIFY_NEXT_ATTEMPT_TIME,
  SIO_MANAGER_NOTIFY_RTT,
  SIO_MANAGER_NOTIFY_TRANSPORT,
  SIO_MANAGER_NOTIFY_WAITING_FOR
} SioManagerNotify;

void sio_manager_notify (SioManager *self, SioManagerNotify what);
void sio_manager_install_properties (GObjectClass *object_class);

/* sio-manager.c */
void sio_manager_emit_opened (SioManager *self);
void sio_manager_emit_closed (SioManager *self, const char *reason, const char *details);
void sio_manager_emit_error (SioManager *self, const GError *error);
void sio_manager_emit_reconnect_attempt (SioManager *self, guint attempt);
void sio_manager_emit_reconnected (SioManager *self, guint attempt);
void sio_manager_emit_reconnect_failed (SioManager *self);
/* (transfer full) (element-type SioClient): those that are active */
GPtrArray *sio_manager_list_clients (SioManager *self);

/* sio-manager-settings.c */
/* NULL with @error set */
SioEioOptions *sio_manager_make_options (SioManager *self, GError **error);

/* sio-manager-connection.c */
void sio_manager_connection_init (SioManager *self);
void sio_manager_connection_dispose (SioManager *self);
/* A client became active. */
void sio_manager_want (SioManager *self);
/* A client is not active any more: closes if it was the last. */
void sio_manager_unwant (SioManager *self);
void sio_manager_send (SioManager *self, SioOutgoing *outgoing);
/* FALSE also if the heartbeat is overdue. */
gboolean sio_manager_is_usable (SioManager *self);
gboolean sio_manager_is_writable (SioManager *self);
gsize sio_manager_get_queued_bytes (SioManager *self);
void sio_manager_shut (SioManager *self);
void sio_manager_stop_reconnecting (SioManager *self);
/* The connection is given up: it takes @hold along until it has left, or is broken off. */
void sio_manager_leave (SioManager *self, GObject *hold, const char *details);
void sio_manager_lose (SioManager *self, const char *details);
/* What sio_manager_get_obstacle () says may have changed; @returned: for the better. */
void sio_manager_obstacle_changed (SioManager *self, gboolean returned);
void sio_manager_measured (SioManager *self, double rtt);

/* sio-manager-packets.c */
void sio_manager_receive_text (SioManager *self, const char *text, gsize length);
void sio_manager_receive_binary (SioManager *self, GBytes *bytes);
void sio_manager_clear_partial (SioManager *self);
/* sio-manager-connection.c: the server broke the protocol. */
void sio_manager_parse_error (SioManager *self, const GError *error);

/* sio-manager-desktop.c */
void sio_manager_watch_desktop (SioManager *self);
void sio_manager_unwatch_desktop (SioManager *self);
void sio_manager_update_watches (SioManager *self);
/* Why no attempt makes sense now; SIO_WAITING_FOR_NOTHING: it does. */
SioWaitingFor sio_manager_get_obstacle (SioManager *self);
gboolean sio_manager_is_metered (SioManager *self);
/* For tests, before anything else. */
void sio_manager_set_network_monitor (SioManager *self, GNetworkMonitor *monitor);

G_END_DECLS
