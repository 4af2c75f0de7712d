/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the service manager is told: sd_notify(3), without its library. */
typedef struct _SiosNotify SiosNotify;

/* @address: that of $NOTIFY_SOCKET, a path or @NAME; NULL if nobody listens: then nothing is sent.
 */
SiosNotify *sios_notify_new (const char *address);
void sios_notify_free (SiosNotify *self);
gboolean sios_notify_is_heard (SiosNotify *self);
/* Sends lines "KEY=VALUE". Does not wait: what the manager does not take is lost. */
void sios_notify_send (SiosNotify *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosNotify, sios_notify_free)

G_END_DECLS
