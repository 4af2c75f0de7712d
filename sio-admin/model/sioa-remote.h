/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How a server elsewhere is reached through its namespace for administration. Nothing is NULL. */
typedef struct
{
  char *id; /* of the entry, never shown */
  char *name;
  char *uri;
  char *nsp;
  char *path;
  char *user; /* may be empty, and is where a token is used */
  gboolean by_token;
  gboolean is_guest; /* for this session only: not saved */
  gboolean websocket_only;
  gboolean production;
} SioaRemote;

/* With a new ID and what servers have unless they were told otherwise. */
SioaRemote *sioa_remote_new (void);
SioaRemote *sioa_remote_copy (const SioaRemote *self);
void sioa_remote_free (SioaRemote *self);
/* Whether somebody has to know a password or a token. */
gboolean sioa_remote_has_secret (const SioaRemote *self);
/* Whether both need the same connection: all but name and look. */
gboolean sioa_remote_is_same (const SioaRemote *self, const SioaRemote *other);
/* Read from and written to the group named after its ID. NULL if that has no valid address. */
SioaRemote *sioa_remote_load (GKeyFile *file, const char *id);
void sioa_remote_save (const SioaRemote *self, GKeyFile *file);
/* Errors say what was expected. */
gboolean sioa_remote_check_uri (const char *uri, GError **error);
gboolean sioa_remote_check_nsp (const char *nsp, GError **error);
gboolean sioa_remote_check_path (const char *path, GError **error);
/* Whether passwords would be readable for others on the way. */
gboolean sioa_remote_is_exposed (const char *uri);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioaRemote, sioa_remote_free)

G_END_DECLS
