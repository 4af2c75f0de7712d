/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-announcement.h"

G_BEGIN_DECLS

/* An announcement that was sent or is going to be: who, when, what, to whom, and what came of it.
 * The signal "changed" tells when there is a result. */
#define SIOA_TYPE_SENDING (sioa_sending_get_type ())
G_DECLARE_FINAL_TYPE (SioaSending, sioa_sending, SIOA, SENDING, GObject)

/* @time: microseconds since 1970 */
SioaSending *
sioa_sending_new (SioaServer *server, const SioaAnnouncement *announcement, gint64 time);
gint64 sioa_sending_get_time (SioaSending *self);
/* Lines for people. */
const char *sioa_sending_get_title (SioaSending *self);
char *sioa_sending_describe (SioaSending *self);
/* NULL while there is none. */
const char *sioa_sending_get_result (SioaSending *self);
/* The signal "changed" follows. */
void sioa_sending_start (SioaSending *self);
/* Of the past: read from and written to a file. */
SioaSending *sioa_sending_load (GKeyFile *file, const char *group);
void sioa_sending_save (SioaSending *self, GKeyFile *file, const char *group);

G_END_DECLS
