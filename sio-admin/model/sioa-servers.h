/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-keyring.h"
#include "sioa-server.h"

G_BEGIN_DECLS

/* The servers that somebody added: kept in a file, their passwords in the keyring, opened as long
 * as they are in the list. */
#define SIOA_TYPE_SERVERS (sioa_servers_get_type ())
G_DECLARE_FINAL_TYPE (SioaServers, sioa_servers, SIOA, SERVERS, GObject)

/* @list: of SioaServer; others may be in it, too. @path: NULL for that of the user. */
SioaServers *sioa_servers_new (GListStore *list, const char *path);
/* Adds all that are in the file to the list and opens them. */
void sioa_servers_load (SioaServers *self);
SioaKeyring *sioa_servers_get_keyring (SioaServers *self);
/* @password: NULL or empty for none. Adds, or changes the one with the same ID, which stays in its
 * place. Returns (transfer none) the one of the list. */
SioaServer *sioa_servers_set (SioaServers *self, const SioaRemote *remote, const char *password);
/* For this session only, until somebody edits it. Returns (transfer none) the one of the list. */
SioaServer *sioa_servers_add_guest (SioaServers *self, const char *uri);
void sioa_servers_set_password (SioaServers *self, SioaServer *server, const char *password);
void sioa_servers_remove (SioaServers *self, SioaServer *server);
/* Moves it by @step among those that were added; FALSE if it is at the end of them. */
gboolean sioa_servers_move (SioaServers *self, SioaServer *server, int step);
/* Before the program ends. */
void sioa_servers_flush (SioaServers *self);
void sioa_servers_set_secret (SioaBackend *backend, const SioaRemote *remote, const char *secret);
/* Not open yet, and with no password. */
SioaBackend *sioa_servers_make_backend (const SioaRemote *remote);

G_END_DECLS
