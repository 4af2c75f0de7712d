/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

/* For programs with GTK whose leaks are looked for: what libraries allocate before main() is not
 * ours. GLib drops its first table of quarks, unfreed, for a larger one once there are 2048, which
 * an application of GTK comes to. Suppressions do not help: the unwinder does not get past
 * g_malloc(). A table that is dropped later still counts. */

#ifdef __SANITIZE_ADDRESS__
void __lsan_disable (void);
void __lsan_enable (void);

static void
begin_libraries (void)
{
  __lsan_disable ();
}

static __attribute__ ((constructor)) void
end_libraries (void)
{
  __lsan_enable ();
}

__attribute__ ((section (".preinit_array"),
                used)) static void (*const before_libraries) (void) = begin_libraries;
#endif
