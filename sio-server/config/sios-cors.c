/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-cors.h"

#include <string.h>

SioCors *
sios_cors_new (const char *const *origins, gboolean credentials)
{
  SioCors *cors = origins[0] != NULL ? sio_cors_new () : NULL;

  for (guint i = 0; origins[i] != NULL; i++)
    if (strcmp (origins[i], "*") != 0)
      sio_cors_add_origin (cors, origins[i]);
    else if (credentials)
      /* Browsers do not take a star then. */
      sio_cors_reflect_any_origin (cors);
    else
      sio_cors_allow_any_origin (cors);
  if (cors != NULL)
    sio_cors_set_credentials (cors, credentials);
  return cors;
}
