/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "10/min": ten at once, and one more each six seconds (GCRA, as the limits of the library). All
 * that is kept of somebody is the time until which the share is used up. */
typedef struct
{
  gint64 interval;  /* µs between two; 0 is without limit */
  gint64 tolerance; /* µs that one may come earlier */
} SiosRate;

/* "" is without limit. */
gboolean sios_rate_parse (const char *text, SiosRate *rate, GError **error);
/* µs until the next may come; 0 if it may now. */
gint64 sios_rate_get_wait (const SiosRate *rate, gint64 used_until, gint64 now);
gint64 sios_rate_take (const SiosRate *rate, gint64 used_until, gint64 now);

/* What users have used up, for each of several rules. Users whose share is whole again are not
 * kept; they go when there are many, or after a minute. */
typedef struct _SiosRateTable SiosRateTable;

SiosRateTable *sios_rate_table_new (void);
void sios_rate_table_free (SiosRateTable *self);
void sios_rate_table_set_max (SiosRateTable *self, guint max);
guint sios_rate_table_get_size (SiosRateTable *self);
/* 0 if nothing is known. @tenant may be NULL: users are unique within theirs only. */
gint64 sios_rate_table_get (SiosRateTable *self, guint rule, const char *tenant, const char *user);
/* FALSE if there are too many users already. */
gboolean sios_rate_table_set (SiosRateTable *self,
                              guint rule,
                              const char *tenant,
                              const char *user,
                              gint64 used_until,
                              gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosRateTable, sios_rate_table_free)

G_END_DECLS
