/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Passwords, by address and user: in the keyring of the session or, where there is none, in memory
 * until the program ends. */
#define SIOA_TYPE_KEYRING (sioa_keyring_get_type ())
G_DECLARE_FINAL_TYPE (SioaKeyring, sioa_keyring, SIOA, KEYRING, GObject)

SioaKeyring *sioa_keyring_new (void);
/* Why passwords are not kept beyond this run; NULL while nothing else is known. */
const char *sioa_keyring_get_problem (SioaKeyring *self);
/* Ends with NULL if there is none. */
void sioa_keyring_lookup_async (SioaKeyring *self,
                                const char *uri,
                                const char *user,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* (transfer full): sioa_password_free */
char *sioa_keyring_lookup_finish (SioaKeyring *self, GAsyncResult *result);
/* They do not wait. What a keyring refuses stays in memory. */
void
sioa_keyring_store (SioaKeyring *self, const char *uri, const char *user, const char *password);
void sioa_keyring_forget (SioaKeyring *self, const char *uri, const char *user);
/* Overwrites it, too. */
void sioa_password_free (char *password);

G_END_DECLS
