/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the system knows of this process. */
typedef struct
{
  guint64 resident_bytes;
  guint64 virtual_bytes;
  double cpu_seconds; /* of user and system */
  double start_time;  /* seconds since 1970 */
  guint64 n_open_fds;
  guint64 max_fds; /* G_MAXUINT64 for any number */
} SiosProcess;

/* Looks in a thread: with 10 000 descriptors the system takes milliseconds to list them. */
void sios_process_read_async (GAsyncReadyCallback callback, gpointer user_data);
/* (transfer full): to be freed with g_free(); NULL with an error if /proc is not there. */
SiosProcess *sios_process_read_finish (GAsyncResult *result, GError **error);

G_END_DECLS
