/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What /proc says about the server. Every function returns -1 when it cannot be read. */

double bench_proc_cpu_seconds (int pid);
gint64 bench_proc_rss_kb (int pid);
gint64 bench_proc_fds (int pid);
double bench_proc_own_cpu_seconds (void);
