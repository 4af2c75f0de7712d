/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Files that keys of the configuration name: an absolute path, or credential:NAME, a file that
 * systemd put into $CREDENTIALS_DIRECTORY (LoadCredential=, SetCredential=). */

/* For the table of keys; "" is allowed. The error never repeats @text, which may be the secret
 * itself that somebody wrote there. */
gboolean sios_credential_check (const char *text, GError **error);
/* NULL with an error: there is no such directory. */
char *sios_credential_get_path (const char *text, GError **error);
/* Blocks. At most @max_size bytes, of a regular file. */
GBytes *sios_credential_read (const char *text, gsize max_size, GError **error);

/* The same for files the server writes: an absolute path, or state:NAME in $STATE_DIRECTORY
 * (StateDirectory=). */
gboolean sios_state_file_check (const char *text, GError **error);
/* NULL if there is no such directory, or @text is empty. */
char *sios_state_file_get_path (const char *text);

G_END_DECLS
