/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Knows when the system goes to sleep and wakes up, from logind on the system bus. One for each
 * main context. Where there is no bus or no logind nothing happens. */
typedef struct _SioSleepMonitor SioSleepMonitor;

typedef struct
{
  /* Sleep is put off until the last reference to @hold is gone, for a while. */
  void (*sleeps) (GObject *hold, gpointer user_data);
  void (*woke_up) (gpointer user_data);
} SioSleepEvents;

/* Returns: (transfer full): the monitor of the thread-default main context */
SioSleepMonitor *sio_sleep_monitor_get (void);
void sio_sleep_monitor_unref (SioSleepMonitor *self);
/* The pair of these two is what is called; @user_data is a GObject. */
void
sio_sleep_monitor_add (SioSleepMonitor *self, const SioSleepEvents *events, GObject *user_data);
void sio_sleep_monitor_remove (SioSleepMonitor *self, GObject *user_data);

G_END_DECLS
