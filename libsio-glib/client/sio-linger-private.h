/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The connections of a manager that are there, or still leave after they were closed, and who
 * waits until there are none. */
typedef struct _SioLinger SioLinger;

SioLinger *sio_linger_new (void);
SioLinger *sio_linger_ref (SioLinger *self);
void sio_linger_unref (SioLinger *self);

void sio_linger_enter (SioLinger *self);
void sio_linger_leave (SioLinger *self);
/* Returns @task when the last one has left, or @task is cancelled. */
void sio_linger_wait (SioLinger *self, GTask *task);

G_END_DECLS
