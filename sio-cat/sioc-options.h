/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

typedef struct
{
  char *url; /* with the query */
  char **namespaces;
  char *event; /* NULL: none */
  SioArgs *args;
  gboolean standard_input;

  JsonNode *auth;
  GPtrArray *headers; /* name, value, name, value */
  char *path;
  char **transports; /* NULL: the default */
  GTlsDatabase *tls_database;
  GTlsCertificate *tls_certificate;
  gboolean insecure;

  gboolean ack;
  guint ack_timeout; /* ms */
  SioArgs *reply;    /* NULL: none */
  char **events;     /* to print; NULL: all */
  gboolean listen;
  int count;
  guint timeout; /* ms, 0: none */

  gboolean no_reconnect;
  int reconnect_attempts;
  guint reconnect_delay; /* ms, 0: the default */
  guint reconnect_delay_max;

  gboolean quiet;
  gboolean verbose;
  gboolean show_version;
} SiocOptions;

/* G_OPTION_ERROR or SIO_ERROR: wrong usage; others: a file could not be used. */
gboolean sioc_options_parse (SiocOptions *self, int *argc, char ***argv, GError **error);
/* Such a name cannot be emitted. */
gboolean sioc_event_is_reserved (const char *event);
void sioc_options_clear (SiocOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiocOptions, sioc_options_clear)

G_END_DECLS
