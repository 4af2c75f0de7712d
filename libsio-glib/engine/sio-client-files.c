/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-files-private.h"

#include <string.h>

#define SCRIPT "application/javascript; charset=utf-8"
#define MAP "application/json"

const SioClientFile sio_client_files[SIO_CLIENT_N_FILES] = {
  { "socket.io.js", SCRIPT },
  { "socket.io.js.map", MAP },
  { "socket.io.min.js", SCRIPT },
  { "socket.io.min.js.map", MAP },
  { "socket.io.msgpack.min.js", SCRIPT },
  { "socket.io.msgpack.min.js.map", MAP },
  { "socket.io.esm.min.js", SCRIPT },
  { "socket.io.esm.min.js.map", MAP },
};

int
sio_client_file_find (const char *name, gsize length)
{
  for (int i = 0; i < SIO_CLIENT_N_FILES; i++)
    if (strlen (sio_client_files[i].name) == length &&
        memcmp (sio_client_files[i].name, name, length) == 0)
      return i;
  return -1;
}
