/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

/* The servers that the protocol's official test suites run against. */
typedef struct
{
  const char *name;
  guint default_port;
  /* Returns the engine to listen with; the fixture lives as long as the program. */
  SioEngine *(*start) (void);
} Fixture;

SioEngine *fixture_engine_v4_start (void);
SioEngine *fixture_socket_v5_start (void);
SioEngine *fixture_client_start (void);
