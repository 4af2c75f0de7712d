/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-sending.h"

G_BEGIN_DECLS

/* What was announced, what is planned, and templates for it: the same for all windows. */
#define SIOA_TYPE_ANNOUNCEMENTS (sioa_announcements_get_type ())
G_DECLARE_FINAL_TYPE (SioaAnnouncements, sioa_announcements, SIOA, ANNOUNCEMENTS, GObject)

/* Folders; NULL: those of the user. */
SioaAnnouncements *sioa_announcements_new (const char *config_dir, const char *data_dir);
/* Of SioaSending: newest first, and in the order of their time. */
GListModel *sioa_announcements_get_sent (SioaAnnouncements *self);
GListModel *sioa_announcements_get_planned (SioaAnnouncements *self);
/* At @time, or now if that is past. Planned ones are sent as long as the program runs.
 * (transfer full) */
SioaSending *sioa_announcements_send (SioaAnnouncements *self,
                                      SioaServer *server,
                                      const SioaAnnouncement *announcement,
                                      gint64 time);
void sioa_announcements_cancel (SioaAnnouncements *self, SioaSending *planned);
void sioa_announcements_clear_sent (SioaAnnouncements *self);
/* Names, sorted. The signal "templates-changed" tells when there are others. */
char **sioa_announcements_list_templates (SioaAnnouncements *self);
SioaAnnouncement *sioa_announcements_load_template (SioaAnnouncements *self, const char *name);
void sioa_announcements_save_template (SioaAnnouncements *self,
                                       const char *name,
                                       const SioaAnnouncement *announcement);
void sioa_announcements_remove_template (SioaAnnouncements *self, const char *name);
void sioa_announcements_flush (SioaAnnouncements *self);

G_END_DECLS
