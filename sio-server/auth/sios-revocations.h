/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sios-identity.h"

G_BEGIN_DECLS

/* Users and tokens that are refused though their tokens are good. Each entry has an end, at which
 * all tokens concerned have expired by themselves. Times in seconds since 1970. */
typedef struct _SiosRevocations SiosRevocations;

#define SIOS_REVOCATIONS_DEFAULT_MAX 100000

typedef enum
{
  SIOS_REVOKE_USER,
  SIOS_REVOKE_TOKEN
} SiosRevocationKind;

typedef void (*SiosRevocationFunc) (
    SiosRevocationKind kind, const char *name, gint64 since, gint64 until, gpointer user_data);

SiosRevocations *sios_revocations_new (guint max);
SiosRevocations *sios_revocations_ref (SiosRevocations *self);
void sios_revocations_unref (SiosRevocations *self);
/* Those that are there stay, also if they are more. */
void sios_revocations_set_max (SiosRevocations *self, guint max);
/* Of a user, the tokens issued until @now are refused, and those that do not say when. Fails when
 * full, rather than forget another one. */
gboolean sios_revocations_add (SiosRevocations *self,
                               SiosRevocationKind kind,
                               const char *name,
                               gint64 now,
                               gint64 until,
                               GError **error);
/* One that was added at @since; FALSE if it is over at @now, or full. */
gboolean sios_revocations_restore (SiosRevocations *self,
                                   SiosRevocationKind kind,
                                   const char *name,
                                   gint64 since,
                                   gint64 until,
                                   gint64 now);
gboolean sios_revocations_remove (SiosRevocations *self, SiosRevocationKind kind, const char *name);
gboolean sios_revocations_check (SiosRevocations *self, SiosIdentity *identity, gint64 now);
guint sios_revocations_get_count (SiosRevocations *self);
/* @func must not change the list. */
void sios_revocations_foreach (SiosRevocations *self, SiosRevocationFunc func, gpointer user_data);

/* As a file, a line for each but those that are over at @now. */
char *sios_revocations_write (SiosRevocations *self, gint64 now);
/* Adds those of such a file that are not over at @now. An error, with nothing added, if it is cut
 * off or not of this form. */
gboolean sios_revocations_read (
    SiosRevocations *self, const char *text, gsize length, gint64 now, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiosRevocations, sios_revocations_unref)

G_END_DECLS
