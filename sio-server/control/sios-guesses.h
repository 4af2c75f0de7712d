/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Slows down whoever tries passwords: so many failures of an address in a minute, then none for a
 * while (GCRA). Addresses of IPv6 count by their /64. The table is bounded; when it is full of
 * addresses that are held back, all others share one entry. */
typedef struct _SiosGuesses SiosGuesses;

SiosGuesses *sios_guesses_new (guint max_addresses);
void sios_guesses_free (SiosGuesses *self);
/* 0 for any number */
void sios_guesses_set_rate (SiosGuesses *self, guint per_minute);
/* Seconds until @address may try again; 0 if it may. @now: monotonic microseconds. */
guint sios_guesses_get_wait (SiosGuesses *self, const char *address, gint64 now);
/* @address failed. */
void sios_guesses_add (SiosGuesses *self, const char *address, gint64 now);
/* The failure that was added last was none. */
void sios_guesses_take_back (SiosGuesses *self, const char *address);
guint sios_guesses_get_length (SiosGuesses *self);

G_END_DECLS
