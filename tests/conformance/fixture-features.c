/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixtures.h"

/* A server for our own suites on what the official fixtures leave out. Each group of features
 * has a file of its own and is added here. */
SioServer *
fixture_features_start (void)
{
  SioServer *server = sio_server_new ();
  g_autoptr (SioCors) cors = sio_cors_new ();

  sio_cors_allow_any_origin (cors);
  sio_engine_set_cors (sio_server_get_engine (server), cors);
  fixture_features_handlers (server);
  fixture_features_rooms (server);
  fixture_features_parser (server);
  return server;
}
