/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-revocations.h"

G_BEGIN_DECLS

/* Keeps revocations in a file: written in a thread, one at a time, and never left half. */
typedef struct _SiosAuthStore SiosAuthStore;

/* @path: where they were read from; NULL to keep them nowhere. */
SiosAuthStore *sios_auth_store_new (SiosRevocations *revocations, const char *path);
/* Writes what was not written yet. Blocks; of use when the main loop is over. */
void sios_auth_store_free (SiosAuthStore *self);
/* Another file, which is written. */
void sios_auth_store_set_path (SiosAuthStore *self, const char *path);
/* The revocations are others now. */
void sios_auth_store_changed (SiosAuthStore *self);
/* When what was changed up to now is in the file, for sure, or could not be written. */
void
sios_auth_store_wait_async (SiosAuthStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sios_auth_store_wait_finish (GAsyncResult *result, GError **error);
guint64 sios_auth_store_get_n_failures (SiosAuthStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosAuthStore, sios_auth_store_free)

G_END_DECLS
