/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

/* The servers that the protocol's official test suites run against. They live as long as the
 * program. */
SioEngine *fixture_engine_v4_start (void);
SioEngine *fixture_engine_v3_start (void);
SioServer *fixture_socket_v5_start (void);
SioServer *fixture_client_start (void);
/* For our own suite with clients of former major versions. */
SioServer *fixture_old_clients_start (void);
SioServer *fixture_recovery_start (void);
/* TRUE if it saves its sessions first, and quits the loop then. */
gboolean fixture_recovery_quit (GMainLoop *loop);

SioServer *fixture_compression_start (void);
SioServer *fixture_plain_start (void);
SioServer *fixture_stats_start (void);

/* For our own suites: one function for each group of features. */
SioServer *fixture_features_start (void);
void fixture_features_handlers (SioServer *server);
void fixture_features_rooms (SioServer *server);
void fixture_features_parser (SioServer *server);
